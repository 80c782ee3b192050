"""The process of the watch: one leads, another stands by, signals end it between two steps."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue
from typing import Any

import msgspec
import pytest

from riskcockpit.config.automation import Automation, Enforcement, Rule
from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import Settings, SourceSettings
from riskcockpit.domain.batch import Coverage
from riskcockpit.domain.reading import MetricClass, Reading, SubjectKind
from riskcockpit.errors import ConfigError, LedgerError, StoreError
from riskcockpit.services import watch_publishing
from riskcockpit.services.adopting import adopt, rules_file
from riskcockpit.services.answers import approve
from riskcockpit.services.automation import standing
from riskcockpit.services.context import Context
from riskcockpit.services.looking import Looker, cycles_of, merged
from riskcockpit.services.pulling import Pulled, Round
from riskcockpit.services.stopping import StopError, Stopper
from riskcockpit.services.systemd import Systemd
from riskcockpit.services.watching import Watch
from riskcockpit.views.automation import WatchEvent
from riskcockpit.views.reports import SyncReport
from support.cli import invoke
from support.deciding import Bank, make_bank
from support.watched import wait_for

pytestmark = pytest.mark.usefixtures("without_policy")

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@contextmanager
def watch(home: Path, notify: str = "") -> Iterator[subprocess.Popen[str]]:
    env = {**os.environ, "RISKCOCKPIT_HOME": str(home), "NOTIFY_SOCKET": notify}
    argv = [sys.executable, "-m", "riskcockpit", "watch", "run", "--json", "--cycle", "1s"]
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def event(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def test_one_leads_another_stands_by_and_takes_over(home: Path, tmp_path: Path) -> None:
    assert invoke("init").code == 0
    assert invoke("watch", "health").code == 1
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(address))
        heard = Queue[bytes]()

        def listen() -> None:
            while not (told := systemd.recv(4096)).startswith(b"STOPPING=1"):
                heard.put(told)
            heard.put(told)

        threading.Thread(target=listen, daemon=True).start()
        with watch(home, str(address)) as first:
            assert event(first)["kind"] == "started"
            assert heard.get(timeout=60).startswith(b"READY=1")
            while not (told := heard.get(timeout=60)).startswith(b"WATCHDOG=1"):
                pass
            while b"models watched" not in told:
                told = heard.get(timeout=60)
            health = json.loads(invoke("watch", "health", "--json").out)
            assert (health["state"], health["pid"]) == ("leading", first.pid)
            with watch(home) as second:
                assert event(second)["kind"] == "standing by"
                first.send_signal(signal.SIGTERM)
                assert event(first)["kind"] == "stopping"
                assert first.wait(60) == 0
                while not heard.get(timeout=60).startswith(b"STOPPING=1"):
                    pass
                assert event(second)["kind"] == "started"
                second.send_signal(signal.SIGINT)
                assert event(second)["kind"] == "stopping"
                assert second.wait(60) == 0
    assert json.loads(invoke("watch", "health", "--json").out)["state"] == "stopped"


def test_a_signal_ends_what_reads_and_waits_for_what_is_decided() -> None:
    stopper = Stopper()
    steps = []
    with stopper.hearing():
        os.kill(os.getpid(), signal.SIGTERM)  # in the middle of a step
        steps.append("finished")
        assert stopper.is_wanted
        with pytest.raises(StopError), stopper.interruptible():
            steps.append("begun")
    assert steps == ["finished"]

    stopper = Stopper()
    with stopper.hearing(), pytest.raises(StopError):
        wait_in(stopper)


def wait_in(stopper: Stopper) -> None:
    with stopper.interruptible():
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()


def test_without_systemd_nothing_is_told_and_a_foreign_watchdog_is_not_ours() -> None:
    Systemd().ready("leading")
    Systemd("/nowhere/to/be/found").stopping()
    found = Systemd.from_environment({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"})
    assert found.watchdog_seconds == 0.0
    assert Systemd.from_environment({"WATCHDOG_USEC": "30000000"}).watchdog_seconds == 30.0


def source(name: str, kind: str, *, enabled: bool = True) -> SourceSettings:
    return SourceSettings(name=name, kind=kind, enabled=enabled)


def test_each_source_that_matters_is_looked_at_at_its_own_cycle() -> None:
    settings = Settings(
        sources=(source("registry", "mlflow"), source("metrics", "prometheus"),
                 source("alerts", "alertmanager", enabled=False), source("code", "github"))
    )  # fmt: skip
    minute, cycle = timedelta(minutes=1), timedelta(seconds=15)
    assert cycles_of(Automation(), settings) == {"registry": minute, "metrics": cycle}
    named = Automation(sources={"code": "5m"})
    assert cycles_of(named, settings) == {"code": timedelta(minutes=5)}
    with pytest.raises(ConfigError, match='name the source "alerts"'):
        cycles_of(Automation(sources={"alerts": "15s"}), settings)


def test_looks_that_were_not_published_are_told_as_one() -> None:
    def reading(minute: int) -> Reading:
        at = NOW + timedelta(minutes=minute)
        return Reading(SubjectKind.MODEL, "fraud", "accuracy", MetricClass.ACCURACY, 0.9, at)

    metrics = source("metrics", "prometheus")
    first = Pulled(metrics, readings=(reading(0), reading(1)), cursor="1", coverage=Coverage(1, 2))
    second = replace(first, readings=(reading(1), reading(2)), cursor="2", digest="x")
    found = merged(first, second)
    assert [r.at.minute for r in found.readings] == [0, 1, 2]
    assert found.cursor == "2"
    failed = merged(found, Pulled(metrics, error="it does not answer"))
    assert failed.readings == found.readings
    assert failed.notes == ("it does not answer",)
    assert not failed.error
    assert merged(Pulled(metrics, error="away"), first) == first


def test_what_could_not_be_published_goes_with_the_next_publish(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reading(minute: int) -> Reading:
        at = NOW + timedelta(minutes=minute)
        return Reading(SubjectKind.MODEL, "fraud", "accuracy", MetricClass.ACCURACY, 0.9, at)

    given = [Pulled(source("metrics", "prometheus"), readings=(reading(n),)) for n in range(3)]
    monkeypatch.setattr(Round, "pull_all", lambda _self, _due: [given.pop(0)])
    settings = Settings(sources=(source("metrics", "prometheus"),))
    looker = Looker(replace(Context.open(Paths.under(home)), settings=settings))

    def look() -> list[int]:
        looker.look({"metrics": timedelta()})
        return [one.at.minute for one in looker.readings]

    assert look() == [0]
    (handed,) = looker.hand_over()
    assert look() == [0, 1], "what is on its way is in no cache yet"
    looker.not_published()
    (handed,) = looker.hand_over()
    assert [one.at.minute for one in handed.readings] == [0, 1]
    assert look() == [0, 1, 2]
    looker.published()
    assert [one.at.minute for one in looker.readings] == [2]


def test_a_source_that_takes_long_keeps_no_other_waiting(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = (source("registry", "mlflow"), source("metrics", "prometheus"))
    given, begun = Queue[Pulled](), Counter[str]()

    def pull_all(_self: Round, due: list[SourceSettings]) -> Iterator[Pulled]:
        (one,) = due
        begun[one.name] += 1
        yield given.get() if one.kind == "mlflow" else Pulled(one)

    monkeypatch.setattr(Round, "pull_all", pull_all)
    context = replace(Context.open(Paths.under(home)), settings=Settings(sources=sources))
    looker = Looker(context, patience=0.2)
    cycles = {one.name: timedelta() for one in sources}

    def look() -> list[str]:
        return [one.source.name for one in looker.look(cycles)]

    assert (look(), look()) == (["metrics"], ["metrics"])
    assert begun == {"registry": 1, "metrics": 2}, "one look at a source at a time"
    assert looker.is_looking(["mlflow"])
    (trouble,) = looker.troubles()
    assert trouble.startswith("registry: a look goes on since ")
    given.put(Pulled(sources[0], error="it broke off"))
    wait_for(lambda: "registry" in look(), "what came late counts")
    looker.look_again(["mlflow"])
    assert not looker.is_looking(["mlflow"])
    given.put(Pulled(sources[0], error="nobody wants it"))
    time.sleep(0.1)
    assert looker.look({}) == ()
    assert looker.troubles() == {"registry: it broke off"}, "so until it is looked at again"


def enforced(root: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    """A bank whose rules roll `fraud` back after two bad windows; its cache has one."""
    bank = make_bank(root, monkeypatch)
    bank.roles |= {"engineer": ["engineer", "risk_owner"], "watch": ["automation"]}
    bank.hire()
    rule = Rule(id="lost", class_=MetricClass.ACCURACY, windows=2, action="rollback")
    automation = Automation(rules=(rule,), enforce={"fraud": Enforcement(approver="approver")})
    rules_file(bank.at("engineer")).write_text(msgspec.yaml.encode(automation).decode())
    adopt(bank.at("engineer"))
    (change,) = standing(bank.at("engineer")).book.waiting
    approve(bank.at("approver"), change.entry.hash)
    bank.clock.step = timedelta()
    return bank


@dataclass
class Publishes:
    """Stands in for the publishes of a watch: the first is slow, the second fails."""

    bank: Bank
    count: int = 0
    begun: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)
    is_done: bool = False

    def __call__(self, *_: object) -> SyncReport:
        self.count += 1
        self.begun.set()
        assert self.may_end.wait(60)
        if self.count == 2:
            raise StoreError("no room")
        if self.count > 2:  # the first began before the move: it does not know of it
            self.bank.publish()
            self.is_done = True
        return SyncReport((), is_dry_run=False, generation=0)


def test_what_was_seen_is_published_though_nothing_can_be_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = enforced(tmp_path / "home", monkeypatch)
    published: list[str] = []

    def take_in(*_: object) -> SyncReport:
        published.append("all")
        return SyncReport((), is_dry_run=False, generation=0)

    def revoked(_self: Watch) -> None:
        raise LedgerError("the key was revoked")

    monkeypatch.setattr(watch_publishing, "take_in", take_in)
    monkeypatch.setattr(Looker, "look", lambda *_: ())
    for step in ("_find_out", "_prove"):
        monkeypatch.setattr(Watch, step, revoked)
    events: list[WatchEvent] = []
    Watch(bank.at("watch"), events.append).run(is_once=True)
    assert published == ["all"]
    assert [e.detail for e in events if e.kind == "trouble"] == ["the key was revoked"]


def test_a_fault_is_ended_while_a_publish_is_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = enforced(tmp_path / "home", monkeypatch)
    publishes, seen, turns = Publishes(bank), list[Reading](), Counter[str]()

    def look(*_: object) -> tuple[Pulled, ...]:
        turns["turn"] += 1
        return ()

    monkeypatch.setattr(watch_publishing, "take_in", publishes)
    monkeypatch.setattr(Looker, "look", look)
    monkeypatch.setattr(Looker, "readings", seen)
    monkeypatch.setattr(Watch, "_sleep", lambda *_: time.sleep(0.01))
    events: list[WatchEvent] = []
    watch = Watch(bank.at("watch"), events.append)
    thread = threading.Thread(target=watch.run)
    thread.start()
    try:
        assert publishes.begun.wait(60)
        reading = Reading(
            SubjectKind.MODEL, "fraud", "accuracy", MetricClass.ACCURACY, 0.8, bank.clock.now(),
            version=7, threshold=0.9,
        )  # fmt: skip
        seen.append(reading)
        wait_for(lambda: bank.registry.champion == 6, "it is rolled back")
        publishes.may_end.set()
        wait_for(lambda: publishes.is_done, "it is published")
        turns.clear()
        wait_for(lambda: turns["turn"] > 2, "it goes on")
    finally:
        publishes.may_end.set()
        watch.stop()
        thread.join(60)
    kinds = ("rolled back", "held", "trouble")
    told = [(e.kind, e.detail.partition(",")[0]) for e in events if e.kind in kinds]
    moved = "fraud: champion from version 7 back to version 6"
    assert told == [("rolled back", moved), ("trouble", "no room")]
    assert len(bank.registry.sent) == 1
