"""Exposure: the number of the overview taken apart."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.present.text import ASCII, UNICODE
from riskcockpit.tui.messages import Place
from riskcockpit.tui.screens.exposure import ExposureScreen
from riskcockpit.tui.widgets.exposure_text import gauge
from support.bank_posture import posture
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, ready, seen


@pytest.mark.parametrize(
    ("value", "limit", "filled", "at"),
    [(5, 10, 5, 10), (10, 10, 10, 10), (20, 10, 9, 5), (0, 0, 0, 10)],
)
def test_a_gauge_shows_the_value_and_where_the_limit_lies(
    value: int, limit: int, filled: int, at: int
) -> None:
    parts = gauge(Decimal(value), Decimal(limit), 10, UNICODE)
    text = "".join(part if isinstance(part, str) else part[0] for part in parts)
    assert text.count("█") == filled
    assert text.index("┃") == at
    plain = gauge(Decimal(value), Decimal(limit), 10, ASCII)
    assert "".join(part[0] for part in plain).isascii()


async def test_money_at_risk_is_taken_apart_down_to_its_scenario() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "x", size=(120, 36)) as (app, pilot):
        text = seen(app)
        for words in ("mean €6.2 m", "within appetite", "not simulated", "Model validation",
                      "€3.1 m", "fraud-scoring", "39 %", "A model in production that reads fine",
                      "nine of ten"):  # fmt: skip
            assert words in text, words
        screen = app.screen
        assert isinstance(screen, ExposureScreen)
        amounts = [row.at_risk.amount for _, row in screen.table._pages.known()]
        assert amounts == sorted(amounts, reverse=True)
        await press(pilot, "enter")
        assert app.place == Place("model", "fraud-scoring", Place("exposure"))
        await press(pilot, "escape", "G")
        assert screen.finding_subjects()
        assert screen.model_subject() == ""
        await press(pilot, "g", "r")
        await ready(pilot)
        assert "Roll back fraud-scoring" in seen(app)
        await press(pilot, "escape")
        await pilot.resize_terminal(80, 24)
        await press(pilot, "j")
        text = seen(app)
        assert "driver fraud-scoring v7" in text
        assert sum("baseline of" in line for line in text.split("\n")) >= 3


async def test_what_nobody_measured_is_no_zero_and_nothing_green() -> None:
    view = posture()
    first = replace(
        view.pillars[0], state=KpiState.NO_DATA, as_of=None, open_findings=0,
        at_risk=Money(Decimal(0), "EUR"), kpis=(), controls=0, failing_controls=0,
        unjudged_controls=0,
    )  # fmt: skip
    gateway = FakeGateway(view=replace(view, pillars=(first, *view.pillars[1:])), total=0)
    async with opened(gateway, "x", size=(120, 36)) as (app, pilot):
        assert "within appetite, 2 no data" in seen(app)
        (line,) = (line for line in seen(app).split("\n") if "Data integrity" in line)
        assert "NO DATA" in line
        assert "€" not in line
        await press(pilot, "1")
        text = seen(app)
        assert f"at risk {UNICODE.dash}" in text
        assert f"{UNICODE.dash} findings" in text
        assert "€0" not in text
    nothing = tuple(replace(first, pillar=each.pillar) for each in view.pillars)
    async with opened(FakeGateway(view=replace(view, pillars=nothing)), "x") as (app, _):
        (line,) = (line for line in seen(app).split("\n") if "NO DATA" in line and "mean" in line)
        assert f"mean {UNICODE.dash}" in line
