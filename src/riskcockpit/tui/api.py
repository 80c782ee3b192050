"""What the cockpit asks of the floors below, as one protocol; screens know nothing else.

`gateway.Gateway` answers it over the services; tests answer it with fixed data. Every method may
block and is called from thread workers only; properties are in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from riskcockpit.tui.kept_api import KeptApi
from riskcockpit.tui.outside_api import OutsideApi

if TYPE_CHECKING:  # records cost 10 ms a module; the first frame needs none
    from riskcockpit.config.settings import ListSettings
    from riskcockpit.errors import QueryError
    from riskcockpit.exposure.model import ExposureModel
    from riskcockpit.tui.intents import Intent
    from riskcockpit.views.alerts import AlertDetail, AlertRow
    from riskcockpit.views.compliance import FrameworkView
    from riskcockpit.views.findings import FacetView, FindingDetail, FindingPage, FindingSet
    from riskcockpit.views.governance import (
        ActionRow,
        ControlDetail,
        ControlView,
        DecisionPreview,
        DecisionResult,
        LedgerRow,
        VerifyReport,
    )
    from riskcockpit.views.incidents import IncidentView
    from riskcockpit.views.kpis import KpiDetail
    from riskcockpit.views.models import ModelDetail, ModelRow, MoveTarget
    from riskcockpit.views.permissions import Permission
    from riskcockpit.views.posture import PostureView
    from riskcockpit.views.syncing import SourceProgress
    from riskcockpit.views.trace import TraceRow, TraceView
    from riskcockpit.views.waivers import RequestRow, WaiverDetail, WaiverRow, WaiverScope


MARK_LIMIT = 5_000
"""How many findings one bulk action may concern."""


@dataclass(frozen=True, slots=True)
class About:
    """What is known before any data is read: who, where, and how they like it."""

    context: str
    is_production: bool
    principal: str
    host: str
    is_writable: bool = True
    """Whether a decision can be written down in this home."""
    unlock_for: str = "15m"
    """How long decisions in production stay unlocked."""
    is_unlocked: bool = False
    """Whether somebody has unlocked decisions in production on this computer."""
    theme: str = "dark"
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Binding id → keys, from the settings."""
    colour: str = ""
    """Behind the context's name: `red`, `yellow`, …; empty: none."""
    contexts: Mapping[str, str] = field(default_factory=dict)
    """Other homes one can switch to: name → directory."""
    lists: Mapping[str, ListSettings] = field(default_factory=dict)
    """How lists are shown: name → columns and order."""
    clipboard: str = "auto"
    hyperlinks: str = "auto"
    """Both `auto` or `off`; the first also `osc52` or `tmux`."""
    file: str = ""
    has_settings: bool = True
    """Where the settings are, or would be (empty: nobody knows), and whether that file is there."""
    line_of: Callable[[str], int | None] = lambda _path: None
    """Dotted path of a value → its line in the file, one-based; None when it is not set there."""

    @property
    def is_locked(self) -> bool:
        """Whether no decision may be taken until somebody unlocks them."""
        return self.is_production and not self.is_unlocked


@dataclass(frozen=True, slots=True)
class QueryField:
    """One field of the query grammar, to complete it."""

    name: str
    meaning: str
    values: tuple[str, ...] = ()
    """The words it may hold; empty when it may hold anything."""
    example: str = ""
    is_flag: bool = False
    """Its bare name means true."""
    is_ordered: bool = False
    """It takes `<` and `>`."""
    is_sortable: bool = True


