"""Pictures of the screens: layout, colour and wording, on a frozen morning."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from riskcockpit.errors import StoreError
from riskcockpit.tui.app import Cockpit
from support import fake_gateway
from support.fake_gateway import FakeGateway
from support.piloting import press, settle

SIZES = [(80, 24), (160, 48)]
PLACES = {
    "overview": (),
    "findings": ("f", "j", "space"),
    "finding": ("f", "enter"),
    "models": ("m",),
    "model": ("m", "enter"),
    "compliance": ("c", "right", "j", "j", "j", "j", "right"),
    "exposure": ("x",),
    "ledger": ("l", "V"),
    "pillar": ("3",),
}


def compare(snap: Any, gateway: FakeGateway, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    async def before(pilot: Pilot[int]) -> None:
        await settle(pilot)
        await press(pilot, *keys)
        await pilot.pause(0.2)

    assert snap(Cockpit(gateway), run_before=before, terminal_size=size)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("place", list(PLACES))
def test_screen(snap_compare: Any, place: str, size: tuple[int, int]) -> None:
    compare(snap_compare, FakeGateway(), PLACES[place], size)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_roll_back_dialog(snap_compare: Any, size: tuple[int, int]) -> None:
    compare(snap_compare, FakeGateway(), ("r",), size)


def test_empty(snap_compare: Any) -> None:
    compare(snap_compare, fake_gateway.empty(), (), (80, 24))


def test_failed(snap_compare: Any) -> None:

    failure = StoreError("the cache is damaged", hint="riskcockpit sync builds it anew")
    compare(snap_compare, FakeGateway(failure=failure), (), (80, 24))
