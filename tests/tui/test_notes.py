"""Passing notes never lie over what waits for a yes, and none is lost for it."""

from __future__ import annotations

from textual.widgets._toast import Toast

from riskcockpit.tui.modals.confirm import ConfirmDialog
from support.piloting import opened, press, ready, seen, settle

APPROVED = "Approved " + "for a reason that takes several rows of a small screen. " * 3


async def test_no_note_lies_over_a_preview_and_all_come_when_it_is_answered() -> None:
    async with opened(size=(80, 24)) as (app, pilot):
        app.tell(APPROVED, severity="error", seconds=60)
        await settle(pilot)
        assert "Approved for" in seen(app)
        await press(pilot, "r")
        await ready(pilot)
        assert isinstance(app.screen, ConfirmDialog)
        app.tell("meanwhile", seconds=60)
        await settle(pilot)
        text = seen(app)
        assert "Approved for" not in text
        assert "meanwhile" not in text
        assert "POST /registered-models/alias" in text
        await press(pilot, "escape")
        await settle(pilot)
        text = seen(app)
        assert "Approved for" in text
        assert "meanwhile" in text


async def test_a_note_takes_few_rows_of_a_small_screen() -> None:
    async with opened(size=(80, 24)) as (app, pilot):
        app.tell(APPROVED, title="Approved", seconds=60)
        await settle(pilot)
        assert app.screen.query_one(Toast).outer_size.height <= 4
