"""The dispatcher writes before it sends, and never sends again what it has not looked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from riskcockpit.actions.dispatch import Dispatcher
from riskcockpit.domain.action import Action, ActionKind, ActionState, Outcome, Preview, Receipt
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import ForbiddenError, UnavailableError
from support.caches import NOW

ACTION = Action("a" * 64, ActionKind.MODEL_ROLLBACK, "s", "m@champion", {"from": "7", "to": "6"})


class Upstream:
    """Answers as it is told, and writes down what it was asked."""

    def __init__(self, apply: object = Outcome.DONE, observe: object = Outcome.DONE) -> None:
        self.asked: list[str] = []
        self._answers = {"apply": apply, "observe": observe}

    def preview(self, action: Action) -> Preview:
        raise NotImplementedError

    def apply(self, action: Action) -> Receipt:
        return self._answer("apply", action)

    def observe(self, action: Action) -> Receipt:
        return self._answer("observe", action)

    def _answer(self, what: str, action: Action) -> Receipt:
        self.asked.append(what)
        answer = self._answers[what]
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, Outcome)
        return Receipt(action.id, answer, NOW, "said\x1b[31m so", {"champion": "6\n"})


class Book:
    """A ledger that remembers."""

    def __init__(self) -> None:
        self.entries: list[tuple[EntryType, Mapping[str, Any]]] = []

    def append(self, type_: EntryType, data: Mapping[str, Any]) -> Any:
        self.entries.append((type_, data))

    @property
    def types(self) -> list[str]:
        return [type_.value.removeprefix("action.") for type_, _ in self.entries]


Way = Callable[[Dispatcher, Action, ActionState], Receipt]


@pytest.mark.parametrize(
    ("way", "state", "upstream", "asked", "written"),
    [
        (Dispatcher.dispatch, "pending", Upstream(), ["apply"],
         ["sent", "confirmed", "rollback.executed"]),
        (Dispatcher.dispatch, "sent", Upstream(), ["observe"], ["confirmed", "rollback.executed"]),
        (Dispatcher.dispatch, "sent", Upstream(observe=Outcome.UNKNOWN), ["observe"], ["unknown"]),
        (Dispatcher.dispatch, "sent", Upstream(observe=Outcome.REFUSED), ["observe"], ["refused"]),
        (Dispatcher.dispatch, "sent", Upstream(observe=UnavailableError("down")), ["observe"],
         ["unknown"]),
        (Dispatcher.dispatch, "pending", Upstream(apply=UnavailableError("down")), ["apply"],
         ["sent", "unknown"]),
        (Dispatcher.dispatch, "pending", Upstream(apply=ForbiddenError("no")), ["apply"],
         ["sent", "refused"]),
        (Dispatcher.dispatch, "pending", Upstream(apply=Outcome.PENDING_UPSTREAM), ["apply"],
         ["sent", "confirmed"]),
        (Dispatcher.retry, "unknown", Upstream(observe=Outcome.UNKNOWN), ["observe", "apply"],
         ["sent", "confirmed", "rollback.executed"]),
        (Dispatcher.retry, "unknown", Upstream(), ["observe"], ["confirmed", "rollback.executed"]),
        (Dispatcher.retry, "unknown", Upstream(observe=UnavailableError("down")), ["observe"],
         ["unknown"]),
        (Dispatcher.retry, "refused", Upstream(observe=Outcome.REFUSED, apply=Outcome.REFUSED),
         ["observe", "apply"], ["sent", "refused"]),
        (Dispatcher.retry, "pending", Upstream(), ["apply"],
         ["sent", "confirmed", "rollback.executed"]),
    ],
)  # fmt: skip
def test_what_is_asked_and_what_is_written(
    way: Way, state: str, upstream: Upstream, asked: list[str], written: list[str]
) -> None:
    upstream.asked.clear()
    book = Book()
    way(Dispatcher(upstream, book, FrozenClock(NOW)), ACTION, ActionState(state))
    assert upstream.asked == asked
    assert book.types == written


def test_what_upstream_says_is_cleaned_before_it_is_signed() -> None:
    book = Book()
    Dispatcher(Upstream(), book, FrozenClock(NOW)).dispatch(ACTION, ActionState.PENDING)
    receipt = book.entries[1][1]
    assert "\x1b" not in receipt["message"]
    assert "\n" not in receipt["evidence"]["champion"]
    assert receipt["action"] == ACTION.id
    assert receipt["model"] == "m"
