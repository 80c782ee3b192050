"""Text from outside is drawn as text: it does not act, crash, leak or break the layout."""

from __future__ import annotations

import re
import unicodedata

from rich.cells import cell_len
from rich.segment import ControlType, Segment
from textual.color import Color
from textual.pilot import Pilot

from riskcockpit.domain.untrusted import STOP
from riskcockpit.errors import InputError
from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.fence import Fence
from riskcockpit.tui.messages import Place, SyncMoved
from riskcockpit.tui.modals.confirm import ConfirmDialog
from riskcockpit.tui.modals.says import ErrorDialog
from riskcockpit.tui.widgets.plain import Plain, styled, titled
from riskcockpit.views.governance import DecisionPreview
from riskcockpit.views.syncing import SourceProgress
from support import fake_gateway
from support.bank_findings import hostile_row
from support.hostile import HOSTILE
from support.piloting import opened, press, ready, seen, settle, strips
from support.pty import cockpit

PLACES = [
    (), ("f",), ("f", "enter"), ("m",), ("m", "enter"), ("c", "E", "j", "j", "j"), ("c", "T"),
    ("x",), ("l", "V"), ("@",), ("S",), ("3",), ("comma",), ("i",), ("i", "enter"),
    ("D",), ("D", "enter"), ("W",), ("W", "enter"), ("R",), ("b",), ("b", "enter"),
]  # fmt: skip


async def test_hostile_text_is_drawn_and_clicks_on_it_do_nothing() -> None:
    async with opened(fake_gateway.hostile(), size=(120, 30)) as (app, pilot):
        for keys in PLACES:
            await press(pilot, "0", *keys)
            await harmless(app, pilot)
        app.go_to(Place("control", HOSTILE[1]))
        await settle(pilot)
        text = await harmless(app, pilot)
        assert "[@click=app.quit]x[/]" in text
        app.post_message(SyncMoved((SourceProgress(HOSTILE[0], HOSTILE[9], 5, 9, 1, 2.0),)))
        await press(pilot, "S")
        assert "[@click=app.quit]x[/]" in await harmless(app, pilot)


async def test_numbers_behind_letters_that_run_leftward_keep_their_column() -> None:
    """In a terminal that knows of directions numbers join such letters, also past a gap."""
    async with opened(fake_gateway.hostile(), "f", size=(160, 40)) as (app, _):
        rows = [row for row in seen(app).split("\n") if "שלום" in row or "سلام" in row]
    assert rows
    for row in rows:
        kinds = [unicodedata.bidirectional(char) for char in row]
        assert next(kind for kind in kinds if kind in ("L", "R", "AL")) == "L"
        assert not re.search(rf"[שםسم٣][^A-Za-z{STOP}]* {{2,}}[^A-Za-z{STOP}]*[0-9]", row), row


async def harmless(app: Cockpit, pilot: Pilot[int]) -> str:
    """Click on what tries to act, once in each column; nothing does, no line is out of shape."""
    place, text = app.place, seen(app)
    tries: dict[int, int] = {}
    for y, line in enumerate(text.split("\n")):
        if "[@click=" in line:
            tries[min(cell_len(line[: line.index("[@click=")]) + 10, 118)] = y
    for x, y in tries.items():
        await pilot.click(offset=(x, y))
    await pilot.pause()
    assert app.is_running
    assert app.place == place
    widths = {sum(cell_len(part.text) for part in strip) for strip in strips(app)}
    assert widths == {120}, place
    return text


async def test_hostile_names_complete_words_and_fill_forms_as_text() -> None:
    gateway = fake_gateway.hostile()
    async with opened(gateway, "f", "space", "space", "w", size=(120, 30)) as (app, pilot):
        assert "[@click=app.quit]x[/]" in await harmless(app, pilot)
        await press(pilot, "escape", "tab")
        await harmless(app, pilot)
        await press(pilot, "/", "end", "space", *"owner:", "tab", "tab", "tab")
        await harmless(app, pilot)
        await press(pilot, "escape", ":", *"models ", "tab", "tab")
        assert "see advisory" in await harmless(app, pilot)
        for _ in range(len(HOSTILE)):
            await press(pilot, "up")
        await harmless(app, pilot)
        await press(pilot, "escape")
        assert not {sign for sign in seen(app) if sign in "\x1b\x9b\u202e\u200b"}


