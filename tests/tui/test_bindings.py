"""The registry of keys is the only one, and it is true."""

from __future__ import annotations

import re
from pathlib import Path

from textual.binding import Binding

from riskcockpit.tui.api import About
from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.bindings import AVOIDED, KEYS, LAST_SCOPES, SCOPES, SEEN_IN, document
from riskcockpit.tui.modals.help import HelpDialog
from riskcockpit.tui.palette import CockpitCommands
from riskcockpit.tui.screens import permitted
from riskcockpit.tui.screens.registry import KINDS, make_screen
from riskcockpit.tui.widgets.plain import lines
from riskcockpit.views.permissions import LAST
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
    "deployments": ("D",),
    "deployment": ("D", "enter"),
    "incidents": ("i",),
    "incident": ("i", "enter"),
    "waivers": ("W",),
    "waiver": ("W", "enter"),
    "requests": ("R",),
    "alerts": ("b",),
    "alert": ("b", "enter"),
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


async def test_every_key_is_offered_somewhere_none_is_dead_and_none_means_two_things() -> None:
    offered: set[str] = set()
    async with opened(None) as (app, pilot):
        for kind in KINDS:
            await press(pilot, "0", *OPENERS[kind])
            assert app.place.kind == kind
            offered |= look(app)
            if kind == "findings":
                await press(pilot, "slash")
                offered |= look(app)
                await press(pilot, "escape")
            if kind == "overview":
                for _ in range(3):
                    await press(pilot, "j")
                    offered |= look(app)
    assert offered == {key.id for key in KEYS}


def look(app: Cockpit) -> set[str]:
    """Check every key that is offered now: it acts, it means one thing, the palette has it."""
    chain = [app.focused, *(app.focused.ancestors if app.focused else ()), app.screen, app]
    active = set()
    for each in app.screen.active_bindings.values():
        name = each.binding.action.partition("(")[0].split(".")[-1]
        assert any(hasattr(node, f"action_{name}") for node in chain), each.binding
        if each.binding.id and each.enabled:
            active.add(each.binding.id)
    bound: dict[str, str] = {}
    for node in (app.focused, app.screen, app):
        for shown, bindings in ({} if node is None else node._bindings.key_to_bindings).items():
            for binding in bindings:
                if binding.id:
                    assert bound.setdefault(shown, binding.id) == binding.id
    found = {words for words, _, _ in CockpitCommands(app.screen)._entries()}
    assert {key.words for key in KEYS if key.id in active} <= found
    return active


def test_help_and_the_document_have_every_key_and_none_is_one_to_avoid() -> None:
    every = frozenset(key.id for key in KEYS)
    text = lines(HelpDialog(every, {}, is_locked=False)._text("", 200)).plain
    page = KEYS_PAGE.read_text(encoding="utf-8")
    for key in KEYS:
        assert key.words in text, key.id
        assert f"`{key.id}`" in page, key.id
        taken = {*key.keys.split(",")} & set(AVOIDED)
        assert taken == ({"ctrl+z"} if key.id == "app.suspend" else set()), key.id
        is_far = any(part in key.keys for part in ("alt+", "ctrl+shift+"))
        assert not is_far, "not every terminal sends it"


async def test_a_key_can_be_moved_in_the_settings() -> None:
    about = About("demo-bank", False, "eng", "host", keymap={"go.findings": "f6"})
    async with opened(FakeGateway(about=about)) as (app, pilot):
        await press(pilot, "f")
        assert app.place.kind == "overview"
        assert "f6 findings" in seen(app).split("\n")[-1], "the key line says where it went"
        await press(pilot, "?", *"go.find")
        assert "f6" in seen(app)
        await press(pilot, "escape", "f6")
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


async def test_help_says_first_what_keys_do_in_this_view() -> None:
    async with opened(None, "f", "?", size=(100, 40)) as (app, _):
        assert "filter with the query grammar" in seen(app), "without scrolling"
    dialog = HelpDialog(frozenset(key.id for key in KEYS), {}, is_locked=False)
    text = lines(dialog._text("", 200)).plain
    heads = [text.index(f"{SCOPES[scope]}\n") for scope in ("ledger", *LAST_SCOPES)]
    assert heads == sorted(heads)


async def test_help_finds_what_other_views_can_do_and_says_where() -> None:
    async with opened(None, "S", "?", *"renew") as (app, _):
        text = seen(app)
        assert "In other views" in text
        assert "renew a waiver: until when, and why" in text
        assert "in waivers, waiver" in text
    async with opened(None, "W", "?", *"renew") as (app, _):
        assert "In other views" not in seen(app)


def test_a_key_is_in_the_views_that_help_names() -> None:
    bound = {
        kind: {each.id for cls in type(make_screen(kind)).__mro__
               for each in vars(cls).get("BINDINGS", ()) if isinstance(each, Binding)}
        for kind in KINDS
    }  # fmt: skip
    for name, kinds in SEEN_IN.items():
        ids = {key.id for key in KEYS if name in (key.id, key.scope)}
        assert ids
        for kind in kinds:
            inner = ids if name == "query" else set()  # the bar inside has them
            assert ids <= bound[kind] | inner, (name, kind)
    decisions = {key.id for key in KEYS if key.scope == "decisions"}
    assert decisions - set(SEEN_IN) == {"decide.undo"}, "every view takes it"


async def test_undo_is_not_the_first_key_and_gone_while_there_is_nothing_to_undo() -> None:
    async with opened(None, "m") as (app, pilot):
        await pilot.pause(permitted._REST_SECONDS + 0.1)
        words = seen(app).split("\n")[-1]
        assert "u undo" in words
        assert "u undo" not in words.split("  ")[0]
    gateway = FakeGateway(refused={LAST: {"undo": "you have nothing to undo"}})
    async with opened(gateway, "m") as (app, pilot):
        await pilot.pause(permitted._REST_SECONDS + 0.1)
        assert "u undo" not in seen(app).split("\n")[-1]
        await press(pilot, "u")
        assert "you have nothing to undo" in seen(app), "and the key says why it does nothing"


async def test_the_palette_finds_findings_by_a_value_and_by_any_words() -> None:
    async with opened() as (app, _):
        palette = CockpitCommands(app.screen)
        found = [str(hit.text) async for hit in palette.search("crit")]
        assert "findings severity:critical" in found
        assert found[-1] == "findings crit"
        two = [str(hit.text) async for hit in palette.search("sql in")]
        assert two[-1] == 'findings "sql in"'
        assert all(words != help_ for words, help_, _ in palette._entries())
