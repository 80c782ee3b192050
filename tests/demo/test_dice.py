from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.demo.dice import Dice

names = st.lists(st.text(max_size=8) | st.integers(), min_size=1, max_size=3)


@given(st.integers(), names)
def test_a_throw_depends_on_seed_and_names_only(seed: int, of: list[object]) -> None:
    assert Dice(seed).share(*of) == Dice(seed).share(*of)


@given(st.integers(), st.integers(-5, 5), st.integers(0, 9), names)
def test_counts_stay_within_their_bounds(seed: int, low: int, span: int, of: list[object]) -> None:
    assert low <= Dice(seed).count(low, low + span, *of) <= low + span


def test_throws_are_spread_evenly() -> None:
    shares = [Dice(7).share("throw", number) for number in range(2000)]
    tenths = [sum(n / 10 <= share < (n + 1) / 10 for share in shares) for n in range(10)]
    assert all(140 < count < 260 for count in tenths)


def test_another_seed_throws_otherwise() -> None:
    assert Dice(1).hexes(16, "a") != Dice(2).hexes(16, "a")


def test_throws_are_the_same_on_every_computer() -> None:
    assert (Dice(7).hexes(12, "commit", 3), Dice(7).count(1, 1000, "x")) == (
        "45d49d9edc59",
        363,
    )
