"""`tui --plain`: the cockpit as lines, for who cannot see a drawing."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.cli import linear, linear_pages, output
from riskcockpit.cli.speech import Speech, folded, spoken
from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import ContextSettings, Settings
from riskcockpit.present.columns import FINDINGS, Cell, Column, Frame
from riskcockpit.services.context import Context
from riskcockpit.views.posture import QueueKind
from riskcockpit.views.waivers import WaiverScope
from support.bank_findings import finding_row
from support.bank_posture import NOW, posture
from support.cli import invoke

SCOPE = WaiverScope((), "high", 30, NOW + timedelta(days=30), date(2026, 12, 24), 20, 1)
JUSTIFIED = "the service is fenced off"
WAIVED = ["waive", "cve:CVE-1", "--reason", "deferred", "--justification", JUSTIFIED,
          "--expires", "30d"]  # fmt: skip
NOT_PRODUCTION = Settings()
PRODUCTION = Settings(context=ContextSettings(name="prod-bank", production=True))


def acted(
    typed: str, answers: str = "", settings: Settings = NOT_PRODUCTION
) -> tuple[list[list[str]], str]:
    """Type one line over the morning's queue; return the commands that ran and what was said."""
    view, out = posture(), io.StringIO()
    ran: list[list[str]] = []
    item = replace(view.queue[2], kind=QueueKind.SLA, query="cve:CVE-1", keys=("enter", "w"))
    ends = replace(view.queue[3], subject="a1b2c3d4", keys=("N", "n"))
    queue = (*view.queue[:2], item, ends, *view.queue[4:])
    ctx = Context.under(settings, Paths.under(Path("/nowhere")), Standing())
    with pytest.MonkeyPatch.context() as patch, spoken() as speech:
        patch.setattr(sys, "stdin", io.StringIO(answers))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", out)
        patch.setattr("riskcockpit.services.decide.scope_of", lambda *_: SCOPE)
        patch.setattr("riskcockpit.services.waivers.renewal_scope", lambda *_: SCOPE)
        now = replace(view, queue=queue)
        known = {"ledger", "models", "waive", "findings"}
        session = linear.Session(ctx, lambda: now, speech, ran.append, known)
        session.do(typed.split())
    return ran, out.getvalue()


class Standing:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW


@pytest.mark.parametrize(
    ("typed", "answers", "expected"),
    [
        ("1 r", "", ["rollback", "fraud-scoring"]),
        ("2 a", "", ["approve", "a1b2c3d4e5f60718"]),
        ("2 X", "late\n", ["reject", "a1b2c3d4e5f60718", "--comment", "late"]),
        ("3 l", "", ["findings", "list", "cve:CVE-1"]),
        ("3 w", f"deferred\n{JUSTIFIED}\n30d\n", WAIVED),
        ("waive cve:CVE-1", f"deferred\n{JUSTIFIED}\n30d\n", WAIVED),
        ("waive cve:CVE-1 --dry-run", "", ["waive", "cve:CVE-1", "--dry-run"]),
        ("4 renew", "90d\n20d\n", ["waivers", "renew", "a1b2c3d4", "--expires", "20d"]),
        ("4 N", "20d\n", ["waivers", "renew", "a1b2c3d4", "--expires", "20d"]),
        ("4 n", "it ends\n", ["note", "a1b2c3d4", "it ends"]),
        ("ledger verify", "", ["ledger", "verify"]),
        (":models list", "", ["models", "list"]),
    ],
)  # fmt: skip
def test_words_become_commands(typed: str, answers: str, expected: list[str]) -> None:
    assert acted(typed, answers)[0] == [expected]


def test_a_number_says_all_and_what_can_be_done_and_a_wrong_key_does_nothing() -> None:
    ran, text = acted("1")
    assert ran == []
    assert "Number 1, alarm: fraud-scoring v7: accuracy 0.81 < 0.90" in text
    assert "1 r: roll back" in text
    ran, text = acted("1 w")
    assert ran == []
    assert "w does nothing about fraud-scoring v7" in text
    assert "there is no number 99" in acted("99")[1]


