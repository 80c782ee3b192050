"""Whatever is broken in the SQL of a shipped control, its own cases notice."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from riskcockpit.config.paths import shipped
from riskcockpit.controls.cases import World, difference
from riskcockpit.controls.pack import Control, load
from riskcockpit.store.scratch import scratch
from support.breaking import broken

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PACK = load(shipped("config", "controls"))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with scratch(NOW) as writer:
        yield World(writer)


@pytest.mark.parametrize("control", PACK, ids=lambda control: control.id)
def test_a_control_with_one_thing_turned_round_fails_its_cases(
    world: World, control: Control
) -> None:
    alive = {place: dataclasses.replace(control, sql=text) for place, text in broken(control.sql)}
    assert len(alive) >= 3
    for case in control.cases:
        results = world.judged(alive.values(), case)
        alive = {
            place: mutant
            for (place, mutant), result in zip(alive.items(), results, strict=True)
            if not difference(case, result)
        }
    assert list(alive) == []
