"""The registry of keys is the only one, and it is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from riskcockpit.tui.api import About
from riskcockpit.tui.bindings import KEYS, SCOPES, document
from riskcockpit.tui.screens.registry import KINDS
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, seen

KEYS_PAGE = Path(__file__).resolve().parents[2] / "docs" / "keys.md"
SOURCES = Path(__file__).resolve().parents[2] / "src" / "riskcockpit" / "tui"
OPENERS = {
    "overview": ("0",),
    "findings": ("f",),
    "pillar": ("2",),
    "finding": ("f", "enter"),
    "models": ("m",),
    "model": ("m", "enter"),
    "compliance": ("c",),
    "control": ("c", "enter", "j", "j", "j", "j", "enter", "j", "enter"),
    "exposure": ("x",),
    "ledger": ("l",),
    "actions": ("@",),
    "settings": ("comma",),
    "sources": ("S",),
}


def test_the_documented_keys_are_those_of_the_registry() -> None:
    assert KEYS_PAGE.read_text(encoding="utf-8") == document()


def test_ids_are_unique_and_every_scope_has_a_heading() -> None:
    assert len({key.id for key in KEYS}) == len(KEYS)
    assert {key.scope for key in KEYS} == set(SCOPES)


def test_every_kind_of_place_can_be_reached_by_keys() -> None:
    assert set(OPENERS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
async def test_no_key_of_a_view_is_dead_and_none_means_two_things(kind: str) -> None:
    async with opened(None, *OPENERS[kind]) as (app, _):
        assert app.place.kind == kind
        chain = [app.focused, app.screen, app]
        for active in app.screen.active_bindings.values():
            name = active.binding.action.partition("(")[0].split(".")[-1]
            owners = [node for node in chain if node is not None]
            assert any(hasattr(node, f"action_{name}") for node in owners), active.binding
        bound: dict[str, str] = {}
        for node in (app.focused, app.screen, app):
            keys = {} if node is None else node._bindings.key_to_bindings
            for shown, bindings in keys.items():
                for binding in bindings:
                    if binding.id:
                        assert bound.setdefault(shown, binding.id) == binding.id


async def test_a_key_can_be_moved_in_the_settings() -> None:
    about = About("demo-bank", False, "eng", "host", keymap={"go.findings": "f6"})
    async with opened(FakeGateway(about=about)) as (app, pilot):
        await press(pilot, "f")
        assert app.place.kind == "overview"
        await press(pilot, "f6")
        assert app.place.kind == "findings"


async def test_help_finds_a_key_by_its_words() -> None:
    async with opened(None, "f", "?") as (app, pilot):
        await press(pilot, *"sort")
        assert "sort by the column" in seen(app)
        assert "half a page down" not in seen(app)


async def test_help_shows_only_keys_that_work_here() -> None:
    async with opened(None, "l", "?") as (app, pilot):
        await press(pilot, *"verify")
        assert "verify every signature now" in seen(app)
        assert "start a range" not in seen(app)


def test_bindings_are_made_by_the_registry_only() -> None:
    for module in SOURCES.rglob("*.py"):
        text = module.read_text(encoding="utf-8")
        if module.name == "bindings.py" or "modals" in module.parts:
            continue
        assert not re.search(r"\bBinding\(", text), module
