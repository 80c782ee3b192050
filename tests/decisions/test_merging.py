"""Chains that meet late: whoever merges them, in what order ever, reads one; the stricter wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from riskcockpit.decisions.project import project
from riskcockpit.decisions.roles import Deed, Role, Roles, Rule
from riskcockpit.decisions.waivers import WaiverState
from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.chain import Entry

BEGIN = datetime(2026, 11, 24, 12, tzinfo=UTC)
POLICY = "a" * 64
WRITERS = ("ann", "ben", "cy", "dora")
ROLES = {
    "ann": {Role.ENGINEER}, "ben": {Role.APPROVER}, "cy": {Role.APPROVER},
    "dora": {Role.ENGINEER, Role.APPROVER},
}  # fmt: skip
RULE = Rule(
    id="four-eyes", action=Deed.WAIVE, request=frozenset({Role.ENGINEER}), keys=2,
    approve=frozenset({Role.APPROVER}),
)  # fmt: skip
POLICIES = {POLICY: Roles({n: frozenset(r) for n, r in ROLES.items()}, (RULE,), POLICY)}
ASK = "1" * 64
ENDS = frozenset({"waiver.rejected", "waiver.revoked", "approval.rejected"})
NAMED = {"waiver.revoked": "waiver", "waiver.suspended": "waiver", "note": "subject"}


def entry(who: str, seq: int, minute: int, type_: str, data: Mapping[str, Any]) -> Entry:
    hash_ = ASK if type_ == "waiver.requested" else f"{who}{seq}".ljust(64, "0")
    at = BEGIN + timedelta(minutes=minute)
    return Entry(
        f"{who}@h", seq, "", at, who, f"key of {who}", EntryType(type_),
        {
            "policy": POLICY, "production": False, "comment": "", "rule": "four-eyes",
            "context": "", **data,
        },
        {}, hash_, "", b"",
    )  # fmt: skip


REQUEST = entry(
    "ann", 0, 0, "waiver.requested",
    {
        "reason": "risk_accepted", "justification": "the bank may live with it",
        "query": "", "count": 1, "kev": [],
        "expires_at": "2026-12-01T00:00:00Z", "findings": {"f": "high"}, "rule": "four-eyes",
    },
)  # fmt: skip
ANSWERS = ("approval.granted", *sorted(ENDS), "waiver.suspended", "note")


@st.composite
def chains(draw: st.DrawFn) -> list[tuple[Entry, ...]]:
    """What four people wrote offline about one request; times within a chain never go back."""
    said = {}
    for who in WRITERS:
        steps = draw(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(ANSWERS)), max_size=3))
        minute, own = 0, []
        for seq, (later, type_) in enumerate(steps, 1):
            minute += later
            own.append(entry(who, seq, minute, type_, {NAMED.get(type_, "request"): ASK}))
        said[who] = tuple(own)
    return [(REQUEST, *said["ann"]), *(said[who] for who in WRITERS[1:])]


def state(parts: Sequence[Sequence[Entry]]) -> WaiverState:
    """What a clone reads that has these chains; as the ledger sorts what it read."""
    entries = sorted(chain.from_iterable(parts), key=lambda e: (e.ts, e.chain, e.seq))
    return project(entries, BEGIN + timedelta(hours=2), POLICIES).waivers[0].state


@settings(max_examples=150, deadline=None)
@given(chains(), st.randoms(use_true_random=False))
def test_in_whatever_order_chains_meet_the_meaning_is_one_and_an_end_is_final(
    parts: list[tuple[Entry, ...]], random: Any
) -> None:
    mine, *others = parts
    random.shuffle(others)
    seen = [state([mine, *others[:count]]) for count in range(len(others) + 1)]
    assert seen[-1] is state(list(reversed(parts)))
    over = [each in (WaiverState.REJECTED, WaiverState.REVOKED) for each in seen]
    assert over == sorted(over)  # once ended in one clone, no chain that comes brings it back
    said = {each.type.value for each in chain.from_iterable(parts)}
    if said & ENDS:
        assert seen[-1] in (WaiverState.REJECTED, WaiverState.REVOKED)
    elif "waiver.suspended" in said:
        assert seen[-1] in (WaiverState.SUSPENDED, WaiverState.REQUESTED)


@settings(max_examples=100, deadline=None)
@given(chains(), st.randoms(use_true_random=False))
def test_whether_it_is_granted_does_not_hang_on_the_order_of_reading(
    parts: list[tuple[Entry, ...]], random: Any
) -> None:
    entries = list(chain.from_iterable(parts))
    random.shuffle(entries)
    now = BEGIN + timedelta(hours=2)
    shuffled = project(entries, now, POLICIES).waivers[0].state
    assert (shuffled is WaiverState.GRANTED) == (state(parts) is WaiverState.GRANTED)


def test_a_disagreement_is_said_with_both_names() -> None:
    yes = entry("ben", 1, 5, "approval.granted", {"request": ASK})
    no = entry("cy", 1, 3, "waiver.rejected", {"request": ASK})
    for late in (no, replace(no, ts=BEGIN + timedelta(minutes=9))):
        entries = sorted((REQUEST, yes, late), key=lambda e: e.ts)
        (waiver,) = project(entries, BEGIN + timedelta(hours=1), POLICIES).waivers
        assert waiver.standing.is_contested
        assert waiver.state is WaiverState.REVOKED
        assert waiver.why == (
            "rejected by cy; approved too, before either knew: the stricter counts"
        )
