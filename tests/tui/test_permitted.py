"""Keys that may not act on what is here are grey, say why, and are asked for off the event loop."""

from __future__ import annotations

import threading

from textual.pilot import Pilot

from riskcockpit.present.text import ASCII, UNICODE
from riskcockpit.tui.api import About
from riskcockpit.tui.messages import LedgerMoved
from riskcockpit.tui.modals.forms import WaiveForm
from riskcockpit.tui.screens import permitted
from riskcockpit.tui.widgets.lines import Hint, key_line
from support.bank_posture import finding_id
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, ready, seen, settle

FIRST, SECOND = finding_id(2_999), finding_id(2_998)


async def rest(pilot: Pilot[int]) -> None:
    """Wait until the cursor has rested and the answers are drawn."""
    await pilot.pause(permitted._REST_SECONDS + 0.1)
    await settle(pilot)


def keys(app: object) -> str:
    return seen(app).split("\n")[-1]  # type: ignore[arg-type] # a Cockpit


async def test_a_refused_key_is_grey_and_says_why_in_key_line_and_help_and_when_pressed() -> None:
    gateway = FakeGateway(refused={FIRST: {"waive": "it is fixed"}})
    async with opened(gateway, "f") as (app, pilot):
        await rest(pilot)
        assert "(w waive: it is fixed)" in keys(app)
        await press(pilot, "w")
        assert not isinstance(app.screen, WaiveForm)
        assert "it is fixed" in seen(app).rsplit("\n", 1)[0], "the note says it"
        await press(pilot, "?", *"waive")
        assert "not here: it is fixed" in seen(app)
        await press(pilot, "escape", "j")
        await rest(pilot)
        assert "w waive" in keys(app)
        assert "(" not in keys(app)
        await press(pilot, "w")
        assert isinstance(app.screen, WaiveForm)


async def test_nobody_waits_for_an_answer_and_each_item_is_asked_about_once_it_rests() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "f") as (app, pilot):
        await rest(pilot)
        gateway.asked_permissions.clear()
        gate = gateway.gate = threading.Event()
        await pilot.press("j", "j", "j")
        await pilot.pause(permitted._REST_SECONDS + 0.1)
        await pilot.press("k")
        assert app.place_screen.id_seen() == finding_id(2_997), "keys act while it is asked"
        gate.set()
        gateway.gate = None
        await rest(pilot)
        assert finding_id(2_998) not in gateway.asked_permissions, "passed by"


async def test_marks_are_refused_by_a_rule_only() -> None:
    gateway = FakeGateway(refused={FIRST: {"waive": "eng may not waive"}})
    async with opened(gateway, "f", "space", "space") as (app, pilot):
        await rest(pilot)
        assert "(w waive: eng may not waive)" in keys(app)


async def test_what_changes_in_the_ledger_is_asked_anew() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "m") as (app, pilot):
        await rest(pilot)
        assert "r roll back" in keys(app)
        gateway.refused["fraud-scoring"] = {"rollback": "another move of it is on its way"}
        app.post_message(LedgerMoved())
        await rest(pilot)
        assert "another move of it is on its way" in keys(app)


async def test_a_command_says_why_it_does_nothing_too() -> None:
    async with opened(None, "l", ":", *"approve", "enter") as (app, _):
        assert "nothing here takes this key" in seen(app)


def test_a_reason_is_cut_on_wide_screens_and_left_to_the_key_on_narrow_ones() -> None:
    why = "eng has signed this already, and so have several others who were asked"
    hints = [
        Hint("r", "roll back"), Hint("a", "approve", why), Hint("X", "reject", why),
        Hint(":", "command"),
    ]  # fmt: skip
    wide = key_line(hints, 160, UNICODE).plain
    assert "(a approve, X reject: eng has signed this already, and so have several" in wide
    assert wide.endswith(": command  ")
    line = key_line(hints, 100, ASCII).plain
    assert line.isascii()
    assert len(line) <= 100
    assert "eng has signed this already, and ~)" in line
    assert line.endswith(": command  ")
    assert "(a approve, X reject)  : command" in key_line(hints, 80, UNICODE).plain


async def test_a_locked_cockpit_says_why_a_key_does_nothing_and_that_it_stays_locked() -> None:
    gateway = FakeGateway(about=About("prod-bank", True, "eng", "bastion-2"))
    async with opened(gateway, "f", "w") as (app, pilot):
        assert "decisions are locked here; :unlock allows them" in seen(app)
        app.clear_notifications()
        app.run_command("unlock")
        await ready(pilot)
        await press(pilot, *"wrong", "enter")
        assert gateway.unlocked == 0
        await press(pilot, "escape")
        assert "decisions stay locked" in seen(app)
        app.clear_notifications()
        await press(pilot, "ctrl+c")
        assert "ctrl+q quits; ctrl+c copies what is selected" in seen(app)
        assert gateway.unlocked == 0


async def test_no_key_acts_on_a_row_that_is_not_seen_any_more() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "i") as (app, pilot):
        await rest(pilot)
        assert "A acknowledge" in keys(app)
        gateway.incidents_shown = ()
        await press(pilot, "ctrl+r")
        await rest(pilot)
        assert "A acknowledge" not in keys(app)
        await press(pilot, "A", "r")
        await ready(pilot)
        assert gateway.planned == []
        assert "nothing here takes this key" in seen(app)
