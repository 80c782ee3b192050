"""Two findings are one, or one is two: what people say where the engine could not know better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.ids import digest, short
from riskcockpit.errors import RefusedError
from riskcockpit.ingest.identity import VERSION
from riskcockpit.services import correcting
from riskcockpit.services.context import Context
from riskcockpit.services.correcting import Correction
from riskcockpit.services.desk import Desk
from riskcockpit.services.findings import FindingReader
from riskcockpit.store.database import Reader
from riskcockpit.store.sql import sql
from riskcockpit.views.governance import DecisionPreview, DecisionResult

_DECIDED = {"waived": "is waived", "false_positive": "is a false positive"}


@dataclass(frozen=True, slots=True)
class _Known:
    """A finding with all that deciding about its identity needs."""

    id: str
    row: Mapping[str, Any]
    keys: tuple[str, ...]
    """Every key it is known by, its id first."""
    key: str
    """The key under which it was seen last."""

    @property
    def is_present(self) -> bool:
        """Whether the last scan of its scope showed it."""
        return bool(self.row["is_present"])

    @property
    def words(self) -> str:
        """What it is and where."""
        where = f" in {self.row['path']}" if self.row["path"] else ""
        line = f":{self.row['line']}" if self.row["line"] is not None else ""
        return f"{short(self.id)} {self.row['rule']}{where}{line}"


def plan_merge(ctx: Context, old: str, new: str, reason: str) -> DecisionPreview:
    """Say what making one finding of two would do; `old` and `new` are prefixes of ids.

    Raises:
        UnknownNameError: there is no such finding.
        InputError: there is no reason.
    """
    return correcting.plan(Desk(ctx), _merge(ctx, old, new, reason))


def merge(ctx: Context, old: str, new: str, reason: str) -> DecisionResult:
    """Make one finding of two: all keys of `new` become keys of `old`, which keeps its id.

    Raises:
        RefusedError: a scan shows both, or they are of different assets or tools.
        UnknownNameError: there is no such finding.
    """
    return correcting.decide(Desk(ctx), _merge(ctx, old, new, reason))


def plan_split(ctx: Context, id_: str, reason: str) -> DecisionPreview:
    """Say what making two findings of one would do; raises as `plan_merge`."""
    return correcting.plan(Desk(ctx), _split(ctx, id_, reason))


def split(ctx: Context, id_: str, reason: str) -> DecisionResult:
    """Make a new finding of what is seen now; the old one goes on as absent.

    Raises:
        RefusedError: the last scan does not show it.
        UnknownNameError: there is no such finding.
    """
    return correcting.decide(Desk(ctx), _split(ctx, id_, reason))


def _merge(ctx: Context, old: str, new: str, reason: str) -> Correction:
    words = correcting.reason_of(reason)
    one, other = _find(ctx, old, new)
    decided = _DECIDED.get(str(one.row["state"]))
    more = (
        (f"{short(one.id)} {decided}: where that took two persons it ends, and is asked for anew",)
        if decided
        else ()
    )
    return Correction(
        type=EntryType.IDENTITY_MERGED,
        title=f"Merge {short(other.id)} into {short(one.id)}",
        consequence=(
            f"They are one finding from now on: {short(one.id)} keeps its id, history and waivers, "
            f"and is found again by all keys of {short(other.id)}."
        ),
        target=f"{other.words} is {one.words}",
        data={
            "finding": one.id, "other": other.id, "keys": list(other.keys), "reason": words,
            "asset": one.row["asset"], "tool": one.row["tool"],
        },
        findings=(one.id, other.id),
        warnings=more,
        facts=(("reason", words),),
        blocker=_why_not(one, other),
    )  # fmt: skip


def _why_not(one: _Known, other: _Known) -> RefusedError | None:
    if one.id == other.id:
        return RefusedError("a finding cannot be merged with itself", rule="merge-two")
    for what in ("asset", "tool", "class"):
        if one.row[what] != other.row[what]:
            return RefusedError(
                f"they differ in their {what}: {one.row[what]} and {other.row[what]}",
                rule="merge-same-scope",
                hint="findings of different tools are shown as a group, never merged",
            )
    if one.is_present and other.is_present:
        return RefusedError(
            "both are there: the last scan of their scope shows two", rule="merge-absent-one"
        )
    return None


def _split(ctx: Context, id_: str, reason: str) -> Correction:
    words = correcting.reason_of(reason)
    (one,) = _find(ctx, id_)
    new = _new_id(ctx, one)
    blocker = None
    if not one.is_present:
        blocker = RefusedError(
            f"the last scan does not show {short(one.id)}: there is nothing to split",
            rule="split-present",
        )
    return Correction(
        type=EntryType.IDENTITY_SPLIT,
        title=f"Split what is seen now from {short(one.id)}",
        consequence=(
            f"What is seen now becomes the new finding {short(new)}, without waivers; "
            f"{short(one.id)} goes on as absent and is found again by its own keys only."
        ),
        target=one.words,
        data={
            "finding": one.id, "new": new, "key": one.key, "reason": words,
            "asset": one.row["asset"], "tool": one.row["tool"],
        },
        findings=(one.id,),
        facts=(("reason", words),),
        blocker=blocker,
    )  # fmt: skip


def _new_id(ctx: Context, one: _Known) -> str:
    """Return the id of what is seen: its own key, or one made of both where that is taken."""
    candidate, count = one.key, 0
    with ctx.store.reader() as reader:
        while candidate == one.id or reader.one(sql("ingest", "id_exists"), id=candidate):
            count += 1
            candidate = digest((VERSION, "split", one.id, one.key, str(count)))
    return candidate


def _find(ctx: Context, *prefixes: str) -> tuple[_Known, ...]:
    finder = FindingReader(ctx)
    try:
        ids = [finder.resolve(prefix) for prefix in prefixes]
    finally:
        finder.close()
    with ctx.store.reader() as reader:
        return tuple(_known(reader, id_) for id_ in ids)


def _known(reader: Reader, id_: str) -> _Known:
    row = reader.records(sql("services", "identity_finding"), id=id_)[0]
    keys = [key for _, key in reader.rows(sql("services", "finding_keys"), id=id_)]
    return _Known(id_, row, tuple(dict.fromkeys((id_, *keys))), row["current_key"])
