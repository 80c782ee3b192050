"""What holds for every connector that closes something upstream and opens it again.

A suite to subclass, beside that of reading (`riskcockpit.connectors.contract`). It runs over real
HTTP, where an answer can be lost after the change was made.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import Acts, Checks, Connector, Dismisses, SourceSpec
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.batch import Batch, Document
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.errors import RateLimitedError, RetryableError
from support.sim_server import serving
from support.simulated import Simulator

NOW = datetime(2026, 3, 1, tzinfo=UTC)
END = datetime(2026, 6, 1, tzinfo=UTC)
ID = "feed" * 16
COMMENT = "Not reachable (until 2026-06-01, riskcockpit)"
S = TypeVar("S", bound=Simulator)


def dismissal(target: str, **params: str) -> Action:
    """Return the action that closes `target`."""
    given = {"comment": COMMENT, **params}
    return Action(ID, ActionKind.ALERT_DISMISS, "up", target, given)


def reopening(target: str, **params: str) -> Action:
    """Return the action that opens `target` again."""
    return Action(ID[::-1], ActionKind.ALERT_REOPEN, "up", target, params)


class Bench(Generic[S]):
    """A simulated system behind a socket, and connectors to it."""

    def __init__(self, kind: type[Connector], sim: S, url: str, options: Mapping[str, Any]) -> None:
        self.kind = kind
        self.sim = sim
        self.url = url
        self.options = options
        self.until = NOW
        self.username = ""
        """Who logs in, where a credential is a password."""
        self.writer = Credential(secrets.token_hex(16), "env W")
        self._open: list[Connector] = []

    def connector(self, *, may_write: bool = True, **options: Any) -> Any:
        """Build a connector with options besides the usual ones; closed at the end."""
        spec = SourceSpec(
            "up",
            self.url,
            {**self.options, **options},
            read=Credential(secrets.token_hex(16), "env R", username=self.username),
            write=replace(self.writer, username=self.username) if may_write else None,
        )
        made = self.kind.build(spec, FrozenClock(self.until))
        self._open.append(made)
        return made

    def pull(self, cursor: str = "", **options: Any) -> list[Batch]:
        """Pull everything since `cursor`."""
        return list(self.connector(**options).pull(cursor, self.until))

    def close(self) -> None:
        """Close all connectors."""
        for connector in self._open:
            connector.close()


def bench_of(kind: type[Connector], sim: S, options: Mapping[str, Any]) -> Iterator[Bench[S]]:
    """Yield a bench; for fixtures."""
    with serving(sim) as url:
        made = Bench(kind, sim, url, options)
        yield made
        made.close()


def documents(batches: list[Batch]) -> dict[str, Document]:
    """Return the documents of a pull by their asset."""
    items = [item for batch in batches for item in batch.items if isinstance(item, Document)]
    return {item.asset: item for item in items}


class ActingContract:
    """What holds for every connector that closes something upstream and opens it again."""

    connector: ClassVar[type[Connector]]
    options: ClassVar[Mapping[str, Any]] = {"write": True}
    closing: ClassVar[Action]
    opening: ClassVar[Action]
    write_mark: ClassVar[str]
    """Part of `METHOD path?query body` of the request that closes."""
    closed_evidence: ClassVar[Mapping[str, str]]
    """What the receipt of a closure says was read back."""

    def make(self) -> Simulator:
        """Return a system in which what `closing` is about is open."""
        raise NotImplementedError

    @pytest.fixture
    def bench(self) -> Iterator[Bench[Simulator]]:
        """A system with one open thing, and a connector to it."""
        yield from bench_of(self.connector, self.make(), self.options)

    def test_it_has_the_capabilities(self, bench: Bench[Simulator]) -> None:
        made = bench.connector()
        for capability in (Acts, Checks, Dismisses):
            assert isinstance(made, capability)

    def test_it_closes_reads_back_opens_again_and_never_repeats_itself(
        self, bench: Bench[Simulator]
    ) -> None:
        made = bench.connector()
        assert made.preview(self.closing).blockers == ()
        assert bench.sim.writes == []
        receipt = made.apply(self.closing)
        assert (receipt.outcome, receipt.evidence) == (Outcome.DONE, self.closed_evidence)
        count = len(bench.sim.writes)
        assert made.apply(self.closing).outcome is Outcome.DONE
        assert made.observe(self.closing).outcome is Outcome.DONE
        assert len(bench.sim.writes) == count
        assert made.preview(self.opening).blockers == ()
        assert made.apply(self.opening).outcome is Outcome.DONE
        assert made.observe(self.opening).outcome is Outcome.DONE
        assert made.observe(self.closing).outcome is not Outcome.DONE

    def test_the_preview_names_as_many_calls_as_are_made(self, bench: Bench[Simulator]) -> None:
        made = bench.connector()
        preview = made.preview(self.closing)
        bench.sim.exchanges.clear()
        made.apply(self.closing)
        assert [call.partition(" ")[0] for call in preview.calls] == [
            one.method for one in bench.sim.exchanges
        ]
        for call, one in zip(preview.calls, bench.sim.exchanges, strict=True):
            assert call.partition(" ")[2].startswith(f"{bench.url}{one.path}")

    @pytest.mark.parametrize(
        ("may_write", "write", "why"),
        [(False, True, "has no write credential"), (True, False, "no `write: true`")],
    )
    def test_without_leave_to_write_nothing_is_sent_and_the_reason_is_told(
        self, bench: Bench[Simulator], may_write: bool, write: bool, why: str
    ) -> None:
        made = bench.connector(may_write=may_write, write=write)
        assert why in made.why_not()
        for action in (self.closing, self.opening):
            assert why in " ".join(made.preview(action).blockers)
            receipt = made.apply(action)
            assert (receipt.outcome, why in receipt.message) == (Outcome.REFUSED, True)
        assert bench.sim.writes == []

    @pytest.mark.parametrize("fault", ["drop-after", "truncated", "slow"])
    def test_an_answer_lost_after_the_write_is_resolved_by_reading(
        self, bench: Bench[Simulator], fault: str
    ) -> None:
        bench.sim.fail(fault, self.write_mark)
        assert bench.connector().apply(self.closing).outcome is Outcome.DONE

    def test_when_reading_back_fails_too_the_outcome_is_unknown_and_nothing_is_sent_twice(
        self, bench: Bench[Simulator]
    ) -> None:
        bench.sim.fail("drop-after", self.write_mark)
        made = bench.connector()
        calls = made.preview(self.closing).calls
        read_again = next(n for n in range(len(calls), 0, -1) if calls[:n] == calls[-n:] != calls)
        bench.sim.fail("500", after=len(calls) - read_again - 1, times=4)
        receipt = made.apply(self.closing)
        bench.sim.faults.clear()
        assert receipt.outcome is Outcome.UNKNOWN
        assert "cannot be read back" in receipt.message
        count = len(bench.sim.writes)
        assert made.apply(self.closing).outcome is Outcome.DONE
        assert len(bench.sim.writes) == count

    def test_a_connection_lost_before_the_write_is_not_taken_for_a_success(
        self, bench: Bench[Simulator]
    ) -> None:
        bench.sim.fail("drop", self.write_mark)
        made = bench.connector()
        assert made.apply(self.closing).outcome is Outcome.UNKNOWN
        assert made.observe(self.closing).outcome is Outcome.UNKNOWN

    def test_a_limit_while_writing_leaves_the_action_to_be_sent_later(
        self, bench: Bench[Simulator]
    ) -> None:
        bench.sim.fail("429", self.write_mark)
        made = bench.connector()
        with pytest.raises(RateLimitedError):
            made.apply(self.closing)
        assert made.observe(self.closing).outcome is Outcome.UNKNOWN

    @pytest.mark.parametrize("status", ["400", "401", "403", "404", "422"])
    def test_a_refusal_upstream_is_a_receipt(self, bench: Bench[Simulator], status: str) -> None:
        bench.sim.fail(status, self.write_mark, times=2)
        made = bench.connector()
        receipt = made.apply(self.closing)
        assert (receipt.outcome, status in receipt.message) == (Outcome.REFUSED, True)
        assert made.observe(self.closing).outcome is Outcome.UNKNOWN

    def test_a_dead_host_is_no_receipt(self, bench: Bench[Simulator]) -> None:
        bench.sim.fail("drop", times=9)
        with pytest.raises(RetryableError):
            bench.connector().observe(self.closing)
