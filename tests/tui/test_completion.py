"""What can follow what was typed, in queries and in commands; history; saved views as tabs."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from riskcockpit.tui.api import Names, QueryField
from riskcockpit.tui.completion import complete_query
from riskcockpit.tui.intents import RollBack
from riskcockpit.tui.modals.command_line import CommandLine
from riskcockpit.tui.screens.findings import FindingsScreen
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, ready, seen, settle

FIELDS = (
    QueryField("severity", "how bad it is", ("critical", "high"), is_ordered=True),
    QueryField("owner", "the team", example="owner:payments"),
    QueryField("kev", "exploited", ("true", "false"), is_flag=True),
    QueryField("age", "since when", example="age>48h", is_ordered=True, is_sortable=False),
    QueryField("first_seen", "when it was first seen", is_sortable=False),
)
NAMES = Names(
    views={"mine": "owner:payments"}, values={"owner": ("payments", "two words", 'a "b"', "-x")}
)


def follows(text: str) -> list[str]:
    return [one.text for one in complete_query(text, FIELDS, NAMES)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sev", ["severity:"]),
        ("state:open -sev", ["state:open -severity:"]),
        ("(ow", ["(owner:"]),
        ("severity:h", ["severity:high"]),
        ("severity>=", ["severity>=critical", "severity>=high"]),
        ("severity:high", []),
        ("owner:pa", ["owner:payments"]),
        ("owner:tw", ['owner:"two words"']),
        ('owner:"tw', ['owner:"two words"']),
        ("owner:a", ['owner:"a \\"b\\""']),
        ("ke", ["kev"]),
        ("age", ["age>"]),
        ("seen", ["first_seen:"]),
        ("sort:-o", ["sort:-owner"]),
        ("@m", ["@mine"]),
        ("nosuch:", []),
    ],
)
def test_the_last_word_of_a_query_is_completed(text: str, expected: list[str]) -> None:
    assert follows(text) == expected


async def test_a_query_is_completed_counted_and_its_mistakes_are_pointed_at_while_typed() -> None:
    async with opened(None, "f", "/", size=(120, 30)) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, FindingsScreen)
        field = screen.query_one("#query", Input)
        await press(pilot, "end", "space", *"sev", "tab")
        assert field.value == "state:open severity:"
        assert "severity:critical  severity:high" in seen(app), "one alone goes on to its values"
        await press(pilot, "tab", "tab")
        assert field.value == "state:open severity:high"
        await press(pilot, "shift+tab")
        assert field.value == "state:open severity:critical"
        field.value = "severity>=high"
        await pilot.pause(0.3)
        await settle(pilot)
        assert "300 match" in seen(app)
        assert screen.query_text == "state:open", "the list is not touched before enter"
        field.value = "owner:pa bogus:1"
        await pilot.pause(0.3)
        await settle(pilot)
        rows = seen(app).split("\n")
        row = next(index for index, line in enumerate(rows) if "bogus:1" in line)
        assert any(line.find("▲ unknown field") == rows[row].index("bogus") for line in rows)
        assert "300 match" not in seen(app)
        await press(pilot, "escape")
        assert "unknown field" not in seen(app)
        assert screen.focused is screen.table


async def test_a_first_letter_replaces_the_filter_and_end_or_an_arrow_keeps_it() -> None:
    async with opened(None, "f", "/", size=(120, 30)) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, FindingsScreen)
        field = screen.query_one("#query", Input)
        assert field.selected_text == "state:open", "what would be replaced is seen"
        assert "end keeps the filter" in seen(app)
        await press(pilot, *"kev")
        assert field.value == "kev"
        assert "end keeps the filter" not in seen(app)
        await press(pilot, "escape")
        assert field.value == "state:open", "leaving changes nothing"
        for kept in ("end", "right", "left"):
            await press(pilot, "/", kept)
            assert field.selected_text == ""
            assert field.value == "state:open"
            await press(pilot, "escape")
        await press(pilot, "/", "enter")
        assert screen.query_text == "state:open", "enter alone keeps it too"


async def test_saved_views_are_tabs_that_can_be_made_and_forgotten() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "f", "tab", size=(120, 30)) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, FindingsScreen)
        assert screen.query_text == "@mine"
        assert "▌mine" in seen(app)
        await press(pilot, "tab", "tab")
        assert screen.query_text == "state:open"
        await press(pilot, "shift+tab")
        assert screen.query_text == "@urgent"
        app.run_command("findings severity>=high owner:x")
        await settle(pilot)
        assert "F keeps this filter as a view" in seen(app)
        await press(pilot, "F", *"hot", "enter")
        assert gateway.known.views["hot"] == "severity>=high owner:x"
        assert "▌hot" in seen(app)
        await press(pilot, "F", *"mine", "enter")
        assert "the view mine is in the settings" in seen(app)
        await press(pilot, "escape")
        app.run_command("forget hot")
        await settle(pilot)
        assert "hot" not in gateway.known.views
        app.run_command("view mine")
        await settle(pilot)
        assert screen.query_text == "@mine"


async def test_commands_are_completed_with_names_that_exist_and_remembered() -> None:
    gateway = FakeGateway(typed=["models churn", "ledger"])
    async with opened(gateway, ":", size=(120, 30)) as (app, pilot):
        line = app.screen
        assert isinstance(line, CommandLine)
        assert "findings that match a query" in seen(app)
        await press(pilot, *"compl", "tab")
        assert line.field.value == "compliance "
        assert "sr-26-2" in seen(app)
        await press(pilot, *"sr", "tab")
        assert line.field.value == "compliance sr-26-2"
        line.field.value = ""
        await settle(pilot)
        for keys, expected in (
            (("up",), "ledger"), (("up",), "models churn"), (("down", "down"), ""),
            (("m", "up"), "models churn"),  # only what begins as what was typed
        ):  # fmt: skip
            await press(pilot, *keys)
            assert line.field.value == expected
        await press(pilot, "enter")
        assert (app.place.kind, app.place.key) == ("model", "churn")
        assert gateway.typed[-1] == "models churn"
        await press(pilot, ":", *"findings sev", "tab", "tab", "enter")
        assert app.place.key == "severity:critical"
        await press(pilot, ":", "up", "up")
        assert isinstance(app.screen, CommandLine)
        assert app.screen.field.value == "models churn", (
            "a command that is repeated moves to the end"
        )


async def test_a_locked_cockpit_offers_no_deciding_word_and_a_version_is_read() -> None:
    gateway = FakeGateway()
    async with opened(gateway) as (app, pilot):
        app.run_command("rollback fraud-scoring v5")
        await settle(pilot)
        assert gateway.planned == [RollBack("fraud-scoring", 5)]
        await ready(pilot)
        await press(pilot, "escape")
        app.run_command("rollback fraud-scoring five")
        await settle(pilot)
        assert len(gateway.planned) == 1
        assert '"five" is no version of fraud-scoring' in seen(app)
        await press(pilot, "escape")
        app.set_lock(is_locked=True)
        await press(pilot, ":", "r")
        assert "rollback" not in seen(app)


async def test_a_command_whose_query_is_wrong_is_mended_in_the_bar_over_the_rows_of_before() -> (
    None
):
    async with opened(FakeGateway(), "f", size=(120, 30)) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, FindingsScreen)
        bar = screen.query_one("#query", Input)
        app.run_command("findings severity:high bogus:1")
        await settle(pilot)
        assert bar.value == "severity:high bogus:1"
        rows = seen(app).split("\n")
        at = next(line for line in rows if "bogus:1" in line).index("bogus")
        assert any(line.find("▲ unknown field") == at for line in rows)
        assert "▌open" in seen(app), "the rows are still those of the filter before"
        await press(pilot, "ctrl+r")
        assert bar.value == "severity:high bogus:1", "what is being mended stays"
        await press(pilot, "escape")
        assert (bar.value, screen.query_text) == ("state:open", "state:open")
        assert "unknown field" not in seen(app)
        assert "3,000 findings" in seen(app)


async def test_the_first_query_may_be_wrong_and_esc_shows_what_is_open() -> None:
    async with opened(FakeGateway()) as (app, pilot):
        app.run_command("findings bogus:1")
        await settle(pilot)
        assert app.screen.query_one("#query", Input).value == "bogus:1"
        assert "unknown field" in seen(app)
        await press(pilot, "escape")
        assert app.screen.query_one("#query", Input).value == "state:open"
        assert "3,000 findings" in seen(app)


async def test_what_was_typed_and_left_leaves_no_count_and_no_mistake() -> None:
    async with opened(FakeGateway(), "f", "/") as (app, pilot):
        bar = app.screen.query_one("#query", Input)
        for typed in ("severity>=high", "bogus:1"):
            bar.value = typed
            await pilot.pause(0.3)
            await settle(pilot)
            assert "300 match" in seen(app) or "unknown field" in seen(app)
            await press(pilot, "escape")
            assert bar.value == "state:open"
            assert " match" not in seen(app)
            assert "unknown field" not in seen(app)
            await press(pilot, "/")
        bar.value = "severity>=high"
        await pilot.pause()
        await press(pilot, "escape")  # before anybody has counted
        await pilot.pause(0.3)
        await settle(pilot)
        assert " match" not in seen(app)
