"""Acting on GitLab: read, check, send once, read back. A doubt is never told as a success."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from riskcockpit.connectors.api import Acts, KeptRecord, WaiverWords
from riskcockpit.connectors.gitlab.connector import FORMAT, GitlabConnector
from riskcockpit.connectors.gitlab.dismissal import LONGEST_COMMENT, REASONS
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.decision import WaiverReason
from riskcockpit.errors import SourceError
from support.acting_contract import (
    COMMENT,
    END,
    ID,
    ActingContract,
    Bench,
    bench_of,
    dismissal,
    reopening,
)
from support.deploying_contract import DeployingContract
from support.gitlab_sim import GitlabSim
from support.gitlab_state import GID, code
from support.simulated import Simulator

TARGET = "bank/payments#1"
OPTIONS = {"group": "bank", "write": True}


def one_vulnerability() -> GitlabSim:
    made = GitlabSim()
    made.world.found("bank/payments", 1, code(1))
    return made


@pytest.fixture
def desk() -> Iterator[Bench[GitlabSim]]:
    yield from bench_of(GitlabConnector, one_vulnerability(), OPTIONS)


def state(desk: Bench[GitlabSim]) -> str:
    """How the one vulnerability stands."""
    return str(desk.sim.world.projects["bank/payments"].vulnerabilities[1]["state"])


def dismissed(reason: str = "FALSE_POSITIVE", target: str = TARGET) -> Action:
    return dismissal(target, **{"from": "detected", "to": "dismissed", "reason": reason})


def reverted(to: str = "detected") -> Action:
    return reopening(TARGET, **{"from": "dismissed", "to": to})


class TestDismissing(ActingContract):
    connector = GitlabConnector
    options = OPTIONS
    closing = dismissed()
    opening = reverted()
    write_mark = "vulnerabilityDismiss"
    closed_evidence: ClassVar[Mapping[str, str]] = {"state": "dismissed"}

    def make(self) -> GitlabSim:
        return one_vulnerability()


def test_it_says_which_gitlab_it_is(desk: Bench[GitlabSim]) -> None:
    made = desk.connector()
    assert made.check() == "GitLab 18.6.0-ee EE as octo"
    desk.sim.fail("404", "/metadata")
    assert made.check() == "GitLab as octo"


# Vulnerabilities ---------------------------------------------------------------------------------


def test_a_vulnerability_is_dismissed_with_reason_and_comment_and_reverted(
    desk: Bench[GitlabSim],
) -> None:
    made = desk.connector()
    assert made.preview(dismissed()).blockers == ()
    assert desk.sim.writes == []
    receipt = made.apply(dismissed())
    assert (receipt.outcome, receipt.evidence) == (Outcome.DONE, {"state": "dismissed"})
    found = desk.sim.world.projects["bank/payments"].vulnerabilities[1]
    assert (found["dismissalReason"], found["stateComment"]) == ("FALSE_POSITIVE", COMMENT)
    assert made.observe(dismissed()).outcome is Outcome.DONE
    assert made.apply(reverted()).outcome is Outcome.DONE
    assert state(desk) == "DETECTED"
    assert len(desk.sim.writes) == 2


def test_what_was_confirmed_before_is_confirmed_again(desk: Bench[GitlabSim]) -> None:
    desk.sim.world.set_state("bank/payments", 1, "CONFIRMED")
    made = desk.connector()
    made.apply(dismissed())
    assert made.apply(reverted("confirmed")).outcome is Outcome.DONE
    assert state(desk) == "CONFIRMED"


def test_the_preview_names_exactly_the_calls_that_are_made(desk: Bench[GitlabSim]) -> None:
    made = desk.connector()
    preview = made.preview(dismissed())
    desk.sim.exchanges.clear()
    made.apply(dismissed())
    assert len(preview.calls) == len(desk.sim.exchanges) == 3
    sent = desk.sim.exchanges[1].body
    name, _, variables = preview.calls[1].partition("(")
    assert name == f"POST {desk.url}/api/graphql vulnerabilityDismiss"
    assert json.loads(variables.removesuffix(")")) == sent["variables"]
    assert "vulnerabilityDismiss(input" in sent["query"]
    assert preview.precondition == "bank/payments#1 is detected or confirmed"
    assert preview.inverse == "revert it to detected"


def test_a_vulnerability_in_another_state_is_left_alone(desk: Bench[GitlabSim]) -> None:
    desk.sim.world.set_state("bank/payments", 1, "RESOLVED")
    made = desk.connector()
    blockers = ("bank/payments#1 is resolved, not detected or confirmed",)
    assert made.preview(dismissed()).blockers == blockers
    assert made.apply(dismissed()).outcome is Outcome.REFUSED
    assert made.observe(dismissed()).outcome is Outcome.REFUSED
    assert desk.sim.writes == []


def test_an_error_of_graphql_is_a_refusal_in_its_words(desk: Bench[GitlabSim]) -> None:
    desk.sim.fail("graphql-denied", "mutation")
    receipt = desk.connector().apply(dismissed())
    assert receipt.outcome is Outcome.REFUSED
    assert "does not exist" in receipt.message
    assert state(desk) == "DETECTED"


def test_what_was_resolved_while_it_was_dismissed_needs_no_opening(
    desk: Bench[GitlabSim],
) -> None:
    made = desk.connector()
    made.apply(dismissed())
    desk.sim.world.set_state("bank/payments", 1, "RESOLVED")
    receipt = made.apply(reverted())
    assert (receipt.outcome, receipt.evidence) == (Outcome.DONE, {"state": "resolved"})
    assert len(desk.sim.writes) == 1


def test_a_number_of_another_project_is_refused(desk: Bench[GitlabSim]) -> None:
    desk.sim.world.found("bank/cards", 9, code(9))
    receipt = desk.connector().apply(dismissed(target="bank/payments#9"))
    assert receipt.outcome is Outcome.REFUSED
    assert "no vulnerability of bank/payments" in receipt.message
    assert desk.sim.writes == []


def test_one_that_is_not_there_is_refused(desk: Bench[GitlabSim]) -> None:
    receipt = desk.connector().apply(dismissed(target="bank/payments#77"))
    assert receipt.outcome is Outcome.REFUSED
    assert "shows no gid://gitlab/Vulnerability/77" in receipt.message


def test_reading_uses_the_read_credential_and_writing_the_other(desk: Bench[GitlabSim]) -> None:
    desk.connector().apply(dismissed())
    tokens = [one.headers["authorization"] for one in desk.sim.exchanges]
    assert tokens[0] == tokens[2] != tokens[1]


def test_a_dismissal_of_somebody_else_is_not_taken_back(desk: Bench[GitlabSim]) -> None:
    desk.sim.world.set_state("bank/payments", 1, "DISMISSED", stateComment="we know")
    receipt = desk.connector().apply(reverted())
    assert receipt.outcome is Outcome.REFUSED
    assert "by somebody else" in receipt.message
    assert state(desk) == "DISMISSED"


def test_a_mutation_that_fails_without_an_error_is_not_taken_for_a_success(
    desk: Bench[GitlabSim],
) -> None:
    desk.sim.fail("silent", "vulnerabilityDismiss")
    made = desk.connector()
    receipt = made.apply(dismissed())
    assert receipt.outcome is Outcome.UNKNOWN
    assert "but bank/payments#1 is detected" in receipt.message
    assert made.apply(dismissed()).outcome is Outcome.DONE


@pytest.mark.parametrize(
    "bad",
    [
        dismissed(target=""),
        dismissed(target="bank/payments"),
        dismissed(target="payments#1"),
        dismissed(target="a/../b#1"),
        dismissed(target="a/b#0"),
        dismissed(target='a/b#1"'),
        dismissed(reason="WONT_FIX"),
        Action(ID, ActionKind.MODEL_ROLLBACK, "up", TARGET),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_asked(
    desk: Bench[GitlabSim], bad: Action
) -> None:
    with pytest.raises(SourceError):
        desk.connector().apply(bad)
    assert desk.sim.exchanges == []


# Waivers in the words of GitLab ------------------------------------------------------------------


def kept(number: int = 1, state: str = "DETECTED", project: str = "bank/payments") -> KeptRecord:
    content = {"gid": f"{GID}{number}", "state": state, "project": {"fullPath": project}}
    return KeptRecord(FORMAT, json.dumps(content).encode())


@pytest.mark.parametrize("reason", list(WaiverReason))
def test_every_reason_of_ours_is_one_that_gitlab_takes(
    desk: Bench[GitlabSim], reason: WaiverReason
) -> None:
    made = desk.connector()
    action = made.dismissal(kept(), WaiverWords(reason, "No route leads there", END))
    assert action is not None
    assert (action.target, action.params["reason"]) == (TARGET, REASONS[reason])
    assert made.apply(action).outcome is Outcome.DONE


def test_a_long_justification_is_cut_and_the_state_before_is_kept(desk: Bench[GitlabSim]) -> None:
    words = WaiverWords(WaiverReason.RISK_ACCEPTED, "Because\nof " + "reasons " * 200, END)
    action = desk.connector().dismissal(kept(state="CONFIRMED"), words)
    assert action is not None
    comment = action.params["comment"]
    assert len(comment) == LONGEST_COMMENT
    assert comment.endswith("… (until 2026-06-01, riskcockpit)")
    assert action.params["from"] == "confirmed"


@pytest.mark.parametrize(
    "record",
    [
        KeptRecord("gitlab", kept().content),
        KeptRecord(FORMAT, b"{}"),
        KeptRecord(FORMAT, b"\xff"),
        kept(project="../x"),
        kept(number=0),
    ],
)
def test_what_is_no_vulnerability_of_gitlab_is_not_taken_upstream(
    desk: Bench[GitlabSim], record: KeptRecord
) -> None:
    words = WaiverWords(WaiverReason.RISK_ACCEPTED, "x", END)
    assert desk.connector().dismissal(record, words) is None


# Deployments that wait ---------------------------------------------------------------------------


def review(kind: ActionKind = ActionKind.DEPLOYMENT_APPROVE, **more: str) -> Action:
    params = {"run": "5", "comment": "change 4711 was agreed", **more}
    return Action(ID, kind, "up", "bank/payments@production", params)


class TestDeploying(DeployingContract):
    connector = GitlabConnector
    options: ClassVar[Mapping[str, Any]] = {"watch": ["bank/payments"], "write": True}
    action = review()
    bad = (
        replace(review(), target="bank/payments"),
        replace(review(), target="payments@production"),
        review(run="-1"),
        replace(review(), kind=ActionKind.DEPLOYMENT_ROLLBACK),
    )
    write_mark = "/approval"
    read_mark = "/deployments"
    about = "GitLab 18.6.0-ee EE as octo"
    reads_before = 2

    def make(self) -> GitlabSim:
        made = GitlabSim()
        made.world.deploy("bank/payments", 5, "production", "blocked")
        made.world.deploy("bank/payments", 6, "production", "success")
        return made

    def test_reading_uses_the_read_credential_and_writing_the_other(
        self, bench: Bench[Simulator]
    ) -> None:
        """An answer is somebody's: whether it is there is asked as who gives it."""

        def tokens() -> set[str]:
            found = {one.headers["authorization"] for one in bench.sim.exchanges}
            bench.sim.exchanges.clear()
            return found

        made = bench.connector()
        assert list(made.deployments())
        (read,) = tokens()
        made.apply(self.action)
        (written,) = tokens()
        assert read != written


