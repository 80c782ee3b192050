"""From GitLab's vulnerabilities to findings, the same as in its reports; and waivers back to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.connectors.gitlab.connector import GitlabConnector
from riskcockpit.services.decide import approve, plan_waiver, revoke, waive
from riskcockpit.services.outbox import actions
from riskcockpit.services.verify import verify_ledger
from support.deciding import LATER, WHY
from support.gitlab_sim import GitlabSim
from support.gitlab_state import code, identifier, package, secret
from support.office import Office, office_of

pytestmark = pytest.mark.usefixtures("without_policy")

RULE = "bank/payments Gemnasium 0a1b2c-1"


@pytest.fixture
def sim() -> GitlabSim:
    return GitlabSim()


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sim: GitlabSim) -> Iterator[Office]:
    options = {"group": "bank", "write": True}
    with office_of(tmp_path / "home", monkeypatch, GitlabConnector, sim, options) as made:
        yield made


def state(sim: GitlabSim, number: int = 1) -> str:
    return str(sim.world.projects["bank/payments"].vulnerabilities[number]["state"])


# Findings ----------------------------------------------------------------------------------------


def test_vulnerabilities_become_findings_of_their_project_and_states_are_honoured(
    office: Office, sim: GitlabSim
) -> None:
    world = sim.world
    for number, what in enumerate((package(1), code(2), secret(3), code(4)), start=1):
        world.found("bank/payments", number, what)
    world.set_state("bank/payments", 2, "DISMISSED", dismissalReason="USED_IN_TESTS")
    world.set_state("bank/payments", 4, "DETECTED", resolvedOnDefaultBranch=True)
    report = office.sync()
    assert report.sources[0].state == "ok", report.sources[0].message
    assert office.findings() == {
        RULE: "open",
        "bank/payments Semgrep python.rule-2": "suppressed_at_source",
        "bank/payments Gitleaks AWS": "open",
    }


def test_what_is_resolved_is_fixed_and_what_is_hidden_stays(office: Office, sim: GitlabSim) -> None:
    for number in (1, 2):
        sim.world.found("bank/payments", number, package(number))
    office.sync()
    for number in (1, 2):
        sim.world.set_state("bank/payments", number, "RESOLVED")
    office.sync()
    assert set(office.findings().values()) == {"fixed"}
    sim.world.set_state("bank/payments", 1, "DETECTED")
    office.sync()
    assert office.findings()[RULE] == "open"
    sim.world.projects["bank/payments"].is_silent = True
    assert office.sync().sources[0].state == "partial"
    office.bank.clock.at += timedelta(hours=30)
    office.sync()
    assert office.findings()[RULE] == "open"


def test_an_unchanged_sync_writes_no_scan(office: Office, sim: GitlabSim) -> None:
    for number in range(1, 130):
        sim.world.found("bank/payments", number, package(number))
    office.sync()
    scans = office.bank.rows("SELECT count(*) FROM scan")
    assert office.sync().sources[0].rows == 0
    office.bank.clock.at += timedelta(hours=30)
    assert office.sync().sources[0].rows == 1, "after a day everything is read again"
    assert office.bank.rows("SELECT count(*) FROM scan") == scans


def reported(what: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a vulnerability as the report has it from which GitLab made it."""
    place = {
        {"startLine": "start_line", "endLine": "end_line"}.get(name, name): (
            int(value) if name.endswith("Line") else value
        )
        for name, value in what["location"].items()
        if name != "__typename"
    }
    return {
        "id": f"0f{len(str(what))}",
        "name": what["title"],
        "description": what["description"],
        "severity": what["severity"].title(),
        "identifiers": [
            {"type": one["externalType"], "name": one["name"], "value": one["externalId"]}
            for one in what["identifiers"]
        ],
        "location": place,
        **more,
    }


def report(folder: Path, *vulnerabilities: dict[str, Any], of: dict[str, Any]) -> Path:
    """Write the report of one scanner."""
    scanner = {"id": of["scanner"]["externalId"], "name": of["scanner"]["name"], "version": "5.1"}
    scan = {"type": of["reportType"].lower(), "scanner": scanner, "status": "success"}
    file = folder / f"gl-{of['reportType'].lower()}.json"
    document = {"version": "15.2.1", "scan": scan, "vulnerabilities": vulnerabilities}
    file.write_text(json.dumps(document))
    return file


@pytest.mark.parametrize("first", ["report", "api"])
@pytest.mark.parametrize(
    "what", [code(7), package(7), secret(7)], ids=["code", "package", "secret"]
)
def test_a_finding_of_a_report_and_the_vulnerability_made_of_it_are_one(
    office: Office, sim: GitlabSim, tmp_path: Path, what: dict[str, Any], first: str
) -> None:
    tracking = {"items": [{"signatures": [{"algorithm": "scope_offset", "value": "app|f[0]:1"}]}]}
    more = {"tracking": tracking} if what["reportType"] == "SAST" else {}
    file = report(tmp_path, reported(what, **more), of=what)
    sim.world.found("bank/payments", 1, what)
    steps = [lambda: office.take_in(file, asset="bank/payments"), office.sync]
    for step in steps if first == "report" else reversed(steps):
        step()
    assert len(office.findings()) == 1
    office.take_in(file, asset="bank/payments")
    sim.world.set_state("bank/payments", 1, "DETECTED", detectedAt="2026-03-01T00:00:00Z")
    office.sync()
    assert list(office.findings().values()) == ["open"]


