"""Columns: what fits, and what rows say in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.domain.finding import State
from riskcockpit.present.columns import (
    ACTIONS,
    CONTROLS,
    FINDINGS,
    LEDGER,
    MODELS,
    QUEUE,
    SOURCES,
    Column,
    Frame,
    metric_text,
)
from riskcockpit.present.widths import fit
from support.bank_findings import finding_row
from support.bank_governance import actions, controls, ledger_rows, model_rows
from support.bank_posture import NOW, queue, sources

LISTS: list[tuple[tuple[Column[Any], ...], Any]] = [
    (FINDINGS, finding_row(0)),
    (MODELS, model_rows()[0]),
    (LEDGER, ledger_rows()[0]),
    (ACTIONS, actions()[0]),
    (CONTROLS, controls()[0]),
    (SOURCES, sources()[3]),
    (QUEUE, queue()[0]),
]


@given(st.integers(0, len(LISTS) - 1), st.integers(1, 300))
def test_columns_never_take_more_than_the_room_unless_only_the_vital_are_left(
    index: int, room: int
) -> None:
    columns, _ = LISTS[index]
    chosen = fit(columns, room)
    taken = sum(width for _, width in chosen) + 2 * (len(chosen) - 1)
    assert taken <= room or all(column.rank == 0 for column, _ in chosen)
    if any(column.grow for column, _ in chosen):
        assert taken >= room, "room that a column could use is not left empty"
    order = [column.key for column in columns]
    assert [column.key for column, _ in chosen] == [
        key for key in order if key in {column.key for column, _ in chosen}
    ]


@pytest.mark.parametrize(("columns", "row"), LISTS, ids=lambda value: type(value).__name__)
def test_every_list_keeps_its_vital_columns_at_80_cells(
    columns: tuple[Column[Any], ...], row: object
) -> None:
    chosen = {column.key for column, _ in fit(columns, 75)}
    assert {column.key for column in columns if column.rank == 0} <= chosen
    frame = Frame(NOW)
    assert all(isinstance(column.cell(row, frame).text, str) for column in columns)


def said(key: str, row: Any, columns: tuple[Column[Any], ...] = FINDINGS) -> str:
    column = next(column for column in columns if column.key == key)
    return column.cell(row, Frame(NOW)).text


def test_a_finding_says_state_deadline_and_exploitation_in_words() -> None:
    row = replace(
        finding_row(0), state=State.OPEN, is_kev=True, due_at=NOW + timedelta(hours=9),
        is_unconfirmed_absent=True,
    )  # fmt: skip
    assert said("title", row).startswith("KEV ")
    assert said("due", row) == "in 9 h"
    assert said("state", row) == "open, unseen"
    waived = replace(row, state=State.WAIVED, waived_until=NOW + timedelta(days=20))
    assert said("state", waived) == "waived in 20 d"
    assert said("due", waived) == "", "a waived finding has no deadline"


def test_a_model_says_its_worst_reading_against_the_threshold() -> None:
    assert said("metric", model_rows()[0], MODELS) == "accuracy 0.81 < 0.9"
    assert said("metric", model_rows()[1], MODELS) == "accuracy 0.93 ≥ 0.88"
    assert said("metric", model_rows()[4], MODELS) == "no readings"


def test_the_queue_names_the_key_that_acts() -> None:
    assert said("keys", queue()[0], QUEUE) == "[r]"
    assert said("keys", queue()[4], QUEUE) == ""


@pytest.mark.parametrize("room", [20, 24, 30, 200])
def test_a_metric_that_is_too_long_keeps_its_numbers(room: int) -> None:
    metric = replace(model_rows()[0].metrics[0], segment="counterparty_country")
    numbers = metric_text(metric).rpartition("] ")[2]
    text = metric_text(metric, room=room)
    assert text.endswith(f" {numbers}")
    assert len(text) <= room
    assert "…" in text or room == 200  # noqa: PLR2004 - there is room enough


def cut_columns(needs: dict[str, int], room: int) -> tuple[dict[str, int], list[str]]:
    widths = {column.key: width for column, width in fit(FINDINGS, room, needs=needs)}
    return widths, [key for key, width in widths.items() if width < needs[key]]


NEEDS = {
    "severity": 8, "title": 60, "asset": 24, "location": 70, "owner": 13, "state": 14, "tool": 11,
    "age": 7, "due": 11, "exposure": 10, "id": 10,
}  # fmt: skip


@pytest.mark.parametrize(("room", "seen"), [(74, {"state"}), (114, {"state", "location", "due"})])
def test_the_list_of_findings_says_how_and_where_each_is(room: int, seen: set[str]) -> None:
    assert seen <= cut_columns(NEEDS, room)[0].keys()


@given(
    st.fixed_dictionaries({column.key: st.integers(0, 90) for column in FINDINGS}),
    st.integers(40, 400),
)
def test_no_cell_is_cut_while_room_is_free(needs: dict[str, int], room: int) -> None:
    widths, cut = cut_columns(needs, room)
    assert sum(widths.values()) + 2 * (len(widths) - 1) == room
    spare = {key: width - needs[key] for key, width in widths.items()}
    assert not cut or max(spare.values()) <= 0, "nothing has more than it needs"


def test_a_main_text_that_would_be_cut_is_worth_more_than_a_column_of_high_rank() -> None:
    short = {**NEEDS, "title": 24, "asset": 12, "location": 20}
    assert "owner" in cut_columns(short, 140)[0]
    widths, _ = cut_columns(NEEDS, 140)
    assert "owner" not in widths
    assert widths["title"] > 24  # noqa: PLR2004 - its least width


def test_a_room_too_narrow_for_the_vital_columns_takes_from_their_texts() -> None:
    assert sum(width for _, width in fit(FINDINGS, 40)) + 2 * 2 <= 40  # noqa: PLR2004 - the room


def test_a_state_that_has_no_room_is_said_in_a_word() -> None:
    state = next(column for column in FINDINGS if column.key == "state")
    row = replace(finding_row(0), state=State.PENDING_WAIVER, is_unconfirmed_absent=False)
    assert state.cell(row, Frame(NOW)).short == "pending"
    assert len(state.cell(row, Frame(NOW)).short) <= state.width
