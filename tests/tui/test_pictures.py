"""Every screen at three sizes in each of its states, drawn as it was when somebody last looked.

After a change that is meant: `DRAW_PICTURES=1 pytest tests/tui/test_pictures.py`, and look at what
`git diff` says. The states are those that every screen has; see `screens.place.Load`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input

from riskcockpit.errors import StoreError, UnavailableError
from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.messages import Place
from riskcockpit.tui.screens.place import Load, PlaceScreen
from riskcockpit.tui.screens.registry import KINDS
from support import fake_gateway
from support.bank_desk import ACTIVE
from support.bank_posture import finding_id
from support.fake_gateway import FakeGateway
from support.picturing import Album
from support.piloting import opened, press, ready, settle

SIZES = [(80, 24), (120, 36), (200, 60)]
KEYS = {
    "pillar": "infrastructure_hardening",
    "finding": finding_id(3),
    "model": "fraud-scoring",
    "control": "data.checks",
    "incident": "1a" * 32,
    "deployment": "4d" * 16,
    "waiver": ACTIVE,
    "alert": "0123456789",
}
NEVER_EMPTY = (*(kind for kind in KEYS if kind != "pillar"), "settings")
"""One thing, or what is built in."""
ABOVE = {
    "roll-back": ("m", "r"),
    "waive": ("f", "space", "space", "w"),
    "renew": ("W", "j", "N"),
    "compensate": (
        "f", "w", "x", "shift+tab", "enter", "down", "enter", "tab", "enter",
    ),
    "help": ("f", "?"),
    "command": ("0", ":", "f"),
    "filter": ("f", "/"),
    "preview": ("f", "p"),
    "spread": ("f", "B"),
    "narrowed": ("l", "/", "w", "a", "enter"),
    "marks": ("f", "j", "space", "space", "v", "j"),
    "requirement": ("c", "right", "j", "j", "j", "j", "right"),
    "matrix": ("c", "T"),
    "verified": ("l", "V"),
}  # fmt: skip
"""What lies over a screen, or what a key makes of it; one state each."""


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_screen_looks_as_it_did(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _: None)  # it blinks otherwise
    album, gateway = Album(size), FakeGateway()
    async with opened(gateway, size=size) as (app, pilot):
        for kind in KINDS:
            await walk(app, pilot, kind, album)
        for name, keys in ABOVE.items():
            await press(pilot, "0", *keys)
            await ready(pilot)  # dialogs are laid out twice: for their text, and for the room
            await album.take(app, pilot, name, "")
            while isinstance(app.screen, ModalScreen):
                app.pop_screen()
            while app.place_screen.step_back():
                await settle(pilot)
    if found := album.differences():
        pytest.fail(f"screens look different:\n{found}", pytrace=False)


async def walk(app: Cockpit, pilot: Pilot[int], kind: str, album: Album) -> None:
    """Take a screen's pictures in all its states."""
    gateway = app.gateway
    assert isinstance(gateway, FakeGateway)

    async def draw(state: Load, change: Callable[[PlaceScreen], None]) -> None:
        screen = app.place_screen
        change(screen)
        await settle(pilot)
        assert screen.load is state, kind
        text = await album.take(app, pilot, kind, state.value)
        said = {Load.LOADED: "demo-bank", Load.EMPTY: ""}.get(state, state.value.upper())
        assert said in text.upper() or said in text, (kind, state)
        assert all(len(line) <= app.size.width + 12 for line in text.split("\n"))

    def asked(screen: PlaceScreen) -> None:
        screen.refresh_data()

    app.notice(gateway.view)
    gateway.gate = gate = threading.Event()
    app.go_to(Place(kind, KEYS.get(kind, "")))
    await pilot.pause()
    if kind not in ("overview", "settings"):
        assert app.place_screen.load is Load.LOADING, kind
        await album.take(app, pilot, kind, Load.LOADING.value)
    gate.set()
    await draw(Load.LOADED, lambda _: None)
    gateway.gate = None
    if kind == "settings":
        return
    gateway.failure = UnavailableError("the cache is away", hint="look again later")
    await draw(Load.STALE, asked)
    app.place_screen.enter(Load.LOADING)  # as if nothing had ever been read
    gateway.failure = StoreError("the cache is damaged", hint="sync builds it anew")
    await draw(Load.FAILED, asked)
    gateway.failure = PermissionError("cache/000042.duckdb")
    await draw(Load.FORBIDDEN, asked)
    gateway.failure = None
    if kind not in NEVER_EMPTY:
        app.gateway = fake_gateway.empty()
        await draw(Load.EMPTY, asked)
        app.gateway = gateway
    asked(app.place_screen)
    await settle(pilot)
