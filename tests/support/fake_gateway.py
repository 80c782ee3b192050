"""A gateway with fixed data: an ordinary morning at a bank, a hostile one, or nothing at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from riskcockpit.domain.decision import Decision, DecisionState, EntryType
from riskcockpit.domain.finding import FindingClass, Location, State
from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.reading import Direction, MetricClass
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import QueryError, RefusedError, UnknownNameError
from riskcockpit.tui.api import About, Approve, Intent, Note, Reject, RollBack, Undo, Waive
from riskcockpit.views.findings import (
    FindingDetail,
    FindingEventView,
    FindingPage,
    FindingRow,
    FindingSet,
    WaiverView,
)
from riskcockpit.views.governance import (
    ActionRow,
    ControlView,
    DecisionPreview,
    DecisionResult,
    LedgerProblem,
    LedgerRow,
    VerifyReport,
)
from riskcockpit.views.models import MetricView, ModelDetail, ModelRow, TimelineEvent, VersionView
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

HOSTILE = (
    "[@click=app.quit]x[/] \x1b]52;c;ZXZpbA==\x07",
    "[@click=app.approve('FND-1')]see advisory[/]",
    "[/]",
    "[/red]",
    "[/a/b]",
    "[link=http://x]y[/link]",
    "[$foo]x[/]",
    "[@click=(]x[/]",
    "[b + x",
    "\x1b]2;owned\x07title",
    "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\",
    "\x1bPq#0\x1b\\",
    "\x9b31mC1",
    "\u202eevil\u202c",
    "zero\u200bwidth",
    "nul\x00del\x7f",
    "lone \ud800 surrogate",
    "e" + "\u0301" * 40,
    "wide 漢字 and 👩‍👩‍👧 emoji",
    "$(rm -rf x) =1+1",
    "line\nbreak\ttab\rreturn\x85nel",
    "W" * 100_000,
)
"""Texts that try to act, to crash, to leak or to break the layout."""


def euros(amount: float) -> Money:
    return Money(Decimal(str(amount)), "EUR")


def _kpi(
    name: str, value: float | None, target: float, unit: str, direction: Direction,
    state: KpiState, trend: tuple[float | None, ...],
) -> KpiView:  # fmt: skip
    return KpiView(
        name.replace(" ", "_"), name, f"{name}, over the last 30 days", unit, value, target,
        direction, state, NOW - timedelta(minutes=4), 240, trend,
    )  # fmt: skip


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
            Pillar.DATA_INTEGRITY, KpiState.OK, "", euros(412_000), euros(-38_000),
            (
                _kpi("data checks passing", 99.4, 99, "percent", least, KpiState.OK, _wave(98.2, 99.4, (0, 0.2))),
                _kpi("oldest tier-1 validation", 9.5, 24, "hours", most, KpiState.OK, _wave(14, 9, (0, 3, 1))),
            ),
            41, 0, 6, NOW - timedelta(minutes=12),
        ),
        PillarView(
            Pillar.MODEL_VALIDATION, KpiState.ALARM,
            "fraud-scoring v7: accuracy 0.81 below 0.90 for 2 windows", euros(3_120_000), euros(1_100_000),
            (
                _kpi("drift detection time p95", 6, 15, "minutes", most, KpiState.OK, _wave(11, 6, (0, 1))),
                _kpi("models with fresh telemetry", 83.3, 100, "percent", least, KpiState.ALARM, _wave(100, 83.3)),
            ),
            3, 2, 6, NOW,
        ),
        PillarView(
            Pillar.INFRASTRUCTURE_HARDENING, KpiState.WARN, "mean time to remediate 61 h, target 48 h",
            euros(1_900_000), euros(64_000),
            (
                _kpi("mean time to remediate", 61, 48, "hours", most, KpiState.WARN, _wave(38, 61, (0, 2, -1))),
                _kpi("open KEV-listed or critical", 3, 0, "count", most, KpiState.ALARM, (2, 2, 2, 3, 5, 5, 4, 4, 3, 3)),
            ),
            2_847, 1, 8, NOW - timedelta(hours=2),
        ),
        PillarView(
            Pillar.COMPLIANCE_AUTOMATION, KpiState.OK, "", euros(210_000), euros(0),
            (
                _kpi("controls passing", 98.6, 98, "percent", least, KpiState.OK, _wave(96.5, 98.6)),
                _kpi("evidence latency p95", 22, 60, "seconds", most, KpiState.OK, _wave(40, 22, (0, 6))),
            ),
            18, 0, 9, NOW,
        ),
        PillarView(
            Pillar.INCIDENT_RESPONSE, KpiState.NO_DATA, "no incident source is configured", euros(0), None,
            (_kpi("time to acknowledge", None, 15, "minutes", most, KpiState.NO_DATA, ()),),
            0, 0, 4, None,
        ),
    )  # fmt: skip


def queue() -> tuple[QueueItem, ...]:
    return (
        QueueItem(
            "model:fraud-scoring", QueueKind.MODEL_ALARM, "fraud-scoring v7",
            "accuracy 0.81 < 0.90 for 2 windows, roll back to v6 ready", NOW - timedelta(minutes=4),
            None, euros(2_400_000), KpiState.ALARM, "fraud-scoring", ("r", "n"),
        ),
        QueueItem(
            "request:w31", QueueKind.WAIVER_REQUEST, "waiver for 14 findings",
            "payments-api, asked by dev-3, needs a second person", NOW - timedelta(hours=2),
            NOW + timedelta(hours=22), euros(310_000), KpiState.WARN, "a1b2c3d4e5f60718", ("a", "X", "n"),
        ),
        QueueItem(
            "sla:f00", QueueKind.SLA, "CVE-2024-3094",
            "KEV-listed, 3 images, owner platform", NOW - timedelta(days=3),
            NOW + timedelta(hours=9), euros(900_000), KpiState.WARN, _id(0), ("w", "n"),
        ),
        QueueItem(
            "rollback:churn", QueueKind.ROLLBACK_REQUEST, "roll back churn to v3",
            "asked by dev-1, production needs an approver", NOW - timedelta(minutes=35),
            None, euros(120_000), KpiState.WARN, "b1b2c3d4e5f60718", ("a", "X", "n"),
        ),
        QueueItem(
            "held:1", QueueKind.IMPORT_HELD, "import held: trivy over payments-api",
            "would close 212 of 240 findings, the report looks partial", NOW - timedelta(hours=5),
            None, None, KpiState.WARN, "scan-1", (),
        ),
    )  # fmt: skip


def sources() -> tuple[SourceView, ...]:
    def minutes(number: float) -> datetime:
        return NOW - timedelta(minutes=number)

    return (
        SourceView("registry", "mlflow", "ok", minutes(0.2), minutes(0.2), 31),
        SourceView("metrics", "prometheus", "ok", minutes(0.2), minutes(0.2), 1_240),
        SourceView(
            "reports", "files", "partial", minutes(2), minutes(2), 2_911,
            "1 of 14 files could not be read", "riskcockpit import --json names it",
        ),
        SourceView(
            "staging-registry", "mlflow", "failed", minutes(1_700), minutes(3), 12,
            "connection refused", "check url in riskcockpit.yaml",
        ),
    )  # fmt: skip


def posture() -> PostureView:
    return PostureView(
        NOW, 42, "demo-bank", False, "eng", pillars(),
        ExposureView(
            euros(6_200_000), None, euros(15_000_000), euros(1_100_000), "fraud-scoring v7",
            euros(240_000),
        ),
        queue(), sources(), LedgerState(True, 128, "9f" * 16),
    )  # fmt: skip


_TITLES = (
    ("CVE-2024-3094 in liblzma5: malicious code in xz", Severity.CRITICAL, "trivy", "pkg"),
    ("SQL statement built from request parameter", Severity.HIGH, "semgrep", "code"),
    ("S3 bucket allows public reads", Severity.HIGH, "checkov", "code"),
    ("fraud-scoring: accuracy below threshold", Severity.HIGH, "monitor", "model"),
    ("Jinja2 template without autoescape", Severity.MEDIUM, "bandit", "code"),
    ("CVE-2023-45853 in zlib1g: integer overflow", Severity.MEDIUM, "trivy", "pkg"),
    ("container runs as root", Severity.LOW, "checkov", "code"),
    ("debug endpoint answers without authentication", Severity.HIGH, "zap", "code"),
)
_ASSETS = ("payments-api", "lending-web", "onboarding-face-match", "core-ledger")
_OWNERS = ("payments", "lending", "platform", "")


def _id(index: int) -> str:
    return f"{index * 2_654_435_761 % 2**64:016x}{index:016x}"


def finding_row(index: int) -> FindingRow:
    title, severity, tool, kind = _TITLES[index % len(_TITLES)]
    seen = NOW - timedelta(hours=3 + index * 7)
    state = (State.OPEN, State.OPEN, State.TRIAGE, State.OPEN, State.WAIVED)[index % 5]
    return FindingRow(
        _id(index), title, severity, state,
        Pillar.MODEL_VALIDATION if kind == "model" else Pillar.INFRASTRUCTURE_HARDENING,
        FindingClass.DEPENDENCY if kind == "pkg" else FindingClass.CODE,
        _ASSETS[index % 4], _OWNERS[index % 4], tool, f"{tool}.rule-{index % 8}",
        "" if kind == "pkg" else f"src/{_ASSETS[index % 4]}/handlers/h{index % 17}.py",
        None if kind == "pkg" else 12 + index % 300,
        "liblzma5 5.6.0-0.2" if kind == "pkg" else "",
        "CVE-2024-3094" if kind == "pkg" else "", seen, NOW - timedelta(hours=1),
        seen + timedelta(days=7), NOW + timedelta(days=20) if state is State.WAIVED else None,
        euros(900_000 / (1 + index)), index % 8 == 0, index % 23 == 5,
    )  # fmt: skip


def hostile_row(index: int) -> FindingRow:
    text = HOSTILE[index % len(HOSTILE)]
    return replace(
        finding_row(index), title=text, asset=text, owner=text, tool=text, rule=text, path=text,
        package=text, vulnerability=text,
    )  # fmt: skip


def detail_of(row: FindingRow) -> FindingDetail:
    extra = row.title if row.title in HOSTILE else ""
    return FindingDetail(
        row, extra or "A value from the request reaches the statement without being bound. "
        "An attacker can read or change any row the service may see.",
        extra or "https://example.org/rules/sql", extra or "ERROR",
        extra or "rule.properties.security-severity", (row.vulnerability,) if row.vulnerability else (),
        "5.6.1" if row.package else "", (89, 20), 9.8, 0.87,
        (
            Location(
                row.path, row.line, 9, None,
                extra or "def find(name):\n    query = f\"select * from t where n = '{name}'\"\n    return run(query)",
            ),
        ),
        "", "", "", row.first_seen, None, None, 1,
        (
            FindingEventView(row.last_seen, "seen", extra or "scan of main"),
            FindingEventView(NOW - timedelta(days=2), "reopened", extra or "seen again after 9 d"),
            FindingEventView(row.first_seen, "created", extra or "first import"),
        ),
        (
            WaiverView(
                "c0ffee" * 5, "expired", "risk_accepted", extra or "behind the gateway until the release",
                extra or "dev-3", extra or "risk-1", NOW - timedelta(days=40), NOW - timedelta(days=10), 14,
            ),
        ),
        (finding_row(8),), (extra or "infra.kev-open",), '{"ruleId": "x"}',
    )  # fmt: skip


def model_rows() -> tuple[ModelRow, ...]:
    return (
        _model("fraud-scoring", 1, "payments", KpiState.ALARM, 7, 6, 0.81, 0.90, euros(2_400_000)),
        _model("credit-default", 1, "lending", KpiState.OK, 12, 11, 0.93, 0.88, euros(310_000)),
        _model("aml", 1, "payments", KpiState.WARN, 4, 3, 0.91, 0.90, euros(240_000)),
        _model("face-match", 2, "onboarding", KpiState.OK, 9, 8, 0.991, 0.98, euros(90_000)),
        _model("chatbot", 3, "onboarding", KpiState.NO_DATA, None, None, None, None, euros(0)),
        _model("churn", 3, "lending", KpiState.OK, 5, 3, 0.77, 0.70, euros(12_000)),
    )


def _model(
    name: str, tier: int, domain: str, state: KpiState, champion: int | None, target: int | None,
    accuracy: float | None, threshold: float | None, exposure: Money,
) -> ModelRow:  # fmt: skip
    metrics: tuple[MetricView, ...] = ()
    if accuracy is not None and threshold is not None:
        is_bad = accuracy < threshold
        metrics = (
            MetricView(
                "accuracy", MetricClass.ACCURACY, "", champion, accuracy, "ratio", threshold,
                Direction.AT_LEAST, KpiState.ALARM if is_bad else KpiState.OK,
                NOW - timedelta(seconds=20),
                tuple(
                    (
                        NOW - timedelta(minutes=5 * (119 - i)),
                        accuracy + (threshold + 0.04 - accuracy) * max(0, 90 - i) / 90
                        + (0.004 if i % 7 == 0 else 0),
                    )
                    for i in range(120)
                ),
            ),
            MetricView(
                "equal_opportunity_gap", MetricClass.BIAS, "age>60", champion, 0.04, "ratio", 0.10,
                Direction.AT_MOST, KpiState.OK, NOW - timedelta(seconds=20),
                tuple((NOW - timedelta(minutes=5 * (59 - i)), 0.03 + 0.0002 * i) for i in range(60)),
            ),
            MetricView(
                "psi", MetricClass.DRIFT, "amount", champion, 0.27 if is_bad else 0.08, "ratio", 0.2,
                Direction.AT_MOST, KpiState.ALARM if is_bad else KpiState.OK,
                NOW - timedelta(seconds=20),
                tuple((NOW - timedelta(minutes=5 * (59 - i)), 0.08 + 0.003 * i) for i in range(60)),
            ),
        )  # fmt: skip
    return ModelRow(
        name, tier, f"{domain}-ml", domain, state,
        f"accuracy {accuracy} below {threshold} for 2 windows" if state is KpiState.ALARM else "",
        champion, NOW - timedelta(days=6) if champion else None, target, exposure, metrics,
    )  # fmt: skip


def model_detail(row: ModelRow) -> ModelDetail:
    champion = row.champion or 1
    versions = tuple(
        VersionView(
            number, "READY", ("champion",) if number == champion else (),
            NOW - timedelta(days=6 + 30 * (champion - number)), number != champion - 2, False,
            "validator-2" if number != champion - 2 else "", f"run{number:04d}" * 4, "trainer",
            (("transactions-2026-q3", "sha256:" + "9ab1" * 8),),
            {"max_depth": "8", "learning_rate": "0.05"}, {"auc": 0.95, "accuracy": 0.93},
            "explain/shap.html" if number != champion - 2 else "",
        )
        for number in range(champion, max(0, champion - 4), -1)
    )  # fmt: skip
    return ModelDetail(
        row, "Scores card payments for fraud before they are authorised.", versions,
        (
            TimelineEvent(NOW - timedelta(minutes=4), "alarm", "accuracy 0.81 below 0.90"),
            TimelineEvent(NOW - timedelta(days=6), "champion", f"v{champion} serves production"),
            TimelineEvent(NOW - timedelta(days=7), "approval", f"v{champion} approved by validator-2"),
        ),
    )  # fmt: skip


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
            f"{i * 48_271 % 2**31:08x}" * 8, "eng@bastion-2", 128 - i, NOW - timedelta(minutes=11 * i),
            "eng" if i % 3 else "automation", kinds[i % 6][0], f"subject-{i}", kinds[i % 6][1], "{}",
        )
        for i in range(60)
    )  # fmt: skip


def actions() -> tuple[ActionRow, ...]:
    return (
        ActionRow(
            "ab" * 16, "model.rollback", "registry", "churn@champion", "done", "read back: champion 3",
            "eng", NOW - timedelta(hours=3), NOW - timedelta(hours=3), {"from": "5", "to": "3"},
        ),
        ActionRow(
            "cd" * 16, "model.rollback", "staging-registry", "aml@champion", "unknown",
            "timed out; the alias could not be read back", "eng", NOW - timedelta(minutes=9),
            NOW - timedelta(minutes=8), {"from": "5", "to": "4"},
        ),
    )  # fmt: skip


def controls() -> tuple[ControlView, ...]:
    return (
        ControlView(
            "models.champion-approved", "Champions are validated and approved", "model_validation", "high",
            {"sr-26-2": ("4.1",)}, "alarm", "", 5, 1, NOW,
        ),
        ControlView(
            "models.telemetry-fresh", "Production models send readings", "model_validation", "high",
            {}, "stale", "readings are 3 h old", 0, 0, NOW,
        ),
        ControlView(
            "infra.kev-open", "No KEV-listed vulnerability is open", "infrastructure_hardening",
            "critical", {}, "alarm", "", 11, 3, NOW,
        ),
        ControlView(
            "data.checks", "Data checks pass", "data_integrity", "high", {}, "ok", "", 41, 0, NOW
        ),
    )  # fmt: skip


@dataclass
class FakeGateway:
    """Answers at once from fixed data; remembers what it was asked to decide."""

    total: int = 3_000
    make_row: Callable[[int], FindingRow] = finding_row
    view: PostureView = field(default_factory=posture)
    about: About = About("demo-bank", False, "eng", "bastion-2")
    decided: list[Intent] = field(default_factory=list)
    planned: list[Intent] = field(default_factory=list)
    blockers: tuple[str, ...] = ()
    failure: Exception | None = None
    """Raised by every question when set."""
    gate: threading.Event | None = None
    """Every question waits for it when set."""
    verified: VerifyReport = VerifyReport(1, 128, 2, (), (("eng@bastion-2", "9f" * 32),))
    number: int = 42
    models_shown: tuple[ModelRow, ...] = field(default_factory=model_rows)
    entries: tuple[LedgerRow, ...] = field(default_factory=ledger_rows)
    pages_asked: list[int] = field(default_factory=list)
    interrupted: int = 0
    refusal: RefusedError | None = None
    query_words: tuple[str, ...] = ("severity>=high", "state:open", "owner:", "asset:", "age>48h")

    def _wait(self) -> None:
        if self.gate is not None:
            self.gate.wait(10)
        if self.failure is not None:
            raise self.failure

    def now(self) -> datetime:
        return NOW

    def generation(self) -> int:
        return self.number

    def posture(self) -> PostureView:
        self._wait()
        return self.view

    def open_findings(self, query: str) -> FindingSet:
        self._wait()
        if "bogus" in query:
            raise QueryError(
                'unknown field "bogus"', position=query.index("bogus"), hint='did you mean "owner"?'
            )
        total = 0 if "nothing" in query else self.total // 10 if "severity" in query else self.total
        return FindingSet(f"{self.number}:{query}", self.number, query, total)

    def page(self, found: FindingSet, start: int, count: int) -> FindingPage:
        self._wait()
        self.pages_asked.append(start)
        stop = min(start + count, found.total)
        rows = [self.make_row(index) for index in range(start, stop)]
        if "sort:-" in found.query:
            rows = [self.make_row(found.total - 1 - index) for index in range(start, stop)]
        return FindingPage(found.id, start, tuple(rows))

    def position(self, found: FindingSet, finding: str) -> int | None:
        index = int(finding[16:], 16)
        if index >= found.total:
            return None
        return found.total - 1 - index if "sort:-" in found.query else index

    def ids(self, query: str) -> tuple[str, ...]:
        return tuple(_id(index) for index in range(self.open_findings(query).total))

    def finding(self, finding: str) -> FindingDetail:
        self._wait()
        if len(finding) != 32:
            raise UnknownNameError(f"no finding {finding}", hint="riskcockpit findings list")
        return detail_of(self.make_row(int(finding[16:], 16)))

    def models(self) -> tuple[ModelRow, ...]:
        self._wait()
        return self.models_shown

    def model(self, name: str) -> ModelDetail:
        self._wait()
        for row in self.models_shown:
            if row.name == name:
                return model_detail(row)
        raise UnknownNameError(f"no model {name}", hint="riskcockpit models list")

    def ledger(self, limit: int) -> tuple[LedgerRow, ...]:
        self._wait()
        return self.entries[:limit]

    def verify(self) -> VerifyReport:
        self._wait()
        return self.verified

    def actions(self) -> tuple[ActionRow, ...]:
        self._wait()
        return actions()

    def controls(self) -> tuple[ControlView, ...]:
        self._wait()
        return controls()

    def plan(self, intent: Intent) -> DecisionPreview:
        self._wait()
        self.planned.append(intent)
        production = self.about.is_production
        match intent:
            case RollBack(model, _):
                return DecisionPreview(
                    f"Roll back {model}", f"{model} serves version 6 instead of 7 from now on.",
                    f"{model}@champion", self.about.context, production,
                    (
                        f"POST /api/2.0/mlflow/registered-models/alias name={model} alias=champion version=6",
                        f"GET /api/2.0/mlflow/registered-models/alias?name={model}&alias=champion",
                    ),
                    "models.rollback", () if not production else ("a second person with the role approver",),
                    self.blockers, (), (), 0, euros(2_400_000),
                    (
                        ("from", "version 7, champion for 6 d"),
                        ("to", "version 6, READY, approved by validator-2"),
                        ("why it is safe", "v6 held accuracy ≥ 0.94 for 30 d; v7 is still the champion"),
                    ),
                )  # fmt: skip
            case Waive(findings=ids):
                rows = tuple(self.make_row(int(each[16:], 16)) for each in ids[:20])
                return DecisionPreview(
                    f"Waive {len(ids)} findings", f"Nobody is asked to fix {len(ids)} findings until then.",
                    rows[0].asset if rows else "", self.about.context, production, (), "waivers.high",
                    ("a second person with the role risk_owner",), self.blockers,
                    ("3 of them are critical: at most 30 d",), rows, len(ids), euros(310_000),
                )  # fmt: skip
            case _:
                return DecisionPreview(
                    f"{type(intent).__name__} request", "The request is signed.", "a1b2c3d4e5",
                    self.about.context, production, (), "approvals.any", (), self.blockers,
                )  # fmt: skip

    def decide(self, intent: Intent) -> DecisionResult:
        self._wait()
        if self.refusal is not None:
            raise self.refusal
        self.decided.append(intent)
        type_ = {
            Waive: EntryType.WAIVER_REQUESTED,
            RollBack: EntryType.ROLLBACK_EXECUTED,
            Approve: EntryType.APPROVAL_GRANTED,
            Reject: EntryType.APPROVAL_REJECTED,
            Undo: EntryType.UNDO,
            Note: EntryType.NOTE,
        }[type(intent)]
        return DecisionResult(
            Decision("de" * 16, type_, DecisionState.GRANTED, "eng", NOW, "models.rollback"),
            actions()[:1] if isinstance(intent, RollBack) else (),
            "champion is version 6, read back" if isinstance(intent, RollBack) else "signed",
        )

    def interrupt(self) -> None:
        self.interrupted += 1
        if self.gate is not None:
            self.gate.set()

    def close(self) -> None:
        pass


def empty() -> FakeGateway:
    """A cockpit before the first sync."""
    view = replace(
        posture(), generation=0, pillars=(), queue=(), sources=(),
        ledger=LedgerState(True, 0, ""),
    )  # fmt: skip
    return FakeGateway(total=0, view=view, number=0, models_shown=(), entries=())


def hostile() -> FakeGateway:
    """Every text from outside tries to act."""
    text = HOSTILE
    view = posture()
    items = tuple(
        replace(item, title=text[i], detail=text[i + 3]) for i, item in enumerate(view.queue)
    )
    names = tuple(
        replace(source, name=text[i], kind=text[i + 1], message=text[i + 2], hint=text[i + 9])
        for i, source in enumerate(view.sources)
    )
    models = tuple(
        replace(row, name=text[i], owner=text[i + 4], domain=text[i + 8], reason=text[i + 10])
        for i, row in enumerate(model_rows())
    )
    entries = tuple(
        replace(row, actor=text[i % 20], summary=text[i % 20], chain=text[(i + 3) % 20])
        for i, row in enumerate(ledger_rows())
    )
    return FakeGateway(
        make_row=hostile_row,
        view=replace(
            view, queue=items, sources=names, exposure=replace(view.exposure, driver=text[0])
        ),
        about=About(text[3], False, text[0], text[9]),
        models_shown=models,
        entries=entries,
        verified=VerifyReport(1, 2, 0, (LedgerProblem(text[0], 1, text[1]),), ()),
    )
