"""A word that nobody knows is answered with the one that is meant, or with all there are."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from riskcockpit.config.strict import parse_document
from riskcockpit.errors import ConfigError


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Part(msgspec.Struct, forbid_unknown_fields=True):
    colour: Colour | None = None
    size: Literal["small", "large"] = "small"


class Whole(msgspec.Struct, forbid_unknown_fields=True):
    colour: Colour = Colour.RED
    parts: tuple[Part, ...] = ()
    by_name: dict[str, Colour | None] = msgspec.field(default_factory=dict)
    deep: dict[str, tuple[Part, ...]] | None = None


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("colour: gren\n", "line 1: colour: ", 'did you mean "green"?'),
        ("colour: GREEN\n", "line 1: colour: ", 'did you mean "green"?'),
        ("colour: mauve\n", "line 1: colour: ", "one of red, green"),
        ("parts:\n  - {}\n  - colour: redd\n", "line 3: parts[1].colour: ", 'did you mean "red"?'),
        ("parts:\n  - size: lrge\n", "line 2: parts[0].size: ", 'did you mean "large"?'),
        ("\nby_name: {a: reed}\n", "line 2: by_name[...]: ", 'did you mean "red"?'),
        ("deep: {a: [{size: 7}]}\n", "line 1: deep[...][0].size: ", None),
        ("deep: {a: [{size: x}]}\n", "line 1: deep[...][0].size: ", "one of small, large"),
    ],
)
def test_the_place_and_the_word_that_is_meant(text: str, place: str, hint: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_document(text, Path("f.yaml"), Whole, "a whole")
    assert caught.value.message.startswith(f"cannot read a whole from f.yaml: {place}")
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("colour: red\ncolour: green\n", 2, "colour"),
        ("parts:\n  - {size: small, size: large}\n", 2, "size"),
        ("by_name:\n  a: red\n  b: red\n  a: green\n", 4, "a"),
        ("colour: !!str red\ncolour: green\n", 2, "colour"),
    ],
)
def test_a_key_that_is_there_twice_is_refused(text: str, line: int, key: str) -> None:
    with pytest.raises(ConfigError, match=rf'line {line}: "{key}" is there twice'):
        parse_document(text, Path("f.yaml"), Whole, "a whole")


def test_a_key_may_be_in_two_mappings() -> None:
    text = "colour: red\nparts: [{colour: red}, {colour: red}]\nby_name: {colour: red}\n"
    assert parse_document(text, Path("f.yaml"), Whole, "a whole").value.parts[1].colour == "red"
