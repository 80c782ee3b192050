"""Which version of the rules is in force, whatever order the entries come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from riskcockpit.decisions.policy import ROLES, SIGNERS, Contents, PolicyBook, read_policy
from riskcockpit.decisions.roles import Role, Roles
from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.chain import Entry

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PEOPLE = {
    "ann": frozenset({Role.ENGINEER}),
    "ben": frozenset({Role.APPROVER}),
    "cy": frozenset({Role.AUDITOR}),
    "bot": frozenset({Role.AUTOMATION}),
}
KEYS = frozenset((name, f"key of {name}") for name in PEOPLE)
CONTENTS = Contents(
    lambda digest: Roles(PEOPLE, (), digest) if digest in ("first", "second", "third") else None,
    lambda digest: KEYS if digest == "keys" else None,
)


def entry(type_: EntryType, data: Mapping[str, Any], actor: str, minute: int, key: str) -> Entry:
    hash_ = sha256(f"{type_}{data}{actor}{minute}{key}".encode()).hexdigest()
    at = NOW + timedelta(minutes=minute)
    return Entry(f"{actor}@h", 1, "", at, actor, key, type_, data, {}, hash_, "", b"")


def change(  # noqa: PLR0913 - every part of it may be forged
    before: str,
    after: str,
    actor: str = "ann",
    minute: int = 0,
    *,
    file: str = ROLES,
    key: str = "",
) -> Entry:
    data = {"file": file, "before": before, "after": after}
    return entry(EntryType.POLICY_CHANGED, data, actor, minute, key or f"key of {actor}")


def says(
    what: Entry,
    actor: str,
    minute: int,
    type_: EntryType = EntryType.APPROVAL_GRANTED,
    key: str = "",
) -> Entry:
    return entry(type_, {"request": what.hash}, actor, minute, key or f"key of {actor}")


START = (change("", "first", minute=-9), change("", "keys", minute=-9, file=SIGNERS))
SECOND = change("first", "second")


def in_force(*entries: Entry) -> str:
    return read(*entries).digests[ROLES]


def read(*entries: Entry) -> PolicyBook:
    return read_policy(sorted((*START, *entries), key=lambda e: e.ts), CONTENTS)


def test_it_takes_a_second_person_who_may_approve_with_a_key_of_their_own() -> None:
    assert in_force(SECOND) == "first"
    assert in_force(SECOND, says(SECOND, "ben", 1)) == "second"
    for nobody in ("ann", "cy", "bot", "stranger"):
        assert in_force(SECOND, says(SECOND, nobody, 1)) == "first"
    assert in_force(SECOND, says(SECOND, "ben", 1, key="key of ann")) == "first"
    assert in_force(SECOND, says(SECOND, "ben", 1, key="a new key")) == "first"


def test_who_decides_nothing_asks_for_no_change() -> None:
    for nobody in ("cy", "bot", "stranger"):
        asked = change("first", "second", nobody)
        assert in_force(asked, says(asked, "ben", 1)) == "first"
        assert read(asked).waiting == ()
    forged = change("first", "second", key="a new key")
    assert in_force(forged, says(forged, "ben", 1)) == "first"


def test_a_clock_that_is_behind_costs_no_approval() -> None:
    assert in_force(SECOND, says(SECOND, "ben", -1)) == "second"


def test_a_change_that_was_rejected_or_overtaken_stays_out() -> None:
    rejected = says(SECOND, "ben", 1, EntryType.WAIVER_REJECTED)
    assert in_force(SECOND, rejected, says(SECOND, "ben", 2)) == "first"
    third = change("first", "third", minute=1)
    late = (SECOND, third, says(third, "ben", 2), says(SECOND, "ben", 3))
    assert in_force(*late) == "third"


def test_an_approval_that_was_taken_back_in_time_does_not_count() -> None:
    early = says(SECOND, "ben", -2)
    taken_back = entry(EntryType.UNDO, {"decision": early.hash}, "ben", -1, "key of ben")
    assert in_force(early, taken_back, SECOND) == "first"
    by_another = entry(EntryType.UNDO, {"decision": early.hash}, "ann", -1, "key of ann")
    assert in_force(early, by_another, SECOND) == "second"


def test_a_second_beginning_changes_nothing() -> None:
    assert in_force(change("", "second"), change("", "second", "ben", 1)) == "first"


def test_a_chain_that_is_dated_back_begins_no_policy() -> None:
    witness = replace(says(SECOND, "ben", 5), seen={"ann@h": START[0].hash})
    evil = replace(change("", "second", "bot", -900), chain="bot@new", seq=1)
    later = replace(says(SECOND, "ben", 50), seen={"ann@h": START[0].hash, "bot@new": evil.hash})
    assert in_force(evil, witness, later) == "first"
    assert in_force(evil, later) == "second"  # nobody can tell: both were seen at once


def test_a_version_ends_when_the_next_one_begins() -> None:
    book = read(SECOND, says(SECOND, "ben", 1))
    assert book.versions["first"].until == NOW + timedelta(minutes=1)
    assert book.versions["first"].is_over(NOW + timedelta(minutes=7))
    assert not book.versions["first"].is_over(NOW + timedelta(minutes=5))
    assert book.versions["second"].until is None


def test_content_that_cannot_be_had_is_never_in_force() -> None:
    unknown = change("first", "unknown")
    assert in_force(unknown, says(unknown, "ben", 1)) == "first"
    assert read_policy([change("", "unknown")], CONTENTS).roles is None
