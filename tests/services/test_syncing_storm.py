"""A storm of faults: it converges, keeps the published limits, and repeats no write that worked."""

from __future__ import annotations

import contextlib
import random
import time
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from riskcockpit.config.paths import Paths, make_private
from riskcockpit.config.settings import Settings, SourceSettings
from riskcockpit.connectors.http import HttpClient, replayed
from riskcockpit.connectors.mlflow.alias import AliasMover
from riskcockpit.connectors.mlflow.client import MlflowClient
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.errors import RetryableError
from riskcockpit.services.context import Context
from riskcockpit.services.judging import Judgement
from riskcockpit.services.redaction_key import FILE_NAME, KEY_BYTES
from riskcockpit.services.sync import sync
from riskcockpit.store.database import Writer
from riskcockpit.store.snapshots import Store
from support import paged
from support.caches import NOW
from support.canonical import canonical_export
from support.fake_mlflow import FakeMlflow
from support.paged import AT_ONCE, BURST, PER_SECOND, Server, Upstream, give

pytestmark = pytest.mark.usefixtures("without_policy")

FAULTS = (
    "too many", "forbidden", "broken", "gateway", "slow", "cut off", "nonsense", "dropped",
    "empty", "wrong length",
)  # fmt: skip
CHANCE = 0.2
READ_SECONDS = 0.4
PAUSE = 0.15
SLACK = 0.02
"""Seconds by which the time of an arrival may differ from that of its sending."""


@dataclass
class Storm:
    """Answers in place of the upstream, with a chance, in one of ten wrong ways."""

    dice: random.Random
    seen: dict[str, int] = field(default_factory=dict)
    closed_until: float = 0.0
    too_early: int = 0

    def __call__(self, handler: BaseHTTPRequestHandler) -> bool:
        """Whether the request was answered wrongly."""
        if time.monotonic() < self.closed_until - SLACK:
            self.too_early += 1
        if self.dice.random() >= CHANCE:
            return False
        fault = self.dice.choice(FAULTS)
        self.seen[fault] = self.seen.get(fault, 0) + 1
        self._answer(handler, fault)
        return True

    def _answer(self, handler: BaseHTTPRequestHandler, fault: str) -> None:
        body = b'{"total": 1, "alerts": []}'
        waiting = {"retry-after-ms": str(int(PAUSE * 1000))}
        whole = {
            "too many": Reply(429, b"", waiting),
            "forbidden": Reply(403, b"", {"x-ratelimit-remaining": "0", **waiting}),
            "broken": Reply(500, b"oops"),
            "gateway": Reply(502, b"<html><h1>Bad gateway</h1></html>"),
            "nonsense": Reply(200, body[:20]),
            "empty": Reply(200, b""),
        }
        if fault in ("too many", "forbidden"):
            self.closed_until = time.monotonic() + PAUSE
        if fault in whole:
            give(handler, whole[fault])
            return
        handler.close_connection = True
        if fault == "slow":
            time.sleep(READ_SECONDS * 1.5)
        elif fault == "cut off":
            give(handler, Reply(200, body[:9]), len(body))
        elif fault == "wrong length":
            give(handler, Reply(200, body), len(body) + 50)


def context(home: Path, url: str) -> Context:
    paths, clock = Paths.under(home), FrozenClock(NOW)
    (make_private(paths.state) / FILE_NAME).write_bytes(bytes(KEY_BYTES))
    options = {"rated": True, "read_seconds": READ_SECONDS}
    source = SourceSettings(name="scm", kind="paged", url=url, options=options)
    return Context(Settings(sources=(source,)), paths, clock, Store(paths.cache, clock), "bastion")


def most_within(arrivals: list[float], seconds: float) -> int:
    """Return how many arrivals lie in the fullest span of some seconds."""
    times = sorted(arrivals)
    return max(bisect_left(times, at + seconds) - n for n, at in enumerate(times))


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_ctx: Context, tx: Writer, _now: datetime) -> Judgement:
        return Judgement(tx.generation, (), (), "", "")

    monkeypatch.setattr("riskcockpit.connectors.registry.load", paged.load)
    monkeypatch.setattr("riskcockpit.services.sync.judge", silent)


@pytest.mark.slow
@pytest.mark.usefixtures("_quick")
def test_a_storm_of_faults_ends_in_the_same_cache_within_the_limits(tmp_path: Path) -> None:
    upstream = Upstream.of(200, page_size=5)
    with Server(upstream).serving() as url:
        ctx = context(tmp_path / "calm", url)
        assert sync(ctx).unfinished == 0
        wanted = canonical_export(ctx.store)
    storm = Storm(random.Random(7))  # noqa: S311 - faults, no secrets
    server = Server(upstream, before=storm)
    with server.serving() as url:
        ctx = context(tmp_path / "storm", url)
        states = []
        for _ in range(10):
            states.append(sync(ctx).sources[0].state)
            if states[-1] == "ok":
                break
    assert states[-1] == "ok", states
    assert canonical_export(ctx.store) == wanted
    assert set(storm.seen) == set(FAULTS), "every fault came"
    assert most_within(server.arrivals, 1.0) <= BURST + PER_SECOND * (1.0 + SLACK)
    assert server.most_at_once <= AT_ONCE
    assert storm.too_early == 0, "nobody asked before the time that was named"


@pytest.mark.parametrize("seed", range(20))
def test_a_write_that_took_effect_is_never_sent_again(seed: int) -> None:
    """Faults before and after the effect: each next attempt looks first."""
    dice = random.Random(seed)  # noqa: S311 - faults, no secrets
    fake, clock = FakeMlflow(), FrozenClock(NOW)
    params = {"from": "7", "to": "6"}
    action = Action("feed" * 16, ActionKind.MODEL_ROLLBACK, "registry", "fraud@champion", params)

    def stormy(asked: Asked) -> Reply:
        fault = dice.choice(FAULTS) if dice.random() < CHANCE * 2 else ""
        if not fault:
            return fake(asked)
        if asked.method != "GET" and dice.random() < 0.5:
            fake(asked)  # it takes effect, and the answer is lost
        return _wrong(fault)

    outcome = Outcome.UNKNOWN
    with replayed(stormy):
        client = MlflowClient(HttpClient("registry", "https://mlflow.example", clock))
        for _ in range(30):
            with contextlib.suppress(RetryableError):
                outcome = AliasMover(client, client, clock, "READ").apply(action).outcome
            if outcome is Outcome.DONE:
                break
        client.http.close()
    moves = [call for _, call, _ in fake.writes if call == "registered-models/alias"]
    assert (outcome, fake.champion) == (Outcome.DONE, 6)
    assert len(moves) == 1, "the alias was moved once"


def _wrong(fault: str) -> Reply:
    if fault in ("slow", "wrong length"):
        raise TimeoutError
    if fault in ("cut off", "dropped"):
        raise ConnectionError
    waiting = {"retry-after": "1"}
    return {
        "too many": Reply(429, headers=waiting),
        "forbidden": Reply(403, headers={"x-ratelimit-remaining": "0", **waiting}),
        "broken": Reply(500, b"oops"),
        "gateway": Reply(502, b"<html>"),
        "empty": Reply(200, b""),
        "nonsense": Reply(200, b'{"registered'),
    }[fault]
