"""Deciding about deployments: offered by the source, previewed, signed, sent once, read back."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.config.settings import SourceSettings
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.github.connector import GithubConnector
from riskcockpit.domain.action import ActionKind, Offer
from riskcockpit.domain.deployment import Deployment, DeploymentStatus
from riskcockpit.errors import RefusedError, UnavailableError, UnknownNameError
from riskcockpit.ingest.deployments import record_deployments
from riskcockpit.services.answers import approve, plan_approve, reject, undo
from riskcockpit.services.context import Context
from riskcockpit.services.deployments import decide_deployment, deployments, plan_deployment
from riskcockpit.services.outbox import actions, dispatch
from riskcockpit.services.verify import verify_ledger
from support import github_objects
from support.caches import NOW
from support.cli import invoke
from support.deciding import Bank, entry_types, make_bank
from support.github_sim import GithubSim
from support.sim_server import serving

pytestmark = pytest.mark.usefixtures("without_policy")

APPROVE, REJECT, BACK = (
    ActionKind.DEPLOYMENT_APPROVE, ActionKind.DEPLOYMENT_REJECT, ActionKind.DEPLOYMENT_ROLLBACK,
)  # fmt: skip
PLACE = "bank/payments@production"
OLDEST, OLD, NOW_SERVING = "a" * 40, "b" * 40, "c" * 40
SCHEMA = Path(__file__).resolve().parents[2] / "docs/schemas/deployments.json"


class Yard:
    """A bank that watches one repository of a simulated GitHub, and has no other that deploys."""

    def __init__(self, bank: Bank, sim: GithubSim, url: str) -> None:
        self.bank = bank
        self.sim = sim
        self.world = sim.world
        self.url = url
        self.may_write = True
        self.watch = ["bank/payments"]

    def connector(self) -> GithubConnector:
        """Build the connector as the settings of this home would."""
        write = Credential(secrets.token_hex(16), "env W") if self.may_write else None
        options = {"organization": "bank", "watch": self.watch, "write": True}
        spec = SourceSpec("gh", self.url, options, write=write)
        return GithubConnector.build(spec, self.bank.clock)

    def at(self, name: str = "engineer") -> Context:
        """Sit somebody down."""
        sources = (
            SourceSettings(name="gh", kind="github", url=self.url),
            SourceSettings(name="reports", kind="files"),
        )
        return self.bank.at(name, sources=sources)

    def wait(self, *runs: int, can_approve: bool = True) -> None:
        """Let runs wait for somebody to let them deploy to production."""
        for run in runs:
            self.world.run("bank/payments", run, status="waiting", conclusion=None)
            self.world.repo("bank/payments").pending[run] = [
                github_objects.pending(7, "production", can_approve=can_approve)
            ]

    def deploy(self) -> None:
        """Deploy three commits to production, the newest of which serves."""
        for number, commit in enumerate((OLDEST, OLD, NOW_SERVING), 1):
            self.world.deploy("bank/payments", number, commit, "production", "success")


@pytest.fixture
def yard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    bank = make_bank(tmp_path / "home", monkeypatch)
    sim = GithubSim()
    with serving(sim) as url:
        made = Yard(bank, sim, url)
        monkeypatch.setattr(Context, "connector", lambda _self, _source: made.connector())
        yield made
    sim.check()


def test_what_can_be_decided_is_offered_by_the_source(yard: Yard) -> None:
    yard.wait(5)
    yard.deploy()
    view = deployments(yard.at())
    assert [(row.kind, row.target, row.version) for row in view.offers] == [
        ("deployment.approve", PLACE, "5"),
        ("deployment.reject", PLACE, "5"),
        ("deployment.rollback", PLACE, OLD),
        ("deployment.rollback", PLACE, OLDEST),
    ]
    assert view.notes == ()
    assert "run 5 of" in view.offers[0].what


def test_a_source_that_does_not_answer_is_a_note(yard: Yard, monkeypatch: Any) -> None:
    def silent(_self: Any, _kinds: Collection[ActionKind]) -> Iterator[Offer]:
        raise UnavailableError("no answer")

    monkeypatch.setattr(GithubConnector, "deployments", silent)
    view = deployments(yard.at())
    assert (view.offers, view.notes) == ((), ("gh cannot be asked: no answer",))
    with pytest.raises(UnknownNameError) as error:
        plan_deployment(yard.at(), APPROVE, PLACE)
    assert "no answer" in (error.value.hint or "")


def test_a_deployment_is_approved_previewed_signed_and_read_back(yard: Yard) -> None:
    yard.wait(5)
    plan = plan_deployment(yard.at(), APPROVE, PLACE, "change 4711")
    assert (plan.blockers, plan.rule) == ((), "rollback-alone")
    (call,) = (one for one in plan.calls if one.startswith("POST"))
    assert yard.world.writes == []
    done = decide_deployment(yard.at(), APPROVE, PLACE, "change 4711")
    assert (done.decision.state.value, done.actions[0].state) == ("granted", "done")
    assert yard.world.writes[0][2]["comment"] == "change 4711"
    assert json.loads(call[call.index("{") :]) == yard.world.writes[0][2]
    assert entry_types(yard.bank) == ["deployment.requested", "action.sent", "action.confirmed"]
    assert verify_ledger(yard.at()).is_ok
    with pytest.raises(UnknownNameError, match="nothing to approve"):
        decide_deployment(yard.at(), APPROVE, PLACE)


def test_where_several_wait_one_says_which(yard: Yard) -> None:
    yard.wait(51, 62)
    with pytest.raises(UnknownNameError) as error:
        decide_deployment(yard.at(), REJECT, PLACE)
    assert f"{PLACE}#62" in (error.value.hint or "")
    done = decide_deployment(yard.at(), REJECT, f"{PLACE}#51")
    assert done.actions[0].state == "done"
    assert [row.version for row in deployments(yard.at()).offers] == ["62", "62"]


def test_in_production_a_second_person_signs_before_anything_is_sent(yard: Yard) -> None:
    yard.bank.is_production = True
    yard.wait(5)
    asked = decide_deployment(yard.at(), APPROVE, PLACE)
    assert (asked.decision.state.value, asked.actions[0].state) == ("requested", "requested")
    assert yard.world.writes == []
    with pytest.raises(RefusedError) as refused:
        decide_deployment(yard.at(), APPROVE, PLACE)
    assert "is on its way" in refused.value.message
    with pytest.raises(RefusedError):
        approve(yard.at(), asked.decision.id)
    plan = plan_approve(yard.at("approver"), asked.decision.id)
    assert any("POST" in call for call in plan.calls)
    done = approve(yard.at("approver"), asked.decision.id)
    assert done.actions[0].state == "done"
    assert len(yard.world.writes) == 1
    assert entry_types(yard.bank)[:2] == ["deployment.requested", "approval.granted"]


def test_who_started_a_deployment_does_not_approve_it_in_production(yard: Yard) -> None:
    yard.bank.is_production = True
    yard.wait(5)
    started = Deployment(
        "5", "bank/payments", "production", DeploymentStatus.WAITING, NOW, actor="Approver"
    )
    with yard.at().store.writer() as tx:
        record_deployments(tx, [started], "gh", NOW)
    asked = decide_deployment(yard.at(), APPROVE, PLACE)
    entries = yard.at().reading_journal().entries()
    entry = next(each for each in entries if each.hash == asked.decision.id)
    assert (entry.data["authors"], entry.data["excluded"]) == (
        ["Approver"], ["approver", "engineer"],
    )  # fmt: skip
    with pytest.raises(RefusedError, match="approver made what this is about"):
        approve(yard.at("approver"), asked.decision.id)
    assert yard.world.repo("bank/payments").pending[5], "nothing was sent"


def test_who_started_the_run_or_made_its_commit_does_not_approve_it(yard: Yard) -> None:
    yard.bank.is_production = True
    yard.wait(5)
    commit = {
        "id": "c" * 40, "tree_id": "d" * 40, "message": "m", "timestamp": "2026-11-25T12:00:00Z",
        "author": {"name": "Ann Author", "email": "ann@bank.example"},
        "committer": {"name": "Ben", "email": "approver@bank.example"},
    }  # fmt: skip
    yard.world.run("bank/payments", 5, status="waiting", conclusion=None, head_commit=commit,
                   actor=github_objects.user("mara"))  # fmt: skip
    asked = decide_deployment(yard.at(), APPROVE, PLACE)
    entries = yard.at().reading_journal().entries()
    entry = next(each for each in entries if each.hash == asked.decision.id)
    assert entry.data["authors"] == [
        "mara", "Ann Author", "ann@bank.example", "Ben", "approver@bank.example",
    ]  # fmt: skip
    with pytest.raises(RefusedError, match="approver made what this is about"):
        approve(yard.at("approver"), asked.decision.id)


def test_a_rejected_or_undone_request_is_never_sent(yard: Yard) -> None:
    yard.bank.is_production = True
    yard.wait(5, 6)
    one = decide_deployment(yard.at(), APPROVE, f"{PLACE}#5").decision.id
    reject(yard.at("approver"), one, "not on a Friday")
    other = decide_deployment(yard.at(), APPROVE, f"{PLACE}#6").decision.id
    undo(yard.at())
    assert {row.id: row.state for row in actions(yard.at())} == {one: "rejected", other: "undone"}
    assert dispatch(yard.at()) == ()
    assert yard.world.writes == []
    assert "approval.rejected" in entry_types(yard.bank)


def test_an_earlier_commit_is_deployed_again_and_brought_on_until_it_serves(yard: Yard) -> None:
    yard.deploy()
    plan = plan_deployment(yard.at(), BACK, PLACE)
    assert (plan.blockers, OLD[:12] in plan.title) == ((), True)
    done = decide_deployment(yard.at(), BACK, PLACE, to=OLDEST[:7])
    assert done.actions[0].state == "pending_upstream"
    assert yard.world.writes[0][2]["ref"] == OLDEST
    yard.world.status("bank/payments", 4, "success")
    assert [row.state for row in dispatch(yard.at())] == ["done"]
    assert len(yard.world.writes) == 1
    with pytest.raises(RefusedError, match="stays said"):
        undo(yard.at())


def test_without_leave_to_write_nothing_is_signed(yard: Yard) -> None:
    yard.wait(5)
    yard.may_write = False
    assert "write credential" in plan_deployment(yard.at(), APPROVE, PLACE).blockers[0]
    with pytest.raises(RefusedError, match="is refused"):
        decide_deployment(yard.at(), APPROVE, PLACE)
    assert entry_types(yard.bank) == []


def test_who_may_not_approve_there_is_told_before_anything_is_signed(yard: Yard) -> None:
    yard.wait(5, can_approve=False)
    with pytest.raises(RefusedError, match="our account may not approve"):
        decide_deployment(yard.at(), APPROVE, PLACE)
    assert entry_types(yard.bank) == []


def test_a_role_without_the_right_decides_nothing(yard: Yard) -> None:
    yard.wait(5)
    with pytest.raises(RefusedError):
        decide_deployment(yard.at("auditor"), APPROVE, PLACE)
    assert plan_deployment(yard.at("auditor"), APPROVE, PLACE).blockers


def test_rules_of_their_own_hold_for_deployments(yard: Yard) -> None:
    own = """
  - id: deploy-two
    action: deploy
    request: [engineer]
    keys: 2
    approve: [approver]
