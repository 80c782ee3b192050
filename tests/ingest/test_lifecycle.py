"""States, the closure gate and deadlines, as pure rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from riskcockpit.config.settings import ClosureSettings, SlaSettings
from riskcockpit.domain.finding import ControlEvidence, Problem, Scan, State
from riskcockpit.domain.severity import Severity
from riskcockpit.ingest.lifecycle import (
    Completeness,
    absences,
    after_absent,
    after_seen,
    due_at,
    enabled_rules,
    is_held,
    is_older_version,
    rearmed,
    reasons_not_to_close,
    transitions,
)
from support.ingesting import code

WHEN = datetime(2026, 3, 2, tzinfo=UTC)
GOOD = Scan("scanner", (code(),), is_successful=True)


@pytest.mark.parametrize("state", [State.WAIVED, State.PENDING_WAIVER, State.FALSE_POSITIVE])
def test_what_people_decided_stays_when_the_finding_is_seen(state: State) -> None:
    for triage in (False, True):
        for suppressed in (False, True):
            assert after_seen(state, needs_triage=triage, is_suppressed=suppressed) is state


def test_a_fixed_finding_that_is_seen_is_open_again() -> None:
    assert after_seen(State.FIXED, needs_triage=False, is_suppressed=False) is State.OPEN


def test_a_suppression_at_the_source_is_respected_until_it_goes() -> None:
    assert (
        after_seen(State.OPEN, needs_triage=False, is_suppressed=True) is State.SUPPRESSED_AT_SOURCE
    )
    assert (
        after_seen(State.SUPPRESSED_AT_SOURCE, needs_triage=False, is_suppressed=False)
        is State.OPEN
    )


def test_somebody_who_took_a_finding_out_of_triage_is_not_asked_again() -> None:
    assert after_seen(State.OPEN, needs_triage=True, is_suppressed=False) is State.OPEN
    assert after_seen(None, needs_triage=True, is_suppressed=False) is State.TRIAGE


def test_confirmed_absence_fixes_all_but_the_verdict_false_positive() -> None:
    results = {state: after_absent(state) for state in State}
    assert results.pop(State.FALSE_POSITIVE) is State.FALSE_POSITIVE
    assert set(results.values()) == {State.FIXED}


def test_the_staged_tables_cover_every_state_once() -> None:
    rows = [row[:3] for row in transitions()]
    assert len(rows) == len(set(rows)) == (len(State) + 1) * 4
    assert {row[0] for row in absences()} == {state.value for state in State} - {"fixed"}


def test_a_good_scan_may_close() -> None:
    assert reasons_not_to_close(GOOD, Completeness()) == ()
    unknown = replace(GOOD, is_successful=None)
    assert reasons_not_to_close(unknown, Completeness()) == ()


@pytest.mark.parametrize(
    ("scan", "known", "words"),
    [
        (GOOD, Completeness(is_stated=False), "partial"),
        (GOOD, Completeness(may_close=False), "other reports"),
        (replace(GOOD, is_successful=False), Completeness(is_stated=True), "failed"),
        (replace(GOOD, is_partial=True), Completeness(is_stated=True), "not everything"),
        (replace(GOOD, tool_errors=("x", "y")), Completeness(is_stated=True), "2 errors"),
        (replace(GOOD, problems=(Problem("r", "w"),)), Completeness(), "1 record could"),
        (Scan("scanner"), Completeness(), "empty"),
        (replace(GOOD, tool_version="1.9"), Completeness(previous_version="1.10"), "older"),
    ],
)
def test_each_doubt_keeps_a_scan_from_closing_and_is_said(
    scan: Scan, known: Completeness, words: str
) -> None:
    reasons = reasons_not_to_close(scan, known)
    assert len(reasons) == 1
    assert words in reasons[0]


def test_an_empty_scan_closes_with_a_marker_of_success_or_somebody_s_word() -> None:
    empty = Scan("scanner")
    assert reasons_not_to_close(replace(empty, is_successful=True), Completeness()) == ()
    assert reasons_not_to_close(empty, Completeness(is_stated=True)) == ()
    proof = (ControlEvidence("scanner", "r", "pass"),)
    assert reasons_not_to_close(replace(empty, evidence=proof), Completeness()) == ()


def test_a_list_of_rules_tells_only_when_some_rule_found_nothing() -> None:
    assert enabled_rules(replace(GOOD, rules=frozenset({"sql-injection"}))) is None
    both = frozenset({"sql-injection", "xss"})
    assert enabled_rules(replace(GOOD, rules=both)) == both
    assert enabled_rules(GOOD) is None
    assert enabled_rules(Scan("scanner", rules=both)) == both


@pytest.mark.parametrize(
    ("closures", "live", "expected"),
    [(20, 20, False), (21, 21, True), (30, 100, False), (31, 100, True), (1, 1, False)],
)
def test_too_many_closures_are_held(closures: int, live: int, expected: bool) -> None:  # noqa: FBT001 - a case
    assert is_held(closures, live, ClosureSettings()) is expected


def test_versions_are_compared_by_their_numbers_and_unknown_is_never_older() -> None:
    assert is_older_version("v1.9.2", "1.10.0")
    assert not is_older_version("1.10", "1.9")
    assert not is_older_version("", "1.9")
    assert not is_older_version("nightly", "1.9")


def test_deadlines_follow_severity_and_known_exploitation() -> None:
    sla = SlaSettings()
    days = {
        severity: (due - WHEN).days if (due := due_at(WHEN, severity, sla, is_kev=False)) else None
        for severity in Severity
    }
    assert list(days.values()) == [None, 120, 90, 30, 7]
    assert due_at(WHEN, Severity.LOW, sla, is_kev=True) == WHEN + timedelta(days=14)
    assert due_at(WHEN, Severity.INFO, sla, is_kev=True) == WHEN + timedelta(days=14)
    assert due_at(WHEN, Severity.CRITICAL, sla, is_kev=True) == WHEN + timedelta(days=7)


def test_a_rise_takes_the_shorter_of_both_deadlines() -> None:
    early, late = WHEN + timedelta(days=3), WHEN + timedelta(days=7)
    assert rearmed(early, late) == early
    assert rearmed(None, late) == late
    assert rearmed(None, None) is None
