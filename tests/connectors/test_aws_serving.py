"""Moving what SageMaker serves, and approving what waits: guarded, sent once, read back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from riskcockpit.domain.action import Action, ActionKind, Offer, Outcome
from riskcockpit.domain.configuration import Setting
from riskcockpit.domain.deployment import Deployment
from riskcockpit.domain.model import ROLLED_BACK_TAG
from riskcockpit.errors import SourceError
from support.aws_office import CLOCK, HERE, THERE, Office, office
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


# Endpoints -----------------------------------------------------------------------------------

BACK = ActionKind.DEPLOYMENT_ROLLBACK


def back(target: str, before: str, after: str) -> Action:
    return Action(ID, BACK, "bank-aws", target, {"from": before, "to": after})


def offered(desk: Office, kind: ActionKind, **options: Any) -> list[Offer]:
    return [one for one in desk.connector(**options).deployments({kind}) if one.action.kind is kind]


def own(desk: Office) -> None:
    """Serve something that no registry knows, in its second configuration."""
    desk.region.models["own-v1"] = ""
    for number in (1, 2):
        desk.region.config(f"own-{number}", main="own-v1")
    desk.region.config("someone-elses", main="own-v1")
    desk.region.endpoint("own", "own-2")


def test_an_endpoint_goes_back_to_a_configuration_whatever_runs_in_it(desk: Office) -> None:
    own(desk)
    found = offered(desk, BACK, production=["own"])
    assert [(one.action.target, one.version, one.what) for one in found] == [
        (f"own@{HERE}", "own-1", "configuration own-1: own-v1")
    ]
    action = back(f"own@{HERE}", "own-2", "own-1")
    assert action.params == found[0].action.params
    made = desk.connector()
    preview = made.preview(action)
    assert preview.blockers == ()
    assert '"EndpointConfigName":"own-1"' in preview.calls[1]
    assert '"EndpointConfigName":"own-2"' in preview.inverse
    desk.region.is_slow = True
    assert made.apply(action).outcome is Outcome.PENDING_UPSTREAM
    assert made.observe(action).outcome is Outcome.PENDING_UPSTREAM
    desk.region.settle()
    assert made.observe(action).outcome is Outcome.DONE
    gone = back(f"own@{HERE}", "own-1", "x")
    assert "there is no endpoint configuration x" in "".join(made.preview(gone).blockers)


def test_only_older_configurations_of_the_same_models_are_offered(desk: Office) -> None:
    own(desk)
    desk.region.config("fraud-v4", main="fraud-scoring-v4")
    desk.region.config("fraud-mixed", a="fraud-scoring-v2", b="own-v1")
    found = offered(desk, BACK, production=["fraud-*"])
    assert [one.version for one in found] == ["fraud-v2", "fraud-v1"]
    assert found[0].what == "configuration fraud-v2: version 2 of fraud-scoring"
    assert found[0].since is not None
    assert found[1].since is not None
    assert found[0].since > found[1].since


def test_a_canary_is_taken_back_by_its_weights_and_never_twice(desk: Office) -> None:
    desk.region.config("fraud-canary", blue="fraud-scoring-v2", green=("fraud-scoring-v3", 3.0))
    desk.region.endpoint("fraud-prod", "fraud-canary")
    first = offered(desk, BACK)[0]
    assert (first.version, first.what) == (
        "variant/blue", "all requests to the variant blue, version 2 of fraud-scoring",
    )  # fmt: skip
    assert first.action.params["from"] == "blue 0.25, green 0.75"
    action = replace(first.action, id=ID)
    made = desk.connector()
    preview = made.preview(action)
    assert preview.blockers == ()
    assert '{"VariantName":"green","DesiredWeight":3.0}' in preview.inverse
    desk.region.is_slow = True
    assert made.apply(action).outcome is Outcome.PENDING_UPSTREAM
    assert made.apply(action).outcome is Outcome.PENDING_UPSTREAM
    desk.region.settle()
    assert made.observe(action).outcome is Outcome.DONE
    assert serving(desk).weights == {"blue": 1.0, "green": 0.0}
    assert [name for name, _ in desk.region.writes] == ["UpdateEndpointWeightsAndCapacities"]
    assert [one for one in offered(desk, BACK) if "/" in one.version] == []


def test_of_variants_nobody_knows_only_the_greater_is_offered(desk: Office) -> None:
    own(desk)
    desk.region.config("own-3", old=("own-v1", 9.0), new="own-v1")
    desk.region.endpoint("own", "own-3")
    found = offered(desk, BACK, production=["own"])
    assert [one.version for one in found] == ["variant/old", "own-2", "own-1"]


def test_what_validation_took_out_is_not_served_again(desk: Office) -> None:
    action = back(f"fraud-prod@{HERE}", "fraud-v3", "fraud-v2")
    desk.region.groups["fraud-scoring"][2]["ModelApprovalStatus"] = "Rejected"
    assert "version 2 of fraud-scoring was rejected by validation" in faults(desk, action)
    desk.region.groups["fraud-scoring"][2]["ModelApprovalStatus"] = "Approved"
    properties(desk, 2)[ROLLED_BACK_TAG] = "2026-01-01"
    assert "version 2 of fraud-scoring was rolled back itself" in faults(desk, action)
    del desk.region.groups["fraud-scoring"][2]
    assert "version 2 of fraud-scoring is no longer in the registry" in faults(desk, action)


def test_a_return_that_sagemaker_took_back_is_not_done(desk: Office) -> None:
    action = back(f"fraud-prod@{HERE}", "fraud-v3", "fraud-v2")
    desk.region.is_slow = desk.region.is_failing = True
    made = desk.connector()
    made.apply(action)
    desk.region.settle()
    receipt = made.observe(action)
    assert receipt.outcome is Outcome.REFUSED
    assert "an alarm went off" in receipt.message


@pytest.mark.parametrize(
    ("target", "before", "after"),
    [
        ("fraud-prod", "a", "b"),
        (f"fraud-prod@{HERE}", "", "b"),
        (f"fraud-prod@{HERE}", "a", ""),
        ("fraud-prod@us-east-1", "a", "b"),
        (f"nothing@{HERE}", "a", "b"),
    ],
)
def test_an_endpoint_that_is_not_there_is_refused(
    desk: Office, target: str, before: str, after: str
) -> None:
    with pytest.raises(SourceError):
        desk.connector().preview(back(target, before, after))


# Approvals -----------------------------------------------------------------------------------


def approval(kind: ActionKind, version: str = "4", target: str = f"fraud-scoring@{HERE}") -> Action:
    params = {"version": version, "comment": "validated by the bench"}
    return Action(ID, kind, "bank-aws", target, params)


def test_what_waits_is_offered_region_by_region_with_who_made_it(desk: Office) -> None:
    desk.sim.region(THERE).package("churn", 1, "PendingManualApproval")
    found = offered(desk, ActionKind.DEPLOYMENT_APPROVE)
    assert [(one.action.target, one.version) for one in found] == [
        (f"fraud-scoring@{HERE}", "4"), (f"churn@{THERE}", "1"),
    ]  # fmt: skip
    assert found[0].what == 'version 4 of fraud-scoring by trainer, "version 4"'
    assert found[0].action.params == {"version": "4"}
    assert offered(desk, ActionKind.DEPLOYMENT_APPROVE, services=["config"]) == []


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


def test_a_version_of_two_regions_is_answered_in_the_one_that_is_named(desk: Office) -> None:
    bank_models(desk.sim.region(THERE))
    made = desk.connector()
    action = approval(ActionKind.DEPLOYMENT_APPROVE, target=f"fraud-scoring@{THERE}")
    assert made.apply(action).outcome is Outcome.DONE
    states = [
        desk.sim.region(name).groups["fraud-scoring"][4]["ModelApprovalStatus"]
        for name in (HERE, THERE)
    ]
    assert states == ["PendingManualApproval", "Approved"]


def test_what_was_answered_already_is_refused(desk: Office) -> None:
    action = approval(ActionKind.DEPLOYMENT_REJECT, "3")
    receipt = desk.connector().apply(action)
    assert receipt.outcome is Outcome.REFUSED
    assert "is Approved, not PendingManualApproval" in receipt.message


@pytest.mark.parametrize(
    ("target", "version"),
    [
        (f"fraud-scoring@{HERE}", "9"),
        (f"nothing@{HERE}", "1"),
        ("fraud-scoring", "4"),
        (f"fraud-scoring@{HERE}", "x"),
        (f"a/b@{HERE}", "4"),
        ("fraud-scoring@us-east-1", "4"),
    ],
)
def test_a_version_that_is_not_there_is_refused(desk: Office, target: str, version: str) -> None:
    with pytest.raises(SourceError):
        desk.connector().preview(approval(ActionKind.DEPLOYMENT_APPROVE, version, target))


# As a record -------------------------------------------------------------------------------------


def told(desk: Office) -> tuple[list[Deployment], list[Setting]]:
    """What a pull tells of endpoints."""
    batches = desk.connector(services=["sagemaker"]).pull("", CLOCK.now())
    items = [item for batch in batches for item in batch.items]
    return (
        [item for item in items if isinstance(item, Deployment)],
        [item for item in items if isinstance(item, Setting)],
    )


def test_an_endpoint_tells_what_it_serves_and_since_when(desk: Office) -> None:
    (deployment,), (setting,) = told(desk)
    assert (deployment.asset, deployment.environment) == ("fraud-prod", HERE)
    assert (deployment.model, deployment.model_version) == ("fraud-scoring", 3)
    assert (deployment.is_production, deployment.ref) == (True, "fraud-v3")
    assert deployment.finished_at == deployment.observed_at
    assert (setting.asset, setting.value) == ("fraud-prod", "fraud-v3")
    serving(desk).status = "Updating"
    assert told(desk)[0] == []
