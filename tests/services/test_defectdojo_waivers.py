"""From DefectDojo to findings, the same as from pages and generic reports; and waivers back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.connectors.defectdojo.connector import DefectDojoConnector
from riskcockpit.services.decide import plan_waiver, revoke, waive
from riskcockpit.services.outbox import actions
from riskcockpit.services.verify import verify_ledger
from support.deciding import LATER, WHY
from support.dojo_sim import DojoSim
from support.office import Office, office_of

pytestmark = pytest.mark.usefixtures("without_policy")

FINDING = "payments DefectDojo python.sql"
FIELDS = (
    "title", "severity", "description", "file_path", "line", "cwe", "unique_id_from_tool",
    "vuln_id_from_tool",
)  # fmt: skip


@pytest.fixture
def sim() -> DojoSim:
    made = DojoSim()
    made.found(1)
    return made


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sim: DojoSim) -> Iterator[Office]:
    home, kind = tmp_path / "home", DefectDojoConnector
    with office_of(home, monkeypatch, kind, sim, {"write": True}) as made:
        yield made


def test_findings_are_those_of_their_product_and_states_are_honoured(
    office: Office, sim: DojoSim
) -> None:
    sim.found(2, vuln_id_from_tool="accepted", active=False, risk_accepted=True)
    package = {"component_name": "lib", "component_version": "1.2", "file_path": None}
    ids = [{"vulnerability_id": "CVE-2026-00003"}]
    sim.found(3, "cards", vuln_id_from_tool="", vulnerability_ids=ids, **package)
    report = office.sync()
    assert report.sources[0].state == "ok", report.sources[0].message
    assert office.findings() == {
        FINDING: "open",
        "payments DefectDojo accepted": "suppressed_at_source",
        "cards DefectDojo CVE-2026-00003": "open",
    }


def test_what_is_mitigated_or_deleted_is_fixed_even_when_nothing_is_left(
    office: Office, sim: DojoSim
) -> None:
    sim.found(2, "cards", vuln_id_from_tool="other")
    office.sync()
    sim.change(1, active=False, is_mitigated=True)
    office.sync()
    assert office.findings()[FINDING] == "fixed"
    del sim.findings[2]  # moves nothing
    office.sync()
    assert office.findings()["cards DefectDojo other"] == "open"
    office.bank.clock.at += timedelta(hours=30)
    office.sync()
    assert set(office.findings().values()) == {"fixed"}


def test_an_unchanged_sync_writes_no_scan(office: Office) -> None:
    office.sync()
    scans = office.bank.rows("SELECT count(*) FROM scan")
    assert office.sync().sources[0].rows == 0
    office.bank.clock.at += timedelta(hours=30)
    assert office.sync().sources[0].rows == 1, "after a day everything is read again"
    assert office.bank.rows("SELECT count(*) FROM scan") == scans


def as_page(found: dict[str, Any]) -> Any:
    return {"count": 1, "next": None, "previous": None, "results": [found], "prefetch": {}}


def as_generic(found: dict[str, Any]) -> Any:
    return {"type": "DefectDojo", "findings": [{name: found[name] for name in FIELDS}]}


@pytest.mark.parametrize("first", ["report", "api"])
@pytest.mark.parametrize("written", [as_page, as_generic])
def test_a_finding_of_a_report_and_of_the_api_are_one(
    office: Office, sim: DojoSim, tmp_path: Path, written: Any, first: str
) -> None:
    file = tmp_path / "dojo.json"
    file.write_text(json.dumps(written(sim.findings[1])))
    steps = [lambda: office.take_in(file, asset="payments"), office.sync]
    for step in steps if first == "report" else reversed(steps):
        step()
    assert office.findings() == {FINDING: "open"}


def test_a_waiver_accepts_the_risk_until_it_ends_and_its_end_releases_it(
    office: Office, sim: DojoSim
) -> None:
    office.sync()
    plan = plan_waiver(office.at(), office.ids(), "risk_accepted", WHY, LATER)
    assert plan.blockers == ()
    (sent,) = (call for call in plan.calls if call.startswith("POST "))
    assert sent.startswith(f"POST {office.url}/api/v2/risk_acceptance/ ")
    assert f'"expiration_date":"{LATER.isoformat().replace("+00:00", "Z")}"' in sent
    assert sim.writes == [], "a plan changes nothing"

    result = waive(office.at(), office.ids(), "risk_accepted", WHY, LATER)
    assert [(row.kind, row.state) for row in result.actions] == [("alert.dismiss", "done")]
    assert sim.findings[1]["risk_accepted"]
    office.sync()
    assert office.findings() == {FINDING: "waived"}

    rows = revoke(office.at(), result.decision.id).actions
    assert [(row.kind, row.state) for row in rows] == [("alert.reopen", "done")]
    assert (sim.findings[1]["active"], sim.acceptances) == (True, {})
    office.sync()
    assert office.findings() == {FINDING: "open"}
    assert {row.state for row in actions(office.at())} == {"done"}
    assert verify_ledger(office.at()).is_ok


def test_an_acceptance_that_ended_upstream_first_is_found_done(
    office: Office, sim: DojoSim
) -> None:
    office.sync()
    waive(office.at(), office.ids(), "deferred", WHY, LATER)
    sim.at = LATER + timedelta(hours=1)
    sim.expire()
    office.bank.clock.at += timedelta(days=21)
    assert "alert.reopen finding/1: done" in office.sync().notes
    assert len(sim.writes) == 1
    assert office.findings() == {FINDING: "open"}


def test_a_false_positive_is_closed_as_one_and_opened_at_the_end(
    office: Office, sim: DojoSim
) -> None:
    office.sync()
    result = waive(office.at(), office.ids(), "false-positive", WHY, LATER)
    assert [row.state for row in result.actions] == ["done"]
    assert (sim.findings[1]["false_p"], sim.findings[1]["active"]) == (True, False)
    office.sync()
    assert office.findings() == {FINDING: "false_positive"}
    revoke(office.at(), result.decision.id)
    assert (sim.findings[1]["false_p"], sim.findings[1]["active"]) == (False, True)
