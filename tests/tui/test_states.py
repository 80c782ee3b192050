"""Every screen draws loading, empty, loaded, stale, failed and forbidden."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from riskcockpit.errors import StoreError
from riskcockpit.present.text import ASCII, UNICODE
from riskcockpit.tui.conditions import is_forbidden, of_data
from riskcockpit.tui.widgets.lines import banner_line
from riskcockpit.views.posture import LedgerState
from support.bank_posture import NOW, posture


def test_what_is_wrong_comes_by_its_weight() -> None:
    view = posture()
    assert [each.word for each in of_data(view, NOW, UNICODE)] == ["SOURCE FAILED"]
    old = tuple(replace(one, last_success=NOW - timedelta(hours=30)) for one in view.sources)
    broken = replace(view, sources=old, ledger=LedgerState(False, 3, "", "entry 2 is forged"))
    wrong = list(of_data(broken, NOW, ASCII))
    assert [each.word for each in wrong] == ["LEDGER BROKEN", "STALE", "SOURCE FAILED"]
    line = banner_line(wrong, 120, ASCII).plain
    assert "entry 2 is forged" in line
    assert line.index("LEDGER BROKEN") < line.index("STALE") < line.index("SOURCE FAILED")
    assert list(of_data(None, NOW, UNICODE)) == []


@pytest.mark.parametrize("width", [30, 60, 80, 200])
def test_a_banner_fits_its_line(width: int) -> None:
    view = posture()
    failed = replace(view.sources[0], state="failed", message="漢字 " * 80)
    wrong = list(of_data(replace(view, sources=(failed,)), NOW, UNICODE))
    assert banner_line(wrong, width, UNICODE).cell_length <= width


def test_a_cause_that_forbids_is_found() -> None:
    error = StoreError("cannot open the cache")
    error.__cause__ = PermissionError("no")
    assert is_forbidden(error)
    assert not is_forbidden(StoreError("damaged"))
    assert not is_forbidden(None)
