"""The shipped packs: every control's own cases, and what a bank may rely on."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from riskcockpit.config.paths import shipped
from riskcockpit.controls.cases import run_cases
from riskcockpit.controls.frameworks import Assessment, Framework, frameworks
from riskcockpit.controls.pack import Control, load
from riskcockpit.controls.run import evaluate
from riskcockpit.domain.control import Verdict
from riskcockpit.domain.pillar import Pillar
from riskcockpit.store.scratch import scratch

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DIRECTORY = shipped("config", "controls")
PACK = load(DIRECTORY)


@pytest.mark.parametrize("control", PACK, ids=lambda control: control.id)
def test_a_control_passes_its_own_cases(control: Control) -> None:
    failures = [f"{o.case}: {o.message}" for o in run_cases((control,)) if not o.is_ok]
    assert failures == []


@pytest.mark.parametrize("control", PACK, ids=lambda control: control.id)
def test_a_control_has_a_passing_and_a_failing_case(control: Control) -> None:
    verdicts = {case.verdict for case in control.cases}
    assert {Verdict.OK, Verdict.ALARM} <= verdicts


def test_each_pillar_has_enough_controls_to_start_from() -> None:
    counts = Counter(control.pillar for control in PACK)
    assert all(counts[pillar] >= 6 for pillar in Pillar)
    assert len(PACK) >= 60


def test_an_empty_cache_is_never_a_pass() -> None:
    with scratch(NOW) as writer:
        results = evaluate(writer, PACK, NOW)
    assert {result.verdict for result in results} == {Verdict.NO_DATA}


def test_every_control_refers_to_regulation_that_is_described() -> None:
    known = frameworks(DIRECTORY)
    assert all(control.frameworks for control in PACK)
    assert {name for control in PACK for name in control.frameworks} == known.keys()
    assert all(framework.link.startswith("https://") for framework in known.values())


@pytest.mark.parametrize("framework", frameworks(DIRECTORY).values(), ids=lambda one: one.id)
def test_what_is_called_automated_has_a_control_and_nothing_else_has(framework: Framework) -> None:
    evidenced = {ref for control in PACK for ref in control.frameworks.get(framework.id, ())}
    automated = {one.id for one in framework.requirements if one.assessment is Assessment.AUTOMATED}
    assert automated == evidenced
