"""Scans into the cache: recognise, apply, close what is proven gone, write the scans down.

The bulk is done in SQL over staged results, for many scans at once; Python sees only what no key
recognises. Runs inside the caller's transaction and never publishes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.finding import Scan
from riskcockpit.domain.ids import digest
from riskcockpit.domain.sheet import Sheet
from riskcockpit.ingest import vex
from riskcockpit.ingest.application import Absence, Presence, apply_absence, apply_presence
from riskcockpit.ingest.batching import batches
from riskcockpit.ingest.identity import Identities, identify
from riskcockpit.ingest.lifecycle import Completeness, reasons_not_to_close
from riskcockpit.ingest.notes import notes_of
from riskcockpit.ingest.policy import IngestPolicy, ScanOutcome, ScanReport, ScopeSpec
from riskcockpit.ingest.prefixes import PrefixChange
from riskcockpit.ingest.recognition import recognise, without_foreign_claims
from riskcockpit.ingest.runs import Moment, Run
from riskcockpit.ingest.staging import (
    clear_scan,
    stage_assets,
    stage_rules,
    stage_runs,
    stage_scan,
)
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
    document: str
    contents: Sequence[str]
    """Hashes of all documents of the scope that came in the same import."""


@dataclass(frozen=True, slots=True)
class _Due:
    """A scan that says something new."""

    scan: Scan
    sheet: Sheet
    spec: ScopeSpec
    at: Moment
    known: Completeness
    before: str
    """The document of the last scan of its scope; empty when there was none."""


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A scan and what came of it, to be written down."""

    scan: Scan
    spec: ScopeSpec
    at: Moment
    report: ScanReport
    because: str
    live: int | None = None


def ingest(
    tx: Writer, scan: Scan, scope: ScopeSpec, policy: IngestPolicy, now: datetime
) -> ScanReport:
    """Apply one scan to its scope and say what changed.

    A scan with the content of the last one writes nothing. A scan that says it is older than the
    last one is recorded and changes no state.
    """
    return ingest_all(tx, [(scan, scope)], policy, now)[0]


def ingest_all(
    tx: Writer, scans: Sequence[tuple[Scan, ScopeSpec]], policy: IngestPolicy, now: datetime
) -> tuple[ScanReport, ...]:
    """Apply scans of one source as `ingest` would one after the other; say what each changed."""
    reports: dict[int, ScanReport] = {}
    for batch in batches(tx, scans):
        found = _ingest_batch(tx, [scans[index] for index in batch], policy, now)
        reports |= zip(batch, found, strict=True)
    return tuple(reports[index] for index in range(len(scans)))


def _ingest_batch(
    tx: Writer, scans: Sequence[tuple[Scan, ScopeSpec]], policy: IngestPolicy, now: datetime
) -> Iterator[ScanReport]:
    """Apply scans that cannot meet."""
    previous = _previous(tx, [spec for _, spec in scans])
    sorted_out = [_sort_out(tx, *one, previous.get(one[1].id), now) for one in scans]
    _record(tx, [one for one in sorted_out if isinstance(one, _Recorded)])
    due = [one for one in sorted_out if isinstance(one, _Due)]
    applied = iter(_apply(tx, due, policy, now) if due else ())
    for one in sorted_out:
        match one:
            case _Due():
                yield next(applied)
            case _Recorded():
                yield one.report
            case ScanReport():
                yield one


def _sort_out(
    tx: Writer, scan: Scan, scope: ScopeSpec, previous: Previous | None, now: datetime
) -> _Due | _Recorded | ScanReport:
    """Say whether a scan is due, only to be recorded, or known already."""
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
        return _Recorded(scan, scope, at, report, note)
    sheet = without_foreign_claims(tx, Sheet.of(scan.observations), scope.asset)
    scan = replace(scan, observations=sheet)
    version = previous.tool_version if previous else ""
    known = Completeness(scope.is_complete, scope.may_close, version)
    return _Due(scan, sheet, scope, at, known, previous.document if previous else "")


def _apply(
    tx: Writer, due: Sequence[_Due], policy: IngestPolicy, now: datetime
) -> list[ScanReport]:
    runs = _runs(tx, due)
    stage_rules(tx)
    stage_assets(tx, runs, policy)
    stage_runs(tx, runs)
    stage_scan(tx, runs, policy)
    runs = [run.staged() for run in runs]
    is_vex_in_force = vex.shield(tx)
    prefixes = recognise(tx, runs, policy)
    source = runs[0].spec.source_id
    tx.execute(sql("ingest", "asset_upsert"), source_id=source, now=now, rev=tx.generation)
    presences = apply_presence(tx, runs, now)
    absences = apply_absence(tx, runs, policy, now)
    spoken = NOTHING_SPOKEN
    for run in runs:
        if run.scan.is_vex:  # it stands alone
            vex.remember(tx, run.scan, run.spec, run.at)
    if is_vex_in_force or any(run.scan.is_vex for run in runs):
        spoken = vex.settle(tx, runs, now)
    clear_scan(tx)
    _correlate(tx, runs, presences, absences)
    reports = [
        _report(run, presence, absence, spoken, prefixes.get(run.number))
        for run, presence, absence in zip(runs, presences, absences, strict=True)
    ]
    _record(
        tx,
        [
            _Recorded(run.scan, run.spec, run.at, report, "; ".join(run.reasons), run.live)
            for run, report in zip(runs, reports, strict=True)
        ],
    )
    return reports


