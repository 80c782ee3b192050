"""What may be asked: published limits hold in every span, and a server that says stop is obeyed."""

from __future__ import annotations

import threading
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.dialect import Dialect
from riskcockpit.connectors.gates import Gate, Gates, Rate, TooLongError
from riskcockpit.connectors.http import HttpClient, replayed
from riskcockpit.connectors.pace import Pace
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.connectors.session import Session
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.errors import CancelledError, RateLimitedError

CLOCK = FrozenClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
URL = "https://upstream.example"


@dataclass
class Time:
    """A clock on which only sleeping takes time."""

    now: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def pace(self) -> Pace:
        return Pace(monotonic=lambda: self.now, sleep=self.sleep, chance=lambda: 0.0)


def passes(gate: Gate, time: Time, rates: tuple[Rate, ...], count: int) -> list[float]:
    """Return when each of `count` requests got through."""
    moments = []
    for _ in range(count):
        with gate.passing("read", rates, time.pace(), 1e9, lambda _seconds: None):
            moments.append(time.now)
    return moments


def most_within(moments: list[float], seconds: float) -> int:
    return max(bisect_left(moments, at + seconds) - n for n, at in enumerate(moments))


def test_every_limit_of_a_class_holds_in_every_span() -> None:
    rates = (Rate(burst=10, per_second=1.0), Rate(burst=30, per_second=0.1))
    moments = passes(Gate(), Time(), rates, 100)
    for rate in rates:
        for seconds in (1.0, 10.0, 60.0, 600.0):
            assert most_within(moments, seconds) <= rate.burst + seconds * rate.per_second + 1e-6
    assert moments[9] == 0.0, "a burst does not wait"


def test_a_closed_gate_lets_nobody_of_any_class_through() -> None:
    gate, time = Gate(), Time()
    gate.close_for(30, time.now)
    gate.close_for(10, time.now)
    waits: list[float] = []
    with gate.passing("search", (Rate(),), time.pace(), 60, waits.append):
        assert time.now == 30
    assert waits == [30]


def test_a_class_that_is_used_up_leaves_the_others_alone() -> None:
    gate, time = Gate(), Time()
    gate.close_for(30, time.now, "search")
    assert passes(gate, time, (Rate(),), 1) == [0.0]


def test_nobody_waits_longer_than_he_has() -> None:
    gate, time = Gate(), Time()
    gate.close_for(3600, time.now)
    with (
        pytest.raises(TooLongError),
        gate.passing("read", (Rate(),), time.pace(), 90, lambda _s: None),
    ):
        pytest.fail("it went through")
    assert time.now == 0


def test_no_more_than_the_allowed_number_are_inside_at_once() -> None:
    gate, inside, most = Gate(), [0], [0]
    lock = threading.Lock()
    full = threading.Event()

    def work() -> None:
        with gate.passing("read", (Rate(at_once=3),), Pace(), 1e12, lambda _s: None):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                if inside[0] == 3:
                    full.set()
            full.wait(10)
            with lock:
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [3]


def test_each_credential_has_a_gate_of_its_own() -> None:
    gates = Gates()
    one, two = Credential("a" * 8, "env A"), Credential("b" * 8, "env B")
    assert gates.gate(URL, one) is gates.gate(URL, Credential("a" * 8, "file /x"))
    assert len({id(gates.gate(URL, each)) for each in (one, two, None)}) == 3
    assert gates.gate(URL, one) is not gates.gate("https://other.example", one)
    assert "aaaa" not in repr(vars(gates))


def test_a_client_that_was_told_to_stop_keeps_the_others_from_asking() -> None:
    asked: list[Asked] = []

    def answer(one: Asked) -> Reply:
        asked.append(one)
        return Reply(429, headers={"retry-after": "1800"})

    time = Time()
    with replayed(answer, time.pace()):
        for _ in range(3):
            http = HttpClient("scm", URL, CLOCK)
            with pytest.raises(RateLimitedError) as caught:
                http.get("/x")
            assert caught.value.retry_after_seconds == 1800
            with pytest.raises(RateLimitedError):
                http.write("POST", "/x", {})
    assert len(asked) == 1


def test_a_success_that_leaves_nothing_closes_its_class_until_the_reset() -> None:
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "40"}
    time = Time()
    with replayed(lambda _asked: Reply(200, b"[]", headers), time.pace()):
        http = HttpClient("scm", URL, CLOCK)
        http.get("/x")
        assert time.now == 0
        http.get("/x")
        assert time.now == 40


def test_retry_after_in_milliseconds_is_obeyed_first() -> None:
    replies = [Reply(429, headers={"retry-after-ms": "250", "retry-after": "9"}), Reply(200, b"[]")]
    time = Time()
    with replayed(lambda _asked: replies.pop(0), time.pace()):
        HttpClient("scm", URL, CLOCK).get("/x")
    assert time.now == 0.25


def test_a_stopped_run_sends_nothing_more_and_ends_every_wait() -> None:
    asked: list[Asked] = []
    session = Session()

    def answer(one: Asked) -> Reply:
        asked.append(one)
        session.stop.set()
        return Reply(503)

    with replayed(answer):
        http = HttpClient("scm", URL, CLOCK, session=session)
        with pytest.raises(CancelledError):
            http.get("/x")
        with pytest.raises(CancelledError):
            http.write("POST", "/x", {})
    assert len(asked) == 1


def test_a_real_wait_ends_at_once_when_the_run_is_stopped() -> None:
    session = Session()
    gate = session.gates.gate("http://127.0.0.1:9", None)
    gate.close_for(60, Pace().monotonic())
    http = HttpClient("scm", "http://127.0.0.1:9", CLOCK, session=session)
    timer = threading.Timer(0.1, session.stop.set)
    timer.start()
    with pytest.raises(CancelledError):
        http.get("/x")
    timer.join()


def test_waits_are_told() -> None:
    told: list[tuple[float, str]] = []
    time = Time()
    session = Session(waiting=lambda seconds, why: told.append((seconds, why)))
    dialect = Dialect(rates={"read": (Rate(burst=1, per_second=0.1),)})
    with replayed(lambda _asked: Reply(200, b"[]"), time.pace()):
        http = HttpClient("scm", URL, CLOCK, dialect=dialect, session=session)
        http.get("/x")
        http.get("/x")
    assert told == [(10.0, "for the limit of its requests")]
