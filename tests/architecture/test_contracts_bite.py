"""Each import contract is proven to bite: one added line breaks it, and nothing else does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

CONTROLS = [
    # (contract, module that gets the line, the line)
    ("Floors", "domain/money.py", "import riskcockpit.config.paths"),
    ("Floors", "views/posture.py", "from riskcockpit.store import sql"),
    ("Floors", "ledger/chain.py", "from riskcockpit.store import sql"),
    ("Floors", "formats/api.py", "from riskcockpit.connectors import api"),
    ("Floors", "services/context.py", "import riskcockpit.cli.app"),
    ("Floors", "kpis/compute.py", "import riskcockpit.controls.judge"),
    ("Floors", "errors.py", "def f():\n    import riskcockpit.domain.money"),
    ("Floors", "utils.py", "import riskcockpit.errors"),
    ("No cycles between siblings", "domain/pillar.py", "import riskcockpit.domain.finding"),
    ("Connectors do not know each other", "connectors/files/connector.py", "import riskcockpit.connectors.mlflow.connector"),
    ("Only the cockpit", "services/posture.py", "def f():\n    import textual"),
    ("Only the cockpit", "present/text.py", "import textual.app"),
    ("duckdb is imported by the store only", "services/posture.py", "def f():\n    import duckdb"),
    ("httpx is imported by one module", "connectors/mlflow/client.py", "import httpx"),
    ("The domain and the judges are pure", "connectors/mlflow/mapping.py", "import riskcockpit.connectors.http"),
    ("The domain and the judges are pure", "ledger/canonical.py", "import rich.text"),
    ("The domain and the judges are pure", "ingest/identity.py", "import riskcockpit.store.sql"),
    ("Widgets and modals draw", "tui/widgets/plain.py", "import riskcockpit.tui.gateway"),
]  # fmt: skip


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the import contracts over the copy in `folder`."""
    code = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src"), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sources and their contracts."""
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_are_kept(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("contract", "module", "line"), CONTROLS)
def test_one_added_line_breaks_the_contract(
    copy: Path, contract: str, module: str, line: str
) -> None:
    target = copy / "src/riskcockpit" / module
    before = target.read_text() if target.exists() else ""
    target.write_text(f"{before}\n{line}\n")
    result = lint(copy)
    assert result.returncode == 1, result.stdout + result.stderr
    broken = [row for row in result.stdout.splitlines() if "BROKEN" in row]
    assert any(contract in row for row in broken), result.stdout