async def test_notes_dialogs_and_titles_draw_hostile_text() -> None:
    async with opened(fake_gateway.FakeGateway()) as (app, pilot):
        card = app.screen.query_one("#queue-box")
        for text in HOSTILE:
            app.notify(text, title=text, timeout=0.2)
            app.screen.notify(text, markup=True, timeout=0.2)
            titled(card, text[:200], text[:200])
            card.query_one("#queue-none", Plain).show(styled([text, (text, "alarm")]))
            await app.push_screen(ErrorDialog(InputError(text, hint=text, detail=text), text[:200]))
            await pilot.pause()
            app.pop_screen()
            row = hostile_row(HOSTILE.index(text))
            preview = DecisionPreview(
                text[:200], text, text, text, False, (text,), text, (text,), (), (text,), (row,),
                1, None, ((text[:200], text),),
            )  # fmt: skip
            await app.push_screen(ConfirmDialog(preview))
            await pilot.pause()
            widths = {sum(cell_len(part.text) for part in strip) for strip in strips(app)}
            assert widths == {120}, text[:40]
            app.pop_screen()
        assert app.is_running


async def test_a_hostile_note_cannot_be_clicked_into_quitting() -> None:
    async with opened() as (app, pilot):
        app.notify("[@click=app.quit]details[/]", timeout=60)
        await pilot.pause(0.2)
        lines = seen(app).split("\n")
        y = next(index for index, line in enumerate(lines) if "[@click" in line)
        await pilot.click(offset=(lines[y].index("details"), y))
        await pilot.pause()
        assert app.is_running


async def test_a_hostile_model_name_reaches_the_gateway_whole_and_the_preview_as_text() -> None:
    gateway = fake_gateway.hostile()
    async with opened(gateway, "m", "r") as (app, pilot):
        await ready(pilot)
        assert "[@click=app.quit]x[/]" in seen(app)
        await press(pilot, "n")


def test_the_fence_replaces_what_a_terminal_obeys_but_not_textuals_own_controls() -> None:
    own = Segment("\x1b[H", None, [(ControlType.HOME,)])
    evil = Segment("a\x1b]52;c;x\x07\u202eb\x9b31m")
    first, second = Fence().apply([own, evil], Color(0, 0, 0))
    assert first is own
    assert second.text == "a\ufffd]52;c;x\ufffd\ufffdb\ufffd31m"


def test_the_fence_leaves_clean_lines_alone() -> None:
    line = [Segment("plain"), Segment("wide 漢字 ▌")]
    assert Fence().apply(line, Color(0, 0, 0)) is line


async def test_the_fence_is_the_last_filter() -> None:
    async with opened() as (app, _):
        assert isinstance(app, Cockpit)
        assert isinstance(app.get_line_filters()[-1], Fence)


def test_no_escape_of_hostile_data_reaches_the_terminal() -> None:
    with cockpit("hostile") as screen:
        screen.wait_for("Needs you now")
        for keys in (
            "j",
            "j",
            "r",
            "\x1b",
            "f",
            "j",
            "j",
            "j",
            "\r",
            "\x04",
            "\x1b",
            "p",
            "m",
            "\r",
        ):
            screen.press(keys, 0.2)
        for keys in ("c", "E", "j", "j", "T", "x", "\x1b", ",", ":models \t\t", "\x1b"):
            screen.press(keys, 0.2)
        for keys in (
            "l",
            "V",
            "\r",
            "\x1b",
            "S",
            "\r",
            "\x1b",
            "@",
            "3",
            "?",
            "\x1b",
            ":zz\r",
            "\x1b",
        ):
            screen.press(keys, 0.2)
        assert screen.process.poll() is None, screen.text
        assert screen.leaks() == set()
        screen.press("0")
        screen.press("q")
        assert screen.end() == 0
        assert screen.modes_left_on() == []
