"""From AWS's findings and models to ours, and decisions back to AWS."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.cli.diagnostics import ExitCode
from riskcockpit.config.settings import SourceSettings
from riskcockpit.services.connecting import try_named
from riskcockpit.services.context import Context
from riskcockpit.services.decide import plan_waiver, revoke, waive
from riskcockpit.services.importing import ImportOptions, import_reports
from riskcockpit.services.judging import Judgement
from riskcockpit.services.outbox import actions, dispatch
from riskcockpit.services.projection import project_ledger
from riskcockpit.services.rollback import plan_rollback, rollback
from riskcockpit.services.sync import sync
from riskcockpit.services.verify import verify_ledger
from riskcockpit.store.database import Writer
from riskcockpit.views.reports import SyncReport
from riskcockpit.views.setup import CheckState
from support.aws_office import HERE, Office, office
from support.aws_state import bank_models
from support.cli import invoke
from support.deciding import LATER, WHY, Bank, make_bank

pytestmark = pytest.mark.usefixtures("without_policy")

REMARK = f"risk_accepted: {WHY} (until {LATER.date().isoformat()}, riskcockpit)"


class Branch:
    """A bank whose one source is a simulated AWS."""

    def __init__(self, bank: Bank, desk: Office) -> None:
        self.bank = bank
        self.desk = desk
        self.region = desk.region

    def at(self, name: str = "engineer") -> Context:
        """Sit somebody down."""
        source = SourceSettings(name="bank-aws", kind="aws", url=self.desk.url)
        return self.bank.at(name, sources=(source,))

    def sync(self, *services: str) -> SyncReport:
        """Pull."""
        self.desk.options["regions"] = [HERE]
        if services:
            self.desk.options["services"] = list(services)
        report = sync(self.at())
        assert report.sources[0].state == "ok", report.sources[0].message
        return report

    def rows(self, what: str = "id, state") -> list[Any]:
        """Return something of the findings of AWS."""
        tools = "('Security Hub', 'Amazon Inspector', 'AWS Config')"
        query = f"SELECT {what} FROM finding WHERE tool IN {tools} ORDER BY 1"
        return list(self.bank.rows(query))

    def ids(self) -> list[str]:
        """Return the ids of those findings."""
        return [id_ for id_, _ in self.rows()]

    def report(self, member: str, records: dict[str, Any], name: str) -> Path:
        """Write findings down as the AWS tools would."""
        path = self.bank.root / name
        path.write_text(json.dumps({member: list(records.values())}))
        return path


@pytest.fixture
def branch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Branch]:
    bank = make_bank(tmp_path / "home", monkeypatch)

    def judge(ctx: Context, tx: Writer, now: datetime) -> Judgement:
        project_ledger(ctx, tx, now)
        return Judgement(tx.generation, (), (), "", "")

    monkeypatch.setattr("riskcockpit.services.sync.judge", judge)
    judging = sys.modules["riskcockpit.services.judging"]  # the bank's stand-in
    monkeypatch.setattr(judging, "judge", judge, raising=False)
    monkeypatch.setattr(judging, "record_evaluation", lambda *_given: "", raising=False)
    with office() as desk:
        made = Branch(bank, desk)
        monkeypatch.setattr(
            Context,
            "connector",
            lambda _self, _source, _session=None: desk.connector(bank.clock),
        )
        yield made


def fill(branch: Branch, count: int = 3) -> None:
    for number in range(1, count + 1):
        branch.region.hub(number)
        branch.region.inspect(number)


# Findings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "member"),
    [("securityhub", "Findings"), ("securityhub_v2", "Findings"), ("inspector", "findings")],
)
def test_a_finding_of_an_imported_report_and_of_the_api_is_one_finding(
    branch: Branch, service: str, member: str
) -> None:
    fill(branch)
    kept = {
        "securityhub": branch.region.findings,
        "securityhub_v2": branch.region.ocsf,
        "inspector": branch.region.inspector,
    }
    path = branch.report(member, kept[service], "report.json")
    imported = import_reports(branch.at(), [path], ImportOptions())
    assert imported.totals.new == 3
    before = branch.rows()
    report = branch.sync(service)
    assert report.sources[0].counts.new == 0
    assert branch.rows() == before
    again = import_reports(branch.at(), [path], ImportOptions())
    assert again.totals.new == 0
    assert branch.rows() == before


@pytest.mark.parametrize("service", ["securityhub", "securityhub_v2", "inspector", "config"])
def test_what_is_resolved_there_is_fixed_here(branch: Branch, service: str) -> None:
    fill(branch)
    branch.region.rule("closed", "b-1", "b-2", "b-3")
    branch.sync(service)
    assert [state for _, state in branch.rows()] == ["open"] * 3
    next(iter(branch.region.findings.values()))["Workflow"] = {"Status": "RESOLVED"}
    next(iter(branch.region.ocsf.values())).update(status="Resolved", status_id=4)
    next(iter(branch.region.inspector.values()))["status"] = "CLOSED"
    branch.region.broken["closed"].pop()
    report = branch.sync()
    assert sorted(state for _, state in branch.rows()) == ["fixed", "open", "open"]
    assert report.sources[0].counts.fixed == 1
    for kept in (branch.region.findings, branch.region.ocsf, branch.region.inspector):
        kept.clear()
    branch.region.broken["closed"].clear()
    branch.sync()
    assert {state for _, state in branch.rows()} == {"fixed"}


def test_a_suppression_by_others_is_shown(branch: Branch) -> None:
    fill(branch)
    next(iter(branch.region.findings.values()))["Workflow"] = {"Status": "SUPPRESSED"}
    branch.sync("securityhub")
    states = sorted(state for _, state in branch.rows())
    assert states == ["open", "open", "suppressed_at_source"]


@pytest.mark.parametrize(
    ("write", "state", "text"),
    [
        (True, CheckState.OK, "may act; nothing was tried"),
        (False, CheckState.NOTE, "read only: the source"),
    ],
)
def test_trying_the_source_says_who_we_are_and_whether_it_may_act(
    branch: Branch, write: bool, state: CheckState, text: str
) -> None:
    fill(branch, 1)
    branch.desk.options = {"regions": [HERE], "services": ["securityhub"], "write": write}
    checks = {check.name: check for check in try_named(branch.at(), "bank-aws").checks}
    assert "user/cockpit" in checks["reachable"].detail
    assert checks["sample"].detail.endswith("bytes")
    assert ": asff, " in checks["sample"].detail
    assert checks["acts"].state is state
    assert checks["acts"].detail.startswith(text)


# Waivers -------------------------------------------------------------------------------------


def test_the_plan_shows_the_exact_call_and_the_waiver_makes_it(branch: Branch) -> None:
    branch.region.hub(1)
    branch.sync("securityhub")
    plan = plan_waiver(branch.at(), branch.ids(), "risk_accepted", WHY, LATER)
    assert plan.blockers == ()
    assert [call.split(" ")[2] for call in plan.calls] == [
        "GetFindings", "BatchUpdateFindings", "GetFindings",
    ]  # fmt: skip
    assert '"Workflow":{"Status":"SUPPRESSED"}' in plan.calls[1]
    assert branch.region.writes == [], "a plan changes nothing"

    result = waive(branch.at(), branch.ids(), "risk_accepted", WHY, LATER)
    assert [(row.kind, row.state) for row in result.actions] == [("alert.dismiss", "done")]
    finding = next(iter(branch.region.findings.values()))
    assert finding["Workflow"] == {"Status": "SUPPRESSED"}
    assert finding["Note"]["Text"] == REMARK
    branch.sync()
    assert [state for _, state in branch.rows()] == ["waived"]
    assert verify_ledger(branch.at()).is_ok

    revoke(branch.at(), result.decision.id)
    assert finding["Workflow"] == {"Status": "NEW"}
    assert {row.state for row in actions(branch.at())} == {"done"}


@pytest.mark.parametrize("service", ["securityhub_v2", "inspector", "config"])
def test_each_service_is_told_and_told_again_at_the_end(branch: Branch, service: str) -> None:
    branch.region.hub(1)
    branch.region.inspect(1)
    branch.region.rule("closed", "b-1")
    branch.sync(service)
    rows = waive(branch.at(), branch.ids(), "risk_accepted", WHY, LATER).actions
    assert [row.state for row in rows] == ["done"], rows
    branch.bank.clock.at += timedelta(days=21)
    report = branch.sync()
    assert any(note.startswith("alert.reopen ") for note in report.notes), report.notes
    assert len(branch.region.writes) == 2
    branch.sync()
    assert [state for _, state in branch.rows()] == ["open"]
    assert {row.state for row in actions(branch.at())} == {"done"}


def test_what_shows_minutes_later_is_pending_and_done_by_a_later_sync(branch: Branch) -> None:
    branch.region.hub(1)
    branch.sync("securityhub")
    branch.region.is_slow = True
    rows = waive(branch.at(), branch.ids(), "risk_accepted", WHY, LATER).actions
    assert [row.state for row in rows] == ["pending_upstream"]
    branch.region.settle()
    branch.sync()
    assert [row.state for row in actions(branch.at())] == ["done"]
    assert [state for _, state in branch.rows()] == ["waived"]


def test_a_refused_item_leaves_the_waiver_and_is_told(branch: Branch) -> None:
    fill(branch, 2)
    branch.sync("securityhub")
    which = next(iter(branch.region.findings))
    branch.region.refusals[which] = ("ConcurrentUpdateError", "try again")
    rows = waive(branch.at(), branch.ids(), "risk_accepted", WHY, LATER).actions
    assert sorted(row.state for row in rows) == ["done", "refused"]
    refused = next(row for row in rows if row.state == "refused")
    assert which in refused.target
    assert {state for _, state in branch.rows()} == {"waived"}


# Models --------------------------------------------------------------------------------------


def test_a_rollback_is_planned_signed_sent_and_read_back(branch: Branch) -> None:
    bank_models(branch.region)
    branch.sync("sagemaker")
    plan = plan_rollback(branch.at(), "fraud-scoring")
    assert plan.blockers == (), plan.blockers
    assert '"EndpointConfigName":"fraud-v2"' in plan.calls[1]
    result = rollback(branch.at(), "fraud-scoring")
    assert [row.state for row in result.actions] == ["done"], result.actions
    assert branch.region.endpoints["fraud-prod"].config == "fraud-v2"
    branch.sync()
    shown = "SELECT version FROM model_alias WHERE model = 'fraud-scoring' AND alias = 'champion'"
    assert branch.bank.rows(shown) == [(2,)]


def test_a_version_that_waits_is_listed_approved_by_command_and_approved_after_a_sync(
    branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank_models(branch.region)
    branch.desk.options["regions"] = [HERE]
    monkeypatch.setattr(Context, "open", branch.at)
    place = f"fraud-scoring@{HERE}"
    listed = json.loads(invoke("deployments", "list", "--json").out)
    assert listed["notes"] == []
    assert [(row["kind"], row["target"], row["version"]) for row in listed["deployments"]] == [
        ("deployment.approve", place, "4"),
        ("deployment.reject", place, "4"),
        ("deployment.rollback", f"fraud-prod@{HERE}", "fraud-v2"),
        ("deployment.rollback", f"fraud-prod@{HERE}", "fraud-v1"),
    ]
    assert "UpdateModelPackage" in invoke("approve", place, "--dry-run").out
    assert branch.region.writes == []
    said = json.loads(invoke("approve", place, "-m", "bench 4711", "--yes", "--json").out)
    assert [row["outcome"] for row in said["actions"]] == ["done"]
    found = branch.region.groups["fraud-scoring"][4]
    assert (found["ModelApprovalStatus"], found["ApprovalDescription"]) == (
        "Approved", "bench 4711",
    )  # fmt: skip
    assert verify_ledger(branch.at()).is_ok
    branch.sync("sagemaker")
    query = (
        "SELECT tags['validation_status'] FROM model_version"
        " WHERE model = 'fraud-scoring' AND version = 4 AND run_user = 'trainer'"
    )
    assert branch.bank.rows(query) == [("approved",)]


def test_an_endpoint_is_rolled_back_by_command_and_followed_until_it_serves(
    branch: Branch, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank_models(branch.region)
    branch.desk.options["regions"] = [HERE]
    monkeypatch.setattr(Context, "open", branch.at)
    branch.region.is_slow = True
    words = ("rollback", f"fraud-prod@{HERE}", "--to", "fraud-v1", "--yes", "--json")
    said = json.loads(invoke(*words).out)
    assert [row["outcome"] for row in said["actions"]] == ["pending_upstream"]
    again = invoke(*words)
    assert again.code == ExitCode.REFUSED
    branch.region.settle()
    assert [row.state for row in dispatch(branch.at())] == ["done"]
    assert branch.region.endpoints["fraud-prod"].config == "fraud-v1"
    assert [name for name, _ in branch.region.writes] == ["UpdateEndpoint"]
