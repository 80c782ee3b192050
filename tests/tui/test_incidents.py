"""Incidents in the cockpit: clocks, runbook, timeline, and one key to acknowledge."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from riskcockpit.domain.incident import IncidentEvent
from riskcockpit.present.columns import Frame
from riskcockpit.present.incidents import acknowledge_clock, contain_clock, means
from riskcockpit.present.text import ASCII
from riskcockpit.tui.intents import Acknowledge, RollBack
from riskcockpit.tui.messages import Place
from riskcockpit.tui.widgets.incident_text import incident_text
from support.bank_incidents import incidents
from support.bank_posture import NOW
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, ready, seen

GOING, OVER = (view.incident for view in incidents())


def test_a_clock_says_what_is_left_what_is_over_and_what_it_took() -> None:
    assert acknowledge_clock(GOING, NOW) == ("due in 9 min", "warn")
    assert acknowledge_clock(GOING, NOW + timedelta(minutes=30)) == ("21 min over", "alarm")
    assert acknowledge_clock(OVER, NOW) == ("after 4 min", "ok")
    late = replace(OVER, acknowledged_at=OVER.detected_at + timedelta(hours=1))
    assert acknowledge_clock(late, NOW) == ("after 60 min", "warn")
    assert contain_clock(GOING, NOW) == ("6 min so far", "alarm")
    assert contain_clock(OVER, NOW) == ("after 4 min by automation", "ok")


def test_means_count_only_the_clocks_that_stopped() -> None:
    assert (
        means([GOING, OVER])
        == "mean to acknowledge 4 min (1), contain 4 min (1), resolve 14 min (1)"
    )
    assert means([GOING]) == "no clock has stopped yet"


def test_in_ascii_an_incident_fits_its_width() -> None:
    for view in incidents():
        lines = [line.plain for line in incident_text(view, Frame(NOW, ASCII), 76)]
        assert all(line.isascii() and len(line) <= 76 for line in lines)


async def test_the_list_shows_what_goes_on_and_the_pane_follows_the_cursor() -> None:
    async with opened(FakeGateway(), "i", size=(160, 48)) as (app, pilot):
        text = seen(app)
        assert "1 incident going on" in text
        assert "Roll back to the last approved version" in text
        await press(pilot, "j")
        assert "none is for incidents of this kind" in seen(app)


async def test_one_key_previews_the_acknowledgement_and_yes_signs_it() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "i", "A") as (_, pilot):
        await ready(pilot)
        await press(pilot, "y")
    assert gateway.decided == [Acknowledge(GOING.id)]


async def test_what_is_answered_cannot_be_acknowledged_and_a_model_at_fault_can_go_back() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "i", "enter") as (app, pilot):
        assert app.place == Place("incident", GOING.id, Place("incidents"))
        await press(pilot, "r")
        assert gateway.planned == [RollBack("fraud-scoring", 6)]
        await press(pilot, "escape", "escape", "j", "A")
        assert gateway.planned == [RollBack("fraud-scoring", 6)]


def test_of_steps_and_events_nothing_is_cut() -> None:
    view = incidents()[0]
    words = " ".join(f"word-{number:02}" for number in range(20))
    event = IncidentEvent(view.incident.detected_at, "opened", "engineer", words, "e1")
    long = replace(
        view,
        incident=replace(view.incident, timeline=(event,)),
        steps=tuple(replace(step, title=words) for step in view.steps[:1]),
    )
    lines = [line.plain for line in incident_text(long, Frame(NOW), 76)]
    assert all(len(line) <= 76 for line in lines)
    for number in range(20):
        assert sum(f"word-{number:02}" in line for line in lines) == 1 + bool(long.steps)
