"""What a watch must do and must never do, on real servers: one function a case, each for a model
of its own. `tests/integration/test_watch.py` runs each once, `bench/watch.py` twenty times.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from riskcockpit.config.automation import Automation, Enforcement, Rule
from riskcockpit.domain.reading import MetricClass
from riskcockpit.services.kill_switch import switch_file
from support.watched import BAD, GOOD, LIMIT, Stack, wait_for

GUARDS = (
    "champion-moved", "champion-moves-last", "target-unhealthy", "stale", "cooldown", "drift-only",
    "times-out", "forbidden",
)  # fmt: skip
"""Guard cases that can run side by side; the kill switch stops all, so it runs alone."""
_MOVED = ("rolled back", "refused", "unknown", "proposed")


def rules(models: list[str]) -> Automation:
    """Return rules that enforce `models`, with spans as short as the servers' second."""
    accuracy = Rule(
        id="accuracy", class_=MetricClass.ACCURACY, action="rollback", windows=2, max_age="15s",
        cooldown="1h", max_per_day=1,
    )  # fmt: skip
    bias = Rule(
        id="bias", class_=MetricClass.BIAS, action="rollback", windows=2, max_age="15s",
        cooldown="1h", max_per_day=1,
    )  # fmt: skip
    drift = Rule(id="drift", class_=MetricClass.DRIFT, windows=2, max_age="15s")
    return Automation(
        cycle="1s", publish="1m", recovery="30s", max_per_day=10_000,
        sources={"registry": "1h", "metrics": "1s", "alerts": "1s"},
        enforce={name: Enforcement(approver="approver") for name in models},
        rules=(accuracy, bias, drift),
    )  # fmt: skip


@dataclass
class Run:
    """One run of all guard cases that run side by side."""

    stack: Stack
    number: int
    moved: dict[str, int] = field(default_factory=dict)

    def name(self, case: str) -> str:
        """The model of a case in this run."""
        return f"{case}-{self.number}"

    def prepare(self) -> None:
        """Register the models and what is wrong with each; before the watch looks at them."""
        for case in GUARDS:
            self.stack.model(self.name(case))
        self.stack.measure(self.name("target-unhealthy"), 2, BAD)
        self.stack.measure(self.name("target-unhealthy"), 1, BAD)
        self.stack.door.forbidden.add(self.name("forbidden"))
        self.stack.door.silent.add(self.name("times-out"))

    def trouble(self) -> None:
        """Let every model fail, each in its way."""
        stack = self.stack
        # nobody told the watch: it looks at the registry once an hour
        stack.version(self.name("champion-moved"))
        stack.mlflow.set_alias(self.name("champion-moved"), "champion", 4)
        last = self.name("champion-moves-last")

        def moves_last(count: int) -> None:
            if count == 2:  # the preview read it once; now it is about to be set
                stack.mlflow.set_alias(last, "champion", 1)

        stack.door.before_read[last] = moves_last
        for case in GUARDS:
            if case not in ("stale", "drift-only"):
                stack.measure(self.name(case), 3, BAD)
        labels = {"model": self.name("drift-only"), "version": "3"}
        stack.exporter.set("model_psi", 0.6, **labels)
        stack.exporter.drop("model_accuracy", model=self.name("stale"), version="3")

    def await_answers(self) -> None:
        """Wait until the watch has said what it thinks of every model but the stale one."""
        told = {
            "champion-moved": ("refused", "stale"),  # or the watch has read of the new one
            "champion-moves-last": ("refused",),
            "target-unhealthy": ("held",),
            "cooldown": ("rolled back",),
            "drift-only": ("alarm",),
            "times-out": ("rolled back",),
            "forbidden": ("refused",),
        }
        for case, kinds in told.items():
            self._await(case, kinds)
        # version 2 fails as well, an hour too soon
        self.stack.measure(self.name("cooldown"), 2, BAD)
        self._await("cooldown", ("held",))

    def await_stale(self) -> None:
        """Wait until the reading that ceased is too old."""
        self._await("stale", ("stale",))

    def _await(self, case: str, kinds: tuple[str, ...]) -> None:
        name, stack = self.name(case), self.stack
        wait_for(
            lambda: any(kind in stack.told(name) for kind in kinds),
            f"{name} is {kinds}: {stack.told(name)}",
        )

    def check(self) -> None:
        """Nothing wrong was done."""
        stack, name = self.stack, self.name
        serves = {case: stack.champion(name(case)) for case in GUARDS}
        assert serves == {
            "champion-moved": 4, "champion-moves-last": 1, "target-unhealthy": 3, "stale": 3,
            "cooldown": 2, "drift-only": 3, "times-out": 2, "forbidden": 3,
        }  # fmt: skip
        asked = {case: stack.door.writes_of(name(case)) for case in GUARDS}
        assert asked == {
            "champion-moved": [], "champion-moves-last": [], "target-unhealthy": [], "stale": [],
            "cooldown": [2], "drift-only": [], "times-out": [2], "forbidden": [2],
        }  # fmt: skip
        ends = {case: [e for e in stack.entries_of(name(case)) if e != "note"] for case in GUARDS}
        begun = ["rollback.requested", "action.sent"]
        done = [*begun, "action.confirmed", "rollback.executed"]
        assert ends == {
            "champion-moved": [], "champion-moves-last": [*begun, "action.refused"],
            "target-unhealthy": [], "stale": [], "cooldown": done, "drift-only": [],
            "times-out": done, "forbidden": [*begun, "action.refused"],
        }  # fmt: skip


