"""The wheel holds all that a `pipx install` needs, and nothing that does not belong to users."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_wheel_ships_config_fixtures_statements_and_styles(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    names = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    for kind in ("*.sql", "*.tcss", "*.lark"):
        for file in (ROOT / "src/riskcockpit").rglob(kind):
            assert str(file.relative_to(ROOT / "src")) in names
    for file in (ROOT / "config").rglob("*"):
        if file.is_file():
            assert f"riskcockpit/_shipped/config/{file.relative_to(ROOT / 'config')}" in names
    assert any(name.startswith("riskcockpit/_shipped/fixtures/reports/") for name in names)
    assert not [name for name in names if "/tests/" in name or name.endswith(".pyc")]
