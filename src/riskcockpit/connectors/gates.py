"""How fast we may ask: token buckets and how many requests at once, shared by all sources.

There is one gate for each origin and credential, and behind it a bucket for each endpoint class
and limit. A request waits for every limit of its class. What a server says corrects the gate: after
"too many requests" nobody asks it with that credential before the time it named.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.pace import Pace

_GLANCE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Rate:
    """One published limit of an endpoint class.

    In any span of `s` seconds at most `burst + s * per_second` requests are sent: a limit of N in
    a minute is kept by a burst of N/2 and N/120 a second.
    """

    at_once: int = 8
    burst: int = 100
    per_second: float = 50.0


class TooLongError(Exception):
    """The gate opens only after the time the caller has."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


@dataclass(slots=True)
class _Bucket:
    rate: Rate
    tokens: float
    filled_at: float
    seats: threading.Semaphore

    def wait(self, now: float) -> float:
        """Return the seconds until there is a token."""
        grown = (now - self.filled_at) * self.rate.per_second
        self.tokens = min(float(self.rate.burst), self.tokens + max(grown, 0.0))
        self.filled_at = now
        missing = 1.0 - self.tokens
        return 0.0 if missing <= 1e-9 else missing / self.rate.per_second  # noqa: PLR2004 - rounding


@dataclass(slots=True)
class Gate:
    """What one credential may ask of one origin."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _buckets: dict[tuple[str, int], _Bucket] = field(default_factory=dict)
    _closed_until: dict[str, float] = field(default_factory=dict)  # class, or "" for all

    @contextmanager
    def passing(
        self,
        kind: str,
        rates: Sequence[Rate],
        pace: Pace,
        deadline: float,
        told: Callable[[float], None],
    ) -> Iterator[None]:
        """Let one request of the class `kind` through; `told` hears of each wait, in seconds.

        Raises:
            TooLongError: it would not get through before `deadline` (monotonic seconds).
        """
        with ExitStack() as seats:
            for bucket in self._of(kind, rates, pace.monotonic()):
                _sit(bucket.seats, pace, deadline)
                seats.callback(bucket.seats.release)
            while wait := self._take(kind, rates, pace.monotonic()):
                if pace.monotonic() + wait > deadline:
                    raise TooLongError(wait)
                told(wait)
                pace.sleep(wait)
            yield

    def close_for(self, seconds: float, now: float, kind: str = "") -> None:
        """Let nothing through for `seconds` from `now` (monotonic); `kind` empty: of any class."""
        with self._lock:
            self._closed_until[kind] = max(self._closed_until.get(kind, 0.0), now + seconds)

    def _of(self, kind: str, rates: Sequence[Rate], now: float) -> list[_Bucket]:
        with self._lock:
            for index, rate in enumerate(rates):
                if (kind, index) not in self._buckets:
                    seats = threading.Semaphore(rate.at_once)
                    self._buckets[kind, index] = _Bucket(rate, float(rate.burst), now, seats)
            return [self._buckets[kind, index] for index in range(len(rates))]

    def _take(self, kind: str, rates: Sequence[Rate], now: float) -> float:
        """Take a token of each bucket when all have one; else return the seconds to wait."""
        with self._lock:
            closed = max(self._closed_until.get(kind, 0.0), self._closed_until.get("", 0.0)) - now
            buckets = [self._buckets[kind, index] for index in range(len(rates))]
            wait = max([closed, *(bucket.wait(now) for bucket in buckets)])
            if wait > 0:
                return wait
            for bucket in buckets:
                bucket.tokens -= 1.0
            return 0.0


def _sit(seats: threading.Semaphore, pace: Pace, deadline: float) -> None:
    while not seats.acquire(timeout=_GLANCE_SECONDS):
        pace.sleep(0)  # raises when the run was stopped
        if pace.monotonic() > deadline:
            raise TooLongError(_GLANCE_SECONDS)


class Gates:
    """All gates of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gates: dict[tuple[str, str], Gate] = {}
        self._key = secrets.token_bytes(32)

    def gate(self, origin: str, credential: Credential | None) -> Gate:
        """Return the gate of an origin and a credential; the value itself is not kept."""
        value = f"{credential.username}\0{credential.value}" if credential else ""
        who = hmac.new(self._key, value.encode(), "sha256").hexdigest()
        with self._lock:
            return self._gates.setdefault((origin, who), Gate())


EVERYBODY = Gates()
"""The gates of this process: a sync and an action of the cockpit share what is allowed."""
