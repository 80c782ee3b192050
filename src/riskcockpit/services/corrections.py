"""Corrections of identity in the cache: findings that people said are one, or two.

What is applied is kept with the cache, so that a decision that no longer stands is taken back, in
reverse order, and a cache that was built anew comes to the same identities. Doing it twice changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from riskcockpit.decisions.corrections import Correction, Merge, Split
from riskcockpit.domain.finding import EventKind
from riskcockpit.domain.ids import short
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql

_BEFORE = timedelta(seconds=1)
"""By how much keys that a decision gives beside the present one are older."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A finding as decisions about identity see it."""

    id: str
    last_seen: datetime
    detected_at: datetime
    is_present: bool
    """Whether the last scan of its scope showed it."""
    key: str
    """The key under which it was seen last."""


@dataclass(frozen=True, slots=True)
class _Applied:
    """A decision that this cache follows."""

    id: str
    kind: str
    finding: str
    """Whose the keys are by it."""
    other: str
    """Whose they were."""
    keys: tuple[str, ...]


def settle_identities(tx: Writer, corrections: Iterable[Correction], now: datetime) -> None:
    """Make the cache follow the decisions about identity that are in force, and no others."""
    wanted = [one for one in corrections if isinstance(one, Merge | Split)]
    stored = tx.rows(sql("services", "identity_decisions"))
    if not wanted and not stored:
        return
    applied = [
        _Applied(id_, kind, finding, other, tuple(keys))
        for id_, kind, finding, other, keys, _ in stored
    ]
    pairs = zip(applied, wanted, strict=False)
    standing = sum(1 for _ in takewhile(lambda pair: pair[0].id == pair[1].id, pairs))
    desk = _Desk(tx, now)
    for one in reversed(applied[standing:]):
        desk.take_back(one)
        tx.execute(sql("services", "identity_forget"), id=one.id)
        tx.execute(sql("services", "identity_past_forget"), decision=one.id)
    if standing == len(wanted) and desk.follows(wanted):
        return
    for ordinal, decision in enumerate(wanted):
        is_new = ordinal >= standing
        if isinstance(decision, Merge):
            desk.merge(decision, is_new=is_new)
        elif isinstance(decision, Split):
            desk.split(decision)
        if is_new:
            tx.append("identity_decision", [_row(decision, ordinal)])


