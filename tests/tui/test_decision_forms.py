"""Forms and choices of decisions: which version, what compensates, renew, revoke, alerts."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from textual.widgets import Input

from riskcockpit.tui.api import About
from riskcockpit.tui.intents import AcknowledgeAlert, Approve, Renew, Revoke, RollBack, Waive
from riskcockpit.tui.messages import LedgerMoved, Place
from riskcockpit.tui.modals.compensation import CompensationForm
from riskcockpit.tui.modals.confirm import ConfirmDialog
from riskcockpit.tui.modals.rolling_back import RollBackDialog
from riskcockpit.views.posture import QueueKind
from support.bank_desk import ACTIVE, MINE, THEIRS
from support.bank_governance import controls
from support.bank_posture import NOW
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, ready, seen


async def test_a_rollback_goes_to_the_version_that_is_chosen_and_its_preview_follows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("riskcockpit.tui.modals.confirm.SETTLE_SECONDS", 0.01)
    gateway = FakeGateway()
    async with opened(gateway, "m", "r", size=(80, 24)) as (app, pilot):
        await ready(pilot)
        assert isinstance(app.screen, RollBackDialog)
        text = seen(app)
        assert "v6" in text
        assert "accuracy 0.941" in text
        newest, oldest = (line for line in text.split("\n") if "  auc 0.9" in line)
        assert newest.index("auc") == oldest.index("auc")
        assert newest.index(" old") == oldest.index(" old")
        assert "j shows more" in text, "a part of the preview is below"
        assert "cannot serve: version 5 was rolled back itself" in text
        monkeypatch.setattr("riskcockpit.tui.modals.confirm.SETTLE_SECONDS", 3.0)
        await press(pilot, "tab")
        assert gateway.planned == [RollBack("fraud-scoring", 6), RollBack("fraud-scoring", 4)]
        await press(pilot, "y")
        assert gateway.decided == [], "a key that was meant for the preview before means nothing"
        await pilot.pause(3.5)
        await press(pilot, "y")
    assert gateway.decided == [RollBack("fraud-scoring", 4)]


async def test_until_the_preview_of_another_version_is_there_nothing_is_signed() -> None:
    gateway = FakeGateway(about=About("prod-bank", True, "eng", "host"))
    async with opened(gateway, "m") as (app, pilot):
        app.set_lock(is_locked=False)
        await press(pilot, "r")
        await ready(pilot)
        await press(pilot, *"prod-")
        gateway.gate = threading.Event()
        await pilot.press("tab")
        await pilot.pause(0.1)
        assert "the preview of version 4 is being prepared" in seen(app)
        for key in ("b", "a", "n", "k", "y", "enter"):
            await pilot.press(key)
        gateway.gate.set()
        gateway.gate = None
        await ready(pilot)
        assert app.screen.query_one("#word", Input).value == "", "it was typed for another version"
        await press(pilot, *"prod-bank", "enter")
    assert gateway.decided == [RollBack("fraud-scoring", 4)]


async def test_what_compensates_is_chosen_from_controls_that_hold_with_its_worksheet() -> None:
    shown = tuple(
        replace(each, verdict="ok" if index else "alarm") for index, each in enumerate(controls())
    )
    gateway = FakeGateway()
    gateway.controls = lambda: shown  # type: ignore[method-assign] # one does not hold
    async with opened(gateway, "f", "w", size=(80, 24)) as (app, pilot):
        app.screen.query_one("#justification", Input).value = "fenced"
        app.screen.query_one("#reason").value = "compensating_control"  # type: ignore[attr-defined]
        await press(pilot, "enter")
        form = app.screen
        assert isinstance(form, CompensationForm)
        await press(pilot, "G", "space")
        assert "does not hold (alarm)" in seen(app)
        assert not form.table.marks
        await press(pilot, "g", "space", "enter")
        assert form.focused is form.query_one("#constraint")
        for name in ("constraint", "objective", "objective_met", "additional_risk", "validation",
                     "maintenance", "last_tested"):  # fmt: skip
            form.query_one(f"#{name}", Input).value = f"the {name}"
        await press(pilot, "enter")
        assert "no date: the last_tested" in seen(app)
        form.query_one("#last_tested", Input).value = "2026-04-30"
        form.query_one("#next_test", Input).value = "2026-07-30"
        await press(pilot, "enter")
        await ready(pilot)
        assert isinstance(app.screen, ConfirmDialog)
        assert len(gateway.drafts) == 2, "both forms are drafts until it is signed"
        await press(pilot, "y")
    (intent,) = gateway.decided
    assert isinstance(intent, Waive)
    taken = next(
        each.id for each in sorted(shown, key=lambda each: each.id) if each.verdict == "ok"
    )
    assert intent.details["controls"] == (taken,)
    assert intent.details["next_test"] == "2026-07-30"
    assert intent.details["constraint"] == "the constraint"
    assert gateway.drafts == {}


async def test_a_waiver_that_ends_is_renewed_from_the_queue_by_the_key_it_shows() -> None:
    gateway = FakeGateway()
    ending = replace(
        gateway.view.queue[1], id=f"waiver:{ACTIVE}", kind=QueueKind.WAIVER_EXPIRING,
        subject=ACTIVE, keys=("N", "n"),
    )  # fmt: skip
    gateway.view = replace(gateway.view, queue=(ending, *gateway.view.queue))
    async with opened(gateway, "N", *"still fenced for now", "enter", size=(80, 24)) as (_, pilot):
        await ready(pilot)
        await press(pilot, "y")
    (decided,) = gateway.decided
    assert isinstance(decided, Renew)
    assert decided.waiver == ACTIVE


async def test_a_waiver_is_renewed_and_revoked_after_a_form_and_a_preview() -> None:
    gateway = FakeGateway()
    gateway.least = 20
    async with opened(gateway, "W", "j", "N", *"still fenced", size=(80, 24)) as (
        app,
        pilot,
    ):
        assert "until 2026-" in seen(app)
        assert "and 1 more" in seen(app), "it says what it is about"
        await press(pilot, "enter")
        assert "12 characters; it needs 20" in seen(app)
        await press(pilot, *" for now", "tab", "home", "1", "enter")
        assert "90 days at most" in seen(app)
        await press(pilot, "home", "delete", "enter")
        await ready(pilot)
        await press(pilot, "y", "U", "enter")
        assert "a text is needed" in seen(app)
        await press(pilot, *"retired", "enter")
        await ready(pilot)
        await press(pilot, "y")
    assert gateway.decided == [
        Renew(ACTIVE, NOW + timedelta(days=30), "still fenced for now"),
        Revoke(ACTIVE, "retired"),
    ]


async def test_a_decision_that_is_being_signed_is_said_at_once_until_its_outcome_is_there() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "R", "j", "a", size=(80, 24)) as (app, pilot):
        await ready(pilot)
        assert "signing" not in seen(app)
        gateway.gate = threading.Event()
        await pilot.press("y")
        await pilot.pause()
        assert "signing" in seen(app).split("\n")[0]
        await pilot.pause(0.6)
        assert "what came of it is shown" in seen(app)
        gateway.gate.set()
        await ready(pilot)
        assert gateway.decided == [Approve(THEIRS)]
        assert "signing" not in seen(app)
        assert "what came of it is shown" not in seen(app)


async def test_ones_own_request_is_not_offered_and_says_who_can_sign_it() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "R", size=(160, 48)) as (app, pilot):
        assert "(a approve: eng has signed this already; risk-2, risk-3 can)" in seen(app)
        await press(pilot, "a")
        assert gateway.planned == []
        await press(pilot, "enter")
        assert app.place == Place("waiver", MINE, Place("requests"))
        await press(pilot, "escape", "j", "a")
        await ready(pilot)
        await press(pilot, "y")
        assert gateway.decided == [Approve(THEIRS)]
        await press(pilot, "j")
        assert "risk-2 approved and risk-3 rejected" in seen(app)
        gateway.requests_shown = gateway.requests_shown[:1]
        app.post_message(LedgerMoved())
        await ready(pilot)
        assert "1 request " in seen(app), "what a colleague signs is there without a sync"


async def test_an_alert_is_acknowledged_with_a_word_and_leads_to_what_it_is_about() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "b", "A", *"on it", "enter") as (app, pilot):
        await ready(pilot)
        await press(pilot, "y")
        assert gateway.decided == [AcknowledgeAlert("0123456789", "on it")]
        await press(pilot, "G", "A")
        assert len(gateway.planned) == 1, "somebody has it already"
        await press(pilot, "g", "enter")
        assert "risk-chat" in seen(app)


async def test_words_of_the_command_line_lead_to_lists_and_to_one() -> None:
    async with opened(None, ":", *"waivers show c3c3", "enter") as (app, pilot):
        assert app.place == Place("waiver", "c3c3", Place("waivers"))
        assert "behind the gateway" in seen(app)
        await press(pilot, ":", *"requests list", "enter")
        assert app.place == Place("requests")
        await press(pilot, ":", *"alerts", "enter")
        assert app.place == Place("alerts")
