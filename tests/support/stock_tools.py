"""The script for auditors, run with stock tools and nothing else."""

from __future__ import annotations

import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

STOCK = (
    "ssh-keygen", "sha256sum", "head", "tail", "grep", "sed", "sort", "uniq", "cat", "jq",
    "mktemp", "rm", "tr",
)  # fmt: skip


def stock_tools(folder: Path) -> Path:
    """Fill `folder` as a PATH of stock tools; skips where one is not installed."""
    for name in STOCK:
        path = shutil.which(name)
        if path is None:
            pytest.skip(f"{name} is not installed")
        (folder / name).symlink_to(path)
    return folder


def said_by_the_script(ledger: Path, tools: Path) -> str:
    """Return what the script says of a ledger; its exit code has to agree."""
    script = files("riskcockpit.services").joinpath("guides", "verify-ledger.sh")
    ran = subprocess.run(
        ["/bin/sh", str(script), str(ledger)],
        env={"PATH": str(tools), "LC_ALL": "C"}, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert ran.stderr == ""
    assert ran.returncode == (1 if "FAULT" in ran.stdout else 0)
    return ran.stdout
