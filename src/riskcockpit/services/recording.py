"""What the cockpit paints, written down as an asciinema v2 recording to be played again.

Only output is recorded, never what is typed: a ticket number or a comment that is thought better of
stays out. What was seen is in the file, so only its owner may read it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from riskcockpit.errors import InputError

_IDLE_SECONDS = 2.0
"""Longer pauses are shortened to this by players."""


class Recorder:
    """An asciinema v2 file that grows while something is painted."""

    def __init__(
        self, path: Path, size: tuple[int, int], title: str, now: Callable[[], float] = monotonic
    ) -> None:
        """Begin a recording of a terminal of `size` columns and rows.

        Raises:
            InputError: the file is there already, or cannot be made.
        """
        self.path = path
        self.fault = ""
        """Why the recording ends before the cockpit; empty while it goes on."""
        self._size = size
        self._now = now
        self._start: float | None = None
        """When the first thing was painted: what was waited for before is no part of it."""
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise InputError(
                f"cannot record into {path}: it is there already",
                hint="name a file that is not there; recordings are never overwritten",
            ) from None
        except OSError as error:
            raise InputError(
                f"cannot record into {path}: {error.strerror}", hint="name another file"
            ) from error
        self._file = os.fdopen(handle, "w", encoding="utf-8")
        columns, rows = size
        self._write(
            {
                "version": 2,
                "width": columns,
                "height": rows,
                "idle_time_limit": _IDLE_SECONDS,
                "title": title,
                "env": {"TERM": os.environ.get("TERM", "")},
            }
        )

    @property
    def seconds(self) -> float:
        """How long it is so far."""
        return 0.0 if self._start is None else self._now() - self._start

    def output(self, text: str, size: tuple[int, int]) -> None:
        """Add what is painted on a terminal of `size`; a full disk ends the recording only."""
        if self._start is None:
            self._start = self._now()
        if size != self._size:
            self._size = size
            self._write([self._at(), "r", f"{size[0]}x{size[1]}"])
        self._write([self._at(), "o", text])

    def close(self) -> None:
        """End the recording."""
        try:
            self._file.close()
        except OSError as error:
            self.fault = self.fault or str(error.strerror)

    def _at(self) -> float:
        return round(self.seconds, 6)

    def _write(self, line: object) -> None:
        if self.fault:
            return
        try:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            self.fault = str(error.strerror)


def begin(path: Path) -> Recorder:
    """Begin a recording of this terminal; raises as `Recorder`."""
    columns, rows = shutil.get_terminal_size()
    return Recorder(path, (columns, rows), "riskcockpit")
