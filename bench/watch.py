"""The watch on real servers: 20 rollbacks, and 20 runs of every case in which nothing may be done.

From the breach visible in Prometheus (scraped every second) to the alias verified in MLflow: at
most 5 s at the 95th percentile, with a cycle of one second. Every guard case ends as it must each
time; a few runs go side by side. Needs MLflow, Prometheus and Alertmanager on this computer; other
load on its cores counts.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from riskcockpit.services.models import models  # noqa: E402 - as above
from riskcockpit.services.verify import verify_ledger  # noqa: E402 - as above
from support.alerting import debian_executable  # noqa: E402 - after the path is set
from support.servers import mlflow_executable, prometheus_executable  # noqa: E402 - as above
from support.watch_cases import (  # noqa: E402 - after the path is set
    GUARDS,
    Run,
    accuracy_drop,
    bias_rise,
    check_rolled_back,
    linger,
    rules,
    stopped_by_switch,
)
from support.watched import Stack, running_stack, wait_for, watching  # noqa: E402 - as above

RUNS = 20
WAVE = 4
"""Runs of the guard cases that go side by side: what is rolled back is so one after the other, and
each has to be before its readings are too old."""
LIMIT_SECONDS = 5.0
SWITCH = "switch"
_BEGAN = time.monotonic()


def happy(stack: Stack, names: list[str]) -> list[float]:
    """Seconds from breach to verified alias, accuracy and bias in turn."""
    taken = []
    for number, name in enumerate(names):
        taken.append((accuracy_drop if number % 2 else bias_rise)(stack, name))
        check_rolled_back(stack, name)
        say(f"rollback {number + 1} of {len(names)}: {taken[-1]:.2f} s")
        wait_for(partial(has_recovered, stack, name), f"version 2 of {name} proves itself")
    return taken


def guards(stack: Stack, runs: list[Run]) -> None:
    """Run every guard case; raises when anything wrong is done.

    What is wrong stays so until the last run is over, and only then is looked at.
    """
    for start in range(0, len(runs), WAVE):
        wave = runs[start : start + WAVE]
        stopped_by_switch(stack, *(run.name(SWITCH) for run in wave))
        say(f"the kill switch held {start + len(wave)} of {len(runs)} models")
        for run in wave:
            run.trouble()
        for run in wave:
            run.await_answers()
            say(f"run {run.number + 1} of {len(runs)}: {len(GUARDS) - 1} cases answered")
    for run in runs:
        run.await_stale()
    linger()
    for run in runs:
        run.check()
    say(f"{len(runs)} runs of {len(GUARDS) + 1} cases held")


def register(stack: Stack, runs: list[Run]) -> None:
    """Register the models of all guard cases, while nobody watches."""
    for run in runs:
        run.prepare()
        stack.model(run.name(SWITCH))
        say(f"models of run {run.number + 1} of {len(runs)} are registered")


def say(text: str) -> None:
    """Tell how far it is, with the seconds since it began."""
    print(f"  {time.monotonic() - _BEGAN:6.1f} s  {text}", flush=True)


def has_recovered(stack: Stack, name: str) -> bool:
    """Whether the watch said that the version that took over proved itself."""
    return "recovered" in stack.told(name)


def knows(stack: Stack, wanted: set[str]) -> bool:
    """Whether the cache knows these models."""
    return wanted <= models_of(stack)


def models_of(stack: Stack) -> set[str]:
    """The models the cache knows."""
    return {row.name for row in models(stack.ctx("engineer"))}


def executables() -> tuple[Path | None, ...]:
    """The servers on this computer; None for each that is not there."""
    alertmanager = debian_executable("prometheus-alertmanager")
    return mlflow_executable(), prometheus_executable(), alertmanager


def main() -> int:
    """Measure; 1 when the limit is missed. A guard that does not hold is an error."""
    if not all(executables()):
        print("skipped: needs MLflow, Prometheus and Alertmanager (make servers)")
        return 0
    count = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack:
        say("the servers run")
        names = [f"happy-{number}" for number in range(count)]
        for name in names:
            stack.model(name)
            for version in ("1", "2", "3"):
                stack.exporter.set("model_dpd", 0.04, model=name, version=version)
        runs = [Run(stack, number) for number in range(count)]
        cases = [run.name(case) for run in runs for case in (*GUARDS, SWITCH)]
        stack.sign_rules(rules([*names, *cases]))
        try:
            with watching(stack):
                wait_for(partial(knows, stack, set(names)), "it has started", 120)
                taken = happy(stack, names)
            register(stack, runs)
            with watching(stack):
                wait_for(partial(knows, stack, set(cases)), "the watch knows the models", 120)
                guards(stack, runs)
        except AssertionError:
            for event in stack.events[-30:]:
                print(f"  {event.at} {event.kind} {event.subject}: {event.detail}")
            raise
        assert verify_ledger(stack.ctx("engineer")).is_ok
    p95 = sorted(taken)[max(0, round(0.95 * len(taken)) - 1)]
    print(
        f"breach to verified alias: median {statistics.median(taken):.2f} s, p95 {p95:.2f} s "
        f"(limit {LIMIT_SECONDS} s) over {len(taken)} runs"
    )
    print(f"guard cases: {len(runs)} x {len(GUARDS) + 1}, nothing wrong was done")
    return int(p95 > LIMIT_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
