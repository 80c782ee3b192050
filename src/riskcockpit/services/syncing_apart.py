"""A sync in a process of its own, so that reading large reports never holds up a screen."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from threading import Event

from riskcockpit.config.paths import HOME_VARIABLE, Paths
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import InputError, UnavailableError
from riskcockpit.services.context import Context

_LOOK_SECONDS = 0.2
_PARTIAL = 3
_LONGEST = 1 << 16


def sync_apart(ctx: Context, names: Sequence[str], ended: Event) -> str:
    """Pull the sources called `names`, or all enabled ones; return what came of it, in a sentence.

    When `ended` is set it is left alone: the sync goes on and finishes by itself.

    Raises:
        InputError: no source is configured.
        UnavailableError: the sync failed as a whole; says why.
    """
    if not ctx.settings.sources:
        first = "sources add" if ctx.paths.settings.exists() else "init"
        raise InputError(
            "no source is configured",
            hint=f"`riskcockpit {first}`, or read a report: `riskcockpit import FILE`",
        )
    command = [sys.executable, "-m", "riskcockpit", "sync", "--", *names]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 - ourselves, names of the settings
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said,
            env=_environment(ctx.paths), start_new_session=True,
        )  # fmt: skip
        while process.poll() is None:
            if ended.wait(_LOOK_SECONDS):
                process.returncode = 0  # it is not ours to wait for any more
                return "the sync goes on by itself"
        said.seek(0)
        words = said.read(_LONGEST).decode("utf-8", "replace")
    if process.returncode == 0:
        return "the sync is done"
    message, hint = _faults(words)
    if process.returncode == _PARTIAL and not message:
        return "the sync is done, but not every source gave everything: S shows which"
    raise UnavailableError(message or f"the sync ended with {process.returncode}", hint=hint)


def _environment(paths: Paths) -> dict[str, str]:
    """Return the environment in which a process finds the same home."""
    environ = {key: value for key, value in os.environ.items() if key != HOME_VARIABLE}
    home = paths.config.parent
    return {**environ, HOME_VARIABLE: str(home)} if Paths.under(home) == paths else environ


def _faults(words: str) -> tuple[str, str | None]:
    lines = [clean_line(line) for line in words.splitlines()]
    message = next((each for each in lines if each.startswith("error: ")), "")
    hint = next((each for each in lines if each.startswith("hint: ")), "")
    return message.removeprefix("error: "), hint.removeprefix("hint: ") or None