@dataclass(frozen=True, slots=True)
class Names:
    """What can follow a word, to complete it: names that exist here now."""

    models: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    views: Mapping[str, str] = field(default_factory=dict)
    """Saved views: name → query."""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Field of the query grammar → values that occur, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What may change while one looks; read once a second, cheaply."""

    generation: int
    """0 without a cache."""
    settings: int
    """Another number when the settings file is another one."""
    progress: tuple[SourceProgress, ...] = ()
    """How far a sync has come that runs now, in any process."""
    ledger: int = 0
    """Another number when somebody has written into the ledger."""
    is_locked: bool = False
    """Whether production is locked on this computer, by whatever process."""


class GatewayApi(KeptApi, OutsideApi, Protocol):
    """The questions of the screens."""

    @property
    def about(self) -> About:
        """Who and where; needs no I/O."""
        ...

    @property
    def query_fields(self) -> tuple[QueryField, ...]:
        """The fields of the query grammar; needs no I/O."""
        ...

    def names(self) -> Names:
        """Return the names that exist now, to complete words; without values of findings."""
        ...

    def query_values(self) -> Mapping[str, tuple[str, ...]]:
        """Return the values open findings have, field → the most frequent first."""
        ...

    def views(self) -> Mapping[str, str]:
        """Return the saved views: name → query."""
        ...

    def faulty_views(self) -> Mapping[str, QueryError]:
        """Return views of the settings that no query can be made of: name → why."""
        ...

    def now(self) -> datetime:
        """Return the present, aware UTC; needs no I/O."""
        ...

    def pulse(self) -> Pulse:
        """Return what may have changed by itself: cache, settings, sync, lock."""
        ...

    def reload(self) -> About:
        """Take the settings anew and return who and where by them; the old stay on an error.

        Raises:
            ConfigError: they cannot be used; names file, line and what to mend.
        """
        ...

    def check_home(self, home: str) -> None:
        """See that another home can be opened.

        Raises:
            ConfigError: it cannot; names what to mend.
        """
        ...

    def unlock(self) -> datetime:
        """Allow decisions in production for the time of the settings; return its end.

        Raises:
            ConfigError: it cannot be kept.
        """
        ...

    def lock(self) -> None:
        """Forbid decisions in production at once; raises as `unlock`."""
        ...

    def posture(self) -> PostureView:
        """Return everything on the overview."""
        ...

    def open_findings(self, query: str) -> FindingSet:
        """Build the ordered result of `query` over the current generation.

        Raises:
            QueryError: the query does not parse; carries the position.
        """
        ...

    def page(self, found: FindingSet, start: int, count: int) -> FindingPage:
        """Return rows `start` to `start + count` of `found`."""
        ...

    def position(self, found: FindingSet, finding: str) -> int | None:
        """Return the row of a finding in `found`; None when it is not in it."""
        ...

    def ids(self, query: str) -> tuple[str, ...]:
        """Return the ids of all findings that match, in order."""
        ...

    def facets(self, query: str) -> tuple[FacetView, ...]:
        """Return how the rows of a query spread over severities, owners and the like."""
        ...

    def finding(self, finding: str) -> FindingDetail:
        """Return all that is known of one finding.

        Raises:
            UnknownNameError: there is no such finding.
        """
        ...

    def models(self) -> tuple[ModelRow, ...]:
        """Return the production models."""
        ...

    def model(self, name: str) -> ModelDetail:
        """Return all that is known of one model."""
        ...

    def ledger(self, limit: int) -> tuple[LedgerRow, ...]:
        """Return the newest entries, newest first."""
        ...

    def verify(self) -> VerifyReport:
        """Check every signature, link and checkpoint of the ledger."""
        ...

    def actions(self) -> tuple[ActionRow, ...]:
        """Return the outbox and the receipts, newest first."""
        ...

    def controls(self) -> tuple[ControlView, ...]:
        """Return the controls with their latest verdicts."""
        ...

    def control(self, control: str) -> ControlDetail:
        """Return all that is known of one control.

        Raises:
            UnknownNameError: there is no such control; the hint names the nearest.
        """
        ...

    def kpi(self, name: str) -> KpiDetail:
        """Return one KPI with the rows behind its newest value.

        Raises:
            UnknownNameError: there is none of that name.
        """
        ...

    def compliance(self) -> tuple[FrameworkView, ...]:
        """Return all frameworks with the evidence for each requirement."""
        ...

    def incidents(self) -> tuple[IncidentView, ...]:
        """Return every incident, those that go on first."""
        ...

    def incident(self, id_: str) -> IncidentView:
        """Return one incident.

        Raises:
            UnknownNameError: there is none.
        """
        ...

    def deployments(self) -> tuple[TraceRow, ...]:
        """Return the deployments to production that are traced, the newest first."""
        ...

    def deployment(self, name: str) -> TraceView:
        """Return the chain of one deployment.

        Raises:
            UnknownNameError: nothing is called so, or several are.
        """
        ...

    def scenarios(self) -> ExposureModel:
        """Return the scenarios of loss that put prices on findings and models."""
        ...

    def waivers(self) -> tuple[WaiverRow, ...]:
        """Return every waiver ever asked for, what wants somebody first."""
        ...

    def waiver(self, id_: str) -> WaiverDetail:
        """Return one waiver in full.

        Raises:
            UnknownNameError: there is none.
        """
        ...

    def waiver_scope(self, findings: tuple[str, ...]) -> WaiverScope:
        """Return what a waiver of these findings is about, and what its terms must keep.

        Raises:
            UnknownNameError: one of them is not there.
        """
        ...

    def renewal_scope(self, waiver: str) -> WaiverScope:
        """Return the same of what is left of a waiver that can be renewed; raises as `plan`."""
        ...

    def requests(self) -> tuple[RequestRow, ...]:
        """Return what waits for a key, the oldest first."""
        ...

    def alerts(self) -> tuple[AlertRow, ...]:
        """Return what alerting sees now, the worst first."""
        ...

    def alert(self, id_: str) -> AlertDetail:
        """Return one alert with the messages that told it.

        Raises:
            UnknownNameError: there is none.
        """
        ...

    def permissions(self, subject: str) -> tuple[Permission, ...]:
        """Return what this person may do to a finding, a model, a request and so on.

        Raises:
            UnknownNameError: nothing is called so.
        """
        ...

    def targets(self, model: str) -> tuple[MoveTarget, ...]:
        """Return the versions a model could be rolled back to, the newest first, with why not.

        Raises:
            UnknownNameError: there is no such model.
        """
        ...

    def plan(self, intent: Intent) -> DecisionPreview:
        """Say what a decision would do; changes nothing."""
        ...

    def decide(self, intent: Intent) -> DecisionResult:
        """Take a decision: sign it, and do what it allows upstream.

        Raises:
            RefusedError: a rule says no; carries the rule.
        """
        ...

    def interrupt(self) -> None:
        """Stop every running question."""
        ...

    def close(self) -> None:
        """Let go of every generation."""
        ...
