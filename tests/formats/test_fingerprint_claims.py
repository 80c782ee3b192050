"""Which claims of a tool get through, and in which order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.formats.fingerprints import FingerprintReader


def test_full_fingerprints_come_before_partial_ones_and_preferred_names_first() -> None:
    claims = FingerprintReader().claims(
        {"zeta": "1a", "contextHash/v1": "2a"},
        {"alpha": "3a", "primaryLocationLineHash": "4a"},
    )
    assert [name for name, _ in claims] == [
        "contextHash/v1",
        "zeta",
        "primaryLocationLineHash",
        "alpha",
    ]


def test_of_one_method_the_highest_version_is_taken_as_a_number() -> None:
    claims = FingerprintReader().claims({"m/v2": "two", "m/v10": "ten", "m": "old"}, None)
    assert claims == (("m/v10", "ten"),)


@pytest.mark.parametrize(
    "name",
    ["primaryLocationStartColumnFingerprint", "scanFileHash", "commitSha", "author", "email/v1"],
)
def test_names_that_say_nothing_of_the_place_are_refused(name: str) -> None:
    reader = FingerprintReader()
    assert reader.claims({name: "a1b2c3"}, None) == ()
    assert reader.distrusted()[0].startswith(name)


@pytest.mark.parametrize(
    "value", ["", "  ", "0", "None", "unknown", "<uid>", "Requires Login", None]
)
def test_values_that_are_placeholders_are_refused(value: Any) -> None:
    assert FingerprintReader().claims({"m": value}, None) == ()


@pytest.mark.parametrize(("value", "text"), [(12, "12"), ({"value": "v1"}, "v1"), (1.5, "1.5")])
def test_numbers_and_objects_with_a_value_are_read(value: Any, text: str) -> None:
    assert FingerprintReader().claims({"m": value}, None) == (("m", text),)


def test_a_hostile_value_is_cleaned() -> None:
    ((_, value),) = FingerprintReader().claims({"m": "a\x1b]52;c;x\x07b"}, None)
    assert "\x1b" not in value


VALUES = st.sampled_from(
    ["8a1c3f0d5e7b9a21:1", "a" * 500, "a" * 501, "requires login", "<a placeholder of a tool>",
     " " * 30, "\u00e9" * 30, "short", "todo", "", 7, None, {"value": "0123456789abcdef"}]
)  # fmt: skip
PLAIN = st.text("0123456789abcdef:", min_size=15, max_size=30)


@given(
    st.sampled_from([{}, {"startColumnFingerprint": "4"}]),
    st.lists(st.one_of(PLAIN, PLAIN, PLAIN, VALUES), max_size=6),
    st.lists(st.one_of(st.none(), st.just({}), st.fixed_dictionaries({"f": VALUES})), max_size=6),
)
def test_claims_of_many_are_those_of_each(
    more: dict[str, Any], values: list[Any], full: list[dict[str, Any] | None]
) -> None:
    partial = [{"hash/v1": value} | more for value in values]
    full += [None] * (len(values) - len(full))
    full = full[: len(values)]
    many, each = FingerprintReader(), FingerprintReader()
    expected = [each.claims(*pair, n) for n, pair in enumerate(zip(full, partial, strict=True))]
    assert many.claims_of(full, partial, range(len(values))) == expected
    assert many.distrusted() == each.distrusted()
