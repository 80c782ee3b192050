"""Chains of several clones, really signed and really merged: the order of merging says nothing."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from riskcockpit.decisions.waivers import WaiverState
from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.union import unite
from riskcockpit.services.ledger_files import take, travelling
from riskcockpit.services.requests import requests
from riskcockpit.services.verify import verify_ledger
from support.council import Council

ROLES = {"ann": ["engineer"], "ben": ["approver"], "cy": ["approver"], "dora": ["risk_owner"]}
PEOPLE = tuple(ROLES)
SAYS = {
    "approve": (EntryType.APPROVAL_GRANTED, "request"),
    "reject": (EntryType.WAIVER_REJECTED, "request"),
    "revoke": (EntryType.WAIVER_REVOKED, "waiver"),
    "suspend": (EntryType.WAIVER_SUSPENDED, "waiver"),
    "take back": (EntryType.UNDO, "decision"),
}
Merge = tuple[str, str]
"""Into whose clone, from whose."""
Saying = tuple[str, int, int]
"""What is said, about which of two requests, how many seconds after what was said before."""
words = st.tuples(st.sampled_from(sorted(SAYS)), st.integers(0, 1), st.integers(0, 90))
scripts = st.fixed_dictionaries({who: st.lists(words, max_size=3) for who in PEOPLE})
merges = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)), max_size=6)


def clones(root: Path) -> dict[str, Council]:
    """Give each person a clone of one ledger with two requests in it."""
    first = Council(root / "ann", roles=dict(ROLES))
    first.begin()
    for severity in ("high", "critical"):
        first.ask("ann", severity)
    made = {"ann": first}
    for who in PEOPLE[1:]:
        shutil.copytree(first.root, root / who)
        made[who] = Council(root / who, roles=dict(ROLES))
        made[who].clock.at = first.clock.at
    return made


def speak(home: Council, who: str, script: Sequence[Saying]) -> None:
    """Sign, offline, as their own tool could: whatever the rules say."""
    asked = [e.hash for e in home.at(who).reading_journal().entries() if "findings" in e.data]
    for word, about, later in script:
        type_, key = SAYS[word]
        home.clock.at = home.clock.at.replace(microsecond=0)
        for _ in range(later):
            home.clock.now()
        named = asked[about]
        if word == "take back":
            own = [e for e in home.at(who).reading_journal().entries() if e.actor == who]
            named = own[-1].hash if own else named
        data: dict[str, Any] = {key: named, "comment": word, **home.grounds(who)}
        home.journal(who).append(type_, data)


def merge(into: Council, other: Council) -> None:
    """Take what the other clone has, as `ledger sync` does between fetching and pushing."""
    ours = travelling(into.ledger)
    union = unite(ours, travelling(other.ledger))
    assert union.problems == []
    tails = {path: (len(ours.get(path, b"")), tail) for path, tail in union.chains.items()}
    take(into.ledger, union.files, tails)


def meaning(home: Council, at: Any) -> tuple[Any, ...]:
    """Return what a clone reads: how each waiver stands and why, and who disagrees."""
    home.clock.at = at
    found = home.meaning(at)
    states = [(w.id, w.state, w.why, w.standing.signed, w.stopped_at) for w in found.waivers]
    queue = [(row.id, row.conflict, row.signed, row.needs) for row in requests(home.at("ann"))]
    return states, queue


def readings(said: dict[str, list[Saying]], *orders: Sequence[Merge]) -> list[tuple[Any, ...]]:
    """Return what every clone reads in the end, for every order in which they are merged."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        homes = clones(root / "said")
        for who, script in said.items():
            speak(homes[who], who, script)
        late = max(home.clock.at for home in homes.values())
        read = []
        for number, order in enumerate(orders):
            shutil.copytree(root / "said", root / str(number))
            group = {who: Council(root / str(number) / who, roles=dict(ROLES)) for who in PEOPLE}
            closing = [(into, other) for into in PEOPLE for other in PEOPLE]
            for into, other in (*order, *closing, *reversed(closing)):
                merge(group[into], group[other])
            assert verify_ledger(group["dora"].at("ann")).problems == ()
            read += [meaning(home, late) for home in group.values()]
        return read


@settings(
    max_examples=8, deadline=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.reuse, Phase.generate),  # making a failure smaller would take minutes
)  # fmt: skip
@given(scripts, merges, merges)
def test_in_whatever_order_clones_are_merged_all_read_one_state_and_name_one_conflict(
    said: dict[str, list[Saying]], one: list[Merge], another: list[Merge]
) -> None:
    read = readings(said, one, another)
    assert all(each == read[0] for each in read)


def test_who_approved_and_who_rejected_without_knowing_are_named_in_every_clone() -> None:
    said = {"ben": [("approve", 0, 9)], "cy": [("reject", 0, 2)], "dora": [("approve", 1, 5)]}
    read = readings(said, [("ann", "cy"), ("dora", "ann")], [("ben", "cy"), ("ann", "dora")])
    assert all(each == read[0] for each in read)
    states, queue = read[0]
    assert [state for _, state, *_ in states] == [WaiverState.REVOKED, WaiverState.GRANTED]
    assert [conflict.partition(" without")[0] for _, conflict, *_ in queue] == [
        "ben approved and cy rejected"
    ]
