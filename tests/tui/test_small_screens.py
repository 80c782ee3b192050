"""However small the window is made: nothing dies, and what is under it neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.screen import ModalScreen

from riskcockpit.present.columns import Frame
from riskcockpit.present.text import ASCII, UNICODE, Glyphs, state_mark
from riskcockpit.tui.messages import Place
from riskcockpit.tui.screens.registry import KINDS
from riskcockpit.tui.widgets.pillar_card import amount_at_risk, one_line
from riskcockpit.views.posture import PillarView
from support.bank_desk import ACTIVE
from support.bank_posture import NOW, finding_id, posture
from support.piloting import opened, press, seen, settle

ONE = {
    "pillar": "infrastructure_hardening",
    "finding": finding_id(3),
    "model": "fraud-scoring",
    "control": "data.checks",
    "incident": "1a" * 32,
    "deployment": "4d" * 16,
    "waiver": ACTIVE,
    "alert": "0123456789",
}
ABOVE = (
    ("m", "r"),
    ("f", "w"),
    ("?",),
    (":", "f"),
    ("f", "/"),
    ("f", "p"),
    ("c", "T"),
    ("ctrl+p",),
)
SIZES = ((53, 24), (20, 5), (40, 12), (33, 24), (60, 6))
"""Each side of where words no longer fit, in both directions; screens take them in turns."""


async def test_every_screen_lives_in_a_window_of_any_size() -> None:
    async with opened(size=(52, 12)) as (app, pilot):
        for number, kind in enumerate(KINDS):
            app.go_to(Place(kind, ONE.get(kind, "")))
            await settle(pilot)
            size = SIZES[number % len(SIZES)]
            await pilot.resize_terminal(*size)
            await settle(pilot)
            assert app.crash is None, (kind, size)
            rows = seen(app).split("\n")
            assert len(rows) == size[1], (kind, "nothing is drawn below the window")


async def test_every_dialog_lives_in_a_window_of_any_size() -> None:
    async with opened() as (app, pilot):
        for number, keys in enumerate(ABOVE):
            await press(pilot, "0", *keys)
            await pilot.resize_terminal(*SIZES[number % len(SIZES)])
            await settle(pilot)
            assert app.crash is None, keys
            while isinstance(app.screen, ModalScreen):
                app.pop_screen()
            while app.place_screen.step_back():
                await settle(pilot)


async def test_the_cockpit_begins_in_the_smallest_window() -> None:
    async with opened(size=(1, 1)) as (app, _):
        assert app.crash is None


@given(st.integers(1, 120), st.sampled_from((UNICODE, ASCII)), st.sampled_from(posture().pillars))
def test_a_pillar_on_one_line_has_any_width(width: int, glyphs: Glyphs, view: PillarView) -> None:
    line = one_line(view, Frame(NOW, glyphs), width)
    assert line.cell_length <= width
    if width >= 42:
        assert str(state_mark(view.state, glyphs)) in line.plain
        assert amount_at_risk(view, Frame(NOW, glyphs)) in line.plain


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (("r",), "POST /registered-models/alias name=fraud-scoring alias=champion version=6"),
        (("f", "?"), "open its file at the line in $EDITOR"),
    ],
)
async def test_the_text_of_a_dialog_is_broken_anew_when_the_window_grows(
    keys: tuple[str, ...], sentence: str
) -> None:
    async with opened(None, *keys, size=(60, 48)) as (app, pilot):
        assert sentence not in seen(app)
        await pilot.resize_terminal(160, 48)
        await settle(pilot)
        assert sentence in seen(app)
