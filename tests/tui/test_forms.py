"""Forms keep what is typed: a crash, esc and No lose nothing; a signed decision takes it away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from textual.widgets import Input

from riskcockpit.errors import StoreError
from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.intents import Waive
from riskcockpit.tui.modals import forms
from riskcockpit.tui.modals.confirm import ConfirmDialog
from riskcockpit.tui.modals.forms import LineForm, WaiveForm
from riskcockpit.tui.screens.overview import OverviewScreen
from riskcockpit.views.posture import QueueKind
from support.bank_posture import finding_id, posture
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, ready, seen, settle, strips


async def test_a_draft_outlives_a_crash_and_no_and_goes_with_the_signature() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "f", "space", "space", "w", *"wait") as (app, pilot):
        await pilot.pause(forms.KEEP_SECONDS + 0.1)
        await settle(pilot)
        kept = {"reason": "risk_accepted", "justification": "wait", "expires": "30d"}
        assert gateway.drafts == {"waive:several": kept}
    async with opened(gateway, "f", "space", "space", "w") as (app, pilot):  # after the crash
        assert isinstance(app.screen, WaiveForm)
        assert app.screen.query_one("#justification", Input).value == "wait"
        assert "taken from a draft that was not sent" in seen(app)
        await press(pilot, *"ed", "escape")
        assert gateway.drafts["waive:several"]["justification"] == "waited"
        await press(pilot, "w", "enter")
        await ready(pilot)
        assert isinstance(app.screen, ConfirmDialog)
        await press(pilot, "n")
        assert gateway.decided == []
        assert gateway.drafts, "No loses nothing"
        await press(pilot, "w", "enter")
        await ready(pilot)
        await press(pilot, "y")
        (intent,) = gateway.decided
        assert isinstance(intent, Waive)
        assert intent.justification == "waited"
        assert gateway.drafts == {}


async def test_each_subject_has_a_draft_of_its_own_and_a_text_is_needed() -> None:
    gateway = FakeGateway(drafts={f"note:{finding_id(2999)}": {"text": "seen"}})
    async with opened(gateway, "f", "n") as (app, pilot):
        assert isinstance(app.screen, LineForm)
        assert app.screen.query_one("#text", Input).value == "seen"
        await press(pilot, "escape", "j", "n", "enter")
        assert "a text is needed" in seen(app)
        assert isinstance(app.screen, LineForm)
        assert gateway.planned == []


async def test_a_state_directory_that_cannot_be_used_stops_no_form() -> None:
    gateway = FakeGateway()

    def fail(*_: object) -> dict[str, str]:
        raise StoreError("no room")

    gateway.draft = gateway.keep_draft = fail  # type: ignore[method-assign,assignment] # the disk is full
    async with opened(gateway, "f", "n", *"late") as (app, pilot):
        await pilot.pause(forms.KEEP_SECONDS + 0.1)
        await settle(pilot)
        assert isinstance(app.screen, LineForm)
        await press(pilot, "enter")
        await ready(pilot)
        await press(pilot, "y")
        assert len(gateway.decided) == 1


async def test_one_key_in_the_queue_waives_all_findings_of_an_item_and_stays_there() -> None:
    view = posture()
    group = replace(
        view.queue[2], kind=QueueKind.SLA, query="cve:CVE-2024-3094 severity>=high",
        keys=("enter", "w"),
    )  # fmt: skip
    gateway = FakeGateway(view=replace(view, queue=(*view.queue[:2], group)), total=30)
    async with opened(gateway, "j", "j", "w", *"fenced", "enter") as (app, pilot):
        await ready(pilot)
        assert "Waive 3 findings" in seen(app)
        await press(pilot, "y")
        assert isinstance(app.screen, OverviewScreen)
        assert app.screen.queue.cursor == 2
        (intent,) = gateway.decided
        assert isinstance(intent, Waive)
        assert len(intent.findings) == 3


async def test_the_form_of_a_waiver_says_what_it_is_for_and_refuses_what_the_bank_would() -> None:
    gateway = FakeGateway(least=20)
    async with opened(gateway, "f", *["space"] * 4, "w") as (app, pilot):
        form = app.screen
        assert isinstance(form, WaiveForm)
        for i in range(3):
            assert gateway.make_row(i).title in seen(app)
        assert "and 1 more" in seen(app)
        await press(pilot, *"wait", "enter")
        assert "Justification: 4 characters; it needs 20" in seen(app), "the field keeps its name"
        await press(pilot, *"ing for the vendor")
        assert "it needs 20" not in seen(app)
        expires = form.query_one("#expires", Input)
        for typed, said in (("400d", "90 days at most"), ("soon", "not a time to come: soon")):
            expires.value = typed
            await pilot.pause()
            await press(pilot, "enter")
            assert said in seen(app)
            assert app.focused is expires
        assert "until 20" not in seen(app)
        assert form.typed("justification") == "waiting for the vendor"
        assert gateway.planned == []
        expires.value = "90d"
        await pilot.pause()
        assert "until 20" in seen(app)
        await press(pilot, "enter")
        await ready(pilot)
        assert isinstance(app.screen, ConfirmDialog)
        (intent,) = gateway.planned
        assert isinstance(intent, Waive)
        assert (len(intent.findings), intent.expires_at) == (4, gateway.now() + timedelta(days=90))


@pytest.mark.parametrize(("is_ascii", "sign"), [(False, "▌"), (True, "|")])
async def test_the_field_that_has_the_focus_differs_by_more_than_a_shade(
    is_ascii: bool, sign: str
) -> None:
    def is_marked(app: Cockpit, name: str) -> bool:
        place = app.screen.query_one(name).region
        strip = strips(app)[place.y].crop(place.x, place.right)
        is_underlined = any(part.style and part.style.underline for part in strip)
        return is_underlined or strip.text.startswith(sign)

    async with opened(FakeGateway(), "f", "w", is_ascii=is_ascii) as (app, pilot):
        for _ in range(3):
            name = f"#{app.focused.id}" if app.focused is not None else ""
            assert is_marked(app, name), name
            await press(pilot, "tab")
            assert not is_marked(app, name), name


async def test_what_is_waived_is_said_to_its_end_or_seen_to_be_cut() -> None:
    gateway = FakeGateway()
    shown = gateway.waiver_scope
    words = " ".join(f"word-{number:02}" for number in range(12))

    def scope(title: str) -> None:
        gateway.waiver_scope = lambda findings: replace(  # type: ignore[method-assign] # a long one
            shown(findings), first=((title, "its-asset"),)
        )

    scope(words)
    async with opened(gateway, "f", "w", size=(80, 24)) as (app, pilot):
        assert "word-11  its-asset" in seen(app)
        await press(pilot, "escape")
        scope(words * 3)
        await press(pilot, "w")
        assert (
            "word-08…" in seen(app)
            or "…" in seen(app).split("Waive 1 finding")[1].split("Reason")[0]
        )
