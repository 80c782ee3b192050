"""Moving what SageMaker serves, and approving what waits: guarded, sent once, read back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.model import ROLLED_BACK_TAG
from riskcockpit.errors import SourceError
from support.aws_office import HERE, THERE, Office, office
from support.aws_state import Endpoint, bank_models

ID = "feed" * 16


@pytest.fixture
def desk() -> Iterator[Office]:
    with office() as made:
        bank_models(made.region)
        yield made


def move(before: int = 3, after: int = 2, kind: ActionKind = ActionKind.MODEL_ROLLBACK) -> Action:
    params = {"from": str(before), "to": str(after)}
    return Action(ID, kind, "bank-aws", "fraud-scoring@champion", params)


def serving(desk: Office) -> Endpoint:
    return desk.region.endpoints["fraud-prod"]


def properties(desk: Office, version: int) -> dict[str, str]:
    found: dict[str, str] = desk.region.groups["fraud-scoring"][version][
        "CustomerMetadataProperties"
    ]
    return found


# By configuration ----------------------------------------------------------------------------


def test_a_rollback_goes_to_the_newest_configuration_that_serves_the_version(desk: Office) -> None:
    desk.region.config("fraud-mixed", a="fraud-scoring-v2", b="fraud-scoring-v1")
    made = desk.connector()
    preview = made.preview(move())
    assert preview.blockers == ()
    assert preview.precondition == "fraud-scoring@champion is 3"
    assert '"EndpointConfigName":"fraud-v2"' in preview.calls[1]
    assert '"EndpointConfigName":"fraud-v3"' in preview.inverse
    assert desk.region.writes == []
    receipt = made.apply(move())
    assert receipt.outcome is Outcome.DONE, receipt.message
    assert receipt.evidence["state"] == "2"
    assert serving(desk).config == "fraud-v2"
    assert ID in properties(desk, 3)[ROLLED_BACK_TAG]
    assert [name for name, _ in desk.region.writes] == ["UpdateEndpoint", "UpdateModelPackage"]


def test_a_return_takes_the_mark_off(desk: Office) -> None:
    made = desk.connector()
    made.apply(move())
    receipt = made.apply(move(2, 3, ActionKind.MODEL_PROMOTE))
    assert receipt.outcome is Outcome.DONE, receipt.message
    assert serving(desk).config == "fraud-v3"
    assert properties(desk, 3) == {}


def test_a_deployment_takes_minutes_and_is_pending_meanwhile(desk: Office) -> None:
    desk.region.is_slow = True
    made = desk.connector()
    assert made.apply(move()).outcome is Outcome.PENDING_UPSTREAM
    assert made.observe(move()).outcome is Outcome.PENDING_UPSTREAM
    assert made.apply(move()).outcome is Outcome.PENDING_UPSTREAM
    desk.region.settle()
    assert made.observe(move()).outcome is Outcome.DONE
    assert [name for name, _ in desk.region.writes].count("UpdateEndpoint") == 1


def test_a_deployment_that_sagemaker_took_back_is_not_done(desk: Office) -> None:
    desk.region.is_slow = desk.region.is_failing = True
    made = desk.connector()
    made.apply(move())
    desk.region.settle()
    receipt = made.observe(move())
    assert receipt.outcome is Outcome.REFUSED
    assert "an alarm went off" in receipt.message


# By weight -----------------------------------------------------------------------------------


def test_where_both_versions_run_the_weights_are_moved(desk: Office) -> None:
    desk.region.config("fraud-canary", blue="fraud-scoring-v2", green=("fraud-scoring-v3", 9.0))
    desk.region.endpoint("fraud-prod", "fraud-canary")
    made = desk.connector()
    preview = made.preview(move())
    assert "UpdateEndpointWeightsAndCapacities" in preview.calls[1]
    assert '{"VariantName":"green","DesiredWeight":9.0}' in preview.inverse
    desk.region.is_slow = True
    assert made.apply(move()).outcome is Outcome.PENDING_UPSTREAM
    assert made.observe(move()).outcome is Outcome.PENDING_UPSTREAM
    desk.region.settle()
    assert made.observe(move()).outcome is Outcome.DONE
    assert serving(desk).weights == {"blue": 1.0, "green": 0.0}


# Guards --------------------------------------------------------------------------------------


def faults(desk: Office, action: Action) -> str:
    made = desk.connector()
    blockers = "; ".join(made.preview(action).blockers)
    receipt = made.apply(action)
    assert receipt.outcome is Outcome.REFUSED
    assert desk.region.writes == []
    return blockers


def test_each_guard_stops_a_move(desk: Office) -> None:
    assert "is 3, not 2" in faults(desk, move(2, 1))
    assert "version 4 is not older than 3" in faults(desk, move(3, 4))
    assert "version 4 is not approved by validation" in faults(desk, move(3, 4))
    assert "has no version 9" in faults(desk, move(3, 9, ActionKind.MODEL_PROMOTE))
    properties(desk, 2)[ROLLED_BACK_TAG] = "2026-01-01"
    assert "version 2 was rolled back itself" in faults(desk, move())
    del desk.region.configs["fraud-v1"]
    assert "none of the newest endpoint configurations" in faults(desk, move(3, 1))
    desk.region.groups["fraud-scoring"][2]["ModelPackageStatus"] = "Failed"
    assert "version 2 is Failed, not Completed" in faults(desk, move())


def test_an_endpoint_that_is_not_in_service_is_left_alone(desk: Office) -> None:
    serving(desk).status = "Updating"
    assert "fraud-prod is Updating, not InService" in faults(desk, move())


def test_a_model_that_two_endpoints_serve_is_moved_at_none(desk: Office) -> None:
    desk.region.endpoint("fraud-shadow", "fraud-v2")
    with pytest.raises(SourceError, match="fraud-prod, fraud-shadow"):
        desk.connector().preview(move())
    assert desk.connector(production=["*-prod"]).preview(move()).blockers == ()


def test_a_lost_answer_is_resolved_by_reading(desk: Office) -> None:
    desk.sim.fail("drop-after", "UpdateEndpoint")
    assert desk.connector().apply(move()).outcome is Outcome.DONE
    assert [name for name, _ in desk.region.writes].count("UpdateEndpoint") == 1


def test_a_mark_that_fails_undoes_nothing(desk: Office) -> None:
    desk.sim.fail("denied", "UpdateModelPackage")
    assert desk.connector().apply(move()).outcome is Outcome.DONE
    assert properties(desk, 3) == {}


# Configurations ------------------------------------------------------------------------------


def test_an_endpoint_goes_back_to_a_configuration_whatever_runs_in_it(desk: Office) -> None:
    desk.region.models["own-v1"] = ""
    desk.region.config("own-1", main="own-v1")
    desk.region.config("own-2", main="own-v1")
    desk.region.endpoint("own", "own-2")
    params = {"from": "own-2", "to": "own-1"}
    action = Action(ID, ActionKind.DEPLOYMENT_ROLLBACK, "bank-aws", "own", params)
    made = desk.connector()
    assert made.preview(action).blockers == ()
    desk.region.is_slow = True
    assert made.apply(action).outcome is Outcome.PENDING_UPSTREAM
    assert made.observe(action).outcome is Outcome.PENDING_UPSTREAM
    desk.region.settle()
    assert made.observe(action).outcome is Outcome.DONE
    gone = Action(
        ID, ActionKind.DEPLOYMENT_ROLLBACK, "bank-aws", "own", {"from": "own-1", "to": "x"}
    )
    assert "there is no endpoint configuration x" in "".join(made.preview(gone).blockers)


# Approvals -----------------------------------------------------------------------------------


def approval(kind: ActionKind, target: str = "fraud-scoring/4") -> Action:
    return Action(ID, kind, "bank-aws", target, {"comment": "validated by the bench"})


@pytest.mark.parametrize(
    ("kind", "state"),
    [(ActionKind.DEPLOYMENT_APPROVE, "Approved"), (ActionKind.DEPLOYMENT_REJECT, "Rejected")],
)
def test_a_version_that_waits_is_approved_or_rejected(
    desk: Office, kind: ActionKind, state: str
) -> None:
    made, action = desk.connector(), approval(kind)
    preview = made.preview(action)
    assert (preview.blockers, preview.inverse) == ((), "")
    assert made.apply(action).outcome is Outcome.DONE
    found = desk.region.groups["fraud-scoring"][4]
    assert found["ModelApprovalStatus"] == state
    assert found["ApprovalDescription"] == "validated by the bench"
    assert made.observe(action).outcome is Outcome.DONE
    assert made.apply(action).outcome is Outcome.DONE
    assert len(desk.region.writes) == 1


def test_what_was_answered_already_is_refused(desk: Office) -> None:
    action = approval(ActionKind.DEPLOYMENT_REJECT, "fraud-scoring/3")
    receipt = desk.connector().apply(action)
    assert receipt.outcome is Outcome.REFUSED
    assert "is Approved, not PendingManualApproval" in receipt.message


@pytest.mark.parametrize("target", ["fraud-scoring/9", "nothing/1", "fraud-scoring", "a/b/c"])
def test_a_version_that_is_not_there_is_refused(desk: Office, target: str) -> None:
    with pytest.raises(SourceError):
        desk.connector().preview(approval(ActionKind.DEPLOYMENT_APPROVE, target))


def test_a_version_of_two_regions_is_not_guessed(desk: Office) -> None:
    bank_models(desk.sim.region(THERE))
    with pytest.raises(SourceError, match=f"{HERE}, {THERE}"):
        desk.connector().preview(approval(ActionKind.DEPLOYMENT_APPROVE))