def _runs(tx: Writer, due: Sequence[_Due]) -> list[Run]:
    """Return the scans with who their results are and what is known before them."""
    live = dict(tx.rows(sql("ingest", "live_count"), scopes=[one.spec.id for one in due]))
    runs: list[Run] = []
    first = 0
    for number, one in enumerate(due):
        parts = one.spec.parts
        whole = parts.whole(one.spec.content_hash, one.scan) if parts else one.scan
        identities = identify(one.spec.asset, one.sheet)
        runs.append(
            Run(
                number=number,
                first=first,
                scan=one.scan,
                sheet=one.sheet,
                spec=one.spec,
                at=one.at,
                identities=identities,
                gone=_gone(one.spec.asset, one.scan, identities),
                live=live.get(one.spec.id, 0),
                whole=whole,
                reasons=reasons_not_to_close(whole or one.scan, one.known),
                before=one.before,
            )
        )
        first += len(one.sheet)
    return runs


def _gone(asset: str, scan: Scan, identities: Identities) -> frozenset[str]:
    """Return the keys of what a scan says is gone, numbered among its results, but for theirs."""
    if not scan.gone:
        return frozenset()
    keys = identify(asset, Sheet.joined((scan.observations, scan.gone))).keys
    return frozenset(keys[len(scan.observations) :]).difference(identities.keys)


def _report(
    run: Run, presence: Presence, absence: Absence, spoken: vex.Spoken, prefix: PrefixChange | None
) -> ScanReport:
    return ScanReport(
        run.at.scan_id,
        run.spec.id,
        ScanOutcome.HELD if absence.held else ScanOutcome.APPLIED,
        not run.reasons,
        _counts(run.scan, presence, absence, spoken),
        (*notes_of(run, presence, absence, prefix), *vex.notes(spoken)),
    )


def _previous(tx: Writer, scopes: Sequence[ScopeSpec]) -> Mapping[str, Previous]:
    rows = tx.rows(sql("ingest", "last_scan"), scopes=[scope.id for scope in scopes])
    return {scope: Previous(*row) for scope, *row in rows}


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


def _correlate(
    tx: Writer, runs: Sequence[Run], presences: Sequence[Presence], absences: Sequence[Absence]
) -> None:
    """Group findings across tools anew where something came, went, moved or is told otherwise."""
    changed = [
        run
        for run, now, gone in zip(runs, presences, absences, strict=True)
        if now.created or now.reopened or now.moved or now.updated or gone.fixed
    ]
    if not changed or tx.one(sql("ingest", "correlation_any")) == (False,):
        return
    scopes = [run.spec.id for run in changed]
    about = list({asset for run in changed for asset in run.identities.assets})
    found = tx.rows(sql("ingest", "correlation_assets"), scopes=scopes, assets=about)
    if assets := [row[0] for row in found]:
        tx.execute(sql("ingest", "correlation_update"), assets=assets)


def _record(tx: Writer, recorded: Sequence[_Recorded]) -> None:
    """Write scans down, with what could not be read and what they prove."""
    if not recorded:
        return
    tx.append("scan", map(_scan_row, recorded))
    tx.append(
        "quarantine",
        (
            {
                "scan_id": done.at.scan_id, "place": one.where, "reason": one.why,
                "seen_at": done.at.now,
            }
            for done in recorded
            for one in done.scan.problems
        ),
    )  # fmt: skip
    newest = [done for done in recorded if done.report.outcome is not ScanOutcome.OLDER]
    if not newest:
        return
    tx.execute(sql("ingest", "evidence_clear"), scopes=[done.spec.id for done in newest])
    tx.append(
        "control_evidence",
        (
            {
                "scan_id": done.at.scan_id, "scope": done.spec.id, "tool": one.tool,
                "rule": one.rule, "status": one.status, "resource": one.resource,
                "seen_at": done.at.now,
            }
            for done in newest
            for one in done.scan.evidence
        ),
    )  # fmt: skip


def _scan_row(done: _Recorded) -> dict[str, Any]:
    scan, scope, at, report = done.scan, done.spec, done.at, done.report
    counts = report.counts
    return {
        "id": at.scan_id, "scope": scope.id, "asset": scope.asset, "tool": scan.tool,
        "tool_version": scan.tool_version, "category": scope.category, "branch": scope.branch,
        "format": scope.format, "document": scope.document, "content_hash": scope.content_hash,
        "scanned_at": at.moment, "imported_at": at.now, "outcome": report.outcome.value,
        "is_complete": report.is_complete, "incomplete_because": done.because,
        "rules": None if scan.rules is None else sorted(scan.rules), "read_count": counts.read,
        "quarantined": counts.quarantined, "suppressed": counts.suppressed_at_source,
        "evidence": counts.control_evidence, "created": counts.new, "updated": counts.updated,
        "moved": counts.moved, "reopened": counts.reopened, "unchanged": counts.unchanged,
        "fixed": counts.fixed, "held": counts.held, "is_page": scope.is_page, "live": done.live,
        "source_id": scope.source_id, "seen_at": at.now,
    }  # fmt: skip
