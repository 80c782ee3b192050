"""Values of the domain: identity digests, money, severity, time, rollback targets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.domain.clock import Window, as_utc, parse_utc, rfc3339
from riskcockpit.domain.ids import digest
from riskcockpit.domain.kpi import KpiState, judge
from riskcockpit.domain.model import (
    ROLLED_BACK_TAG,
    ModelVersion,
    RegisteredModel,
    rollback_target,
)
from riskcockpit.domain.money import Money, MoneyRange
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.domain.severity import Severity

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
parts = st.lists(st.text(st.characters(exclude_categories=()), max_size=6), max_size=4)


@given(parts, parts)
def test_different_tuples_have_different_digests(one: list[str], other: list[str]) -> None:
    assert (digest(one) == digest(other)) == (one == other)


def test_a_digest_is_the_same_on_every_computer() -> None:
    assert digest(["repo", "tool", "rule"]) == "95ca7b6433bc6ecafa42d844a7e0245a"
    assert digest(["ab", "c"]) != digest(["a", "bc"])


@pytest.mark.parametrize(
    ("score", "expected"),
    [(10, Severity.CRITICAL), (9, Severity.CRITICAL), (8.9, Severity.HIGH), (7, Severity.HIGH),
     (6.9, Severity.MEDIUM), (4, Severity.MEDIUM), (3.9, Severity.LOW), (0.1, Severity.LOW),
     (0, Severity.INFO)],
)  # fmt: skip
def test_scores_become_severities(score: float, expected: Severity) -> None:
    assert Severity.from_score(score) is expected


def test_upstream_words_become_severities_and_unknown_ones_do_not() -> None:
    assert Severity.from_word(" Moderate ") is Severity.MEDIUM
    assert Severity.from_word("spicy") is None


def test_money_refuses_to_mix_currencies() -> None:
    with pytest.raises(ValueError, match="cannot mix EUR and USD"):
        Money(Decimal(1), "EUR") + Money(Decimal(1), "USD")
    assert Money.total([], "EUR") == Money(Decimal(0), "EUR")


def test_a_loss_range_needs_a_positive_low_end() -> None:
    with pytest.raises(ValueError, match="0 < low <= high"):
        MoneyRange(Money(Decimal(0), "EUR"), Money(Decimal(1), "EUR"))


@given(
    st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)),
    st.integers(-14, 14),
)
def test_moments_survive_writing_and_reading(naive: datetime, hours: int) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert parse_utc(rfc3339(moment)) == moment
    assert rfc3339(moment).endswith("Z")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        as_utc(datetime(2026, 11, 24))


def test_a_window_is_half_open() -> None:
    window = Window(NOON, NOON + timedelta(hours=1))
    assert NOON in window
    assert NOON + timedelta(hours=1) not in window


def version(number: int, status: str = "READY", **tags: str) -> ModelVersion:
    return ModelVersion("fraud", number, status, NOON, tags=tags)


def test_the_rollback_target_is_the_newest_approved_older_version() -> None:
    model = RegisteredModel(
        "fraud",
        versions=(
            version(12, validation_status="approved"),
            version(11, validation_status="approved"),  # the champion
            version(10, "PENDING_REGISTRATION", validation_status="approved"),
            version(9, validation_status="approved", **{ROLLED_BACK_TAG: "yes"}),
            version(8),
            version(7, validation_status="approved"),
            version(3, validation_status="approved"),
        ),
        aliases={"champion": 11},
    )
    target = rollback_target(model)
    assert target is not None
    assert target.version == 7


def test_without_a_champion_there_is_no_rollback_target() -> None:
    assert (
        rollback_target(RegisteredModel("m", (version(1, validation_status="approved"),))) is None
    )


@pytest.mark.parametrize(
    ("value", "is_stale", "expected"),
    [(None, False, KpiState.NO_DATA), (None, True, KpiState.NO_DATA), (1.0, True, KpiState.STALE),
     (48.0, False, KpiState.OK), (60.0, False, KpiState.WARN), (72.1, False, KpiState.ALARM)],
)  # fmt: skip
def test_a_kpi_is_never_ok_without_fresh_data(
    value: float | None, is_stale: bool, expected: KpiState
) -> None:
    assert judge(value, 48, Direction.AT_MOST, 72, is_stale=is_stale) is expected


def test_a_reading_on_its_threshold_is_no_breach_and_nan_is_no_reading() -> None:
    def reading(value: float) -> Reading:
        return Reading(
            SubjectKind.MODEL, "m", "auc", MetricClass.ACCURACY, value, NOON, threshold=0.9
        )

    assert not reading(0.9).is_breach
    assert reading(0.8999).is_breach
    with pytest.raises(ValueError, match="finite"):
        reading(float("nan"))
