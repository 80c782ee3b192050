"""The watch over real servers: from a breach in an exporter to the verified alias, and the guards.

Each case runs once here; `python -m bench watch` runs each twenty times.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from riskcockpit.services.verify import verify_ledger
from riskcockpit.store.database import Reader
from support.caches import statement
from support.watch_cases import (
    GUARDS,
    Run,
    accuracy_drop,
    bias_rise,
    check_rolled_back,
    linger,
    rules,
    stopped_by_switch,
)
from support.watched import Stack, running_stack, wait_for, watching

pytestmark = [pytest.mark.server, pytest.mark.slow]
HAPPY = ("accuracy-falls", "groups-differ")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running_stack(tmp_path_factory.mktemp("watched")) as made:
        for name in (*HAPPY, "switched-off"):
            made.model(name)
        for version in (1, 2, 3):
            labels = {"model": "groups-differ", "version": str(version)}
            made.exporter.set("model_dpd", 0.04, **labels)
        run = Run(made, 0)
        run.prepare()
        made.sign_rules(rules([*HAPPY, "switched-off", *(run.name(case) for case in GUARDS)]))
        with watching(made):
            wait_for(lambda: any(e.kind == "started" for e in made.events), "it has started")
            yield made


def ask(stack: Stack, text: str) -> list[tuple[object, ...]]:
    def rows(reader: Reader) -> list[tuple[object, ...]]:
        return reader.rows(statement(text))

    with stack.ctx("engineer").store.reader() as reader:
        return rows(reader)


def test_a_breach_is_rolled_back_read_back_silenced_signed_and_proved(stack: Stack) -> None:
    for name, break_it in zip(HAPPY, (accuracy_drop, bias_rise), strict=True):
        break_it(stack, name)
        check_rolled_back(stack, name)
        wait_for(lambda name=name: "recovered" in stack.told(name), "version 2 proves itself")  # type: ignore[misc]  # bound now
    rows = "SELECT class, contained_at IS NOT NULL FROM finding WHERE model = 'accuracy-falls'"
    assert ("model", True) in ask(stack, rows)
    assert verify_ledger(stack.ctx("engineer")).is_ok


def test_no_guard_lets_anything_wrong_happen(stack: Stack) -> None:
    stopped_by_switch(stack, "switched-off")
    run = Run(stack, 0)
    run.trouble()
    run.await_answers()
    run.await_stale()
    linger()
    run.check()
    stale = "SELECT title FROM finding WHERE rule = 'reading.stale' AND state = 'open'"
    wait_for(lambda: any("stale-0" in str(t) for (t,) in ask(stack, stale)), "it is published")
    assert verify_ledger(stack.ctx("engineer")).is_ok
