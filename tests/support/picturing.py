"""Pictures of screens as text: every cell, and a short digest of how each row is styled.

A row that is the same as the one above is counted, not repeated. A row's digest changes when a
colour, a weight or the place of either does; it shows in `git diff` when pictures are drawn anew.
Words are compared, digests are not: a style may follow a moment later on a slow machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from hashlib import sha256
from itertools import groupby
from pathlib import Path

from textual.strip import Strip

from riskcockpit.tui.app import Cockpit
from support.piloting import strips

DRAW = "DRAW_PICTURES"
"""Set in the environment, it draws the pictures anew instead of comparing them."""
_RUN = re.compile(r"[0-9a-f]{4}\|(?P<text>.*?)(?: \(x(?P<count>\d+)\))?")
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
    for style, segments in groupby(strip, key=lambda segment: str(segment.style)):
        text = "".join(segment.text for segment in segments)
        runs.append(f"{at} {style}")
        at += len(text)
    digest = sha256("\n".join(runs).encode()).hexdigest()[:4]
    return f"{digest}|{strip.text.rstrip()}"


def _words(lines: Iterable[str]) -> Iterator[str]:
    """Yield the text of every row, without digests, each row of a run by itself."""
    for line in lines:
        found = _RUN.fullmatch(line)
        if found is None:
            yield line
        else:
            yield from [found["text"]] * int(found["count"] or 1)


class Album:
    """The pictures of one size, each with its name."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = f"{size[0]}x{size[1]}"
        self._pages: dict[str, dict[str, list[str]]] = {}

    def take(self, app: Cockpit, name: str, state: str) -> str:
        """Take a picture and return its text."""
        lines = picture(app)
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
        if list(_words(kept)) == list(_words(self._lines(name))):
            return ()  # how rows are styled follows a key a moment later on a slow machine
        return unified_diff(kept, self._lines(name), f"kept {file.name}", "drawn now", lineterm="")

    def _lines(self, name: str) -> list[str]:
        return [
            line
            for state, lines in self._pages[name].items()
            for line in (f"== {name} {self._size} {state}", *lines)
        ]

    def _file(self, name: str) -> Path:
        return _FOLDER / f"{name}-{self._size}.txt"
