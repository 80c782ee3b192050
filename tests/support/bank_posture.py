"""An ordinary morning at a bank: the overview."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.reading import Direction
from riskcockpit.views.posture import (
    ExposureView,
    KpiView,
    LedgerState,
    PillarView,
    PostureView,
    QueueItem,
    QueueKind,
    SourceView,
)

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)


def finding_id(index: int) -> str:
    return f"{index * 2_654_435_761 % 2**64:016x}{index:016x}"


def euros(amount: float) -> Money:
    return Money(Decimal(str(amount)), "EUR")


def _kpi(  # noqa: PLR0917 - a row of a table
    name: str,
    value: float | None,
    target: float,
    unit: str,
    direction: Direction,
    state: KpiState,
    trend: tuple[float | None, ...],
) -> KpiView:
    return KpiView(
        name.replace(" ", "_"),
        name,
        f"{name}, over the last 30 days",
        unit,
        value,
        target,
        direction,
        state,
        NOW - timedelta(minutes=4),
        240,
        trend,
    )


def _wave(start: float, end: float, bumps: tuple[float, ...] = ()) -> tuple[float | None, ...]:
    steps = 30
    return tuple(
        start + (end - start) * i / (steps - 1) + (bumps[i % len(bumps)] if bumps else 0.0)
        for i in range(steps)
    )


def pillars() -> tuple[PillarView, ...]:
    least, most = Direction.AT_LEAST, Direction.AT_MOST
    return (
        PillarView(
            Pillar.DATA_INTEGRITY,
            KpiState.OK,
            "",
            euros(412_000),
            euros(-38_000),
            (
                _kpi(
                    "data checks passing",
                    99.4,
                    99,
                    "percent",
                    least,
                    KpiState.OK,
                    _wave(98.2, 99.4, (0, 0.2)),
                ),
                _kpi(
                    "oldest tier-1 validation",
                    9.5,
                    24,
                    "hours",
                    most,
                    KpiState.OK,
                    _wave(14, 9, (0, 3, 1)),
                ),
            ),
            41,
            0,
            6,
            NOW - timedelta(minutes=12),
        ),
        PillarView(
            Pillar.MODEL_VALIDATION,
            KpiState.ALARM,
            "fraud-scoring v7: accuracy 0.81 below 0.90 for 2 windows",
            euros(3_120_000),
            euros(1_100_000),
            (
                _kpi(
                    "drift detection time p95",
                    6,
                    15,
                    "minutes",
                    most,
                    KpiState.OK,
                    _wave(11, 6, (0, 1)),
                ),
                _kpi(
                    "models with fresh telemetry",
                    83.3,
                    100,
                    "percent",
                    least,
                    KpiState.ALARM,
                    _wave(100, 83.3),
                ),
            ),
            3,
            2,
            6,
            NOW,
        ),
        PillarView(
            Pillar.INFRASTRUCTURE_HARDENING,
            KpiState.WARN,
            "mean time to remediate 61 h, target 48 h",
            euros(1_900_000),
            euros(64_000),
            (
                _kpi(
                    "mean time to remediate",
                    61,
                    48,
                    "hours",
                    most,
                    KpiState.WARN,
                    _wave(38, 61, (0, 2, -1)),
                ),
                _kpi(
                    "open KEV-listed or critical",
                    3,
                    0,
                    "count",
                    most,
                    KpiState.ALARM,
                    (2, 2, 2, 3, 5, 5, 4, 4, 3, 3),
                ),
            ),
            2_847,
            1,
            8,
            NOW - timedelta(hours=2),
        ),
        PillarView(
            Pillar.COMPLIANCE_AUTOMATION,
            KpiState.OK,
            "",
            euros(210_000),
            euros(0),
            (
                _kpi(
                    "controls passing", 98.6, 98, "percent", least, KpiState.OK, _wave(96.5, 98.6)
                ),
                _kpi(
                    "evidence latency p95",
                    22,
                    60,
                    "seconds",
                    most,
                    KpiState.OK,
                    _wave(40, 22, (0, 6)),
                ),
            ),
            18,
            0,
            9,
            NOW,
        ),
        PillarView(
            Pillar.INCIDENT_RESPONSE,
            KpiState.NO_DATA,
            "no incident source is configured",
            euros(0),
            None,
            (_kpi("time to acknowledge", None, 15, "minutes", most, KpiState.NO_DATA, ()),),
            0,
            0,
            4,
            None,
        ),
    )


def queue() -> tuple[QueueItem, ...]:
    return (
        QueueItem(
            "model:fraud-scoring",
            QueueKind.MODEL_ALARM,
            "fraud-scoring v7",
            "accuracy 0.81 < 0.90 for 2 windows, roll back to v6 ready",
            NOW - timedelta(minutes=4),
            None,
            euros(2_400_000),
            KpiState.ALARM,
            "fraud-scoring",
            ("r", "n"),
        ),
        QueueItem(
            "request:w31",
            QueueKind.WAIVER_REQUEST,
            "waiver for 14 findings",
            "payments-api, asked by dev-3, needs a second person",
            NOW - timedelta(hours=2),
            NOW + timedelta(hours=22),
            euros(310_000),
            KpiState.WARN,
            "a1b2c3d4e5f60718",
            ("a", "X", "n"),
        ),
        QueueItem(
            "sla:f00",
            QueueKind.SLA,
            "CVE-2024-3094",
            "KEV-listed, 3 images, owner platform",
            NOW - timedelta(days=3),
            NOW + timedelta(hours=9),
            euros(900_000),
            KpiState.WARN,
            finding_id(0),
            ("w", "n"),
        ),
        QueueItem(
            "rollback:churn",
            QueueKind.ROLLBACK_REQUEST,
            "roll back churn to v3",
            "asked by dev-1, production needs an approver",
            NOW - timedelta(minutes=35),
            None,
            euros(120_000),
            KpiState.WARN,
            "b1b2c3d4e5f60718",
            ("a", "X", "n"),
        ),
        QueueItem(
            "held:1",
            QueueKind.IMPORT_HELD,
            "import held: trivy over payments-api",
            "would close 212 of 240 findings, the report looks partial",
            NOW - timedelta(hours=5),
            None,
            None,
            KpiState.WARN,
            "scan-1",
            (),
        ),
    )


def sources() -> tuple[SourceView, ...]:
    def minutes(number: float) -> datetime:
        return NOW - timedelta(minutes=number)

    return (
        SourceView("registry", "mlflow", "ok", minutes(0.2), minutes(0.2), 31),
        SourceView("metrics", "prometheus", "ok", minutes(0.2), minutes(0.2), 1_240),
        SourceView(
            "reports",
            "files",
            "partial",
            minutes(2),
            minutes(2),
            2_911,
            "1 of 14 files could not be read",
            "riskcockpit import --json names it",
        ),
        SourceView(
            "staging-registry",
            "mlflow",
            "failed",
            minutes(1_700),
            minutes(3),
            12,
            "connection refused",
            "check url in riskcockpit.yaml",
        ),
    )


def posture() -> PostureView:
    return PostureView(
        NOW,
        42,
        "demo-bank",
        False,
        "eng",
        pillars(),
        ExposureView(
            euros(6_200_000),
            None,
            euros(15_000_000),
            euros(1_100_000),
            "fraud-scoring v7",
            euros(240_000),
        ),
        queue(),
        sources(),
        LedgerState(True, 128, "9f" * 16),
    )
