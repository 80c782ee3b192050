"""The bank in a box, end to end: lived through, alarmed, rolled back, recovered, gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from riskcockpit.demo.delivery_sim import DRIFTED, REPOSITORY, TRACED, UNTRACED
from riskcockpit.demo.home import COLLEAGUE, ENGINEER, MONITORING, REGISTRY
from riskcockpit.demo.registry import PAST_ROLLBACK, STORY_MODEL
from riskcockpit.demo.run import Bank, _refreshed, run_demo, running_bank
from riskcockpit.demo.servers import Addresses
from riskcockpit.domain.automation import Verdict
from riskcockpit.domain.incident import IncidentState
from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.model import ROLLED_BACK_TAG
from riskcockpit.domain.pillar import Pillar
from riskcockpit.errors import InputError
from riskcockpit.services.automation import explain
from riskcockpit.services.findings import FindingReader
from riskcockpit.services.incidents import incidents
from riskcockpit.services.models import model, models
from riskcockpit.services.posture import posture
from riskcockpit.services.rollback import plan_rollback, rollback
from riskcockpit.services.sync import sync
from riskcockpit.services.tracing import trace, traces
from riskcockpit.services.verify import ledger_rows, verify_ledger
from riskcockpit.views.posture import PostureView, QueueKind

pytestmark = pytest.mark.slow
START = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


class Steps:
    """A clock that goes only when it is told to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Watched:
    """A bank and the hand that turns its clock."""

    def __init__(self, bank: Bank, steps: Steps) -> None:
        self.bank = bank
        self.ctx = bank.ctx
        self.steps = steps

    def after(self, seconds: float) -> PostureView:
        """Let time pass, sync the live systems as the demo does, and look."""
        self.steps.wait(seconds)
        report = sync(self.ctx, (REGISTRY, MONITORING))
        assert [source.state for source in report.sources] == ["ok", "ok"]
        return posture(self.ctx)

    def count(self, query: str) -> int:
        finder = FindingReader(self.ctx)
        try:
            return finder.open(query).total
        finally:
            finder.close()


def quiet(_text: str) -> None:
    pass


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    steps = Steps(START)
    keep = tmp_path_factory.mktemp("demo") / "home"
    before = time.monotonic()
    with running_bank(steps, 7, still=False, keep=keep, progress=quiet) as bank:
        sys.stdout.write(f"the demo started in {time.monotonic() - before:.1f} s\n")
        yield Watched(bank, steps)


def alarms(view: PostureView) -> list[str]:
    return [item.subject for item in view.queue if item.kind is QueueKind.MODEL_ALARM]


def test_about_three_thousand_findings_came_through_the_real_ingest(watched: Watched) -> None:
    total = watched.count("state:open or state:fixed or state:waived or state:triage "
                          "or state:pending_waiver")  # fmt: skip
    assert 2800 <= total <= 3200


def test_the_mean_time_to_remediate_warns(watched: Watched) -> None:
    kpis = {kpi.id: kpi for pillar in posture(watched.ctx).pillars for kpi in pillar.kpis}
    assert kpis["mean-time-to-remediate"].state is KpiState.WARN
    assert kpis["drift-detection-time"].state is KpiState.OK


def test_every_model_is_in_production_and_well_when_the_demo_opens(watched: Watched) -> None:
    rows = models(watched.ctx)
    assert len(rows) == 6
    assert all(row.champion is not None for row in rows)
    assert {row.name for row in rows if row.state is not KpiState.OK} == set()


def test_the_history_holds_signed_decisions_of_two_persons(watched: Watched) -> None:
    report = verify_ledger(watched.ctx)
    assert report.is_ok, report.problems
    rows = ledger_rows(watched.ctx, 200)
    assert {row.actor for row in rows} == {ENGINEER, COLLEAGUE}
    assert {"waiver.granted", "waiver.requested", "approval.granted"} <= {row.type for row in rows}
    assert min(row.ts for row in rows) < START - timedelta(days=40)


def test_a_rollback_of_the_past_was_verified_upstream_and_is_explained(watched: Watched) -> None:
    name, bad, good = PAST_ROLLBACK
    detail = model(watched.ctx, name)
    assert detail.row.champion == good
    versions = {version.version: version for version in detail.versions}
    assert versions[bad].is_rolled_back
    registered = watched.bank.systems.registry.model(name)
    assert registered.champion == good
    assert ROLLED_BACK_TAG in next(v for v in registered.versions if v.version == bad).tags


def test_what_came_through_the_pipeline_is_traceable_and_what_went_past_it_is_not(
    watched: Watched,
) -> None:
    rows = {row.asset: row for row in traces(watched.ctx)}
    lacking = {name: {gap.link.value for gap in row.gaps} for name, row in rows.items()}
    assert lacking == {
        REPOSITORY: set(), TRACED: set(), UNTRACED: {"pipeline", "approval"},
        DRIFTED: {"pipeline", "approval"},
    }  # fmt: skip
    view = trace(watched.ctx, rows[TRACED].id)
    assert {one.source for one in view.records} == {"argocd", "github"}
    assert view.model is not None
    assert (view.model.name, view.model.version) == ("fraud-scoring", 7)


