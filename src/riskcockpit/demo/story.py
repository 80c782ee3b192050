"""The story: what the monitors say at any moment, as a function of time and of the champions.

Time is compressed. Seconds after the start of the demo:

    0-20      all is calm
    20-80     the drift of a feature of the fraud model rises, and is beyond its limit at about 55 s
    60-170    the accuracy of fraud-scoring v7 sinks from 0.94 to 0.81; below 0.90 at about 105 s
    then      it stays there until somebody rolls back to v6

Two seconds after the champion alias moved, the serving side follows; within eight more seconds the
older version's readings are where they were before. Told still, the story stands at the alarm and
only what a person does changes anything.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from riskcockpit.demo.dice import Dice
from riskcockpit.demo.prometheus_sim import Sample
from riskcockpit.demo.registry import PAST_ROLLBACK, PLANS, STORY_MODEL, ModelPlan
from riskcockpit.domain.model import CHAMPION

CALM_UNTIL = 20.0
DRIFT_FULL = 80.0
DECAY_FROM = 60.0
DECAY_UNTIL = 170.0
ALARM_AT = 200.0
"""Where a still story stands: the accuracy has been low for a while. Seconds."""
FOLLOW_SECONDS = 2.0
"""From the moved alias until the serving side loads the other version."""
RECOVERY_SECONDS = 8.0
"""From then until its readings are good again."""
DECAYED_ACCURACY = 0.812
CALM_DRIFT, FULL_DRIFT = 0.06, 0.41
DRIFT_LIMIT = 0.25
BIAS_LIMIT = 0.10
DAY = 86_400.0
PAST_ROLLBACK_DAYS = 21.0
"""How many days before the start the model of the past rollback began to fail."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set whose checks are watched."""

    name: str
    owner: str
    tier: Literal[1, 2, 3]
    pass_ratio: float
    """Share of checks that pass."""
    age_seconds: float
    """Age of the newest validated data; saw-tooth over each period of that length."""
    limit_seconds: float
    domain: str = ""


DATA_SETS = (
    DataSet("card-transactions", "payments-data", 1, 0.997, 2_400, 86_400, "payments"),
    DataSet("loan-applications", "lending-data", 1, 0.996, 5_400, 86_400, "lending"),
    DataSet("transfer-graph", "financial-crime", 1, 0.994, 7_200, 86_400, "payments"),
    DataSet("kyc-documents", "onboarding", 1, 0.986, 10_800, 86_400, "onboarding"),
    DataSet("support-dialogues", "customer-service", 2, 0.991, 21_600, 172_800, "customer-service"),
    DataSet("customer-activity", "growth", 3, 0.993, 28_800, 172_800, "customer-service"),
)
PASS_LIMIT = 0.98


