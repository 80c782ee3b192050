"""Taking a whole import back: the cache is as if it had not been, and the ledger says that it was.

The next generation is made from what the import was made from. What only syncs own is carried over
from the present one, and decisions come from the ledger as always. Sources that gave reports since
are set back to where they were: the next sync reads those again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from riskcockpit.decisions.roles import Deed
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.ids import short
from riskcockpit.errors import BusyError, LedgerError, RefusedError, RetryableError
from riskcockpit.ingest.glasses import LEDGER
from riskcockpit.ingest.readings import MONITOR
from riskcockpit.present.text import plural
from riskcockpit.services import correcting
from riskcockpit.services.context import Context
from riskcockpit.services.correcting import Correction
from riskcockpit.services.desk import Desk
from riskcockpit.services.staging import TABLES
from riskcockpit.store.database import Reader, Writer
from riskcockpit.store.sql import sql
from riskcockpit.views.governance import DecisionPreview, DecisionResult

_OF_SYNCS = (
    "model", "model_version", "model_alias", "model_alias_move", "reading", "deployment",
    "deployment_approval", "setting", "setting_change",
)  # fmt: skip
"""Tables that only syncs fill."""
_KNOWLEDGE = (
    "enrichment", "epss_score", "kev_entry", "owner_rule", "path_owner", "catalogue_entry",
)  # fmt: skip
"""Tables of what is known from elsewhere: it stays, and is applied to what comes back."""
_MONITORS = [MONITOR, LEDGER]
"""Our own tools whose findings no import can have changed: what they rest on stays."""
_MONITORED = {"finding_event": "events", "finding": "findings", "scan": "scans"}
"""Tables that hold what these say; the history before its findings."""


@dataclass(frozen=True, slots=True)
class _Import:
    """The last import by hand, and what taking it back means."""

    generation: int
    """The one that it published."""
    scans: tuple[dict[str, Any], ...]
    created: tuple[str, ...]
    """Findings that go."""
    changed: tuple[tuple[str, str], ...]
    """(finding, kinds of its events) of those that were there before."""
    waivers: tuple[tuple[str, str, int], ...]
    """(id, state, how many of its findings go)."""
    reporting: tuple[str, ...]
    """Sources that gave reports since."""

    @property
    def documents(self) -> tuple[str, ...]:
        """The reports that were imported."""
        return tuple(dict.fromkeys(scan["document"] for scan in self.scans))

    @property
    def words(self) -> str:
        """The reports in a few words."""
        first, *others = self.documents
        return f"{first} and {plural(len(others), 'other report')}" if others else first

    def count(self, what: str) -> int:
        """Return a count over all its scans."""
        return sum(scan[what] for scan in self.scans)


def plan_undo_import(ctx: Context) -> DecisionPreview:
    """Say what taking the last import back would do.

    Raises:
        RefusedError: nothing was imported.
        LedgerError: the ledger does not verify, or there is no key.
    """
    desk = Desk(ctx)
    with _reader(ctx) as reader:
        found = _last(reader)
    return correcting.plan(desk, _wish(ctx, found))


def undo_import(ctx: Context) -> DecisionResult:
    """Take the last import back, by a signed entry that names its scans and their contents.

    Raises:
        RefusedError: nothing was imported, it is not kept what it was made from, or this person
            may not; nothing was written.
        StoreError: the cache cannot be written; when the entry was signed already, the same
            command does the rest.
    """
    from riskcockpit.services.judging import (  # noqa: PLC0415 - controls load here
        judge,
        record_evaluation,
    )

    desk = Desk(ctx)
    with _reader(ctx) as reader:
        wish = _wish(ctx, _last(reader))
    if wish.blocker is not None:
        raise wish.blocker
    rule = desk.permit(Deed.CORRECT)
    now = ctx.clock.now()
    with _reader(ctx) as present:
        found = _last(present)
        with ctx.store.writer(takes_back=found.generation) as tx:
            if present.generation != ctx.store.generation():
                raise BusyError("another process published meanwhile", hint="try again")
            _carry_over(tx, present, found.reporting)
            tx.stage("undone_change", TABLES["undone_change"], found.changed)
            tx.execute(
                sql("services", "undo_events"), now=now, document=found.words, rev=tx.generation
            )
            entry = desk.sign(wish.type, {**wish.data, **desk.grounds(rule)})
            judgement = judge(ctx, tx, now)
    said = [record_evaluation(ctx, judgement, ctx.clock.now()), *_again(found.reporting)]
    try:
        desk.journal.checkpoint()
    except (LedgerError, RetryableError) as error:
        said.append(f"no checkpoint was signed: {error.message}")
    message = "; ".join(filter(None, said))
    return DecisionResult(desk.decision(entry, rule, wish.title), (), message)


def _reader(ctx: Context) -> Reader:
    if not ctx.store.generation():
        raise _nothing()
    return ctx.store.reader()


def _nothing() -> RefusedError:
    return RefusedError("nothing was imported that could be taken back", rule="undo-import-last")


def _last(reader: Reader) -> _Import:
    scans = reader.records(sql("services", "undo_import"))
    if not scans:
        raise _nothing()
    generation = int(scans[0]["generation"])
    ids = [scan["id"] for scan in scans]
    created = tuple(row[0] for row in reader.rows(sql("services", "undo_created"), scans=ids))
    reporting = sql("services", "undo_reporting")
    return _Import(
        generation,
        tuple(scans),
        created,
        tuple((row[0], row[1]) for row in reader.rows(sql("services", "undo_changed"), scans=ids)),
        tuple(
            (row[0], row[1], row[2])
            for row in reader.rows(sql("services", "undo_waivers"), ids=list(created))
        ),
        tuple(r[0] for r in reader.rows(reporting, generation=generation, monitors=_MONITORS)),
    )


def _wish(ctx: Context, found: _Import) -> Correction:
    counts = (
        ("are gone", len(found.created)), ("open again", found.count("fixed")),
        ("closed again", found.count("reopened")), ("where they were", found.count("moved")),
        ("as they were", found.count("updated")),
    )  # fmt: skip
    came_to = ", ".join(f"{count} {words}" for words, count in counts if count)
    blocker = None
    if not ctx.store.can_take_back(found.generation):
        blocker = RefusedError(
            f"it is no longer kept what generation {found.generation} was made from",
            rule="undo-import-kept",
            hint="the last three imports can be taken back, in the cache that took them in",
        )
    return Correction(
        type=EntryType.UNDO,
        title=f"Take back the import of {found.words}",
        consequence="The cache is as if it had not been; decisions, models and readings stay.",
        target=", ".join(dict.fromkeys(scan["asset"] for scan in found.scans)),
        data={
            "generation": found.generation,
            "documents": list(found.documents),
            "scans": {scan["id"]: scan["content_hash"] for scan in found.scans},
            "removed": len(found.created),
            "waivers": [id_ for id_, _, _ in found.waivers],
        },
        findings=(*found.created, *(id_ for id_, _ in found.changed)),
        warnings=(*(_about(*waiver) for waiver in found.waivers), *_again(found.reporting)),
        facts=(
            ("imported", rfc3339(found.scans[0]["imported_at"])),
            ("findings", came_to or "none changes"),
        ),
        blocker=blocker,
    )


def _about(waiver: str, state: str, count: int) -> str:
    return (
        f"the waiver {short(waiver)} ({state}) loses {plural(count, 'finding')} of those it "
        "names; it covers them again if they come back"
    )


def _again(sources: Sequence[str]) -> tuple[str, ...]:
    names = " ".join(sources)
    return (f"reports that came since are read again: `riskcockpit sync {names}`",) if names else ()


def _carry_over(tx: Writer, present: Reader, reporting: Sequence[str]) -> None:
    """Take from the present generation what only syncs own, and what is known from elsewhere."""
    for table in (*_OF_SYNCS, *_KNOWLEDGE):
        tx.take_over(table, present)
    tx.execute(sql("services", "undo_knowledge"), rev=tx.generation)
    for name in _MONITORED.values():
        tx.execute(sql("services", f"undo_clear_monitor_{name}"), monitors=_MONITORS)
    for table, name in _MONITORED.items():
        found = present.records(sql("services", f"undo_monitor_{name}"), monitors=_MONITORS)
        tx.append(table, found)
    without = [*reporting, ""]
    tx.execute(sql("services", "undo_clear_sources"), without=without)
    tx.append("source", present.records(sql("services", "undo_sources"), without=without))
    known = {row[0] for row in tx.rows(sql("services", "asset_names"))}
    assets = present.records(sql("services", "undo_assets"))
    tx.append("asset", (asset for asset in assets if asset["name"] not in known))
