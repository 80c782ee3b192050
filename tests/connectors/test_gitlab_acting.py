"""Acting on GitLab: read, check, send once, read back. A doubt is never told as a success."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import Acts, Checks, Dismisses, KeptRecord, SourceSpec, WaiverWords
from riskcockpit.connectors.gitlab.connector import FORMAT, GitlabConnector
from riskcockpit.connectors.gitlab.dismissal import LONGEST_COMMENT, REASONS
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.decision import WaiverReason
from riskcockpit.errors import RateLimitedError, RetryableError, SourceError
from support.gitlab_sim import GitlabSim
from support.gitlab_state import GID, code
from support.sim_server import serving

CLOCK = FrozenClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
END = datetime(2026, 6, 1, tzinfo=UTC)
ID = "feed" * 16
COMMENT = "Not reachable (until 2026-06-01, riskcockpit)"
TARGET = "bank/payments#1"


class Desk:
    """A simulated GitLab and a connector that may write to it."""

    def __init__(self, sim: GitlabSim, url: str) -> None:
        self.sim = sim
        self.world = sim.world
        self.url = url
        self.open: list[GitlabConnector] = []
        self.writer = Credential(secrets.token_hex(16), "env W")

    def connector(self, *, may_write: bool = True, **options: Any) -> GitlabConnector:
        """Build a connector with options besides the usual ones."""
        spec = SourceSpec(
            "gl",
            self.url,
            {"group": "bank", "write": True, **options},
            read=Credential(secrets.token_hex(16), "env R"),
            write=self.writer if may_write else None,
        )
        made = GitlabConnector.build(spec, CLOCK)
        self.open.append(made)
        return made

    @property
    def state(self) -> str:
        """How the one vulnerability stands."""
        return str(self.world.projects["bank/payments"].vulnerabilities[1]["state"])


@pytest.fixture
def desk() -> Iterator[Desk]:
    sim = GitlabSim()
    sim.world.found("bank/payments", 1, code(1))
    with serving(sim) as url:
        made = Desk(sim, url)
        yield made
        for connector in made.open:
            connector.close()


def dismissal(reason: str = "FALSE_POSITIVE", target: str = TARGET) -> Action:
    params = {"from": "detected", "to": "dismissed", "reason": reason, "comment": COMMENT}
    return Action(ID, ActionKind.ALERT_DISMISS, "gl", target, params)


def reopening(to: str = "detected") -> Action:
    return Action(ID[::-1], ActionKind.ALERT_REOPEN, "gl", TARGET, {"from": "dismissed", "to": to})


def test_it_has_the_capabilities_and_says_which_gitlab_it_is(desk: Desk) -> None:
    made = desk.connector()
    assert isinstance(made, Acts)
    assert isinstance(made, Checks)
    assert isinstance(made, Dismisses)
    assert made.check() == "GitLab 18.6.0-ee EE as octo"
    desk.sim.fail("404", "/metadata")
    assert made.check() == "GitLab as octo"


# Vulnerabilities ---------------------------------------------------------------------------------


def test_a_vulnerability_is_dismissed_with_reason_and_comment_and_reverted(desk: Desk) -> None:
    made = desk.connector()
    assert made.preview(dismissal()).blockers == ()
    assert desk.sim.writes == []
    receipt = made.apply(dismissal())
    assert (receipt.outcome, receipt.evidence) == (Outcome.DONE, {"state": "dismissed"})
    found = desk.world.projects["bank/payments"].vulnerabilities[1]
    assert (found["dismissalReason"], found["stateComment"]) == ("FALSE_POSITIVE", COMMENT)
    assert made.observe(dismissal()).outcome is Outcome.DONE
    assert made.apply(reopening()).outcome is Outcome.DONE
    assert desk.state == "DETECTED"
    assert len(desk.sim.writes) == 2


def test_what_was_confirmed_before_is_confirmed_again(desk: Desk) -> None:
    desk.world.set_state("bank/payments", 1, "CONFIRMED")
    made = desk.connector()
    made.apply(dismissal())
    assert made.apply(reopening("confirmed")).outcome is Outcome.DONE
    assert desk.state == "CONFIRMED"


def test_the_preview_names_exactly_the_calls_that_are_made(desk: Desk) -> None:
    made = desk.connector()
    preview = made.preview(dismissal())
    desk.sim.exchanges.clear()
    made.apply(dismissal())
    assert len(preview.calls) == len(desk.sim.exchanges) == 3
    sent = desk.sim.exchanges[1].body
    name, _, variables = preview.calls[1].partition("(")
    assert name == f"POST {desk.url}/api/graphql vulnerabilityDismiss"
    assert json.loads(variables.removesuffix(")")) == sent["variables"]
    assert "vulnerabilityDismiss(input" in sent["query"]
    assert preview.precondition == "bank/payments#1 is detected or confirmed"
    assert preview.inverse == "revert it to detected"


def test_the_same_action_again_sends_nothing(desk: Desk) -> None:
    made = desk.connector()
    assert made.apply(dismissal()).outcome is made.apply(dismissal()).outcome is Outcome.DONE
    assert len(desk.sim.writes) == 1


def test_a_vulnerability_in_another_state_is_left_alone(desk: Desk) -> None:
    desk.world.set_state("bank/payments", 1, "RESOLVED")
    made = desk.connector()
    blockers = ("bank/payments#1 is resolved, not detected or confirmed",)
    assert made.preview(dismissal()).blockers == blockers
    assert made.apply(dismissal()).outcome is Outcome.REFUSED
    assert made.observe(dismissal()).outcome is Outcome.REFUSED
    assert desk.sim.writes == []


def test_a_number_of_another_project_is_refused(desk: Desk) -> None:
    desk.world.found("bank/cards", 9, code(9))
    receipt = desk.connector().apply(dismissal(target="bank/payments#9"))
    assert receipt.outcome is Outcome.REFUSED
    assert "no vulnerability of bank/payments" in receipt.message
    assert desk.sim.writes == []


def test_one_that_is_not_there_is_refused(desk: Desk) -> None:
    receipt = desk.connector().apply(dismissal(target="bank/payments#77"))
    assert receipt.outcome is Outcome.REFUSED
    assert "shows no gid://gitlab/Vulnerability/77" in receipt.message


@pytest.mark.parametrize(
    ("may_write", "write", "why"),
    [(False, True, "has no write credential"), (True, False, "no `write: true`")],
)
def test_without_leave_to_write_nothing_is_sent_and_the_reason_is_told(
    desk: Desk, may_write: bool, write: bool, why: str
) -> None:
    desk.world.deploy("bank/payments", 5, "production", "blocked")
    made = desk.connector(may_write=may_write, write=write)
    assert why in made.why_not()
    for given in (dismissal(), reopening(), review()):
        assert why in " ".join(made.preview(given).blockers)
        receipt = made.apply(given)
        assert receipt.outcome is Outcome.REFUSED
        assert why in receipt.message
    assert desk.sim.writes == []


def test_reading_uses_the_read_credential_and_writing_the_other(desk: Desk) -> None:
    desk.connector().apply(dismissal())
    tokens = [one.headers["authorization"] for one in desk.sim.exchanges]
    assert tokens[0] == tokens[2] != tokens[1]


def test_a_dismissal_of_somebody_else_is_not_taken_back(desk: Desk) -> None:
    desk.world.set_state("bank/payments", 1, "DISMISSED", stateComment="we know")
    receipt = desk.connector().apply(reopening())
    assert receipt.outcome is Outcome.REFUSED
    assert "by somebody else" in receipt.message
    assert desk.state == "DISMISSED"


def test_a_mutation_that_fails_without_an_error_is_not_taken_for_a_success(desk: Desk) -> None:
    desk.sim.fail("silent", "vulnerabilityDismiss")
    made = desk.connector()
    receipt = made.apply(dismissal())
    assert receipt.outcome is Outcome.UNKNOWN
    assert "but bank/payments#1 is detected" in receipt.message
    assert made.apply(dismissal()).outcome is Outcome.DONE


@pytest.mark.parametrize("fault", ["drop-after", "truncated"])
def test_an_answer_lost_after_the_write_is_resolved_by_reading(desk: Desk, fault: str) -> None:
    desk.sim.fail(fault, "vulnerabilityDismiss")
    receipt = desk.connector().apply(dismissal())
    assert receipt.outcome is Outcome.DONE
    assert len(desk.sim.writes) == 1


def test_when_reading_back_fails_too_the_outcome_is_unknown_and_nothing_is_sent_twice(
    desk: Desk,
) -> None:
    desk.sim.fail("drop-after", "vulnerabilityDismiss")
    desk.sim.fail("500", "query(", after=1, times=4)
    made = desk.connector()
    receipt = made.apply(dismissal())
    assert receipt.outcome is Outcome.UNKNOWN
    assert "cannot be read back" in receipt.message
    assert made.apply(dismissal()).outcome is Outcome.DONE
    assert len(desk.sim.writes) == 1


def test_a_connection_lost_before_the_write_is_not_taken_for_a_success(desk: Desk) -> None:
    desk.sim.fail("drop", "vulnerabilityDismiss")
    made = desk.connector()
    assert made.apply(dismissal()).outcome is Outcome.UNKNOWN
    assert made.observe(dismissal()).outcome is Outcome.UNKNOWN
    assert desk.sim.writes == []


def test_a_limit_while_writing_leaves_the_action_to_be_sent_later(desk: Desk) -> None:
    desk.sim.fail("429", "mutation")
    with pytest.raises(RateLimitedError):
        desk.connector().apply(dismissal())
    assert desk.state == "DETECTED"
    assert sum("mutation" in one.body["query"] for one in desk.sim.exchanges) == 1


@pytest.mark.parametrize("fault", ["graphql-denied", "401", "403", "404", "422"])
def test_a_refusal_upstream_is_a_receipt(desk: Desk, fault: str) -> None:
    desk.sim.fail(fault, "mutation", times=2)
    receipt = desk.connector().apply(dismissal())
    assert receipt.outcome is Outcome.REFUSED
    assert ("does not exist" if fault.startswith("graphql") else fault) in receipt.message


def test_a_dead_host_is_no_receipt(desk: Desk) -> None:
    desk.sim.fail("drop", times=9)
    with pytest.raises(RetryableError):
        desk.connector().observe(dismissal())


@pytest.mark.parametrize(
    "bad",
    [
        dismissal(target=""),
        dismissal(target="bank/payments"),
        dismissal(target="payments#1"),
        dismissal(target="a/../b#1"),
        dismissal(target="a/b#0"),
        dismissal(target='a/b#1"'),
        dismissal(reason="WONT_FIX"),
        Action(ID, ActionKind.MODEL_ROLLBACK, "gl", TARGET),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_asked(desk: Desk, bad: Action) -> None:
    with pytest.raises(SourceError):
        desk.connector().apply(bad)
    assert desk.sim.exchanges == []


# Waivers in the words of GitLab ------------------------------------------------------------------


def kept(number: int = 1, state: str = "DETECTED", project: str = "bank/payments") -> KeptRecord:
    content = {"gid": f"{GID}{number}", "state": state, "project": {"fullPath": project}}
    return KeptRecord(FORMAT, json.dumps(content).encode())


@pytest.mark.parametrize("reason", list(WaiverReason))
def test_every_reason_of_ours_is_one_that_gitlab_takes(desk: Desk, reason: WaiverReason) -> None:
    made = desk.connector()
    action = made.dismissal(kept(), WaiverWords(reason, "No route leads there", END))
    assert action is not None
    assert (action.target, action.params["reason"]) == (TARGET, REASONS[reason])
    assert made.apply(action).outcome is Outcome.DONE


def test_a_long_justification_is_cut_and_the_state_before_is_kept(desk: Desk) -> None:
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
    desk: Desk, record: KeptRecord
) -> None:
    words = WaiverWords(WaiverReason.RISK_ACCEPTED, "x", END)
    assert desk.connector().dismissal(record, words) is None


# Deployments that wait ---------------------------------------------------------------------------


def review(kind: ActionKind = ActionKind.DEPLOYMENT_APPROVE, **more: str) -> Action:
    params = {"run": "5", "comment": "change 4711 was agreed", **more}
    return Action(ID, kind, "gl", "bank/payments@production", params)


@pytest.mark.parametrize(
    ("kind", "status", "after"),
    [
        (ActionKind.DEPLOYMENT_APPROVE, "approved", "created"),
        (ActionKind.DEPLOYMENT_REJECT, "rejected", "failed"),
    ],
)
def test_a_waiting_deployment_is_answered_and_read_back(
    desk: Desk, kind: ActionKind, status: str, after: str
) -> None:
    desk.world.deploy("bank/payments", 5, "production", "blocked")
    made = desk.connector()
    preview = made.preview(review(kind))
    assert preview.blockers == ()
    assert preview.calls[2] == (
        f"POST {desk.url}/api/v4/projects/bank%2Fpayments/deployments/5/approval"
        f' {{"status":"{status}","comment":"change 4711 was agreed"}}'
    )
    receipt = made.apply(review(kind))
    assert (receipt.outcome, receipt.evidence) == (Outcome.DONE, {"state": status})
    assert desk.world.projects["bank/payments"].deployments[5]["status"] == after
    assert made.observe(review(kind)).outcome is Outcome.DONE
    assert made.apply(review(kind)).outcome is Outcome.DONE
    assert len(desk.sim.writes) == 1


def test_of_several_approvals_ours_is_done_and_the_rest_is_told(desk: Desk) -> None:
    desk.world.deploy("bank/payments", 5, "production", "blocked", pending_approval_count=3)
    receipt = desk.connector().apply(review(represented_as="sre"))
    assert receipt.outcome is Outcome.DONE
    assert "2 approvals to go" in receipt.message
    assert desk.sim.writes[0][2]["represented_as"] == "sre"


def test_what_our_account_answered_otherwise_is_refused(desk: Desk) -> None:
    desk.world.deploy("bank/payments", 5, "production", "blocked")
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
    desk: Desk, environment: str, status: str, why: str
) -> None:
    desk.world.deploy("bank/payments", 5, environment, status)
    receipt = desk.connector().apply(review())
    assert receipt.outcome is Outcome.REFUSED
    assert why in receipt.message
    assert desk.sim.writes == []


def test_an_approval_whose_answer_is_lost_is_read_back_and_not_repeated(desk: Desk) -> None:
    desk.world.deploy("bank/payments", 5, "production", "blocked")
    desk.sim.fail("drop-after", "/approval")
    made = desk.connector()
    assert made.apply(review()).outcome is Outcome.DONE
    assert len(desk.sim.writes) == 1


def test_an_approval_that_gitlab_refuses_is_a_receipt_in_its_words(desk: Desk) -> None:
    desk.world.deploy("bank/payments", 5, "production", "blocked")
    desk.sim.fail("400", "/approval")
    receipt = desk.connector().apply(review())
    assert receipt.outcome is Outcome.REFUSED
    assert "as commanded" in receipt.message
