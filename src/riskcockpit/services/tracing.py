"""The chain behind a deployment to production, as a tree of what is known and what is missing.

Gaps are those that were settled with the generation (`services.chains`): there is one definition.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from riskcockpit.domain.ids import SHORT
from riskcockpit.domain.traceability import SCAN_DAYS, ChainFacts, Gap, Link
from riskcockpit.errors import UnknownNameError
from riskcockpit.services.chains import facts_of
from riskcockpit.services.context import Context
from riskcockpit.store.sql import sql
from riskcockpit.views.trace import (
    DeliveryRecord,
    TracedAnswer,
    TracedEntry,
    TracedModel,
    TracedScan,
    TraceRow,
    TraceView,
)

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.store.database import Reader

SHORTEST = 4
"""Characters of an id that are enough when no other begins so."""
_LISTED = 5
_GAPS = ("links", "reasons", "mends")


def traces(ctx: Context) -> tuple[TraceRow, ...]:
    """Return the deployments to production that are traced, the newest first.

    These are all of the last ninety days, and what serves a place now however long.

    Raises:
        StoreError: the cache is damaged.
    """
    if not ctx.store.generation():
        return ()
    with ctx.store.reader() as reader:
        return rows_of(reader)


def trace(ctx: Context, name: str) -> TraceView:
    """Return the chain of one deployment.

    `name` is the beginning of an id, or a target as `bank/payments@production`: the newest there.

    Raises:
        UnknownNameError: nothing is called so, or several are.
        StoreError: the cache is damaged.
    """
    if not ctx.store.generation():
        raise UnknownNameError(f'no deployment "{name}"', hint="the cache is empty: sync first")
    with ctx.store.reader() as reader:
        return chain_of(reader, _chosen(rows_of(reader), name))


def rows_of(reader: Reader) -> tuple[TraceRow, ...]:
    """Return the deployments that are traced, the newest first."""
    return tuple(_row(row) for row in reader.records(sql("services", "tracing_list")))


def chain_of(reader: Reader, row: TraceRow) -> TraceView:
    """Return the whole chain of a deployment that is traced."""
    (facts,) = facts_of(reader, row.id)
    previous = reader.one(sql("services", "tracing_previous"), id=row.id)

    def records(name: str, **more: Any) -> list[dict[str, Any]]:
        return reader.records(sql("services", f"tracing_{name}"), id=row.id, **more)

    return TraceView(
        row=row,
        previous=previous[0] if previous else "",
        records=tuple(
            DeliveryRecord(**{**one, "artifacts": tuple(one["artifacts"])})
            for one in records("records")
        ),
        scans=tuple(TracedScan(**one) for one in records("scans", days=SCAN_DAYS)),
        answers=tuple(TracedAnswer(**one) for one in records("answers")),
        model=_model(reader, facts),
        entries=tuple(TracedEntry(**one) for one in records("entries", model=facts.model)),
    )


def _row(row: dict[str, Any]) -> TraceRow:
    gaps = tuple(
        Gap(Link(link), reason, mend)
        for link, reason, mend in zip(*(row.pop(name) for name in _GAPS), strict=True)
    )
    return TraceRow(**row, gaps=gaps)


def _model(reader: Reader, facts: ChainFacts) -> TracedModel | None:
    if not facts.model:
        return None
    found = None
    if facts.model_version is not None:
        found = reader.one(
            sql("services", "tracing_model"), model=facts.model, version=facts.model_version
        )
    if found is None:
        return TracedModel(facts.model, facts.model_version, "", "", "", (), "", is_approved=False)
    status, run_id, run_user, names, digests, validated_by, is_approved = found
    return TracedModel(
        facts.model, facts.model_version, status, run_id, run_user,
        tuple(zip(names, digests, strict=True)), validated_by, is_approved=is_approved,
    )  # fmt: skip


def _chosen(rows: Sequence[TraceRow], name: str) -> TraceRow:
    """Return the row that `name` is about: an id's beginning, a place, or an asset of one place."""
    wanted = name.strip()
    places = {f"{one.asset}@{one.environment}": one for one in reversed(rows)}
    if wanted in places:
        return places[wanted]
    if of_asset := sorted(place for place, one in places.items() if one.asset == wanted):
        return _only(wanted, of_asset, "has several places", places)
    fitting = {one.id: one for one in rows if one.id.startswith(wanted.lower())}
    if len(wanted) >= SHORTEST and fitting:
        short = {one.id[: max(SHORT, len(wanted) + 2)]: one for one in fitting.values()}
        return _only(wanted, list(short), "is the beginning of several", short)
    names = {**places, **{one.asset: one for one in rows}}
    near = difflib.get_close_matches(wanted, list(names), 1, cutoff=0.5)
    known = "`riskcockpit trace` lists them; an id needs at least four characters"
    raise UnknownNameError(
        f'no deployment to production is known at "{name}"',
        hint=f'did you mean "{near[0]}"? {known}' if near else known,
    )


def _only(wanted: str, found: Sequence[str], several: str, rows: dict[str, TraceRow]) -> TraceRow:
    if len(found) > 1:
        known = ", ".join(found[:_LISTED])
        raise UnknownNameError(f'"{wanted}" {several}', hint=f"say which: {known}")
    return rows[found[0]]
