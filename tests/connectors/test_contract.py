"""The shipped contract finds the connectors that break it where it matters most: in writing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

import pytest

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.contract import HttpConnectorContract
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.receipts import receipt
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import Action, ActionKind, Outcome, Preview, Receipt
from riskcockpit.domain.batch import Batch, Coverage, Document
from riskcockpit.domain.clock import Clock

TARGET = Action("e" * 32, ActionKind.ALERT_DISMISS, "up", "1", {"from": "open", "to": "closed"})


class Careless:
    """A connector with two pages that breaks the rules of `faults`."""

    kind: ClassVar[str] = "careless"
    faults: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, spec: SourceSpec, clock: Clock) -> None:
        self._spec = spec
        self._clock = clock
        asks_as = spec.write if "asks as writer" in self.faults else spec.read
        self._http = HttpClient.of(spec, clock, asks_as)

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        return cls(spec, clock)

    def pull(self, _cursor: str, _until: datetime) -> Iterator[Batch]:
        if "writes as it reads" in self.faults:
            self._http.write("POST", "/seen")
        for name in "ab":
            try:
                content = self._http.get(f"/{name}").body
            except Exception:
                if "takes half for all" in self.faults:
                    break
                raise
            yield Batch((Document(name, content),), coverage=Coverage(pages=1, rows=1))
        yield Batch((), is_complete=True)

    def preview(self, _action: Action) -> Preview:
        if "writes as it previews" in self.faults:
            self._http.write("POST", "/dismissals")
        return Preview(calls=(), precondition="", inverse="", blockers=())

    def apply(self, action: Action) -> Receipt:
        if self._spec.write is None and "writes without leave" not in self.faults:
            return receipt(self._clock, action, Outcome.REFUSED, "no write credential")
        self._http.write("POST", "/dismissals")
        return receipt(self._clock, action, Outcome.DONE, "closed")

    def observe(self, action: Action) -> Receipt:
        return receipt(self._clock, action, Outcome.UNKNOWN, "nobody knows")

    def close(self) -> None:
        self._http.close()


def contract(*faults: str, actions: tuple[Action, ...] = (TARGET,)) -> HttpConnectorContract:
    """Return the contract over a careless connector with `faults`."""

    class Broken(Careless):
        pass

    Broken.faults = frozenset(faults)

    class Contract(HttpConnectorContract):
        connector = Broken
        expected_items = 2
        options: Mapping[str, Any] = {}

        def answer(self, _asked: Asked) -> Reply:
            return Reply(200, b"{}")

    Contract.actions = actions
    return Contract()


READS = "test_reading_changes_nothing_and_never_asks_as_who_may_write"
ACTS = "test_nothing_is_changed_without_a_plan_and_leave"
HALF = "test_a_fault_after_the_first_page_is_not_a_short_success"


@pytest.mark.parametrize("name", [READS, ACTS, HALF])
def test_a_careful_connector_keeps_it(name: str) -> None:
    getattr(contract(), name)()


@pytest.mark.parametrize(
    ("fault", "name", "why"),
    [
        ("writes as it reads", READS, "reading sent"),
        ("asks as writer", READS, "the credential that is for writing"),
        ("writes as it previews", ACTS, "alert.dismiss sent"),
        ("writes without leave", ACTS, "alert.dismiss sent"),
        ("takes half for all", HALF, "1 of 2 answers were taken for all"),
    ],
)
def test_a_careless_one_does_not(fault: str, name: str, why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        getattr(contract(fault), name)()


def test_one_that_acts_must_name_its_actions() -> None:
    with pytest.raises(AssertionError, match="`actions` names one of each kind"):
        getattr(contract(actions=()), ACTS)()
