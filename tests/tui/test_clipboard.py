"""Copying: whole or not at all, by the way that is set, never when it is switched off."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from riskcockpit.tui import clipboard
from riskcockpit.tui.api import About
from riskcockpit.tui.messages import Place
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, seen, settle

ABOUT = About("demo-bank", False, "eng", "bastion-2", clipboard="osc52")


@pytest.mark.parametrize(
    ("setting", "environ", "expected"),
    [
        ("auto", {}, "osc52"),
        ("auto", {"TMUX": "/tmp/tmux-1/default"}, "tmux"),
        ("osc52", {"TMUX": "x"}, "osc52"),
        ("tmux", {}, "tmux"),
        ("off", {"TMUX": "x"}, "off"),
    ],
)
def test_the_way_is_the_one_that_is_set(
    setting: str, environ: dict[str, str], expected: str
) -> None:
    assert clipboard.way(setting, environ) == expected


def test_what_a_terminal_would_cut_does_not_fit() -> None:
    assert clipboard.fits("a" * 56_244)
    assert not clipboard.fits("a" * 56_246)


def test_a_tmux_that_is_not_there_or_refuses_takes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not clipboard.to_tmux("x")
    tool = tmp_path / "tmux"
    tool.write_text(f'#!/bin/sh\nread -r line\necho "$@ $line" > {tmp_path}/took\nexit "$FAIL"\n')
    tool.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setenv("FAIL", "0")
    assert clipboard.to_tmux("abc\n")
    assert (tmp_path / "took").read_text() == "load-buffer -w - abc\n"
    monkeypatch.setenv("FAIL", "1")
    assert not clipboard.to_tmux("abc\n")


async def test_the_id_under_the_cursor_is_sent_and_said_unless_it_is_switched_off() -> None:
    gateway = FakeGateway(about=ABOUT)
    async with opened(gateway, "m", "y") as (app, pilot):
        assert app.clipboard == "fraud-scoring"
        assert "sent to the terminal: fraud-scoring" in seen(app)
        app.go_to(Place("control", "data.checks"))
        await settle(pilot)
        await press(pilot, "y")
        assert app.clipboard == "data.checks"
        assert gateway.handed == [
            ("copy", "models", "osc52", "fraud-scoring"),
            ("copy", "control", "osc52", "data.checks"),
        ], "each copy is in the action log"
        gateway.about = replace(ABOUT, clipboard="off")
        await press(pilot, "m", "j", "y")
        assert app.clipboard == "data.checks"
        assert "copying is switched off" in seen(app)
        gateway.about, gateway.refuses_to_log = ABOUT, True
        await press(pilot, "y")
        assert app.clipboard == "data.checks", "what cannot be written down is not sent"
        assert "nothing was given out" in seen(app)
        assert len(gateway.handed) == 2