def rolled_back(stack: Stack, name: str, break_it: Callable[[], None], query: str) -> float:
    """Break a model; return the seconds from the breach in Prometheus to the verified alias."""
    break_it()
    wait_for(lambda: stack.value_at_prometheus(query) is not None, "the breach is in Prometheus")
    began = time.monotonic()
    wait_for(lambda: stack.champion(name) == 2, f"{name} is rolled back")
    taken = time.monotonic() - began
    wait_for(lambda: "rolled back" in stack.told(name), "the watch has read it back")
    return taken


def accuracy_drop(stack: Stack, name: str) -> float:
    """Roll a model back after its accuracy fell; return the seconds it took."""
    query = f'model_accuracy{{model="{name}",version="3"}} < {LIMIT}'
    return rolled_back(stack, name, lambda: stack.measure(name, 3, BAD), query)


def bias_rise(stack: Stack, name: str) -> float:
    """Roll a model back after it began to treat groups unequally; return the seconds it took."""
    query = f'model_dpd{{model="{name}",version="3"}} > 0.1'
    labels = {"model": name, "version": "3"}
    return rolled_back(stack, name, lambda: stack.exporter.set("model_dpd", 0.3, **labels), query)


def check_rolled_back(stack: Stack, name: str) -> None:
    """The alias was set once, read back, signed for, silenced, and the version is marked."""
    assert stack.door.writes_of(name) == [2]
    assert [e for e in stack.entries_of(name) if e != "note"] == [
        "rollback.requested", "action.sent", "action.confirmed", "rollback.executed",
    ]  # fmt: skip
    assert "riskcockpit.rolled_back" in stack.mlflow.version_tags(name, 3)
    matched = [matchers_of(one) for one in stack.silences() if one["status"]["state"] == "active"]
    assert {"model": name, "version": "3"} in matched


def matchers_of(silence: Mapping[str, object]) -> dict[str, str]:
    """The labels a silence is for."""
    found = silence["matchers"]
    assert isinstance(found, list)
    return {one["name"]: one["value"] for one in found}


def stopped_by_switch(stack: Stack, *names: str) -> None:
    """With the kill switch on nothing is done about any model, whatever the readings say."""
    file = switch_file(stack.ctx("watch"))
    file.write_text("maintenance of the registry\n")
    try:
        for name in names:
            stack.measure(name, 3, BAD)
        for name in names:
            wait_for(lambda name=name: "held" in stack.told(name), "the switch holds it")  # type: ignore[misc]  # bound now
        linger()
        for name in names:
            assert stack.door.writes_of(name) == []
            assert stack.champion(name) == 3
            assert stack.entries_of(name) == []
    finally:
        for name in names:
            for version in (1, 2, 3):
                stack.measure(name, version, GOOD)
        for name in names:
            wait_for(lambda name=name: stack.told(name)[-1] == "quiet", "it is good again")  # type: ignore[misc]  # bound now
        file.unlink()


def linger() -> None:
    """Give the watch two cycles more, in which it could do something wrong."""
    time.sleep(2.5)
