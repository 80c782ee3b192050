"""How `sync` ends: what each state of a source comes to, and what Ctrl+C leaves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from riskcockpit.services import sync as service
from riskcockpit.services.context import Context
from riskcockpit.store.snapshots import Store
from riskcockpit.views.reports import SourceOutcome, SyncReport
from support.cli import invoke


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(tmp_path / "home"))


def ended(monkeypatch: pytest.MonkeyPatch, *states: str) -> Any:
    outcomes = tuple(
        SourceOutcome(f"s{number}", "fake", state, 1, 1, 0.1, f"it is {state}", "mend it")
        for number, state in enumerate(states)
    )
    monkeypatch.setattr(service, "sync", lambda *_given, **_options: SyncReport(outcomes, False, 1))
    return invoke("sync")


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (("ok", "ok"), 0),
        (("ok", "failed"), 3),
        (("ok", "partial"), 3),
        (("partial", "failed"), 3),
        ((), 0),
    ],
)
def test_a_source_that_is_not_whole_makes_the_report_partial_and_is_told(
    monkeypatch: pytest.MonkeyPatch, states: tuple[str, ...], code: int
) -> None:
    ran = ended(monkeypatch, *states)
    assert ran.code == code
    for number, state in enumerate(states):
        assert f"s{number}" in ran.out
        assert (f"warning: s{number}: it is {state}\nhint: mend it" in ran.err) is (state != "ok")


@pytest.mark.parametrize("seconds", ["0", "-5"])
def test_to_watch_without_a_pause_is_refused_with_a_hint(seconds: str) -> None:
    ran = invoke("sync", "--watch", seconds)
    assert ran.code == 2
    assert f"not {seconds}" in ran.err
    assert "hint: leave --watch out" in ran.err


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (0, 0, "nothing is in the cache yet"),
        (4, 4, "as the last whole sync left it (generation 4)"),
        (4, 5, "generation 5 is published and whole"),
    ],
)
def test_an_interrupt_says_what_was_kept(
    monkeypatch: pytest.MonkeyPatch, before: int, after: int, said: str
) -> None:
    now = before

    def interrupted(*_given: Any, **_options: Any) -> SyncReport:
        nonlocal now
        now = after
        raise KeyboardInterrupt

    monkeypatch.setattr(service, "sync", interrupted)
    monkeypatch.setattr(Store, "generation", lambda _self: now)
    ran = invoke("sync")
    assert ran.code == 130
    assert said in ran.err
    assert "hint: `riskcockpit sync` goes on from there" in ran.err


def test_a_watch_that_is_interrupted_between_two_syncs_has_lost_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs: list[bool] = []

    def once(ctx: Context, *_given: Any, dry_run: bool, **_options: Any) -> SyncReport:
        runs.append(dry_run)
        return SyncReport((), dry_run, ctx.store.generation())

    def pause(_seconds: float) -> None:
        if len(runs) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(service, "sync", once)
    monkeypatch.setattr("time.sleep", pause)
    ran = invoke("sync", "--watch", "60", "--dry-run")
    assert (ran.code, runs) == (130, [True] * 3)
    assert "interrupted: " in ran.err
