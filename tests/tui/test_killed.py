"""A form that was open when the program was killed is offered as it was at the next start."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from riskcockpit.config.paths import Paths
from riskcockpit.services.context import Context
from riskcockpit.services.importing import ImportOptions, import_reports
from riskcockpit.services.setup import init
from riskcockpit.tui.modals.forms import KEEP_SECONDS
from support.pty import Screen

ROOT = Path(__file__).resolve().parents[2]
TYPED = "the route is behind the gateway"


def open_form(home: Path) -> Screen:
    """Open the cockpit on a home, and on it the form to waive its one finding."""
    env = {"PYTHONPATH": str(ROOT / "src"), "RISKCOCKPIT_HOME": str(home)}
    screen = Screen([sys.executable, "-m", "riskcockpit", "tui"], columns=80, rows=24, env=env)
    screen.wait_for("Needs you now", 60)
    for keys, wanted in (("f", "w waive"), ("w", "Waive 1 finding")):
        os.write(screen.master, keys.encode())
        screen.wait_for(wanted, 60)
    return screen


def test_a_draft_outlives_sigkill(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path / "home")
    init(paths, {}, tmp_path)
    report = tmp_path / "report.json"
    found = {"title": "SQL injection", "severity": "High", "file_path": "a.py", "line": 3}
    report.write_text(json.dumps({"findings": [found]}), encoding="utf-8")
    import_reports(Context.open(paths), [report], ImportOptions(asset="payments"))
    with open_form(tmp_path / "home") as screen:
        screen.press(TYPED, KEEP_SECONDS * 2)
        drafts = paths.state / "drafts"
        while not any(drafts.glob("*.json")):
            screen.read(0.1, 1.0)
            assert screen.process.poll() is None, screen.text
        screen.signal(signal.SIGKILL)
        assert screen.end() == -signal.SIGKILL
    with open_form(tmp_path / "home") as screen:
        screen.wait_for("taken from a draft that was not sent", 60)
        assert TYPED in screen.text
