"""`tui --plain`: the cockpit as lines, for who cannot see a drawing."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from riskcockpit.cli import linear, output
from riskcockpit.present.columns import FINDINGS, Cell, Frame
from riskcockpit.views.posture import QueueKind
from support.bank_findings import finding_row
from support.bank_posture import NOW, posture
from support.cli import invoke


def acted(typed: str, answers: str = "") -> tuple[list[list[str]], str]:
    """Type one line over the morning's queue; return the commands that ran and what was said."""
    view, out = posture(), io.StringIO()
    ran: list[list[str]] = []
    item = replace(view.queue[2], kind=QueueKind.SLA, query="cve:CVE-1", keys=("enter", "w"))
    queue = (*view.queue[:2], item, *view.queue[3:])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO(answers))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", out)
        linear._do(typed.split(), lambda: replace(view, queue=queue), NOW, ran.append)
    return ran, out.getvalue()


@pytest.mark.parametrize(
    ("typed", "answers", "expected"),
    [
        ("1 r", "", ["rollback", "fraud-scoring"]),
        ("2 a", "", ["approve", "a1b2c3d4e5f60718"]),
        ("2 X", "late\n", ["reject", "a1b2c3d4e5f60718", "--comment", "late"]),
        ("3 l", "", ["findings", "list", "cve:CVE-1"]),
        ("3 w", "deferred\nfenced\n30d\n", ["waive", "cve:CVE-1", "--reason", "deferred",
                                            "--justification", "fenced", "--expires", "30d"]),
        ("ledger verify", "", ["ledger", "verify"]),
        (":models list", "", ["models", "list"]),
    ],
)  # fmt: skip
def test_words_become_commands(typed: str, answers: str, expected: list[str]) -> None:
    assert acted(typed, answers)[0] == [expected]


def test_a_number_says_all_and_what_can_be_done_and_a_wrong_key_does_nothing() -> None:
    ran, text = acted("1")
    assert ran == []
    assert "1. alarm: fraud-scoring v7: accuracy 0.81 < 0.90" in text
    assert "1 r: roll back" in text
    ran, text = acted("1 w")
    assert ran == []
    assert "w does nothing about fraud-scoring v7" in text
    assert "there is no number 99" in acted("99")[1]


def test_the_overview_is_sentences_without_signs() -> None:
    _, text = acted("status")
    for words in ("Pillar 2, Model validation: alarm", "target at most 15 min",
                  "within the appetite", "Source staging-registry failed", "5 things need you now",
                  "due in 22 h"):  # fmt: skip
        assert words in text, words
    signs = {sign for sign in text if not sign.isascii()}
    assert signs <= {"€", "→"}


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
    assert "1 open finding" in ran.out
    for words in ("cannot read that", "No such command", "hex digits", "bogus"):
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


def test_lists_are_said_whole_and_in_words_only(capsys: pytest.CaptureFixture[str]) -> None:
    title = "a title that no narrow terminal shows whole " * 3
    row = replace(finding_row(1), title=title.strip(), owner="")
    with pytest.MonkeyPatch.context() as patch, output.spoken():
        patch.setattr(sys.stdout, "isatty", lambda: True)
        patch.setenv("TERM", "xterm-256color")
        patch.setenv("COLUMNS", "80")
        output.table(FINDINGS, [row], Frame(NOW), "table")
        output.styled(Cell("▲ ALARM", "alarm"), Cell("   fraud-scoring"), Cell("  ▁▃▅▇", "muted"))
    said, state = capsys.readouterr().out.splitlines()
    assert f"; title {title.strip()}; " in said
    assert "owner" not in said
    assert "  " not in said
    assert state == "ALARM, fraud-scoring"
