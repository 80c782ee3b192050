"""Money at risk: golden values, the price list, and scenarios that make no sense."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.config.paths import shipped
from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import ConfigError
from riskcockpit.exposure.formulas import (
    annual_loss_expectancy,
    lognormal_mean,
    lognormal_parameters,
    pert_mean,
)
from riskcockpit.exposure.model import model_baseline, parse, price_list

amounts = st.floats(1, 1e9)


def shipped_model() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(shipped("config", "exposure.yaml").read_text())
    return found


@pytest.mark.parametrize(
    ("rate", "low", "high", "expected"),
    [
        (0.1, 1, 10, 0.4040012826945718),
        (3.0, 1, 10, 12.120038480837177),
        (0.1, 1e5, 1e6, 40_400.128269457266),
        (1.0, 635_000, 19_000_000, 5_922_706.83351131),
        (pert_mean(0.05, 0.1, 0.5), 1e5, 1e7, 421_796.85),
    ],
)
def test_the_closed_form_gives_the_published_values(
    rate: float, low: float, high: float, expected: float
) -> None:
    assert math.isclose(annual_loss_expectancy(rate, low, high), expected, rel_tol=1e-8)


def test_pert_uses_the_standard_mean() -> None:
    assert math.isclose(pert_mean(0, 1, 10), 2.3333333333333335, rel_tol=1e-12)
    assert pert_mean(3, 3, 3) == 3


def test_the_lognormal_has_the_given_quantiles() -> None:
    mu, sigma = lognormal_parameters(1e5, 1e7)
    assert math.isclose(math.exp(mu - 1.6448536269514722 * sigma), 1e5, rel_tol=1e-12)
    assert math.isclose(math.exp(mu + 1.6448536269514722 * sigma), 1e7, rel_tol=1e-12)


@given(amounts, st.floats(1, 100), st.floats(0.1, 1000))
def test_scaling_the_currency_scales_the_loss(low: float, width: float, scale: float) -> None:
    high = low * width
    scaled = lognormal_mean(low * scale, high * scale)
    assert math.isclose(scaled, scale * lognormal_mean(low, high), rel_tol=1e-9)


@given(amounts, st.floats(1, 100))
def test_a_degenerate_range_is_its_own_mean_and_no_events_cost_nothing(
    low: float, width: float
) -> None:
    assert math.isclose(lognormal_mean(low, low), low, rel_tol=1e-9)
    assert annual_loss_expectancy(0, low, low * width) == 0


def test_the_shipped_scenarios_price_every_finding_and_a_worse_one_never_less() -> None:
    prices = {
        (p.finding_class, p.severity, p.tier, p.is_kev): p.amount
        for p in price_list(parse(shipped_model(), "exposure.yaml"))
    }
    assert len(prices) == len(FindingClass) * len(Severity) * 3 * 2
    for (kind, severity, tier, is_kev), amount in prices.items():
        if severity < Severity.CRITICAL:
            assert prices[kind, Severity(severity + 1), tier, is_kev] >= amount
        if tier > 1:
            assert prices[kind, severity, tier - 1, is_kev] >= amount
        if not is_kev:
            assert prices[kind, severity, tier, True] >= amount


def test_a_critical_model_is_priced_by_hand() -> None:
    prices = {
        (p.finding_class, p.severity, p.tier, p.is_kev): p.amount
        for p in price_list(parse(shipped_model(), "exposure.yaml"))
    }
    mu, sigma = lognormal_parameters(200_000, 6_000_000)
    by_hand = (0.3 + 4 * 0.8 + 2.0) / 6 * math.exp(mu + sigma**2 / 2)
    found = prices[FindingClass.MODEL, Severity.CRITICAL, 1, False]
    assert found == Decimal(str(round(by_hand, 2))).quantize(Decimal("0.01"))
    baseline = model_baseline(parse(shipped_model(), "exposure.yaml"))
    assert 0 < baseline[3] < baseline[2] < baseline[1] < found


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (("tiers", 1), 1.5, "share between 0 and 1"),
        (("known_exploited_factor",), "0.5", "at least 1"),
        (("scenarios", 0, "loss"), [0, 10], "0 < low <= high"),
        (("scenarios", 0, "loss"), [10, 1], "0 < low <= high"),
        (("scenarios", 0, "frequency", "high"), [1, 0.5, 2], "least <= likeliest"),
        (("scenarios", 0, "frequency", "hihg"), [0, 0, 0], "frequency needs exactly"),
        (("scenarios", 1, "classes"), ["code"], "has two scenarios"),
        (("scenarios", 2, "classes"), [], "no scenario for secret"),
        (("scenarios", 0, "certainty"), "sure", "certainty"),
        (("scenarios", 0, "losses"), [1, 2], "unknown field"),
    ],
)
def test_scenarios_that_make_no_sense_are_refused(
    path: tuple[Any, ...], value: Any, why: str
) -> None:
    raw = shipped_model()
    inner: Any = raw
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(ConfigError, match=why):
        parse(raw, "exposure.yaml")
