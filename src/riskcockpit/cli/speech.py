"""What is printed for who listens: words instead of signs and columns, short lines, page by page.

Pure but for the width of the terminal; `output` and `diagnostics` print.
"""

from __future__ import annotations

import re
import shutil
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from riskcockpit.domain.ids import SHORT

PAGE = 20
"""Lines that are said at once; a row of a list counts as two."""
_DRAWN = dict.fromkeys(range(0x2500, 0x2600))
"""Lines, blocks and shapes: a word beside each says the same."""
_SAID = str.maketrans({"→": "to", "↑": "up", "↓": "down", "·": ",", "›": ","})  # noqa: RUF001 - the angle is meant
_LIMIT = re.compile(r"([≥≤]) ?")
_LABEL = re.compile(r"^([^:;,.]{1,40}?)[:;,]? {2,}(?=\S)")
_ROOM = re.compile(r"([.:;,]?) {2,}")
_BEFORE_COMMA = re.compile(r" +,")
_HASH = re.compile(rf"(?<![\w/=.-])(?=[0-9]*[a-f])([0-9a-f]{{{SHORT}}})[0-9a-f]{{6,}}(?![\w-])")


class Speech:
    """What one command says: a page at once, the rest when it is asked for."""

    def __init__(self) -> None:
        self._room = PAGE
        self._left: deque[str] = deque()

    def begin(self) -> None:
        """Forget what was left: another command speaks."""
        self._room = PAGE
        self._left.clear()

    def admits(self, words: str, weight: int = 1) -> bool:
        """Return whether there is room for these words now; else they are kept for later."""
        if self._room > 0:
            self._room -= weight
            return True
        self._left.append(words)
        return False

    def next_page(self) -> list[str]:
        """Return what comes next and take it away."""
        return [self._left.popleft() for _ in range(min(PAGE // 2, len(self._left)))]

    def rest(self) -> list[str]:
        """Return all that is left and take it away."""
        rest = list(self._left)
        self._left.clear()
        return rest

    @property
    def left(self) -> int:
        """How much is left to be said."""
        return len(self._left)


_NOW: ContextVar[Speech | None] = ContextVar("_NOW", default=None)


@contextmanager
def spoken() -> Iterator[Speech]:
    """Let all that is printed while the block runs be for who listens."""
    token = _NOW.set(speech := Speech())
    try:
        yield speech
    finally:
        _NOW.reset(token)


def speech_now() -> Speech | None:
    """Return who keeps the pages; None when what is printed is looked at."""
    return _NOW.get()


def in_words(text: str) -> str:
    """Return a line as it is said: no drawn signs, no columns, of long hashes the first digits."""
    bare = _HASH.sub(r"\1", text.translate(_DRAWN).translate(_SAID)).strip()
    bare = _LIMIT.sub(lambda sign: "at least " if sign[1] == "≥" else "at most ", bare)
    parted = _ROOM.sub(lambda end: f"{end[1] or ','} ", _LABEL.sub(r"\1: ", bare))
    return _BEFORE_COMMA.sub(",", parted).lstrip(", ")


def room() -> int:
    """Return how many cells a line may have."""
    return max(20, shutil.get_terminal_size((80, 24)).columns)


def folded(text: str, width: int) -> list[str]:
    """Return a line as lines of at most `width` cells, parted between words."""
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if _cells(joined) <= width:
            line = joined
            continue
        lines += [line] if line else []
        *whole, line = _parted(word, width)
        lines += whole
    return [*lines, line]


def _parted(word: str, width: int) -> list[str]:
    """Return a word as pieces that fit; most are one."""
    pieces = [""]
    for sign in word:
        if _cells(pieces[-1] + sign) > width:
            pieces.append("")
        pieces[-1] += sign
    return pieces


def _cells(text: str) -> int:
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
