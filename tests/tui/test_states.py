"""Every screen draws loading, empty, loaded, stale, failed and forbidden."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from riskcockpit.errors import ForbiddenError, StoreError, UnavailableError
from riskcockpit.present.text import ASCII, UNICODE
from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.conditions import is_forbidden, of_data
from riskcockpit.tui.messages import Place
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.screens.registry import KINDS
from riskcockpit.tui.widgets.lines import banner_line
from riskcockpit.views.posture import LedgerState
from support import fake_gateway
from support.bank_desk import ACTIVE
from support.bank_posture import NOW, finding_id, posture
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, seen, settle

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
SIZES = [(80, 24), (120, 36), (200, 60)]
ALWAYS = ("finding", "model", "control", "incident", "deployment", "settings", "waiver", "alert")
"""Places without an empty state: one thing, or what is built in."""


def place(kind: str) -> Place:
    return Place(kind, KEYS.get(kind, ""))


def load(app: Cockpit) -> Load:
    return app.place_screen.load


async def fits(app: Cockpit, size: tuple[int, int]) -> str:
    text = seen(app)
    rows = text.split("\n")
    assert len(rows) == size[1]
    assert rows[0].startswith(" riskcockpit")
    assert rows[-1].strip(), "the keys are seen"
    return text


@pytest.mark.parametrize("kind", KINDS)
async def test_a_screen_draws_its_states_at_every_size(kind: str) -> None:
    gate = threading.Event()
    gateway = FakeGateway()
    async with opened(gateway, size=SIZES[0]) as (app, pilot):
        gateway.gate = gate
        app.go_to(place(kind))
        await pilot.pause()
        if kind not in ("overview", "settings"):
            assert load(app) is Load.LOADING
            assert "Loading " in seen(app)
        gate.set()
        await settle(pilot)
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await settle(pilot)
            assert load(app) is Load.LOADED
            loaded = await fits(app, size)
            assert "SOURCE FAILED" in loaded, "the banner is on every screen"
        if kind == "settings":
            return
        gateway.failure = UnavailableError("the cache is away", hint="look again later")
        await press(pilot, "ctrl+r")
        assert load(app) is Load.STALE
        assert "STALE  the last refresh failed: the cache is away" in await fits(app, SIZES[-1])
        gateway.failure = ForbiddenError("the cache belongs to another user")
        await press(pilot, "ctrl+r")
        assert "FORBIDDEN  the cache belongs to another user" in seen(app)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "settings"])
async def test_a_screen_that_never_loaded_says_failed_forbidden_or_empty(kind: str) -> None:
    gateway = FakeGateway(failure=StoreError("the cache is damaged", hint="sync builds it anew"))
    async with opened(gateway, size=SIZES[0]) as (app, pilot):
        app.go_to(place(kind))
        await settle(pilot)
        assert load(app) is Load.FAILED
        text = await fits(app, SIZES[0])
        for words in ("FAILED", "the cache is damaged", "sync builds it anew", "ctrl+r"):
            assert words in text, words
        gateway.failure = PermissionError("cache/000042.duckdb")
        await press(pilot, "ctrl+r")
        assert load(app) is Load.FORBIDDEN
        assert "FORBIDDEN  you may not read" in await fits(app, SIZES[0])
        if kind in ALWAYS:
            return
        nothing = fake_gateway.empty()
        gateway.failure, gateway.view, gateway.total, gateway.number = None, nothing.view, 0, 0
        gateway.models_shown = gateway.entries = gateway.frameworks_shown = ()
        gateway.incidents_shown = ()
        gateway.deployments_shown = ()
        gateway.waivers_shown = gateway.requests_shown = gateway.alerts_shown = ()
        gateway.actions = lambda: ()  # type: ignore[method-assign] # nothing was done
        await press(pilot, "ctrl+r")
        assert load(app) is Load.EMPTY
        text = await fits(app, SIZES[0])
        assert "riskcockpit" in text.split("\n", 1)[1] or "decisions that change" in text


def test_what_is_wrong_comes_by_its_weight() -> None:
    view = posture()
    assert [each.word for each in of_data(view, NOW, UNICODE)] == ["SOURCE FAILED"]
    old = tuple(replace(one, last_success=NOW - timedelta(hours=30)) for one in view.sources)
    broken = replace(view, sources=old, ledger=LedgerState(False, 3, "", "entry 2 is forged"))
    wrong = list(of_data(broken, NOW, ASCII))
    assert [each.word for each in wrong] == ["LEDGER BROKEN", "STALE", "SOURCE FAILED"]
    line = banner_line(wrong, 120, ASCII).plain
    assert "entry 2 is forged" in line
    assert line.index("LEDGER BROKEN") < line.index("STALE") < line.index("SOURCE FAILED")
    assert list(of_data(None, NOW, UNICODE)) == []


@pytest.mark.parametrize("width", [30, 60, 80, 200])
def test_a_banner_fits_its_line(width: int) -> None:
    view = posture()
    failed = replace(view.sources[0], state="failed", message="漢字 " * 80)
    wrong = list(of_data(replace(view, sources=(failed,)), NOW, UNICODE))
    assert banner_line(wrong, width, UNICODE).cell_length <= width


def test_a_cause_that_forbids_is_found() -> None:
    error = StoreError("cannot open the cache")
    error.__cause__ = PermissionError("no")
    assert is_forbidden(error)
    assert not is_forbidden(StoreError("damaged"))
    assert not is_forbidden(None)
