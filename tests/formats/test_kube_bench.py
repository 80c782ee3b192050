"""kube-bench in its outer shapes."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.severity import Severity
from support.reports import lines, only_scan, scans


def result(status: str = "FAIL", **members: Any) -> dict[str, Any]:
    return {
        "test_number": "4.2.1",
        "test_desc": "No anonymous access",
        "remediation": "Set it.",
        "status": status,
        "type": "",
    } | members


def group(*results: Any, **members: Any) -> dict[str, Any]:
    return {
        "id": "4",
        "version": "cis-1.23",
        "text": "Worker nodes",
        "node_type": "node",
        "tests": [{"section": "4.2", "desc": "Kubelet", "results": list(results)}],
        "total_pass": 0,
    } | members


@pytest.mark.parametrize(
    "content",
    [
        {"Controls": [group(result())], "Totals": {"total_fail": 1}},
        [group(result())],
        group(result()),
        lines(group(result())),
    ],
)
def test_all_outer_shapes_are_read(content: Any) -> None:
    scan = only_scan(content, "kube-bench")
    assert scan.category == "4 node"
    (seen,) = scan.observations
    assert (seen.rule, seen.resource) == ("cis-1.23 4.2.1", "node")
    assert seen.title == "4.2.1 No anonymous access"
    assert (seen.severity, seen.severity_raw) == (Severity.MEDIUM, "FAIL")


def test_states() -> None:
    scan = only_scan(
        [group(result(), result("PASS"), result("INFO"), result("WARN", type="manual"))],
        "kube-bench",
    )
    assert [proof.status for proof in scan.evidence] == ["pass", "informational"]
    assert [seen.severity for seen in scan.observations] == [Severity.MEDIUM, Severity.LOW]
    assert [seen.needs_triage for seen in scan.observations] == [False, True]


def test_groups_are_scans_of_their_own_also_without_a_fault() -> None:
    found = scans(
        [group(result("PASS")), group(result(), id="1", node_type="master")], "kube-bench"
    )
    assert [(scan.category, len(scan.observations)) for scan in found] == [
        ("4 node", 0), ("1 master", 1),
    ]  # fmt: skip


def test_bad_records_are_quarantined() -> None:
    found = scans([group(result(), 7, {"status": "FAIL"}), "x"], "kube-bench")
    assert sum(len(scan.problems) for scan in found) == 3
    assert sum(len(scan.observations) for scan in found) == 1
