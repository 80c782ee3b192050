"""From Dependency-Track to findings, the same as in its export; and waivers back to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from riskcockpit.connectors.dependency_track.connector import DependencyTrackConnector
from riskcockpit.services.decide import plan_waiver, revoke, waive
from riskcockpit.services.outbox import actions
from riskcockpit.services.verify import verify_ledger
from support.deciding import LATER, WHY
from support.office import Office, office_of
from support.track_sim import TrackSim

pytestmark = pytest.mark.usefixtures("without_policy")

FINDING = "payments Dependency-Track CVE-2026-00001"


@pytest.fixture
def sim() -> TrackSim:
    made = TrackSim()
    made.found(made.project("payments"), 1)
    return made


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sim: TrackSim) -> Iterator[Office]:
    home, kind = tmp_path / "home", DependencyTrackConnector
    with office_of(home, monkeypatch, kind, sim, {"write": True}) as made:
        yield made


def exported(sim: TrackSim, folder: Path) -> Path:
    """Write the findings of the project as the server exports them."""
    (project,) = sim.projects.values()
    about = {"uuid": project.uuid, "name": project.name, "version": project.version}
    meta = {"application": "Dependency-Track", "version": "4.13.2",
            "timestamp": "2026-03-01T10:00:00Z"}  # fmt: skip
    found = [{**one, "matrix": ":".join(sim.matrix(project, number))}
             for number, one in project.findings.items()]  # fmt: skip
    file = folder / "payments.fpf"
    file.write_text(
        json.dumps({"version": "1.2", "meta": meta, "project": about, "findings": found})
    )
    return file


def test_judgements_there_are_honoured_and_told(office: Office, sim: TrackSim) -> None:
    (project,) = sim.projects.values()
    sim.found(project, 2)
    sim.judge(
        project, 2, analysisState="NOT_AFFECTED", analysisJustification="CODE_NOT_REACHABLE",
        analysisDetails="no route leads there", isSuppressed=True,
    )  # fmt: skip
    report = office.sync()
    assert report.sources[0].state == "ok", report.sources[0].message
    assert office.findings() == {
        FINDING: "open",
        "payments Dependency-Track CVE-2026-00002": "suppressed_at_source",
    }
    ((text,),) = office.bank.rows(
        "SELECT told.description FROM finding "
        "JOIN text_description AS told ON told.id = finding.description_id "
        "WHERE rule = 'CVE-2026-00002'"
    )
    assert "Analysis: not affected, code not reachable: no route leads there" in text


def test_what_is_gone_is_fixed_but_not_while_an_analysis_is_due(
    office: Office, sim: TrackSim
) -> None:
    (project,) = sim.projects.values()
    office.sync()
    project.findings.clear()
    project.imported = office.bank.clock.at
    office.sync()
    assert office.findings() == {FINDING: "open"}
    project.analysed = office.bank.clock.at + timedelta(minutes=1)
    office.sync()
    assert office.findings() == {FINDING: "fixed"}


def test_an_unchanged_sync_writes_no_scan(office: Office) -> None:
    office.sync()
    scans = office.bank.rows("SELECT count(*) FROM scan")
    assert office.sync().sources[0].rows == 0
    office.bank.clock.at += timedelta(hours=30)
    assert office.sync().sources[0].rows == 1, "after a day everything is given again"
    assert office.bank.rows("SELECT count(*) FROM scan") == scans


@pytest.mark.parametrize("first", ["export", "api"])
def test_a_finding_of_an_export_and_of_the_api_are_one(
    office: Office, sim: TrackSim, tmp_path: Path, first: str
) -> None:
    file = exported(sim, tmp_path)
    steps = [lambda: office.take_in(file), office.sync]
    for step in steps if first == "export" else reversed(steps):
        step()
    assert office.findings() == {FINDING: "open"}
    (project,) = sim.projects.values()
    project.findings[1]["component"]["version"] = "1.5.0"
    office.sync()
    assert office.findings() == {FINDING: "open"}


def test_a_waiver_judges_its_finding_and_its_end_takes_that_back(
    office: Office, sim: TrackSim
) -> None:
    (project,) = sim.projects.values()
    place = sim.matrix(project, 1)
    sim.judge(project, 1, analysisState="IN_TRIAGE")
    office.sync()
    plan = plan_waiver(office.at(), office.ids(), "inline_mitigations_already_exist", WHY, LATER)
    assert plan.blockers == ()
    assert plan.calls[1].startswith(f"PUT {office.url}/api/v1/analysis ")
    assert '"analysisJustification":"PROTECTED_BY_MITIGATING_CONTROL"' in plan.calls[1]
    assert sim.writes == [], "a plan changes nothing"

    result = waive(office.at(), office.ids(), "inline_mitigations_already_exist", WHY, LATER)
    assert [(row.kind, row.state) for row in result.actions] == [("alert.dismiss", "done")]
    assert sim.analyses[place]["isSuppressed"]
    office.sync()
    assert office.findings() == {FINDING: "waived"}

    rows = revoke(office.at(), result.decision.id).actions
    assert [(row.kind, row.state) for row in rows] == [("alert.reopen", "done")]
    assert sim.analyses[place]["analysisState"] == "IN_TRIAGE"
    office.sync()
    assert set(office.findings().values()) <= {"open", "triage"}
    assert len(sim.writes) == 2
    assert {row.state for row in actions(office.at())} == {"done"}
    assert verify_ledger(office.at()).is_ok


def test_a_waiver_that_runs_out_is_taken_back_by_the_next_sync(
    office: Office, sim: TrackSim
) -> None:
    office.sync()
    waive(office.at(), office.ids(), "deferred", WHY, LATER)
    office.bank.clock.at += timedelta(days=21)
    assert any("alert.reopen" in note and ": done" in note for note in office.sync().notes)
    (analysis,) = sim.analyses.values()
    assert (analysis["isSuppressed"], analysis["analysisState"]) == (False, "NOT_SET")
