"""The bank's upstream systems: MLflow and Prometheus on loopback, one story between them."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

from riskcockpit.demo.dice import Dice
from riskcockpit.demo.loopback import Loopback
from riskcockpit.demo.mlflow_sim import MlflowSimulator
from riskcockpit.demo.prometheus_sim import PrometheusSimulator
from riskcockpit.demo.registry import registered_models
from riskcockpit.demo.story import Story
from riskcockpit.domain.clock import Clock


class UpstreamSystems:
    """Both simulators, started and stopped together. A moved alias moves what is measured."""

    def __init__(self, clock: Clock, seed: int, *, still: bool, latency_seconds: float = 0.0):
        """Build a bank whose story starts at the clock's present; nothing listens yet."""
        start = clock.now()
        dice = Dice(seed)
        self._clock = clock
        self.story = Story(dice, start.timestamp(), still=still)
        self.registry = MlflowSimulator(registered_models(dice, start), on_alias=self._alias_moved)
        self.changed = threading.Event()
        """Set when somebody moved an alias."""
        monitoring = PrometheusSimulator(self.story.samples, clock)
        self._mlflow = Loopback(self.registry.answer, latency_seconds=latency_seconds)
        self._prometheus = Loopback(monitoring.answer, latency_seconds=latency_seconds)

    @property
    def mlflow_url(self) -> str:
        """Where the simulated MLflow answers."""
        return self._mlflow.url

    @property
    def prometheus_url(self) -> str:
        """Where the simulated Prometheus answers."""
        return self._prometheus.url

    def __enter__(self) -> Self:
        self._mlflow.start()
        self._prometheus.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._mlflow.stop()
        self._prometheus.stop()

    def _alias_moved(self, model: str, alias: str, version: int | None) -> None:
        self.story.alias_moved(model, alias, version, self._clock.now().timestamp())
        self.changed.set()
