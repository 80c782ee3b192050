"""What lies over a screen: which keys lead out of it, and what stays in sight."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from textual.screen import ModalScreen

from riskcockpit.tui.api import About
from riskcockpit.tui.intents import RollBack
from riskcockpit.tui.modals.says import RowDialog
from riskcockpit.tui.outcomes import Outcomes
from riskcockpit.views.governance import ActionRow
from support.bank_governance import actions
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, ready, seen, settle


@pytest.mark.parametrize(("key", "place"), [("0", "overview"), ("@", "actions")])
async def test_from_a_detail_box_the_keys_of_places_lead_on(key: str, place: str) -> None:
    async with opened(None, "S", "enter") as (app, pilot):
        assert isinstance(app.screen, RowDialog)
        await press(pilot, key)
        assert app.place.kind == place
        assert not isinstance(app.screen, ModalScreen)


async def test_a_detail_box_says_what_other_keys_wait_for() -> None:
    async with opened(None, "l", "enter") as (app, pilot):
        await press(pilot, "V")
        assert isinstance(app.screen, RowDialog)
        assert "esc closes this first" in seen(app)
        await press(pilot, "j", "k", "escape")
        assert not isinstance(app.screen, ModalScreen)


@pytest.mark.parametrize("theme", ["dark", "ansi"])
async def test_no_dialog_covers_context_and_lock(theme: str) -> None:
    about = replace(About("prod-bank", True, "eng", "bastion-2"), theme=theme)
    async with opened(FakeGateway(about=about), "?", size=(80, 24)) as (app, pilot):
        head = seen(app).split("\n")[0]
        assert "prod-bank" in head
        assert "LOCKED" in head
        await press(pilot, "escape", ":", *"unlock", "enter")
        await ready(pilot)
        assert "LOCKED" in seen(app).split("\n")[0]
        await pilot.resize_terminal(160, 30)
        await settle(pilot)
        assert "5 Incidents" in seen(app), "what lies under the box is seen beside it"


async def test_in_sources_the_key_that_pulls_one_stands_in_the_last_line() -> None:
    async with opened(None, "S", size=(80, 24)) as (app, _):
        assert "ctrl+r sync this one" in seen(app).split("\n")[-1]


def _ids(rows: Iterable[ActionRow]) -> set[str]:
    return {row.id for row in rows}


def test_what_was_done_stands_once_in_the_action_log_and_opens_whole() -> None:
    gateway, outcomes = FakeGateway(), Outcomes()
    rows = actions()
    result = replace(gateway.decide(RollBack("fraud-scoring", 6)), actions=rows[:1])
    outcomes.keep(result)
    assert _ids(outcomes.beside(rows)) == _ids(rows)
    assert outcomes.whole(rows[0]) is result
    later = replace(rows[0], state="unknown", message="another answer since")
    assert outcomes.whole(later) is None, "the box shows what is known now"
    assert len(outcomes.beside(())) == 1
