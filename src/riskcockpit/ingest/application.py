"""What a scan changes: findings created, refreshed, reopened, closed or put in doubt. Set-based."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from riskcockpit.domain.finding import EventKind, FindingClass
from riskcockpit.ingest.holding import forget_held, remember_held
from riskcockpit.ingest.lifecycle import is_held
from riskcockpit.ingest.policy import IngestPolicy
from riskcockpit.ingest.raw import pack
from riskcockpit.ingest.runs import Run
from riskcockpit.ingest.staging import TABLES
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql

LONG_REPORT = 20_000
"""Results whose rows take so much memory that it is looked for what is left of it."""


@dataclass(frozen=True, slots=True)
class Presence:
    """What the results of a scan came to; every one is in exactly one count."""

    created: int
    reopened: int
    moved: int
    updated: int
    unchanged: int
    shared: int = 0
    """Results that change what another part of the same scan showed."""


@dataclass(frozen=True, slots=True)
class Absence:
    """What became of findings that a scan does not show."""

    fixed: int = 0
    held: int = 0
    not_run: int = 0
    """Findings whose rule did not run; they stay open."""
    live: int = 0
    """Live findings of the scope before the scan."""
    doubted: int = 0
    """Findings that would have been closed, had nothing spoken against it."""


@dataclass(frozen=True, slots=True)
class _Recognised:
    """What recognised results come to, before any of it is written."""

    counts: Mapping[int, int]
    """Scan → how many there are."""
    changes: Mapping[int, tuple[int, int, int]]
    """Scan → how many reopen, move and update their finding."""
    is_any_doubtful: bool
    """Whether it was not known of all of them what was said before."""
    is_any_content: bool
    """Whether anything but a state changes."""
    shared: Mapping[int, int]
    """Scan → how many change what another part of the same scan showed."""

    @property
    def is_any_change(self) -> bool:
        """Whether any finding changes more than when it was seen."""
        return any(sum(counts) > 0 for counts in self.changes.values())

    def presence(self, run: Run) -> Presence:
        """Return what the results of a run came to."""
        recognised = self.counts.get(run.number, 0)
        reopened, moved, updated = self.changes.get(run.number, (0, 0, 0))
        return Presence(
            created=len(run.sheet) - recognised,
            reopened=reopened,
            moved=moved,
            updated=updated,
            unchanged=recognised - reopened - moved - updated,
            shared=self.shared.get(run.number, 0),
        )


def apply_presence(tx: Writer, runs: Sequence[Run], now: datetime) -> list[Presence]:
    """Apply what the scans show: `matched` and `assigned` are filled, `change` is made here."""
    known = _compared(tx, is_any_part=any(run.spec.parts for run in runs))
    has_places = any(len(places) for run in runs for places in run.sheet.places.values())
    _keep_records(tx, runs, is_all_new=not known.counts)
    for run in runs:
        run.sheet.stored()
    if sum(len(run.sheet) for run in runs) >= LONG_REPORT:
        tx.give_back_memory()
    is_any_new = sum(known.counts.values()) < sum(len(run.sheet) for run in runs)
    if is_any_new or known.is_any_content:
        tx.keep_descriptions()
    if known.counts:
        _refresh(tx, runs, known, now)
    if is_any_new:
        tx.execute(sql("ingest", "finding_insert"), now=now, rev=tx.generation)
        tx.execute(sql("ingest", "event_created"), rev=tx.generation)
    _remember(tx, runs, now, known, has_places=has_places)
    return [known.presence(run) for run in runs]


def _compared(tx: Writer, *, is_any_part: bool) -> _Recognised:
    """Compare what recognised results say with their findings, where it may have changed."""
    found = tx.rows(sql("ingest", "matched_count"))
    is_any_doubtful = any(is_doubtful for _, _, is_doubtful, _ in found)
    if is_any_doubtful:
        tx.execute(sql("ingest", "change_fill"))
    if any(is_elsewhere for _, _, _, is_elsewhere in found):
        tx.execute(sql("ingest", "change_fill_places"))
    counted = tx.rows(sql("ingest", "change_count")) if found else []
    return _Recognised(
        {scan: count for scan, count, _, _ in found},
        {scan: (reopened, moved, updated) for scan, reopened, moved, updated, _ in counted},
        is_any_doubtful,
        any(is_content for *_, is_content in counted),
        dict(tx.rows(sql("ingest", "shared_count"), rev=tx.generation)) if is_any_part else {},
    )


def apply_absence(
    tx: Writer, runs: Sequence[Run], policy: IngestPolicy, now: datetime
) -> list[Absence]:
    """Close what the scans prove to be gone, or put it in doubt where reasons speak against it."""
    forget_held(tx)
    told = _end_gone(tx, runs, now)
    judged = [run for run in runs if run.is_judged]
    if not judged:
        return [Absence(fixed=told.get(run.number, 0)) for run in runs]
    if not all(run.reasons for run in judged):
        tx.execute(sql("ingest", "sighting_promote"), rev=tx.generation)
        tx.execute(sql("ingest", "sighting_drop"), rev=tx.generation)
    tx.execute(sql("ingest", "sighting_tidy"))
    tx.execute(sql("ingest", "absent_fill"), rev=tx.generation)
    missing = {row[0]: row[1:] for row in tx.rows(sql("ingest", "absent_count"))}
    verdicts = {
        run.number: _verdict(run, policy, *missing.get(run.number, (0, 0))) for run in judged
    }
    if missing:
        _close(tx, runs, verdicts, now)
    found = ((verdicts.get(run.number, Absence()), told.get(run.number, 0)) for run in runs)
    return [replace(absence, fixed=absence.fixed + ended) for absence, ended in found]


def _end_gone(tx: Writer, runs: Sequence[Run], now: datetime) -> dict[int, int]:
    """Close what the scans themselves say is gone; return how many each closed."""
    if not any(run.gone for run in runs):
        return {}
    tx.execute(sql("ingest", "gone_fill"))
    ended = {scan: closable for scan, closable, _ in tx.rows(sql("ingest", "absent_count"))}
    if any(ended.values()):
        rows = [(scan, True, False, EventKind.ABSENT.value, "") for scan in ended]
        tx.stage("verdict", TABLES["verdict"], rows)
        tx.execute(sql("ingest", "absent_close"), now=now, rev=tx.generation)
        tx.execute(sql("ingest", "absent_close_events"), rev=tx.generation)
    tx.stage("absent", TABLES["absent"], ())
    return ended


def _verdict(run: Run, policy: IngestPolicy, closable: int, not_run: int) -> Absence:
    if run.reasons:
        return Absence(not_run=not_run, live=run.live, doubted=closable)
    if not run.spec.accepts_held and is_held(closable, run.live, policy.closure):
        return Absence(held=closable, not_run=not_run, live=run.live)
    return Absence(fixed=closable, not_run=not_run, live=run.live)


def _close(tx: Writer, runs: Sequence[Run], verdicts: Mapping[int, Absence], now: datetime) -> None:
    """Write down what the verdicts say of the findings in `absent`."""
    rows = []
    for number, verdict in verdicts.items():
        was_held = verdict.held > 0
        kind = EventKind.HELD if was_held else EventKind.ABSENT
        detail = "too many closures at once" if was_held else "; ".join(runs[number].reasons)
        is_closing = not runs[number].reasons and not was_held
        rows.append((number, is_closing, was_held, kind.value, detail))
    tx.stage("verdict", TABLES["verdict"], rows)
    stamp: dict[str, Any] = {"now": now, "rev": tx.generation}
    if any(verdict.fixed for verdict in verdicts.values()):
        tx.execute(sql("ingest", "absent_close"), **stamp)
        tx.execute(sql("ingest", "absent_close_events"), rev=tx.generation)
    if any(verdict.held for verdict in verdicts.values()):
        remember_held(tx)
    if any(one.held or one.not_run or one.doubted for one in verdicts.values()):
        tx.execute(sql("ingest", "absent_doubt"), **stamp)
        tx.execute(sql("ingest", "absent_doubt_events"), rev=tx.generation)


def _refresh(tx: Writer, runs: Sequence[Run], known: _Recognised, now: datetime) -> None:
    """Write down what recognised results say of their findings, and that those were seen."""
    stamp: dict[str, Any] = {"now": now, "rev": tx.generation}
    if known.is_any_change:
        tx.execute(sql("ingest", "event_changes"), rev=tx.generation)
        tx.execute(sql("ingest", "deadline_remember"), rev=tx.generation)
        tx.execute(sql("ingest", "finding_rearm"))
        tx.execute(sql("ingest", "finding_move"))
        tx.execute(sql("ingest", "finding_update"))
        tx.execute(sql("ingest", "finding_transition"), now=now)
    if known.is_any_doubtful:
        tx.execute(sql("ingest", "finding_told"))
    tx.execute(sql("ingest", "finding_seen"), **stamp)
    tx.execute(sql("ingest", "finding_seen_again"), source_id=runs[0].spec.source_id)
    tx.execute(sql("ingest", "scope_take_over"))
    own = runs[0].spec.id if len(runs) == 1 else ""
    tx.execute(sql("ingest", "sighting_add"), own=own, **stamp)
    if known.is_any_change:  # the last one: it gives findings another rowid
        tx.execute(sql("ingest", "finding_update_lists"))


def _remember(
    tx: Writer, runs: Sequence[Run], now: datetime, known: _Recognised, *, has_places: bool
) -> None:
    """Store what goes with findings: other keys and further places."""
    stamp: dict[str, Any] = {"now": now, "rev": tx.generation}
    tx.execute(sql("ingest", "alias_exact"), **stamp)
    if known.counts:
        tx.execute(sql("ingest", "alias_id_again"), **stamp)
    if any(
        run.identities.other_keys or run.sheet.has_class(FindingClass.DEPENDENCY) for run in runs
    ):
        tx.execute(sql("ingest", "alias_vulnerability"), **stamp)
    if known.is_any_content:
        tx.execute(sql("ingest", "location_replace_old"))
    if has_places:
        tx.execute(sql("ingest", "location_insert"), rev=tx.generation)


def _keep_records(tx: Writer, runs: Sequence[Run], *, is_all_new: bool) -> None:
    """Store the raw records of new and changed findings, numbered within their run."""
    kept: dict[int, list[int]] | None = None
    if not is_all_new:
        kept = {run.number: [] for run in runs}
        for scan, n in tx.rows(sql("ingest", "fresh_and_changed")):
            kept[scan].append(n - runs[scan].first)
    tx.append(
        "raw_record",
        (
            row
            for run in runs
            for row in pack(
                run.at.scan_id,
                run.sheet.raws,
                range(len(run.sheet)) if kept is None else kept[run.number],
            )
        ),
    )
