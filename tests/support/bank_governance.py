"""An ordinary morning at a bank: models, ledger, actions, controls."""

from __future__ import annotations

from datetime import timedelta

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.domain.reading import Direction, MetricClass
from riskcockpit.views.governance import ActionRow, ControlView, LedgerRow
from riskcockpit.views.models import MetricView, ModelDetail, ModelRow, TimelineEvent, VersionView
from support.bank_posture import NOW, euros


def model_rows() -> tuple[ModelRow, ...]:
    return (
        _model("fraud-scoring", 1, "payments", KpiState.ALARM, 7, 6, 0.81, 0.90, euros(2_400_000)),
        _model("credit-default", 1, "lending", KpiState.OK, 12, 11, 0.93, 0.88, euros(310_000)),
        _model("aml", 1, "payments", KpiState.WARN, 4, 3, 0.91, 0.90, euros(240_000)),
        _model("face-match", 2, "onboarding", KpiState.OK, 9, 8, 0.991, 0.98, euros(90_000)),
        _model("chatbot", 3, "onboarding", KpiState.NO_DATA, None, None, None, None, euros(0)),
        _model("churn", 3, "lending", KpiState.OK, 5, 3, 0.77, 0.70, euros(12_000)),
    )


def _model(  # noqa: PLR0917 - a row of a table
    name: str,
    tier: int,
    domain: str,
    state: KpiState,
    champion: int | None,
    target: int | None,
    accuracy: float | None,
    threshold: float | None,
    exposure: Money,
) -> ModelRow:
    metrics: tuple[MetricView, ...] = ()
    if accuracy is not None and threshold is not None:
        is_bad = accuracy < threshold
        metrics = (
            MetricView(
                "accuracy",
                MetricClass.ACCURACY,
                "",
                champion,
                accuracy,
                "ratio",
                threshold,
                Direction.AT_LEAST,
                KpiState.ALARM if is_bad else KpiState.OK,
                NOW - timedelta(seconds=20),
                tuple(
                    (
                        NOW - timedelta(minutes=5 * (119 - i)),
                        accuracy
                        + (threshold + 0.04 - accuracy) * max(0, 90 - i) / 90
                        + (0.004 if i % 7 == 0 else 0),
                    )
                    for i in range(120)
                ),
            ),
            MetricView(
                "equal_opportunity_gap",
                MetricClass.BIAS,
                "age>60",
                champion,
                0.04,
                "ratio",
                0.10,
                Direction.AT_MOST,
                KpiState.OK,
                NOW - timedelta(seconds=20),
                tuple(
                    (NOW - timedelta(minutes=5 * (59 - i)), 0.03 + 0.0002 * i) for i in range(60)
                ),
            ),
            MetricView(
                "psi",
                MetricClass.DRIFT,
                "amount",
                champion,
                0.27 if is_bad else 0.08,
                "ratio",
                0.2,
                Direction.AT_MOST,
                KpiState.ALARM if is_bad else KpiState.OK,
                NOW - timedelta(seconds=20),
                tuple((NOW - timedelta(minutes=5 * (59 - i)), 0.08 + 0.003 * i) for i in range(60)),
            ),
        )
    return ModelRow(
        name,
        tier,
        f"{domain}-ml",
        domain,
        state,
        f"accuracy {accuracy} below {threshold} for 2 windows" if state is KpiState.ALARM else "",
        champion,
        NOW - timedelta(days=6) if champion else None,
        target,
        exposure,
        metrics,
    )


def model_detail(row: ModelRow) -> ModelDetail:
    champion = row.champion or 1
    versions = tuple(
        VersionView(
            number,
            "READY",
            ("champion",) if number == champion else (),
            NOW - timedelta(days=6 + 30 * (champion - number)),
            number != champion - 2,
            False,
            "validator-2" if number != champion - 2 else "",
            f"run{number:04d}" * 4,
            "trainer",
            (("transactions-2026-q3", "sha256:" + "9ab1" * 8),),
            {"max_depth": "8", "learning_rate": "0.05"},
            {"auc": 0.95, "accuracy": 0.93},
            "explain/shap.html" if number != champion - 2 else "",
        )
        for number in range(champion, max(0, champion - 4), -1)
    )
    return ModelDetail(
        row,
        "Scores card payments for fraud before they are authorised.",
        versions,
        (
            TimelineEvent(NOW - timedelta(minutes=4), "alarm", "accuracy 0.81 below 0.90"),
            TimelineEvent(NOW - timedelta(days=6), "champion", f"v{champion} serves production"),
            TimelineEvent(
                NOW - timedelta(days=7), "approval", f"v{champion} approved by validator-2"
            ),
        ),
    )


def ledger_rows() -> tuple[LedgerRow, ...]:
    kinds = (
        ("waiver.requested", "14 findings in payments-api, risk_accepted until 2026-12-20"),
        ("controls.evaluated", "33 controls, 3 failing"),
        ("sync.completed", "4 sources, 4,194 rows"),
        ("rollback.approved", "churn v5 → v3"),
        ("action.confirmed", "churn@champion reads 3"),
        ("note", "looked at xz with platform, patch on Thursday"),
    )
    return tuple(
        LedgerRow(
            f"{i * 48_271 % 2**31:08x}" * 8,
            "eng@bastion-2",
            128 - i,
            NOW - timedelta(minutes=11 * i),
            "eng" if i % 3 else "automation",
            kinds[i % 6][0],
            f"subject-{i}",
            kinds[i % 6][1],
            "{}",
        )
        for i in range(60)
    )


def actions() -> tuple[ActionRow, ...]:
    return (
        ActionRow(
            "ab" * 16,
            "model.rollback",
            "registry",
            "churn@champion",
            "done",
            "read back: champion 3",
            "eng",
            NOW - timedelta(hours=3),
            NOW - timedelta(hours=3),
            {"from": "5", "to": "3"},
        ),
        ActionRow(
            "cd" * 16,
            "model.rollback",
            "staging-registry",
            "aml@champion",
            "unknown",
            "timed out; the alias could not be read back",
            "eng",
            NOW - timedelta(minutes=9),
            NOW - timedelta(minutes=8),
            {"from": "5", "to": "4"},
        ),
    )


def controls() -> tuple[ControlView, ...]:
    return (
        ControlView(
            "models.champion-approved",
            "Champions are validated and approved",
            "model_validation",
            "high",
            {"sr-26-2": ("4.1",)},
            "alarm",
            "",
            5,
            1,
            NOW,
        ),
        ControlView(
            "models.telemetry-fresh",
            "Production models send readings",
            "model_validation",
            "high",
            {},
            "stale",
            "readings are 3 h old",
            0,
            0,
            NOW,
        ),
        ControlView(
            "infra.kev-open",
            "No KEV-listed vulnerability is open",
            "infrastructure_hardening",
            "critical",
            {},
            "alarm",
            "",
            11,
            3,
            NOW,
        ),
        ControlView(
            "data.checks", "Data checks pass", "data_integrity", "high", {}, "ok", "", 41, 0, NOW
        ),
    )
