"""The only door from the cockpit to the services. Called from thread workers only.

Services are imported when first asked, in the thread that asks, so that the first frame waits
for none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING

from riskcockpit.config.loading import load_settings
from riskcockpit.errors import ConfigError, QueryError
from riskcockpit.tui.api import About, Names, Pulse, QueryField
from riskcockpit.tui.desk_gateway import DeskGateway
from riskcockpit.tui.homes import Homes
from riskcockpit.tui.kept_gateway import KeptGateway

if TYPE_CHECKING:  # imported when first used
    from riskcockpit.exposure.model import ExposureModel
    from riskcockpit.services.context import Context
    from riskcockpit.services.findings import FindingReader
    from riskcockpit.services.home_pulse import HomePulse
    from riskcockpit.views.compliance import FrameworkView
    from riskcockpit.views.findings import FacetView, FindingDetail, FindingPage, FindingSet
    from riskcockpit.views.governance import (
        ActionRow,
        ControlDetail,
        ControlView,
        LedgerRow,
        VerifyReport,
    )
    from riskcockpit.views.incidents import IncidentView
    from riskcockpit.views.kpis import KpiDetail
    from riskcockpit.views.models import ModelDetail, ModelRow
    from riskcockpit.views.posture import PostureView
    from riskcockpit.views.trace import TraceRow, TraceView


class Gateway(DeskGateway, KeptGateway):
    """Answers the cockpit over the services; see `api.GatewayApi` for every method."""

    def __init__(self, ctx: Context, homes: Homes | None = None) -> None:
        """Open a home; `homes` knows those that were open before it."""
        # it stays open all day, and keeps nothing that it can read again
        super().__init__(replace(ctx, store=ctx.store.sparing(), memory=None))
        self._lock = Lock()
        self._ended = Event()
        self._reader: FindingReader | None = None
        self._homes = homes or Homes.at(ctx.paths)
        self._about = _about(ctx, self._homes)

    @property
    def about(self) -> About:
        """Who and where."""
        return self._about

    @cached_property
    def query_fields(self) -> tuple[QueryField, ...]:
        """The fields of the query grammar."""
        from riskcockpit.store.query.ast import Operator  # noqa: PLC0415 - when first used
        from riskcockpit.store.query.fields import Kind, fields  # noqa: PLC0415 - as above

        return tuple(
            QueryField(
                each.name, each.meaning, each.values, each.example, each.kind is Kind.FLAG,
                Operator.GREATER in each.operators, each.is_sortable,
            )
            for each in fields()
        )  # fmt: skip

    def names(self) -> Names:
        """Return the names that exist now."""
        from riskcockpit.services.models import models  # noqa: PLC0415 - when first used
        from riskcockpit.services.policy import (  # noqa: PLC0415 - as above
            controls_in_force,
            frameworks_in_force,
        )

        ctx = self._ctx
        return Names(
            tuple(row.name for row in models(ctx)),
            tuple(each.id for each in controls_in_force(ctx.paths, ctx.settings.context.name)),
            tuple(frameworks_in_force(ctx.paths)),
            self.views(),
        )

    def query_values(self) -> Mapping[str, tuple[str, ...]]:
        """Return the values open findings have."""
        reader = self._findings()
        reader.refresh()
        facets = reader.facets("state:open") if reader.generation else ()
        return {facet.field: tuple(value for value, _ in facet.counts) for facet in facets}

    def views(self) -> Mapping[str, str]:
        """Return the saved views."""
        from riskcockpit.services.saved_views import views_in_force  # noqa: PLC0415 - as above

        return views_in_force(self._ctx)

    def faulty_views(self) -> Mapping[str, QueryError]:
        """Return views of the settings that no query can be made of."""
        from riskcockpit.services.saved_views import faulty_views  # noqa: PLC0415 - as above

        return faulty_views(self._ctx)

    def now(self) -> datetime:
        """Return the present, aware UTC."""
        return self._ctx.clock.now()

    def pulse(self) -> Pulse:
        """Return what may have changed by itself."""
        seen = self._home
        return Pulse(
            seen.generation(), seen.settings(), seen.progress(), seen.ledger(),
            not _is_open(self._ctx),
        )  # fmt: skip

    @cached_property
    def _home(self) -> HomePulse:
        from riskcockpit.services.home_pulse import HomePulse  # noqa: PLC0415 - when first used

        return HomePulse(self._ctx)

    def reload(self) -> About:
        """Take the settings anew; the old stay when the new cannot be used, or are gone.

        Without them production would be no production any more.
        """
        file = self._ctx.paths.settings
        if self._about.has_settings and not file.exists():
            raise ConfigError(
                f"{file} is gone", hint="put it back; until then what it said is in force"
            )
        settings = load_settings(self._ctx.paths).settings
        with self._lock:
            self.take_context(replace(self._ctx, settings=settings))
            old, self._reader = self._reader, None
        if old is not None:
            old.close()
        self._about = _about(self._ctx, self._homes)
        return self._about

    def check_home(self, home: str) -> None:
        """Read the settings of another home, to see that it can be opened."""
        place = self._homes.place(home)
        if not place.settings.exists():
            raise ConfigError(
                f"there is no riskcockpit home at {home}",
                hint="mend cockpit.contexts in the settings, or riskcockpit init there",
            )
        load_settings(place)

    def unlock(self) -> datetime:
        """Allow decisions in production for a time; return its end."""
        from riskcockpit.services.unlocking import unlock  # noqa: PLC0415 - when first used

        return unlock(self._ctx, self.about.context)

    def lock(self) -> None:
        """Forbid decisions in production at once."""
        from riskcockpit.services.unlocking import lock  # noqa: PLC0415 - when first used

        lock(self._ctx)

    def sync(self, names: Sequence[str]) -> str:
        """Pull sources in a process of its own."""
        from riskcockpit.services.syncing_apart import sync_apart  # noqa: PLC0415 - few keys

        return sync_apart(self._ctx, names, self._ended)

    def hand_over(self, kind: str, subject: str, way: str, text: str) -> None:
        """Write into the action log that a text is given out."""
        from riskcockpit.services.handing import hand_over  # noqa: PLC0415 - few keys

        hand_over(self._ctx, kind, subject, way, text)

    def locate(self, asset: str, path: str) -> Path:
        """Return the file of a finding inside the checkout of its asset."""
        from riskcockpit.services.checkouts import locate  # noqa: PLC0415 - few keys

        return locate(self._ctx, asset, path)

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

    def facets(self, query: str) -> tuple[FacetView, ...]:
        """Return how the rows of a query spread."""
        reader = self._findings()
        reader.refresh()
        return reader.facets(query)

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
        """Return outbox, receipts and what was given out, newest first."""
        from riskcockpit.services.handing import action_log  # noqa: PLC0415 - when first used

        return action_log(self._ctx)

    def controls(self) -> tuple[ControlView, ...]:
        """Return the controls with their latest verdicts."""
        from riskcockpit.services.governance import controls  # noqa: PLC0415 - when first used

        return controls(self._ctx)

    def control(self, control: str) -> ControlDetail:
        """Return all that is known of one control."""
        from riskcockpit.services import governance  # noqa: PLC0415 - when first used

        return governance.control(self._ctx, control)

    def kpi(self, name: str) -> KpiDetail:
        """Return one KPI with what is behind it."""
        from riskcockpit.services.kpis import kpi  # noqa: PLC0415 - when first used

        return kpi(self._ctx, name)

    def compliance(self) -> tuple[FrameworkView, ...]:
        """Return all frameworks with their evidence."""
        from riskcockpit.services.compliance import compliance  # noqa: PLC0415 - when first used

        return compliance(self._ctx)

    def incidents(self) -> tuple[IncidentView, ...]:
        """Return every incident with its runbook."""
        from riskcockpit.services.incident_desk import incident_views  # noqa: PLC0415 - as above

        return incident_views(self._ctx)

    def incident(self, id_: str) -> IncidentView:
        """Return one incident."""
        from riskcockpit.errors import UnknownNameError  # noqa: PLC0415 - as above

        for each in self.incidents():
            if each.incident.id == id_:
                return each
        raise UnknownNameError(
            f"there is no incident {id_}", hint="list them: `riskcockpit incident list --all`"
        )

    def deployments(self) -> tuple[TraceRow, ...]:
        """Return the deployments to production."""
        from riskcockpit.services.tracing import traces  # noqa: PLC0415 - when first used

        return traces(self._ctx)

    def deployment(self, name: str) -> TraceView:
        """Return the chain of one deployment."""
        from riskcockpit.services.tracing import trace  # noqa: PLC0415 - when first used

        return trace(self._ctx, name)

    def scenarios(self) -> ExposureModel:
        """Return the scenarios of loss in force."""
        from riskcockpit.services.pricing import scenarios_in_force  # noqa: PLC0415 - as above

        return scenarios_in_force(self._ctx)

    # the end

    def interrupt(self) -> None:
        """Stop every running question over findings; the others are short. A sync goes on."""
        self._ended.set()
        reader = self._reader
        if reader is not None:
            reader.interrupt()

    def close(self) -> None:
        """Let go of every generation."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()