class Story:
    """Knows which version serves when, and what the monitors measure. Safe to use from threads."""

    def __init__(self, dice: Dice, start: float, *, still: bool) -> None:
        """Begin at `start`, in seconds since 1970."""
        self._dice = dice
        self._start = start
        self._begun = start
        self._still = still
        self._lock = threading.Lock()
        self._moves: dict[str, list[tuple[float, int]]] = {
            plan.name: [(-math.inf, plan.champion)] for plan in PLANS
        }
        name, bad, _ = PAST_ROLLBACK
        self._moves[name] = [(-math.inf, bad)]

    def begin(self, at: float) -> None:
        """Let the story unfold from `at` on; until somebody says so it unfolds from the start."""
        self._begun = at

    def alias_moved(self, model: str, alias: str, version: int | None, at: float) -> None:
        """Note that `alias` of `model` points to `version` from `at` on."""
        if alias != CHAMPION or version is None:
            return
        with self._lock:
            moves = self._moves[model]
            if moves[-1][1] != version:
                moves.append((at, version))

    def samples(self, at: float) -> Iterator[Sample]:
        """Yield every sample there is at `at`, in seconds since 1970."""
        with self._lock:
            moves: Mapping[str, list[tuple[float, int]]] = {
                name: list(history) for name, history in self._moves.items()
            }
        for plan in PLANS:
            yield from self._of_model(plan, moves[plan.name], at)
        for data_set in DATA_SETS:
            yield from self._of_data(data_set, at)

    def _of_model(
        self, plan: ModelPlan, moves: list[tuple[float, int]], at: float
    ) -> Iterator[Sample]:
        version, since = _serving(moves, at, self._still and at >= self._start)
        labels = {"model": plan.name, "version": str(version)}
        accuracy = self._accuracy(plan, version, since, at)
        yield Sample("model_accuracy", round(accuracy, 4), labels)
        yield Sample("model_accuracy_threshold", plan.threshold, {"model": plan.name})
        drift = self._drift(plan, version, since, at)
        yield Sample("model_feature_psi", round(drift, 4), {**labels, "feature": plan.feature})
        yield Sample("model_feature_psi_threshold", DRIFT_LIMIT, {"model": plan.name})
        if plan.group:
            bias = 0.052 + self._wobble(0.012, plan.name, "bias", at=at)
            group = {**labels, "attribute": plan.group}
            yield Sample("model_demographic_parity_difference", round(bias, 4), group)
            yield Sample("model_demographic_parity_difference_threshold", BIAS_LIMIT,
                         {"model": plan.name})  # fmt: skip
        moment = self._moment(at)
        scored = 900 + 400 * math.sin(moment / DAY * math.tau) + self._wobble(90, plan.name, at=at)
        yield Sample("model_scored_rows", float(round(scored)), labels)

    def _of_data(self, data_set: DataSet, at: float) -> Iterator[Sample]:
        labels = {"dataset": data_set.name}
        ratio = min(1.0, data_set.pass_ratio + self._wobble(0.002, data_set.name, "checks", at=at))
        yield Sample("data_checks_pass_ratio", round(ratio, 4), labels)
        yield Sample("data_checks_pass_ratio_threshold", PASS_LIMIT, labels)
        offset = self._dice.between(0, data_set.age_seconds, data_set.name, "age")
        moment = self._moment(at)
        age = 300 + (moment - self._start + offset) % data_set.age_seconds
        yield Sample("data_age_seconds", float(round(age)), labels)
        yield Sample("data_age_seconds_threshold", float(data_set.limit_seconds), labels)

    def _accuracy(self, plan: ModelPlan, version: int, since: float, at: float) -> float:
        calm = plan.accuracy + self._wobble(0.004, plan.name, "accuracy", at=at)
        name, bad, _ = PAST_ROLLBACK
        if plan.name == name and version == bad:
            fallen = self._start - PAST_ROLLBACK_DAYS * DAY
            return calm - (0.07 if at >= fallen else 0.0)
        if plan.name != STORY_MODEL:
            return calm
        if version == plan.champion:
            lost = _ramp(self._told(at), DECAY_FROM, DECAY_UNTIL)
            return calm - lost * (calm - DECAYED_ACCURACY)
        older = calm - 0.006
        if math.isinf(since):
            return older
        return older - (1.0 - self._recovered(since, at)) * (older - DECAYED_ACCURACY - 0.03)

    def _drift(self, plan: ModelPlan, version: int, since: float, at: float) -> float:
        calm = CALM_DRIFT + self._wobble(0.015, plan.name, "drift", at=at)
        if plan.name != STORY_MODEL:
            return calm
        risen = _ramp(self._told(at), CALM_UNTIL, DRIFT_FULL)
        if version != plan.champion and not math.isinf(since):
            risen *= 1.0 - self._recovered(since, at)
        return calm + risen * (FULL_DRIFT - CALM_DRIFT)

    def _moment(self, at: float) -> float:
        """Return `at`, or the start once a still story has begun."""
        return min(at, self._start) if self._still else at

    def _told(self, at: float) -> float:
        """Return how far the story is at `at`, in seconds; a still one never goes on."""
        if self._still:
            return min(at - self._start, 0.0) + ALARM_AT
        return at - self._begun

    def _recovered(self, since: float, at: float) -> float:
        if self._still:
            return 1.0
        return _ramp(at - since, 0.0, RECOVERY_SECONDS)

    def _wobble(self, size: float, *names: str, at: float) -> float:
        """Return a slow, small movement of at most `size` either way."""
        moment = self._moment(at)
        phase, seconds = _swing(self._dice, names)
        mood = _mood(self._dice, names, int(moment // DAY))
        return size * (0.6 * math.sin(phase + moment / seconds * math.tau) + 0.4 * mood)


@lru_cache(maxsize=4096)
def _swing(dice: Dice, names: tuple[str, ...]) -> tuple[float, float]:
    """Return phase and period (seconds) of a series' slow movement."""
    hours = dice.between(5, 31, *names, "period")
    return dice.between(0, math.tau, *names, "phase"), hours * 3600


@lru_cache(maxsize=16_384)
def _mood(dice: Dice, names: tuple[str, ...], day: int) -> float:
    """Return how a series stands on one day since 1970, between -1 and 1."""
    return dice.between(-1, 1, *names, day)


def _serving(moves: list[tuple[float, int]], at: float, at_once: bool) -> tuple[int, float]:
    """Return which version serves at `at`, and since when; the alias is followed after a while."""
    follow = 0.0 if at_once else FOLLOW_SECONDS
    serving = moves[0][1], -math.inf
    for moved_at, version in moves:
        if moved_at + follow <= at:
            serving = version, moved_at + follow
    return serving


def _ramp(value: float, low: float, high: float) -> float:
    """Return 0 below `low`, 1 above `high`, and a smooth rise between."""
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    return share * share * (3 - 2 * share)
