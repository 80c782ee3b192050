"""One scan into the cache: recognise, apply, close what is proven gone, write the scan down.

The bulk is done in SQL over staged results; Python sees only what no key recognises. Runs inside
the caller's transaction and never publishes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.finding import Scan
from riskcockpit.domain.ids import digest, short
from riskcockpit.domain.sheet import Sheet
from riskcockpit.ingest import vex
from riskcockpit.ingest.application import (
    Absence,
    Moment,
    Presence,
    apply_absence,
    apply_presence,
)
from riskcockpit.ingest.holding import forget_held
from riskcockpit.ingest.identity import identify
from riskcockpit.ingest.lifecycle import Completeness, reasons_not_to_close
from riskcockpit.ingest.policy import IngestPolicy, ScanOutcome, ScanReport, ScopeSpec
from riskcockpit.ingest.prefixes import PrefixChange
from riskcockpit.ingest.recognition import Run, recognise, without_foreign_claims
from riskcockpit.ingest.staging import clear_scan, stage_assets, stage_rules, stage_scan
from riskcockpit.ingest.vex import NOTHING_SPOKEN
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql
from riskcockpit.views.reports import ImportCounts


@dataclass(frozen=True, slots=True)
class Previous:
    """The scan that was applied to a scope last."""

    scanned_at: datetime
    tool_version: str
    outcome: str
    is_complete: bool
    generation: int
    contents: Sequence[str]
    """Hashes of all documents of the scope that came in the same import."""


@dataclass(frozen=True, slots=True)
class _Recognised:
    """What was noticed while results were recognised."""

    distrusted: tuple[str, ...]
    """A sentence for each kind of fingerprint that is not trusted."""
    prefix: PrefixChange | None
    is_vex_in_force: bool


def ingest(
    tx: Writer, scan: Scan, scope: ScopeSpec, policy: IngestPolicy, now: datetime
) -> ScanReport:
    """Apply one scan to its scope and say what changed.

    A scan with the content of the last one writes nothing. A scan that says it is older than the
    last one is recorded and changes no state.
    """
    previous = _previous(tx, scope)
    is_older = bool(
        previous
        and previous.generation < tx.generation
        and scan.scanned_at is not None
        and scan.scanned_at < previous.scanned_at
    )
    if _is_repeated(tx, scope, previous, is_older=is_older):
        return _unchanged(scan, scope, ScanOutcome.REPEATED, "the same content was imported before")
    moment = min(scan.scanned_at or scope.modified_at or now, now)
    scan_id = digest((
        scope.id, scope.document, scope.content_hash, rfc3339(moment), str(tx.generation)
    ))  # fmt: skip
    at = Moment(scan_id, moment, now)
    if is_older and previous:
        note = f"older than the scan of {rfc3339(previous.scanned_at)}: no state was changed"
        report = _unchanged(scan, scope, ScanOutcome.OLDER, note, scan_id)
        _record(tx, scan, scope, at, report=report, because=note)
        return report
    return _apply(tx, scan, scope, policy, at=at, previous=previous)


def _apply(
    tx: Writer,
    scan: Scan,
    scope: ScopeSpec,
    policy: IngestPolicy,
    *,
    at: Moment,
    previous: Previous | None,
) -> ScanReport:
    sheet = without_foreign_claims(tx, Sheet.of(scan.observations), scope.asset)
    scan = replace(scan, observations=sheet)
    live = (tx.one(sql("ingest", "live_count"), scope=scope.id) or (0,))[0]
    known = _recognise(tx, scan, sheet, scope, policy, scan_id=at.scan_id, live=live)
    tx.execute(
        sql("ingest", "asset_upsert"), source_id=scope.source_id, now=at.now, rev=tx.generation
    )
    presence = apply_presence(tx, scope, sheet, at)
    gate = Completeness(
        scope.is_complete, scope.may_close, previous.tool_version if previous else ""
    )
    whole = scope.parts.whole(scope.content_hash, scan) if scope.parts else scan
    reasons = reasons_not_to_close(whole or scan, gate)
    absence = Absence()
    forget_held(tx, scope.id)
    if whole is not None and scope.may_close:
        absence = apply_absence(tx, scope, whole, policy, at, reasons=reasons, live=live)
    spoken = NOTHING_SPOKEN
    if scan.is_vex:
        vex.remember(tx, scan, scope, at)
    if scan.is_vex or known.is_vex_in_force:
        spoken = vex.settle(tx, scan, scope, at)
    clear_scan(tx)
    _correlate(tx, scope, presence, absence)
    report = ScanReport(
        at.scan_id,
        scope.id,
        ScanOutcome.HELD if absence.held else ScanOutcome.APPLIED,
        not reasons,
        _counts(scan, presence, absence, spoken),
        (
            *_notes(known, reasons, presence, absence, scope=scope.id),
            *vex.notes(spoken),
        ),
    )
    _record(tx, scan, scope, at, report=report, because="; ".join(reasons), live=live)
    return report


def _recognise(
    tx: Writer,
    scan: Scan,
    sheet: Sheet,
    scope: ScopeSpec,
    policy: IngestPolicy,
    *,
    scan_id: str,
    live: int,
) -> _Recognised:
    """Stage the results and find out which stored findings they are."""
    identities = identify(scope.asset, sheet)
    stage_rules(tx)
    if not scan.is_vex:
        stage_assets(tx, scope.asset, sheet, identities, policy)
    stage_scan(tx, sheet, identities, policy, scan_id)
    is_vex_in_force = vex.shield(tx)
    prefix = recognise(tx, Run(scope, sheet, identities), policy, live)
    return _Recognised(identities.distrusted, prefix, is_vex_in_force)


def _previous(tx: Writer, scope: ScopeSpec) -> Previous | None:
    row = tx.one(sql("ingest", "last_scan"), scope=scope.id)
    return Previous(*row) if row else None


def _is_repeated(
    tx: Writer, scope: ScopeSpec, previous: Previous | None, *, is_older: bool
) -> bool:
    """Whether the content was judged before and nothing new is said about it now.

    A report that was incomplete or held is judged again when somebody vouches for it.
    """
    if previous is None:
        return False
    given = scope.parts.contents if scope.parts else {scope.content_hash}
    is_same = given <= set(previous.contents)
    if scope.is_page and scope.may_close:  # a page less is news: what it held is gone
        is_same = given == set(previous.contents)
    if is_older and not is_same:
        known = tx.one(sql("ingest", "scan_known"), scope=scope.id, content_hash=scope.content_hash)
        return known is not None
    is_vouched = (scope.is_complete is True and not previous.is_complete) or (
        scope.accepts_held and previous.outcome == ScanOutcome.HELD
    )
    return is_same and not is_vouched


def _unchanged(
    scan: Scan, scope: ScopeSpec, outcome: ScanOutcome, note: str, scan_id: str = ""
) -> ScanReport:
    none = Presence(0, 0, 0, 0, len(scan.observations))
    return ScanReport(scan_id, scope.id, outcome, False, _counts(scan, none, Absence()), (note,))


def _counts(
    scan: Scan, presence: Presence, absence: Absence, spoken: vex.Spoken = NOTHING_SPOKEN
) -> ImportCounts:
    return ImportCounts(
        read=len(scan.observations) + len(scan.statements) + scan.absent,
        quarantined=len(scan.problems),
        new=presence.created,
        updated=presence.updated,
        moved=presence.moved,
        reopened=presence.reopened,
        unchanged=presence.unchanged,
        fixed=absence.fixed,
        held=absence.held,
        suppressed_at_source=Sheet.of(scan.observations).suppressed(),
        control_evidence=len(scan.evidence),
        vex_applied=spoken.applied,
        vex_unmatched=spoken.unmatched,
    )


def _notes(
    known: _Recognised,
    reasons: Sequence[str],
    presence: Presence,
    absence: Absence,
    *,
    scope: str,
) -> tuple[str, ...]:
    notes = [f"fingerprint not trusted: {why}" for why in known.distrusted]
    if reasons and absence.live:
        notes.append(f"nothing was closed: {'; '.join(reasons)}")
    if absence.held:
        share = round(100 * absence.held / absence.live)
        notes.append(
            f"+{presence.created} new, {presence.moved} moved, {presence.reopened} reopened, "
            f"{absence.held} would close ({share} %): held; if that is right, say so: "
            f"`riskcockpit findings release {short(scope)}`, or import it with --accept-held"
        )
    if absence.not_run:
        notes.append(f"{absence.not_run} findings stay open because their rules did not run")
    if known.prefix:
        notes.append(_prefix_note(known.prefix))
    return tuple(notes)


def _prefix_note(prefix: PrefixChange) -> str:
    if prefix.is_added:
        return (
            f"all paths begin with {prefix.prefix!r} now; findings were kept; "
            f"to keep their paths, add {prefix.prefix!r} to imports.checkout_prefixes"
        )
    return f"no path begins with {prefix.prefix!r} any more; findings were kept"


def _correlate(tx: Writer, scope: ScopeSpec, presence: Presence, absence: Absence) -> None:
    """Group findings across tools anew where something came, went or moved."""
    if not (presence.created or presence.reopened or presence.moved or absence.fixed):
        return
    assets = [row[0] for row in tx.rows(sql("ingest", "correlation_assets"), scope=scope.id)]
    if assets:
        tx.execute(sql("ingest", "correlation_update"), assets=assets)


def _record(
    tx: Writer,
    scan: Scan,
    scope: ScopeSpec,
    at: Moment,
    *,
    report: ScanReport,
    because: str,
    live: int | None = None,
) -> None:
    """Write the scan down, with what could not be read and what it proves."""
    counts = report.counts
    row: dict[str, Any] = {
        "id": at.scan_id, "scope": scope.id, "asset": scope.asset, "tool": scan.tool,
        "tool_version": scan.tool_version, "category": scope.category, "branch": scope.branch,
        "format": scope.format, "document": scope.document, "content_hash": scope.content_hash,
        "scanned_at": at.moment, "imported_at": at.now, "outcome": report.outcome.value,
        "is_complete": report.is_complete, "incomplete_because": because,
        "rules": None if scan.rules is None else sorted(scan.rules), "read_count": counts.read,
        "quarantined": counts.quarantined, "suppressed": counts.suppressed_at_source,
        "evidence": counts.control_evidence, "created": counts.new, "updated": counts.updated,
        "moved": counts.moved, "reopened": counts.reopened, "unchanged": counts.unchanged,
        "fixed": counts.fixed, "held": counts.held, "is_page": scope.is_page, "live": live,
        "source_id": scope.source_id, "seen_at": at.now,
    }  # fmt: skip
    tx.append("scan", [row])
    tx.append(
        "quarantine",
        (
            {"scan_id": at.scan_id, "place": one.where, "reason": one.why, "seen_at": at.now}
            for one in scan.problems
        ),
    )
    if report.outcome is ScanOutcome.OLDER:
        return
    tx.execute(sql("ingest", "evidence_clear"), scope=scope.id)
    tx.append(
        "control_evidence",
        (
            {
                "scan_id": at.scan_id, "scope": scope.id, "tool": one.tool, "rule": one.rule,
                "status": one.status, "resource": one.resource, "seen_at": at.now,
            }
            for one in scan.evidence
        ),
    )  # fmt: skip
