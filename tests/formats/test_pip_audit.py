"""pip-audit's JSON in both forms."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.finding import ControlEvidence, Package
from riskcockpit.errors import FormatError
from riskcockpit.ingest.lifecycle import Completeness, reasons_not_to_close
from support.reading import format_of, only, scan_of


def package(*vulns: Any, name: str = "Flask_Login") -> dict[str, Any]:
    return {"name": name, "version": "1.0", "vulns": list(vulns)}


def vulnerability(**members: Any) -> dict[str, Any]:
    return {
        "id": "PYSEC-2026-1",
        "aliases": ["CVE-2026-0001"],
        "fix_versions": ["1.1", "2.0"],
        "description": "It parses too much.",
    } | members


SKIPPED = {"name": "own-package", "skip_reason": "not found on the index"}


@pytest.mark.parametrize(
    "content",
    [
        [package(vulnerability())],
        {"dependencies": [package(vulnerability())], "fixes": []},
        {"dependencies": [package(vulnerability())]},
    ],
)
def test_both_forms_say_the_same(content: Any) -> None:
    seen = only(content)
    assert seen.vulnerability_ids == ("PYSEC-2026-1", "CVE-2026-0001")
    assert seen.package == Package("pypi", "flask-login", "", "1.0", "1.1, 2.0")
    assert seen.severity_source == "severity is missing"
    assert seen.help_url == "https://osv.dev/vulnerability/PYSEC-2026-1"


def test_a_package_without_vulnerabilities_is_evidence() -> None:
    scan = scan_of([package()])
    expected = ControlEvidence("pip-audit", "known-vulnerabilities", "pass", "flask-login")
    assert [(e.tool, e.rule, e.status, e.resource) for e in scan.evidence] == [
        (expected.tool, expected.rule, expected.status, expected.resource)
    ]


def test_a_skipped_dependency_makes_the_report_incomplete() -> None:
    scan = scan_of({"dependencies": [package(), SKIPPED], "fixes": []})
    assert scan.tool_errors == ("own-package was not checked: not found on the index",)
    assert reasons_not_to_close(scan, Completeness()) == ("the tool reports 1 error",)


def test_one_bad_record_is_quarantined() -> None:
    scan = scan_of([package(vulnerability(), {"aliases": []}), {"name": 7}])
    assert len(scan.observations) == 1
    assert [each.where for each in scan.problems] == ["dependencies[0].vulns[1]", "dependencies[1]"]


def test_other_lists_of_packages_are_not_pip_audits() -> None:
    with pytest.raises(FormatError):
        format_of([{"name": "x", "latest_version": "2"}])
    with pytest.raises(FormatError):
        format_of({"dependencies": {"express": "1.0"}, "name": "app"})
