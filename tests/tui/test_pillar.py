"""The screen of a pillar: every number and every control leads to what is behind it."""

from __future__ import annotations

from dataclasses import replace

from riskcockpit.domain.kpi import KpiState
from riskcockpit.tui.app import Cockpit
from riskcockpit.tui.messages import Place
from riskcockpit.tui.modals.kpi import KpiDialog
from riskcockpit.tui.screens.pillar import PillarScreen
from riskcockpit.tui.widgets.lines import trail
from riskcockpit.views.governance import ControlView
from support.bank_governance import controls
from support.bank_posture import posture
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, ready, seen


def pillar(app: Cockpit) -> PillarScreen:
    screen = app.place_screen
    assert isinstance(screen, PillarScreen)
    return screen


def in_alarm_by_an_incident() -> FakeGateway:
    """Pillar 5 has no findings; its second KPI alarms."""
    *others, last = posture().pillars
    calm = replace(last.kpis[0], state=KpiState.OK, value=3.0)
    loud = replace(calm, id="open", title="open incidents", state=KpiState.ALARM, value=1.0)
    last = replace(last, state=KpiState.ALARM, reason="open incidents", kpis=(calm, loud))
    return FakeGateway(total=0, view=replace(posture(), pillars=(*others, last)))


async def test_an_alarm_by_an_incident_leads_to_the_incident_by_enter_alone() -> None:
    gateway = in_alarm_by_an_incident()
    async with opened(gateway, "5", size=(80, 24)) as (app, pilot):
        assert pillar(app).kpi_table.has_focus
        assert pillar(app).kpi_table.row_id == "open"
        await press(pilot, "enter")
        await ready(pilot)
        assert isinstance(app.screen, KpiDialog)
        assert "time to acknowledge, over the last 30 days" in seen(app)
        await press(pilot, "enter")
        assert (app.place.kind, app.place.key) == (
            "incident",
            gateway.incidents_shown[0].incident.id,
        )
        await press(pilot, "escape")
        assert app.place.kind == "pillar"


async def test_a_row_behind_a_number_that_leads_nowhere_says_so() -> None:
    async with opened(in_alarm_by_an_incident(), "5", "enter") as (app, pilot):
        await ready(pilot)
        await press(pilot, "G", "enter")
        assert isinstance(app.screen, KpiDialog)
        assert "nothing in the cockpit shows more" in seen(app)
        await press(pilot, "k", "enter")
        assert (app.place.kind, app.place.key) == ("model", "fraud-scoring")


async def test_the_controls_are_those_of_the_pillar_counted_as_on_its_card() -> None:
    async with opened(None, "2") as (app, pilot):
        screen = pillar(app)
        view = posture().pillars[1]
        text = seen(app)
        assert "Champions are validated" in text
        assert "No KEV-listed" not in text
        assert f"{view.failing_controls}/{view.controls} fail" in text
        await press(pilot, "tab", "tab")
        assert screen.control_table.has_focus
        assert not screen.finding_subjects()
        await press(pilot, "enter")
        assert (app.place.kind, app.place.key) == ("control", "models.champion-approved")
        await press(pilot, "4")
        assert "Champions are validated" not in seen(app)


async def test_another_pillar_is_no_news() -> None:
    async with opened(None, "2", "3") as (app, _):
        for table in (pillar(app).table, pillar(app).kpi_table):
            assert table.total
            assert not table._news.signs


async def test_a_refresh_keeps_panel_and_row() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "2", "tab", "j") as (app, pilot):
        assert pillar(app).kpi_table.has_focus
        kept = pillar(app).kpi_table.row_id
        gateway.number += 1
        await press(pilot, "ctrl+r")
        assert pillar(app).kpi_table.has_focus
        assert pillar(app).kpi_table.row_id == kept


async def test_a_panel_that_empties_gives_the_cursor_away() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "2", "tab", "tab") as (app, pilot):
        assert pillar(app).control_table.has_focus
        fine: tuple[ControlView, ...] = tuple(replace(each, verdict="ok") for each in controls())
        gateway.controls = lambda: fine  # type: ignore[method-assign] # all were mended
        await press(pilot, "ctrl+r")
        assert pillar(app).table.has_focus


async def test_breadcrumbs_name_a_place_once_and_a_banner_does_not_lead_to_where_one_is() -> None:
    here = Place("findings", "model:aml", Place("findings", "", Place("overview")))
    assert trail(here) == ("overview", "findings")
    async with opened(None, "m") as (app, pilot):
        assert "S shows why" in seen(app)
        await press(pilot, "S")
        assert "SOURCE FAILED" in seen(app)
        assert "S shows why" not in seen(app)


async def test_the_gravest_numbers_stand_first_and_without_findings_all_of_them_are_seen() -> None:
    *others, last = posture().pillars
    calm = replace(last.kpis[0], state=KpiState.OK, value=3.0)
    states = (*[KpiState.OK] * 4, KpiState.WARN, KpiState.ALARM)
    kpis = tuple(
        replace(
            calm, id=f"kpi-{at}", title=f"number {at} of it", state=state, definition="x " * 200
        )
        for at, state in enumerate(states)
    )
    last = replace(last, state=KpiState.ALARM, reason="number 5", kpis=kpis)
    gateway = FakeGateway(total=0, view=replace(posture(), pillars=(*others, last)))
    async with opened(gateway, "5", size=(80, 24)) as (app, _):
        text = seen(app)
        places = [text.index(f"number {at} of it") for at in (5, 4, 0, 1, 2, 3)]
        assert places == sorted(places)
        assert pillar(app).kpi_table.row_id == "kpi-5"
        said = [line.strip() for line in text.split("\n") if line.strip().startswith("x x")]
        assert len(said) == 2
        assert said[-1].endswith("…"), "it is seen that there is more"


async def test_beside_many_findings_numbers_and_controls_take_a_few_rows() -> None:
    async with opened(None, "2", size=(80, 24)) as (app, _):
        assert pillar(app).kpi_table.size.height <= 4
        assert pillar(app).control_table.size.height <= 2
        assert pillar(app).table.size.height >= 6
