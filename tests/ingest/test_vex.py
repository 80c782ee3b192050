"""VEX statements and the findings they speak of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.domain.finding import Observation, Package, VexStatement, VexStatus
from riskcockpit.ingest.policy import ScanOutcome, ScanReport
from riskcockpit.ingest.vex import limited
from support.ingesting import START, Bank, code, dependency, open_bank

AFFECTED, FIXED = VexStatus.AFFECTED, VexStatus.FIXED
NOT_AFFECTED, INVESTIGATED = VexStatus.NOT_AFFECTED, VexStatus.UNDER_INVESTIGATION
REQUESTS = Package("pypi", "requests")


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return open_bank(tmp_path)


def said(status: VexStatus = NOT_AFFECTED, *ids: str, day: int = 0, **more: Any) -> VexStatement:
    given: dict[str, Any] = {
        "vulnerability_ids": ids or ("CVE-2026-0001",),
        "status": status,
        "record": "statements[0]",
        "packages": (REQUESTS,),
        "justification": "vulnerable_code_not_present" if status is NOT_AFFECTED else "",
        "author": "Example Org",
        "said_at": START + timedelta(days=day),
    }
    return VexStatement(**(given | more))


def speak(bank: Bank, *statements: VexStatement, document: str = "vex", **more: Any) -> ScanReport:
    return bank.scan(
        (), tool="OpenVEX", category=document, asset="", statements=statements, is_vex=True, **more
    )


def scan(bank: Bank, seen: Sequence[Observation] | None = None, **more: Any) -> ScanReport:
    return bank.scan([dependency("CVE-2026-0001")] if seen is None else seen, **more)


def test_a_statement_that_a_product_is_not_affected_suppresses_and_says_why(bank: Bank) -> None:
    scan(bank)
    report = speak(bank, said(statement="The code is\nnot shipped."))
    assert bank.states() == {"suppressed_at_source": 1}
    assert (report.counts.read, report.counts.vex_applied, report.counts.vex_unmatched) == (1, 1, 0)
    said_so = "not_affected (vulnerable_code_not_present), says Example Org"
    change = "open → suppressed_at_source"
    assert bank.events("vex") == [("vex", f"{said_so}: The code is not shipped.; {change}")]


def test_it_stays_suppressed_in_later_scans_and_nothing_happens_to_it(bank: Bank) -> None:
    scan(bank)
    speak(bank, said())
    events = bank.events()
    counts = scan(bank).counts
    assert (counts.unchanged, counts.updated) == (1, 0)
    assert bank.states() == {"suppressed_at_source": 1}
    assert bank.events() == events


def test_a_finding_that_comes_after_the_statement_is_covered(bank: Bank) -> None:
    assert speak(bank, said()).counts.vex_unmatched == 1
    report = scan(bank)
    assert bank.states() == {"suppressed_at_source": 1}
    assert report.counts.new == 1
    assert bank.rows("SELECT status FROM finding_vex") == [("not_affected",)]
    assert len(bank.events("vex")) == 1


def test_what_comes_back_is_covered_by_the_statement_and_not_said_to_be_by_the_source(
    bank: Bank,
) -> None:
    scan(bank)
    speak(bank, said())
    scan(bank, [code()])
    counts = scan(bank).counts
    assert (counts.reopened, bank.states()["suppressed_at_source"]) == (1, 1)
    assert bank.events("vex")[-1][1] == "not_affected, in force still; fixed → suppressed_at_source"
    assert bank.events("suppressed") == []


def test_statements_without_a_finding_are_told(bank: Bank) -> None:
    scan(bank)
    report = speak(bank, said(), said(NOT_AFFECTED, "CVE-2026-0009"))
    assert (report.counts.vex_applied, report.counts.vex_unmatched) == (1, 1)
    assert report.notes == (
        "1 of 2 VEX statements speak of no finding; they are kept for findings to come",
    )


def test_the_same_document_again_changes_nothing(bank: Bank) -> None:
    scan(bank)
    speak(bank, said(), content_hash="same")
    events = bank.events()
    report = speak(bank, said(), content_hash="same")
    assert report.outcome is ScanOutcome.REPEATED
    assert bank.events() == events


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (AFFECTED, "open"),
        (FIXED, "open"),
        (INVESTIGATED, "triage"),
        (NOT_AFFECTED, "suppressed_at_source"),
    ],
)
def test_the_newest_statement_is_in_force(bank: Bank, status: VexStatus, expected: str) -> None:
    scan(bank)
    speak(bank, said(), document="one")
    speak(bank, said(status, day=5), document="two")
    assert bank.states() == {expected: 1}
    scan(bank)
    assert bank.states() == {expected: 1}


def test_an_older_statement_that_comes_later_does_not_win(bank: Bank) -> None:
    scan(bank)
    speak(bank, said(AFFECTED, day=5), document="new")
    speak(bank, said(day=1), document="old")
    assert bank.states() == {"open": 1}


def test_a_statement_that_something_is_fixed_is_a_note_until_a_scan_confirms(bank: Bank) -> None:
    scan(bank)
    speak(bank, said(FIXED))
    assert bank.states() == {"open": 1}
    assert bank.events("vex") == [("vex", "fixed, says Example Org")]
    scan(bank, [])
    assert bank.states() == {"fixed": 1}


def test_an_investigation_is_triage_and_whoever_ends_it_has_the_last_word(bank: Bank) -> None:
    scan(bank)
    speak(bank, said(INVESTIGATED))
    assert bank.states() == {"triage": 1}
    bank.decide("open")
    scan(bank)
    assert bank.states() == {"open": 1}


def test_a_suppression_by_the_tool_itself_is_not_undone(bank: Bank) -> None:
    scan(bank, [dependency("CVE-2026-0001", is_suppressed=True)])
    speak(bank, said(AFFECTED))
    assert bank.states() == {"suppressed_at_source": 1}


@pytest.mark.parametrize("state", ["waived", "false_positive", "pending_waiver", "fixed"])
def test_what_people_decided_and_what_is_fixed_stays(bank: Bank, state: str) -> None:
    scan(bank)
    bank.decide(state)
    speak(bank, said())
    assert bank.states() == {state: 1}


def test_a_statement_its_document_no_longer_makes_is_withdrawn(bank: Bank) -> None:
    scan(bank, [dependency("CVE-2026-0001"), dependency("CVE-2026-0002")])
    speak(bank, said(), said(NOT_AFFECTED, "CVE-2026-0002"))
    speak(bank, said())
    assert bank.states() == {"suppressed_at_source": 1, "open": 1}
    (event,) = (detail for _, detail in bank.events("vex") if detail.startswith("withdrawn"))
    assert event.endswith("suppressed_at_source → open")
    speak(bank)
    assert bank.states() == {"open": 2}
    assert bank.rows("FROM finding_vex") == []


def test_a_document_that_says_the_same_anew_is_no_event(bank: Bank) -> None:
    scan(bank)
    speak(bank, said())
    speak(bank, said(day=3))
    assert len(bank.events("vex")) == 1


@pytest.mark.parametrize(
    ("seen", "statement", "is_meant"),
    [
        (("GHSA-2222-2222-2222", "CVE-2026-0001"), ("CVE-2026-0001",), True),
        (("CVE-2026-0001",), ("ghsa-2222-2222-2222", "cve-2026-0001"), True),
        (("CVE-2026-0001",), ("CVE-2026-00011",), False),
    ],
)
def test_any_id_of_a_vulnerability_finds_it(
    bank: Bank, seen: tuple[str, ...], statement: tuple[str, ...], is_meant: bool
) -> None:
    scan(bank, [dependency(*seen)])
    speak(bank, said(NOT_AFFECTED, *statement))
    assert bank.states() == {"suppressed_at_source" if is_meant else "open": 1}


@pytest.mark.parametrize(
    ("package", "ranges", "is_meant"),
    [
        (Package("pypi", "Requests", version="2.0"), (), True),
        (Package("pypi", "requests", version="v2.0"), (), True),
        (Package("pypi", "requests", version="2.1"), (), False),
        (Package("npm", "requests"), (), False),
        (Package("pypi", "requests-oauth"), (), False),
        (REQUESTS, ("vers:pypi/>=1.5|<2.0.1",), True),
        (REQUESTS, ("vers:pypi/<2.0",), False),
        (REQUESTS, ("<=2",), True),
        (REQUESTS, (">2.0.0",), False),
        (REQUESTS, ("<1", ">=2"), True),
        (REQUESTS, ("nobody knows",), False),
        (Package("pypi", "requests", version="2.0"), ("<1",), True),
    ],
)
def test_only_the_package_and_the_versions_meant_are_covered(
    bank: Bank, package: Package, ranges: tuple[str, ...], is_meant: bool
) -> None:
    scan(bank)
    speak(bank, said(packages=(package,), ranges=ranges))
    assert bank.states() == {"suppressed_at_source" if is_meant else "open": 1}


@pytest.mark.parametrize(
    ("namespace", "is_meant"), [("redhat", True), ("rhel", True), ("debian", False), ("", False)]
)
def test_a_distribution_is_known_by_the_names_scanners_give_it(
    bank: Bank, namespace: str, is_meant: bool
) -> None:
    openssl = Package("rpm", "openssl", namespace, "1:3.0.7-27.el9", layer="os")
    scan(bank, [replace(dependency("CVE-2026-0001"), package=openssl, locations=())])
    speak(bank, said(packages=(Package("rpm", "openssl", "redhat", "1:3.0.7-27.el9"),)))
    assert bank.states() == {"suppressed_at_source" if is_meant else "open": 1}


def test_a_version_bump_leaves_the_cover(bank: Bank) -> None:
    scan(bank)
    speak(bank, said(packages=(replace(REQUESTS, version="2.0"),)))
    assert bank.states() == {"suppressed_at_source": 1}
    scan(bank, [dependency("CVE-2026-0001", version="2.1")])
    assert bank.states() == {"open": 1}


@pytest.mark.parametrize(
    ("product", "is_meant"),
    [
        ("registry.example.invalid/bank/app", True),
        ("bank/app", True),
        ("app", True),
        ("pp", False),
        ("other/app", False),
        ("", True),
    ],
)
def test_a_product_binds_a_statement_to_an_asset(bank: Bank, product: str, is_meant: bool) -> None:
    scan(bank, asset="registry.example.invalid/bank/app")
    speak(bank, said(product=product))
    assert bank.states() == {"suppressed_at_source" if is_meant else "open": 1}


def test_a_statement_about_a_whole_product_covers_every_package_in_it(bank: Bank) -> None:
    scan(bank, [dependency("CVE-2026-0001"), dependency("CVE-2026-0001", name="other")])
    speak(bank, said(packages=(), product="payments"))
    assert bank.states() == {"suppressed_at_source": 2}


def test_an_id_alone_silences_nothing(bank: Bank) -> None:
    scan(bank)
    report = speak(bank, said(packages=(), product=""))
    assert bank.states() == {"open": 1}
    assert report.counts.vex_unmatched == 1


def test_whoever_names_an_asset_limits_all_statements_to_it(bank: Bank) -> None:
    scan(bank, asset="payments")
    scan(bank, asset="lending")
    speak(bank, *limited([said()], "lending"))
    text = "SELECT asset, state FROM finding ORDER BY asset"
    assert bank.rows(text) == [("lending", "suppressed_at_source"), ("payments", "open")]


def test_a_vex_document_is_no_scan_of_anything(bank: Bank) -> None:
    scan(bank)
    speak(bank, said())
    assert bank.rows("SELECT name FROM asset") == [("payments",)]


def test_without_vex_nothing_of_it_is_touched(bank: Bank) -> None:
    scan(bank, [code("a"), dependency("CVE-2026-0001")])
    assert bank.rows("FROM finding_vex") == []
    assert bank.events("vex") == []


def test_findings_of_other_scans_in_the_same_group_are_not_taken_as_seen(bank: Bank) -> None:
    scan(bank, [dependency("CVE-2026-0001"), dependency("CVE-2026-0002")])
    speak(bank, said())
    scan(bank, [dependency("CVE-2026-0002")])
    assert bank.states() == {"fixed": 1, "open": 1}
