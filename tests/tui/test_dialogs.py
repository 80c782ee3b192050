"""No key acts without a dialog; the default is No; what was decided is what was shown."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from textual.events import Key, MouseDown, MouseUp
from textual.geometry import Offset
from textual.notifications import Notification
from textual.pilot import Pilot
from textual.widgets import Input
from textual.widgets._toast import Toast

from riskcockpit.domain.decision import WaiverReason
from riskcockpit.errors import InputError, RefusedError
from riskcockpit.tui.api import About
from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.intents import Approve, Note, Reject, Release, RollBack, Undo, Waive
from riskcockpit.tui.modals.command_line import CommandLine
from riskcockpit.tui.modals.confirm import ConfirmDialog
from riskcockpit.tui.modals.forms import WaiveForm, read_expiry
from riskcockpit.tui.modals.says import ErrorDialog, ResultDialog
from riskcockpit.tui.screens.findings import FindingsScreen
from riskcockpit.tui.screens.overview import OverviewScreen
from riskcockpit.tui.widgets.row_table import RowTable
from support.bank_posture import NOW, posture
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, ready, seen, settle


async def fill_waiver(pilot: Pilot[int]) -> None:
    await press(pilot, "w", *"fenced", "enter")
    await ready(pilot)


async def test_one_key_from_the_alarm_leads_to_a_preview_and_yes_to_a_receipt() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "r") as (app, pilot):
        await ready(pilot)
        text = seen(app)
        for words in (
            "Roll back fraud-scoring", "serves version 6 instead of 7", "demo-bank",
            "fraud-scoring@champion", "version 6, READY", "why it is safe", "models.rollback",
            "nobody else", "POST /registered-models/alias", "€2,400,000.00",
        ):  # fmt: skip
            assert words in text, words
        assert gateway.decided == []
        await press(pilot, "y")
        assert gateway.decided == [RollBack("fraud-scoring", 6)]
        assert isinstance(app.screen, OverviewScreen), "what came of it takes no keys"
        assert "champion is version 6, read back" in seen(app)
        await press(pilot, "@", "G", "enter")
        assert isinstance(app.screen, ResultDialog), "the action log has it whole"
        assert "models.rollback" in seen(app)


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_a_long_text_uses_all_rows_of_the_screen(size: tuple[int, int]) -> None:
    async with opened(None, "?", size=size) as (app, _):
        text, box = app.screen.query_one("#dialog-scroll"), app.screen.query_one("#dialog")
        assert box.region.height == size[1] - 1, "the header stays in sight"
        beside = 1 + box.gutter.height + 4  # header, search, last line, and a gap before each
        assert text.region.height == size[1] - beside
        assert "esc closes" in seen(app)


@pytest.mark.parametrize("key", ["enter", "escape", "n", "q", "r"])
async def test_anything_but_yes_is_no(key: str) -> None:
    gateway = FakeGateway()
    async with opened(gateway, "r") as (app, pilot):
        await ready(pilot)
        await press(pilot, key)
        assert gateway.decided == []
        assert isinstance(app.screen, ConfirmDialog) is (key == "r")


async def test_keys_pressed_before_the_dialog_is_drawn_are_dropped() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "r") as (app, pilot):
        dialog = app.screen
        assert isinstance(dialog, ConfirmDialog)
        await ready(pilot)
        dialog._is_ready = False  # as before its first drawing
        await press(pilot, "y", "enter", "escape")
        assert gateway.decided == []
        assert app.screen is dialog


async def send(app: Cockpit, pilot: Pilot[int], *keys: str) -> None:
    """Type faster than anything can answer."""
    for key in keys:
        app.post_message(Key(key, " " if key == "space" else key if len(key) == 1 else None))
    await pilot.pause(0.1)


async def double_click(app: Cockpit, pilot: Pilot[int], at: Offset) -> None:
    """Click as a terminal says it: to the app, which the pilot passes by."""
    for kind in (MouseDown, MouseUp) * 2:
        app.post_message(kind(None, *at, 0, 0, 1, False, False, False, *at))  # noqa: FBT003 - theirs
    await pilot.pause(0.1)


def held_gateway() -> tuple[FakeGateway, threading.Event]:
    """Return a gateway that answers while its gate is set, as it is at first."""
    gate = threading.Event()
    gate.set()
    return FakeGateway(gate=gate), gate


async def test_keys_typed_until_the_preview_is_there_do_nothing() -> None:
    gateway, gate = held_gateway()
    async with opened(gateway) as (app, pilot):
        gate.clear()
        await send(app, pilot, "r", "j", "f", "q", "u")
        await send(app, pilot, "ctrl+p", "q", "y")
        here = app.screen
        assert isinstance(here, OverviewScreen)
        table = here.queue
        await double_click(app, pilot, table.region.offset + Offset(4, 2))
        assert app.place.kind == "overview"
        assert table.cursor == 0
        gate.set()
        await ready(pilot)
        assert isinstance(app.screen, ConfirmDialog)
        assert [type(each) for each in gateway.planned] == [RollBack]
        await press(pilot, "escape", "f")
        assert app.place.kind == "findings"
        assert gateway.decided == []


async def test_escape_gives_a_slow_preview_up_and_keys_act_again() -> None:
    gateway, gate = held_gateway()
    async with opened(gateway) as (app, pilot):
        gate.clear()
        await send(app, pilot, "r", "q")
        await pilot.pause(0.6)
        assert "esc gives up" in seen(app)
        await send(app, pilot, "escape")
        gate.set()
        await ready(pilot)
        assert isinstance(app.screen, OverviewScreen)
        await press(pilot, "f")
        assert app.place.kind == "findings"


async def test_keys_act_again_after_a_preview_that_failed() -> None:
    gateway = FakeGateway()
    async with opened(gateway) as (app, pilot):
        gateway.failure = RuntimeError("no such registry")
        await press(pilot, "r")
        gateway.failure = None
        await press(pilot, "escape", "f")
        assert app.place.kind == "findings"


async def test_keys_typed_before_a_form_is_drawn_reach_it_and_not_what_lies_under_it() -> None:
    async with opened(FakeGateway(), "f") as (app, pilot):
        under = app.screen
        assert isinstance(under, FindingsScreen)
        await send(app, pilot, "w", "j", "q", "space")
        await settle(pilot)
        assert isinstance(app.screen, WaiveForm)
        assert (under.table.cursor, under.table.marks) == (0, {})
        assert app.screen.query_one("#justification", Input).value == "jq "


async def test_what_is_blocked_cannot_be_confirmed() -> None:
    gateway = FakeGateway(blockers=("the reading is 3 h old; at most 15 min",))
    async with opened(gateway, "r") as (app, pilot):
        await ready(pilot)
        assert "It cannot be done now." in seen(app)
        assert "the reading is 3 h old" in seen(app)
        assert "nobody else" not in seen(app), "what cannot be done needs more than a key"
        await press(pilot, "y")
        assert gateway.decided == []


async def test_production_wants_the_name_of_the_context_typed() -> None:
    gateway = FakeGateway(about=About("prod-bank", True, "eng", "bastion-2"))
    async with opened(gateway) as (app, pilot):
        app.set_lock(is_locked=False)
        await press(pilot, "r")
        await ready(pilot)
        text = seen(app)
        assert "prod-bank  PRODUCTION" in text
        assert "a second person with the role approver" in text
        await press(pilot, "y", "enter")
        assert isinstance(app.screen, ConfirmDialog)
        assert "not signed: type prod-bank and enter" in seen(app)
        await press(pilot, "backspace", *"prod-bank")
        assert "enter signs it in PRODUCTION" in seen(app)
        assert gateway.decided == [], "the last letter signs nothing: enter is still to come"
        await press(pilot, "enter")
        assert gateway.decided == [RollBack("fraud-scoring", 6)]
        assert app.place.kind == "overview", "enter opens nothing behind the dialog"


async def test_the_word_and_enter_in_one_burst_sign_and_open_nothing() -> None:
    gateway = FakeGateway(about=About("prod", True, "eng", "bastion-2"))
    async with opened(gateway) as (app, pilot):
        app.set_lock(is_locked=False)
        await press(pilot, "r")
        await ready(pilot)
        await send(app, pilot, *"prod", "enter")
        await settle(pilot)
        assert gateway.decided == [RollBack("fraud-scoring", 6)]
        assert app.place.kind == "overview"
        assert isinstance(app.screen, OverviewScreen)


async def test_a_word_typed_for_another_place_signs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway, gate = held_gateway()
    monkeypatch.setattr("riskcockpit.tui.modals.confirm.SETTLE_SECONDS", 0.01)
    monkeypatch.setattr("riskcockpit.tui.modals.confirm.ASTRAY_SECONDS", 60.0)
    monkeypatch.setattr("riskcockpit.tui.typing_ahead.TYPING_SECONDS", 60.0)
    async with opened(gateway, "j") as (app, pilot):
        gate.clear()
        await send(app, pilot, "a", "f", "slash")
        gate.set()
        await settle(pilot)
        assert isinstance(app.screen, ConfirmDialog)
        assert "keys were typed: y counts again" in seen(app)
        await press(pilot, *"severity", "colon", *"high")
        assert gateway.decided == []
        assert isinstance(app.screen, ConfirmDialog)
        app.screen._be_ready()
        await press(pilot, "s", *"yyyy", "enter", "n")
        assert gateway.decided == [], "a letter while it is open begins the pause anew"
        assert isinstance(app.screen, ConfirmDialog)
        await press(pilot, "escape")
        assert isinstance(app.screen, OverviewScreen), "esc is no letter of any word"


async def test_letters_before_the_key_that_asks_are_a_word_too_and_moves_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway = FakeGateway()
    monkeypatch.setattr("riskcockpit.tui.modals.confirm.SETTLE_SECONDS", 0.01)
    monkeypatch.setattr("riskcockpit.tui.modals.confirm.ASTRAY_SECONDS", 60.0)
    monkeypatch.setattr("riskcockpit.tui.typing_ahead.TYPING_SECONDS", 60.0)
    async with opened(gateway, "j", *"zay") as (app, pilot):
        assert isinstance(app.screen, ConfirmDialog)
        assert gateway.decided == []
        await press(pilot, "escape")
    async with opened(gateway, "k", "j", "a") as (app, pilot):
        await ready(pilot)
        await press(pilot, "y")
        assert gateway.decided == [Approve("a1b2c3d4e5f60718")]


async def test_a_y_that_came_too_early_begins_the_pause_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway = FakeGateway()
    monkeypatch.setattr("riskcockpit.tui.modals.confirm.SETTLE_SECONDS", 60.0)
    async with opened(gateway, "r") as (app, pilot):
        dialog = app.screen
        assert isinstance(dialog, ConfirmDialog)
        first = dialog._settling
        monkeypatch.setattr("riskcockpit.tui.modals.confirm.SETTLE_SECONDS", 0.2)
        await press(pilot, "y")
        assert gateway.decided == []
        assert dialog._settling is not first
        assert "keys were typed" not in seen(app)
        await ready(pilot)
        await press(pilot, "y")
        assert gateway.decided == [RollBack("fraud-scoring", 6)]


async def test_a_waiver_asks_for_reason_justification_and_expiry() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "f", "space", "space", "space") as (app, pilot):
        await press(pilot, "w", "enter")
        assert "a justification is needed" in seen(app)
        await press(pilot, *"fenced", "enter")
        await ready(pilot)
        text = seen(app)
        for words in (
            "Waive 3 findings",
            "3 findings",
            "risk_owner",
            "at most 30 d",
            "waivers.high",
        ):
            assert words in text, words
        await press(pilot, "y")
        (intent,) = gateway.decided
        assert isinstance(intent, Waive)
        assert len(intent.findings) == 3
        assert intent.reason is WaiverReason.RISK_ACCEPTED
        assert intent.justification == "fenced"
        assert intent.expires_at == NOW + timedelta(days=30)
        assert isinstance(app.screen, FindingsScreen)
        assert not app.screen.table.marks, "marks end with the action"


async def test_when_a_waiver_leaves_nothing_in_the_list_keys_stay_keys() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "f") as (app, pilot):
        await fill_waiver(pilot)
        gateway.total = 0
        await press(pilot, "y")
        assert "No finding matches" in seen(app)
        query = app.screen.query_one("#query", Input)
        await press(pilot, "u")
        assert isinstance(app.screen, ConfirmDialog)
        assert query.value == "state:open"
        await ready(pilot)
        await press(pilot, "escape", "slash", "x")
        assert query.value.endswith("x")
        gateway.total = 3000
        await press(pilot, "escape", "ctrl+r", "j")
        assert app.screen.query_one("#findings", RowTable).cursor == 1


async def test_marks_stay_when_the_answer_is_no() -> None:
    async with opened(None, "f", "space") as (app, pilot):
        await fill_waiver(pilot)
        await press(pilot, "enter")
        assert isinstance(app.screen, FindingsScreen)
        assert len(app.screen.table.marks) == 1


async def test_a_request_is_approved_or_rejected_with_a_reason() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "j", "a") as (_, pilot):
        await ready(pilot)
        await press(pilot, "y", "j", "X", *"no", "enter")
        await ready(pilot)
        assert gateway.decided == [Approve("a1b2c3d4e5f60718")]


async def test_a_held_import_is_released_after_a_preview_and_a_yes() -> None:
    view = posture()
    ready_to_go = replace(view.queue[-1], keys=("a",))
    gateway = FakeGateway(view=replace(view, queue=(*view.queue[:-1], ready_to_go)))
    async with opened(gateway) as (_, pilot):
        await ready(pilot)
        await press(pilot, "end", "a")
        await ready(pilot)
        assert gateway.planned == [Release("scan-1")]
        assert gateway.decided == []
        await press(pilot, "y")
        await ready(pilot)
        assert gateway.decided == [Release("scan-1")]


async def test_keys_act_only_on_what_names_them() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "a", "X", "w", "j", "r") as (app, _):
        assert gateway.planned == []
        assert app.place.kind == "overview"


async def test_reject_undo_and_note_are_previewed_too() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "j", "X", *"late", "enter") as (_, pilot):
        await ready(pilot)
        await press(pilot, "y", "u")
        await ready(pilot)
        await press(pilot, "y", "n", *"seen", "enter")
        await ready(pilot)
        await press(pilot, "y")
        request = "a1b2c3d4e5f60718"
        assert gateway.decided == [Reject(request, "late"), Undo(""), Note(request, "seen")]


async def test_a_refusal_names_its_rule() -> None:
    refusal = RefusedError("the requester cannot approve", rule="four-eyes", hint="ask a colleague")
    async with opened(FakeGateway(refusal=refusal), "r") as (app, pilot):
        await ready(pilot)
        await press(pilot, "y")
        note = seen(app)
        await press(pilot, "@", "g", "enter")
        assert isinstance(app.screen, ErrorDialog), "the action log has it whole"
        for text in (note, seen(app)):
            for words in ("the requester cannot approve", "four-eyes", "ask a colleague"):
                assert words in text, words


async def test_what_comes_of_a_decision_or_a_sync_takes_no_key_of_what_one_does_meanwhile() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "r") as (app, pilot):
        await ready(pilot)
        gateway.gate = gate = threading.Event()
        await pilot.press("y")
        await send(app, pilot, "r")
        assert "a decision is being signed; the next can follow" in seen(app)
        await send(app, pilot, "colon", *"mod")
        gate.set()
        await settle(pilot)
        assert len(gateway.decided) == len(gateway.planned) == 1
        line = app.screen
        assert isinstance(line, CommandLine)
        await press(pilot, *"els")
        assert line.query_one("#command", Input).value == "models"
        await press(pilot, "escape", "escape")
        gateway.gate = None

        def fail(_names: object) -> str:
            raise InputError("there is no source", hint="riskcockpit sources add")

        gateway.sync = fail  # type: ignore[assignment,method-assign] # a home without sources
        await press(pilot, "ctrl+r", "f")
        assert app.place.kind == "findings"
        assert isinstance(app.screen, FindingsScreen)
        assert "there is no source" in seen(app)


async def test_a_paste_of_keys_decides_nothing() -> None:
    gateway = FakeGateway()
    async with opened(gateway) as (app, pilot):
        await paste(app, "ryy")
        await ready(pilot)
        assert gateway.planned == []


async def paste(app: Cockpit, text: str) -> None:
    from textual.events import Paste  # noqa: PLC0415 - used once

    app.post_message(Paste(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30d", NOW + timedelta(days=30)),
        (" 4W ", NOW + timedelta(days=28)),
        ("2026-12-20", datetime(2026, 12, 21, tzinfo=UTC)),
    ],
)
def test_an_expiry_is_a_span_or_a_date_to_its_end(text: str, expected: datetime) -> None:
    assert read_expiry(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "soon", "2020-01-01", "30", "2026-13-01", "-3d"])
def test_an_expiry_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_expiry(text, NOW)


async def test_a_toast_whose_time_is_over_when_it_is_drawn_stops_nothing() -> None:
    async with opened() as (app, pilot):
        late = Notification("it is over", timeout=-0.001)
        toast = Toast(late)
        await app.screen.mount(toast)
        await pilot.pause(0.2)
        assert not toast.is_attached
