"""The bank's upstream systems on loopback: MLflow and Prometheus with one story between them, and
the two that deploy.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from riskcockpit.demo.delivery_sim import ArgocdSimulator, Delivery, GithubSimulator
from riskcockpit.demo.dice import Dice
from riskcockpit.demo.loopback import Loopback
from riskcockpit.demo.mlflow_sim import MlflowSimulator
from riskcockpit.demo.prometheus_sim import PrometheusSimulator
from riskcockpit.demo.registry import registered_models
from riskcockpit.demo.story import Story
from riskcockpit.domain.clock import Clock


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the simulated systems answer."""

    mlflow: str
    prometheus: str
    argocd: str
    github: str


class UpstreamSystems:
    """All simulators, started and stopped together. A moved alias moves what is measured."""

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
        delivery = Delivery(dice, start)
        self._argocd = Loopback(ArgocdSimulator(delivery).answer)
        self._github = Loopback(GithubSimulator(delivery).answer)

    @property
    def addresses(self) -> Addresses:
        """Where they answer."""
        return Addresses(*(one.url for one in self._all))

    @property
    def _all(self) -> tuple[Loopback, ...]:
        return self._mlflow, self._prometheus, self._argocd, self._github

    def __enter__(self) -> Self:
        for one in self._all:
            one.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for one in self._all:
            one.stop()

    def _alias_moved(self, model: str, alias: str, version: int | None) -> None:
        self.story.alias_moved(model, alias, version, self._clock.now().timestamp())
        self.changed.set()
