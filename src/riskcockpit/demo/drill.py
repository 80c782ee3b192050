"""A drill: a runbook walked through against simulators, in a home that is gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from riskcockpit.config.incidents import Runbook
from riskcockpit.demo.home import MONITORING, REGISTRY, make_home
from riskcockpit.demo.registry import STORY_MODEL
from riskcockpit.demo.servers import UpstreamSystems
from riskcockpit.domain.incident import Incident
from riskcockpit.errors import RefusedError
from riskcockpit.services.context import Context, SystemClock
from riskcockpit.services.incidents import incidents
from riskcockpit.services.runbook_steps import StepDone, Waiting
from riskcockpit.services.runbooks import ByHand, walk
from riskcockpit.services.sync import sync

MEASURED_WITHIN_SECONDS = 60.0
"""How long a drill waits until the version that took over was measured."""
LOOK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class DrillResult:
    """How a drill went."""

    steps: tuple[StepDone, ...]
    seconds: float
    """From the alarm to the last step."""


def run_drill(book: Runbook, by_hand: ByHand, *, seed: int = 1) -> DrillResult:
    """Walk through a runbook over a simulated bank whose fraud model has lost its accuracy.

    It is the walk of a real incident, which the alarm opened: `by_hand` is asked for each step of
    a person, and what has to be measured is waited for. The drill ends at the first step that
    fails.

    Raises:
        RefusedError: the simulated bank has no incident that the runbook is for.
        RiskcockpitError: it cannot be set up.
    """
    home = Path(tempfile.mkdtemp(prefix="riskcockpit-drill-")).resolve()
    clock = SystemClock()
    try:
        with UpstreamSystems(clock, seed, still=True) as systems:
            paths = make_home(home / "home", systems.addresses)
            ctx = _without_reports(Context.open(paths, clock))
            sync(ctx)
            incident = _incident_of(ctx, book)
            began = time.monotonic()
            done = tuple(_walked(ctx, book, incident, by_hand))
            return DrillResult(done, time.monotonic() - began)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _incident_of(ctx: Context, book: Runbook) -> Incident:
    found = [each for each in incidents(ctx) if each.subject == STORY_MODEL]
    for each in found:
        if not book.rules or each.rule in book.rules:
            return each
    raise RefusedError(
        f"the simulated bank has no incident that {book.id} is for",
        rule="runbook-rules",
        hint=f"it has one of {', '.join(each.rule for each in found) or 'none'}",
    )


def _walked(ctx: Context, book: Runbook, incident: Incident, by_hand: ByHand) -> Iterator[StepDone]:
    """Walk, and take up again what waits for a measurement, until the bank had its time for it."""
    until = time.monotonic() + MEASURED_WITHIN_SECONDS
    while True:
        is_waiting = False
        for each in walk(ctx, book, incident, by_hand, lambda _: True):
            is_waiting = each.waits_for is Waiting.READINGS and time.monotonic() < until
            if not is_waiting:
                yield each
        if not is_waiting:
            return
        time.sleep(LOOK_SECONDS)
        incident = next(each for each in incidents(ctx, is_all=True) if each.id == incident.id)


def _without_reports(ctx: Context) -> Context:
    """Leave out the source of reports: a drill is about what is live."""
    live = tuple(s for s in ctx.settings.sources if s.name in (REGISTRY, MONITORING))
    return replace(ctx, settings=msgspec.structs.replace(ctx.settings, sources=live))
