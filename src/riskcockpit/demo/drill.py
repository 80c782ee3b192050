"""A drill: a runbook walked through against simulators, in a home that is gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from riskcockpit.config.incidents import Runbook
from riskcockpit.demo.home import MONITORING, REGISTRY, make_home
from riskcockpit.demo.registry import STORY_MODEL
from riskcockpit.demo.servers import UpstreamSystems
from riskcockpit.services.context import Context, SystemClock
from riskcockpit.services.runbooks import StepDone, take
from riskcockpit.services.sync import sync


@dataclass(frozen=True, slots=True)
class DrillResult:
    """How a drill went."""

    steps: tuple[StepDone, ...]
    seconds: float
    """From the alarm to the last step."""


def run_drill(
    book: Runbook, by_hand: Callable[[StepDone], StepDone], *, seed: int = 1
) -> DrillResult:
    """Walk through a runbook over a simulated bank whose fraud model has lost its accuracy.

    `by_hand` is asked for each step of a person and says whether it was done. The drill ends at
    the first step that fails.

    Raises:
        RiskcockpitError: the simulated bank cannot be set up.
    """
    home = Path(tempfile.mkdtemp(prefix="riskcockpit-drill-")).resolve()
    clock = SystemClock()
    try:
        with UpstreamSystems(clock, seed, still=True) as systems:
            paths = make_home(home / "home", systems.addresses)
            ctx = _without_reports(Context.open(paths, clock))
            sync(ctx)
            began = time.monotonic()
            done: list[StepDone] = []
            for step in book.steps:
                found = take(ctx, step, STORY_MODEL)
                done.append(by_hand(found) if found.is_waiting else found)
                if not done[-1].is_done:
                    break
            return DrillResult(tuple(done), time.monotonic() - began)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _without_reports(ctx: Context) -> Context:
    """Leave out the source of reports: a drill is about what is live."""
    live = tuple(s for s in ctx.settings.sources if s.name in (REGISTRY, MONITORING))
    return replace(ctx, settings=msgspec.structs.replace(ctx.settings, sources=live))
