"""The rules every connector keeps, as a suite to subclass: ours do, and so can yours.

    class TestMine(HttpConnectorContract):
        connector = MyConnector
        expected_items = 3

        def answer(self, asked: Asked) -> Reply: ...   # a healthy upstream, over two pages or more

pytest collects it by the name of the subclass. Nothing here needs pytest.
"""

from __future__ import annotations

import base64
import logging
import secrets
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, ClassVar

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import Acts, Checks, Connector, Deploys, SourceSpec
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import Action, Outcome
from riskcockpit.domain.batch import Batch, Item
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.errors import (
    AuthenticationError,
    ConfigError,
    ForbiddenError,
    ProtocolError,
    RateLimitedError,
    RiskcockpitError,
    UnavailableError,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Answer = Callable[[Asked], Reply]


class ConnectorContract:
    """What holds for every connector, wherever its facts come from."""

    connector: ClassVar[type[Connector]]
    url: ClassVar[str] = ""
    options: Mapping[str, Any] = {}
    expected_items: ClassVar[int]
    """How many items a first pull over the healthy upstream gives."""

    def spec(self, **changes: Any) -> SourceSpec:
        """Return the spec the connector under test is built from."""
        given = {"name": "under-test", "url": self.url, "options": self.options, **changes}
        return SourceSpec(**given)

    def pull(self, cursor: str = "", **changes: Any) -> list[Batch]:
        """Build, pull everything, close."""
        connector = self.connector.build(self.spec(**changes), FrozenClock(NOW))
        try:
            return list(connector.pull(cursor, NOW))
        finally:
            connector.close()

    def test_a_first_pull_reads_every_page(self) -> None:
        """Everything comes, and the last batch says that the pass was complete."""
        batches = self.pull()
        count = len(_items(batches))
        _expect(count == self.expected_items, f"{count} items, not {self.expected_items}")
        _expect(batches[-1].is_complete, "the last batch does not end the pass")
        _expect(not any(b.is_complete for b in batches[:-1]), "a batch before the last is complete")

    def test_coverage_counts_what_was_read(self) -> None:
        """The rows of all batches add up to the items."""
        batches = self.pull()
        rows = sum(batch.coverage.rows for batch in batches)
        _expect(rows == len(_items(batches)), f"coverage says {rows} rows")
        _expect(sum(batch.coverage.pages for batch in batches) > 0, "coverage says no pages")

    def test_a_pull_resumes_from_its_cursor(self) -> None:
        """From the last cursor nothing comes that a first pull would not give too."""
        first = self.pull()
        again = _items(self.pull(first[-1].cursor))
        known = _items(first)
        _expect(all(item in known for item in again), "a resumed pull gives other items")

    def test_a_resumed_pull_comes_to_its_end(self) -> None:
        """And from its own cursor to the same: nothing moves on while nothing happens."""
        second = self.pull(self.pull()[-1].cursor)
        _expect(second[-1].is_complete, "the last batch of a resumed pull does not end the pass")
        third = self.pull(second[-1].cursor)
        _expect(_items(third) == _items(second), "what is unchanged comes anew with each pull")

    def test_a_cursor_of_another_kind_means_from_the_start(self) -> None:
        """A cursor that cannot be read is no reason to fail, nor to miss anything."""
        _expect(_items(self.pull("not a cursor")) == _items(self.pull()), "items are missing")

    def test_the_same_payload_gives_the_same_items(self) -> None:
        """Items depend on the payload alone, so that a second sync changes nothing."""
        _expect(self.pull() == self.pull(), "two pulls of one payload differ")

    def test_an_unknown_option_is_refused(self) -> None:
        """A typo in the settings is found before anything is asked upstream."""
        error = _error(lambda: self.pull(options={**self.options, "surely_unknown": 1}))
        _expect(isinstance(error, ConfigError), f"it became {error!r}")
        _expect("surely_unknown" in str(error), f"the message does not name it: {error}")

    def test_close_may_be_called_twice(self) -> None:
        """Closing is safe in every clean-up path."""
        connector = self.connector.build(self.spec(), FrozenClock(NOW))
        connector.close()
        connector.close()


class HttpConnectorContract(ConnectorContract):
    """What holds besides for a connector that speaks HTTP."""

    url: ClassVar[str] = "https://upstream.example"
    least_answers: ClassVar[int] = 2
    """How many answers a first pull takes at least; 1: the upstream knows no pages."""
    actions: ClassVar[Sequence[Action]] = ()
    """One action of each kind that a connector with `Acts` takes, about anything."""
    acting_options: Mapping[str, Any] = {"write": True}
    """What the settings must say besides for it to act."""

    def changes(self, asked: Iterable[Asked]) -> list[Asked]:
        """Return the requests that change something upstream."""
        return [one for one in asked if one.method not in ("GET", "HEAD")]

    def answer(self, asked: Asked) -> Reply:
        """Answer as the healthy upstream does, with at least two pages where there are pages."""
        raise NotImplementedError

    def pull(self, cursor: str = "", **changes: Any) -> list[Batch]:
        """Pull from the healthy upstream."""
        return self.pull_from(self.answer, cursor, **changes)

    def pull_from(self, answer: Answer, cursor: str = "", **changes: Any) -> list[Batch]:
        """Pull from an upstream that answers as `answer` does."""
        with replayed(answer):
            return super().pull(cursor, **changes)

    def test_each_refusal_becomes_its_error(self) -> None:
        """Every status maps to the family that says what the caller can do."""
        families: Mapping[int, type[RiskcockpitError]] = {
            401: AuthenticationError,
            403: ForbiddenError,
            429: RateLimitedError,
            500: UnavailableError,
            502: UnavailableError,
            503: UnavailableError,
            504: UnavailableError,
        }
        for status, family in families.items():
            error = _error(lambda: self.pull_from(_always(Reply(status, b"no"))))  # noqa: B023 - called at once
            _expect(isinstance(error, family), f"{status} became {error!r}")

    def test_the_wait_that_was_asked_for_is_told(self) -> None:
        """`Retry-After` reaches the caller."""
        reply = Reply(429, headers={"retry-after": "1800"})
        error = _error(lambda: self.pull_from(_always(reply)))
        seconds = getattr(error, "retry_after_seconds", None)
        _expect(seconds == 1800, f"it says {seconds}")  # noqa: PLR2004 - as above

    def test_silence_and_a_dead_host_are_unavailable(self) -> None:
        """No answer at all is retryable."""
        for fault in (TimeoutError, ConnectionError):
            error = _error(lambda: self.pull_from(_failing(fault)))  # noqa: B023 - called at once
            _expect(isinstance(error, UnavailableError), f"{fault.__name__} became {error!r}")

    def test_nonsense_is_a_protocol_error(self) -> None:
        """HTML, text, half a JSON document and JSON of another shape are never taken for data."""
        for body in (
            b"<!doctype html><title>Log in</title>",
            b"all is well",
            b"",
            b'{"status": "success", "data": {"resul',
            b"[1, 2, 3]",
        ):
            error = _error(lambda: self.pull_from(_always(Reply(200, body))))  # noqa: B023 - called at once
            _expect(isinstance(error, ProtocolError), f"{body!r} became {error!r}")

    def test_a_redirect_to_another_origin_is_refused(self) -> None:
        """Credentials never follow a redirect away from the configured origin."""
        seen: list[Asked] = []

        def away(asked: Asked) -> Reply:
            seen.append(asked)
            return Reply(302, headers={"location": "https://elsewhere.example/x"})

        error = _error(lambda: self.pull_from(away))
        _expect(isinstance(error, ProtocolError), f"it became {error!r}")
        _expect(
            bool(seen) and all(asked.host != "elsewhere.example" for asked in seen),
            "the redirect was followed",
        )

    def test_a_fault_after_the_first_page_is_not_a_short_success(self) -> None:
        """Half of the facts is an error or is told as half, wherever it breaks off."""
        count = len(self._asked(self.answer))
        _expect(count >= self.least_answers, f"a first pull takes {count} answers only")
        for whole in sorted({1, count // 2, count - 1} - {0, count}):
            answered = 0

            def half(asked: Asked) -> Reply:
                nonlocal answered
                answered += 1
                return self.answer(asked) if answered <= whole else Reply(500)  # noqa: B023 - called at once

            try:
                batches = self.pull_from(half)
            except RiskcockpitError as error:
                _expect(isinstance(error, UnavailableError), f"it became {error!r}")
            else:
                seen = [batch.coverage for batch in batches]
                is_told = any(one.is_truncated or one.note for one in seen)
                _expect(is_told, f"{whole} of {count} answers were taken for all")

    def test_reading_changes_nothing_and_never_asks_as_who_may_write(self) -> None:
        """A pull, a check and a look at deployments send no write, and not its credential."""
        secret = secrets.token_hex(20)
        asked = self._asked(self.answer, write=Credential(secret, "env W", username="writer"))
        changes = self.changes(asked)
        _expect(not changes, f"reading sent {[f'{one.method} {one.path}' for one in changes]}")
        shown = [one for one in asked if _shows(one, secret)]
        _expect(not shown, "a read shows the credential that is for writing")

    def test_nothing_is_changed_without_a_plan_and_leave(self) -> None:
        """A preview changes nothing; without a write credential an action is refused unsent."""
        acts = hasattr(self.connector, "apply")
        _expect(acts is bool(self.actions), "`actions` names one of each kind it takes, or none")
        for action in self.actions:
            for write in (Credential(secrets.token_hex(20), "env W", username="writer"), None):
                asked: list[Asked] = []
                receipt = self._tried(action, write, asked)
                changes = self.changes(asked)
                _expect(not changes, f"{action.kind} sent {[one.method for one in changes]}")
                is_refused = receipt is None or receipt is Outcome.REFUSED
                _expect(is_refused, f"{action.kind} without leave became {receipt}")

    def _tried(
        self, action: Action, write: Credential | None, asked: list[Asked]
    ) -> Outcome | None:
        """Preview an action; apply it when nobody may. None: it was not applied."""

        def noting(one: Asked) -> Reply:
            asked.append(one)
            return self.answer(one)

        options = {**self.options, **self.acting_options}
        with replayed(noting):
            made = self.connector.build(self.spec(write=write, options=options), FrozenClock(NOW))
            try:
                _expect(isinstance(made, Acts), "it has `apply`, but not all of `Acts`")
                if not isinstance(made, Acts):
                    return None
                with suppress(Exception):  # `answer` need not know what it is about
                    made.preview(action)
                return made.apply(action).outcome if write is None else None
            finally:
                made.close()

    def _asked(self, answer: Answer, **changes: Any) -> list[Asked]:
        """Return what a first pull asks, and then a check and a look at deployments."""
        asked: list[Asked] = []

        def noting(one: Asked) -> Reply:
            asked.append(one)
            return answer(one)

        with replayed(noting):
            made = self.connector.build(self.spec(**changes), FrozenClock(NOW))
            try:
                list(made.pull("", NOW))
                if changes and isinstance(made, Checks):
                    with suppress(Exception):  # `answer` need not know what is asked
                        made.check()
                if changes and isinstance(made, Deploys):
                    with suppress(Exception):
                        list(made.deployments())
            finally:
                made.close()
        return asked

    def test_secrets_appear_in_no_message(self) -> None:
        """Not in messages, hints, details, representations, tracebacks or logs."""
        secret = secrets.token_hex(20)
        read = Credential(secret, "env UNDER_TEST")

        def echo(status: int) -> Answer:
            return lambda asked: Reply(status, asked.headers.get("authorization", "").encode())

        answers = [echo(status) for status in (200, 400, 401, 403, 404, 429, 500)]
        texts: list[str] = []
        with _recorded(texts):
            for answer in (*answers, _failing(TimeoutError), self.answer):
                error = _error(lambda: self.pull_from(answer, read=read))  # noqa: B023 - called at once
                texts += _texts_of(error)
        texts.append(repr(read) + str(self.spec(read=read)))
        told = [text for text in texts if secret in text]
        _expect(not told, f"a secret is told: {[t.replace(secret, 'SECRET') for t in told]}")


def _items(batches: Sequence[Batch]) -> list[Item]:
    return [item for batch in batches for item in batch.items]


def _shows(asked: Asked, secret: str) -> bool:
    basic = base64.b64encode(f"writer:{secret}".encode()).decode()
    said = " ".join([*asked.headers.values(), *asked.params.values(), repr(asked.body)])
    return secret in said or basic in said


def _always(reply: Reply) -> Answer:
    return lambda _asked: reply


def _failing(fault: type[Exception]) -> Answer:
    def fail(_asked: Asked) -> Reply:
        raise fault

    return fail


def _error(call: Callable[[], object]) -> RiskcockpitError | None:
    try:
        call()
    except RiskcockpitError as error:
        return error
    return None


def _texts_of(error: RiskcockpitError | None) -> list[str]:
    if error is None:
        return []
    said = [error.message, error.hint or "", error.detail or "", repr(error), repr(vars(error))]
    return [*said, *traceback.format_exception(error)]


class _recorded(logging.Handler):  # noqa: N801 - reads as a verb in `with`
    """Collects every log line of the process while the block runs."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._texts = texts
        self._level = logging.WARNING

    def emit(self, record: logging.LogRecord) -> None:
        self._texts.append(record.getMessage() + repr(vars(record)))

    def __enter__(self) -> None:
        root = logging.getLogger()
        self._level = root.level
        root.setLevel(logging.DEBUG)
        root.addHandler(self)

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
        logging.getLogger().setLevel(self._level)


def _expect(holds: bool, message: str) -> None:  # noqa: FBT001 - as `assert`
    if not holds:
        raise AssertionError(message)
