"""What can be clicked does what its key does; nothing needs it."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Input

from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.modals.forms import WaiveForm
from riskcockpit.tui.screens.findings import FindingsScreen
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, seen, settle


async def click(app: Cockpit, pilot: Pilot[int], words: str, *, below: int = 0) -> None:
    """Click on the first cell of what is seen."""
    rows = seen(app).split("\n")
    y = next(number for number in range(below, len(rows)) if words in rows[number])
    await pilot.click(offset=(rows[y].index(words) + 1, y))
    await settle(pilot)


async def test_a_card_a_title_and_a_key_can_be_clicked() -> None:
    async with opened(size=(160, 40)) as (app, pilot):
        await click(app, pilot, "3 Infrastructure")
        assert (app.place.kind, app.place.key) == ("pillar", "infrastructure_hardening")
        await click(app, pilot, "f findings", below=39)
        screen = app.screen
        assert isinstance(screen, FindingsScreen)
        await click(app, pilot, "severity", below=2)
        assert screen.table.sort_key == "-severity"
        await click(app, pilot, "severity", below=2)
        assert screen.table.sort_key == "severity"
        await click(app, pilot, "/ filter", below=39)
        assert isinstance(app.focused, Input)
        await press(pilot, "escape")
        await click(app, pilot, "w waive", below=39)
        assert isinstance(app.screen, WaiveForm)


async def test_a_click_between_keys_or_on_one_that_may_not_act_does_nothing() -> None:
    gateway = FakeGateway(refused={"fraud-scoring": {"rollback": "it settles"}})
    async with opened(gateway, "m", size=(160, 40)) as (app, pilot):
        await pilot.pause(0.2)
        await settle(pilot)
        assert "(r roll back: it settles)" in seen(app)
        await click(app, pilot, "r roll back", below=39)
        await pilot.click(offset=(159, 39))
        await settle(pilot)
        assert app.place.kind == "models"
        assert gateway.planned == []