def test_scanners_that_found_the_same_package_stay_apart(office: Office, sim: GitlabSim) -> None:
    sim.world.found("bank/payments", 1, package(1))
    other = {**package(1), "scanner": {"externalId": "trivy", "name": "Trivy"}}
    sim.world.found("bank/payments", 2, other)
    office.sync()
    assert set(office.findings()) == {RULE, "bank/payments Trivy 0a1b2c-1"}


def test_the_identifier_the_scanner_put_first_is_the_rule(office: Office, sim: GitlabSim) -> None:
    what = code(1)
    what["identifiers"] = [identifier("cwe", "79"), identifier("semgrep_id", "js.xss")]
    sim.world.found("bank/payments", 1, what, primaryIdentifier=what["identifiers"][1])
    office.sync()
    assert set(office.findings()) == {"bank/payments Semgrep js.xss"}


# Waivers -----------------------------------------------------------------------------------------


def test_the_plan_shows_the_exact_call_and_the_waiver_makes_it_and_its_end_reverts_it(
    office: Office, sim: GitlabSim
) -> None:
    sim.world.found("bank/payments", 1, package(1))
    office.sync()
    plan = plan_waiver(office.at(), office.ids(), "false-positive", WHY, LATER)
    assert plan.blockers == ()
    end = LATER.date().isoformat()
    said = {
        "id": "gid://gitlab/Vulnerability/1",
        "comment": f"{WHY} (until {end}, riskcockpit)",
        "reason": "FALSE_POSITIVE",
    }
    body = json.dumps(said, separators=(",", ":"))
    assert plan.calls[1] == f"POST {office.url}/api/graphql vulnerabilityDismiss({body})"
    assert sim.writes == [], "a plan changes nothing"

    result = waive(office.at(), office.ids(), "false-positive", WHY, LATER)
    assert [(row.kind, row.state) for row in result.actions] == [("alert.dismiss", "done")]
    assert state(sim) == "DISMISSED"
    office.sync()
    assert office.findings()[RULE] == "false_positive"

    rows = revoke(office.at(), result.decision.id).actions
    assert [(row.kind, row.state) for row in rows] == [("alert.reopen", "done")]
    assert state(sim) == "DETECTED"
    office.sync()
    assert office.findings()[RULE] == "open"
    assert len(sim.writes) == 2
    assert {row.state for row in actions(office.at())} == {"done"}
    assert verify_ledger(office.at()).is_ok


def test_with_four_eyes_nothing_is_sent_before_the_last_key(office: Office, sim: GitlabSim) -> None:
    sim.world.found("bank/payments", 1, {**package(1), "severity": "HIGH"})
    office.sync()
    asked = waive(office.at(), office.ids(), "risk_accepted", WHY, LATER)
    assert sim.writes == []
    result = approve(office.at("approver"), asked.decision.id)
    assert [row.state for row in result.actions] == ["done"]
    assert state(sim) == "DISMISSED"


def test_a_waiver_that_runs_out_is_reverted_by_the_next_sync(
    office: Office, sim: GitlabSim
) -> None:
    sim.world.found("bank/payments", 1, package(1), state="CONFIRMED")
    office.sync()
    waive(office.at(), office.ids(), "deferred", WHY, LATER)
    assert state(sim) == "DISMISSED"
    office.bank.clock.at += timedelta(days=21)
    assert "alert.reopen bank/payments#1: done" in office.sync().notes
    assert state(sim) == "CONFIRMED"


def test_without_leave_to_write_the_waiver_holds_here_and_says_why_not_there(
    office: Office, sim: GitlabSim
) -> None:
    office.options = {"group": "bank"}
    sim.world.found("bank/payments", 1, package(1))
    office.sync()
    plan = plan_waiver(office.at(), office.ids(), "risk_accepted", WHY, LATER)
    assert plan.calls == ()
    assert any("its options have no `write: true`" in warning for warning in plan.warnings)
    assert waive(office.at(), office.ids(), "risk_accepted", WHY, LATER).actions == ()
    assert state(sim) == "DETECTED"
    assert office.findings()[RULE] == "waived"


def test_a_connection_lost_after_the_write_is_found_done(office: Office, sim: GitlabSim) -> None:
    sim.world.found("bank/payments", 1, package(1))
    office.sync()
    sim.fail("drop-after", "mutation")
    result = waive(office.at(), office.ids(), "risk_accepted", WHY, LATER)
    assert [row.state for row in result.actions] == ["done"]
    assert len(sim.writes) == 1