@pytest.mark.parametrize(
    ("kind", "status", "after"),
    [
        (ActionKind.DEPLOYMENT_APPROVE, "approved", "created"),
        (ActionKind.DEPLOYMENT_REJECT, "rejected", "failed"),
    ],
)
def test_a_waiting_deployment_is_answered_and_read_back(
    desk: Bench[GitlabSim], kind: ActionKind, status: str, after: str
) -> None:
    desk.sim.world.deploy("bank/payments", 5, "production", "blocked")
    made = desk.connector()
    preview = made.preview(review(kind))
    assert preview.blockers == ()
    assert preview.calls[2] == (
        f"POST {desk.url}/api/v4/projects/bank%2Fpayments/deployments/5/approval"
        f' {{"status":"{status}","comment":"change 4711 was agreed"}}'
    )
    receipt = made.apply(review(kind))
    assert (receipt.outcome, receipt.evidence) == (Outcome.DONE, {"state": status})
    assert desk.sim.world.projects["bank/payments"].deployments[5]["status"] == after
    assert made.observe(review(kind)).outcome is Outcome.DONE
    assert made.apply(review(kind)).outcome is Outcome.DONE
    assert len(desk.sim.writes) == 1


def test_a_deployment_that_waits_in_a_watched_project_is_offered(desk: Bench[GitlabSim]) -> None:
    commit = {"id": "b" * 40, "author_name": "Ann", "author_email": "ann@bank.example"}
    job = {"id": 5, "user": {"id": 4, "username": "mara"}, "commit": commit}
    desk.sim.world.deploy("bank/payments", 5, "production", "blocked", deployable=job)
    desk.sim.world.deploy("bank/payments", 6, "staging", "success")
    made = desk.connector(watch=["bank/payments"])
    assert [(o.action.kind, o.action.target, o.version) for o in made.deployments()] == [
        (ActionKind.DEPLOYMENT_APPROVE, "bank/payments@production", "5"),
        (ActionKind.DEPLOYMENT_REJECT, "bank/payments@production", "5"),
    ]
    assert list(made.deployments({ActionKind.DEPLOYMENT_ROLLBACK})) == []
    (offer,) = made.deployments({ActionKind.DEPLOYMENT_APPROVE})
    assert offer.authors == ("deployer", "mara", "Ann", "ann@bank.example")
    assert isinstance(made, Acts)
    assert made.preview(offer.action).blockers == ()


