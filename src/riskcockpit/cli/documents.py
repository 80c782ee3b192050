"""The JSON documents of the command line: views → plain values.

A key once published never changes its meaning; `docs/schemas/` holds a JSON Schema of each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from math import isfinite
from types import NoneType
from typing import TYPE_CHECKING, Any

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.decision import DecisionState
from riskcockpit.domain.money import Money
from riskcockpit.domain.severity import Severity

if TYPE_CHECKING:  # a command imports only the views it shows
    from riskcockpit.errors import RefusedError
    from riskcockpit.views.governance import (
        ActionRow,
        ControlView,
        DecisionResult,
        LedgerRow,
        VerifyReport,
    )
    from riskcockpit.views.posture import (
        EnrichmentView,
        ExposureView,
        KpiView,
        PillarView,
        PostureView,
        QueueItem,
        SourceView,
    )
    from riskcockpit.views.reports import FileReport, ImportCounts, ImportReport, SyncReport
    from riskcockpit.views.setup import Check
    from riskcockpit.views.sources import SourceAdded, SourceTest
    from riskcockpit.views.syncing import SourceProgress

Json = dict[str, Any]


def document(name: str, /, **keys: Any) -> Json:
    """Return a document with its schema's name first."""
    return {"schema": f"riskcockpit.{name}/1", **keys}


def plain(value: Any) -> Any:
    """Return a value as JSON writes it.

    Moments are RFC 3339, enums words, money and decimals numbers, bytes hexadecimal; a number
    that is none (NaN, infinity) is null. Lists and mappings are read to their leaves.
    """
    as_json = next(write for kind, write in _AS_JSON if isinstance(value, kind))
    return as_json(value)


def _number(value: Decimal) -> int | float | None:
    if not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() else float(value)


_AS_JSON: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    (Severity, lambda value: value.word),
    (Enum, lambda value: value.value),
    ((str, int, NoneType), lambda value: value),
    (float, lambda value: value if isfinite(value) else None),
    (datetime, rfc3339),
    (Money, lambda value: float(value.rounded().amount)),
    (Decimal, _number),
    ((date, time), lambda value: value.isoformat()),
    (bytes, lambda value: value.hex()),
    ((list, tuple), lambda value: [plain(each) for each in value]),
    (Mapping, lambda value: {str(plain(key)): plain(each) for key, each in value.items()}),
    (object, str),
)
"""The kinds of values a view or a query may hold; the first that fits is taken."""


def status(view: PostureView) -> Json:
    """`status --json`."""
    return document(
        "status",
        as_of=plain(view.as_of),
        generation=view.generation,
        context={"name": view.context, "production": view.is_production},
        pillars=[_pillar(pillar) for pillar in view.pillars],
        exposure=_exposure(view.exposure),
        queue=[_queue_item(item) for item in view.queue],
        sources=[source(item) for item in view.sources],
        enrichment=[enrichment(item) for item in view.enrichments],
        ledger={
            "ok": view.ledger.is_ok,
            "entries": view.ledger.entries,
            "head": view.ledger.head,
            "message": view.ledger.message,
        },
    )


def _pillar(view: PillarView) -> Json:
    return {
        "id": view.pillar.value,
        "state": view.state.value,
        "reason": view.reason,
        "at_risk": plain(view.at_risk),
        "currency": view.at_risk.currency,
        "at_risk_change": plain(view.at_risk_change),
        "open_findings": view.open_findings,
        "controls": view.controls,
        "failing_controls": view.failing_controls,
        "unjudged_controls": view.unjudged_controls,
        "as_of": plain(view.as_of),
        "kpis": [_kpi(kpi) for kpi in view.kpis],
    }


def _kpi(view: KpiView) -> Json:
    return {
        "id": view.id,
        "title": view.title,
        "value": view.value,
        "unit": view.unit,
        "target": view.target,
        "direction": view.direction.value,
        "state": view.state.value,
        "as_of": plain(view.as_of),
        "sample": view.sample,
        "trend": list(view.trend),
        "definition": view.definition,
        "message": view.message,
    }


def _exposure(view: ExposureView) -> Json:
    return {
        "mean": plain(view.mean),
        "p95": plain(view.p95),
        "appetite": plain(view.appetite),
        "currency": view.mean.currency,
        "change": plain(view.change),
        "driver": view.driver,
        "waived": plain(view.waived),
    }


def _queue_item(item: QueueItem) -> Json:
    return {
        "id": item.id,
        "kind": item.kind.value,
        "title": item.title,
        "detail": item.detail,
        "state": item.state.value,
        "since": plain(item.since),
        "due_at": plain(item.due_at),
        "at_risk": plain(item.at_risk),
        "subject": item.subject,
        "keys": list(item.keys),
    }


def source(view: SourceView) -> Json:
    """One source, in `status` and `sources list`."""
    return {
        "name": view.name,
        "kind": view.kind,
        "state": view.state,
        "last_success": plain(view.last_success),
        "last_attempt": plain(view.last_attempt),
        "rows": view.rows,
        "pages": view.pages,
        "truncated": view.is_truncated,
        "message": view.message,
        "hint": view.hint,
        "progress": None if view.progress is None else _progress(view.progress),
    }


def _progress(view: SourceProgress) -> Json:
    eta = view.eta_seconds
    return {
        "step": view.step,
        "rows": view.rows,
        "expected": view.expected,
        "pages": view.pages,
        "seconds": round(view.seconds, 3),
        "eta_seconds": None if eta is None else round(eta, 3),
    }


