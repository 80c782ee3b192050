"""What screens show and where keys lead."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from riskcockpit.errors import ConfigError, UnavailableError
from riskcockpit.tui.api import MARK_LIMIT, About
from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.messages import GenerationChanged, Place
from riskcockpit.tui.screens.findings import FindingsScreen
from riskcockpit.tui.widgets import row_travel
from riskcockpit.tui.widgets.filter_bar import FilterBar
from riskcockpit.tui.widgets.row_table import RowTable
from riskcockpit.views.findings import FindingRow
from riskcockpit.views.governance import LedgerProblem, VerifyReport
from support.bank_findings import finding_row
from support.bank_posture import NOW, finding_id, posture
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, seen, settle

SIZES = [(80, 24), (120, 30), (160, 48)]


def findings(app: object) -> FindingsScreen:
    screen = app.screen  # type: ignore[attr-defined] # a Cockpit
    assert isinstance(screen, FindingsScreen)
    return screen


@pytest.mark.parametrize("size", SIZES)
async def test_the_overview_says_state_numbers_queue_exposure_and_sources(
    size: tuple[int, int],
) -> None:
    async with opened(size=size) as (app, _):
        text = seen(app)
        for words in (
            "Data integrity", "▲ ALARM", "◆ WARN", "○ NO DATA", "99.4 %", "61 h", "€3.1 m",
            "fraud-scoring v7", "€2.4 m", "[r]", "mean €6.2 m", "+€1.1 m", "Sources",
            "staging-registry ▲", "demo-bank", "ledger ok",
        ):  # fmt: skip
            assert words in text, words


async def test_a_failed_refresh_keeps_what_is_shown() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "m") as (app, pilot):
        gateway.failure = UnavailableError("the cache is away")
        await press(pilot, "ctrl+r")
        assert "STALE" in seen(app)
        assert "credit-default" in seen(app)


async def test_old_data_is_said_to_be_old() -> None:
    view = posture()
    old = tuple(replace(source, last_success=NOW - timedelta(hours=30)) for source in view.sources)
    async with opened(FakeGateway(view=replace(view, sources=old))) as (app, _):
        assert "no source answered for 30 h" in seen(app)
        assert "fraud-scoring v7" in seen(app)


async def test_a_screen_says_that_it_loads_and_stays_usable() -> None:
    gate = threading.Event()
    gateway = FakeGateway(gate=gate)
    app = Cockpit(gateway)
    async with app.run_test(size=(120, 30), notifications=True, tooltips=True) as pilot:
        await pilot.pause()
        assert "Loading the overview" in seen(app)
        await pilot.press("f")
        await pilot.pause()
        assert "Loading findings" in seen(app)
        gate.set()
        await settle(pilot)
        assert "3,000 findings" in seen(app)


async def test_a_bug_in_a_worker_opens_the_error_dialog_and_the_cockpit_lives() -> None:
    async with opened(FakeGateway(failure=ValueError("[/] boom"))) as (app, pilot):
        text = seen(app)
        assert "ValueError: [/] boom" in text
        assert "This is a bug" in text
        await press(pilot, "escape", "m")
        assert app.place.kind == "models"


async def test_a_late_answer_is_dropped() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "f") as (app, pilot):
        screen = findings(app)
        answers: list[str] = []
        gate = threading.Event()

        def slow() -> str:
            gate.wait(5)
            return "old"

        screen.ask("x", slow, answers.append)
        screen.ask("x", lambda: "new", answers.append)
        await pilot.pause(0.1)
        gate.set()
        await settle(pilot)
        assert answers == ["new"]


async def test_places_have_a_history_and_parents() -> None:
    async with opened(None, "f", "enter") as (app, pilot):
        assert [app.place.kind, app.place.parent and app.place.parent.kind] == [
            "finding",
            "findings",
        ]
        await press(pilot, "escape")
        assert app.place.kind == "findings"
        await press(pilot, "m", "-")
        assert app.place.kind == "findings"
        await press(pilot, "-", "[")
        assert app.place.kind == "findings"
        await press(pilot, "]")
        assert app.place.kind == "models"
        await press(pilot, "q", "q")
        assert not app.is_running or app.return_code == 0


async def test_the_queue_leads_to_what_it_is_about() -> None:
    async with opened(None, "enter") as (app, pilot):
        assert app.place == Place("model", "fraud-scoring", Place("models", "", Place("overview")))
        await press(pilot, "0", "j", "j", "enter")
        assert (app.place.kind, app.place.key) == ("finding", finding_id(0))


async def test_a_query_shows_what_matches_and_esc_takes_it_back() -> None:
    async with opened(None, "f", "/", *"end") as (app, pilot):
        field = findings(app).query_one("#query")
        field.value = "severity>=high"  # type: ignore[attr-defined] # an Input
        await press(pilot, "enter")
        assert "300 findings" in seen(app)
        await press(pilot, "escape")
        assert "3,000 findings" in seen(app)
        assert app.place.kind == "findings"
        await press(pilot, "escape")
        assert app.place.kind == "overview"


async def test_a_mistake_in_a_query_is_pointed_at() -> None:
    async with opened(None, "f", "/") as (app, pilot):
        field = findings(app).query_one("#query")
        field.value = "state:open bogus:1"  # type: ignore[attr-defined] # an Input
        await press(pilot, "enter")
        lines = seen(app).split("\n")
        row = next(index for index, line in enumerate(lines) if "bogus:1" in line)
        assert lines[row].index("bogus") == lines[row + 1].index("▲")
        assert 'did you mean "owner"?' in lines[row + 1]
        assert "3,000 findings" in seen(app), "the list of before stays"


async def test_a_mistake_and_its_hint_are_whole_on_a_narrow_screen() -> None:
    hint = "leave it out, or quote it to search for it"
    async with opened(None, "f", size=(80, 24)) as (app, pilot):
        bar = app.screen.query_one(FilterBar)
        bar.mend("owner:payments AND", "a term must follow 'AND'", hint, 15)
        await settle(pilot)
        said = [line.strip() for line in seen(app).splitlines()]
        assert "▲ a term must follow 'AND'" in said
        assert hint in said


async def test_nothing_matches_is_said() -> None:
    async with opened(None) as (app, pilot):
        app.run_command("findings nothing")
        await settle(pilot)
        assert "No finding matches" in seen(app)


async def test_the_cursor_stays_on_its_finding_over_sorts_and_generations() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "f", *("j" * 7)) as (app, pilot):
        screen = findings(app)
        before = screen.table.row
        assert before is not None
        await press(pilot, "s")
        await press(pilot, "s")
        assert screen.table.row == before
        gateway.number += 1
        app.post_message(GenerationChanged(gateway.number))
        await settle(pilot)
        assert screen.found is not None
        assert screen.found.generation == gateway.number
        assert screen.table.row == before


async def test_the_cursor_stays_at_its_row_when_its_finding_is_gone() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "f", *("j" * 7)) as (app, pilot):
        gateway.position = lambda found, finding: None  # type: ignore[method-assign] # it is gone
        await press(pilot, "ctrl+r")
        assert findings(app).table.cursor == 7


async def test_pages_that_a_held_key_has_passed_are_not_fetched() -> None:
    gateway = FakeGateway(total=1_000_000)
    async with opened(gateway, "f") as (app, pilot):
        table = findings(app).table
        gateway.pages_asked.clear()
        gateway.gate = threading.Event()
        for _ in range(60):
            await pilot.press("pagedown")
        gateway.gate.set()
        await settle(pilot)
        assert table.row is not None
        assert len(gateway.pages_asked) < 20


async def test_a_million_rows_are_read_by_pages_only() -> None:
    gateway = FakeGateway(total=1_000_000)
    async with opened(gateway, "f", "G") as (app, pilot):
        table = findings(app).table
        assert table.cursor == 999_999
        assert table.row is not None
        seen_first, seen_last = {0, 50, 100, 150}, {999_950, 999_900, 999_850}
        assert set(gateway.pages_asked) <= seen_first | seen_last
        await press(pilot, "g")
        assert table.cursor == 0


async def test_rows_that_take_long_are_dots_until_they_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(row_travel, "FAR_GRACE_SECONDS", 0.01)
    gateway = FakeGateway()
    async with opened(gateway, "f") as (app, pilot):
        gateway.gate = threading.Event()
        await pilot.press("G")
        await pilot.pause(0.1)
        assert rows_of_dots(app)
        gateway.gate.set()
        await settle(pilot)
        assert not rows_of_dots(app)


async def test_rows_a_key_leads_to_are_painted_once_when_they_have_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(row_travel, "FAR_GRACE_SECONDS", 60.0)
    gateway = FakeGateway(total=1_000)
    async with opened(gateway, "f") as (app, pilot):
        table = findings(app).table
        gateway.gate = threading.Event()
        await pilot.press("G")
        await pilot.pause(0.05)
        assert (table.cursor, table.scroll_offset.y) == (999, 0)
        assert not rows_of_dots(app)
        await pilot.press("pageup")  # goes on from where the first key leads
        gateway.gate.set()
        await settle(pilot)
        assert table.cursor == 999 - table.height
        assert table.scroll_offset.y == 1_000 - 2 * table.height
        assert not rows_of_dots(app)


async def test_no_column_moves_for_rows_that_are_fetched_ahead() -> None:
    gateway = FakeGateway(total=1_000)
    gateway.make_row = lambda index: replace(
        finding_row(index), asset="a" if index >= 950 else "an-asset-with-a-long-name"
    )
    async with opened(gateway, "f", size=(160, 30)) as (app, pilot):
        table = findings(app).table
        assert 50 in gateway.pages_asked
        assert "an-asset" not in seen(app)
        before = widths(table)
        await press(pilot, "k", "j")
        assert widths(table) == before
        await press(pilot, "pagedown", "pagedown")
        assert "an-asset" in seen(app)
        assert widths(table) != before


def widths(table: RowTable[FindingRow]) -> list[tuple[str, int]]:
    return [(column.key, size) for column, size in table._painter.fit(table.size.width)]


def rows_of_dots(app: Cockpit) -> list[str]:
    return [line for line in seen(app).splitlines() if line.strip("▌ ") == "…"]


async def test_leaving_the_viewport_moves_it_half_a_page() -> None:
    async with opened(None, "f") as (app, pilot):
        table = findings(app).table
        for _ in range(table.height):
            await pilot.press("j")
        await settle(pilot)
        assert table.scroll_offset.y == table.height // 2


async def test_the_cursor_is_seen_when_a_preview_or_a_smaller_window_takes_its_row() -> None:
    async with opened(None, "f", "G", size=(100, 30)) as (app, pilot):
        table = app.screen.query_one("#findings", RowTable)
        last = table.cursor
        for act in ("p", "p", (100, 20), (100, 40), (80, 24)):
            if isinstance(act, str):
                await press(pilot, act)
            else:
                await pilot.resize_terminal(*act)
                await settle(pilot)
            assert table.cursor == last
            assert table.scroll_offset.y <= last < table.scroll_offset.y + table.height, act
        table.scroll_to(y=0, animate=False, immediate=True)
        await pilot.resize_terminal(100, 20)
        await settle(pilot)
        assert table.scroll_offset.y == 0, "who looked elsewhere still does"


async def test_marks_ranges_and_all_are_counted_and_cleared() -> None:
    async with opened(None, "f", "space", "space", "v", "j", "j", "v") as (app, pilot):
        assert len(findings(app).table.marks) == 5
        assert "5 marked" in seen(app)
        await press(pilot, "\\")
        assert "marked" not in seen(app)
        await press(pilot, "*")
        assert "3,000 marked" in seen(app)


async def test_more_than_the_limit_is_not_marked() -> None:
    async with opened(FakeGateway(total=MARK_LIMIT + 1), "f", "*") as (app, _):
        assert not findings(app).table.marks
        assert "5,001 findings match" in seen(app)


async def test_the_preview_follows_the_cursor() -> None:
    async with opened(None, "f", "j", size=(160, 48)) as (app, pilot):
        await pilot.pause(0.1)
        row = findings(app).table.row
        assert row is not None
        assert f"tool        {row.tool}" in seen(app)
        await press(pilot, "p")
        assert row.rule not in seen(app)


async def test_the_ledger_is_verified_on_demand() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "l") as (app, pilot):
        assert "verified when last read" in seen(app)
        await press(pilot, "V")
        assert "VERIFIED  128 entries in 1 chain, 2 checkpoints" in seen(app)
        gateway.verified = VerifyReport(
            1, 128, 2, (LedgerProblem("eng@bastion-2", 7, "its hash does not fit"),), ()
        )
        await press(pilot, "V")
        assert "DOES NOT VERIFY" in seen(app)
        assert "eng@bastion-2 entry 7: its hash does not fit" in seen(app)


async def test_a_model_is_plotted_against_its_threshold() -> None:
    async with opened(None, "m", "enter") as (app, _):
        text = seen(app)
        assert "accuracy 0.81 < 0.9" in text
        assert "   0.9  " in text
        assert "────" in text


@pytest.mark.parametrize("size", SIZES)
async def test_readings_use_the_width_there_is(size: tuple[int, int]) -> None:
    async with opened(None, "m", size=size) as (app, _):
        assert "accuracy 0.81 < 0.9" in seen(app)


@pytest.mark.parametrize("width", range(60, 132, 4))
async def test_the_money_line_drops_parts_and_leaves_no_separator_behind(width: int) -> None:
    async with opened(size=(width, 30)) as (app, _):
        (line,) = (row for row in seen(app).splitlines() if "Money at risk" in row)
        assert "mean €6.2 m" in line
        assert "·  " not in line.rstrip() + "  "


async def test_a_long_name_of_a_kpi_is_seen_to_be_cut() -> None:
    view = posture()
    kpi = replace(view.pillars[2].kpis[0], title="Mean time to remediate vulnerabilities in images")
    pillar = replace(view.pillars[2], kpis=(kpi,))
    view = replace(view, pillars=(*view.pillars[:2], pillar, *view.pillars[3:]))
    async with opened(FakeGateway(view=view), "3", size=(80, 24)) as (app, _):
        (line,) = (row for row in seen(app).splitlines() if "Mean time to rem" in row)
        assert "…  " in line


async def test_ascii_draws_no_sign_beyond_ascii() -> None:
    places = (
        ("0",), ("f", ";"), ("m", "enter"), ("l",), ("2",), ("c", "E"), ("c", "T"), ("x",), ("S",),
        ("comma",), ("f", "/", "end", "space", "s"),
    )  # fmt: skip
    async with opened(None, is_ascii=True) as (app, pilot):
        for keys in places:
            await press(pilot, *keys)
            beyond = {sign for sign in seen(app) if not sign.isascii()}
            assert beyond <= {"→"}, keys  # in the text of an entry
            await press(pilot, "escape")


async def test_ascii_holds_for_palette_forms_and_notes_too() -> None:
    async with opened(None, "m", is_ascii=True) as (app, pilot):
        for keys in (("t",), ("y",), ("f", "w"), ("ctrl+p",)):
            await press(pilot, *keys)
            await pilot.pause(0.2)
            assert {sign for sign in seen(app) if not sign.isascii()} == set(), keys
            await press(pilot, "escape")


async def test_commands_use_the_words_of_the_cli() -> None:
    async with opened(None, ":") as (app, pilot):
        await press(pilot, *"mod", "tab", *"aml", "enter")
        assert (app.place.kind, app.place.key) == ("model", "aml")
        await press(pilot, ":", *"pillar", "space", "2", "enter")
        assert (app.place.kind, app.place.key) == ("pillar", "model_validation")
        await press(pilot, ":", *"legder", "enter")
        assert "did you mean ledger?" in seen(app)


async def test_the_palette_finds_commands() -> None:
    async with opened(None, "ctrl+p") as (app, pilot):
        await pilot.press(*"ledger")
        await pilot.pause(0.5)
        await press(pilot, "enter")
        await pilot.pause(0.3)
        await settle(pilot)
        assert app.place.kind == "ledger"


async def test_production_starts_locked_and_hides_every_deciding_key() -> None:
    gateway = FakeGateway(about=About("prod-bank", True, "eng", "bastion-2"))
    async with opened(gateway) as (app, pilot):
        text = seen(app)
        assert "PRODUCTION LOCKED" in text
        assert "roll back " not in text.split("\n")[-1]
        await press(pilot, "r")
        assert gateway.planned == []
        app.run_command("rollback fraud-scoring")
        await settle(pilot)
        assert gateway.planned == []
        await press(pilot, ":", *"unlock", "enter")
        await pilot.pause(0.3)
        assert "Unlock decisions" in seen(app)
        await press(pilot, "y", "enter", "escape")
        assert gateway.planned == []
        assert "PRODUCTION LOCKED" in seen(app)
        await press(pilot, ":", *"unlock", "enter")
        await pilot.pause(0.3)
        await press(pilot, *"prod-bank", "enter")
        await settle(pilot)
        assert "PRODUCTION UNLOCKED" in seen(app)
        assert gateway.unlocked == 1
        app.run_command("lock")
        await settle(pilot)
        assert "PRODUCTION LOCKED" in seen(app)
        assert gateway.unlocked == 0


async def test_what_cannot_be_unlocked_is_told_and_stays_locked() -> None:
    gateway = FakeGateway(about=About("prod-bank", True, "eng", "bastion-2"))
    async with opened(gateway) as (app, pilot):
        await press(pilot, ":", *"unlock", "enter")
        await pilot.pause(0.3)
        gateway.failure = ConfigError("the state directory cannot be written")
        await press(pilot, *"prod-bank", "enter")
        await pilot.pause(0.3)
        assert "the state directory cannot be written" in seen(app)
        assert "PRODUCTION LOCKED" in seen(app)


@pytest.mark.parametrize("is_still", [False, True])
async def test_ages_move_on_by_themselves_unless_all_stands_still(
    monkeypatch: pytest.MonkeyPatch, is_still: bool
) -> None:
    drawn = threading.Event()
    monkeypatch.setattr("riskcockpit.tui.app._MINUTE_SECONDS", 0.02)
    monkeypatch.setattr(Cockpit, "_let_ages_move_on", lambda _: drawn.set())
    async with Cockpit(FakeGateway(), is_still=is_still).run_test() as pilot:
        await pilot.pause(0.3)
        assert drawn.is_set() is not is_still


async def test_a_preview_of_nothing_says_why_it_is_not_there() -> None:
    async with opened(FakeGateway(total=0), "f", "p", size=(160, 48)) as (app, _):
        assert "no preview: no finding is listed" in seen(app)