def test_of_several_approvals_ours_is_done_and_the_rest_is_told(desk: Bench[GitlabSim]) -> None:
    desk.sim.world.deploy("bank/payments", 5, "production", "blocked", pending_approval_count=3)
    receipt = desk.connector().apply(review(represented_as="sre"))
    assert receipt.outcome is Outcome.DONE
    assert "2 approvals to go" in receipt.message
    assert desk.sim.writes[0][2]["represented_as"] == "sre"


def test_what_our_account_answered_otherwise_is_refused(desk: Bench[GitlabSim]) -> None:
    desk.sim.world.deploy("bank/payments", 5, "production", "blocked")
    made = desk.connector()
    made.apply(review(ActionKind.DEPLOYMENT_REJECT))
    assert made.observe(review()).outcome is Outcome.REFUSED
    assert made.apply(review()).outcome is Outcome.REFUSED
    assert "our account has rejected" in made.preview(review()).blockers[0]


@pytest.mark.parametrize(
    ("environment", "status", "why"),
    [("staging", "blocked", "goes to staging"), ("production", "running", "waits for no approval")],
)
def test_another_environment_or_one_that_does_not_wait_is_refused(
    desk: Bench[GitlabSim], environment: str, status: str, why: str
) -> None:
    desk.sim.world.deploy("bank/payments", 5, environment, status)
    receipt = desk.connector().apply(review())
    assert receipt.outcome is Outcome.REFUSED
    assert why in receipt.message
    assert desk.sim.writes == []


def test_an_approval_whose_answer_is_lost_is_read_back_and_not_repeated(
    desk: Bench[GitlabSim],
) -> None:
    desk.sim.world.deploy("bank/payments", 5, "production", "blocked")
    desk.sim.fail("drop-after", "/approval")
    made = desk.connector()
    assert made.apply(review()).outcome is Outcome.DONE
    assert len(desk.sim.writes) == 1


def test_an_approval_that_gitlab_refuses_is_a_receipt_in_its_words(desk: Bench[GitlabSim]) -> None:
    desk.sim.world.deploy("bank/payments", 5, "production", "blocked")
    desk.sim.fail("400", "/approval")
    receipt = desk.connector().apply(review())
    assert receipt.outcome is Outcome.REFUSED
    assert "as commanded" in receipt.message
