"""One scan in several forms: the tool's own report and its SARIF show the same findings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.views.reports import ImportCounts
from support.ingesting import Bank, at_line, code, open_bank

RULES = ("CKV_1", "CKV_2", "CKV_2")


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return open_bank(tmp_path)


def native(rule: str, line: int | None, resource: str = "", **more: Any) -> Observation:
    claims = (("resource", resource or f"{rule}@{line}"),)
    return code(rule, "infra/main.tf", line, fingerprints=claims, **more)


def sarif(rule: str, line: int, **more: Any) -> Observation:
    return code(rule, "infra/main.tf", line, **more)


def in_native(bank: Bank, *seen: Observation, **more: Any) -> ImportCounts:
    return bank.scan(seen, format="checkov", category="terraform", **more).counts


def in_sarif(bank: Bank, *seen: Observation, **more: Any) -> ImportCounts:
    return bank.scan(seen, format="sarif", **more).counts


OWN = native("CKV_1", 3), native("CKV_2", 3), native("CKV_2", 20)
LOG = sarif("CKV_1", 3), sarif("CKV_2", 3), sarif("CKV_2", 20)


@pytest.mark.parametrize("quotes", [False, True])
def test_both_forms_show_the_same_findings_in_either_order(tmp_path: Path, *, quotes: bool) -> None:
    log = [replace(seen, locations=(replace(seen.locations[0], snippet=f"q {n}"),)) if quotes
           else seen for n, seen in enumerate(LOG)]  # fmt: skip
    for name, first, second in (("a", in_native, in_sarif), ("b", in_sarif, in_native)):
        bank = open_bank(tmp_path / name)
        assert first(bank, *(OWN if first is in_native else log)).new == 3
        known = bank.rows("SELECT id FROM finding ORDER BY id")
        bank.decide("false_positive")
        assert second(bank, *(log if second is in_sarif else OWN)).new == 0
        assert first(bank, *(OWN if first is in_native else log)).new == 0
        assert bank.rows("SELECT id FROM finding ORDER BY id") == known
        assert bank.states() == {"false_positive": 3}


def test_lines_that_moved_are_found_by_whichever_form_comes_first(bank: Bank) -> None:
    in_native(bank, *OWN)
    in_sarif(bank, *LOG)
    moved = [at_line(seen, (seen.locations[0].line or 0) + 7) for seen in LOG]
    assert in_sarif(bank, *moved).new == 0
    own = [at_line(seen, (seen.locations[0].line or 0) + 7) for seen in OWN]
    assert in_native(bank, *own).new == 0
    assert bank.states() == {"open": 3}


def test_one_of_several_repeats_is_fixed_when_both_forms_lost_it(bank: Bank) -> None:
    in_native(bank, *OWN)
    in_sarif(bank, *LOG)
    assert in_native(bank, OWN[0], OWN[2]).fixed == 0
    assert in_sarif(bank, LOG[0], LOG[2]).fixed == 1
    assert in_native(bank, OWN[0], OWN[2]).fixed == 0
    fixed = bank.rows("SELECT rule, line FROM finding WHERE state = 'fixed'")
    assert (fixed, bank.states()) == ([("CKV_2", 3)], {"fixed": 1, "open": 2})


def test_a_form_may_know_the_class_or_the_line_where_the_other_does_not(bank: Bank) -> None:
    secret = replace(native("CKV_SECRET_6", 7), finding_class=FindingClass.SECRET)
    in_native(bank, secret, native("DS-0026", None))
    assert in_sarif(bank, sarif("CKV_SECRET_6", 7), sarif("DS-0026", 1)).new == 0


def test_what_two_forms_cannot_tell_apart_is_new_with_a_hint(bank: Bank) -> None:
    in_native(bank, native("CKV_1", 3, "a"), native("CKV_1", 3, "b"))
    assert in_sarif(bank, sarif("CKV_1", 3)).new == 0  # one of them, by the order of both
    other = sarif("CKV_1", 3, snippet="x = 1")
    quoted = native("CKV_9", 3, snippet="y = 2"), native("CKV_9", 4, snippet="z = 3")
    in_native(bank, *quoted)
    far = replace(other, rule="CKV_9", locations=(replace(other.locations[0], line=90),))
    assert in_sarif(bank, far).new == 1
    assert any("possible match" in detail for kind, detail in bank.events("created"))


def test_another_tool_asset_or_branch_is_another_scan(bank: Bank) -> None:
    in_native(bank, *OWN, branch="main")
    assert in_sarif(bank, *(replace(seen, tool="KICS") for seen in LOG), tool="KICS").new == 3
    assert in_sarif(bank, *LOG, asset="shop").new == 3
    assert in_sarif(bank, *LOG, branch="next").new == 3
    assert in_sarif(bank, *LOG).new == 0  # a form that names no branch
    assert bank.states() == {"open": 12}


def test_an_alert_of_github_is_no_form_of_a_report(bank: Bank) -> None:
    bank.scan(OWN, format="github-code-scanning", category="alerts")
    assert in_sarif(bank, *LOG).new == 3
    assert bank.scan(OWN, format="github-code-scanning", category="more").counts.new == 0


def alert(rule: str, former: str = "", title: str = "") -> Observation:
    return code(
        rule, locations=(), finding_class=FindingClass.DAST, resource="GET https://bank/a",
        former_rule=former, title=title or rule,
    )  # fmt: skip


def test_a_tool_that_tells_more_rules_apart_makes_nothing_new(bank: Bank) -> None:
    older = alert("10038", title="no header"), alert("10038", title="wild card"), alert("2")
    newer = (
        alert("10038-1", "10038", "no header"), alert("10038-2", "10038", "wild card"),
        alert("2-1", "2"),
    )  # fmt: skip
    bank.scan(older)
    bank.decide("false_positive")
    for seen in (newer, older, newer):
        counts = bank.scan(seen).counts
        assert (counts.new, counts.fixed, counts.reopened) == (0, 0, 0)
    assert bank.states() == {"false_positive": 3}
    assert bank.rows("SELECT rule, title FROM finding ORDER BY rule") == [
        ("10038-1", "no header"), ("10038-2", "wild card"), ("2-1", "2-1"),
    ]  # fmt: skip
