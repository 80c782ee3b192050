"""Foreign text is harmless after cleaning, and as long as before."""

from __future__ import annotations

import unicodedata
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from riskcockpit.domain.untrusted import (
    REPLACEMENT,
    STOP,
    clean_line,
    clean_text,
    fence,
    runs_left,
    steady,
)
from support.hostile import HOSTILE

DANGEROUS = (
    {chr(code) for code in range(0x20)}
    | {chr(code) for code in range(0x7F, 0xA0)}
    | {chr(code) for code in range(0x200B, 0x2010)}
    | {chr(code) for code in range(0x2028, 0x202F)}
    | {chr(code) for code in range(0x2060, 0x2070)}
    | {chr(code) for code in range(0xFFF9, 0xFFFC)}
    | {"\u00ad", "\u061c", "\u180e", "\ufeff"}
    | {"\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u3164", "\uffa0"}
    | {chr(code) for code in (*range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B))}
    | {chr(code) for code in (*range(0xE0100, 0xE01F0), *range(0xFDD0, 0xFDF0))}
    | {chr(plane + end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF)}
)
ANY_TEXT = st.text(st.characters(codec=None), max_size=200) | st.sampled_from(HOSTILE)


def is_dangerous(sign: str) -> bool:
    code = ord(sign)
    return sign in DANGEROUS or 0xD800 <= code < 0xE000 or 0xE0000 <= code < 0xE0080


@pytest.mark.parametrize("clean", [clean_line, fence])
@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_the_hostile_corpus_is_left_in_a_line(clean: object, text: str) -> None:
    assert callable(clean)
    cleaned = clean(text)
    assert not any(map(is_dangerous, cleaned))
    assert len(cleaned) == len(text)


def test_every_dangerous_character_is_replaced_one_for_one() -> None:
    text = "".join(sorted(DANGEROUS - {"\n", "\t"})) + "\ud800\udfff\U000e0041"
    assert clean_line(text) == clean_text(text) == fence(text) == REPLACEMENT * len(text)


@given(ANY_TEXT)
def test_a_line_is_harmless_as_long_as_before_and_cleaned_only_once(text: str) -> None:
    cleaned = clean_line(text)
    assert not any(map(is_dangerous, cleaned))
    assert len(cleaned) == len(text)
    assert clean_line(cleaned) == cleaned
    assert fence(cleaned) == cleaned
    cleaned.encode()


@given(ANY_TEXT)
def test_a_text_keeps_newlines_and_tabs_and_nothing_else(text: str) -> None:
    cleaned = clean_text(text)
    assert {sign for sign in cleaned if is_dangerous(sign)} <= {"\n", "\t"}
    assert len(cleaned) == len(text.replace("\r\n", "\n"))
    assert clean_text(cleaned) == cleaned
    cleaned.encode()


@given(st.text(st.characters(codec=None), max_size=100))
def test_no_control_or_format_character_beyond_those_needed_is_left(text: str) -> None:
    left = {unicodedata.category(sign) for sign in clean_line(text)}
    assert not left & {"Cc", "Cs", "Zl", "Zp"}


@given(st.text(max_size=100))
def test_harmless_characters_stay_where_they_are(text: str) -> None:
    for before, after in zip(text, clean_line(text), strict=True):
        if before in "\n\t":
            assert after == " "
        elif not is_dangerous(before):
            assert after == before
        else:
            assert after == REPLACEMENT


def test_markup_is_kept_as_text_since_it_is_harmless_where_nothing_reads_it() -> None:
    assert clean_line("[@click=app.quit]x[/]") == "[@click=app.quit]x[/]"


def test_combining_marks_and_emoji_stay() -> None:
    assert clean_line("é 漢字 👩") == "é 漢字 👩"


MARKS = st.sampled_from("\u0301\u0336\u05b0\u0e31\u20dd\ufe20")


@given(st.lists(st.tuples(st.sampled_from("aé漢-"), st.lists(MARKS, max_size=12)), max_size=8))
def test_no_character_carries_more_marks_than_any_script_needs(
    cells: list[tuple[str, list[str]]],
) -> None:
    text = "".join(base + "".join(marks) for base, marks in cells)
    for clean in (clean_line, clean_text, fence):
        shown = clean(text)
        assert len(shown) == len(text)
        assert clean(shown) == shown
        piles = (len(list(run)) for is_mark, run in groupby(shown, _is_mark) if is_mark)
        assert max(piles, default=0) <= 4
    few = "".join(base + "".join(marks[:4]) for base, marks in cells)
    assert clean_line(few) == few


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in ("Mn", "Me")


def test_a_joined_emoji_comes_apart_for_the_joiner_is_invisible() -> None:
    assert clean_line("👩\u200d👧") == f"👩{REPLACEMENT}👧"


@pytest.mark.parametrize("code", [0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF])
def test_what_is_no_character_is_replaced(code: int) -> None:
    assert clean_line(f"a{chr(code)}b") == fence(f"a{chr(code)}b") == f"a{REPLACEMENT}b"


def test_what_terminals_draw_in_widths_of_their_own_is_drawn_in_one() -> None:
    flags, key, sign = "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", "1\ufe0f\u20e3", "\u26a0\ufe0f"
    assert steady(f"{flags} {key} {sign} \U0001f44d\U0001f3fd|") == "DEFR 1 \u26a0 \U0001f44d|"
    assert clean_line(flags + key) == flags + key, "what is stored keeps them"
    assert steady("x\u202e\n") == f"x{REPLACEMENT} "


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("plain 12", False),
        ("漢字 é", False),
        ("שלום", True),
        ("a سلام", True),
        ("٣", True),
    ],
)
def test_letters_that_are_read_from_the_right_are_told(text: str, *, expected: bool) -> None:
    assert runs_left(text) is expected


def test_what_stops_them_is_a_harmless_letter_of_one_cell() -> None:
    assert unicodedata.bidirectional(STOP) == "L"
    assert cell_len(STOP) == 1
    assert clean_line(STOP) == steady(STOP) == STOP
