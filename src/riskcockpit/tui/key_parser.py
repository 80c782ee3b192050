"""A parser of what a terminal sends, for which a key right behind esc is a key of its own.

To Textual (8.2) esc and what comes within a tenth of a second is one key with alt, of which esc is
lost: over SSH both come in one packet. No key here needs alt, so only what begins a sequence of the
terminal's own (`[`, `O`, `P`, `]` and the like), tab and backspace still belong to esc.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from textual._xterm_parser import XTermParser
from textual.message import Message

_ESC = "\x1b"
_OTHER = r"[^\x1b\[\]OPX^_\\\t\x7f]"
"""What begins no sequence behind an esc."""
_BEGINS_OTHER = re.compile(_OTHER)
_ENDS = re.compile(rf"(?<=\x1b)(?={_OTHER})")
_PASTE, _PASTED = "\x1b[200~", "\x1b[201~"


class KeyParser(XTermParser):
    """Textual's parser, told when an esc is over."""

    _tail = ""
    """The end of what was fed, as much as a mark of a paste may need."""
    _is_pasting = False

    def feed(self, data: str) -> Iterable[Message]:
        """Yield what `data`, the next of what a terminal sends, means; empty: there is no more."""
        for piece in _ENDS.split(data):
            if self._is_waiting and not self._is_pasting and _BEGINS_OTHER.match(piece):
                self._timeout_time = 0.0
                yield from self.tick()
            self._note(piece)
            yield from super().feed(piece)

    @property
    def _is_waiting(self) -> bool:
        """Whether the last that was fed is an esc that may still begin something."""
        return self._tail.endswith(_ESC) and self._timeout_time is not None

    def _note(self, piece: str) -> None:
        """Remember whether this is in the middle of a paste, whose text is no keys."""
        seen = self._tail + piece
        begun, ended = seen.rfind(_PASTE), seen.rfind(_PASTED)
        if begun != ended:
            self._is_pasting = begun > ended
        self._tail = seen[1 - len(_PASTE) :]
