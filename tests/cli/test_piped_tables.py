"""Tables into a pipe are never cut; on a terminal columns are cut before any of them goes."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

import pytest

from riskcockpit.cli.output import cells
from riskcockpit.domain.untrusted import STOP


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


ALERTS = (
    ("id", "severity", "alert", "what", "becomes", "to", "age"),
    [
        ("51d8c89816", "critical", "Nothing in the cloud is public that should not be",
         "3 of 10 resources failing", "no route", "", "45 min"),
        ("1793c303cf", "high", "Live accuracy and bias are within their limits",
         "1 of 6 resources failing", "told", "", "2 d"),
    ],
)  # fmt: skip
SETTINGS = (
    ("setting", "value", "set in"),
    [
        ("context.name", "bank", "/srv/riskcockpit/config/riskcockpit.yaml:3"),
        ("waivers.limits", "x" * 500, "default"),
    ],
)


def on_terminal(
    table: tuple[tuple[str, ...], Sequence[tuple[str, ...]]],
    width: int,
    monkeypatch: pytest.MonkeyPatch,
) -> list[str]:
    """What a terminal of `width` cells shows of a table, a line each."""
    terminal = _Terminal()
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", terminal)
    cells(*table, "table")
    lines = terminal.getvalue().splitlines()
    assert all(len(line) <= width for line in lines), lines
    return lines


@pytest.mark.parametrize("width", [80, 100, 160])
def test_a_terminal_of_eighty_cells_has_room_for_every_column_that_says_something(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, first, _ = on_terminal(ALERTS, width, monkeypatch)
    assert [title for title in ALERTS[0] if title in head.split()] in (
        list(ALERTS[0]),
        [title for title in ALERTS[0] if title != "to"],
    )
    assert first.startswith("51d8c89816  critical  Nothing in")
    assert first.endswith("45 min")
    head, first, second = on_terminal(SETTINGS, width, monkeypatch)
    assert head.split() == ["setting", "value", "set", "in"]
    assert first.startswith("context.name    bank")
    assert first.endswith(".yaml:3"), "what tells files apart is at the end"
    assert second.endswith("default")


def test_what_has_no_room_goes_from_the_end_and_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    head = on_terminal(ALERTS, 40, monkeypatch)[0]
    assert head.split() == ["id", "severity", "alert"]
    assert "no room for what, becomes, to, age;" in capsys.readouterr().err


def test_a_name_is_cut_in_its_middle_and_a_sentence_at_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [(f"origination/payments/{name}/accounts.py", "a sentence " * 9) for name in "ab"]
    _, first, _ = on_terminal((("path", "title"), rows), 50, monkeypatch)
    assert first.startswith("origination/pa")
    path, _, title = first.partition("  ")
    assert "…" in path
    assert path.endswith("/accounts.py")
    assert title.endswith("…")


def test_one_long_cell_does_not_widen_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 3_000
    cells(("title", "id"), [("short", "1"), (long, "2"), ("other", "3")], "table")
    head, first, second, third = capsys.readouterr().out.splitlines()
    assert f"{long}  2" in second
    assert max(map(len, (head, first, third))) < 200


def test_letters_that_run_leftward_are_stopped_on_a_terminal_and_left_alone_in_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = (("asset", "open", "owner"), [("שלום", "12", "שלום"), ("bank", "7", "ann")])
    _, hebrew, latin = on_terminal(table, 80, monkeypatch)
    assert hebrew == f"שלום {STOP} 12    שלום"
    assert STOP not in latin
    monkeypatch.undo()
    cells(*table, "table")
    assert STOP not in capsys.readouterr().out
