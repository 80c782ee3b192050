"""The rules every connector keeps, as a suite to subclass: ours do, and so can yours.

    class TestMine(HttpConnectorContract):
        connector = MyConnector
        expected_items = 3

        def answer(self, asked: Asked) -> Reply: ...   # a healthy upstream, over two pages or more

pytest collects it by the name of the subclass. Nothing here needs pytest.
"""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import Connector, SourceSpec
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.reply import Asked, Reply
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
        """Half of the facts is an error, never a complete pass."""
        answered = 0

        def half(asked: Asked) -> Reply:
            nonlocal answered
            answered += 1
            return self.answer(asked) if answered == 1 else Reply(500)

        error = _error(lambda: self.pull_from(half))
        _expect(answered == 1 or isinstance(error, UnavailableError), f"it became {error!r}")

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
