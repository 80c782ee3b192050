"""Themes, keys and contexts from the settings: taken at once, refused with place and hint."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest

from riskcockpit.config.settings import ListSettings
from riskcockpit.errors import ConfigError
from riskcockpit.tui.api import About
from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.messages import SettingsTouched
from riskcockpit.tui.preferences import check
from riskcockpit.tui.theme import THEMES, TOKENS
from riskcockpit.tui.widgets.row_table import RowTable
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, seen, settle, strips

ABOUT = About("demo-bank", False, "eng", "bastion-2", file="/home/eng/riskcockpit.yaml")


def fault(*, theme: str = "dark", keymap: Mapping[str, str] | None = None) -> ConfigError:
    about = replace(ABOUT, line_of=lambda _: 12, theme=theme, keymap=keymap or {})
    with pytest.raises(ConfigError) as caught:
        check(about)
    return caught.value


@pytest.mark.parametrize(
    ("keymap", "words", "hint"),
    [
        ({"findings.fliter": "ctrl+f"}, 'no key has the id "findings.fliter"', "findings.filter"),
        ({"findings.filter": "ctrl+b"}, '"ctrl+b" cannot be used', "tmux"),
        ({"findings.filter": "q"}, '"q" is the key of app.close already', "another key"),
        ({"findings.filter": "s"}, '"s" is the key of list.sort already', "another key"),
        ({"findings.filter": ""}, "is given no key", "ctrl+f"),
        ({"findings.filter": "Ctrl+B"}, '"Ctrl+B" cannot be used', "tmux"),
        ({"findings.filter": "question_mark"}, '"?" is the key of app.help already', "another"),
        ({"findings.filter": "fubar"}, '"fubar" is no key that a terminal sends', "as ctrl+f"),
        ({"findings.filter": "pgdown"}, '"pgdown" is no key', 'did you mean "pagedown"?'),
        ({"findings.filter": "shift+f"}, '"shift+f" is no key', "write the character itself"),
        ({"findings.filter": "alt+f"}, '"alt+f" is no key', "esc and a key"),
        ({"findings.filter": "ctrl+shift+f"}, '"ctrl+shift+f" is no key', '"ctrl+f"'),
    ],
)
def test_a_key_that_cannot_be_moved_there_is_refused_with_its_place(
    keymap: Mapping[str, str], words: str, hint: str
) -> None:
    error = fault(keymap=keymap)
    assert "/home/eng/riskcockpit.yaml: line 12: " in error.message
    assert words in error.message
    assert hint in (error.hint or "")


def test_keys_that_never_meet_may_be_the_same() -> None:
    check(replace(ABOUT, keymap={"compliance.matrix": "s", "go.findings": "F6"}))


async def test_a_moved_key_acts_however_it_is_written_and_is_read_as_it_is_typed() -> None:
    keymap = {
        "go.findings": "F5",
        "go.models": " Ctrl+F , §",
        "app.help": "f1, ?",
    }
    gateway = FakeGateway(about=replace(ABOUT, keymap=keymap))
    async with opened(gateway, size=(160, 30)) as (app, pilot):
        assert "f5 findings" in seen(app)
        await press(pilot, "ctrl+f")
        assert app.place.kind == "models"
        assert "f5 findings" in seen(app)
        await press(pilot, "f5")
        assert app.place.kind == "findings"
        await press(pilot, "section_sign")
        assert app.place.kind == "models"
        await press(pilot, "question_mark")
        assert "Keys of this view" in seen(app)
        await press(pilot, *"keys of this view")
        assert "f1 ?" in seen(app), "help has the keys as they are typed"


def test_an_unknown_theme_is_refused_with_those_there_are() -> None:
    error = fault(theme="solarized")
    assert 'no theme "solarized"' in error.message
    assert "colour-blind" in (error.hint or "")


async def test_every_theme_draws_every_token_and_says_the_same() -> None:
    async with opened(None, "f") as (app, pilot):
        first = seen(app)
        drawn = set()
        for name in THEMES:
            app.set_theme(name)
            await settle(pilot)
            assert app.current_theme.name == name
            assert seen(app) == first, "colour only repeats what words say"
            drawn.add(str([segment.style for strip in strips(app) for segment in strip]))
        assert len(drawn) == len(THEMES)
        colours = {
            str(segment.style.color) + str(segment.style.bgcolor)
            for strip in strips(app) for segment in strip if segment.style is not None
        }  # fmt: skip
        assert not any("#" in colour for colour in colours), "the ansi theme has 16 colours only"


@pytest.mark.parametrize("name", [name for name in THEMES if name != "ansi"])
def test_text_of_every_theme_can_be_read_on_its_page(name: str) -> None:
    theme = THEMES[name][0]
    for page in (theme.background, theme.surface):
        for colour in ("foreground", "secondary", "success", "warning", "error", "primary"):
            assert contrast(getattr(theme, colour), page or "") >= 4.5, (name, colour, page)


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_no_two_states_of_the_colour_blind_theme_differ_by_red_against_green() -> None:
    theme = THEMES["colour-blind"][0]
    assert len({theme.success, theme.warning, theme.error}) == 3
    for colour in (theme.success, theme.warning, theme.error):
        red, _, blue = (int((colour or "")[i : i + 2], 16) for i in (1, 3, 5))
        assert blue > 150 or red > 200, colour  # blue, yellow, orange: never a plain green


async def test_changed_settings_are_taken_and_wrong_ones_are_said_while_the_old_stay() -> None:
    gateway = FakeGateway(about=ABOUT)
    async with opened(gateway) as (app, pilot):
        gateway.about_next = replace(ABOUT, theme="light", keymap={"go.findings": "F6"},
                                     context="other", colour="blue")  # fmt: skip
        app.post_message(SettingsTouched())
        await settle(pilot)
        assert app.theme == "light"
        assert " other " in seen(app)
        gateway.about_next = ConfigError(
            'riskcockpit.yaml: line 3: unknown key "thema"', hint='did you mean "theme"?'
        )
        app.post_message(SettingsTouched())
        await settle(pilot)
        assert 'SETTINGS NOT TAKEN  riskcockpit.yaml: line 3: unknown key "thema"' in seen(app)
        assert app.theme == "light"
        gateway.about_next = replace(ABOUT, keymap={"go.findings": "q"})
        app.post_message(SettingsTouched())
        await settle(pilot)
        assert '"q" is the key of app.close already' in seen(app)
        assert app.theme == "light", "nothing of settings that cannot be used is taken"
        gateway.about_next = ABOUT
        app.post_message(SettingsTouched())
        await settle(pilot)
        assert "SETTINGS NOT TAKEN" not in seen(app)
        assert app.theme == "dark"
        assert not app.is_locked
        gateway.about_next = replace(ABOUT, is_production=True)
        app.post_message(SettingsTouched())
        await settle(pilot)
        assert "PRODUCTION LOCKED" in seen(app), "what becomes production is locked"


async def test_columns_and_order_of_a_list_are_taken_when_the_settings_change() -> None:
    lists = {"models": ListSettings(("owner", "name", "tier"), "-name")}
    gateway = FakeGateway(about=ABOUT)
    async with opened(gateway, "m", size=(120, 36)) as (app, pilot):
        natural = models_seen(app)
        gateway.about_next = replace(ABOUT, lists=lists)
        app.post_message(SettingsTouched())
        await settle(pilot)
        table = app.place_screen.query_one(RowTable)
        assert [column.key for column in table.columns_shown()] == ["owner", "name", "tier"]
        assert "model ↓" in seen(app).split("\n")[2]
        assert models_seen(app) == sorted(natural, reverse=True)
        await press(pilot, "right", "right", "s", "s")
        assert "tier↑" in seen(app).split("\n")[2], "a key goes before the settings"
        wrong = {"models": ListSettings(("owner", "naem"))}
        gateway.about_next = replace(ABOUT, lists=wrong, line_of=len)
        app.post_message(SettingsTouched())
        await settle(pilot)
        assert 'the list "models" has no column "naem"' in seen(app)
        assert "line 31: " in seen(app)
        assert [column.key for column in table.columns_shown()] == ["owner", "name", "tier"]
        await press(pilot, "comma")
        assert "owner name tier" in seen(app)


def models_seen(app: Cockpit) -> list[str]:
    table = app.place_screen.query_one(RowTable)
    return [row.name for _, row in table._pages.known()]


async def test_the_settings_screen_tries_a_theme_and_says_how_to_keep_it_and_move_a_key() -> None:
    async with opened(FakeGateway(about=ABOUT), "comma", "j", "enter", size=(120, 50)) as (
        app,
        pilot,
    ):
        assert app.theme == "light"
        text = seen(app)
        assert "● in force" in text
        assert "to keep it: cockpit: theme: light" in text
        await press(pilot, "G", "enter")
        assert "ledger.verify" in seen(app)
        await press(pilot, "escape", "g")
        app.run_command("theme nosuch")
        await pilot.pause()
        assert 'no theme "nosuch"' in seen(app)


async def test_another_context_is_opened_only_when_it_can_be() -> None:
    about = replace(ABOUT, contexts={"prod": "/homes/prod", "gone": "/homes/missing"}, colour="red")
    async with opened(FakeGateway(about=about), size=(160, 40)) as (app, pilot):
        first = "".join(part.text for part in strips(app)[0])
        assert " demo-bank · eng@bastion-2" in first, "the badge has its own blank"
        head = next(part for part in strips(app)[0] if "demo-bank" in part.text)
        assert head.style is not None
        assert head.style.bgcolor is not None
        assert head.style.bgcolor.get_truecolor().red > 2 * head.style.bgcolor.get_truecolor().green
        app.run_command("ctx nowhere")
        await pilot.pause()
        assert "the settings know prod, gone" in seen(app)
        app.run_command("ctx gone")
        await settle(pilot)
        assert "there is no riskcockpit home at /homes/missing" in seen(app)
        await press(pilot, "escape")
        app.run_command("ctx prod")
        await settle(pilot)
        assert app.next_home == "/homes/prod"


def test_tokens_name_styles_of_the_theme_or_of_the_terminal_only() -> None:
    for token, style in TOKENS.items():
        assert not re.search(r"#[0-9a-f]{3}", style), token


async def test_saved_views_are_taken_anew_with_the_settings_and_wrong_ones_are_named() -> None:
    about = replace(ABOUT, line_of=lambda path: 7 if path == "cockpit.views.urgent" else None)
    gateway = FakeGateway(about=about)
    async with opened(gateway, "f", size=(160, 30)) as (app, pilot):
        assert " mine " in seen(app)
        views = {"ours": "owner:lending", "urgent": "bogus:1"}
        gateway.known = replace(gateway.known, views=views)
        app.post_message(SettingsTouched())
        await settle(pilot)
        await settle(pilot)
        text = seen(app)
        assert " ours " in text
        assert " mine " not in text
        assert "VIEW NOT TAKEN  riskcockpit.yaml: line 7: view urgent: unknown field" in text
        assert "SETTINGS NOT TAKEN" not in text, "the rest of them is in force"
        assert 'did you mean "owner"?' in text
        await press(pilot, "0")
        assert "view urgent" in seen(app), "on every screen"
        gateway.known = replace(gateway.known, views={})
        app.post_message(SettingsTouched())
        await settle(pilot)
        await settle(pilot)
        assert "view urgent" not in seen(app)


async def test_a_view_that_is_taken_out_while_it_is_on_lets_no_key_into_the_filter() -> None:
    gateway = FakeGateway(about=ABOUT)
    async with opened(gateway, "f", "tab", size=(120, 30)) as (app, pilot):
        assert app.place_screen.query_seen() == "@mine"
        await press(pilot, "0")
        gateway.known = replace(gateway.known, views={})
        app.post_message(SettingsTouched())
        await settle(pilot)
        await press(pilot, "f")
        await settle(pilot)
        assert app.place_screen.query_seen() == "state:open"
        assert "there is no saved view 'mine': this is state:open" in seen(app)
        table = app.place_screen.query_one(RowTable)
        await press(pilot, "j", "j")
        assert table.has_focus
        assert table.cursor == 2
