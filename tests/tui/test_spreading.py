"""Findings are broken down by a field, and a value keeps fewer of them."""

from __future__ import annotations

import pytest

from riskcockpit.store.query.parser import parse_query
from riskcockpit.tui.modals.spread import SpreadDialog
from riskcockpit.tui.screens.findings import FindingsScreen
from riskcockpit.tui.spreading import within
from support.piloting import opened, press, seen, settle


@pytest.mark.parametrize(
    ("query", "field", "value", "without", "wanted"),
    [
        ("state:open", "severity", "high", False, "state:open severity:high"),
        ("state:open", "owner", "payments", True, 'state:open -owner="payments"'),
        ("", "asset", 'a "b" \\c', False, 'asset="a \\"b\\" \\\\c"'),
        ("kev or sql", "tool", "x", False, '(kev or sql) tool="x"'),
        ("kev OR sql sort:-age", "tool", "x", True, '(kev OR sql) -tool="x" sort:-age'),
        ("sort:-age", "rule", "or", False, 'rule="or" sort:-age'),
        ("@mine", "owner", "", False, '@mine owner=""'),
    ],
)
def test_a_value_is_kept_or_left_out_of_all_that_a_query_finds(
    query: str, field: str, value: str, *, without: bool, wanted: str
) -> None:
    made = within(query, field, value, without=without)
    assert made == wanted
    parse_query(made.replace("@mine", "state:open"))


async def test_findings_are_broken_down_and_a_part_of_them_is_kept() -> None:
    async with opened() as (app, pilot):
        app.run_command("findings facets state:open")
        await settle(pilot)
        assert isinstance(app.screen, SpreadDialog), "on a screen that was never seen before"
        await press(pilot, "escape", "escape", "f", "B")
        assert isinstance(app.screen, SpreadDialog)
        assert "3,000 findings by" in seen(app)
        assert "1,500   50 %" in seen(app)
        await press(pilot, "j", "enter")
        screen = app.place_screen
        assert isinstance(screen, FindingsScreen)
        assert screen.query_text == "state:open severity:high"
        await press(pilot, "B", "minus")
        assert screen.query_text == "state:open severity:high -severity:critical"
        await press(pilot, "B", "tab", "escape")
        assert screen.query_text == "state:open severity:high -severity:critical"
        app.run_command("findings facets kev")
        await settle(pilot)
        assert isinstance(app.screen, SpreadDialog)
        await press(pilot, "enter")
        assert screen.query_text == "kev severity:critical"
        app.run_command("findings facets nothing")
        await settle(pilot)
        assert "no finding matches" in seen(app)
