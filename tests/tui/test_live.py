"""A new snapshot shows what changed for a moment; cursor, marks and lines stay where they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.present.text import UNICODE
from riskcockpit.tui.api import Pulse
from riskcockpit.tui.messages import GenerationChanged, SyncMoved
from riskcockpit.tui.row_news import RowNews
from riskcockpit.tui.screens import deciding
from riskcockpit.tui.screens.findings import FindingsScreen
from riskcockpit.tui.screens.overview import OverviewScreen
from riskcockpit.tui.watch import EVERY_SECONDS, PulseWatch
from riskcockpit.tui.widgets import row_table
from riskcockpit.tui.widgets.row_table import RowTable
from riskcockpit.views.findings import FindingRow
from riskcockpit.views.syncing import SourceProgress
from support.bank_findings import finding_row
from support.bank_posture import posture
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, ready, seen, settle


def news(before: list[str], after: list[str], *, is_whole: bool = True) -> dict[str, str]:
    made: RowNews[str] = RowNews(lambda row: row[0], lambda row: (row,))
    made.remember(before, is_whole=is_whole)
    made.compare(after, UNICODE)
    return made.signs


def test_rows_that_say_something_else_are_changed_and_those_not_known_are_new() -> None:
    assert news(["a1", "b1"], ["a1", "b2", "c1"]) == {"b": "±", "c": "+"}
    assert news(["a1"], ["a1", "z1"], is_whole=False) == {}, "it may only not have been loaded"
    assert news([], ["a1"], is_whole=False) == {}, "the first list is no news"


def later(change: Callable[[int], FindingRow]) -> tuple[FakeGateway, Callable[[], None]]:
    gateway = FakeGateway(total=40)

    def publish() -> None:
        gateway.make_row = change
        gateway.number += 1

    return gateway, publish


def one_dearer(index: int) -> FindingRow:
    row = finding_row(index)
    return replace(row, exposure=Money(row.exposure.amount * 1000, "EUR")) if index == 30 else row


async def test_a_changed_row_is_marked_for_a_moment_and_nothing_jumps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(row_table, "NEWS_SECONDS", 0.3)
    gateway, publish = later(one_dearer)
    async with opened(gateway, "f", *("j" * 14), "space", size=(120, 24)) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, FindingsScreen)
        assert "± " not in seen(app)
        assert "+ " not in seen(app), "the first list is no news"
        table, row, marks = screen.table, screen.table.row, dict(screen.table.marks)
        line = table.cursor - table.scroll_offset.y
        publish()
        app.post_message(GenerationChanged(gateway.number))
        await settle(pilot)
        signs = [text for text in seen(app).split("\n") if "± " in text]
        assert len(signs) == 1
        assert "m  " in signs[0] or "k  " in signs[0]
        assert table.row is not None
        assert row is not None
        assert table.row.id == row.id
        assert table.marks == marks
        assert table.cursor - table.scroll_offset.y == line
        await pilot.pause(0.5)
        assert "± " not in seen(app)
        await press(pilot, "s")
        assert "± " not in seen(app), "another order is no news"


async def test_a_new_snapshot_is_there_within_a_second_without_a_key() -> None:
    gateway, publish = later(one_dearer)
    async with opened(gateway, "f", size=(120, 24)) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, FindingsScreen)
        await pilot.pause(EVERY_SECONDS + 0.1)  # the watch knows what was there before
        publish()
        await pilot.pause(EVERY_SECONDS + 0.3)
        await settle(pilot)
        assert screen.found is not None
        assert screen.found.generation == gateway.number


async def test_an_age_that_moved_on_is_no_news() -> None:
    gateway = FakeGateway(total=40)
    async with opened(gateway, "f", size=(120, 24)) as (app, pilot):
        later_on = gateway.now() + timedelta(days=9)
        gateway.now = lambda: later_on  # type: ignore[method-assign] # nine days later
        before = seen(app)
        await press(pilot, "ctrl+r")
        assert seen(app) != before
        assert "± " not in seen(app)


async def test_the_row_under_the_cursor_keeps_its_line_when_rows_come_above_it() -> None:
    view = posture()
    gateway = FakeGateway(view=view)
    async with opened(gateway, "j", "j", size=(120, 36)) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, OverviewScreen)
        held = screen.queue.row
        urgent = replace(view.queue[0], id="model:new", title="aml v4", state=KpiState.ALARM)
        gateway.view = replace(view, queue=(urgent, *view.queue))
        gateway.number += 1
        app.post_message(GenerationChanged(gateway.number))
        await settle(pilot)
        assert screen.queue.row == held
        assert screen.queue.cursor == 3
        assert any("+" in line and "aml v4" in line for line in seen(app).split("\n"))


async def test_a_key_meant_for_a_row_that_has_just_gone_does_not_act_on_the_next() -> None:
    view = posture()
    gateway = FakeGateway(view=view)
    async with opened(gateway, "j", size=(120, 36)) as (app, pilot):
        gateway.view = replace(view, queue=view.queue[:1] + view.queue[3:])
        app.post_message(GenerationChanged(gateway.number))
        await settle(pilot)
        await press(pilot, "a")
        assert gateway.planned == []
        assert "has just gone" in seen(app)
        await pilot.pause(deciding.SETTLE_SECONDS)
        await press(pilot, "a")
        await ready(pilot)
        assert len(gateway.planned) == 1


async def test_marks_of_rows_that_have_gone_end() -> None:
    async with opened(None, "l", size=(120, 30)) as (app, pilot):
        table = app.screen.query_one("#rows", RowTable)
        gone, kept = table._pages.row(0), table._pages.row(1)
        assert gone is not None
        assert kept is not None
        table.mark([gone.hash, kept.hash])
        gateway = app.gateway
        assert isinstance(gateway, FakeGateway)
        gateway.entries = gateway.entries[1:]
        await press(pilot, "ctrl+r")
        assert list(table.marks) == [kept.hash]


async def test_letters_jump_to_the_rows_that_are_seen() -> None:
    async with opened(None, "f", ";", size=(120, 24)) as (app, pilot):
        assert "a letter goes to its row" in seen(app)
        screen = app.place_screen
        assert isinstance(screen, FindingsScreen)
        await press(pilot, "d")
        assert screen.table.cursor == 2
        assert "a letter goes to its row" not in seen(app)
        await press(pilot, ";", "5")
        assert (screen.table.cursor, app.place.kind) == (2, "findings")


async def test_a_sync_that_runs_is_said_everywhere_and_in_numbers_at_the_sources() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "S", size=(120, 30)) as (app, pilot):
        step = SourceProgress("registry", "reading", 1_200, 5_000, 12, 60.0)
        app.post_message(SyncMoved((step,)))
        await settle(pilot)
        text = seen(app)
        assert "syncing" in text.split("\n")[0]
        assert "reading 1,200 of 5,000 rows" in text
        assert "about 3 min left" in text
        await press(pilot, "f")
        assert "syncing" in seen(app).split("\n")[0]
        app.post_message(SyncMoved(()))
        await settle(pilot)
        assert "syncing" not in seen(app)
        await press(pilot, "S")
        assert "reading 1,200" not in seen(app)


def test_a_watch_tells_each_change_once_and_lives_through_what_cannot_be_read() -> None:
    first, second = Pulse(1, 1), Pulse(2, 1)
    pulses: list[Pulse | OSError] = [first, first, OSError("away"), second, second]
    told: list[tuple[Pulse | None, Pulse]] = []

    def look() -> Pulse:
        seen_now = pulses.pop(0)
        if not pulses:
            watch.end()
        if isinstance(seen_now, OSError):
            raise seen_now
        return seen_now

    watch = PulseWatch(look, lambda before, now: told.append((before, now)))
    watch.every_seconds = 0.001
    watch.start()
    watch.join(5)
    assert told == [(None, first), (first, second)]
