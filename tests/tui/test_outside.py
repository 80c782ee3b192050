"""Out of the cockpit and back: a page in the browser, a file in an editor, a sync beside it."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from riskcockpit.errors import InputError
from riskcockpit.tui import outside
from riskcockpit.tui.api import About
from riskcockpit.tui.screens.sources import SourcesScreen
from riskcockpit.views.findings import FindingDetail
from riskcockpit.views.posture import EnrichmentView
from support.bank_posture import NOW, posture
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, seen, settle
from support.pty import cockpit

ABOUT = About("demo-bank", False, "eng", "bastion-2", clipboard="osc52")
PAGE = "https://example.org/rules/sql"


def program(file: Path, *lines: str) -> Path:
    file.write_text("\n".join(("#!/bin/sh", *lines, "")), encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


async def test_over_ssh_the_address_is_copied_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path / "xdg-open", "exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setenv("DISPLAY", "localhost:10.0")
    monkeypatch.setenv("SSH_CONNECTION", "1 2 3 4")
    gateway = FakeGateway(about=ABOUT)
    async with opened(gateway, "f", "enter", "o", size=(120, 36)) as (app, pilot):
        assert PAGE in seen(app), "the address is seen before it is opened"
        await press(pilot, "a")
        assert app.clipboard == PAGE
        assert gateway.handed == [("copy", "address at example.org", "osc52", PAGE)]
        assert "no browser on this side" in seen(app)


async def test_with_a_display_the_address_is_given_to_the_program_that_opens_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program(tmp_path / "xdg-open", f'echo "$# $1" > {tmp_path}/got', "exit ${FAIL:-0}")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    gateway = FakeGateway(about=ABOUT)
    async with opened(gateway, "f", "o", "a", size=(120, 36)) as (app, pilot):
        assert (tmp_path / "got").read_text(encoding="utf-8") == f"1 {PAGE}\n"
        assert "opened at example.org" in seen(app)
        assert gateway.handed == [("open", "address at example.org", "xdg-open", PAGE)]
        monkeypatch.setenv("FAIL", "3")
        await press(pilot, "o", "a")
        assert "could not open the address" in seen(app)


async def test_an_address_that_acts_is_none() -> None:
    class Acting(FakeGateway):
        def finding(self, finding: str) -> FindingDetail:
            return replace(super().finding(finding), help_url="javascript:alert(1)", raw="{}")

    async with opened(Acting(about=ABOUT), "f", "o", size=(120, 36)) as (app, _):
        assert "no address is known" in seen(app)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("vim", ["vim", "+12", "/src/a b.py"]),
        ("vim -R", ["vim", "-R", "+12", "/src/a b.py"]),
        ("code --wait", ["code", "--wait", "-g", "/src/a b.py:12"]),
        ("hx", ["hx", "/src/a b.py:12"]),
    ],
)
def test_every_editor_is_told_the_line_in_its_own_way(
    wanted: str, expected: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("vim", "code", "hx"):
        program(tmp_path / name)
    monkeypatch.setenv("PATH", str(tmp_path))
    file = Path("/src/a b.py")
    assert outside.editor({"EDITOR": wanted}, file, 12) == expected
    assert outside.editor({"VISUAL": wanted, "EDITOR": "x"}, file, 12) == expected
    assert outside.editor({"EDITOR": "vim"}, file, None) == ["vim", str(file)]


@pytest.mark.parametrize("wanted", ["nosuch --x", "'", "  "])
def test_an_editor_that_is_not_there_is_said(wanted: str) -> None:
    with pytest.raises(InputError, match="there is no editor") as caught:
        outside.editor({"EDITOR": wanted}, Path("/x"), 1)
    assert "EDITOR=vim" in (caught.value.hint or "")


def test_an_editor_gets_the_screen_its_interrupts_and_gives_all_back(tmp_path: Path) -> None:
    edit = program(
        tmp_path / "edit",
        "trap 'echo INTERRUPTED' INT",
        'echo "EDITS $@"',
        "stty -a | tr ' ' ':' | grep -o ':icanon'",
        "read line || read line",
        "exit 0",
    )
    env = {"CHECKOUT": str(tmp_path), "EDITOR": str(edit)}
    with cockpit("editing", env=env) as screen:
        screen.wait_for("Needs you now")
        screen.press("f")
        screen.wait_for("severity")
        start = len(screen.raw)
        screen.press("e", 0.6)
        said = screen.raw[start:]
        assert b"\x1b[?1049l" in said, "the other screen is left"
        assert b"EDITS +" in said
        assert str(tmp_path).encode() in said
        assert b":icanon" in said
        screen.press("\x03", 0.5)
        assert b"INTERRUPTED" in screen.raw[start:]
        assert screen.process.poll() is None
        start = len(screen.raw)
        screen.press("done\n", 0.8)
        assert b"\x1b[?1049h" in screen.raw[start:]
        assert "severity" in screen.raw[start:].decode(), "everything is drawn anew"
        screen.press("\x11")
        assert screen.end() == 0
        assert screen.modes_left_on() == []


async def test_a_sync_pulls_the_source_under_the_cursor_or_all_once_at_a_time() -> None:
    known = EnrichmentView("kev", "ok", 1, 1_200, "", NOW, NOW)
    view = replace(posture(), enrichments=(known,))
    gateway = FakeGateway(about=ABOUT, view=view)
    async with opened(gateway, "ctrl+r", size=(120, 36)) as (app, pilot):
        assert gateway.synced == [()]
        assert "the sync is done" in seen(app)
        await press(pilot, "S", "j", "ctrl+r")
        screen = app.place_screen
        assert isinstance(screen, SourcesScreen)
        assert gateway.synced[1:] == [(screen.table.row_id,)]
        await press(pilot, "G", "ctrl+r")
        assert screen.table.row_id == "KEV catalogue"
        assert gateway.synced[2:] == [()], "what is no source is not pulled"
        app.run_command("sync metrics registry")
        await settle(pilot)
        assert gateway.synced[3:] == [("metrics", "registry")]
        app._is_syncing = True
        await press(pilot, "ctrl+r")
        assert "a sync runs already" in seen(app)
        assert len(gateway.synced) == 4
