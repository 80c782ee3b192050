"""The words of the command line act on what they name, or say what to type instead."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.widgets import Input, Select

from riskcockpit.domain.decision import WaiverReason
from riskcockpit.errors import InputError
from riskcockpit.tui.api import About, Names
from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.commands import completions
from riskcockpit.tui.intents import (
    Acknowledge,
    Approve,
    Intent,
    Note,
    Reject,
    Release,
    Revoke,
    RollBack,
    Undo,
)
from riskcockpit.tui.messages import Place
from riskcockpit.tui.modals.command_line import CommandLine
from riskcockpit.tui.modals.confirm import ConfirmDialog
from riskcockpit.tui.modals.forms import LineForm, RenewForm, WaiveForm
from support.bank_posture import finding_id
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, ready, seen, settle

PLACES = {
    "findings list severity>=high": Place("findings", "severity>=high"),
    "findings show 0221": Place("finding", "0221", Place("findings")),
    "incident list": Place("incidents"),
    "incident INC-1": Place("incident", "INC-1", Place("incidents")),
    "models show churn": Place("model", "churn", Place("models")),
    "alerts": Place("alerts"),
    "waivers list": Place("waivers"),
    "requests list": Place("requests"),
    "trace": Place("deployments"),
    "ledger log": Place("ledger"),
    "controls explain data.checks": Place("control", "data.checks", Place("compliance")),
    "sources list": Place("sources"),
    "kpis": Place("overview"),
}


async def test_words_of_a_shell_lead_to_the_screen_that_shows_it() -> None:
    async with opened() as (app, pilot):
        for text, place in PLACES.items():
            app.run_command(text)
            await pilot.pause()
            assert app.place == place, text
        app.run_command("ledger verify")
        await settle(pilot)
        assert "VERIFIED" in seen(app)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("undo 4", Undo("4")),
        ("undo", Undo("")),
        ("approve 0b4af9fe48", Approve("0b4af9fe48")),
        ("approve 0b4af9fe48 -m seen", Approve("0b4af9fe48", "seen")),
        ("reject 0b4af9fe48 --comment 'not yet'", Reject("0b4af9fe48", "not yet")),
        ("revoke 0b4a --comment=over", Revoke("0b4a", "over")),
        ("note 0b4a it's fine", Note("0b4a", "it's fine")),
        ("findings release ab12", Release("ab12")),
        ("incident ack INC-1", Acknowledge("INC-1")),
        ("incident ack INC-1 -m mine", Acknowledge("INC-1", "mine")),
        ("rollback fraud-scoring --to 5", RollBack("fraud-scoring", 5)),
        ("rollback fraud-scoring v5 -m 'it drifts'", RollBack("fraud-scoring", 5, "it drifts")),
    ],
)
async def test_a_decision_is_previewed_about_what_is_named_wherever_the_cursor_is(
    text: str, intent: Intent
) -> None:
    gateway = FakeGateway()
    async with opened(gateway, "R", "j") as (app, pilot):
        app.run_command(text)
        await settle(pilot)
        assert isinstance(app.screen, ConfirmDialog)
        assert gateway.planned == [intent]


async def test_a_dry_run_takes_no_yes() -> None:
    gateway = FakeGateway()
    async with opened(gateway) as (app, pilot):
        for text in ("rollback fraud-scoring --dry-run", "undo --dry-run"):
            app.run_command(text)
            await ready(pilot)
            assert isinstance(app.screen, ConfirmDialog)
            assert "it is a dry run" in seen(app)
            await press(pilot, "y", "escape")
        assert gateway.decided == []


async def test_a_waiver_is_about_the_ids_or_the_query_that_is_typed_with_its_terms() -> None:
    gateway = FakeGateway(total=30)
    async with opened(gateway, "f") as (app, pilot):
        app.run_command(f"waive {finding_id(7)} --reason deferred --justification 'in May'")
        await settle(pilot)
        form = app.screen
        assert isinstance(form, WaiveForm)
        assert form._findings == (finding_id(7),)
        assert form.query_one("#reason", Select).value is WaiverReason.DEFERRED
        assert form.query_one("#justification", Input).value == "in May"
        await press(pilot, "escape")
        app.run_command("waive severity>=high --expires 10d")
        await settle(pilot)
        form = app.screen
        assert isinstance(form, WaiveForm)
        assert len(form._findings) == 3
        assert form.query_one("#expires", Input).value == "10d"
        await press(pilot, "escape")
        app.run_command("waive abcd")
        await settle(pilot)
        assert "no finding abcd" in seen(app)
        await press(pilot, "escape", "j")
        app.run_command("waive --reason nonsense")
        await pilot.pause()
        assert 'no reason "nonsense"' in seen(app)
        assert gateway.planned == []


async def test_what_is_still_wanted_is_asked_for() -> None:
    async with opened(FakeGateway()) as (app, pilot):
        for text, form in (("reject 0b4a", LineForm), ("waivers renew 0b4a", RenewForm)):
            app.run_command(text)
            await settle(pilot)
            assert isinstance(app.screen, form)
            await press(pilot, "escape")


async def test_a_line_that_cannot_be_taken_stays_with_the_reason_and_can_be_mended() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "f", "F", *"my crit", "enter") as (app, pilot):
        line = app.screen
        assert isinstance(line, CommandLine)
        assert "the name of a view is one word, as my-crit" in seen(app)
        assert line.field.value == "save my crit"
        line.field.value = "doctor"
        await settle(pilot)
        assert "one word" not in seen(app)
        await press(pilot, "enter")
        assert "doctor is done in a shell: riskcockpit doctor" in seen(app)
        line.field.value = "save my-crit"
        await press(pilot, "enter")
        assert gateway.known.views["my-crit"] == "state:open"


def words_of(app: Cockpit) -> Callable[[str], list[str]]:
    return lambda text: [each.text for each in completions(text, app, app.names)]


async def test_verbs_options_and_names_are_completed_from_the_same_words() -> None:
    async with opened() as (app, pilot):
        app.ask_names()
        await settle(pilot)
        follows = words_of(app)
        assert follows("ledger ")[:2] == ["ledger log", "ledger show "]
        assert "findings list " in follows("findings l")
        assert follows("findings list sev") == ["findings list severity:"]
        assert follows("models show ch") == ["models show churn"]
        assert follows("models ch") == ["models churn"]
        assert follows("waive kev --re") == ["waive kev --reason="]
        assert follows("ini") == ["init"]
        app.set_lock(is_locked=True)
        assert "waive " not in follows("wa")
        assert "waivers " in follows("wa")


async def test_names_that_are_here_before_the_line_is_drawn_are_offered_with_it() -> None:
    async with opened() as (app, pilot):
        line = CommandLine((), Names(), "model churn")
        line.offer(Names(models=("churn-risk",)))
        app.push_screen(line)
        await settle(pilot)
        assert "churn-risk" in seen(app)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("waive nothing", "no finding matches nothing"),
        ("ctx gone", "there is no riskcockpit home at /homes/missing"),
        ("ctx nowhere", "no context 'nowhere'; the settings know gone"),
        ("findings save mine owner:x", "the view mine is in the settings"),
        ("theme nosuch", 'no theme "nosuch"'),
        ("pillar 9", 'no pillar "9"'),
    ],
)
async def test_a_command_that_cannot_be_done_stays_to_be_mended(typed: str, why: str) -> None:
    about = About("demo-bank", False, "eng", "host", contexts={"gone": "/homes/missing"})
    async with opened(FakeGateway(about=about), ":", size=(160, 36)) as (app, pilot):
        await press(pilot, *("space" if sign == " " else sign for sign in typed), "enter")
        await settle(pilot)
        assert isinstance(app.screen, CommandLine)
        assert app.screen.field.value == typed
        assert why in seen(app)
        assert "It failed" not in seen(app)
        await press(pilot, "x")
        assert why not in seen(app), "what is mended is wrong no more"
        await press(pilot, "escape")
        assert not isinstance(app.screen, CommandLine)


async def test_what_a_key_asks_is_told_in_a_dialog_also_after_a_command() -> None:
    gateway = FakeGateway()
    async with opened(gateway) as (app, pilot):
        app.run_command("waive nothing")
        await settle(pilot)
        await press(pilot, "escape", "f")
        gateway.failure = InputError("there is no such finding any more")
        await press(pilot, "w")
        await settle(pilot)
        assert not isinstance(app.screen, CommandLine)
        assert "there is no such finding any more" in seen(app)
