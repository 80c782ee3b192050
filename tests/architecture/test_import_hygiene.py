"""What each command imports, looked at in a fresh process: the promise behind a quick start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
sys.argv = ["riskcockpit", *sys.argv[1:]]
from riskcockpit.__main__ import main
try:
    main()
except SystemExit as end:
    code = end.code
names = (
    "textual", "rich", "httpx", "duckdb", "pyarrow", "numpy", "lark", "pydantic", "cryptography",
    "yaml", "importlib.metadata",
)
heavy = [name for name in names if name in sys.modules]
print("code", code, "heavy", *heavy, file=sys.stderr)
"""

FIRST_FRAME = """
import asyncio, os, sys
from datetime import UTC, datetime
from threading import Event
from riskcockpit.tui.api import About, Pulse
from riskcockpit.tui.app import Cockpit

class Silent:
    about = About("probe", False, "eng", "host")
    def now(self): return datetime.now(UTC)
    def pulse(self): return Pulse(0, 0)
    def posture(self): Event().wait()

async def look():
    app = Cockpit(Silent())
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        lines = app.screen._compositor.render_strips()
        assert any("Loading the overview" in line.text for line in lines)
        print(*sorted(sys.modules), file=sys.__stdout__, flush=True)
        os._exit(0)

asyncio.run(look())
"""

SARIF = '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "probe"}}, "results": []}]}'


def heavy_imports(home: Path, *arguments: str) -> set[str]:
    """Run a command and return which heavy packages it loaded."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={**os.environ, "RISKCOCKPIT_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    words = result.stderr.splitlines()[-1].split()
    assert words[:1] == ["code"], result.stderr
    assert words[1] in ("0", "None"), result.stderr
    return set(words[3:])


@pytest.mark.parametrize(
    "arguments",
    [("--help",), (), ("--version",), ("import", "--help"), ("findings", "list", "--help")],
    ids=" ".join,
)
def test_help_loads_nothing_heavy(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    needed = {"importlib.metadata"} if "--version" in arguments else set()
    assert heavy_imports(tmp_path, *arguments) == needed


@pytest.mark.parametrize(
    ("command", "needed"), [("status", set()), ("sources list", {"importlib.metadata"})]
)
def test_the_overview_of_a_published_cache_opens_no_database(
    tmp_path: Path, command: str, needed: set[str]
) -> None:
    report = tmp_path / "report.sarif"
    report.write_text(SARIF)
    heavy_imports(tmp_path, "import", str(report))
    assert heavy_imports(tmp_path, *command.split()) == needed
    settings = tmp_path / "config" / "riskcockpit.yaml"
    settings.parent.mkdir()
    settings.write_text("currency: EUR\n")
    assert heavy_imports(tmp_path, *command.split()) == needed | {"yaml"}


def test_status_and_import_load_neither_textual_nor_httpx(tmp_path: Path) -> None:
    report = tmp_path / "report.sarif"
    report.write_text(SARIF)
    refused = {"textual", "httpx", "pydantic"}
    assert not refused & heavy_imports(tmp_path, "import", str(report))
    assert not refused & heavy_imports(tmp_path, "status")
    assert not refused & heavy_imports(tmp_path, "findings", "list")
    assert not refused & heavy_imports(tmp_path, "ledger", "verify")


def test_the_first_frame_loads_textual_and_what_the_overview_draws_with() -> None:
    program = [sys.executable, "-c", FIRST_FRAME]
    result = subprocess.run(program, capture_output=True, text=True, check=True)
    loaded = set(result.stdout.split())
    packages = {name.partition(".")[0] for name in loaded}
    assert not packages & {"duckdb", "pyarrow", "lark", "yaml", "cryptography", "pydantic"}
    assert not packages & {"httpx", "typer", "click", "jinja2"}
    ours = {name.removeprefix("riskcockpit.") for name in loaded if name.startswith("riskcockpit.")}
    assert {name.partition(".")[0] for name in ours} == {"domain", "errors", "present", "tui"}
    screens = {name.rpartition(".")[2] for name in ours if name.startswith("tui.screens.")}
    bases = {"deciding", "forming", "permitted", "place"}
    assert screens == {"overview", "registry"} | bases
    assert not any(name.startswith("tui.modals") for name in ours)