def _row(decision: Merge | Split, ordinal: int) -> dict[str, Any]:
    head = {"id": decision.id, "ordinal": ordinal}
    if isinstance(decision, Merge):
        whose = {"finding_id": decision.finding, "other_id": decision.other}
        return {**head, "kind": "merged", **whose, "keys": list(decision.keys)}
    whose = {"finding_id": decision.new, "other_id": decision.finding}
    return {**head, "kind": "split", **whose, "keys": [decision.key]}


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where findings are joined and separated, inside a publish."""

    tx: Writer
    now: datetime

    def follows(self, decisions: Iterable[Merge | Split]) -> bool:
        """Whether nothing came into the cache that a decision is about and that does not follow."""
        named = {
            id_
            for one in decisions
            for id_ in (one.keys if isinstance(one, Merge) else (one.finding, one.new, one.key))
        }
        known = self._rows(named).keys()
        return all(
            known.isdisjoint(one.keys)
            if isinstance(one, Merge)
            else one.new in known or known.isdisjoint((one.finding, one.key))
            for one in decisions
        )

    def merge(self, decision: Merge, *, is_new: bool) -> None:
        """Make `other`, or what has one of its keys in a cache built anew, the finding."""
        rows = self._rows((decision.finding, *decision.keys))
        own = rows.pop(decision.finding, None)
        ranked = sorted(rows.values(), key=lambda row: (row.is_present, row.last_seen, row.id))
        found = ranked[-1] if ranked else None
        if found is None:
            if own is not None and is_new:
                self._give_keys(own.id, decision.keys, own.key)
            return
        if own is not None and own.is_present and found.is_present:
            return  # a scan shows both: they are two, whatever was decided
        if not found.is_present and not is_new:
            return
        if own is not None:
            names = {"decision": decision.id, "id": own.id}
            past = sql("services", "identity_past_keep")
            self.tx.execute(past, **names, rev=self.tx.generation)
        self._join(decision.finding, own, found, decision.keys)
        about = f"{short(decision.other)} by {decision.actor}: {decision.reason}"
        self._tell(decision.finding, decision.at, EventKind.MERGED, about)

    def split(self, decision: Split) -> None:
        """Make a finding of its own of what is seen under the key."""
        rows = self._rows((decision.finding, decision.new, decision.key))
        if decision.new in rows:
            return
        old, there = rows.get(decision.finding), rows.get(decision.key)
        if there is not None and (there is not old or there.detected_at > decision.at):
            self._rename(there.id, decision.new)
            if there is old:  # a cache built anew has never seen the old one
                names = {"before": there.id, "after": decision.new}
                self.tx.execute(sql("services", "identity_rename_events"), **names)
            self._give_keys(decision.new, (), decision.key)
        elif old is not None and old.key == decision.key:
            self._separate(old.id, decision.new, (decision.key,), decision.key, decision.at)
        else:
            return
        by = f"by {decision.actor}: {decision.reason}"
        told = f"what was seen is {short(decision.new)} {by}"
        self._tell(decision.finding, decision.at, EventKind.SPLIT, told)
        told = f"from {short(decision.finding)} {by}"
        self._tell(decision.new, decision.at, EventKind.SPLIT, told)

    def take_back(self, one: _Applied) -> None:
        """Undo what a decision did that no longer stands."""
        rows = self._rows((one.finding, one.other))
        row, other = rows.get(one.finding), rows.get(one.other)
        if row is None:
            return
        if one.kind == "split":
            if other is not None and other.is_present and row.is_present:
                return
            self._join(one.other, other, row, one.keys)
            self._tell(one.other, self.now, EventKind.UNDONE, f"one again with {short(row.id)}")
            return
        if row.key not in one.keys:
            self.tx.execute(sql("services", "identity_key_drop"), id=row.id, keys=list(one.keys))
        elif other is None:
            self._divide(one, row)
        self._tell(one.finding, self.now, EventKind.UNDONE, f"not merged with {short(one.other)}")

    def _divide(self, one: _Applied, row: _Row) -> None:
        """Take a merge back: the other one is what is seen, this one was only its past."""
        decided_at = self._decided_at(one)
        known = sql("services", "identity_own_history")
        if self.tx.one(known, id=row.id, decided_at=decided_at) is None:
            self._rename(row.id, one.other)
        else:
            self._separate(row.id, one.other, one.keys, row.key, decided_at)
            self.tx.execute(sql("services", "identity_past_restore"), decision=one.id, id=row.id)

    def _decided_at(self, one: _Applied) -> datetime:
        found = self.tx.one(sql("services", "identity_decided_at"), id=one.id)
        return found[0] if found else self.now

    def _rows(self, ids: Iterable[str]) -> dict[str, _Row]:
        wanted = list(dict.fromkeys(ids))
        found = self.tx.rows(sql("services", "identity_rows"), ids=wanted)
        return {row[0]: _Row(*row) for row in found}

    def _join(self, into: str, own: _Row | None, other: _Row, keys: Sequence[str]) -> None:
        """Make one finding called `into` of `own` (if there is one) and `other`."""
        is_other_newer = own is None or (own.is_present, own.last_seen) <= (
            other.is_present,
            other.last_seen,
        )
        kept = other if own is None or is_other_newer else own
        gone = own if kept is other else other
        if gone is not None:
            names = {"kept": kept.id, "gone": gone.id}
            self.tx.execute(sql("services", "identity_absorb"), **names, rev=self.tx.generation)
            self.tx.execute(sql("services", "identity_remove"), id=gone.id)
            self.tx.execute(sql("services", "identity_location_drop"), id=gone.id)
            self._move("sighting", gone.id, kept.id)
            self._move("key", gone.id, into)
        if kept.id != into:
            self._rename(kept.id, into)
        names = {"before": other.id, "after": into}
        self.tx.execute(sql("services", "identity_deadline_move"), **names, rev=self.tx.generation)
        self._give_keys(into, keys, kept.key)

    def _rename(self, before: str, after: str) -> None:
        names = {"before": before, "after": after}
        self.tx.execute(sql("services", "identity_rename"), **names, rev=self.tx.generation)
        for what in ("location", "sighting", "key"):
            self._move(what, before, after)

    def _move(self, what: str, before: str, after: str) -> None:
        if before == after:
            return
        names = {"before": before, "after": after}
        self.tx.execute(sql("services", f"identity_{what}_move"), **names, rev=self.tx.generation)
        more = {"keys": None} if what == "key" else {}
        self.tx.execute(sql("services", f"identity_{what}_drop"), id=before, **more)

    def _separate(
        self, before: str, after: str, keys: Sequence[str], present: str, decided_at: datetime
    ) -> None:
        """Leave `before` to its past, and let `after` be what is seen under `keys`."""
        names = {"before": before, "after": after}
        stamp: dict[str, Any] = {"decided_at": decided_at, "rev": self.tx.generation}
        self.tx.execute(sql("services", "identity_copy"), **names, **stamp)
        self.tx.execute(sql("services", "identity_absent"), id=before, **stamp)
        for what in ("location", "sighting"):
            self._move(what, before, after)
        self.tx.execute(sql("services", "identity_key_drop"), id=before, keys=list(keys))
        self._give_keys(after, keys, present)

    def _give_keys(self, id_: str, keys: Iterable[str], present: str) -> None:
        add = sql("services", "identity_key_add")
        for key in keys:
            if key != present:
                self.tx.execute(
                    add, key=key, id=id_, now=self.now - _BEFORE, rev=self.tx.generation
                )
        self.tx.execute(add, key=present, id=id_, now=self.now, rev=self.tx.generation)

    def _tell(self, id_: str, moment: datetime, kind: EventKind, detail: str) -> None:
        self.tx.execute(
            sql("services", "identity_event"),
            id=id_,
            moment=moment,
            kind=kind.value,
            detail=detail,
            rev=self.tx.generation,
        )
