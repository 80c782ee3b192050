"""Every key of the registry does what it says, pressed by a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.bindings import KEYS
from riskcockpit.tui.messages import Place
from riskcockpit.tui.modals.choose import ChooseDialog
from riskcockpit.tui.modals.command_line import CommandLine
from riskcockpit.tui.modals.confirm import ConfirmDialog
from riskcockpit.tui.modals.forms import LineForm, RenewForm, WaiveForm
from riskcockpit.tui.modals.help import HelpDialog
from riskcockpit.tui.modals.jump import JumpMode
from riskcockpit.tui.modals.says import ErrorDialog
from riskcockpit.tui.modals.spread import SpreadDialog
from riskcockpit.tui.screens.compliance import ComplianceScreen
from riskcockpit.tui.screens.findings import FindingsScreen
from riskcockpit.tui.widgets.row_table import RowTable
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, seen, settle

Seen = Callable[[Cockpit], bool]


@dataclass(frozen=True)
class Case:
    """Keys pressed at a place, and what is true after them."""

    place: str
    keys: tuple[str, ...]
    is_so: Seen


def at(kind: str, key: str = "") -> Seen:
    return lambda app: (app.place.kind, app.place.key) == (kind, key)


def over(kind: type[Screen[Any]]) -> Seen:
    return lambda app: isinstance(app.screen, kind)


def row(number: int) -> Seen:
    return lambda app: table(app).cursor == number


def table(app: Cockpit) -> RowTable[object]:
    return next(each for each in app.place_screen.query(RowTable) if each.display)


def table_focused(app: Cockpit) -> str | None:
    return None if app.focused is None else app.focused.id


def findings(app: Cockpit) -> FindingsScreen:
    screen = app.screen_of("findings")
    assert isinstance(screen, FindingsScreen)
    return screen


def lines_of_tree(app: Cockpit) -> int:
    screen = app.place_screen
    assert isinstance(screen, ComplianceScreen)
    return screen.requirements.total


def query(app: Cockpit) -> str:
    return findings(app).query_one("#query", Input).value


PAGE = 14
CASES: dict[str, Case] = {
    "go.overview": Case("models", ("0",), at("overview")),
    "go.pillar.1": Case("overview", ("1",), at("pillar", "data_integrity")),
    "go.pillar.2": Case("overview", ("2",), at("pillar", "model_validation")),
    "go.pillar.3": Case("overview", ("3",), at("pillar", "infrastructure_hardening")),
    "go.pillar.4": Case("overview", ("4",), at("pillar", "compliance_automation")),
    "go.pillar.5": Case("overview", ("5",), at("pillar", "incident_response")),
    "go.findings": Case("overview", ("f",), at("findings")),
    "go.models": Case("overview", ("m",), at("models")),
    "go.compliance": Case("overview", ("c",), at("compliance")),
    "go.deployments": Case("overview", ("D",), at("deployments")),
    "go.incidents": Case("overview", ("i",), at("incidents")),
    "go.waivers": Case("overview", ("W",), at("waivers")),
    "go.requests": Case("overview", ("R",), at("requests")),
    "go.alerts": Case("overview", ("b",), at("alerts")),
    "decide.renew": Case("waivers", ("N",), over(RenewForm)),
    "decide.revoke": Case("waivers", ("U",), over(LineForm)),
    "decide.acknowledge": Case("incidents", ("A",), over(ConfirmDialog)),
    "go.exposure": Case("overview", ("x",), at("exposure")),
    "go.ledger": Case("overview", ("l",), at("ledger")),
    "go.sources": Case("overview", ("S",), at("sources")),
    "go.settings": Case("overview", ("comma",), at("settings")),
    "go.actions": Case("overview", ("@",), at("actions")),
    "app.command": Case("overview", (":",), over(CommandLine)),
    "app.palette": Case("overview", ("ctrl+p",), lambda app: "CommandPalette" in str(app.screen)),
    "app.help": Case("ledger", ("?",), over(HelpDialog)),
    "app.back": Case("ledger", ("escape",), at("overview")),
    "app.close": Case("ledger", ("q",), at("overview")),
    "app.last": Case("ledger", ("m", "-"), at("ledger")),
    "app.older": Case("ledger", ("m", "l", "[", "["), at("ledger")),
    "app.newer": Case("ledger", ("m", "[", "]"), at("models")),
    "app.related": Case("models", ("t", "a"), lambda app: app.place.kind == "findings"),
    "app.copy": Case("models", ("y",), lambda app: "fraud-scoring" in app.clipboard),
    "app.reload": Case(
        "models",
        ("ctrl+r",),
        lambda app: gateway(app).asked_models > 1 and gateway(app).synced == [()],
    ),
    "app.redraw": Case("models", ("ctrl+l",), lambda app: app.is_running),
    "app.suspend": Case("models", ("ctrl+z",), lambda app: app.is_running),  # see test_guard
    "list.down": Case("findings", ("j", "down"), row(2)),
    "list.up": Case("findings", ("j", "j", "j", "k", "up"), row(1)),
    "list.first": Case("findings", ("G", "g"), row(0)),
    "list.last": Case("findings", ("G",), row(2_999)),
    "list.half-down": Case("findings", ("ctrl+d",), lambda app: 5 < table(app).cursor < PAGE),
    "list.half-up": Case("findings", ("ctrl+d", "ctrl+u"), row(0)),
    "list.page-down": Case("findings", ("pagedown",), lambda app: table(app).cursor >= PAGE),
    "list.page-up": Case("findings", ("pagedown", "pageup"), row(0)),
    "list.open": Case("models", ("enter",), at("model", "fraud-scoring")),
    "list.jump": Case("models", ("semicolon",), over(JumpMode)),
    "list.narrow": Case("models", ("/", "z"), lambda app: table(app).total == 0),
    "findings.filter": Case("findings", ("/",), lambda app: isinstance(app.focused, Input)),
    "list.column-left": Case("findings", ("left",), lambda app: table(app).chosen_column > 1),
    "list.column-right": Case("findings", ("right",), lambda app: table(app).chosen_column == 1),
    "list.sort": Case("findings", ("s",), lambda app: table(app).sort_key == "-severity"),
    "findings.spread": Case("findings", ("B",), over(SpreadDialog)),
    "findings.mark": Case("findings", ("space",), lambda app: len(table(app).marks) == 1),
    "findings.range": Case(
        "findings", ("v", "j", "j", "v"), lambda app: len(table(app).marks) == 3
    ),
    "findings.mark-all": Case("findings", ("*",), lambda app: len(table(app).marks) == 3_000),
    "findings.unmark": Case("findings", ("space", "\\"), lambda app: not table(app).marks),
    "findings.preview": Case(
        "findings", ("p",), lambda app: findings(app).query_one("#preview").display
    ),
    "findings.preview-place": Case(
        "findings", ("P",), lambda app: findings(app).query_one("#split").has_class("-beside")
    ),
    "finding.upstream": Case("findings", ("o",), over(ChooseDialog)),
    "finding.edit": Case(
        "findings",
        ("e",),
        lambda app: isinstance(app.screen, ErrorDialog),  # there is no checkout
    ),
    "findings.next-view": Case("findings", ("tab",), lambda a: findings(a).query_text == "@mine"),
    "findings.previous-view": Case(
        "findings", ("shift+tab",), lambda app: findings(app).query_text == "@urgent"
    ),
    "findings.keep-view": Case("findings", ("F",), over(CommandLine)),
    "query.complete": Case(
        "findings", ("/", "end", "space", "k", "tab"), lambda app: "kev" in query(app)
    ),
    "query.complete-back": Case(
        "findings", ("/", "end", "space", "s", "shift+tab"), lambda app: "sort:" in query(app)
    ),
    "panel.next": Case("pillar", ("tab",), lambda app: table_focused(app) == "kpis"),
    "panel.previous": Case("pillar", ("tab", "shift+tab"), lambda app: table_focused(app) == "top"),
    "decide.approve": Case("overview", ("j", "a"), over(ConfirmDialog)),
    "decide.reject": Case("overview", ("j", "X"), over(LineForm)),
    "decide.waive": Case("findings", ("w",), over(WaiveForm)),
    "decide.roll-back": Case("models", ("r",), over(ConfirmDialog)),
    "decide.undo": Case("actions", ("u",), over(ConfirmDialog)),
    "decide.note": Case("models", ("n",), over(LineForm)),
    "compliance.unfold": Case("compliance", ("right",), lambda app: lines_of_tree(app) > 2),
    "compliance.fold": Case("compliance", ("right", "left"), lambda app: lines_of_tree(app) == 2),
    "compliance.unfold-all": Case("compliance", ("E",), lambda app: lines_of_tree(app) == 20),
    "compliance.matrix": Case("compliance", ("T",), lambda app: table(app).id == "matrix"),
    "compliance.faults": Case("compliance", ("!",), lambda app: "only what lacks" in seen(app)),
    "ledger.verify": Case("ledger", ("V",), lambda app: "VERIFIED" in seen(app)),
}


class Counting(FakeGateway):
    """Counts how often the models were asked for."""

    asked_models = 0

    def models(self):  # type: ignore[no-untyped-def] # as above it
        self.asked_models += 1
        return super().models()


def gateway(app: Cockpit) -> Counting:
    assert isinstance(app.gateway, Counting)
    return app.gateway


async def test_every_key_does_what_it_says() -> None:
    assert {*CASES, "app.quit"} == {key.id for key in KEYS}
    for place in dict.fromkeys(case.place for case in CASES.values()):
        async with opened(Counting(), size=(80, 24)) as (app, pilot):
            for id_, case in CASES.items():
                if case.place != place:
                    continue
                renew(app, place)
                await settle(pilot)
                await press(pilot, *case.keys)
                assert case.is_so(app), id_
                while isinstance(app.screen, ModalScreen):
                    app.pop_screen()
                app.go_to(Place("overview"))
                app.place_screen.query_one(RowTable).move(0)


def renew(app: Cockpit, place: str) -> None:
    """Go to a place as nobody has touched it."""
    if place == "compliance" and place in app._places:
        app.uninstall_screen(app._places.pop(place))
    if place == "models" and place in app._places:
        app._places[place].step_back()
    if place == "findings" and place in app._places:
        screen = findings(app)
        screen.query_text, screen.wanted_sort, screen._wants_preview = "state:open", None, None
        screen.table.clear_marks()
        screen.table.chosen_column = 0
        screen.table.move(0)
        screen.table.focus()
    if place == "pillar" and place in app._places:
        app._places[place].query_one("#top", RowTable).focus()
    if place != "overview":
        app.go_to(Place(place, "model_validation" if place == "pillar" else ""))


async def test_ctrl_q_quits() -> None:
    async with opened(None, "f", "/") as (app, pilot):
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert app.return_code == 0
