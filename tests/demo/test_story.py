from __future__ import annotations

from riskcockpit.demo.dice import Dice
from riskcockpit.demo.registry import PAST_ROLLBACK, PLANS
from riskcockpit.demo.story import DATA_SETS, Story

START = 1_777_881_600.0
FRAUD = "fraud-scoring"


def told(still: bool = False, seed: int = 7) -> Story:
    return Story(Dice(seed), START, still=still)


def measured(story: Story, seconds: float, metric: str, subject: str = FRAUD) -> float:
    values = [
        sample.value
        for sample in story.samples(START + seconds)
        if sample.name == metric and subject in sample.labels.values()
    ]
    (value,) = values
    return value


def version(story: Story, seconds: float) -> str:
    return next(
        sample.labels["version"]
        for sample in story.samples(START + seconds)
        if sample.name == "model_accuracy" and sample.labels["model"] == FRAUD
    )


def test_all_is_calm_at_the_start() -> None:
    story = told()
    for plan in PLANS:
        if plan.name == PAST_ROLLBACK[0]:
            continue
        assert measured(story, 0, "model_accuracy", plan.name) > plan.threshold
        assert measured(story, 0, "model_feature_psi", plan.name) < 0.25
    for data in DATA_SETS:
        age = measured(story, 0, "data_age_seconds", data.name)
        assert 0 < age < data.limit_seconds


def test_drift_rises_before_the_accuracy_falls() -> None:
    story = told()
    drifted = next(t for t in range(300) if measured(story, t, "model_feature_psi") > 0.25)
    fallen = next(t for t in range(300) if measured(story, t, "model_accuracy") < 0.90)
    assert 30 < drifted < fallen < 130
    assert measured(story, 600, "model_accuracy") < 0.83


def test_without_a_rollback_nothing_recovers() -> None:
    assert measured(told(), 86_400, "model_accuracy") < 0.83


def test_readings_recover_within_seconds_of_a_rollback() -> None:
    story = told()
    story.alias_moved(FRAUD, "champion", 6, START + 200)
    assert version(story, 201) == "7"
    assert version(story, 203) == "6"
    assert measured(story, 203, "model_accuracy") < 0.90
    assert measured(story, 211, "model_accuracy") > 0.92
    assert measured(story, 211, "model_feature_psi") < 0.1


def test_the_past_stays_as_it_was_after_a_rollback() -> None:
    story = told()
    before = measured(story, 150, "model_accuracy")
    story.alias_moved(FRAUD, "champion", 6, START + 200)
    assert measured(story, 150, "model_accuracy") == before
    assert version(story, 150) == "7"


def test_rolling_forward_again_brings_the_fault_back() -> None:
    story = told()
    story.alias_moved(FRAUD, "champion", 6, START + 200)
    story.alias_moved(FRAUD, "champion", 7, START + 300)
    assert measured(story, 310, "model_accuracy") < 0.83


def test_other_aliases_change_nothing() -> None:
    story = told()
    story.alias_moved(FRAUD, "challenger", 6, START)
    story.alias_moved(FRAUD, "champion", None, START)
    assert version(story, 60) == "7"


def test_a_still_story_stands_at_the_alarm() -> None:
    story = told(still=True)
    first, later = (
        [(s.name, s.value, s.labels) for s in story.samples(START + seconds)]
        for seconds in (0, 5000)
    )
    assert first == later
    assert measured(story, 0, "model_accuracy") < 0.83


def test_a_still_story_shows_how_it_came_to_the_alarm() -> None:
    assert measured(told(still=True), -190, "model_accuracy") > 0.92


def test_a_rollback_in_a_still_story_recovers_at_once() -> None:
    story = told(still=True)
    story.alias_moved(FRAUD, "champion", 6, START + 50)
    assert version(story, 50) == "6"
    assert measured(story, 50, "model_accuracy") > 0.92


def test_the_model_of_the_past_rollback_failed_in_its_time() -> None:
    name, _, good = PAST_ROLLBACK
    story = told()
    days = 86_400
    assert measured(story, -22 * days, "model_accuracy", name) > 0.88
    assert measured(story, -20.9 * days, "model_accuracy", name) < 0.88
    story.alias_moved(name, "champion", good, START - 20.8 * days)
    assert measured(story, -20.7 * days, "model_accuracy", name) > 0.88


def test_the_same_seed_measures_the_same() -> None:
    ours = [(s.name, s.value) for s in told(seed=3).samples(START + 77)]
    assert ours == [(s.name, s.value) for s in told(seed=3).samples(START + 77)]
    assert ours != [(s.name, s.value) for s in told(seed=4).samples(START + 77)]
