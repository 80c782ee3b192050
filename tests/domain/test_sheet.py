"""A sheet holds observations column by column and gives them back as they were."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass, Location, Observation
from riskcockpit.domain.sheet import Columns, Sheet
from support.ingesting import code, dependency

SEEN = (
    code(fingerprint="f1", snippet="x = 1", raw=b'{"a": 1}'),
    replace(code(path="b.py"), is_suppressed=True, locations=()),
    dependency("CVE-2026-1"),
    replace(code(), locations=(Location("a.py", 1), Location("b.py", 2, 3, 4, "s"))),
)
OF_ROWS = {"title", "description", "locations", "fingerprints", "raw"}


def by_hand() -> Sheet:
    """Return a sheet with two rows of one kind, filled column by column."""
    sheet = Sheet("runs[0].results")
    kind = sheet.kind_of(code())
    rows = Columns(
        kind=[kind] * 3, titles=["A", "B", "C"], descriptions=["", "b", ""],
        paths=["a.py", "b.py", "c.py"], lines=[1, None, 3], columns=[None, 2, 3],
        end_lines=[None, None, 4], snippets=["", "s", ""],
        places={2: (Location("c.py", 3, 3, 4), Location("d.py"))},
        claims=[(), (("name", "value"),), ()], raws=[b"{}", b"[]", b"0"], ordinals=[4, 5, 9],
    )  # fmt: skip
    sheet.extend(rows, 1, 3)
    return sheet


def test_observations_come_back_as_they_were() -> None:
    sheet = Sheet.of(SEEN)
    assert sheet == SEEN
    assert (sheet[1], sheet[-1], sheet[1:3]) == (SEEN[1], SEEN[-1], SEEN[1:3])
    assert Sheet.of(sheet) is sheet


def test_rows_filled_by_hand_are_observations_too() -> None:
    first, second = by_hand()
    assert first == replace(
        code(), title="B", description="b", record="runs[0].results[5]",
        locations=(Location("b.py", None, 2, None, "s"),), fingerprints=(("name", "value"),),
        raw=b"[]",
    )  # fmt: skip
    assert second.record == "runs[0].results[9]"
    assert second.locations == (Location("c.py", 3, 3, 4), Location("d.py"))
    assert by_hand()[-1] == second


def test_what_rows_share_is_kept_once() -> None:
    sheet = Sheet.of((*SEEN, *SEEN))
    assert len(sheet.kinds) == 3
    assert sheet.rules() == {"sql-injection", "CVE-2026-1"}
    assert sheet.has_class(FindingClass.DEPENDENCY)
    assert not sheet.has_class(FindingClass.SECRET)
    assert sheet.suppressed() == 2


@pytest.mark.parametrize(
    "name", [f.name for f in fields(Observation) if f.name not in OF_ROWS and f.name != "record"]
)
def test_rows_that_differ_in_anything_but_their_own_columns_are_of_two_kinds(name: str) -> None:
    sheet = Sheet()
    changed: dict[str, Any] = {name: object()}
    other = replace(code(), **changed)
    assert sheet.kind_of(code()) != sheet.kind_of(other)


def test_sheets_are_joined_with_their_places_and_records() -> None:
    whole = Sheet.joined([SEEN, by_hand(), SEEN])
    assert whole == (*SEEN, *by_hand(), *SEEN)
    assert len(whole.kinds) == 3


def test_claims_are_left_out_of_all_rows() -> None:
    sheet = Sheet.joined([SEEN, by_hand()])
    sheet.without_claims({"name", "contextHash/v1"})
    assert {seen.fingerprints for seen in sheet} == {()}


def test_a_disposable_sheet_forgets_its_rows_and_keeps_its_numbers() -> None:
    kept, spent = Sheet.of(SEEN), Sheet.of(SEEN)
    spent.is_disposable = True
    kept.stored()
    spent.stored()
    assert kept == SEEN
    assert (len(spent), spent.suppressed(), spent.rules()) == (4, 1, kept.rules())
    assert (spent.raws, spent.titles, spent.places) == ([], [], {})
    assert len(Sheet.joined([spent, spent])) == 8
