"""The one function that cleans foreign text.

Used at ingest (the first fence), by the cockpit's line filter (the second), by the writers of
the command line and by the logs. What it does is described in `docs/SECURITY.md`.
"""

from __future__ import annotations

import re
import unicodedata

REPLACEMENT = "�"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

_BIDI_AND_INVISIBLE = (
    *range(0x200B, 0x2010),  # zero-width space, joiners, direction marks
    0x2028,  # line separator
    0x2029,  # paragraph separator
    *range(0x202A, 0x202F),  # bidirectional embeddings and overrides
    *range(0x2060, 0x2070),  # word joiner, invisible operators, isolates, old format controls
    0x00AD,  # soft hyphen: drawn by some terminals, not by others
    0x061C,  # Arabic letter mark
    0x180E,  # Mongolian vowel separator
    0xFEFF,  # byte-order mark
    *range(0xFFF9, 0xFFFC),  # interlinear annotation
    0x034F,  # combining grapheme joiner: breaks a word without being seen
    *(0x115F, 0x1160, 0x3164, 0xFFA0),  # Hangul fillers: letters that are blank
    *(0x17B4, 0x17B5),  # Khmer vowels that are never drawn
    *range(0x1BCA0, 0x1BCA4),  # shorthand format controls
    *range(0x1D173, 0x1D17B),  # musical format controls
)
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_LINE_TABLE: dict[int, str] = dict.fromkeys(
    (
        *_CONTROLS,
        *_BIDI_AND_INVISIBLE,
        *range(0xD800, 0xE000),  # lone surrogates
        *range(0xE0000, 0xE0080),  # tags: invisible copies of ASCII
        *range(0xE0100, 0xE01F0),  # variation selectors that carry hidden bytes
        *range(0xFDD0, 0xFDF0),  # characters that are none, here and at the end of each plane
        *(plane + end for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF)),
    ),
    REPLACEMENT,
)
DANGEROUS = frozenset(_LINE_TABLE)
"""The code of every character that is replaced; newline and tab are among them."""
_TEXT_TABLE = {code: text for code, text in _LINE_TABLE.items() if code not in (0x09, 0x0A)}


_UNSTEADY: dict[int, str | None] = {
    **dict.fromkeys((0xFE0E, 0xFE0F)),  # variation selectors: as text, as a picture
    0x20E3: None,  # a key around the character before
    **dict.fromkeys(range(0x1F3FB, 0x1F400)),  # tones of skin
    **{0x1F1E6 + at: chr(ord("A") + at) for at in range(26)},  # halves of flags
}
"""What makes the characters before it wider in some terminals and not in others."""


MOST_MARKS = 4
"""Marks that may stand over or under one character: as many as scripts in use need."""
_PILE = re.compile(rf"[^\w\s\x00-\u02ff]{{{MOST_MARKS + 1},}}")
"""Where there may be more: marks are neither letters nor blanks."""


def _unpiled(text: str) -> str:
    """Return `text` with every mark beyond `MOST_MARKS` replaced: piled up they hide other rows."""
    return _PILE.sub(_without_pile, text)


def _without_pile(found: re.Match[str]) -> str:
    shown, pile = [], 0
    for char in found[0]:
        pile = pile + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        shown.append(REPLACEMENT if pile > MOST_MARKS else char)
    return "".join(shown)


def clean_line(text: str) -> str:
    """Return `text` as one harmless line: each dangerous character becomes U+FFFD, one for one.

    Newlines and tabs become spaces first. The length never changes, so columns stay aligned.
    """
    if text.isascii() and text.isprintable():
        return text
    return _unpiled(text.replace("\n", " ").replace("\t", " ").translate(_LINE_TABLE))


def clean_text(text: str) -> str:
    """Return `text` as harmless multi-line text: as `clean_line`, but newline and tab stay."""
    if text.isascii() and text.isprintable():
        return text
    return _unpiled(text.replace("\r\n", "\n").translate(_TEXT_TABLE))


def fence(text: str) -> str:
    """Return `text` safe for a terminal cell; the second fence, for text cleaned before."""
    if text.isascii() and text.isprintable():
        return text
    return _unpiled(text.translate(_LINE_TABLE))


def steady(text: str) -> str:
    """Return `text` as a harmless line that is equally wide in every terminal, to be measured.

    Flags become the letters of their country; marks that only choose how a picture looks go.
    """
    if text.isascii() and text.isprintable():
        return text
    return clean_line(text).translate(_UNSTEADY)


STOP = "\u2800"
"""A blank cell that terminals take for a letter read from the left: Braille without a dot."""
_LEFTWARD = frozenset({"R", "AL", "AN"})


def runs_left(text: str) -> bool:
    """Return whether letters or digits of `text` are read from the right, as Hebrew and Arabic.

    A terminal that knows of directions draws numbers and signs behind them on their left, across
    columns, until a letter that is read from the left stops it; `STOP` is one without a look.
    """
    return not text.isascii() and any(unicodedata.bidirectional(c) in _LEFTWARD for c in text)


_MARKDOWN = str.maketrans(
    {
        "&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "|": "\\|", "\\": "\\\\", "[": "\\[",
        "]": "\\]", "`": "\\`", "*": "\\*", "_": "\\_", "~": "\\~", "#": "\\#",
    }
)  # fmt: skip


def as_markdown(text: str) -> str:
    """Return `text` as one line that Markdown shows as it is: no link, no mention, no HTML."""
    return clean_line(text).translate(_MARKDOWN).replace("://", "&#58;//")


def without_formula(text: str) -> str:
    """Return `text` as a cell that no spreadsheet takes for a formula: with `'` before one."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
