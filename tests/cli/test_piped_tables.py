"""Tables into a pipe: nothing is cut, and one long cell moves its own line only."""

from __future__ import annotations

import pytest

from riskcockpit.cli.output import cells


def test_one_long_cell_does_not_widen_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 3_000
    cells(("title", "id"), [("short", "1"), (long, "2"), ("other", "3")], "table")
    head, first, second, third = capsys.readouterr().out.splitlines()
    assert f"{long}  2" in second
    assert max(map(len, (head, first, third))) < 200
