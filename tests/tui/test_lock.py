"""The lock in the header is the lock of this computer, whoever turned it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from riskcockpit.config.paths import Paths
from riskcockpit.errors import ConfigError
from riskcockpit.services.context import Context
from riskcockpit.services.unlocking import lock, unlock
from riskcockpit.tui.api import About
from riskcockpit.tui.gateway import Gateway
from riskcockpit.tui.messages import SettingsTouched
from riskcockpit.tui.watch import EVERY_SECONDS
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, ready, seen, settle

PROD = About("prod-bank", True, "eng", "bastion-2")
A_LOOK = EVERY_SECONDS + 0.2


async def test_what_others_on_this_computer_do_to_the_lock_is_seen_without_a_key() -> None:
    gateway = FakeGateway(about=PROD)
    async with opened(gateway) as (app, pilot):
        assert "PRODUCTION LOCKED" in seen(app)
        gateway.unlocked = 1
        await pilot.pause(A_LOOK)
        await settle(pilot)
        assert "PRODUCTION UNLOCKED" in seen(app)
        assert "roll back " in seen(app).split("\n")[-1]
        assert "unlocked on this computer; :lock ends it" in seen(app)
        gateway.unlocked = 0  # by `riskcockpit lock`, or the time is over
        await pilot.pause(A_LOOK)
        await settle(pilot)
        assert "PRODUCTION LOCKED" in seen(app)
        assert "decisions are locked again" in seen(app)


async def test_a_cockpit_opened_while_production_is_unlocked_says_so_at_once() -> None:
    gateway = FakeGateway(about=replace(PROD, is_unlocked=True), unlocked=1)
    async with opened(gateway) as (app, pilot):
        assert "PRODUCTION UNLOCKED" in seen(app)
        await pilot.pause(A_LOOK)
        assert "PRODUCTION UNLOCKED" in seen(app)


async def test_a_lock_that_could_not_be_turned_is_not_drawn_as_turned() -> None:
    gateway = FakeGateway(about=replace(PROD, is_unlocked=True), unlocked=1)

    def fail() -> None:
        raise ConfigError("cannot lock: read-only file system")

    gateway.lock = fail  # type: ignore[method-assign] # as a state directory that is read-only
    async with opened(gateway) as (app, pilot):
        app.run_command("lock")
        await settle(pilot)
        assert "cannot lock: read-only file system" in seen(app)
        assert "PRODUCTION UNLOCKED" in seen(app)


async def test_what_is_no_production_any_more_is_not_locked_and_a_lock_of_ones_own_stays() -> None:
    gateway = FakeGateway(about=PROD)
    async with opened(gateway) as (app, pilot):
        gateway.about_next = replace(PROD, is_production=False)
        app.post_message(SettingsTouched())
        await settle(pilot)
        header = seen(app).split("\n")[0]
        assert "LOCKED" not in header
        assert "read-only" not in header
        assert "roll back " in seen(app).split("\n")[-1]
        app.run_command("lock")
        gateway.about_next = replace(PROD, is_production=False, theme="light")
        app.post_message(SettingsTouched())
        await pilot.pause(A_LOOK)
        await settle(pilot)
        assert "read-only" in seen(app).split("\n")[0]


async def test_one_unlocks_here_and_is_not_told_again_by_the_watch() -> None:
    gateway = FakeGateway(about=PROD)
    async with opened(gateway) as (app, pilot):
        app.run_command("unlock")
        await ready(pilot)
        await press(pilot, *"prod-bank", "enter")
        await pilot.pause(A_LOOK)
        assert "PRODUCTION UNLOCKED" in seen(app)
        assert "on this computer" not in seen(app)


def test_the_gateway_reads_the_lock_of_the_computer(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path / "home")
    paths.config.mkdir(parents=True)
    settings = "context: {name: prod-bank, production: true}\n"
    paths.settings.write_text(settings, encoding="utf-8")
    paths.settings.chmod(0o600)
    ctx = Context.open(paths)
    first = Gateway(ctx)
    assert first.about.is_locked
    assert first.pulse().is_locked
    unlock(ctx, "prod-bank")
    assert not first.pulse().is_locked
    second = Gateway(ctx)
    assert not second.about.is_locked
    lock(ctx)
    assert second.pulse().is_locked
    paths.settings.write_text(settings.replace("true", "false"), encoding="utf-8")
    assert not second.reload().is_locked
    assert not second.pulse().is_locked
    for each in (first, second):
        each.close()
