"""Every list can be narrowed to the rows that say some words."""

from __future__ import annotations

from dataclasses import replace

from textual.widgets import Input

from riskcockpit.present.text import UNICODE
from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.messages import GenerationChanged, Place
from riskcockpit.tui.screens.lists import ListScreen
from riskcockpit.tui.screens.registry import KINDS, make_screen
from riskcockpit.tui.widgets.lines import Hint, key_line
from riskcockpit.tui.widgets.row_table import RowTable
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, seen, settle


def table(app: Cockpit) -> RowTable[object]:
    return next(each for each in app.place_screen.query(RowTable) if each.display)


def keys(app: Cockpit) -> str:
    return seen(app).split("\n")[-1]


async def test_a_list_shows_the_rows_that_say_all_words_and_none_of_those_with_a_minus() -> None:
    async with opened(None, "m") as (app, pilot):
        total = table(app).total
        await press(pilot, "/", *"FRAUD")
        assert table(app).total == 1, "case does not matter, and every column counts"
        assert f"1 of {total}" in seen(app)
        assert "fraud-scoring" in seen(app)
        await press(pilot, "space", "minus", *"0.9")
        assert table(app).total == 0
        assert f"none of {total}" in seen(app)
        assert "below 0.9" not in seen(app), "the pane is about no row"
        await press(pilot, "escape")
        assert table(app).total == total
        assert app.focused is table(app)
        assert " / " not in seen(app).split("\n")[1]


async def test_kept_words_leave_the_keys_to_the_rows_until_esc() -> None:
    async with opened(None, "l") as (app, pilot):
        total = table(app).total
        await press(pilot, "/", *"waiver", "enter", "G")
        assert app.focused is table(app)
        assert 0 < table(app).total < total
        assert "esc shows all" in seen(app)
        await press(pilot, "0", "l")
        assert table(app).total < total, "the words stay with their list"
        await press(pilot, "escape")
        assert (table(app).total, app.place.kind) == (total, "ledger")
        await press(pilot, "escape")
        assert app.place.kind == "overview"


async def test_enter_without_words_shows_all() -> None:
    async with opened(None, "l", "/", "enter") as (app, _):
        assert app.focused is table(app)
        assert "esc shows all" not in seen(app)


async def test_a_new_snapshot_neither_widens_the_list_nor_takes_the_keys() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "m", "/", *"fraud") as (app, pilot):
        gateway.view = replace(gateway.view, generation=gateway.view.generation + 1)
        app.post_message(GenerationChanged(gateway.view.generation))
        await settle(pilot)
        assert isinstance(app.focused, Input)
        assert table(app).total == 1


async def test_a_row_that_is_asked_for_is_shown_whatever_the_words() -> None:
    async with opened(None, "l", "/", "~", "enter") as (app, pilot):
        assert table(app).total == 0
        wanted = app.gateway.ledger(10)[2].hash
        app.go_to(Place("ledger", wanted))
        await settle(pilot)
        assert table(app).row_id == wanted


async def test_every_list_that_is_all_here_can_be_narrowed_and_shows_the_key_of_help() -> None:
    lists = [kind for kind in KINDS if isinstance(make_screen(kind), ListScreen)]
    lists.append("exposure")
    assert len(lists) >= 10
    async with opened(size=(80, 24)) as (app, pilot):
        for kind in lists:
            app.go_to(Place(kind))
            await settle(pilot)
            assert "? help" in keys(app), kind
            total = table(app).total
            await press(pilot, "/", "~")
            assert f"none of {total}" in seen(app), kind
            app.place_screen.step_back()
            assert table(app).total == total, kind


async def test_compliance_is_narrowed_with_what_lies_above_and_below() -> None:
    async with opened(None, "c") as (app, pilot):
        folded = table(app).total
        framework = seen(app).split("\n")[4]
        await press(pilot, "/", *"absent")
        found = seen(app)
        assert "absent" in found
        assert framework.split()[1] in found or table(app).total > 1
        assert all("present" not in row.said for row in rows(app) if row.control)
        await press(pilot, "enter", "T")
        assert table(app).id == "matrix"
        await press(pilot, "T", "escape")
        assert table(app).total == folded


def rows(app: Cockpit):  # type: ignore[no-untyped-def] # lines of the tree
    return [row for _, row in table(app)._pages.known()]


# keys that do nothing are not offered


async def test_without_rows_no_key_of_rows_is_offered() -> None:
    async with opened(None, "f", "/", *"nothing", "enter", size=(160, 30)) as (app, _):
        assert "0 findings" in seen(app)
        for word in ("space mark", "v range", "enter open", "s sort", "o open page", "e edit"):
            assert word not in keys(app), word
        assert "/ filter" in keys(app)


async def test_a_key_through_views_is_offered_when_there_are_any() -> None:
    gateway = FakeGateway()
    views, gateway.known = gateway.known.views, replace(gateway.known, views={})
    async with opened(gateway, "f", size=(160, 30)) as (app, _):
        assert "tab view" not in keys(app)
        assert "? help" in keys(app)
        app.place_screen.take_names(replace(gateway.known, views=views))
        app.place_screen.draw_lines()
        assert "tab view" in keys(app)


def test_a_kept_key_stands_behind_those_that_have_room() -> None:
    hints = [Hint("a", "approve"), Hint("b", "b" * 30), Hint("?", "help", is_kept=True)]
    hints += [Hint("q", "quit")]
    assert key_line(hints, 80, UNICODE).plain == f" a approve  b {'b' * 30}  ? help  q quit  "
    assert key_line(hints, 30, UNICODE).plain == " a approve  ? help  "
