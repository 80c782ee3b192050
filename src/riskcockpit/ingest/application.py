"""What a scan changes: findings created, refreshed, reopened, closed or put in doubt. Set-based."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from riskcockpit.domain.finding import EventKind, FindingClass, Observation, Scan
from riskcockpit.ingest.holding import remember_held
from riskcockpit.ingest.lifecycle import enabled_rules, is_held
from riskcockpit.ingest.policy import IngestPolicy, ScopeSpec
from riskcockpit.ingest.raw import pack
from riskcockpit.ingest.vulnerabilities import without_tag
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql


@dataclass(frozen=True, slots=True)
class Moment:
    """When and by which scan something is written."""

    scan_id: str
    moment: datetime
    """When the scan ran."""
    now: datetime
    """When it is imported."""


@dataclass(frozen=True, slots=True)
class Presence:
    """What the results of a scan came to; every one is in exactly one count."""

    created: int
    reopened: int
    moved: int
    updated: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Absence:
    """What became of findings that a scan does not show."""

    fixed: int = 0
    held: int = 0
    not_run: int = 0
    """Findings whose rule did not run; they stay open."""
    live: int = 0
    """Live findings of the scope before the scan."""


def apply_presence(
    tx: Writer, spec: ScopeSpec, observations: Sequence[Observation], at: Moment
) -> Presence:
    """Apply what the scan shows: `matched` and `assigned` are filled, `change` is made here."""
    scoped = {"scope": spec.id, "category": spec.category, "branch": spec.branch}
    recognised = (tx.one(sql("ingest", "matched_count")) or (0,))[0]
    reopened = moved = updated = 0
    is_known_changed = False
    if recognised:
        tx.execute(sql("ingest", "change_fill"))
        reopened, moved, updated, is_known_changed = tx.one(sql("ingest", "change_count")) or (
            0, 0, 0, False,
        )  # fmt: skip
        is_any_change = reopened + moved + updated > 0
        _refresh(tx, spec, at, is_any_change=is_any_change)
        tx.execute(sql("ingest", "scope_take_over"), **scoped)
        tx.execute(sql("ingest", "sighting_add"), **scoped, now=at.now, rev=tx.generation)
        if is_any_change:  # the last one: it gives findings another rowid
            tx.execute(sql("ingest", "finding_update_lists"))
    created = len(observations) - recognised
    if created:
        _create(tx, spec, at)
    _remember(tx, at, observations, is_all_new=not recognised, is_known_changed=is_known_changed)
    unchanged = recognised - reopened - moved - updated
    return Presence(created, reopened, moved, updated, unchanged)


def apply_absence(
    tx: Writer,
    spec: ScopeSpec,
    scan: Scan,
    policy: IngestPolicy,
    at: Moment,
    *,
    reasons: Sequence[str],
    live: int,
) -> Absence:
    """Close what the scan proves to be gone, or put it in doubt when `reasons` speak against it."""
    if not live:
        return Absence()
    unseen: dict[str, Any] = {
        "scope": spec.id,
        "scan_id": at.scan_id,
        "is_group": spec.parts is not None,
        "rev": tx.generation,
    }
    if not reasons:
        tx.execute(sql("ingest", "sighting_promote"), **unseen)
        tx.execute(sql("ingest", "sighting_drop"), scope=spec.id, rev=tx.generation)
    tx.execute(sql("ingest", "sighting_tidy"))
    rules = enabled_rules(scan)
    tx.execute(
        sql("ingest", "absent_fill"),
        **unseen,
        rules=None if rules is None else sorted(rules),
        assets=None if scan.assets is None else sorted(map(without_tag, scan.assets)),
    )
    closable, not_run = tx.one(sql("ingest", "absent_count")) or (0, 0)
    held = not reasons and not spec.accepts_held and is_held(closable, live, policy.closure)
    is_closing = not reasons and not held
    if is_closing and closable:
        tx.execute(sql("ingest", "absent_close"), moment=at.moment, now=at.now, rev=tx.generation)
        _event(tx, "absent_close_events", at)
    if held:
        remember_held(tx, at.scan_id, spec.id)
    if closable or not_run:
        tx.execute(
            sql("ingest", "absent_doubt"), is_closing=is_closing, now=at.now, rev=tx.generation
        )
        kind = EventKind.HELD if held else EventKind.ABSENT
        detail = "too many closures at once" if held else "; ".join(reasons)
        _event(tx, "absent_doubt_events", at, is_closing=is_closing, kind=kind.value, detail=detail)
    return Absence(closable if is_closing else 0, closable if held else 0, not_run, live)


def _refresh(tx: Writer, spec: ScopeSpec, at: Moment, *, is_any_change: bool) -> None:
    if is_any_change:
        _event(tx, "event_changes", at)
        tx.execute(sql("ingest", "deadline_remember"), moment=at.moment, rev=tx.generation)
        tx.execute(sql("ingest", "finding_rearm"), moment=at.moment)
        tx.execute(sql("ingest", "finding_move"))
        tx.execute(sql("ingest", "finding_update"))
        tx.execute(sql("ingest", "finding_transition"), moment=at.moment, now=at.now)
    tx.execute(
        sql("ingest", "finding_seen"),
        moment=at.moment,
        now=at.now,
        scan_id=at.scan_id,
        source_id=spec.source_id,
        rev=tx.generation,
    )


def _create(tx: Writer, spec: ScopeSpec, at: Moment) -> None:
    tx.execute(
        sql("ingest", "finding_insert"),
        moment=at.moment,
        now=at.now,
        scan_id=at.scan_id,
        scope=spec.id,
        tool=spec.tool,
        category=spec.category,
        branch=spec.branch,
        source_id=spec.source_id,
        rev=tx.generation,
    )
    _event(tx, "event_created", at)


def _remember(
    tx: Writer,
    at: Moment,
    observations: Sequence[Observation],
    *,
    is_all_new: bool,
    is_known_changed: bool,
) -> None:
    """Store what goes with findings: other keys, further places, raw records."""
    stamp: dict[str, Any] = {"now": at.now, "rev": tx.generation}
    tx.execute(sql("ingest", "alias_exact"), **stamp)
    if not is_all_new:
        tx.execute(sql("ingest", "alias_id_again"), **stamp)
    if any(_has_other_names(seen) for seen in observations):
        tx.execute(sql("ingest", "alias_vulnerability"), **stamp)
    if is_known_changed:
        tx.execute(sql("ingest", "location_replace_old"))
    if any(len(seen.locations) > 1 for seen in observations):
        tx.execute(sql("ingest", "location_insert"), rev=tx.generation)
    numbers: Iterable[int] = range(len(observations))
    if not is_all_new:
        numbers = (row[0] for row in tx.rows(sql("ingest", "fresh_and_changed")))
    records = ((n, observations[n].raw) for n in numbers if observations[n].raw)
    tx.append("raw_record", pack(at.scan_id, records))


def _has_other_names(seen: Observation) -> bool:
    return seen.finding_class is FindingClass.DEPENDENCY or bool(seen.former_rule)


def _event(tx: Writer, statement: str, at: Moment, **params: Any) -> None:
    tx.execute(
        sql("ingest", statement),
        moment=at.moment,
        scan_id=at.scan_id,
        rev=tx.generation,
        **params,
    )
