"""Scenarios of loss and the price list that follows from them. Pure: reads no file, no cache.

The price list says what one open finding of a class, severity and tier is expected to cost a year.
A simulation can take the same scenarios; it stands behind the same seam.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import msgspec

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import ConfigError
from riskcockpit.exposure.formulas import annual_loss_expectancy, pert_mean

Certainty = Literal["measured", "published", "judgement"]
TIERS = (1, 2, 3)


class _Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the parts of `config/exposure.yaml`."""


class Scenario(_Struct, frozen=True):
    """How often findings of some classes lead to a loss, and how large one is."""

    id: str
    title: str
    classes: tuple[FindingClass, ...]
    event_type: str
    """Basel event type, to reconcile with operational-loss data; no claim of capital."""
    frequency: dict[str, tuple[float, float, float]]
    """Severity word → PERT of events a year that one finding adds."""
    loss: tuple[float, float]
    """90 % interval of the loss of one event."""
    source: str
    certainty: Certainty


class ModelBaseline(_Struct, frozen=True):
    """The scenario of a model in production whose readings are fine."""

    frequency: tuple[float, float, float]
    loss: tuple[float, float]
    source: str
    certainty: Certainty


class ExposureModel(_Struct, frozen=True):
    """All of `config/exposure.yaml`."""

    currency: str
    tiers: dict[int, float]
    known_exploited_factor: Decimal
    scenarios: tuple[Scenario, ...]
    models: ModelBaseline


@dataclass(frozen=True, slots=True)
class Price:
    """What one open finding is expected to cost a year."""

    finding_class: FindingClass
    severity: Severity
    tier: int
    is_kev: bool
    amount: Decimal
    """In the model's currency, to the cent."""


def parse(raw: Any, where: str) -> ExposureModel:
    """Read the scenarios from plain values; `where` is for messages.

    Raises:
        ConfigError: a key is unknown, a value is of the wrong type or makes no sense.
    """
    try:
        model = msgspec.convert(raw, ExposureModel, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"cannot read exposure from {where}: {error}") from error
    for fault in _faults(model):
        raise ConfigError(f"cannot read exposure from {where}: {fault}")
    return model


def price_list(model: ExposureModel) -> Iterator[Price]:
    """Yield the price of every combination of class, severity, tier and known exploitation."""
    for scenario in model.scenarios:
        for severity in Severity:
            rate = pert_mean(*scenario.frequency[severity.word])
            mean = annual_loss_expectancy(rate, *scenario.loss)
            for finding_class in scenario.classes:
                for tier in TIERS:
                    for is_kev in (False, True):
                        factor = float(model.known_exploited_factor) if is_kev else 1.0
                        amount = _cents(mean * model.tiers[tier] * factor)
                        yield Price(finding_class, severity, tier, is_kev, amount)


def model_baseline(model: ExposureModel) -> Mapping[int, Decimal]:
    """Return what a model in production is expected to cost a year, by tier."""
    rate = pert_mean(*model.models.frequency)
    mean = annual_loss_expectancy(rate, *model.models.loss)
    return {tier: _cents(mean * model.tiers[tier]) for tier in TIERS}


def _cents(amount: float) -> Decimal:
    return Decimal(repr(round(amount, 2))).quantize(Decimal("0.01"))


def _faults(model: ExposureModel) -> Iterator[str]:
    """Yield, in words, what no type refuses."""
    if set(model.tiers) != set(TIERS) or not all(0 <= share <= 1 for share in model.tiers.values()):
        yield "tiers: 1, 2 and 3 each need a share between 0 and 1"
    if model.known_exploited_factor < 1:
        yield "known_exploited_factor: at least 1"
    seen: set[FindingClass] = set()
    for scenario in model.scenarios:
        yield from _scenario_faults(scenario)
        if doubled := seen & set(scenario.classes):
            yield f"{scenario.id}: {min(doubled)} has two scenarios"
        seen |= set(scenario.classes)
    if missing := set(FindingClass) - seen:
        yield f"no scenario for {', '.join(sorted(missing))}"
    yield from _range_faults("models", {"": model.models.frequency}, model.models.loss)


def _scenario_faults(scenario: Scenario) -> Iterator[str]:
    words = {severity.word for severity in Severity}
    if set(scenario.frequency) != words:
        yield f"{scenario.id}: frequency needs exactly {', '.join(sorted(words))}"
        return
    yield from _range_faults(scenario.id, scenario.frequency, scenario.loss)


def _range_faults(
    name: str, frequency: Mapping[str, tuple[float, float, float]], loss: tuple[float, float]
) -> Iterator[str]:
    if not 0 < loss[0] <= loss[1]:
        yield f"{name}: loss needs 0 < low <= high, not {loss[0]:g} to {loss[1]:g}"
    for word, (least, likeliest, most) in frequency.items():
        if not 0 <= least <= likeliest <= most:
            label = f"frequency {word}".rstrip()
            yield f"{name}: {label} needs 0 <= least <= likeliest <= most"
