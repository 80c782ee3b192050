"""A choice is told by signs, in any font and without colour; what is typed into it is not lost."""

from __future__ import annotations

import pytest

from riskcockpit.tui.modals.forms import WaiveForm
from riskcockpit.tui.widgets.choice import Choice
from support.piloting import opened, press, ready, seen


def line_of(text: str, words: str) -> str:
    return next(line for line in text.split("\n") if words in line)


@pytest.mark.parametrize(("is_ascii", "bar", "down"), [(False, "▌", "▼"), (True, ">", "v")])
async def test_signs_tell_the_choice_with_the_focus_and_the_option_under_the_cursor(
    is_ascii: bool, bar: str, down: str
) -> None:
    async with opened(None, "f", "w", is_ascii=is_ascii) as (app, pilot):
        await ready(pilot)
        away = line_of(seen(app), "risk accepted")
        assert down in away.partition("risk accepted")[2]
        await press(pilot, "shift+tab")
        here = line_of(seen(app), "risk accepted")
        edge = "|" if is_ascii else bar
        assert away.partition("risk")[0].count(edge) + 1 == here.partition("risk")[0].count(edge)
        await press(pilot, "enter", "down")
        text = seen(app)
        assert f"{bar}compensating control" in text
        assert " false positive" in text
        await press(pilot, "f")
        assert f"{bar}false positive" in seen(app), "letters find an option"
        await press(pilot, "enter")
        assert str(app.screen.query_one("#reason", Choice).value) == "false_positive"


async def test_what_is_typed_into_a_closed_choice_is_told_to_go_nowhere() -> None:
    async with opened(None, "f", "w", size=(80, 24)) as (app, pilot):
        await ready(pilot)
        assert "enter previews" in seen(app)
        await press(pilot, "shift+tab")
        assert "enter opens the choice" in seen(app)
        await press(pilot, *"fi")
        assert isinstance(app.screen, WaiveForm)
        assert "takes no text: tab goes on" in seen(app)
        assert str(app.screen.query_one("#reason", Choice).value) == "risk_accepted"
        await press(pilot, "tab", "x")
        assert "enter previews" in seen(app)
