"""A model in words: plots with what was deployed and decided under them, versions with lineage."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from riskcockpit.domain.kpi import KpiState
from riskcockpit.present.columns import Frame
from riskcockpit.present.text import ASCII, UNICODE
from riskcockpit.tui.widgets.model_text import model_full
from riskcockpit.tui.widgets.reading_text import noted_events
from riskcockpit.views.models import ModelDetail, TimelineEvent
from support.bank_governance import model_detail, model_rows
from support.bank_posture import NOW

MOVE = TimelineEvent(NOW - timedelta(hours=1), "alias", "champion moved to version 7")
NOTE = TimelineEvent(NOW - timedelta(minutes=5), "note", "looked at the feed")


def detail(*events: TimelineEvent) -> ModelDetail:
    shown = model_detail(model_rows()[0])
    trend = tuple((NOW - timedelta(minutes=240 - step), 0.95 - step / 2000) for step in range(240))
    metrics = tuple(replace(metric, trend=trend) for metric in shown.row.metrics[:1])
    return replace(shown, row=replace(shown.row, metrics=metrics), timeline=events)


def text(shown: ModelDetail, frame: Frame, width: int = 100) -> list[str]:
    return [line.plain for line in model_full(shown, frame, width)]


def test_deployments_and_decisions_stand_as_letters_under_the_readings_they_fall_into() -> None:
    lines = text(detail(NOTE, MOVE), Frame(NOW, UNICODE))
    row = next(line for line in lines if line.split() == ["a", "b"])
    assert 0.7 < row.index("a") / 100 < 0.82  # an hour before the end of four
    assert row.index("b") > 95
    assert any(line.split()[:1] == ["a"] and "champion moved" in line for line in lines)
    assert any("5 min ago" in line and "looked at the feed" in line for line in lines)


def test_only_what_falls_into_the_plotted_time_gets_a_letter_and_the_newest_of_many() -> None:
    old = replace(MOVE, at=NOW - timedelta(days=9))
    seen = replace(MOVE, kind="finding")
    metrics = detail().row.metrics
    assert [each.event for each in noted_events((NOTE, MOVE, seen, old), metrics)] == [MOVE, NOTE]
    many = [replace(NOTE, at=NOW - timedelta(minutes=step)) for step in range(20)]
    found = noted_events(many, metrics)
    assert found[-1].event.at == NOW
    assert len(found) == 8


def test_a_version_says_what_it_changed_and_where_a_rollback_leads() -> None:
    shown = detail()
    newer, older = shown.versions[:2]
    newer = replace(newer, params={"depth": "8"}, datasets=(("cards", "aa"),))
    older = replace(older, params={"depth": "6", "seed": "1"}, datasets=(("cards", "bb"),))
    row = replace(shown.row, rollback_target=older.version)
    lines = text(replace(shown, row=row, versions=(newer, older)), Frame(NOW, UNICODE))
    assert any("data cards; depth 6 → 8; seed 1 → –" in line for line in lines)  # noqa: RUF001 - as drawn
    target = next(line for line in lines if "a rollback leads here" in line)
    assert target.split()[0] == f"v{older.version}"


def test_in_ascii_no_sign_is_missing_and_no_line_is_too_long() -> None:
    lines = text(detail(NOTE, MOVE), Frame(NOW, ASCII), 76)
    assert all(line.isascii() for line in lines)
    assert max(map(len, lines)) <= 76


def test_right_after_a_rollback_the_readings_before_it_are_drawn_up_to_the_move() -> None:
    shown = detail(replace(MOVE, at=NOW))
    past = replace(shown.row.metrics[0], state=KpiState.NO_DATA, version=7)
    lines = text(replace(shown, row=replace(shown.row, metrics=(), former=(past,))), Frame(NOW))
    assert any("NO DATA" in line and "of v7" in line for line in lines)
    assert any(line.split()[:1] == ["a"] and "champion moved" in line for line in lines)
    assert next(line for line in lines if line.split() == ["a"]).index("a") > 95  # noqa: PLR2004 - near the right end
