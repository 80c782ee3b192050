"""A connector to the simulated AWS, for tests that act on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.aws.connector import AwsConnector
from riskcockpit.domain.clock import Clock, FrozenClock
from support.aws_sim import AwsSim
from support.aws_state import Region
from support.sim_server import serving

HERE, THERE = "eu-central-1", "eu-west-1"
CLOCK = FrozenClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
EVERYTHING = ("securityhub", "securityhub_v2", "inspector", "config", "sagemaker")


class Office:
    """A simulated account and connectors that may write to it."""

    def __init__(self, sim: AwsSim, url: str) -> None:
        self.sim = sim
        self.url = url
        self.options: dict[str, Any] = {
            "regions": [HERE, THERE],
            "services": list(EVERYTHING),
            "write": True,
        }
        self.may_write = True
        self.open: list[AwsConnector] = []

    @property
    def region(self) -> Region:
        """The region most things are in."""
        return self.sim.region(HERE)

    def connector(self, clock: Clock = CLOCK, **options: Any) -> AwsConnector:
        """Build a connector with options besides the usual ones."""
        keys = self.sim.credential
        spec = SourceSpec(
            "bank-aws",
            self.url,
            {**self.options, **options},
            read=keys,
            write=keys if self.may_write else None,
        )
        made = AwsConnector.build(spec, clock)
        self.open.append(made)
        return made


@contextmanager
def office() -> Iterator[Office]:
    """Open an office; all that it asked and was answered is held to AWS's models at the end."""
    sim = AwsSim()
    with serving(sim) as url:
        made = Office(sim, url)
        yield made
        for connector in made.open:
            connector.close()
    sim.check()