"""
    yard.bank.write_roles(lambda text: text + own)
    yard.wait(5)
    plan = plan_deployment(yard.at(), APPROVE, PLACE)
    assert (plan.rule, len(plan.needs)) == ("deploy-two", 1)


def test_a_lost_answer_is_read_back_and_nothing_is_sent_twice(yard: Yard) -> None:
    yard.wait(5)
    yard.sim.fail("drop-after", "POST")
    done = decide_deployment(yard.at(), APPROVE, PLACE)
    assert done.actions[0].state == "done"
    assert len(yard.world.writes) == 1


def test_the_commands_find_them_by_their_name(yard: Yard, monkeypatch: Any) -> None:
    yard.wait(5)
    yard.deploy()
    monkeypatch.setattr(Context, "open", yard.at)
    listed = invoke("deployments", "list", "--json")
    document = json.loads(listed.out)
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    assert [row["kind"] for row in document["deployments"]].count("deployment.rollback") == 2
    assert PLACE in invoke("deployments", "list").out
    dry = invoke("approve", PLACE, "--dry-run", "--json")
    assert json.loads(dry.out)["schema"] == "riskcockpit.preview/1"
    assert yard.world.writes == []
    said = json.loads(invoke("approve", PLACE, "--yes", "--json", "-m", "agreed").out)
    assert (said["decision"]["type"], said["actions"][0]["outcome"]) == (
        "deployment.requested", "done",
    )  # fmt: skip
    assert invoke("reject", PLACE, "--yes").code == 2
    back = invoke("rollback", PLACE, "--to", OLDEST, "--yes", "--json")
    assert json.loads(back.out)["actions"][0]["outcome"] == "pending_upstream"
    assert invoke("rollback", "fraud", "--to", "six", "--yes").code == 2


def test_a_request_asks_the_next_person_in_the_queue(yard: Yard) -> None:
    yard.bank.is_production = True
    yard.wait(5)
    decide_deployment(yard.at(), APPROVE, PLACE)
    rows = yard.bank.rows("SELECT kind, target, state FROM action")
    assert rows == [("deployment.approve", PLACE, "requested")]
