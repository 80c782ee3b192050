"""Waivers in words: one that ended does not say how long it would have lasted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from riskcockpit.cli import waiver_pages
from riskcockpit.present.columns import Frame
from riskcockpit.present.waivers import end_of_waiver
from riskcockpit.tui.widgets.waiver_text import waiver_full
from support import bank_desk
from support.bank_posture import NOW


def test_what_was_ended_says_when_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    row = bank_desk.revoked_waiver()
    assert end_of_waiver(row, NOW) == ("3 h ago", "muted")
    assert end_of_waiver(replace(row, ended_at=None), NOW) == ("ended", "muted")
    assert end_of_waiver(bank_desk.waivers()[1], NOW) == ("in 16 d", "")
    detail = bank_desk.waiver(row)
    page = "\n".join(line.plain for line in waiver_full(detail, Frame(NOW), 100))
    waiver_pages.waiver(detail, NOW)
    waiver_pages.waivers([row], NOW)
    printed = capsys.readouterr().out
    assert row.ended_at is not None
    assert row.expires_at is not None
    assert f"3 h ago, {row.ended_at:%Y-%m-%d %H:%M} UTC" in page
    assert printed.count(f"ended {row.ended_at:%Y-%m-%d %H:%M} UTC") == 2
    assert f"{row.expires_at:%Y-%m-%d}" not in page + printed
