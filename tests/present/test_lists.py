"""Lists: which columns somebody chose, in which order rows come, what is wrong with a choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from riskcockpit.config.settings import ListSettings
from riskcockpit.present.columns import FINDINGS, MODELS, SOURCES, Frame
from riskcockpit.present.lists import LISTS, chosen, columns_of, faults, ordered, sortable
from riskcockpit.present.widths import fit
from support.bank_deployments import deployments
from support.bank_desk import alerts, requests, waivers
from support.bank_governance import actions, ledger_rows, model_rows
from support.bank_incidents import incidents
from support.bank_posture import NOW, sources

FRAME = Frame(NOW)
ROWS: Mapping[str, Sequence[Any]] = {
    "models": model_rows(),
    "incidents": incidents(),
    "deployments": deployments(),
    "waivers": waivers(),
    "requests": requests(),
    "alerts": alerts(),
    "ledger": ledger_rows(),
    "actions": actions(),
    "sources": sources(),
}


@pytest.mark.parametrize("name", ROWS)
def test_every_column_sorts_both_ways_and_loses_no_row(name: str) -> None:
    columns, rows = columns_of(name), ROWS[name]
    for column in columns:
        up = ordered(name, columns, rows, column.key, FRAME)
        down = ordered(name, columns, rows, f"-{column.key}", FRAME)
        assert sorted(map(id, up)) == sorted(map(id, down)) == sorted(map(id, rows)), column.key
        said = [column.cell(row, FRAME).text for row in down]
        assert said == list(dict.fromkeys(said)) or len(set(said)) < len(rows)
    assert ordered(name, columns, rows, "", FRAME) == list(rows)


def test_rows_are_compared_by_what_they_mean_not_by_what_they_show() -> None:
    by_money = ordered("models", MODELS, ROWS["models"], "-exposure", FRAME)
    amounts = [row.exposure.amount for row in by_money]
    assert amounts == sorted(amounts, reverse=True)
    assert len({len(str(amount)) for amount in amounts}) > 1, "as text they would come otherwise"
    oldest_first = ordered("sources", SOURCES, ROWS["sources"], "-last_success", FRAME)
    moments = [row.last_success for row in oldest_first if row.last_success is not None]
    assert moments == sorted(moments), "the greatest age is that of the oldest"
    worst = ordered("models", MODELS, ROWS["models"], "-state", FRAME)
    assert worst[0].state == "alarm"


def test_rows_that_say_nothing_come_last_either_way() -> None:
    for sort in ("last_success", "-last_success"):
        rows = ordered("sources", SOURCES, ROWS["sources"], sort, FRAME)
        silent = [row.last_success is None for row in rows]
        assert silent == sorted(silent), sort


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_chosen_columns_keep_their_order_and_the_last_go_first(width: int) -> None:
    wanted = ("id", "exposure", "title", "tool", "location", "owner", "severity")
    seen = [column.key for column, _ in fit(chosen(FINDINGS, wanted), width)]
    assert seen == list(wanted[: len(seen)])
    assert len(seen) == len(wanted) or width < 120
    taken = sum(size + 2 for _, size in fit(chosen(FINDINGS, wanted), width)) - 2
    assert taken == width or "title" not in seen, "what is spare goes to those that grow"


@pytest.mark.parametrize(
    ("lists", "path", "words", "hint"),
    [
        (
            {"findngs": ListSettings()},
            "cockpit.lists.findngs",
            'there is no list "findngs"',
            'did you mean "findings"?',
        ),
        (
            {"findings": ListSettings(columns=("severity", "tite"))},
            "cockpit.lists.findings.columns[1]",
            'the list "findings" has no column "tite"',
            'did you mean "title"?',
        ),
        (
            {"models": ListSettings(columns=("name", "name"))},
            "cockpit.lists.models.columns[1]",
            "is there twice",
            "once",
        ),
        (
            {"models": ListSettings(sort="-expsure")},
            "cockpit.lists.models.sort",
            'the list "models" has no column "expsure"',
            'did you mean "exposure"?',
        ),
        (
            {"findings": ListSettings(sort="location")},
            "cockpit.lists.findings.sort",
            'cannot be sorted by "location"',
            "severity, title, asset",
        ),
    ],
)
def test_a_choice_that_cannot_be_shown_is_refused_with_its_place_and_the_nearest_name(
    lists: dict[str, ListSettings], path: str, words: str, hint: str
) -> None:
    place, what, help_ = next(faults(lists))
    assert place == path
    assert words in what
    assert hint in help_


def test_every_list_can_be_chosen_whole_and_sorted_by_all_it_says_it_can() -> None:
    for name in LISTS:
        keys = tuple(column.key for column in columns_of(name))
        for sort in sortable(name):
            assert not list(faults({name: ListSettings(columns=keys, sort=f"-{sort}")}))
