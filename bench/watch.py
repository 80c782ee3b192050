"""The watch on real servers: 20 rollbacks, and 20 runs of every case in which nothing may be done.

From the breach visible in Prometheus (scraped every second) to the alias verified in MLflow: at
most 5 s at the 95th percentile, with a cycle of one second. Every guard case ends as it must each
time. Needs MLflow, Prometheus and Alertmanager on this computer; other load on its cores counts.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
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
    rules,
    stopped_by_switch,
)
from support.watched import Stack, running_stack, wait_for, watching  # noqa: E402 - as above

RUNS = 20
LIMIT_SECONDS = 5.0


def happy(stack: Stack, runs: int) -> list[float]:
    """Seconds from breach to verified alias, accuracy and bias in turn."""
    taken = []
    for number in range(runs):
        name = f"happy-{number}"
        taken.append((accuracy_drop if number % 2 else bias_rise)(stack, name))
        check_rolled_back(stack, name)
        print(f"  rollback {number + 1}: {taken[-1]:.2f} s", flush=True)
        wait_for(partial(has_recovered, stack, name), "version 2 proves itself")
    return taken


def guards(stack: Stack, runs: list[Run]) -> None:
    """Run every guard case; raises when anything wrong is done."""
    for run in runs:
        switch = f"switch-{run.number}"
        stack.model(switch)
        run.prepare()
        known = {switch, *(run.name(case) for case in GUARDS)}
        wait_for(partial(knows, stack, known), "the watch knows the models", 120)
        stopped_by_switch(stack, switch)
        run.trouble()
        run.await_verdicts()
        run.check()
        run.tidy()
        print(f"  guards {run.number + 1}: {len(GUARDS) + 1} cases held", flush=True)


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
        names = [f"happy-{number}" for number in range(count)]
        for name in names:
            stack.model(name)
            for version in ("1", "2", "3"):
                stack.exporter.set("model_dpd", 0.04, model=name, version=version)
        runs = [Run(stack, number) for number in range(count)]
        cases = [run.name(case) for run in runs for case in (*GUARDS, "switch")]
        stack.sign_rules(rules([*names, *cases]))
        try:
            with watching(stack):
                wait_for(lambda: set(names) <= models_of(stack), "it has started", 120)
                taken = happy(stack, count)
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