def _is_open(ctx: Context) -> bool:
    """Return whether decisions may be taken: outside production always."""
    if not ctx.settings.context.production:
        return True
    from riskcockpit.services.unlocking import unlocked_until  # noqa: PLC0415 - few are locked

    return unlocked_until(ctx) is not None


def _about(ctx: Context, homes: Homes) -> About:
    settings, paths = ctx.settings, ctx.paths

    def line_of(path: str) -> int | None:
        return load_settings(paths).lines.get(path)

    is_production = settings.context.production
    return About(
        context=settings.context.name,
        is_production=is_production,
        principal=settings.identity.principal,
        host=ctx.host,
        is_writable=paths.are_writable(),
        unlock_for=settings.context.unlock_for,
        is_unlocked=_is_open(ctx),
        theme=settings.cockpit.theme,
        keymap=settings.cockpit.keys,
        colour=settings.context.colour or ("red" if is_production else ""),
        contexts=homes.contexts(
            settings.context.name,
            {
                name: str((paths.config / Path(home).expanduser()).resolve())
                for name, home in settings.cockpit.contexts.items()
            },
        ),
        lists=settings.cockpit.lists,
        clipboard=settings.cockpit.clipboard,
        hyperlinks=settings.cockpit.hyperlinks,
        file=str(paths.settings),
        has_settings=paths.settings.is_file(),
        line_of=line_of,
    )
