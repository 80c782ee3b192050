"""Esc and the key behind it are two keys, however fast they come; sequences stay what they are."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from riskcockpit.tui.key_parser import KeyParser


def keys(*chunks: str) -> list[str]:
    """Return the keys a terminal sent, a paste as its text; none has to wait for the clock."""
    parser, found = KeyParser(), []
    for chunk in (*chunks, ""):
        for event in parser.feed(chunk):
            if isinstance(event, events.Key):
                found.append(event.key)
            elif isinstance(event, events.Paste):
                found.append(f"paste {event.text}")
    return found


@pytest.mark.parametrize("chunks", [("\x1bm",), ("\x1b", "m")])
@pytest.mark.parametrize(
    ("typed", "named"),
    [("m", "m"), ("j", "j"), ("0", "0"), (":", "colon"), ("/", "slash"), ("G", "G"),
     ("f", "f"), ("\r", "enter"), (" ", "space"), ("é", "é")],
)  # fmt: skip
def test_a_key_behind_esc_is_a_key_of_its_own(
    chunks: tuple[str, ...], typed: str, named: str
) -> None:
    assert keys(*(chunk.replace("m", typed) for chunk in chunks)) == ["escape", named]


@given(st.lists(st.integers(0, 40), max_size=4))
def test_sequences_of_the_terminal_stay_whole_wherever_they_are_cut(cuts: list[int]) -> None:
    text = "j\x1b[A\x1bOP\x1b[<0;1;1M\x1b[200~a\x1bmb\x1b[201~\x1b[97;3uk\x1b\x7f\x1b\tx"
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    chunks = [text[a:b] for a, b in pairwise(edges) if a < b]
    assert keys(*chunks) == keys(text)
    assert [key for key in keys(text) if key == "escape"] == []
    assert keys(text)[:3] == ["j", "up", "f1"]
    assert keys(text)[-4:] == ["k", "ctrl+w", "shift+tab", "x"]
