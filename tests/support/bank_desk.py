"""What waits for people at the bank: waivers, requests, alerts, and what may be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from riskcockpit.errors import UnknownNameError
from riskcockpit.views.alerts import AlertDetail, AlertRow, DeliveryRow
from riskcockpit.views.findings import FindingRow
from riskcockpit.views.models import MoveTarget, VersionView
from riskcockpit.views.permissions import Permission
from riskcockpit.views.waivers import (
    CoveredFinding,
    RequestRow,
    WaiverDetail,
    WaiverRow,
    WaiverScope,
    WaiverStanding,
)
from support.bank_posture import NOW, euros, finding_id

MINE, THEIRS = "a1" * 32, "b2" * 32
"""Requests of this person and of another."""
ACTIVE, SUSPENDED = "c3" * 32, "d4" * 32
"""Waivers in force, and one that a control suspended."""


def waivers() -> tuple[WaiverRow, ...]:
    active = WaiverRow(
        id=ACTIVE, standing=WaiverStanding.ACTIVE, why="", kind="risk_acceptance",
        reason="risk_accepted", justification="behind the gateway until the route is retired",
        requester="eng", approvers=("risk-2",), risk_owner="payments",
        requested_at=NOW - timedelta(days=5), decided_at=NOW - timedelta(days=4),
        review_at=NOW + timedelta(days=9), expires_at=NOW + timedelta(days=16), is_ending=False,
        findings=14, covered=12, severity="high", exposure=euros(310_000),
        query="asset:payments-api severity:high", rule="waive-four-eyes",
        waived=timedelta(days=4),
    )  # fmt: skip
    suspended = replace(
        active, id=SUSPENDED, standing=WaiverStanding.SUSPENDED, covered=0, findings=2,
        why="the control data.checks alarms", kind="compensating_control",
        reason="compensating_control", severity="medium",
    )  # fmt: skip
    asked = replace(
        active, id=MINE, standing=WaiverStanding.REQUESTED, approvers=(), decided_at=None,
        waived=timedelta(), covered=0,
    )  # fmt: skip
    ending = replace(
        active, id="e5" * 32, is_ending=True, expires_at=NOW + timedelta(days=2), findings=1,
        covered=1, severity="low", requester="dev-3", approvers=(),
    )  # fmt: skip
    over = replace(
        active, id="f6" * 32, standing=WaiverStanding.EXPIRED, why="it ran out on 2026-04-30",
        expires_at=NOW - timedelta(days=4), covered=0,
    )  # fmt: skip
    return (asked, active, ending, suspended, over)


def revoked_waiver() -> WaiverRow:
    return replace(
        waivers()[1], standing=WaiverStanding.ENDED, why="revoked by risk-2", covered=0,
        ended_at=NOW - timedelta(hours=3),
    )  # fmt: skip


def waiver(row: WaiverRow) -> WaiverDetail:
    is_held = row.standing is WaiverStanding.SUSPENDED
    return WaiverDetail(
        row,
        (("kind", row.kind.replace("_", " ")), ("owner of the risk", row.risk_owner)),
        ("1 finding known to be exploited by now",) if row.id == ACTIVE else (),
        (
            CoveredFinding(
                finding_id(3), "CVE-2024-3094 in xz", "payments-api", "high", "waived",
                is_covered=True, why_not="",
            ),
            CoveredFinding(
                finding_id(4), "old TLS", "payments-api", "medium", "fixed", is_covered=False,
                why_not="fixed",
            ),
        ),
        {"data.checks": "alarm", "infra.kev-open": "ok"} if is_held else {},
    )  # fmt: skip


def requests() -> tuple[RequestRow, ...]:
    mine = RequestRow(
        id=MINE, kind="waiver", summary="14 findings waived until 2026-05-20", requester="eng",
        requested_at=NOW - timedelta(hours=2), rule="waive-four-eyes",
        why="nobody accepts a high risk alone", signed=("eng",),
        needs=("another person with the role risk_owner and a key of their own",), review_by=None,
        may_approve=False, why_not="eng has signed this already", could=("risk-2", "risk-3"),
    )  # fmt: skip
    theirs = replace(
        mine, id=THEIRS, kind="model.rollback", summary="fraud-scoring back to version 6",
        requester="dev-3", signed=("dev-3",), may_approve=True, why_not="", could=("eng",),
        requested_at=NOW - timedelta(minutes=4),
    )  # fmt: skip
    contested = replace(
        theirs, id="ab" * 32, kind="waiver", conflict="risk-2 approved and risk-3 rejected",
        summary="2 findings waived", needs=(), may_approve=False, why_not="the request is rejected",
        could=(),
    )  # fmt: skip
    return (mine, theirs, contested)


def alerts() -> tuple[AlertRow, ...]:
    grave = AlertRow(
        id="0123456789", key="model:fraud-scoring:accuracy", kind="model_breach",
        severity="critical", title="fraud-scoring is beyond its limits",
        detail="accuracy 0.81 is below 0.9", owner="payments-risk",
        since=NOW - timedelta(minutes=6), fate="sent", told_at=NOW - timedelta(minutes=5), times=1,
        recipient="risk-chat", acked_at=None, acked_by="", ended_at=None, held={},
        at_risk=Decimal(2_400_000), subject="fraud-scoring",
    )  # fmt: skip
    held = replace(
        grave, id="1234567890", key="sla:x", kind="sla", severity="high", title="overdue: xz",
        detail="due 3 d ago", fate="budget", told_at=None, times=0, held={"budget": 3},
        subject=finding_id(3), owner="", recipient="",
    )  # fmt: skip
    known = replace(
        held, id="2345678901", key="source:aws", kind="source_failed", title="aws is silent",
        fate="acknowledged", acked_at=NOW - timedelta(hours=1), acked_by="dev-3", subject="",
        held={},
    )  # fmt: skip
    return (grave, held, known)


def targets() -> tuple[MoveTarget, ...]:
    version = VersionView(
        6, "READY", (), NOW - timedelta(days=40), True, False, "validator-2", "run-6", "dev-3",
        (), {}, {"auc": 0.94, "recall": 0.81}, "",
    )  # fmt: skip
    old = replace(version, version=4, metrics={"auc": 0.9})
    bad = replace(version, version=5, is_rolled_back=True)
    return (
        MoveTarget(version, "", is_default=True, readings=(("accuracy", 0.941),)),
        MoveTarget(bad, "version 5 was rolled back itself", is_default=False),
        MoveTarget(old, "", is_default=False),
    )


def permitted(deed: str, why_not: str = "") -> Permission:
    """Return an answer by a rule."""
    return Permission(deed, why_not, "waive-four-eyes")


class FakeDesk:
    """Answers what the cockpit asks of decisions."""

    waivers_shown: tuple[WaiverRow, ...]
    requests_shown: tuple[RequestRow, ...]
    alerts_shown: tuple[AlertRow, ...]
    refused: dict[str, dict[str, str]]
    """What → deed → why it may not be done; all else may."""
    asked_permissions: list[str]
    make_row: Callable[[int], FindingRow]
    least: int
    """Characters a justification has at least."""

    def _wait(self) -> None:
        raise NotImplementedError

    def waivers(self) -> tuple[WaiverRow, ...]:
        self._wait()
        return self.waivers_shown

    def waiver(self, id_: str) -> WaiverDetail:
        self._wait()
        for row in self.waivers_shown:
            if row.id.startswith(id_):
                return waiver(row)
        raise UnknownNameError(f"no waiver {id_}", hint="riskcockpit waivers list")

    def waiver_scope(self, findings: tuple[str, ...]) -> WaiverScope:
        self._wait()
        rows = [self.make_row(i) for i in range(len(findings[:3]))]
        return WaiverScope(
            tuple((row.title, f"{row.asset} {row.path}") for row in rows), "high", 90,
            NOW + timedelta(days=91), (NOW + timedelta(days=90)).date(), self.least,
            len(findings),
        )  # fmt: skip

    def renewal_scope(self, waiver: str) -> WaiverScope:
        return self.waiver_scope(tuple(f"{waiver}-{number}" for number in range(4)))

    def requests(self) -> tuple[RequestRow, ...]:
        self._wait()
        return self.requests_shown

    def alerts(self) -> tuple[AlertRow, ...]:
        self._wait()
        return self.alerts_shown

    def alert(self, id_: str) -> AlertDetail:
        self._wait()
        for row in self.alerts_shown:
            if row.id.startswith(id_):
                told = DeliveryRow(
                    id="aa" * 5, channel="risk-chat", state="failed", severity=row.severity,
                    owner=row.owner, headline=row.title, alerts=(row.key,), created_at=NOW, at=NOW,
                    attempts=3, message=row.detail,
                )  # fmt: skip
                return AlertDetail(row, (told,))
        raise UnknownNameError(f"no alert {id_}", hint="riskcockpit alerts list")

    def permissions(self, subject: str) -> tuple[Permission, ...]:
        self._wait()
        self.asked_permissions.append(subject)
        deeds = ("waive", "approve", "reject", "renew", "revoke", "rollback", "note", "undo")
        why = self.refused.get(subject, {})
        return tuple(permitted(deed, why.get(deed, "")) for deed in deeds)

    def targets(self, model: str) -> tuple[MoveTarget, ...]:
        self._wait()
        return targets() if model else ()


def hostile_waivers(text: Sequence[str]) -> tuple[WaiverRow, ...]:
    """Every text of a waiver tries to act."""
    return tuple(
        replace(
            row, why=text[i], kind=text[i + 1], reason=text[i + 2], justification=text[i + 3],
            requester=text[i + 4], approvers=tuple(text), risk_owner=text[i + 5], query=text[i + 6],
        )
        for i, row in enumerate(waivers())
    )  # fmt: skip


def hostile_requests(text: Sequence[str]) -> tuple[RequestRow, ...]:
    """Every text of a request tries to act."""
    return tuple(
        replace(
            row, summary=text[i], requester=text[i + 1], rule=text[i + 2], why=text[i + 3],
            signed=tuple(text), needs=tuple(text), could=tuple(text), why_not=text[i + 4],
            conflict=text[i + 5],
        )
        for i, row in enumerate(requests())
    )  # fmt: skip


def hostile_alerts(text: Sequence[str]) -> tuple[AlertRow, ...]:
    """Every text of an alert tries to act."""
    return tuple(
        replace(
            row, title=text[i], detail=text[i + 1], owner=text[i + 2], recipient=text[i + 3],
            kind=text[i + 4], subject=text[i + 5], acked_by=text[i + 6], key=text[i + 7],
        )
        for i, row in enumerate(alerts())
    )  # fmt: skip