def test_the_overview_is_sentences_without_signs() -> None:
    _, text = acted("status")
    text = text.replace("\n", " ")
    for words in ("Pillar 2, Model validation: alarm", "target at most 15 min",
                  "within the appetite", "Source staging-registry failed", "5 things need you now",
                  "due in 22 h"):  # fmt: skip
        assert words in text, words
    signs = {sign for sign in text if not sign.isascii()}
    assert signs <= {"€"}


@pytest.mark.usefixtures("home")
def test_the_linear_cockpit_runs_commands_survives_mistakes_and_ends(tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    finding = {
        "title": "SQL injection",
        "severity": "High",
        "description": "x",
        "file_path": "a.py",
    }
    report.write_text(json.dumps({"findings": [finding]}), encoding="utf-8")
    typed = f"""
import {report} --asset payments
findings list
:findings severity:high
"unbalanced
nosuch
findings show zzzz
findings list bogus:1
status
quit
findings list
"""
    ran = invoke("tui", "--plain", stdin=typed.encode())
    assert ran.code == 0
    assert "Nothing needs you." in ran.out
    assert ran.out.count("SQL injection") == 2, "either spelling; nothing is read after quit"
    assert "1 open finding" in ran.out.replace("\n", " ")
    for words in ("cannot read that", "there is no word nosuch", "help says all words",
                  "hex digits", "bogus:1"):  # fmt: skip
        assert words in ran.err, words
    assert "\x1b" not in ran.out + ran.err


def test_a_pillar_and_the_exposure_are_said_in_words() -> None:
    ran, text = acted("pillar 3")
    assert ran == []
    assert text.startswith("Pillar 3, Infrastructure hardening: ")
    assert "findings pillar:infrastructure_hardening" in text
    assert not {"≤", "≥"} & set(text)
    assert "there is no pillar 9; they are 1 to 5" in acted("pillar 9")[1]
    _, text = acted("exposure")
    assert text.startswith("Money at risk in 12 months: mean ")
    assert "Pillar 2, Model validation: €" in text


def test_each_answer_is_checked_at_once_and_an_empty_one_leaves() -> None:
    answers = f"because\ncompensating_control\ndeferred\nshort\n{JUSTIFIED}\n2020-01-01\n40d\n30d\n"
    ran, text = acted("3 w", answers)
    assert ran == [WAIVED]
    said = text.replace("\n", " ")
    for words in ('unknown reason "because"', "waive --edit", "20 characters at least",
                  "that has 5 characters", "2020-01-01 is over", "high findings: 30 days at most",
                  "hint: 30d, or 2026-12-24"):  # fmt: skip
        assert words in said, words
    for answers in ("\n", "deferred\n\n", f"deferred\n{JUSTIFIED}\n\n"):
        ran, text = acted("3 w", answers)
        assert ran == []
        assert text.endswith("nothing was decided\n")
    assert acted("2 x", "\n")[0] == []


def test_in_locked_production_nothing_is_asked_and_the_overview_says_so() -> None:
    _, text = acted("status", settings=PRODUCTION)
    assert "Decisions are locked: unlock prod-bank allows them for 15m." in text.replace("\n", " ")
    assert "locked" not in acted("status")[1]
    for typed in ("3 w", "1 r", "2 x", "waive cve:CVE-1"):
        ran, text = acted(typed, f"deferred\n{JUSTIFIED}\n30d\n", settings=PRODUCTION)
        assert ran == []
        assert text.startswith("error: decisions are locked in prod-bank, which is production\n")
        assert "?" not in text, "no question that leads nowhere"


def test_a_word_that_is_none_names_its_neighbour_and_help() -> None:
    ran, text = acted("modles list")
    assert ran == []
    assert "there is no word modles" in text
    assert "did you mean models? help says all words" in text


def test_an_overview_of_more_than_a_page_says_that_there_is_more() -> None:
    view = posture()
    crowded = replace(view, queue=view.queue * 9)
    with pytest.MonkeyPatch.context() as patch, spoken() as speech:
        out = io.StringIO()
        for stream in ("stdout", "stderr"):
            patch.setattr(sys, stream, out)
        ctx = Context.under(NOT_PRODUCTION, Paths.under(Path("/nowhere")), Standing())
        session = linear.Session(ctx, lambda: crowded, speech, lambda _: None, ())
        session.do(["status"])
        assert out.getvalue().endswith(" left.\n")
        assert "Number 45," not in out.getvalue()
        for _ in range(5):
            session.do(["more"])
        assert "Number 45," in out.getvalue()


@pytest.fixture
def speech(monkeypatch: pytest.MonkeyPatch) -> Iterator[Speech]:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    with spoken() as opened:
        yield opened


@pytest.mark.usefixtures("speech")
def test_rows_are_sentences_of_two_lines_and_what_is_left_out_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = replace(finding_row(1), title="a title that leaves little room " * 3, owner="")
    named: Column[Any] = Column("id", "id", lambda row, _: Cell(row.id), 10, rank=0)
    output.table((named, *FINDINGS), [row], Frame(NOW), "table")
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    text = said.replace("\n", " ")
    assert text.startswith("Severity: ")
    assert f"; title: {row.title.strip()};" in text
    assert f"; id: {row.id[:10]}. No room here for " in text
    assert "location" in text
    assert "owner" not in text, "what is empty is no loss"
    assert "  " not in said


@pytest.mark.usefixtures("speech")
def test_signs_columns_and_hashes_become_words(capsys: pytest.CaptureFixture[str]) -> None:
    digest = "0123456789abcdef" * 4
    output.styled(Cell("▲ ALARM", "alarm"), Cell("   fraud-scoring"), Cell("  ▁▃▅▇", "muted"))
    output.line(f"  entry          {digest}")
    output.line("accuracy ≥ 0.9  under v6 → v7")
    output.line(f"https://example.org/commit/{digest[:40]}")
    output.live_line("▲ 12345678901234567890 of a counter")
    output.line()
    output.lines("done.  next\n  state          open · 3 d")
    assert capsys.readouterr().out.splitlines() == [
        "ALARM: fraud-scoring",
        "entry: 0123456789",
        "accuracy at least 0.9, under v6 to v7",
        f"https://example.org/commit/{digest[:40]}",
        "12345678901234567890 of a counter",
        "done. next",
        "state: open, 3 d",
    ]


def test_a_long_list_is_said_by_pages_and_another_command_ends_it(
    speech: Speech, capsys: pytest.CaptureFixture[str]
) -> None:
    def say() -> list[str]:
        output.say_what_is_left()
        return capsys.readouterr().out.splitlines()

    output.cells(("number",), [(number,) for number in range(25)], "table")
    first = say()
    assert first[-2:] == ["Number: 9.", "Type more for the next: 15 left."]
    output.say_more()
    assert capsys.readouterr().out.splitlines()[::10] == [
        "Number: 10.", "Type more for the next: 5 left.",
    ]  # fmt: skip
    output.say_more()
    assert capsys.readouterr().out.splitlines()[-1] == "Number: 24."
    output.say_more()
    assert capsys.readouterr().out == "There is no more.\n"
    output.cells(("number",), [(number,) for number in range(25)], "table")
    speech.begin()
    output.say_more()
    assert capsys.readouterr().out == "There is no more.\n"
    speech.begin()
    output.cells(("number",), [(number,) for number in range(25)], "table")
    output.say_rest()  # a question follows
    assert len(capsys.readouterr().out.splitlines()) == 25


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("open findings of the day", ["open findings", "of the day"]),
        ("https://example.org/a", ["https://exampl", "e.org/a"]),
        ("漢字漢字 漢字漢字", ["漢字漢字", "漢字漢字"]),
        ("", [""]),
    ],
)
def test_lines_end_between_words_and_count_cells(text: str, lines: list[str]) -> None:
    assert folded(text, 14) == lines


def test_of_controls_that_nobody_could_judge_none_counts_as_one_that_passed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    view = posture()
    grave = replace(view.pillars[2], controls=24, failing_controls=8, unjudged_controls=5)
    linear_pages.whole_pillar(replace(view, pillars=(grave,)), "3")
    assert "8 of 19 controls fail, 5 have no data." in capsys.readouterr().out
