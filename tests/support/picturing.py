"""Pictures of screens as text: every cell, and a short digest of how each row is styled.

A row that is the same as the one above is counted, not repeated. A row's digest changes when a
colour, a weight or the place of either does. What is seen may follow a key a moment later: who
takes a picture looks until it is the one that is kept, for some time.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from difflib import unified_diff
from hashlib import sha256
from itertools import groupby
from pathlib import Path

from rich.style import Style
from textual.pilot import Pilot
from textual.strip import Strip

from riskcockpit.tui.app import Cockpit
from support.piloting import strips

DRAW = "DRAW_PICTURES"
"""Set in the environment, it draws the pictures anew instead of comparing them."""
_PATIENCE_SECONDS = 15.0
"""For all pictures of an album together: the first that stays different takes most of it."""
_LOOK_SECONDS = 0.05
_WAYS = ("bold", "dim", "italic", "underline", "reverse", "strike")
_STILL_LOOKS = 6
"""So often a picture that is drawn anew has to be the same."""
_FOLDER = Path(__file__).resolve().parents[1] / "tui" / "pictures"


def picture(app: Cockpit) -> list[str]:
    """Return what is seen, a line for each row or run of rows."""
    out = []
    for row, run in groupby(map(_row, strips(app))):
        count = len(list(run))
        out.append(row if count == 1 else f"{row} (x{count})")
    return out


def _row(strip: Strip) -> str:
    runs, at = [], 0
    full = (segment for segment in strip if segment.text)
    for style, segments in groupby(full, key=lambda segment: _seen(segment.style)):
        text = "".join(segment.text for segment in segments)
        runs.append(f"{at} {style}")
        at += len(text)
    digest = sha256("\n".join(runs).encode()).hexdigest()[:4]
    return f"{digest}|{strip.text.rstrip()}"


def _seen(style: Style | None) -> str:
    """Return what can be seen of a style: one that is not reversed looks like one that says so."""
    if style is None:
        return ""
    ways = " ".join(way for way in _WAYS if getattr(style, way))
    return f"{ways} {style.color} on {style.bgcolor}"


class Album:
    """The pictures of one size, each with its name."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = f"{size[0]}x{size[1]}"
        self._pages: dict[str, dict[str, list[str]]] = {}
        self._patience = _PATIENCE_SECONDS

    async def take(self, app: Cockpit, pilot: Pilot[int], name: str, state: str) -> str:
        """Take a picture, once it is the one that is kept or patience is over; return its text."""
        kept = None if os.environ.get(DRAW) else self._kept(name, state)
        lines, looks = picture(app), 0
        while self._patience > 0 and lines != kept and looks < _STILL_LOOKS:
            self._patience -= 0.0 if kept is None else _LOOK_SECONDS
            await pilot.pause(_LOOK_SECONDS)
            before, lines = lines, picture(app)
            looks = looks + 1 if kept is None and lines == before else 0
        self._pages.setdefault(name, {})[state] = lines
        return "\n".join(lines)

    def differences(self) -> str:
        """Compare with the pictures that are kept, or keep these when that is wanted."""
        if os.environ.get(DRAW):
            for name in self._pages:
                _FOLDER.mkdir(exist_ok=True)
                self._file(name).write_text("\n".join(self._lines(name)) + "\n", encoding="utf-8")
            return ""
        return "\n".join(line for name in self._pages for line in self._difference(name))

    def _difference(self, name: str) -> Iterable[str]:
        file = self._file(name)
        kept = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return unified_diff(kept, self._lines(name), f"kept {file.name}", "drawn now", lineterm="")

    def _kept(self, name: str, state: str) -> list[str]:
        """Return the picture that is kept; empty when none is."""
        file = self._file(name)
        text = "\n" + file.read_text(encoding="utf-8") if file.exists() else ""
        _, _, found = text.partition(f"\n{self._title(name, state)}\n")
        return found.partition("\n== ")[0].removesuffix("\n").split("\n")

    def _title(self, name: str, state: str) -> str:
        return f"== {name} {self._size} {state}"

    def _lines(self, name: str) -> list[str]:
        return [
            line
            for state, lines in self._pages[name].items()
            for line in (self._title(name, state), *lines)
        ]

    def _file(self, name: str) -> Path:
        return _FOLDER / f"{name}-{self._size}.txt"
