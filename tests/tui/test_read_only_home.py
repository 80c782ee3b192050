"""A home that cannot be written is told before anybody fills in a form."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.tui.api import About
from riskcockpit.tui.conditions import READ_ONLY
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, seen, settle

ABOUT = About("demo-bank", is_production=False, principal="eng", host="b-2", is_writable=False)


@pytest.mark.parametrize("is_production", [False, True])
async def test_a_read_only_home_says_so_and_its_deciding_keys_stand_in_brackets(
    is_production: bool,
) -> None:
    gateway = FakeGateway(about=replace(ABOUT, is_production=is_production))
    async with opened(gateway, size=(80, 24)) as (app, pilot):
        assert "READ-ONLY HOME" in seen(app)
        keys = seen(app).split("\n")[-1]
        assert "(w waive" in keys or "(a approve" in keys, keys
        for way in ("w", "f", "w", "r", "u", "n"):
            await press(pilot, way)
        assert len(app.screen_stack) == 2, "no form and no preview opens"
        assert READ_ONLY in " ".join(seen(app).split())
        app.clear_notifications()
        app.run_command("rollback fraud-scoring")
        await settle(pilot)
        assert gateway.planned == []
        assert READ_ONLY in " ".join(seen(app).split())


def test_what_is_not_there_yet_can_be_written_where_it_would_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = Paths.under(tmp_path / "home")
    assert paths.are_writable()
    paths.state.mkdir(parents=True)
    refused = paths.state
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != refused and real(path, mode))
    assert not paths.are_writable()
    refused = paths.ledger.parent
    assert not paths.are_writable(), "the ledger would be made there"
