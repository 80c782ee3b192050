"""What readings prove: a breach of the version that serves, and that what took over is well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from riskcockpit.actions.guards import AutomationFacts, Mode
from riskcockpit.actions.plan import MoveFacts
from riskcockpit.actions.proof import Proof, breach_of, prove
from riskcockpit.config.automation import Automation, Rule
from riskcockpit.domain.model import CHAMPION, RegisteredModel
from riskcockpit.domain.reading import MetricClass, Reading, SubjectKind

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SINCE = NOW - timedelta(minutes=10)
ACCURACY = [("accuracy", "")]
RULE = Rule(id="lost", class_=MetricClass.ACCURACY, action="rollback", max_age="5m")
GOOD = Reading(
    SubjectKind.MODEL, "fraud", "accuracy", MetricClass.ACCURACY, 0.95, NOW, version=6,
    threshold=0.9,
)  # fmt: skip
BIAS = replace(GOOD, metric="bias", metric_class=MetricClass.BIAS)
LOW = replace(GOOD, value=0.8)


def moves(readings: Sequence[Reading], champion: int | None = 6) -> MoveFacts:
    aliases = {} if champion is None else {CHAMPION: champion}
    return MoveFacts(
        model=RegisteredModel("fraud", (), aliases), readings=readings, data_alarms=[],
        last_rollback_at=None, in_flight=[], now=NOW, cooldown=timedelta(hours=4),
        max_reading_age=timedelta(minutes=15),
    )  # fmt: skip


def proof(
    *readings: Reading, measured: Sequence[tuple[str, str]] = ACCURACY, champion: int | None = 6,
    **rule: object,
) -> Proof:  # fmt: skip
    facts = AutomationFacts(
        moves((), champion), readings, None, (), "", Mode(is_enforced=False, why="")
    )
    policy = Automation(rules=(msgspec.structs.replace(RULE, **rule),))
    return prove(policy, facts, measured, SINCE)


@pytest.mark.parametrize(
    ("reading", "standing", "stale"),
    [
        (LOW, 1, 0),
        (GOOD, 0, 0),
        (replace(LOW, at=NOW - timedelta(minutes=16)), 0, 1),
        (replace(LOW, version=7), 0, 0),
        (replace(LOW, version=None), 0, 0),
        (replace(LOW, metric="recall"), 0, 0),
        (replace(LOW, segment="women"), 0, 0),
        (replace(LOW, metric_class=MetricClass.DRIFT), 0, 0),
        (replace(LOW, threshold=None), 0, 0),
    ],
)
def test_only_a_fresh_reading_of_what_serves_is_a_breach_that_stands(
    reading: Reading, standing: int, stale: int
) -> None:
    found = breach_of(moves([reading]), ACCURACY)
    assert (len(found.standing), len(found.stale)) == (standing, stale)
    assert breach_of(moves([replace(LOW, version=None)], None), ACCURACY).standing == ()


def test_a_fresh_good_reading_of_what_serves_is_a_proof() -> None:
    found = proof(GOOD)
    assert (found.is_given, found.version) == (True, 6)
    assert found.within == ("accuracy 0.95 at 2026-03-02T12:00:00Z",)


@pytest.mark.parametrize(
    ("reading", "why"),
    [
        (replace(GOOD, version=7), "no reading of accuracy of version 6 since 2026-03-02T11:50"),
        (replace(GOOD, at=SINCE), "no reading of accuracy of version 6 since"),
        (replace(GOOD, at=NOW + timedelta(minutes=6)), "no reading of accuracy"),
        (replace(GOOD, at=NOW - timedelta(minutes=6)), "is 6m old"),
        (replace(GOOD, threshold=None), "has no limit"),
        (replace(GOOD, version=None, window_seconds=900), "no reading of accuracy"),
    ],
)
def test_what_is_old_or_of_another_version_proves_nothing(reading: Reading, why: str) -> None:
    found = proof(reading)
    assert not found.is_given
    assert found.beyond == ()
    assert why in found.missing[0]


def test_a_reading_that_rests_on_too_few_cases_proves_nothing() -> None:
    assert "unknown number" in proof(GOOD, min_sample=100).missing[0]
    assert "99 cases" in proof(replace(GOOD, sample_size=99), min_sample=100).missing[0]
    assert proof(replace(GOOD, sample_size=100), min_sample=100).is_given


def test_a_reading_without_a_version_counts_once_its_window_began_since() -> None:
    assert proof(replace(GOOD, version=None, window_seconds=300)).is_given


def test_the_newest_reading_counts_and_the_limit_of_a_rule_as_well() -> None:
    older = replace(GOOD, at=NOW - timedelta(minutes=2))
    assert proof(older, LOW).beyond == ("accuracy 0.8 below 0.9",)
    assert proof(replace(LOW, at=older.at), GOOD).is_given
    assert proof(GOOD, threshold=0.97).beyond == ("accuracy 0.95 below 0.97",)
    assert proof(replace(GOOD, threshold=None), threshold=0.9).is_given


def test_all_that_was_in_breach_has_to_be_known_and_nothing_else_may_breach() -> None:
    both = [*ACCURACY, ("bias", "")]
    old = replace(BIAS, at=SINCE - timedelta(days=1))
    assert "no reading of bias" in proof(GOOD, old, measured=both).missing[0]
    assert proof(GOOD, BIAS, measured=both).is_given
    assert proof(GOOD, old).is_given, "it was not in breach"
    assert proof(GOOD, replace(old, value=0.5)).beyond == ("bias 0.5 below 0.9",)
    assert "no reading of bias" in proof(GOOD, old, measured=[]).missing[0]


def test_drift_beyond_its_limit_is_a_doubt_and_no_proof_against_it() -> None:
    drift = replace(LOW, metric="psi", metric_class=MetricClass.DRIFT)
    found = proof(GOOD, drift, measured=[*ACCURACY, ("psi", "")])
    assert (found.is_given, len(found.doubts)) == (True, 1)
    assert not proof(drift, measured=[("psi", "")]).is_given
    assert not proof(GOOD, champion=None).is_given