def test_what_runs_otherwise_than_declared_is_a_finding(watched: Watched) -> None:
    assert watched.count("tool:riskcockpit.configuration state:open") == 1
    assert watched.count(f"tool:riskcockpit.configuration state:open asset:{DRIFTED}") == 1


def test_a_colleague_waits_for_an_approval(watched: Watched) -> None:
    waiting = [i for i in posture(watched.ctx).queue if i.kind is QueueKind.WAIVER_REQUEST]
    assert len(waiting) == 1


def test_the_alarm_rises_the_rollback_moves_the_alias_and_the_readings_recover(
    watched: Watched,
) -> None:
    assert alarms(watched.after(15)) == []
    drifted = watched.after(70)
    assert alarms(drifted) == [STORY_MODEL]
    failed = watched.after(90)
    assert alarms(failed) == [STORY_MODEL]
    at_risk = failed.exposure.mean
    by_pillar = {pillar.pillar: pillar for pillar in failed.pillars}
    assert by_pillar[Pillar.MODEL_VALIDATION].state is KpiState.ALARM
    open_before = watched.count(f"model:{STORY_MODEL} state:open")
    assert open_before >= 2
    (incident,) = [each for each in incidents(watched.ctx) if each.subject == STORY_MODEL]
    assert incident.state is IncidentState.OPEN
    said = {rule.metric: rule for rule in explain(watched.ctx, STORY_MODEL).rules}
    assert (said["accuracy"].verdict, said["accuracy"].target) == (Verdict.PROPOSE, 6)
    assert said["population_stability_index"].verdict is Verdict.ALARM

    plan = plan_rollback(watched.ctx, STORY_MODEL)
    assert plan.blockers == ()
    assert plan.needs == ()
    result = rollback(watched.ctx, STORY_MODEL)
    assert [action.state for action in result.actions] == ["done"]
    assert watched.bank.systems.registry.model(STORY_MODEL).champion == 6
    assert watched.bank.systems.changed.is_set()

    recovered = watched.after(15)
    assert alarms(recovered) == []
    assert watched.count(f"model:{STORY_MODEL} state:open") == 0
    by_pillar = {pillar.pillar: pillar for pillar in recovered.pillars}
    assert by_pillar[Pillar.MODEL_VALIDATION].state is KpiState.OK
    assert recovered.exposure.mean < at_risk
    (incident,) = [each for each in incidents(watched.ctx) if each.subject == STORY_MODEL]
    assert incident.state is IncidentState.CONTAINED
    assert verify_ledger(watched.ctx).is_ok


def awaited(watched: Watched, generation: int) -> bool:
    """Return whether a newer generation than `generation` comes within a minute."""
    deadline = time.monotonic() + 60
    while watched.ctx.store.generation() <= generation and time.monotonic() < deadline:
        time.sleep(0.05)
    return watched.ctx.store.generation() > generation


def test_while_somebody_watches_the_bank_is_synced_again_and_again(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riskcockpit.demo.run.REFRESH_SECONDS", 0.05)
    before = watched.ctx.store.generation()
    with _refreshed(watched.bank, still=False):
        assert awaited(watched, before + 1)


def test_a_still_bank_is_synced_only_after_somebody_moved_an_alias(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riskcockpit.demo.run._SETTLE_SECONDS", (0.0,))
    watched.bank.systems.changed.clear()
    before = watched.ctx.store.generation()
    with _refreshed(watched.bank, still=True):
        time.sleep(0.3)
        assert watched.ctx.store.generation() == before
        watched.bank.systems.changed.set()
        assert awaited(watched, before)


def test_a_place_that_holds_something_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        run_demo(
            keep=tmp_path, headless=True, still=True, seed=7, open_cockpit=None, progress=quiet
        )
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


class BrokenError(Exception):
    pass


def test_nothing_is_left_behind_when_setting_up_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    urls: list[str] = []

    def fail(_home: Path, at: Addresses) -> None:
        urls.append(at.mlflow)
        assert list(tmp_path.iterdir())
        raise BrokenError

    monkeypatch.setattr("riskcockpit.demo.run.make_home", fail)
    with pytest.raises(BrokenError):
        run_demo(keep=None, headless=True, still=True, seed=7, open_cockpit=None, progress=quiet)
    assert not list(tmp_path.iterdir())
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{urls[0]}/health", timeout=2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_demo_and_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    program = (
        "from riskcockpit.demo.run import run_demo\n"
        "run_demo(keep=None, headless=True, still=True, seed=7, open_cockpit=None,"
        " progress=lambda text: print(text, flush=True))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        while "living through" not in process.stdout.readline():
            assert process.poll() is None
        assert list(tmp_path.iterdir())
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert not list(tmp_path.iterdir())
