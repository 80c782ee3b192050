"""The engine against an upstream with pages: what is kept, what is asked again, what closes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import CredentialRef, Settings, SourceSettings
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.services import pulling
from riskcockpit.services.context import Context
from riskcockpit.services.judging import Judgement
from riskcockpit.services.sync import sync
from riskcockpit.store.database import Writer
from riskcockpit.store.snapshots import Store
from riskcockpit.views.reports import SourceOutcome
from riskcockpit.views.syncing import SourceProgress
from support import paged
from support.caches import NOW, statement
from support.canonical import canonical_export
from support.paged import Upstream

pytestmark = pytest.mark.usefixtures("without_policy")

URL = "https://upstream.example"


@dataclass
class Bank:
    """A home with one paged source, and what it asked."""

    home: Path
    upstream: Upstream = field(default_factory=lambda: Upstream.of(25, page_size=10))
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(NOW))
    asked: list[Asked] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)

    def context(self) -> Context:
        source = SourceSettings(
            name="scm", kind="paged", url=URL, credential=CredentialRef(env="PAGED_TOKEN"),
            options=self.options,
        )  # fmt: skip
        paths = Paths.under(self.home)
        settings = Settings(sources=(source,))
        return Context(settings, paths, self.clock, Store(paths.cache, self.clock), "bastion")

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        query = "&".join(f"{name}={value}" for name, value in asked.params.items())
        return self.upstream.answer(f"{asked.path}?{query}", dict(asked.headers))

    def sync(self, **options: Any) -> SourceOutcome:
        self.asked.clear()
        with replayed(self.answer):
            return sync(self.context(), **options).sources[0]

    def pages(self) -> list[dict[str, str]]:
        return [dict(asked.params) for asked in self.asked if asked.path == "/alerts"]

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        with self.context().store.reader() as reader:
            return reader.rows(statement(text))

    def states(self) -> dict[str, int]:
        return dict(self.rows("SELECT state, count(*) FROM finding GROUP BY ALL ORDER BY ALL"))


def _silent(_ctx: Context, tx: Writer, _now: datetime) -> Judgement:
    return Judgement(tx.generation, (), (), "", "")


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    monkeypatch.setattr("riskcockpit.connectors.registry.load", paged.load)
    monkeypatch.setenv("PAGED_TOKEN", "a-token-of-the-tests")
    monkeypatch.setattr("riskcockpit.services.sync.judge", _silent)
    return Bank(tmp_path)


def test_all_pages_come_and_an_unchanged_second_sync_rewrites_no_row(bank: Bank) -> None:
    first = bank.sync()
    assert (first.state, first.pages, first.counts.new) == ("ok", 5, 25)
    before = canonical_export(bank.context().store)
    touched = "SELECT max(rev) FROM finding"
    assert bank.rows(touched) == [(1,)]
    second = bank.sync()
    assert (second.state, second.counts.new, second.counts.updated) == ("ok", 0, 0)
    assert len(bank.pages()) == 1, "the first page of what changed, and it says: unchanged"
    bank.sync()
    assert "if-none-match" in bank.asked[0].headers
    assert bank.rows(touched) == [(1,)]
    assert canonical_export(bank.context().store) == before


def test_progress_counts_the_answers_as_they_come_and_knows_how_many_it_takes(bank: Bank) -> None:
    told: list[SourceProgress] = []
    first = bank.sync(progress=told.append)
    counted = [one.pages for one in told]
    assert counted == sorted(counted)
    assert {*range(first.pages + 1)} <= {*counted}, "each answer is told, not only each batch"
    assert {one.expected_pages for one in told} == {0}
    bank.clock = FrozenClock(NOW + timedelta(minutes=5))
    bank.sync()
    told.clear()
    bank.sync(full=True, progress=told.append)
    assert {one.expected_pages for one in told} == {0}, "the last pass was not in full"
    told.clear()
    bank.sync(full=True, progress=told.append)
    assert {one.expected_pages for one in told if one.step != "writing"} == {first.pages}
    assert any(one.eta_seconds is not None for one in told)


def test_only_what_changed_is_read_and_nothing_is_closed_by_it(bank: Bank) -> None:
    bank.sync()
    bank.upstream.change(3, "Critical", minutes_ago=5)
    bank.upstream.change(77, "High", minutes_ago=4)
    outcome = bank.sync()
    assert (outcome.counts.new, outcome.counts.updated, outcome.counts.fixed) == (1, 1, 0)
    assert len(bank.pages()) == 1
    assert sum(bank.states().values()) == 26
    assert "fixed" not in bank.states()
    doubted = "SELECT count(*) FROM finding WHERE is_unconfirmed_absent"
    assert bank.rows(doubted) == [(0,)]


def test_what_came_late_is_seen_and_what_was_seen_is_not_taken_again(bank: Bank) -> None:
    bank.upstream.change(100, "High", minutes_ago=20)
    bank.sync()
    bank.upstream.change(101, "High", minutes_ago=20)  # the very time of the watermark
    bank.upstream.change(102, "High", minutes_ago=28)  # before it, written late
    outcome = bank.sync()
    assert (outcome.counts.new, outcome.counts.read) == (2, 2)


def test_what_changes_after_the_bound_of_a_run_comes_with_the_next(bank: Bank) -> None:
    bank.upstream.change(100, "High", minutes_ago=-3)
    assert bank.sync().counts.new == 25
    bank.clock = FrozenClock(NOW + timedelta(minutes=5))
    assert bank.sync().counts.new == 1


def test_a_complete_pass_closes_what_is_gone_and_whole_scopes_too(bank: Bank) -> None:
    bank.sync()
    for number in (4, 9, 14, 19, 24, 0):  # all of svc-4, and one of svc-0
        del bank.upstream.alerts[number]
    assert bank.sync().counts.fixed == 0, "what changed says nothing of what is gone"
    bank.clock = FrozenClock(NOW + timedelta(days=1, minutes=1))
    outcome = bank.sync()
    assert (outcome.state, outcome.counts.fixed) == ("ok", 6)
    assert bank.pages()[0] == {}, "the daily pass reads from the start"
    assert bank.states()["fixed"] == 6


def test_a_pass_that_lacks_a_page_closes_nothing(bank: Bank) -> None:
    bank.sync()
    del bank.upstream.alerts[0]
    whole = bank.answer

    def capped(asked: Asked) -> Reply:
        reply = whole(asked)
        if asked.params.get("page") == "2":
            return Reply(500)
        return reply

    bank.answer = capped  # type: ignore[method-assign]  # another upstream from here on
    outcome = bank.sync(full=True)
    assert (outcome.state, outcome.counts.fixed) == ("failed", 0)
    assert "fixed" not in bank.states()


def test_a_truncated_pass_is_partial_and_closes_nothing(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.sync()
    del bank.upstream.alerts[0]
    original = paged.PagedConnector.pull

    def truncated(self: Any, cursor: str, until: Any) -> Iterator[Any]:
        for batch in original(self, cursor, until):
            yield replace(batch, coverage=replace(batch.coverage, is_truncated=True))

    monkeypatch.setattr(paged.PagedConnector, "pull", truncated)
    outcome = bank.sync(full=True)
    assert (outcome.state, outcome.is_truncated, outcome.counts.fixed) == ("partial", True, 0)
    assert "not everything was read" in outcome.message
    assert bank.rows("SELECT is_truncated FROM source") == [(True,)]
    monkeypatch.undo()


def test_a_failed_sync_keeps_the_place_and_the_next_one_misses_nothing(bank: Bank) -> None:
    bank.sync()
    cursor = bank.rows("SELECT cursor FROM source")
    bank.upstream.change(50, "High", minutes_ago=5)
    whole = bank.answer
    bank.answer = lambda asked: Reply(503) if asked.path == "/readings" else whole(asked)  # type: ignore[method-assign]  # one page fails
    assert bank.sync().state == "failed"
    assert bank.rows("SELECT cursor FROM source") == cursor
    bank.answer = whole  # type: ignore[method-assign]  # and is back
    assert bank.sync().counts.new == 1, "the page that answered 200 was not taken as read"


@pytest.mark.parametrize("change", ["token", "options", "full", "cache"])
def test_a_validator_outlives_no_change_of_credential_settings_or_cache(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    bank.sync()
    bank.sync()
    bank.sync()
    assert "if-none-match" in bank.asked[0].headers
    kept = bank.rows("SELECT key, scope, etag FROM http_validator")
    if change == "token":
        monkeypatch.setenv("PAGED_TOKEN", "another-token-of-the-tests")
    if change == "options":
        bank.options = {"read_seconds": 5.0}
    if change == "cache":
        for file in bank.context().paths.cache.iterdir():
            file.unlink()
    bank.sync(full=change == "full")
    assert "if-none-match" not in bank.asked[0].headers
    again = bank.rows("SELECT key, scope, etag FROM http_validator")
    assert len(again) == 1
    assert again != kept
    assert "token" not in str(again)


def test_a_dry_run_keeps_no_place_and_no_validator(bank: Bank) -> None:
    outcome = bank.sync(dry_run=True)
    assert outcome.counts.new == 25
    assert bank.sync().counts.new == 25
    assert "if-none-match" not in bank.asked[0].headers


def test_a_source_that_neither_answers_nor_ends_keeps_no_other_from_being_published(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the head of an answer drips in for ever: no time limit of a socket sees that."""
    hangs = threading.Event()

    def answer(asked: Asked) -> Reply:
        if asked.host == "stuck.example":
            assert hangs.wait(30)
        return bank.answer(asked)

    usual = bank.context()
    stuck = msgspec.structs.replace(
        usual.settings.sources[0], name="stuck", url="https://stuck.example"
    )
    others = [msgspec.structs.replace(stuck, name=f"stuck-{number}") for number in range(3)]
    sources = (stuck, *others, usual.settings.sources[0])
    monkeypatch.setattr(pulling, "SILENCE_SECONDS", 0.3)
    with replayed(answer):
        report = sync(replace(usual, settings=Settings(sources=sources)))
        hangs.set()
    assert [one.state for one in report.sources] == ["failed"] * 4 + ["ok"]
    assert "no sign of it" in report.sources[0].message
    assert report.sources[-1].counts.new == 25
