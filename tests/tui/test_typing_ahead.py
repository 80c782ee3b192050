"""What is typed faster than the cockpit draws still goes where it was meant to go."""

from __future__ import annotations

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from riskcockpit.errors import UnknownNameError
from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.intents import Note
from riskcockpit.tui.modals.command_line import CommandLine
from riskcockpit.tui.modals.confirm import ConfirmDialog
from riskcockpit.tui.modals.forms import WaiveForm
from riskcockpit.tui.modals.help import HelpDialog
from riskcockpit.tui.modals.says import ErrorDialog
from riskcockpit.tui.screens.findings import FindingsScreen
from riskcockpit.tui.widgets.row_table import RowTable
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, ready, seen, settle

_NAMES = {":": "colon", "/": "slash", " ": "space", "?": "question_mark", ">": "greater_than_sign"}


async def burst(app: Cockpit, pilot: Pilot[int], *texts: str) -> None:
    """Send keys as one read of the terminal brings them: none waits for another."""
    for text in texts:
        for key in (text,) if text in ("enter", "escape", "tab") else text:
            character = key if len(key) == 1 else None
            app.post_message(Key(_NAMES.get(key, key), character))
    await settle(pilot)
    await settle(pilot)


def field(app: Cockpit, name: str) -> Input:
    return app.screen.query_one(name, Input)


async def test_a_command_and_the_key_behind_it_act_in_one_burst() -> None:
    async with opened() as (app, pilot):
        await burst(app, pilot, ":models", "enter", "c")
        assert app.place.kind == "compliance"
        assert app.typed == ["models"]
        await press(pilot, "[")
        assert app.place.kind == "models"


async def test_keys_behind_enter_move_the_cursor_and_are_no_part_of_the_query() -> None:
    async with opened(FakeGateway(), "f") as (app, pilot):
        await burst(app, pilot, "/ severity:high", "enter", "jjj")
        screen = app.place_screen
        assert isinstance(screen, FindingsScreen)
        assert screen.query_text.endswith("severity:high")
        assert screen.focused is screen.table


@pytest.mark.parametrize(
    ("typed", "name", "value"), [(":mod", "#command", "mod"), ("?wai", "#help-search", "wai")]
)
async def test_letters_typed_at_once_reach_the_bar_that_a_key_opens(
    typed: str, name: str, value: str
) -> None:
    async with opened() as (app, pilot):
        await burst(app, pilot, typed)
        assert isinstance(app.screen, CommandLine | HelpDialog)
        assert field(app, name).value == value


async def test_letters_typed_at_once_reach_the_query() -> None:
    async with opened(FakeGateway(), "f") as (app, pilot):
        await burst(app, pilot, "/sev")
        assert field(app, "#query").value.endswith("sev")


async def test_letters_typed_behind_the_key_of_a_place_reach_its_filter() -> None:
    async with opened() as (app, pilot):
        await burst(app, pilot, "l/waiver", "enter", "j")
        assert app.place.kind == "ledger"
        table = app.place_screen.query_one(RowTable)
        assert 0 < table.total < len(app.gateway.ledger(100))
        assert table.has_focus
        assert not table._news.signs, "nothing of it is new"
        await burst(app, pilot, "f/severity:high", "enter", "j")
        screen = app.place_screen
        assert isinstance(screen, FindingsScreen)
        assert screen.query_text == "severity:high"


@pytest.mark.parametrize(("opener", "kept"), [("", "state:open"), ("3", "infrastructure")])
async def test_a_filter_typed_on_the_overview_or_a_pillar_is_one_of_its_findings(
    opener: str, kept: str
) -> None:
    async with opened(None, *opener) as (app, pilot):
        await burst(app, pilot, "/")
        screen = app.place_screen
        assert isinstance(screen, FindingsScreen)
        assert kept in screen.query_text
        await press(pilot, "escape", *(opener or "0"))
        await burst(app, pilot, "/severity:high", "enter", "j")
        assert screen.query_text == "severity:high"
        assert screen.table.has_focus
    async with opened(None, *opener) as (app, pilot):
        await burst(app, pilot, "/severity:high", "enter", "j")
        screen = app.place_screen
        assert isinstance(screen, FindingsScreen)
        assert screen.query_text == "severity:high", "on a screen that was never seen before"


async def test_letters_typed_at_once_reach_the_form_that_a_key_opens() -> None:
    async with opened(FakeGateway(), "f") as (app, pilot):
        await burst(app, pilot, "wabc")
        assert isinstance(app.screen, WaiveForm)
        assert field(app, "#justification").value == "abc"


async def test_what_is_typed_on_after_enter_never_lands_in_another_field() -> None:
    async with opened(FakeGateway(), "f", "w", "tab", *["backspace"] * 3) as (app, pilot):
        await press(pilot, "shift+tab", *"fenced")
        await burst(app, pilot, "enter", "false alarm")
        form = app.screen
        assert isinstance(form, WaiveForm)
        assert "not a time to come" in seen(app)
        assert form.typed("expires") == ""


async def test_a_note_typed_in_one_burst_is_previewed_as_typed_and_never_signed() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "f") as (app, pilot):
        await burst(app, pilot, "nabc", "enter", "zy")
        await ready(pilot)
        assert isinstance(app.screen, ConfirmDialog)
        (intent,) = gateway.planned
        assert isinstance(intent, Note)
        assert intent.text == "abc"
        assert gateway.decided == []


async def test_what_was_typed_for_a_form_that_cannot_be_opened_acts_on_nothing() -> None:
    async with opened(FakeGateway(), "f") as (app, pilot):
        desk = app.desk
        gone = UnknownNameError("no finding abcd")

        def find() -> None:
            raise gone

        desk.prepare(find, print)
        await burst(app, pilot, "q0")
        assert app.place.kind == "findings"
        assert isinstance(app.screen, ErrorDialog)
