"""What holds for every connector that deployments can be decided through.

A suite to subclass, beside those of reading (`riskcockpit.connectors.contract`) and of alerts
(`support.acting_contract`). It runs over real HTTP, where an answer can be lost after the change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from riskcockpit.connectors.api import Acts, Checks, Connector, Deploys
from riskcockpit.domain.action import DEPLOYMENT_KINDS, Action, Offer, Outcome
from riskcockpit.domain.reading import Reading
from riskcockpit.errors import (
    AuthenticationError,
    ProtocolError,
    RateLimitedError,
    RetryableError,
    SourceError,
)
from support.acting_contract import ID, Bench, bench_of
from support.simulated import Simulator


def offered(bench: Bench[Any], **options: Any) -> list[Offer]:
    """Return what the connector offers to be decided."""
    return list(bench.connector(**options).deployments())


def measured(bench: Bench[Any], **options: Any) -> dict[tuple[str, str], Reading]:
    """Return the readings of a pull by subject and metric."""
    items = [item for batch in bench.pull(**options) for item in batch.items]
    found = [item for item in items if isinstance(item, Reading)]
    return {(one.subject, one.metric): one for one in found}


class DeployingContract:
    """What holds for every connector that deployments can be decided through."""

    connector: ClassVar[type[Connector]]
    options: ClassVar[Mapping[str, Any]] = {"write": True}
    username: ClassVar[str] = ""
    action: ClassVar[Action]
    """What can be done in the system that `make` returns, and is offered there."""
    bad: ClassVar[tuple[Action, ...]]
    """Actions that mean nothing there."""
    write_mark: ClassVar[str]
    """Part of `METHOD path?query body` of the request that changes it in earnest."""
    read_mark: ClassVar[str]
    """Part of that of the first request of a pull."""
    about: ClassVar[str]
    """What `check` answers."""
    writes: ClassVar[int] = 1
    """How many requests change something there when the action is applied."""
    reads_before: ClassVar[int]
    """How many answers are read before the change in earnest."""

    def make(self) -> Simulator:
        """Return a system in which `action` can be done."""
        raise NotImplementedError

    @pytest.fixture
    def bench(self) -> Iterator[Bench[Simulator]]:
        """A system and connectors to it."""
        for made in bench_of(self.connector, self.make(), self.options):
            made.username = self.username
            yield made

    def test_it_has_the_capabilities(self, bench: Bench[Simulator]) -> None:
        made = bench.connector()
        for capability in (Acts, Checks, Deploys):
            assert isinstance(made, capability)
        assert made.check() == self.about

    @pytest.mark.parametrize(
        ("fault", "family"),
        [
            ("html", ProtocolError),
            ("truncated", RetryableError),
            ("drop", RetryableError),
            ("503", RetryableError),
            ("429", RateLimitedError),
            ("401", AuthenticationError),
        ],
    )
    def test_a_fault_while_reading_is_told_in_its_family(
        self, bench: Bench[Simulator], fault: str, family: type[Exception]
    ) -> None:
        bench.sim.fail(fault, self.read_mark, times=9)
        with pytest.raises(family):
            bench.pull()
        with pytest.raises(family):
            offered(bench)

    def test_two_faults_are_overcome(self, bench: Bench[Simulator]) -> None:
        before = bench.pull()
        bench.sim.fail("503", self.read_mark, times=2)
        assert bench.pull() == before

    def test_a_system_that_asks_to_wait_again_and_again_gives_the_same_in_the_end(
        self, bench: Bench[Simulator]
    ) -> None:
        before, offers = bench.pull(), offered(bench)
        bench.sim.busy_every = 2
        assert (bench.pull(), offered(bench)) == (before, offers)

    def test_what_can_be_done_is_offered_and_what_is_not_wanted_is_not_asked_for(
        self, bench: Bench[Simulator]
    ) -> None:
        assert replace(self.action, id="", source="up") in [
            replace(one.action, params=self.action.params) for one in offered(bench)
        ]
        assert all(one.what and one.version and one.since for one in offered(bench))
        bench.sim.exchanges.clear()
        unwanted = DEPLOYMENT_KINDS - {one.action.kind for one in offered(bench)}
        bench.sim.exchanges.clear()
        assert list(bench.connector().deployments(unwanted)) == []
        assert bench.sim.exchanges == []

    def test_it_is_done_read_back_and_never_repeated(self, bench: Bench[Simulator]) -> None:
        made = bench.connector()
        assert made.preview(self.action).blockers == ()
        assert bench.sim.writes == []
        assert made.apply(self.action).outcome is Outcome.DONE
        assert made.observe(self.action).outcome is Outcome.DONE
        assert made.apply(self.action).outcome is Outcome.DONE
        assert len(bench.sim.writes) == self.writes

    @pytest.mark.parametrize(
        ("may_write", "write", "why"),
        [(False, True, "has no write credential"), (True, False, "no `write: true`")],
    )
    def test_without_leave_to_write_nothing_is_sent_and_the_reason_is_told(
        self, bench: Bench[Simulator], may_write: bool, write: bool, why: str
    ) -> None:
        made = bench.connector(may_write=may_write, write=write)
        assert why in " ".join(made.preview(self.action).blockers)
        receipt = made.apply(self.action)
        assert (receipt.outcome, why in receipt.message) == (Outcome.REFUSED, True)
        assert all(one.method == "GET" for one in bench.sim.exchanges)

    def test_reading_uses_the_read_credential_and_writing_the_other(
        self, bench: Bench[Simulator]
    ) -> None:
        bench.connector().apply(self.action)
        tokens: dict[bool, set[str]] = {True: set(), False: set()}
        for one in bench.sim.exchanges:
            tokens[one.method == "GET"].add(one.headers["authorization"])
        assert [len(found) for found in tokens.values()] == [1, 1]
        assert tokens[True] != tokens[False]

    def test_a_connection_lost_before_the_write_is_not_taken_for_a_success(
        self, bench: Bench[Simulator]
    ) -> None:
        bench.sim.fail("drop", self.write_mark)
        made = bench.connector()
        assert made.apply(self.action).outcome is Outcome.UNKNOWN
        assert made.observe(self.action).outcome is Outcome.UNKNOWN

    def test_what_cannot_be_read_back_is_unknown(self, bench: Bench[Simulator]) -> None:
        bench.sim.fail("500", "GET", after=self.reads_before, times=99)
        receipt = bench.connector().apply(self.action)
        assert receipt.outcome is Outcome.UNKNOWN
        assert "cannot be read back" in receipt.message

    def test_a_limit_while_writing_leaves_the_action_to_be_sent_later(
        self, bench: Bench[Simulator]
    ) -> None:
        bench.sim.fail("429", self.write_mark)
        with pytest.raises(RateLimitedError):
            bench.connector().apply(self.action)

    @pytest.mark.parametrize("status", ["400", "401", "403", "404", "422"])
    def test_a_refusal_upstream_is_a_receipt(self, bench: Bench[Simulator], status: str) -> None:
        bench.sim.fail(status, self.write_mark)
        receipt = bench.connector().apply(self.action)
        assert (receipt.outcome, status in receipt.message) == (Outcome.REFUSED, True)

    def test_a_dead_host_is_no_receipt(self, bench: Bench[Simulator]) -> None:
        bench.sim.fail("drop", times=9)
        with pytest.raises(RetryableError):
            bench.connector().observe(self.action)

    def test_what_means_nothing_is_refused_before_anything_is_asked(
        self, bench: Bench[Simulator]
    ) -> None:
        assert self.action.id == ID
        for action in self.bad:
            with pytest.raises(SourceError):
                bench.connector().apply(action)
        assert bench.sim.exchanges == []
