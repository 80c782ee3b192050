"""Deployments of the bank: one that is traceable, one with gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from riskcockpit.domain.traceability import Gap, Link
from riskcockpit.views.trace import DeliveryRecord, TraceRow, TraceView
from support.bank_posture import NOW


def deployments() -> tuple[TraceRow, ...]:
    at = NOW - timedelta(hours=3)
    whole = TraceRow(
        "3c" * 16, "github", "payments-api", "production", "success", at, "9f" * 20, "dev-3", ()
    )
    gap = Gap(Link.APPROVAL, "nobody approved it", "protect the environment")
    return (whole, replace(whole, id="4d" * 16, asset="lending-web", commit="", gaps=(gap,)))


def chain(row: TraceRow) -> TraceView:
    record = DeliveryRecord(
        row.id, row.source, "4812", row.asset, row.environment, True, row.status, row.commit,
        "main", "run 88", "", (), row.actor, row.at, row.at,
    )  # fmt: skip
    return TraceView(row, "", (record,), (), (), None, ())


def hostile_deployments(text: Sequence[str]) -> tuple[TraceRow, ...]:
    """Every text of a deployment tries to act."""
    return tuple(
        replace(
            row, source=text[at], asset=text[at + 3], environment=text[at + 5], actor=text[at + 9],
            commit=text[at + 2], gaps=tuple(Gap(Link.COMMIT, each, each) for each in text),
        )
        for at, row in enumerate(deployments())
    )  # fmt: skip


class FakeDeliveries:
    """Answers what the cockpit asks of deployments."""

    deployments_shown: tuple[TraceRow, ...]

    def _wait(self) -> None:
        raise NotImplementedError

    def deployments(self) -> tuple[TraceRow, ...]:
        self._wait()
        return self.deployments_shown

    def deployment(self, name: str) -> TraceView:
        self._wait()
        return chain(next(row for row in self.deployments_shown if row.id == name))
