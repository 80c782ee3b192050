"""The projection is pure: same entries, same meaning; what is not understood allows nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.decisions.project import (
    Projection,
    held_by_controls,
    project,
    stands_otherwise,
)
from riskcockpit.decisions.roles import Deed, Role, Roles, Rule
from riskcockpit.decisions.waivers import WaiverState, read_terms
from riskcockpit.decisions.wording import LONGEST, subject_of, summary_of
from riskcockpit.domain.action import ActionState
from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.chain import Entry

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
POLICY = "a" * 64
BOTH = frozenset({Role.ENGINEER, Role.APPROVER})
RULES = tuple(
    Rule(id=f"{deed}-{keys}", action=deed, request=BOTH, keys=keys, approve=BOTH, severity=floor)
    for deed, keys, floor in (
        (Deed.WAIVE, 2, "high"),
        (Deed.WAIVE, 1, "info"),
        (Deed.ROLLBACK, 1, "info"),
    )
)
POLICIES = {POLICY: Roles({"ann": BOTH, "ben": BOTH}, RULES, POLICY)}


def entry(type_: EntryType, data: Mapping[str, Any], actor: str = "ann", minute: int = 0) -> Entry:
    hash_ = sha256(f"{type_}{data}{actor}{minute}".encode()).hexdigest()
    at = NOW - timedelta(hours=1) + timedelta(minutes=minute)
    return Entry(f"{actor}@h", 1, "", at, actor, f"key of {actor}", type_, data, {}, hash_, "", b"")


def waiver(severity: str = "medium", **changes: Any) -> dict[str, Any]:
    return {
        "reason": "deferred", "justification": "the bank can live with it",
        "expires_at": "2026-12-01T00:00:00Z",
        "query": "", "findings": {"f1": severity}, "count": 1, "kev": [], "policy": POLICY,
        "production": False, "rule": "waive-2" if severity in ("high", "critical") else "waive-1",
        **changes,
    }  # fmt: skip


def approval(of: Entry, **changes: Any) -> dict[str, Any]:
    return {
        "request": of.hash, "comment": "", "rule": of.data["rule"], "policy": POLICY,
        "context": "bank", "production": False, **changes,
    }  # fmt: skip


def move(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "model.rollback", "source": "s", "target": "m@champion", "model": "m",
        "params": {"from": "7", "to": "6"}, "policy": POLICY, "production": False,
        "rule": "rollback-1", **changes,
    }  # fmt: skip


def meaning(*entries: Entry, at: datetime = NOW) -> Projection:
    return project(entries, at, POLICIES)


def state(*entries: Entry, at: datetime = NOW) -> WaiverState:
    return meaning(*entries, at=at).waivers[0].state


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_at": "soon"},
        {"expires_at": None},
        {"reason": "because"},
        {"count": 2},
        {"findings": {}},
        {"findings": {"f1": "terrible"}},
        {"findings": ["f1"]},
        {"kev": None},
        {"policy": "b" * 64},
        {"policy": None},
        {"rule": "waive-2"},
        {"rule": "none"},
        {"production": "no"},
        {"justification": 7},
    ],
)
def test_any_doubt_means_not_waived(changes: dict[str, Any]) -> None:
    granted = entry(EntryType.WAIVER_GRANTED, waiver())
    assert state(granted) is WaiverState.GRANTED
    doubted = entry(EntryType.WAIVER_GRANTED, waiver(**changes))
    assert state(doubted) is WaiverState.IN_DOUBT


@pytest.mark.parametrize("key", sorted(waiver().keys() - {"query"}))
def test_a_missing_field_means_not_waived(key: str) -> None:
    data = waiver()
    del data[key]
    assert state(entry(EntryType.WAIVER_GRANTED, data)) is WaiverState.IN_DOUBT


def test_the_severity_that_counts_is_the_one_of_the_findings() -> None:
    understated = waiver("critical", rule="waive-1") | {"severity": "low"}
    assert state(entry(EntryType.WAIVER_GRANTED, understated)) is WaiverState.IN_DOUBT


def test_a_grant_without_its_keys_is_in_doubt_whoever_approves_it() -> None:
    alone = entry(EntryType.WAIVER_GRANTED, waiver("high"))
    assert state(alone) is WaiverState.IN_DOUBT


def test_the_last_moment_belongs_to_nobody() -> None:
    granted = entry(EntryType.WAIVER_GRANTED, waiver())
    end = datetime(2026, 12, 1, tzinfo=UTC)
    assert state(granted, at=end - timedelta(microseconds=1)) is WaiverState.GRANTED
    assert state(granted, at=end) is WaiverState.EXPIRED


def test_an_approver_nobody_knew_then_does_not_count() -> None:
    request = entry(EntryType.WAIVER_REQUESTED, waiver("high"))
    grounds = approval(request)
    by_ben = entry(EntryType.APPROVAL_GRANTED, grounds, "ben", 5)
    by_stranger = entry(EntryType.APPROVAL_GRANTED, grounds, "cyd", 5)
    by_unknown_policy = entry(EntryType.APPROVAL_GRANTED, {**grounds, "policy": "b" * 64}, "ben", 5)
    assert state(request, by_ben) is WaiverState.GRANTED
    assert meaning(request, by_ben).waivers[0].standing.decided_at == by_ben.ts
    assert meaning(request, by_ben).waivers[0].approver == "ben"
    assert state(request, by_stranger) is WaiverState.REQUESTED
    assert state(request, by_unknown_policy) is WaiverState.REQUESTED


@pytest.mark.parametrize(
    "changes",
    [
        {"rule": "waive-1"}, {"rule": 2}, {"comment": None}, {"comment": ["yes"]},
        {"context": 7}, {"production": "no"}, {"duties": "all"},
    ],
)  # fmt: skip
def test_an_approval_that_is_not_what_approvals_hold_does_not_count(
    changes: dict[str, Any],
) -> None:
    request = entry(EntryType.WAIVER_REQUESTED, waiver("high"))
    odd = approval(request, **changes)
    assert state(request, entry(EntryType.APPROVAL_GRANTED, odd, "ben", 5)) is (
        WaiverState.REQUESTED
    )
    for name in changes.keys() - {"duties"}:
        del odd[name]
        odd_entry = entry(EntryType.APPROVAL_GRANTED, odd, "ben", 5)
        assert state(request, odd_entry) is WaiverState.REQUESTED


def test_what_ends_it_counts_even_when_it_came_first() -> None:
    request = entry(EntryType.WAIVER_REQUESTED, waiver("high"), minute=3)
    rejected = entry(EntryType.WAIVER_REJECTED, {"request": request.hash}, "ben", 1)
    granted = entry(EntryType.APPROVAL_GRANTED, approval(request), "ben", 5)
    assert state(rejected, request, granted) is WaiverState.REVOKED
    assert state(rejected, request) is WaiverState.REJECTED


def test_only_who_gave_a_key_takes_it_back() -> None:
    request = entry(EntryType.WAIVER_REQUESTED, waiver("high"))
    key = entry(EntryType.APPROVAL_GRANTED, approval(request), "ben", 5)
    by_ann = entry(EntryType.UNDO, {"decision": key.hash}, "ann", 6)
    by_ben = entry(EntryType.UNDO, {"decision": key.hash}, "ben", 6)
    assert state(request, key, by_ann) is WaiverState.GRANTED
    assert state(request, key, by_ben) is WaiverState.REQUESTED


def test_while_the_ledger_does_not_verify_nothing_it_allows_counts() -> None:
    entries = (
        entry(EntryType.WAIVER_GRANTED, waiver()),
        entry(EntryType.ROLLBACK_REQUESTED, move()),
    )
    found = project(entries, NOW, POLICIES, is_verified=False)
    assert found.waivers[0].state is WaiverState.IN_DOUBT
    assert found.actions[0].state is ActionState.IN_DOUBT


def test_an_action_goes_through_its_states() -> None:
    ask = entry(EntryType.ROLLBACK_REQUESTED, move())
    steps = [
        (None, ActionState.PENDING),
        (EntryType.ACTION_SENT, ActionState.SENT),
        (EntryType.ACTION_UNKNOWN, ActionState.UNKNOWN),
        (EntryType.ACTION_SENT, ActionState.SENT),
        (EntryType.ACTION_CONFIRMED, ActionState.DONE),
    ]
    entries = [ask]
    found = meaning(ask)
    for minute, (type_, expected) in enumerate(steps):
        if type_:
            data = {"action": ask.hash, "outcome": "done", "evidence": {"champion": "6"}}
            entries.append(entry(type_, data, minute=minute))
        found = meaning(*entries)
        assert found.actions[0].state is expected
    assert [(c.model, c.version) for c in found.containments] == [("m", 7)]
    assert found.actions[0].sent_at == entries[1].ts
    assert found.actions[0].evidence == {"champion": "6"}


def test_an_undo_after_sending_does_not_hide_what_was_done() -> None:
    ask = entry(EntryType.ROLLBACK_REQUESTED, move())
    undo = entry(EntryType.UNDO, {"decision": ask.hash}, minute=9)
    sent = entry(EntryType.ACTION_SENT, {"action": ask.hash}, minute=1)
    assert meaning(ask, undo).actions[0].state is ActionState.UNDONE
    assert meaning(ask, sent, undo).actions[0].state is ActionState.SENT


def in_chains(*entries: Entry) -> list[Entry]:
    """Return entries as people sign them one after the other, each with all before it in sight."""
    placed: list[Entry] = []
    heads: dict[str, str] = {}
    for one in entries:
        seen = {chain: head for chain, head in heads.items() if chain != one.chain}
        placed.append(replace(one, seq=len(placed), seen=seen))
        heads[one.chain] = one.hash
    return placed


ALONE = ["ask", "sent", "done"]
TOLD_LATER = ["ask", "sent", "done", "approval"]
IN_ORDER = ["ask", "approval", "sent", "done"]
TAKEN_BACK_AFTERWARDS = ["ask", "approval", "sent", "done", "withdrawal"]
REJECTED_BEFORE = ["ask", "approval", "rejection", "sent", "done"]
REJECTED_AFTERWARDS = ["ask", "approval", "sent", "rejection", "done"]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (ALONE, ActionState.REQUESTED),
        (TOLD_LATER, ActionState.PENDING),
        (IN_ORDER, ActionState.DONE),
        (TAKEN_BACK_AFTERWARDS, ActionState.DONE),
        (REJECTED_BEFORE, ActionState.REJECTED),
        (REJECTED_AFTERWARDS, ActionState.DONE),
    ],
)
def test_nobody_says_of_what_lacks_a_key_that_it_was_done(
    order: list[str], expected: ActionState
) -> None:
    rule = Rule(id="move-2", action=Deed.ROLLBACK, request=BOTH, keys=2, approve=BOTH)
    ask = entry(EntryType.ROLLBACK_REQUESTED, move(rule="move-2"))
    named = {"request": ask.hash, "model": "m", "comment": "", "context": "bank"}
    grounds = {"rule": "move-2", "policy": POLICY, "production": False}
    approval = entry(EntryType.ROLLBACK_APPROVED, {**named, **grounds}, "ben", 2)
    all_of_it = {
        "ask": ask,
        "approval": approval,
        "sent": entry(EntryType.ACTION_SENT, {"action": ask.hash}, minute=3),
        "done": entry(EntryType.ACTION_CONFIRMED, {"action": ask.hash, "outcome": "done"}),
        "withdrawal": entry(EntryType.UNDO, {"decision": approval.hash}, "ben", 9),
        "rejection": entry(EntryType.APPROVAL_REJECTED, {**named, **grounds}, "ben", 2),
    }
    policies = {POLICY: Roles({"ann": BOTH, "ben": BOTH}, (rule,), POLICY)}
    found = project(in_chains(*(all_of_it[one] for one in order)), NOW, policies)
    assert found.actions[0].state is expected
    assert bool(found.containments) == (expected is ActionState.DONE)


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
KEYS = ("request", "waiver", "decision", "action", "findings", "params", "kind", "sources", "count",
        "expires_at", "subject", "policy", "model", "text", "evidence", "production", "rule", "kev",
        "reason", "message", "comment", "outcome", "target")  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from(EntryType), st.dictionaries(st.sampled_from(KEYS), ODD)),
        max_size=6,
    )
)
def test_no_entry_whatever_is_in_it_stops_the_projection(
    given_: list[tuple[EntryType, dict[str, Any]]],
) -> None:
    entries = [entry(type_, data, minute=n) for n, (type_, data) in enumerate(given_)]
    found = meaning(*entries)
    assert all(w.state is not WaiverState.GRANTED for w in found.waivers)
    assert all(a.state is not ActionState.PENDING for a in found.actions)
    for each in entries:
        assert len(summary_of(each)) <= LONGEST
        assert "\n" not in summary_of(each) + subject_of(each)


def test_terms_read_back_as_they_were_written() -> None:
    terms = read_terms(waiver("critical", kev=["f1"]))
    assert read_terms(terms.as_data()) == terms
    assert terms.findings[0].is_kev


@pytest.mark.parametrize("authors", ["ben", [7], {"ben": 1}, None])
def test_authors_that_cannot_be_read_are_a_doubt(authors: Any) -> None:
    asked = entry(EntryType.WAIVER_GRANTED, waiver(authors=authors))
    assert state(asked) is WaiverState.IN_DOUBT


@pytest.mark.parametrize(
    "changes", [{"target": "other@champion"}, {"target": "m@staging"}, {"model": 7}]
)
def test_a_move_of_another_model_than_it_names_is_no_action(changes: dict[str, Any]) -> None:
    assert meaning(entry(EntryType.ROLLBACK_REQUESTED, move(**changes))).actions == ()


# What waivers close upstream ---------------------------------------------------------------------


def closing(*targets: str, **changes: Any) -> dict[str, Any]:
    params = {"from": "open", "to": "dismissed", "reason": "inaccurate", "comment": "c"}
    orders = [{"source": "gh", "target": target, "params": params} for target in targets]
    return waiver(upstream=orders, **changes)


def due(*entries: Entry, at: datetime = NOW) -> list[tuple[str, str, str]]:
    actions = meaning(*entries, at=at).actions
    return [(each.action.kind.value, each.action.target, each.state.value) for each in actions]


def receipt(of: Entry, type_: EntryType, outcome: str = "", minute: int = 5) -> Entry:
    action = meaning(of).actions[0].action
    return entry(type_, {"action": action.id, "outcome": outcome}, minute=minute)


GRANTED = EntryType.WAIVER_GRANTED
DISMISS, REOPEN = "alert.dismiss", "alert.reopen"


def test_a_granted_waiver_closes_its_alerts_with_ids_that_stay_the_same() -> None:
    ask = entry(GRANTED, closing("a/b#dependabot/1", "a/b#dependabot/2"))
    assert due(ask) == [
        (DISMISS, "a/b#dependabot/1", "pending"),
        (DISMISS, "a/b#dependabot/2", "pending"),
    ]
    ids = [each.action.id for each in meaning(ask).actions]
    assert len(set(ids)) == 2
    assert ids == [each.action.id for each in meaning(ask, at=NOW + timedelta(days=1)).actions]


@pytest.mark.parametrize("severity", ["high", "critical"])
def test_a_waiver_that_waits_for_a_key_closes_nothing_yet(severity: str) -> None:
    ask = entry(EntryType.WAIVER_REQUESTED, closing("a/b#dependabot/1", severity=severity))
    assert due(ask) == []
    key = entry(EntryType.APPROVAL_GRANTED, approval(ask), "ben", 1)
    assert due(ask, key) == [(DISMISS, "a/b#dependabot/1", "pending")]


def test_a_grant_without_its_keys_closes_nothing() -> None:
    assert due(entry(GRANTED, closing("a/b#dependabot/1", severity="high"))) == []


@pytest.mark.parametrize(
    "upstream",
    [
        "all",
        [1],
        [{"source": "gh", "target": "x"}],
        [{"source": "gh", "target": f"a/b#dependabot/{n}", "params": {}} for n in range(101)],
    ],
)
def test_a_list_of_alerts_that_cannot_be_read_or_is_too_long_closes_none(upstream: Any) -> None:
    ask = entry(GRANTED, waiver(upstream=upstream))
    assert due(ask) == []
    assert state(ask) is WaiverState.GRANTED


def test_what_was_never_sent_is_neither_sent_nor_opened_after_the_end() -> None:
    ask = entry(GRANTED, closing("a/b#dependabot/1"))
    end = entry(EntryType.WAIVER_REVOKED, {"waiver": ask.hash}, minute=1)
    assert due(ask, end) == []
    assert due(ask, at=NOW + timedelta(days=30)) == []


@pytest.mark.parametrize(
    ("type_", "outcome", "is_opened"),
    [
        (EntryType.ACTION_CONFIRMED, "done", True),
        (EntryType.ACTION_CONFIRMED, "pending_upstream", True),
        (EntryType.ACTION_UNKNOWN, "unknown", True),
        (EntryType.ACTION_REFUSED, "refused", False),
    ],
)
def test_the_end_opens_what_may_have_been_closed(
    type_: EntryType, outcome: str, is_opened: bool
) -> None:
    ask = entry(GRANTED, closing("a/b#dependabot/1"))
    sent = (receipt(ask, EntryType.ACTION_SENT, minute=4), receipt(ask, type_, outcome))
    assert [kind for kind, _, _ in due(ask, *sent)] == [DISMISS]
    later = due(ask, *sent, at=NOW + timedelta(days=30))
    assert ((REOPEN, "a/b#dependabot/1", "pending") in later) is is_opened


def test_an_alert_that_another_waiver_covers_is_not_opened() -> None:
    first = entry(GRANTED, closing("a/b#dependabot/1"))
    sent = (
        receipt(first, EntryType.ACTION_SENT, minute=4),
        receipt(first, EntryType.ACTION_CONFIRMED, "done"),
    )
    end = entry(EntryType.WAIVER_REVOKED, {"waiver": first.hash}, minute=6)
    second = entry(GRANTED, closing("a/b#dependabot/1"), minute=2)
    assert REOPEN in [kind for kind, _, _ in due(first, *sent, end)]
    assert REOPEN not in [kind for kind, _, _ in due(first, second, *sent, end)]


@pytest.mark.parametrize("kind", ["deployment.rollback", "deployment.approve", "alert.dismiss"])
def test_a_rollback_entry_moves_nothing_but_models(kind: str) -> None:
    assert meaning(entry(EntryType.ROLLBACK_REQUESTED, move(kind=kind))).actions == ()


RENEWAL = {
    "treatment": "fix_later", "risk_owner": "o", "review_at": "2026-11-30T00:00:00Z",
    "remediation": "p", "remediation_owner": "o", "remediation_due": "2026-12-01T00:00:00Z",
    "renews": "e" * 64, "renewals": 1,
}  # fmt: skip


def test_nobody_renews_alone_what_they_may_waive_alone() -> None:
    first = entry(EntryType.WAIVER_GRANTED, waiver())
    record = {**RENEWAL, "renews": first.hash}
    alone = entry(EntryType.WAIVER_GRANTED, waiver(record=record), minute=1)
    assert [each.state for each in meaning(first, alone).waivers] == [
        WaiverState.GRANTED, WaiverState.IN_DOUBT,
    ]  # fmt: skip
    asked = entry(EntryType.WAIVER_REQUESTED, waiver(record=record, rule="waive-2"), minute=1)
    key = entry(EntryType.APPROVAL_GRANTED, approval(asked), "ben", minute=2)
    old, new = meaning(first, asked, key).waivers
    assert (old.state, new.state) == (WaiverState.SUPERSEDED, WaiverState.GRANTED)
    assert (old.renewed_by, old.stopped_at) == (new.id, key.ts)
    assert [each.state for each in meaning(first, asked).waivers] == [
        WaiverState.GRANTED, WaiverState.REQUESTED,
    ]  # fmt: skip


def test_of_two_renewals_that_met_later_the_one_granted_first_counts() -> None:
    first = entry(EntryType.WAIVER_GRANTED, waiver())
    data = waiver(record={**RENEWAL, "renews": first.hash}, rule="waive-2")
    one, other = (entry(EntryType.WAIVER_REQUESTED, data, minute=at) for at in (1, 2))
    late = entry(EntryType.APPROVAL_GRANTED, approval(one), "ben", minute=4)
    early = entry(EntryType.APPROVAL_GRANTED, approval(other), "ben", minute=3)
    old, lost, won = meaning(first, one, other, early, late).waivers
    assert (old.renewed_by, won.state) == (other.hash, WaiverState.GRANTED)
    assert (lost.state, lost.renewed_by) == (WaiverState.SUPERSEDED, other.hash)
    assert "was renewed by" in lost.why
    assert lost.stopped_at == late.ts, "it never covered anything"
    end = entry(EntryType.WAIVER_REVOKED, {"waiver": other.hash, "comment": ""}, "ben", minute=5)
    ended = meaning(first, one, other, early, late, end).waivers
    assert WaiverState.GRANTED not in {each.state for each in ended}, "one end ends it"


def test_newer_verdicts_suspend_and_release_and_say_that_they_do() -> None:
    worksheet = dict.fromkeys(
        (
            "constraint",
            "objective",
            "objective_met",
            "additional_risk",
            "validation",
            "maintenance",
        ),
        "said",
    )
    tested = {"last_tested": "2026-11-01", "next_test": "2026-12-24", "controls": ["gate"]}
    record = {
        "treatment": "mitigate", "risk_owner": "o", "review_at": "2026-11-30",
        **worksheet, **tested,
    }  # fmt: skip
    data = waiver(reason="compensating_control", record=record)
    raw = meaning(entry(EntryType.WAIVER_GRANTED, data))
    for verdict in ("alarm", "stale", "error", None):
        verdicts = {} if verdict is None else {"gate": verdict}
        held = held_by_controls(raw, verdicts)
        assert held.waivers[0].state is WaiverState.SUSPENDED
        assert stands_otherwise(raw, verdicts)
        assert not stands_otherwise(held, verdicts)
        assert stands_otherwise(held, {"gate": "ok"})
    assert held_by_controls(raw, {"gate": "ok"}) == raw
    assert not stands_otherwise(raw, {"gate": "ok"})


def test_a_suspension_holds_whatever_is_granted_after_it_on_the_same_entry() -> None:
    granted = entry(EntryType.WAIVER_GRANTED, waiver())
    stop = entry(EntryType.WAIVER_SUSPENDED, {"waiver": granted.hash, "comment": "it alarms"})
    late = entry(EntryType.APPROVAL_GRANTED, approval(granted), "ben", minute=9)
    (found,) = meaning(granted, stop, late).waivers
    assert (found.state, found.why) == (WaiverState.SUSPENDED, "it alarms")
