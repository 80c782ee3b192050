"""Names of keys in the settings are those of the events that terminals cause."""

from __future__ import annotations

import pytest
from textual import events
from textual._xterm_parser import XTermParser

from riskcockpit.tui.bindings import AVOIDED, KEYS
from riskcockpit.tui.key_names import key_name, sign_of


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Ctrl+F", "\x06"),
        ("F5", "\x1b[15~"),
        ("shift+F5", "\x1b[15;2~"),
        ("PageUp", "\x1b[5~"),
        ("Shift+Ctrl+Left", "\x1b[1;6D"),
        ("shift+tab", "\x1b[Z"),
        ("ctrl+]", "\x1d"),
        ("Return", "\r"),
        ("esc", "\x1b"),
        ("space", " "),
        ("delete", "\x1b[3~"),
        *((sign, sign) for sign in "aZ0ä?/\\|@-_+:;!§€"),
    ],
)
def test_a_name_is_that_of_the_event_its_key_causes(written: str, sent: str) -> None:
    parser = XTermParser()
    key = [*parser.feed(sent), *parser.feed("")][0]  # the second ends a lone esc
    assert isinstance(key, events.Key)
    assert key_name(written) == key.key


@pytest.mark.parametrize("sign", "a?/\\|@-_+:;!§€")
def test_a_sign_comes_back_from_its_name(sign: str) -> None:
    assert sign_of(key_name(sign) or "") == sign


@pytest.mark.parametrize(
    "written",
    ["", "fubar", "f25", "alt+f", "super+x", "shift+f", "ctrl+shift+f", "ctrl+1", "ctrl+tab",
     "ctrl+shift+tab", "ctrl+enter", "ctrl+", "+f", "ctrl+ctrl+f", "\x1b", "<any>", "ff"],
)  # fmt: skip
def test_what_no_terminal_sends_has_no_name(written: str) -> None:
    assert key_name(written) is None


def test_every_key_of_the_registry_and_every_avoided_one_has_a_name() -> None:
    assert all(key_name(each) for key in KEYS for each in key.keys.split(","))
    assert all(key_name(each) == each for each in AVOIDED)
