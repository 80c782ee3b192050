"""A real git, with nobody's settings."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

AUTHOR = {
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
}  # fmt: skip


def git(directory: Path, *arguments: str) -> str:
    """Run git there, with nobody's settings, and return what it prints."""
    ran = subprocess.run(
        ["git", "-C", str(directory), *arguments],
        check=True, env={**os.environ, **AUTHOR}, capture_output=True, text=True,
    )  # fmt: skip
    return ran.stdout
