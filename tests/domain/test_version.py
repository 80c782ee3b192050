"""Versions that can be compared, and ranges of them."""

from __future__ import annotations

import pytest

from riskcockpit.domain.version import Interval, intervals, version_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2.3", (1, 2, 3)),
        ("v1.2", (1, 2)),
        ("1.0.0", (1,)),
        ("0", ()),
        ("1.2.3+build.7", (1, 2, 3)),
        ("5.3.1.Final", (5, 3, 1)),
        (" 2 ", (2,)),
    ],
)
def test_a_plain_version_is_its_numbers(text: str, expected: tuple[int, ...]) -> None:
    assert version_of(text) == expected


@pytest.mark.parametrize(
    "text", ["", "1.2-rc1", "1:2.0", "1.2-3.el8", "latest", "1..2", "\u0663.\u0661"]
)
def test_a_version_that_orders_differently_elsewhere_is_not_compared(text: str) -> None:
    assert version_of(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vers:npm/>=1.0|<2.0", (Interval((1,), (2,), True, False),)),
        ("<2.0", (Interval(None, (2,), True, False),)),
        (">1|<=2", (Interval((1,), (2,), False, True),)),
        (">=3", (Interval((3,), None, True),)),
        ("vers:pypi/1.5", (Interval((1, 5), (1, 5)),)),
        ("vers:all/*", (Interval(),)),
        (
            "vers:semver/>=1|<1.4|>=2|<2.2",
            (Interval((1,), (1, 4), True, False), Interval((2,), (2, 2), True, False)),
        ),
    ],
)
def test_a_range_is_its_intervals(text: str, expected: tuple[Interval, ...]) -> None:
    assert intervals(text) == expected


@pytest.mark.parametrize(
    "text", ["", "vers:deb/>=1.2-3|<1.4", "!=1.0", "earlier than 2", "vers:npm/"]
)
def test_of_a_range_that_cannot_be_told_nothing_is_said(text: str) -> None:
    assert intervals(text) is None
