"""A gateway with fixed data: an ordinary morning at a bank, a hostile one, or nothing at all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from riskcockpit.domain.decision import Decision, DecisionState, EntryType
from riskcockpit.errors import QueryError, RefusedError, UnknownNameError
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
from riskcockpit.views.findings import FindingDetail, FindingPage, FindingRow, FindingSet
from riskcockpit.views.governance import (
    ActionRow,
    ControlView,
    DecisionPreview,
    DecisionResult,
    LedgerProblem,
    LedgerRow,
    VerifyReport,
)
from riskcockpit.views.models import ModelDetail, ModelRow
from riskcockpit.views.posture import LedgerState, PostureView
from support.bank_findings import detail_of, finding_row, hostile_row
from support.bank_governance import actions, controls, ledger_rows, model_detail, model_rows
from support.bank_posture import NOW, euros, finding_id, posture
from support.hostile import HOSTILE


@dataclass
class FakeGateway:
    """Answers at once from fixed data; remembers what it was asked to decide."""

    total: int = 3_000
    make_row: Callable[[int], FindingRow] = finding_row
    view: PostureView = field(default_factory=posture)
    about: About = field(default_factory=lambda: About("demo-bank", False, "eng", "bastion-2"))
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
    unlocked: int = 0
    unlock_lasts: timedelta = timedelta(minutes=15)
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

    def unlock(self) -> datetime:
        self._wait()
        self.unlocked += 1
        return NOW + self.unlock_lasts

    def lock(self) -> None:
        self.unlocked = 0

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
                    f"Roll back {model}",
                    f"{model} serves version 6 instead of 7 from now on.",
                    f"{model}@champion",
                    self.about.context,
                    production,
                    (
                        f"POST /registered-models/alias name={model} alias=champion version=6",
                        f"GET /registered-models/alias?name={model}&alias=champion",
                    ),
                    "models.rollback",
                    () if not production else ("a second person with the role approver",),
                    self.blockers,
                    (),
                    (),
                    0,
                    euros(2_400_000),
                    (
                        ("from", "version 7, champion for 6 d"),
                        ("to", "version 6, READY, approved by validator-2"),
                        (
                            "why it is safe",
                            "v6 held accuracy ≥ 0.94 for 30 d; v7 is still the champion",
                        ),
                    ),
                )
            case Waive(findings=ids):
                rows = tuple(self.make_row(int(each[16:], 16)) for each in ids[:20])
                return DecisionPreview(
                    f"Waive {len(ids)} findings",
                    f"Nobody is asked to fix {len(ids)} findings until then.",
                    rows[0].asset if rows else "",
                    self.about.context,
                    production,
                    (),
                    "waivers.high",
                    ("a second person with the role risk_owner",),
                    self.blockers,
                    ("3 of them are critical: at most 30 d",),
                    rows,
                    len(ids),
                    euros(310_000),
                )
            case _:
                return DecisionPreview(
                    f"{type(intent).__name__} request",
                    "The request is signed.",
                    "a1b2c3d4e5",
                    self.about.context,
                    production,
                    (),
                    "approvals.any",
                    (),
                    self.blockers,
                )

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
