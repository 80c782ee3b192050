"""Acting on GitHub: read, check, send once, read back. A doubt is never told as a success."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import Acts, Checks, Dismisses, KeptRecord, SourceSpec, WaiverWords
from riskcockpit.connectors.github.connector import GithubConnector
from riskcockpit.connectors.github.kinds import KINDS, LONGEST_COMMENT
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.decision import WaiverReason
from riskcockpit.errors import RateLimitedError, RetryableError, SourceError
from support import github_objects
from support.github_sim import GithubSim
from support.sim_server import serving

CLOCK = FrozenClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
END = datetime(2026, 6, 1, tzinfo=UTC)
ID = "feed" * 16
KIND_NAMES = tuple(KINDS)
COMMENT = "Not reachable (until 2026-06-01, riskcockpit)"


class Desk:
    """A simulated GitHub and a connector that may write to it."""

    def __init__(self, sim: GithubSim, url: str) -> None:
        self.sim = sim
        self.world = sim.world
        self.url = url
        self.open: list[GithubConnector] = []

    def connector(self, *, may_write: bool = True, **options: Any) -> GithubConnector:
        """Build a connector with options besides the usual ones."""
        spec = SourceSpec(
            "gh",
            self.url,
            {"organization": "bank", "write": True, **options},
            read=Credential(secrets.token_hex(16), "env R"),
            write=Credential(secrets.token_hex(16), "env W") if may_write else None,
        )
        made = GithubConnector.build(spec, CLOCK)
        self.open.append(made)
        return made


@pytest.fixture
def desk() -> Iterator[Desk]:
    sim = GithubSim()
    for kind in KIND_NAMES:
        sim.world.alert("bank/payments", kind, 1)
    with serving(sim) as url:
        made = Desk(sim, url)
        yield made
        for connector in made.open:
            connector.close()
    sim.check()


def dismissal(kind: str = "code-scanning", number: int = 1) -> Action:
    reason = KINDS[kind].reasons[WaiverReason.FALSE_POSITIVE]
    params = {"from": "open", "to": "dismissed", "reason": reason, "comment": COMMENT}
    target = f"bank/payments#{kind}/{number}"
    return Action(ID, ActionKind.ALERT_DISMISS, "gh", target, params)


def reopening(kind: str = "code-scanning") -> Action:
    params = {"from": "dismissed", "to": "open"}
    return Action(ID[::-1], ActionKind.ALERT_REOPEN, "gh", f"bank/payments#{kind}/1", params)


def alert(desk: Desk, kind: str = "code-scanning") -> dict[str, Any]:
    return desk.world.repos["bank/payments"].alerts[kind][1]


def test_it_has_the_capabilities(desk: Desk) -> None:
    made = desk.connector()
    assert isinstance(made, Acts)
    assert isinstance(made, Checks)
    assert isinstance(made, Dismisses)
    assert made.check().startswith("GitHub as octo, ")


def test_the_token_of_an_app_belongs_to_no_user_and_limits_may_be_off(desk: Desk) -> None:
    desk.sim.fail("403", "/user")
    desk.sim.fail("404", "/rate_limit")
    assert desk.connector().check() == "GitHub as an app, without limits"


# Alerts --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_an_alert_is_dismissed_and_opened_again_with_read_back(desk: Desk, kind: str) -> None:
    made = desk.connector()
    assert made.preview(dismissal(kind)).blockers == ()
    assert desk.world.writes == []
    receipt = made.apply(dismissal(kind))
    closed = "resolved" if kind == "secret-scanning" else "dismissed"
    assert (receipt.outcome, receipt.evidence) == (Outcome.DONE, {"state": closed})
    assert alert(desk, kind)["state"] == closed
    assert made.observe(dismissal(kind)).outcome is Outcome.DONE
    assert made.apply(reopening(kind)).outcome is Outcome.DONE
    assert alert(desk, kind)["state"] == "open"
    assert len(desk.world.writes) == 2


def test_the_preview_names_exactly_the_calls_that_are_made(desk: Desk) -> None:
    made = desk.connector()
    preview = made.preview(dismissal("secret-scanning"))
    desk.sim.exchanges.clear()
    made.apply(dismissal("secret-scanning"))
    assert [call.partition(" {")[0] for call in preview.calls] == [
        f"{one.method} {desk.url}{one.path}" + ("?hide_secret=true" if one.query else "")
        for one in desk.sim.exchanges
    ]
    body = preview.calls[1].partition(" {")[2]
    assert json.loads("{" + body) == desk.sim.exchanges[1].body
    assert preview.precondition == "bank/payments#secret-scanning/1 is open"


def test_the_same_action_again_sends_nothing(desk: Desk) -> None:
    made = desk.connector()
    assert made.apply(dismissal()).outcome is made.apply(dismissal()).outcome is Outcome.DONE
    assert len(desk.world.writes) == 1


@pytest.mark.parametrize("state", ["fixed", "auto_fixed"])
def test_an_alert_in_another_state_is_left_alone(desk: Desk, state: str) -> None:
    alert(desk)["state"] = state if state == "fixed" else "fixed"
    made = desk.connector()
    assert made.preview(dismissal()).blockers == (
        "bank/payments#code-scanning/1 is fixed, not open",
    )
    assert made.apply(dismissal()).outcome is Outcome.REFUSED
    assert made.observe(dismissal()).outcome is Outcome.REFUSED
    assert desk.world.writes == []


@pytest.mark.parametrize(
    ("may_write", "write", "why"),
    [(False, True, "has no write credential"), (True, False, "no `write: true`")],
)
def test_without_leave_to_write_nothing_is_sent_and_the_reason_is_told(
    desk: Desk, may_write: bool, write: bool, why: str
) -> None:
    made = desk.connector(may_write=may_write, write=write)
    assert why in made.why_not()
    for given in (dismissal(), reopening(), review(), redeployment()):
        if given.kind is not ActionKind.DEPLOYMENT_APPROVE:
            assert why in " ".join(made.preview(given).blockers)
        receipt = made.apply(given)
        assert receipt.outcome is Outcome.REFUSED
        assert why in receipt.message
    assert desk.world.writes == []
    assert all(one.method == "GET" for one in desk.sim.exchanges)


def test_reading_uses_the_read_credential_and_writing_the_other(desk: Desk) -> None:
    desk.connector().apply(dismissal())
    tokens = [one.headers["authorization"] for one in desk.sim.exchanges]
    assert tokens[0] == tokens[2] != tokens[1]


def test_a_dismissal_of_somebody_else_is_not_taken_back(desk: Desk) -> None:
    desk.world.set_state(
        "bank/payments", "code-scanning", 1, "dismissed", dismissed_reason="won't fix",
        dismissed_comment="we know",
    )  # fmt: skip
    receipt = desk.connector().apply(reopening())
    assert receipt.outcome is Outcome.REFUSED
    assert "by somebody else" in receipt.message
    assert alert(desk)["state"] == "dismissed"


def test_a_connection_lost_after_the_write_is_resolved_by_reading(desk: Desk) -> None:
    desk.sim.fail("drop-after", "PATCH")
    receipt = desk.connector().apply(dismissal())
    assert receipt.outcome is Outcome.DONE
    assert len(desk.world.writes) == 1


def test_when_reading_back_fails_too_the_outcome_is_unknown_and_nothing_is_sent_twice(
    desk: Desk,
) -> None:
    desk.sim.fail("drop-after", "PATCH")
    desk.sim.fail("500", "GET", after=1, times=4)
    made = desk.connector()
    receipt = made.apply(dismissal())
    assert receipt.outcome is Outcome.UNKNOWN
    assert "cannot be read back" in receipt.message
    assert made.apply(dismissal()).outcome is Outcome.DONE
    assert len(desk.world.writes) == 1


def test_a_connection_lost_before_the_write_is_not_taken_for_a_success(desk: Desk) -> None:
    desk.sim.fail("drop", "PATCH")
    made = desk.connector()
    assert made.apply(dismissal()).outcome is Outcome.UNKNOWN
    assert made.observe(dismissal()).outcome is Outcome.UNKNOWN
    assert desk.world.writes == []


@pytest.mark.parametrize("fault", ["429", "secondary", "limited", "silent-secondary"])
def test_a_limit_while_writing_leaves_the_action_to_be_sent_later(desk: Desk, fault: str) -> None:
    desk.sim.fail(fault, "PATCH")
    with pytest.raises(RateLimitedError):
        desk.connector().apply(dismissal())
    assert alert(desk)["state"] == "open"
    assert sum(one.method == "PATCH" for one in desk.sim.exchanges) == 1


@pytest.mark.parametrize("status", ["400", "403", "404", "409", "422"])
def test_a_refusal_upstream_is_a_receipt(desk: Desk, status: str) -> None:
    desk.sim.fail(status, "PATCH")
    receipt = desk.connector().apply(dismissal())
    assert receipt.outcome is Outcome.REFUSED
    assert status in receipt.message


def test_a_dead_host_is_no_receipt(desk: Desk) -> None:
    desk.sim.fail("drop", "GET", times=9)
    with pytest.raises(RetryableError):
        desk.connector().observe(dismissal())


@pytest.mark.parametrize(
    "target", ["", "bank/payments", "a/b#code-scanning/0", "a/../b#dependabot/1", "a/b#x/1"]
)
def test_what_is_no_alert_is_refused_before_anything_is_asked(desk: Desk, target: str) -> None:
    bad = Action(ID, ActionKind.ALERT_REOPEN, "gh", target)
    with pytest.raises(SourceError):
        desk.connector().apply(bad)
    assert desk.sim.exchanges == []


# Delegated dismissals --------------------------------------------------------------------------


def test_where_dismissals_are_delegated_the_plain_one_is_refused_with_a_hint(desk: Desk) -> None:
    desk.world.repo("bank/payments").is_delegated = True
    for kind in ("code-scanning", "secret-scanning"):
        receipt = desk.connector().apply(dismissal(kind))
        assert receipt.outcome is Outcome.REFUSED
        assert "`delegated: true`" in receipt.message


@pytest.mark.parametrize("kind", ["code-scanning", "dependabot"])
def test_a_delegated_dismissal_waits_upstream_and_is_asked_for_once(desk: Desk, kind: str) -> None:
    repo = desk.world.repo("bank/payments")
    repo.is_delegated = True
    made = desk.connector(delegated=True)
    assert made.apply(dismissal(kind)).outcome is Outcome.PENDING_UPSTREAM
    assert made.apply(dismissal(kind)).outcome is Outcome.PENDING_UPSTREAM
    assert made.observe(dismissal(kind)).outcome is Outcome.PENDING_UPSTREAM
    assert len(desk.world.writes) == 1
    repo.requests[kind, 1] = "denied"
    assert made.observe(dismissal(kind)).outcome is Outcome.REFUSED
    repo.requests[kind, 1] = "approved"
    desk.world.set_state("bank/payments", kind, 1, "dismissed")
    assert made.observe(dismissal(kind)).outcome is Outcome.DONE


def test_a_lost_connection_does_not_ask_twice_for_a_delegated_dismissal(desk: Desk) -> None:
    desk.world.repo("bank/payments").is_delegated = True
    desk.sim.fail("drop-after", "dismissal-requests")
    made = desk.connector(delegated=True)
    desk.sim.faults[0].where = "POST"
    assert made.apply(dismissal("dependabot")).outcome is Outcome.PENDING_UPSTREAM
    assert len(desk.world.writes) == 1


# Waivers in the words of GitHub ------------------------------------------------------------------


def kept(kind: str, number: int = 1) -> KeptRecord:
    content = {"number": number, "repository": {"full_name": "bank/payments"}}
    return KeptRecord(KINDS[kind].format, json.dumps(content).encode())


@pytest.mark.parametrize("kind", KIND_NAMES)
@pytest.mark.parametrize("reason", list(WaiverReason))
def test_every_reason_of_ours_is_one_that_github_takes(
    desk: Desk, kind: str, reason: WaiverReason
) -> None:
    made = desk.connector()
    action = made.dismissal(kept(kind), WaiverWords(reason, "No route leads there", END))
    assert action is not None
    assert action.target == f"bank/payments#{kind}/1"
    receipt = made.apply(action)  # the fixture holds its body to GitHub's description
    assert receipt.outcome is Outcome.DONE


def test_a_long_justification_is_cut_and_keeps_its_end(desk: Desk) -> None:
    words = WaiverWords(WaiverReason.RISK_ACCEPTED, "Because\nof " + "reasons " * 100, END)
    action = desk.connector().dismissal(kept("dependabot"), words)
    assert action is not None
    comment = action.params["comment"]
    assert len(comment) == LONGEST_COMMENT
    assert comment.startswith("Because of reasons ")
    assert comment.endswith("… (until 2026-06-01, riskcockpit)")


@pytest.mark.parametrize(
    "record",
    [
        KeptRecord("sarif", b'{"number": 1, "repository": {"full_name": "a/b"}}'),
        KeptRecord("github-dependabot", b"{}"),
        KeptRecord("github-dependabot", b'{"number": 1, "repository": {"full_name": "../x"}}'),
        KeptRecord("github-dependabot", b"\xff"),
    ],
)
def test_what_is_no_alert_of_github_is_not_taken_upstream(desk: Desk, record: KeptRecord) -> None:
    words = WaiverWords(WaiverReason.RISK_ACCEPTED, "x", END)
    assert desk.connector().dismissal(record, words) is None


# Deployments that wait ---------------------------------------------------------------------------


def review(kind: ActionKind = ActionKind.DEPLOYMENT_APPROVE) -> Action:
    params = {"run": "5", "comment": "change 4711 was agreed"}
    return Action(ID, kind, "gh", "bank/payments@production", params)


def wait(desk: Desk, *, can_approve: bool = True) -> None:
    desk.world.run("bank/payments", 5, status="waiting", conclusion=None)
    desk.world.repo("bank/payments").pending[5] = [
        github_objects.pending(7, "production", can_approve=can_approve),
        github_objects.pending(8, "staging"),
    ]


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (ActionKind.DEPLOYMENT_APPROVE, "approved"),
        (ActionKind.DEPLOYMENT_REJECT, "rejected"),
    ],
)
def test_a_waiting_deployment_is_answered_alone_and_read_back(
    desk: Desk, kind: ActionKind, state: str
) -> None:
    wait(desk)
    made = desk.connector()
    preview = made.preview(review(kind))
    assert preview.blockers == ()
    assert '"environment_ids":[7]' in preview.calls[1]
    receipt = made.apply(review(kind))
    assert (receipt.outcome, receipt.evidence) == (Outcome.DONE, {"state": state})
    assert desk.world.writes[0][2] == {
        "environment_ids": [7], "state": state, "comment": "change 4711 was agreed",
    }  # fmt: skip
    assert made.observe(review(kind)).outcome is Outcome.DONE
    assert made.apply(review(kind)).outcome is Outcome.DONE
    assert len(desk.world.writes) == 1


def test_what_somebody_else_answered_otherwise_is_refused(desk: Desk) -> None:
    wait(desk)
    made = desk.connector()
    made.apply(review(ActionKind.DEPLOYMENT_REJECT))
    assert made.observe(review()).outcome is Outcome.REFUSED
    assert made.apply(review()).outcome is Outcome.REFUSED
    assert "waits for no approval" in made.preview(review()).blockers[0]


def test_who_may_not_approve_is_told_before(desk: Desk) -> None:
    wait(desk, can_approve=False)
    made = desk.connector()
    assert "our account may not approve" in made.preview(review()).blockers[0]
    assert made.apply(review()).outcome is Outcome.REFUSED
    assert desk.world.writes == []


def test_an_approval_whose_answer_is_lost_is_read_back_and_not_repeated(desk: Desk) -> None:
    wait(desk)
    desk.sim.fail("drop-after", "POST")
    made = desk.connector()
    assert made.apply(review()).outcome is Outcome.DONE
    assert len(desk.world.writes) == 1


# Deploying an earlier commit ---------------------------------------------------------------------

GOOD, BAD = "a" * 40, "b" * 40


def redeployment(before: str = BAD, after: str = GOOD) -> Action:
    params = {"from": before, "to": after}
    target = "bank/payments@production"
    return Action(ID, ActionKind.DEPLOYMENT_ROLLBACK, "gh", target, params)


def served(desk: Desk) -> None:
    desk.world.deploy("bank/payments", 1, GOOD, "production", "success", "inactive")
    desk.world.deploy("bank/payments", 2, BAD, "production", "in_progress", "success")
    desk.world.deploy("bank/payments", 3, "c" * 40, "staging", "success")


def test_an_earlier_commit_is_deployed_again_and_pending_until_it_serves(desk: Desk) -> None:
    served(desk)
    made = desk.connector()
    assert made.preview(redeployment()).blockers == ()
    receipt = made.apply(redeployment())
    assert (receipt.outcome, receipt.evidence["deployment"]) == (Outcome.PENDING_UPSTREAM, "4")
    body = desk.world.writes[0][2]
    assert (body["ref"], body["auto_merge"], body["required_contexts"]) == (GOOD, False, [])
    assert made.apply(redeployment()).outcome is Outcome.PENDING_UPSTREAM
    desk.world.status("bank/payments", 4, "success")
    assert made.observe(redeployment()).outcome is Outcome.DONE
    assert len(desk.world.writes) == 1


def test_a_redeployment_that_fails_is_not_told_as_done(desk: Desk) -> None:
    served(desk)
    made = desk.connector()
    made.apply(redeployment())
    desk.world.status("bank/payments", 4, "failure")
    assert made.observe(redeployment()).outcome is Outcome.REFUSED


def test_a_lost_answer_makes_no_second_deployment(desk: Desk) -> None:
    served(desk)
    desk.sim.fail("drop-after", "POST")
    made = desk.connector()
    assert made.apply(redeployment()).outcome is Outcome.PENDING_UPSTREAM
    assert made.apply(redeployment()).outcome is Outcome.PENDING_UPSTREAM
    assert len(desk.world.writes) == 1


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (redeployment(before=GOOD, after=BAD), "serves bbbbbbbbbbbb, not aaaaaaaaaaaa"),
        (redeployment(after="d" * 40), "did not serve"),
        (redeployment(after=BAD), "is where it is already"),
        (redeployment(after="c" * 40), "did not serve"),
    ],
)
def test_a_guard_that_does_not_hold_refuses(desk: Desk, given: Action, why: str) -> None:
    served(desk)
    made = desk.connector()
    assert why in "; ".join(made.preview(given).blockers)
    assert why in made.apply(given).message
    assert desk.world.writes == []


def test_an_observed_redeployment_that_was_never_made_is_unknown(desk: Desk) -> None:
    served(desk)
    assert desk.connector().observe(redeployment()).outcome is Outcome.UNKNOWN