def source_tried(tried: SourceTest | None, added: SourceAdded | None) -> Json:
    """What a try of a source came to, and where it was added."""
    view = tried or added
    return document(
        "source_test",
        name=view.name if view else "",
        kind=view.kind if view else "",
        ok=tried.is_ok if tried else None,
        checks=[check(each) for each in tried.checks] if tried else [],
        added_to=added.file if added else None,
    )


def check(view: Check) -> Json:
    """One check of `doctor` or of a source."""
    return {
        "name": view.name,
        "state": view.state.value,
        "detail": view.detail,
        "hint": view.hint,
    }


def enrichment(view: EnrichmentView) -> Json:
    """One kind of knowledge from elsewhere, in `status` and `sources list`."""
    return {
        "kind": view.kind,
        "state": view.state,
        "files": view.files,
        "rows": view.rows,
        "version": view.version,
        "dated": plain(view.dated),
        "imported_at": plain(view.imported_at),
    }


def control(view: ControlView) -> Json:
    """One control in `controls list`."""
    return {
        "id": view.id,
        "title": view.title,
        "pillar": view.pillar,
        "severity": view.severity,
        "frameworks": {name: list(refs) for name, refs in view.frameworks.items()},
        "state": view.verdict,
        "message": view.message,
        "passed": view.passed,
        "failed": view.failed,
        "as_of": plain(view.at),
    }


def action(row: ActionRow) -> Json:
    """One action in `actions list`."""
    return {
        "id": row.id,
        "kind": row.kind,
        "source": row.source,
        "target": row.target,
        "params": dict(row.params),
        "outcome": row.state,
        "message": row.message,
        "decided_by": row.decided_by,
        "decided_at": plain(row.decided_at),
        "updated_at": plain(row.updated_at),
    }


def ledger_entry(row: LedgerRow) -> Json:
    """One entry in `ledger log`."""
    return {
        "hash": row.hash,
        "chain": row.chain,
        "seq": row.seq,
        "ts": plain(row.ts),
        "actor": row.actor,
        "type": row.type,
        "subject": row.subject,
        "summary": row.summary,
    }


def verification(view: VerifyReport) -> Json:
    """`ledger verify --json`."""
    return document(
        "ledger_verification",
        ok=view.is_ok,
        chains=view.chains,
        entries=view.entries,
        checkpoints=view.checkpoints,
        heads=[{"chain": chain, "head": head} for chain, head in view.heads],
        problems=[{"chain": p.chain, "entry": p.entry, "why": p.why} for p in view.problems],
        notices=[{"chain": p.chain, "entry": p.entry, "why": p.why} for p in view.notices],
    )


def decision(view: DecisionResult) -> Json:
    """`waive`, `approve`, `reject`, `revoke`, `rollback`, `undo`, `note` with `--json`."""
    taken = view.decision
    return document(
        "decision",
        decision={
            "id": taken.id,
            "type": taken.type.value,
            "state": taken.state.value,
            "rule": taken.rule,
            "needs": list(taken.needs),
            "actor": taken.actor,
            "at": plain(taken.at),
            "summary": taken.summary,
        },
        actions=[action(row) for row in view.actions],
        message=view.message,
    )


def refusal(error: RefusedError, type_: str, actor: str, at: datetime) -> Json:
    """The document of a decision that was not taken; `type_` is what was asked for."""
    return document(
        "decision",
        decision={
            "id": "",
            "type": type_,
            "state": DecisionState.REFUSED.value,
            "rule": error.rule,
            "needs": [],
            "actor": actor,
            "at": plain(at),
            "summary": error.message,
        },
        actions=[],
        message=error.hint or "",
    )


def import_report(view: ImportReport) -> Json:
    """`import --json`."""
    return document(
        "import",
        dry_run=view.is_dry_run,
        generation=view.generation,
        files=[file(one) for one in view.files],
        totals=counts(view.totals),
        notes=list(view.notes),
    )


def file(view: FileReport) -> Json:
    """One file of an import or a gate."""
    return {
        "path": view.path,
        "format": view.format,
        "tool": view.tool,
        "scope": view.scope,
        "complete": view.is_complete,
        **counts(view.counts),
        "problems": [{"where": p.where, "why": p.why} for p in view.problems],
        "error": view.error,
        "hint": view.hint,
        "notes": list(view.notes),
        "enrichment": [
            {
                "kind": one.kind,
                "subject": one.subject,
                "version": one.version,
                "dated": plain(one.dated),
                "rows": one.rows,
                "outcome": one.outcome,
            }
            for one in view.enrichments
        ],
    }


def counts(view: ImportCounts) -> Json:
    """The counts of an import."""
    return {each.name: getattr(view, each.name) for each in fields(view)}


def sync_report(view: SyncReport) -> Json:
    """`sync --json`."""
    return document(
        "sync",
        dry_run=view.is_dry_run,
        generation=view.generation,
        sources=[
            {
                "name": s.name,
                "kind": s.kind,
                "state": s.state,
                "rows": s.rows,
                "pages": s.pages,
                "truncated": s.is_truncated,
                "seconds": round(s.seconds, 3),
                "message": s.message,
                "hint": s.hint,
                "counts": counts(s.counts),
            }
            for s in view.sources
        ],
        notes=list(view.notes),
    )
