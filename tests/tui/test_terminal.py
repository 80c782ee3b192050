"""What is drawn follows from what the environment says of the terminal."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.colourless import Colourless
from riskcockpit.tui.terminal import has_colours, has_unicode
from support.piloting import opened, press, settle, strips
from support.pty import cockpit

BLACK = Color.parse("black")


@pytest.mark.parametrize(
    ("environ", "encoding", "is_utf8_mode", "is_there"),
    [
        ({"LANG": "en_GB.UTF-8", "TERM": "xterm"}, "utf-8", False, True),
        ({"LANG": "en_GB.ISO-8859-1"}, "iso8859-1", False, False),
        ({"LANG": "en_GB.ISO-8859-1", "LC_CTYPE": "C.UTF-8"}, "utf-8", True, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", True, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", False, True),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "C"}, "utf-8", True, False),
        ({"LC_ALL": "POSIX"}, "utf-8", True, False),
        ({"LANG": "de_DE.UTF-8", "LC_CTYPE": "C.UTF-8"}, "utf-8", True, True),
        ({"LC_CTYPE": "C.UTF-8"}, "utf-8", True, True),
        ({"LANG": "C", "PYTHONUTF8": "1"}, "utf-8", True, True),
        ({"LANG": "en_GB.UTF-8", "TERM": "vt100"}, "utf-8", False, False),
        ({"LANG": "C", "PYTHONIOENCODING": "ascii"}, "ascii", False, False),
    ],
)
def test_unicode_is_drawn_where_the_locale_has_it(
    environ: Mapping[str, str], encoding: str, is_utf8_mode: bool, is_there: bool
) -> None:
    assert has_unicode(environ, encoding, is_utf8_mode=is_utf8_mode) is is_there


@pytest.mark.parametrize(
    ("environ", "is_wanted"),
    [
        ({"NO_COLOR": "1", "TERM": "xterm"}, False),
        ({"NO_COLOR": "", "TERM": "xterm"}, True),
        ({"TERM": "vt220"}, False),
        ({"TERM": "linux"}, True),
    ],
)
def test_colours_are_drawn_unless_refused_or_missing(
    environ: Mapping[str, str], is_wanted: bool
) -> None:
    assert has_colours(environ) is is_wanted


def test_what_only_a_colour_told_apart_is_reversed() -> None:
    variables = {"block-cursor-background": "#2b4665", "warning": "ansi_yellow"}

    def bare(style: str) -> Style | None:
        (shown,) = Colourless(lambda: variables).apply([Segment("x", Style.parse(style))], BLACK)
        return shown.style

    assert bare("bold #ee7d77 on #10141a") == Style(bold=True)
    assert bare("underline dim") == Style(underline=True, dim=True)
    assert bare("#ffffff on #2b4665") == Style(reverse=True)
    assert bare("bold white on red") == Style(bold=True, reverse=True)
    clicked = Style.from_meta({"option": 3}) + Style.parse("red")
    (shown,) = Colourless(lambda: variables).apply([Segment("x", clicked)], BLACK)
    assert shown.style is not None
    assert shown.style.meta == {"option": 3}


def test_a_plain_locale_gets_ascii_and_an_old_terminal_no_colour_by_itself() -> None:
    with cockpit(env={"LC_ALL": "C", "TERM": "vt100", "COLORTERM": ""}) as screen:
        screen.wait_for("Needs you now")
        screen.press("f")
        screen.wait_for("exposure")
        assert screen.raw.isascii()
        assert screen.colours() == set()
        assert "> " in screen.text, "the cursor is seen"


async def test_without_colours_the_cursor_of_every_list_is_reversed() -> None:
    async with opened() as (app, pilot):
        app.no_color = True
        app.screen.refresh(layout=True)
        await press(pilot, "f")
        assert reversed_text(app), "the row under the cursor"
        await press(pilot, "ctrl+p")
        await pilot.press(*"ledger")
        await pilot.pause(0.5)
        await settle(pilot)
        assert "ledger" in reversed_text(app)


def reversed_text(app: Cockpit) -> str:
    segments = (segment for strip in strips(app) for segment in strip)
    return "".join(each.text for each in segments if each.style and each.style.reverse)
