"""Grype's own JSON."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.finding import Package
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from support.reading import format_of, only, report, scan_of


def match(**members: Any) -> dict[str, Any]:
    return {
        "vulnerability": {
            "id": "GHSA-2222-3333-4444",
            "dataSource": "https://example.invalid/GHSA-2222-3333-4444",
            "namespace": "github:language:python",
            "severity": "High",
            "description": "It parses too much.",
            "cvss": [{"version": "3.1", "vector": "x", "metrics": {"baseScore": 7.5}}],
            "fix": {"versions": ["2.1.0"], "state": "fixed"},
        },
        "relatedVulnerabilities": [
            {"id": "CVE-2026-0001", "namespace": "nvd:cpe", "severity": "Medium"}
        ],
        "artifact": {
            "name": "Parser",
            "version": "2.0.0",
            "type": "python",
            "purl": "pkg:pypi/parser@2.0.0",
            "locations": [{"path": "/app/requirements.txt"}],
        },
    } | members


def document(*matches: Any, **members: Any) -> dict[str, Any]:
    return {
        "matches": list(matches),
        "source": {"type": "directory", "target": "."},
        "distro": {"name": "", "version": ""},
        "descriptor": {"name": "grype", "version": "0.99.0", "timestamp": "2026-11-20T10:00:00Z"},
    } | members


IMAGE = {"type": "image", "target": {"userInput": "registry.example.invalid/bank/app:1.2"}}


def test_a_match_is_a_vulnerable_package_known_under_all_its_ids() -> None:
    seen = only(document(match()))
    assert seen.vulnerability_ids == ("GHSA-2222-3333-4444", "CVE-2026-0001")
    assert seen.package == Package("pypi", "parser", "", "2.0.0", "2.1.0", "")
    assert [place.path for place in seen.locations] == ["/app/requirements.txt"]
    assert (seen.severity, seen.severity_raw) == (Severity.HIGH, "High")
    assert seen.severity_source == "severity by github:language:python"
    assert (seen.cvss, seen.help_url) == (7.5, "https://example.invalid/GHSA-2222-3333-4444")
    assert seen.title == "GHSA-2222-3333-4444 in parser 2.0.0"


def test_the_scan_names_image_version_and_time() -> None:
    scan = scan_of(document(match(), source=IMAGE))
    assert (scan.asset, scan.tool_version) == ("registry.example.invalid/bank/app", "0.99.0")
    assert scan.scanned_at is not None
    assert scan.scanned_at.isoformat() == "2026-11-20T10:00:00+00:00"
    (seen,) = scan.observations
    assert seen.package is not None
    assert (seen.package.layer, seen.locations) == ("lang", ())


def test_what_newer_versions_know_of_exploitation_is_taken_over() -> None:
    found = match()
    found["vulnerability"] |= {
        "epss": [{"cve": "CVE-2026-0001", "epss": 0.2}, {"cve": "CVE-2026-0002", "epss": 0.7}],
        "knownExploited": [{"cve": "CVE-2026-0001", "dateAdded": "2026-11-01"}],
        "cwes": [{"cve": "CVE-2026-0001", "cwe": "CWE-79"}],
        "risk": 12.5,
    }
    seen = only(document(found))
    assert (seen.epss, seen.is_kev, seen.cwes) == (0.7, True, (79,))


def test_the_newest_cvss_version_gives_the_score() -> None:
    found = match()
    found["vulnerability"]["cvss"] = [
        {"version": "2.0", "metrics": {"baseScore": 10.0}},
        {"version": "3.1", "metrics": {"baseScore": 6.1}},
    ]
    assert only(document(found)).cvss == 6.1


@pytest.mark.parametrize(
    ("state", "words"), [("wont-fix", "will not fix"), ("not-fixed", "no fix yet"), ("unknown", "")]
)
def test_the_state_of_the_fix_is_told(state: str, words: str) -> None:
    found = match()
    found["vulnerability"]["fix"] = {"versions": [], "state": state}
    seen = only(document(found))
    assert words in seen.description
    assert seen.package is not None
    assert seen.package.fixed_version == ""


def test_a_package_of_a_distribution_belongs_to_it() -> None:
    artifact = {"name": "libfoo", "version": "1.0-1", "type": "deb", "locations": []}
    seen = only(document(match(artifact=artifact), source=IMAGE, distro={"name": "Debian"}))
    assert seen.package == Package("deb", "libfoo", "debian", "1.0-1", "2.1.0", "os")


def test_ignored_matches_are_suppressed_with_the_reason() -> None:
    rule = {"vulnerability": "GHSA-2222-3333-4444", "reason": "not reachable"}
    found = document(match(), ignoredMatches=[match(appliedIgnoreRules=[rule])])
    scan = scan_of(found)
    assert [seen.is_suppressed for seen in scan.observations] == [False, True]
    assert "not reachable" in scan.observations[1].description


def test_the_oldest_layout_is_read() -> None:
    found = {
        "vulnerability": {
            "id": "CVE-2020-0001", "severity": "Low", "links": ["https://example.invalid/x"],
            "cvssV2": {"baseScore": 4.3, "vector": "AV:N/AC:M/Au:N/C:N/I:P/A:N"},
            "fixedInVersion": "1.1",
        },
        "artifact": {"name": "x", "version": "1.0", "type": "gem", "locations": ["Gemfile.lock"]},
    }  # fmt: skip
    seen = only({"matches": [found]})
    assert (seen.cvss, seen.help_url) == (4.3, "https://example.invalid/x")
    assert seen.package == Package("gem", "x", "", "1.0", "1.1")
    assert seen.locations[0].path == "Gemfile.lock"


def test_one_bad_match_is_quarantined_and_the_rest_is_read() -> None:
    scan = scan_of(document(match(), match(artifact={}), {"artifact": {"name": "x"}}))
    assert len(scan.observations) == 1
    assert [problem.where for problem in scan.problems] == ["matches[1]", "matches[2]"]


def test_an_empty_report_is_known_and_a_report_without_matches_is_partial() -> None:
    assert scan_of(document()).observations == ()
    assert not scan_of(document()).is_partial
    assert scan_of(document(matches=None)).is_partial


def test_several_documents_in_one_file_are_several_scans() -> None:
    found = "\n".join(map(str, ['{"matches": [], "source": {}}'] * 2))
    assert len(report(found).scans) == 2


def test_matches_of_something_else_are_not_grypes() -> None:
    with pytest.raises(FormatError, match="not a known report format"):
        format_of({"matches": [{"rule": "x"}]})
