"""OSV-Scanner's own JSON."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.finding import Package
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from support.reading import format_of, only, scan_of


def advisory(**members: Any) -> dict[str, Any]:
    return {
        "id": "GHSA-2222-3333-4444",
        "aliases": ["CVE-2026-0001"],
        "summary": "Too much is parsed",
        "details": "Long text.",
        "database_specific": {"severity": "HIGH", "cwe_ids": ["CWE-79"]},
        "affected": [
            {
                "package": {"name": "parser", "ecosystem": "PyPI"},
                "ranges": [
                    {
                        "type": "ECOSYSTEM",
                        "events": [
                            {"introduced": "0"}, {"fixed": "1.4"}, {"introduced": "2"},
                            {"fixed": "2.1"},
                        ],
                    }
                ],
            }
        ],
        "references": [
            {"type": "WEB", "url": "https://example.invalid/web"},
            {"type": "ADVISORY", "url": "https://example.invalid/advisory"},
        ],
        "credits": [{"name": "somebody"}],
    } | members  # fmt: skip


def document(*advisories: Any, **members: Any) -> dict[str, Any]:
    package = {"name": "parser", "version": "2.0.0", "ecosystem": "PyPI"}
    scanned = {"package": package, "vulnerabilities": list(advisories)} | members
    source = {"path": "/src/poetry.lock", "type": "lockfile"}
    return {"results": [{"source": source, "packages": [scanned]}]}


def test_an_advisory_is_a_vulnerable_package_in_its_lockfile() -> None:
    seen = only(document(advisory()))
    assert seen.vulnerability_ids == ("GHSA-2222-3333-4444", "CVE-2026-0001")
    assert seen.package == Package("pypi", "parser", "", "2.0.0", "2.1")
    assert seen.locations[0].path == "/src/poetry.lock"
    assert (seen.severity, seen.cwes) == (Severity.HIGH, (79,))
    assert seen.help_url == "https://example.invalid/advisory"
    assert seen.title == "GHSA-2222-3333-4444 in parser 2.0.0: Too much is parsed"


def test_ids_of_one_group_are_aliases() -> None:
    groups = [{"ids": ["PYSEC-2026-1", "GHSA-2222-3333-4444"], "aliases": ["CVE-2026-0001"]}]
    seen = only(document(advisory(id="PYSEC-2026-1", aliases=[]), groups=groups))
    assert seen.vulnerability_ids == ("PYSEC-2026-1", "GHSA-2222-3333-4444", "CVE-2026-0001")


@pytest.mark.parametrize(
    ("members", "groups", "expected", "field"),
    [
        ({}, [], Severity.HIGH, "database_specific.severity"),
        (
            {
                "database_specific": None,
                "severity": [
                    {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}
                ],
            },
            [],
            Severity.CRITICAL,
            "severity.score",
        ),
        (
            {"database_specific": None},
            [{"ids": ["GHSA-2222-3333-4444"], "max_severity": "5.3"}],
            Severity.MEDIUM,
            "max_severity",
        ),
        ({"database_specific": None}, [], Severity.MEDIUM, "severity is missing"),
        ({"database_specific": None, "id": "MAL-2026-1"}, [], Severity.CRITICAL, "id MAL-…"),
    ],
)
def test_severity_is_the_databases_word_else_a_score(
    members: dict[str, Any], groups: list[Any], expected: Severity, field: str
) -> None:
    seen = only(document(advisory(**members), groups=groups))
    assert seen.severity is expected
    assert seen.severity_source.startswith(field)


@pytest.mark.parametrize("member", ["experimental_analysis", "experimentalAnalysis"])
def test_call_analysis_is_told_and_what_is_unimportant_is_suppressed(member: str) -> None:
    id_ = "GHSA-2222-3333-4444"
    groups = [{"ids": [id_], member: {id_: {"called": False, "unimportant": True}}}]
    seen = only(document(advisory(), groups=groups))
    assert "is not called" in seen.description
    assert seen.is_suppressed


def test_a_package_of_a_distribution_is_named_with_it() -> None:
    package = {"name": "libfoo", "version": "1.0-1", "ecosystem": "Debian:12"}
    seen = only(document(advisory(), package=package))
    assert seen.package is not None
    assert (seen.package.type, seen.package.namespace, seen.package.layer) == (
        "deb",
        "debian",
        "os",
    )


def test_names_of_people_are_not_kept() -> None:
    assert b"somebody" not in only(document(advisory())).raw


def test_one_bad_record_is_quarantined_at_any_depth() -> None:
    found = document(advisory(), {"id": 7}, advisory(id=""))
    found["results"].append("no source")
    found["results"][0]["packages"].append([])
    scan = scan_of(found)
    assert len(scan.observations) == 1
    assert len(scan.problems) == 4


def test_a_report_without_results_is_known_by_its_settings() -> None:
    scan = scan_of({"results": [], "experimental_config": {"licenses": {}}})
    assert scan.observations == ()
    assert scan_of({"results": None, "experimental_config": {}}).is_partial


def test_results_of_something_else_are_not_osvs() -> None:
    with pytest.raises(FormatError):
        format_of({"results": [{"source": "x", "rule": "y"}]})
