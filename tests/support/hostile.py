"""Texts from outside that try to act, to crash, to leak or to break the layout."""

from __future__ import annotations

HOSTILE = (
    "[@click=app.quit]x[/] \x1b]52;c;ZXZpbA==\x07",
    "[@click=app.approve('FND-1')]see advisory[/]",
    "[/]",
    "[/red]",
    "[/a/b]",
    "[link=http://x]y[/link]",
    "[$foo]x[/]",
    "[@click=(]x[/]",
    "[b + x",
    "\x1b]2;owned\x07title",
    "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\",
    "\x1bPq#0\x1b\\",
    "\x9b31mC1",
    "\u202eevil\u202c",
    "zero\u200bwidth",
    "nul\x00del\x7f",
    "lone \ud800 surrogate",
    "e" + "\u0301" * 40,
    "wide 漢字 and 👩‍👩‍👧 emoji",
    "$(rm -rf x) =1+1",
    "line\nbreak\ttab\rreturn\x85nel",
    "שלום 12",
    "سلام ٣",
    "W" * 100_000,
)
"""Texts that try to act, to crash, to leak or to break the layout."""
