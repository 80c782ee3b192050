"""Recommendations of Microsoft Defender for Cloud."""

from __future__ import annotations

from datetime import UTC, datetime

from riskcockpit.domain.severity import Severity
from support.reports import only, only_scan, scans

HEADER = (
    '"exportedTimestamp","subscriptionId","resourceType","resourceName","resourceId",'
    '"recommendationId","recommendationName","recommendationDisplayName","description",'
    '"remediationSteps","severity","state","notApplicableReason","azurePortalRecommendationLink"'
)


def row(state: str = "Unhealthy", subscription: str = "s-1", reason: str = "") -> str:
    resource = f"/subscriptions/{subscription}/resourceGroups/G/providers/vm"
    cells = (
        "2026-11-20T10:00:00.3988407Z", subscription, "virtualmachines", "vm", resource,
        f"{resource}/assessments/a-1", "a-1", "Disks should be encrypted", "They are not.",
        "Encrypt, with care", "High", state, reason, "https://portal.azure.com/#x",
    )  # fmt: skip
    return ",".join(f'"{cell}"' for cell in cells)


def test_a_recommendation_is_a_finding_of_its_resource() -> None:
    scan = only_scan(f"\ufeff{HEADER}\n{row()}\n", "azure-recommendations")
    assert (scan.asset, scan.scanned_at) == (
        "s-1", datetime(2026, 11, 20, 10, 0, 0, 398840, tzinfo=UTC),
    )  # fmt: skip
    (seen,) = scan.observations
    assert (seen.rule, seen.title) == ("a-1", "Disks should be encrypted")
    assert seen.resource == "/subscriptions/s-1/resourcegroups/g/providers/vm"
    assert seen.severity is Severity.HIGH


def test_states() -> None:
    rows = (row(), row("Healthy"), row("NotApplicable"), row("NotApplicable", reason="Exempt"))
    scan = only_scan("\n".join((HEADER, *rows)), "azure-recommendations")
    assert [proof.status for proof in scan.evidence] == ["pass"]
    assert [seen.is_suppressed for seen in scan.observations] == [False, True, True]


def test_subscriptions_are_scans_of_their_own() -> None:
    found = scans("\n".join((HEADER, row(), row(subscription="s-2"))), "azure-recommendations")
    assert [scan.asset for scan in found] == ["s-1", "s-2"]


def test_a_torn_row_is_quarantined() -> None:
    found = scans("\n".join((HEADER, row(), '"2026","s-1"')), "azure-recommendations")
    assert sum(len(scan.problems) for scan in found) == 1
    assert only(f"{HEADER}\n{row()}", "azure-recommendations").raw
