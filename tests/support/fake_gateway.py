"""A gateway with fixed data: an ordinary morning at a bank, a hostile one, or nothing at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from riskcockpit.domain.decision import Decision, DecisionState, EntryType
from riskcockpit.domain.kpi import KpiRow
from riskcockpit.errors import (
    ConfigError,
    InputError,
    QueryError,
    RefusedError,
    StoreError,
    UnknownNameError,
)
from riskcockpit.exposure.model import ExposureModel, parse
from riskcockpit.tui.api import About, Names, Pulse, QueryField
from riskcockpit.tui.intents import (
    Acknowledge,
    AcknowledgeAlert,
    Approve,
    Intent,
    Note,
    Reject,
    Release,
    Renew,
    Revoke,
    RollBack,
    Undo,
    Waive,
)
from riskcockpit.views.alerts import AlertRow
from riskcockpit.views.compliance import FrameworkView
from riskcockpit.views.findings import FacetView, FindingDetail, FindingPage, FindingRow, FindingSet
from riskcockpit.views.governance import (
    ActionRow,
    ControlDetail,
    ControlView,
    DecisionPreview,
    DecisionResult,
    LedgerProblem,
    LedgerRow,
    VerifyReport,
)
from riskcockpit.views.incidents import IncidentView
from riskcockpit.views.kpis import KpiDetail
from riskcockpit.views.models import ModelDetail, ModelRow
from riskcockpit.views.posture import LedgerState, PostureView
from riskcockpit.views.syncing import SourceProgress
from riskcockpit.views.trace import TraceRow
from riskcockpit.views.waivers import RequestRow, WaiverRow
from support.bank_compliance import control_detail, frameworks, hostile_control, hostile_frameworks
from support.bank_deployments import FakeDeliveries, deployments, hostile_deployments
from support.bank_desk import (
    FakeDesk,
    alerts,
    hostile_alerts,
    hostile_requests,
    hostile_waivers,
    requests,
    waivers,
)
from support.bank_findings import detail_of, finding_row, hostile_row
from support.bank_governance import actions, controls, ledger_rows, model_detail, model_rows
from support.bank_incidents import FakeIncidents, hostile_incidents, incidents
from support.bank_posture import NOW, finding_id, posture
from support.bank_previews import preview
from support.hostile import HOSTILE

_SHIPPED = Path(__file__).resolve().parents[2] / "config" / "exposure.yaml"
SCENARIOS = parse(yaml.safe_load(_SHIPPED.read_text(encoding="utf-8")), "config/exposure.yaml")


@dataclass
class FakeGateway(FakeIncidents, FakeDeliveries, FakeDesk):
    """Answers at once from fixed data; remembers what it was asked to decide."""

    total: int = 3_000
    make_row: Callable[[int], FindingRow] = finding_row
    view: PostureView = field(default_factory=posture)
    about: About = field(default_factory=lambda: About("demo-bank", False, "eng", "bastion-2"))
    actions_shown: tuple[ActionRow, ...] = field(default_factory=actions)
    incidents_shown: tuple[IncidentView, ...] = field(default_factory=incidents)
    deployments_shown: tuple[TraceRow, ...] = field(default_factory=deployments)
    waivers_shown: tuple[WaiverRow, ...] = field(default_factory=waivers)
    requests_shown: tuple[RequestRow, ...] = field(default_factory=requests)
    alerts_shown: tuple[AlertRow, ...] = field(default_factory=alerts)
    refused: dict[str, dict[str, str]] = field(default_factory=dict)
    asked_permissions: list[str] = field(default_factory=list)
    least: int = 1
    ledger_number: int = 1
    decided: list[Intent] = field(default_factory=list)
    planned: list[Intent] = field(default_factory=list)
    blockers: tuple[str, ...] = ()
    failure: Exception | None = None
    """Raised by every question when set."""
    gate: threading.Event | None = None
    """Every question waits for it when set."""
    verified: VerifyReport = field(
        default_factory=lambda: VerifyReport(1, 128, 2, (), (("eng@bastion-2", "9f" * 32),))
    )
    number: int = 42
    settings: int = 1
    progress: tuple[SourceProgress, ...] = ()
    about_next: About | ConfigError | None = None
    """What reading the settings anew brings."""
    unlocked: int = 0
    """How often it was unlocked; 0: production is locked."""
    models_shown: tuple[ModelRow, ...] = field(default_factory=model_rows)
    entries: tuple[LedgerRow, ...] = field(default_factory=ledger_rows)
    pages_asked: list[int] = field(default_factory=list)
    frameworks_shown: tuple[FrameworkView, ...] = field(default_factory=frameworks)
    control_shown: ControlDetail | None = None
    """What every control is; None: the one that is asked for."""
    interrupted: int = 0
    synced: list[tuple[str, ...]] = field(default_factory=list)
    handed: list[tuple[str, str, str, str]] = field(default_factory=list)
    refuses_to_log: bool = False
    checkout: Path | None = None
    refusal: RefusedError | None = None
    query_fields: tuple[QueryField, ...] = (
        QueryField("severity", "how bad it is", ("critical", "high", "medium"), is_ordered=True),
        QueryField("state", "where it stands", ("open", "triage", "fixed")),
        QueryField("owner", "the team that answers for it", example="owner:payments"),
        QueryField("age", "time since it was first seen", is_ordered=True, example="age>48h"),
        QueryField("kev", "known to be exploited", ("true", "false"), is_flag=True),
    )
    known: Names = field(
        default_factory=lambda: Names(
            ("fraud-scoring", "aml", "churn"),
            ("data.checks", "infra.kev-open"),
            ("dora", "sr-26-2"),
            {"mine": "owner:payments state:open", "urgent": "severity>=high state:open"},
            {"owner": ("payments", "lending", "two words")},
        )
    )
    typed: list[str] = field(default_factory=list)
    """Commands of earlier runs."""
    drafts: dict[str, dict[str, str]] = field(default_factory=dict)

    def _wait(self) -> None:
        if self.gate is not None:
            self.gate.wait(10)
        if self.failure is not None:
            raise self.failure

    def names(self) -> Names:
        self._wait()
        return replace(self.known, values={})

    def query_values(self) -> Mapping[str, tuple[str, ...]]:
        self._wait()
        return self.known.values

    def views(self) -> Mapping[str, str]:
        self._wait()
        return self.known.views

    def faulty_views(self) -> Mapping[str, QueryError]:
        wrong = QueryError('unknown field "bogus"', position=0, hint='did you mean "owner"?')
        return {name: wrong for name, query in self.known.views.items() if "bogus" in query}

    def save_view(self, name: str, query: str) -> None:
        self._wait()
        if name == "mine":
            raise InputError("the view mine is in the settings", hint="change it there")
        self.known = replace(self.known, views={**self.known.views, name: query})

    def forget_view(self, name: str) -> None:
        self._wait()
        views = {key: query for key, query in self.known.views.items() if key != name}
        self.known = replace(self.known, views=views)

    def commands(self) -> tuple[str, ...]:
        return tuple(self.typed)

    def remember_command(self, text: str) -> None:
        self.typed.append(text)

    def draft(self, form: str) -> Mapping[str, str]:
        return self.drafts.get(form, {})

    def keep_draft(self, form: str, fields: Mapping[str, str]) -> None:
        self.drafts[form] = dict(fields)
        if not any(fields.values()):
            del self.drafts[form]

    def now(self) -> datetime:
        return NOW

    def pulse(self) -> Pulse:
        is_locked = self.about.is_production and not self.unlocked
        return Pulse(self.number, self.settings, self.progress, self.ledger_number, is_locked)

    def reload(self) -> About:
        if isinstance(self.about_next, ConfigError):
            raise self.about_next
        self.about = self.about_next or self.about
        return self.about

    def check_home(self, home: str) -> None:
        if "missing" in home:
            raise ConfigError(f"there is no riskcockpit home at {home}")

    def unlock(self) -> datetime:
        self._wait()
        self.unlocked += 1
        return NOW + timedelta(minutes=15)

    def lock(self) -> None:
        self.unlocked = 0

    def sync(self, names: Sequence[str]) -> str:
        self._wait()
        self.synced.append(tuple(names))
        return "the sync is done"

    def hand_over(self, kind: str, subject: str, way: str, text: str) -> None:
        if self.refuses_to_log:
            raise StoreError("nothing was given out: cannot write the log")
        self.handed.append((kind, subject, way, text))

    def locate(self, asset: str, path: str) -> Path:
        if self.checkout is None:
            raise InputError(f"there is no checkout of {asset} here", hint="cockpit: checkouts")
        return self.checkout / path

    def posture(self) -> PostureView:
        self._wait()
        return self.view

    def open_findings(self, query: str) -> FindingSet:
        self._wait()
        if "bogus" in query:
            raise QueryError(
                'unknown field "bogus"', position=query.index("bogus"), hint='did you mean "owner"?'
            )
        view = query.split(maxsplit=1)[0].removeprefix("@") if query.startswith("@") else ""
        if view and view not in self.known.views:
            raise QueryError(f"there is no saved view {view!r}", position=0, hint="save it")
        total = self.total // 10 if "severity>" in query else self.total
        total = 0 if "nothing" in query else total
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
        return tuple(finding_id(index) for index in range(self.open_findings(query).total))

    def facets(self, query: str) -> tuple[FacetView, ...]:
        total = self.open_findings(query).total
        shares = (("critical", total // 10), ("high", total // 3), ("medium", total // 2))
        return (FacetView("severity", shares),)

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
        return self.actions_shown

    def controls(self) -> tuple[ControlView, ...]:
        self._wait()
        return controls()

    def control(self, control: str) -> ControlDetail:
        self._wait()
        return self.control_shown or control_detail(control)

    def kpi(self, name: str) -> KpiDetail:
        self._wait()
        pillar, view = next(
            (each.pillar, kpi) for each in self.view.pillars for kpi in each.kpis if kpi.id == name
        )
        items = (self.incidents_shown[0].incident.id, "fraud-scoring", "elsewhere")
        rows = tuple(KpiRow(item, 4.0, NOW, f"behind it: {item[:12]}") for item in items)
        return KpiDetail(
            view, pillar, view.target, timedelta(days=30), 1, None, "SELECT 1", (), rows
        )

    def compliance(self) -> tuple[FrameworkView, ...]:
        self._wait()
        return self.frameworks_shown

    def scenarios(self) -> ExposureModel:
        self._wait()
        return SCENARIOS

    def plan(self, intent: Intent) -> DecisionPreview:
        self._wait()
        self.planned.append(intent)
        return preview(intent, self.about, self.blockers, self.make_row)

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
            Renew: EntryType.WAIVER_REQUESTED,
            Revoke: EntryType.WAIVER_REVOKED,
            Acknowledge: EntryType.NOTE,
            AcknowledgeAlert: EntryType.NOTE,
            Release: EntryType.CLOSURE_RELEASED,
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
        posture(),
        generation=0,
        pillars=(),
        queue=(),
        sources=(),
        ledger=LedgerState(True, 0, ""),
    )
    return FakeGateway(
        total=0,
        view=view,
        number=0,
        models_shown=(),
        entries=(),
        frameworks_shown=(),
        actions_shown=(),
        incidents_shown=(),
        deployments_shown=(),
        waivers_shown=(),
        requests_shown=(),
        alerts_shown=(),
    )


_FIELDS = ("text", "reason", "justification", "expires")


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
        about=About(text[3], False, text[0], text[9], contexts={text[1]: text[2]}, file=text[5]),
        models_shown=models,
        entries=entries,
        incidents_shown=hostile_incidents(text),
        deployments_shown=hostile_deployments(text),
        waivers_shown=hostile_waivers(text),
        requests_shown=hostile_requests(text),
        alerts_shown=hostile_alerts(text),
        frameworks_shown=hostile_frameworks(text),
        control_shown=hostile_control(text),
        known=Names(text, text, text, dict(zip(text, text[::-1], strict=True)), {"owner": text}),
        typed=list(text),
        drafts={form: dict.fromkeys(_FIELDS, text[0]) for form in ("waive:several", "note:x")},
        verified=VerifyReport(1, 2, 0, (LedgerProblem(text[0], 1, text[1]),), ()),
    )
