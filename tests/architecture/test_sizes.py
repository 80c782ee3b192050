"""Modules stay small and are named for what they own."""

from __future__ import annotations

from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[2] / "src/riskcockpit"
MODULES = sorted(SOURCES.rglob("*.py"))
MOST_LINES = 400
REFUSED_NAMES = {"utils", "util", "common", "base", "core", "manager", "misc", "helpers"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCES)))
def test_a_module_fits_in_the_head(module: Path) -> None:
    lines = len(module.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES, "look for the missing noun"


def test_no_module_has_a_name_that_says_nothing() -> None:
    named = {module.stem for module in MODULES} | {module.parent.name for module in MODULES}
    assert not named & REFUSED_NAMES


def test_package_files_are_empty() -> None:
    assert [m for m in MODULES if m.name == "__init__.py" and m.read_text().strip()] == []
