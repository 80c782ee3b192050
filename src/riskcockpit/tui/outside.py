"""Programs beside the cockpit: a browser for an address, an editor for a file. Never a shell."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from riskcockpit.errors import InputError

_FAILS_WITHIN_SECONDS = 3.0
_AT_LINE = {
    "code": ("-g", "{file}:{line}"),
    "codium": ("-g", "{file}:{line}"),
    "cursor": ("-g", "{file}:{line}"),
    "subl": ("{file}:{line}",),
    "hx": ("{file}:{line}",),
    "helix": ("{file}:{line}",),
    "zed": ("{file}:{line}",),
}
"""Editors that do not take a line as `+LINE FILE`; most that run in a terminal do."""


def opener(environ: Mapping[str, str]) -> str:
    """Return the program that opens an address here; empty over SSH and without a display."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return ""
    if sys.platform == "darwin":
        return shutil.which("open") or ""
    if not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        return ""
    return shutil.which("xdg-open") or ""


def open_address(program: str, address: str) -> None:
    """Give an address to the program that opens it; blocks for up to three seconds.

    Raises:
        InputError: it cannot be started, or says at once that it failed.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell, a checked address
            [program, address], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise InputError(f"cannot start {program}: {error.strerror}") from error
    try:
        code = process.wait(_FAILS_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.returncode = 0  # it stays as long as the browser does
        return
    if code:
        raise InputError(
            f"{Path(program).name} could not open the address", hint="y copies the id instead"
        )


def editor(environ: Mapping[str, str], file: Path, line: int | None) -> list[str]:
    """Return the command that opens a file at a line in the editor of `$VISUAL` or `$EDITOR`.

    Raises:
        InputError: there is no editor.
    """
    wanted = environ.get("VISUAL") or environ.get("EDITOR") or "vi"
    try:
        words = shlex.split(wanted)
    except ValueError:
        words = []
    if not words or shutil.which(words[0]) is None:
        raise InputError(
            f"there is no editor {wanted!r} here", hint="EDITOR names one, as EDITOR=vim"
        )
    if line is None:
        return [*words, str(file)]
    shape = _AT_LINE.get(Path(words[0]).name, ("+{line}", "{file}"))
    return [*words, *(part.format(file=file, line=line) for part in shape)]
