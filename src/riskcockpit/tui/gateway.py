"""The only door from the cockpit to the services. Called from thread workers only.

Services are imported when first asked, in the thread that asks, so that the first frame waits
for none of them.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from riskcockpit.tui.api import (
    About,
    Approve,
    Intent,
    Note,
    Reject,
    Release,
    RollBack,
    Undo,
    Waive,
)

if TYPE_CHECKING:  # imported when first used
    from riskcockpit.services.context import Context
    from riskcockpit.services.findings import FindingReader
    from riskcockpit.views.findings import FindingDetail, FindingPage, FindingSet
    from riskcockpit.views.governance import (
        ActionRow,
        ControlView,
        DecisionPreview,
        DecisionResult,
        LedgerRow,
        VerifyReport,
    )
    from riskcockpit.views.models import ModelDetail, ModelRow
    from riskcockpit.views.posture import PostureView


class Gateway:
    """Answers the cockpit over the services; see `api.GatewayApi` for every method."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._lock = Lock()
        self._reader: FindingReader | None = None

    @cached_property
    def about(self) -> About:
        """Who and where."""
        settings = self._ctx.settings
        return About(
            context=settings.context.name,
            is_production=settings.context.production,
            principal=settings.identity.principal,
            host=self._ctx.host,
            unlock_for=settings.context.unlock_for,
            theme=settings.cockpit.theme,
            keymap=settings.cockpit.keys,
        )

    @cached_property
    def query_words(self) -> tuple[str, ...]:
        """Words the filter bar completes."""
        from riskcockpit.store.query.fields import fields  # noqa: PLC0415 - when first used

        return tuple(
            f"{field.name}:{value}" for field in fields() for value in (field.values or ("",))
        )

    def now(self) -> datetime:
        """Return the present, aware UTC."""
        return self._ctx.clock.now()

    def unlock(self) -> datetime:
        """Allow decisions in production for a time; return its end."""
        from riskcockpit.services.unlocking import unlock  # noqa: PLC0415 - when first used

        return unlock(self._ctx, self.about.context)

    def lock(self) -> None:
        """Forbid decisions in production at once."""
        from riskcockpit.services.unlocking import lock  # noqa: PLC0415 - when first used

        lock(self._ctx)

    def generation(self) -> int:
        """Return the number of the current generation."""
        return self._ctx.store.generation()

    def posture(self) -> PostureView:
        """Return everything on the overview."""
        from riskcockpit.services.posture import posture  # noqa: PLC0415 - when first used

        return posture(self._ctx)

    # findings

    def _findings(self) -> FindingReader:
        from riskcockpit.services.findings import FindingReader  # noqa: PLC0415 - when first used

        with self._lock:
            if self._reader is None:
                self._reader = FindingReader(self._ctx)
            return self._reader

    def open_findings(self, query: str) -> FindingSet:
        """Build the ordered result of `query` over the newest generation."""
        reader = self._findings()
        reader.refresh()
        return reader.open(query)

    def page(self, found: FindingSet, start: int, count: int) -> FindingPage:
        """Return a run of rows."""
        return self._findings().page(found, start, count)

    def position(self, found: FindingSet, finding: str) -> int | None:
        """Return the row of a finding in `found`."""
        return self._findings().position(found, finding)

    def ids(self, query: str) -> tuple[str, ...]:
        """Return the ids of all findings that match."""
        return self._findings().ids(query)

    def finding(self, finding: str) -> FindingDetail:
        """Return all that is known of one finding, of the newest generation."""
        reader = self._findings()
        reader.refresh()
        return reader.show(finding)

    # models, ledger, controls

    def models(self) -> tuple[ModelRow, ...]:
        """Return the production models."""
        from riskcockpit.services.models import models  # noqa: PLC0415 - when first used

        return models(self._ctx)

    def model(self, name: str) -> ModelDetail:
        """Return all that is known of one model."""
        from riskcockpit.services.models import model  # noqa: PLC0415 - when first used

        return model(self._ctx, name)

    def ledger(self, limit: int) -> tuple[LedgerRow, ...]:
        """Return the newest entries, newest first."""
        from riskcockpit.services.verify import ledger_rows  # noqa: PLC0415 - when first used

        return ledger_rows(self._ctx, limit)

    def verify(self) -> VerifyReport:
        """Check the whole ledger."""
        from riskcockpit.services.verify import verify_ledger  # noqa: PLC0415 - when first used

        return verify_ledger(self._ctx)

    def actions(self) -> tuple[ActionRow, ...]:
        """Return outbox and receipts, newest first."""
        from riskcockpit.services.outbox import actions  # noqa: PLC0415 - when first used

        rows = actions(self._ctx)
        return tuple(sorted(rows, key=lambda row: row.updated_at, reverse=True))

    def controls(self) -> tuple[ControlView, ...]:
        """Return the controls with their latest verdicts."""
        from riskcockpit.services.governance import controls  # noqa: PLC0415 - when first used

        return controls(self._ctx)

    # decisions

    def plan(self, intent: Intent) -> DecisionPreview:
        """Say what a decision would do; changes nothing."""
        from riskcockpit.services import (  # noqa: PLC0415 - only deciding needs them
            decide,
            releasing,
            rollback,
        )

        ctx = self._ctx
        match intent:
            case Waive(findings, reason, justification, expires_at):
                return decide.plan_waiver(ctx, findings, reason, justification, expires_at)
            case RollBack(model, to):
                return rollback.plan_rollback(ctx, model, to)
            case Approve(request, comment):
                return decide.plan_approve(ctx, request, comment)
            case Reject(request, comment):
                return decide.plan_reject(ctx, request, comment)
            case Release(scan):
                return releasing.plan_release(ctx, scan)[0]
            case Undo(decision):
                return decide.plan_undo(ctx, decision)
            case Note(subject, text):
                return decide.plan_note(ctx, subject, text)

    def decide(self, intent: Intent) -> DecisionResult:
        """Take a decision: sign it, and do what it allows upstream."""
        from riskcockpit.services import (  # noqa: PLC0415 - only deciding needs them
            decide,
            releasing,
            rollback,
        )

        ctx = self._ctx
        match intent:
            case Waive(findings, reason, justification, expires_at):
                return decide.waive(ctx, findings, reason, justification, expires_at)
            case RollBack(model, to):
                return rollback.rollback(ctx, model, to)
            case Approve(request, comment):
                return decide.approve(ctx, request, comment)
            case Reject(request, comment):
                return decide.reject(ctx, request, comment)
            case Release(scan):
                return releasing.release(ctx, scan)[0]
            case Undo(decision):
                return decide.undo(ctx, decision)
            case Note(subject, text):
                return decide.note(ctx, subject, text)

    # the end

    def interrupt(self) -> None:
        """Stop every running question over findings; the others are short."""
        reader = self._reader
        if reader is not None:
            reader.interrupt()

    def close(self) -> None:
        """Let go of every generation."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
