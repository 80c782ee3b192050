"""Acting on AWS: read, check, send once, read back. A doubt is never told as a success."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from riskcockpit.connectors.api import Acts, Checks, Dismisses, KeptRecord, WaiverWords
from riskcockpit.connectors.aws.suppression import LONGEST_REMARK
from riskcockpit.connectors.aws.targets import SERVICES, FindingRef
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.decision import WaiverReason
from riskcockpit.errors import RateLimitedError, SourceError, UnavailableError
from support import aws_objects
from support.aws_office import HERE, Office, office

END = datetime(2026, 6, 1, tzinfo=UTC)
WORDS = WaiverWords(WaiverReason.RISK_ACCEPTED, "Behind the gateway", END)
REMARK = "risk_accepted: Behind the gateway (until 2026-06-01, riskcockpit)"
NAMES = tuple(SERVICES)
WRITES = {
    "securityhub": ("BatchUpdateFindings", "BatchUpdateFindings"),
    "securityhub_v2": ("BatchUpdateFindingsV2", "BatchUpdateFindingsV2"),
    "inspector": ("CreateFilter", "DeleteFilter"),
    "config": ("PutRemediationExceptions", "DeleteRemediationExceptions"),
}


@pytest.fixture
def desk() -> Iterator[Office]:
    with office() as made:
        made.region.hub(1)
        made.region.inspect(1)
        made.region.rule("bucket-closed", "bucket-1")
        yield made


def record(desk: Office, name: str) -> KeptRecord:
    """Return what the cache would have kept of the one finding of a service."""
    region = desk.region
    if name == "config":
        made: Any = {
            "source": "AWS Config",
            "rule": "bucket-closed",
            "region": HERE,
            "resource_type": "AWS::S3::Bucket",
            "resource_id": "bucket-1",
        }
        return KeptRecord("generic-json", json.dumps(made).encode())
    kept = {"securityhub": region.findings, "securityhub_v2": region.ocsf,
            "inspector": region.inspector}[name]  # fmt: skip
    format_ = {"securityhub": "asff", "securityhub_v2": "ocsf", "inspector": "aws-inspector"}
    return KeptRecord(format_[name], json.dumps(next(iter(kept.values()))).encode())


def dismissal(desk: Office, name: str) -> Action:
    found = desk.connector().dismissal(record(desk, name), WORDS)
    assert found is not None
    return replace(found, id="feed" * 16)


def reopening(action: Action) -> Action:
    params = {"from": action.params["to"], "to": action.params["from"]}
    return replace(action, id="beef" * 16, kind=ActionKind.ALERT_REOPEN, params=params)


def test_it_has_the_capabilities(desk: Office) -> None:
    made = desk.connector()
    assert isinstance(made, Acts)
    assert isinstance(made, Checks)
    assert isinstance(made, Dismisses)
    arn = f"arn:aws:iam::{aws_objects.ACCOUNT}:user/cockpit"
    assert made.check() == f"AWS as {arn}, eu-central-1, eu-west-1"


# Waivers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_finding_is_taken_care_of_and_opened_again_with_read_back(
    desk: Office, name: str
) -> None:
    made, action = desk.connector(), dismissal(desk, name)
    preview = made.preview(action)
    assert preview.blockers == ()
    assert desk.region.writes == []
    receipt = made.apply(action)
    assert receipt.outcome is Outcome.DONE, receipt.message
    assert receipt.evidence["state"] == action.params["to"]
    assert REMARK in json.dumps(desk.region.writes)
    assert made.observe(action).outcome is Outcome.DONE
    back = made.apply(reopening(action))
    assert (back.outcome, back.evidence["state"]) == (Outcome.DONE, "open"), back.message
    assert [operation for operation, _ in desk.region.writes] == list(WRITES[name])


@pytest.mark.parametrize("name", NAMES)
def test_the_preview_names_exactly_the_calls_that_are_made(desk: Office, name: str) -> None:
    made, action = desk.connector(), dismissal(desk, name)
    preview = made.preview(action)
    desk.sim.exchanges.clear()
    made.apply(action)
    told = [call.split(" ", 3)[2:] for call in preview.calls]
    assert [(operation, json.loads(body)) for operation, body in told] == [
        (one.operation, one.body) for one in desk.sim.exchanges
    ]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_action_again_sends_nothing(desk: Office, name: str) -> None:
    made, action = desk.connector(), dismissal(desk, name)
    made.apply(action)
    assert made.apply(action).outcome is Outcome.DONE
    assert len(desk.region.writes) == 1


def test_what_was_noted_goes_back_to_the_state_it_had(desk: Office) -> None:
    finding = next(iter(desk.region.findings.values()))
    finding["Workflow"] = {"Status": "NOTIFIED"}
    action = dismissal(desk, "securityhub")
    made = desk.connector()
    made.apply(action)
    assert finding["Workflow"] == {"Status": "SUPPRESSED"}
    assert finding["Note"]["UpdatedBy"] == "riskcockpit"
    made.apply(reopening(action))
    assert finding["Workflow"] == {"Status": "NOTIFIED"}


def test_an_exception_ends_with_its_waiver_and_grows_with_a_longer_one(desk: Office) -> None:
    made, action = desk.connector(), dismissal(desk, "config")
    made.apply(action)
    kept = next(iter(desk.region.exceptions.values()))
    assert kept["ExpirationTime"] == END.timestamp()
    longer = made.dismissal(record(desk, "config"), replace(WORDS, expires_at=END + timedelta(9)))
    assert longer is not None
    assert made.apply(longer).outcome is Outcome.DONE
    kept = next(iter(desk.region.exceptions.values()))
    assert kept["ExpirationTime"] == (END + timedelta(9)).timestamp()


@pytest.mark.parametrize("name", ["securityhub", "securityhub_v2", "inspector"])
def test_what_aws_took_and_does_not_show_yet_is_pending_until_it_does(
    desk: Office, name: str
) -> None:
    """Security Hub takes some minutes to show a change."""
    desk.region.is_slow = True
    made, action = desk.connector(), dismissal(desk, name)
    assert made.apply(action).outcome is Outcome.PENDING_UPSTREAM
    waiting = made.observe(action).outcome
    assert waiting is (Outcome.PENDING_UPSTREAM if name == "inspector" else Outcome.UNKNOWN)
    desk.region.settle()
    assert made.observe(action).outcome is Outcome.DONE
    assert len(desk.region.writes) == 1


@pytest.mark.parametrize("name", ["securityhub", "securityhub_v2", "config"])
def test_a_refusal_of_one_item_in_a_call_that_succeeds_is_a_refusal(
    desk: Office, name: str
) -> None:
    action = dismissal(desk, name)
    which = FindingRef.of(action.target).name
    desk.region.refusals[which] = ("ConflictException", "somebody else changes it")
    receipt = desk.connector().apply(action)
    assert receipt.outcome is Outcome.REFUSED
    assert "somebody else changes it" in receipt.message
    assert desk.region.writes == []


@pytest.mark.parametrize("name", NAMES)
def test_what_somebody_else_took_care_of_is_not_opened(desk: Office, name: str) -> None:
    action = dismissal(desk, name)
    next(iter(desk.region.findings.values()))["Workflow"] = {"Status": "SUPPRESSED"}
    next(iter(desk.region.ocsf.values())).update(status="Suppressed", status_id=3, comment="no")
    next(iter(desk.region.inspector.values()))["status"] = "SUPPRESSED"
    desk.region.exceptions["bucket-closed", "AWS::S3::Bucket", "bucket-1"] = {
        "ConfigRuleName": "bucket-closed",
        "ResourceType": "AWS::S3::Bucket",
        "ResourceId": "bucket-1",
        "Message": "theirs",
    }
    receipt = desk.connector().apply(reopening(action))
    assert receipt.outcome is Outcome.REFUSED
    assert "by somebody else" in receipt.message
    assert desk.region.writes == []


@pytest.mark.parametrize("name", ["securityhub", "securityhub_v2", "inspector"])
def test_what_is_gone_is_refused(desk: Office, name: str) -> None:
    action = dismissal(desk, name)
    for kept in (desk.region.findings, desk.region.ocsf, desk.region.inspector):
        kept.clear()
    receipt = desk.connector().apply(action)
    assert (receipt.outcome, receipt.evidence["state"]) == (Outcome.REFUSED, "gone")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", ["drop-after", "truncated"])
def test_an_answer_that_never_came_is_resolved_by_reading(
    desk: Office, name: str, fault: str
) -> None:
    desk.sim.fail(fault, WRITES[name][0])
    receipt = desk.connector().apply(dismissal(desk, name))
    assert receipt.outcome is Outcome.DONE, receipt.message
    assert len(desk.region.writes) == 1


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_that_never_came_of_what_did_not_happen_is_unknown(
    desk: Office, name: str
) -> None:
    desk.sim.fail("503", WRITES[name][0])
    made, action = desk.connector(), dismissal(desk, name)
    assert made.apply(action).outcome is Outcome.UNKNOWN
    assert len(desk.sim.asked(WRITES[name][0])) == 1, "a write is never repeated"
    assert made.observe(action).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("name", NAMES)
def test_a_throttled_write_is_not_sent_again_and_is_told_as_a_limit(
    desk: Office, name: str
) -> None:
    """`ThrottlingException` is a 400."""
    desk.sim.fail("throttled", WRITES[name][0])
    with pytest.raises(RateLimitedError, match="Rate exceeded"):
        desk.connector().apply(dismissal(desk, name))
    assert desk.region.writes == []
    assert len(desk.sim.asked(WRITES[name][0])) == 1


@pytest.mark.parametrize("name", NAMES)
def test_without_a_right_the_receipt_says_so(desk: Office, name: str) -> None:
    desk.sim.fail("denied", WRITES[name][0])
    receipt = desk.connector().apply(dismissal(desk, name))
    assert receipt.outcome is Outcome.REFUSED
    assert "AccessDeniedException" in receipt.message
    assert "ask for permission" in receipt.message


@pytest.mark.parametrize(
    ("options", "may_write", "why"),
    [
        ({"write": False}, True, "its options have no `write: true`"),
        ({}, False, "has no write credential"),
    ],
)
def test_nothing_is_written_without_leave(
    desk: Office, options: dict[str, Any], may_write: bool, why: str
) -> None:
    action = dismissal(desk, "securityhub")
    desk.may_write = may_write
    made = desk.connector(**options)
    assert why in made.why_not()
    assert why in "".join(made.preview(action).blockers)
    assert made.apply(action).outcome is Outcome.REFUSED
    assert desk.region.writes == []


def test_a_long_justification_is_cut_and_keeps_its_end(desk: Office) -> None:
    words = replace(WORDS, justification="why " * 400)
    found = desk.connector().dismissal(record(desk, "securityhub"), words)
    assert found is not None
    assert len(found.params["comment"]) == LONGEST_REMARK
    assert found.params["comment"].endswith("… (until 2026-06-01, riskcockpit)")


def test_a_record_of_another_kind_is_closed_nowhere(desk: Office) -> None:
    made = desk.connector()
    for format_, content in (
        ("sarif", b"{}"),
        ("asff", b"{}"),
        ("asff", b"\xff"),
        ("ocsf", b"{}"),
        ("generic-json", b'{"rule": "x", "resource_type": "y", "resource_id": "z"}'),
        ("generic-json", b'{"source": "AWS Config", "rule": "a b", "resource_type": "y"}'),
    ):
        assert made.dismissal(KeptRecord(format_, content), WORDS) is None


def test_a_finding_of_a_linked_region_is_changed_where_it_was_read(desk: Office) -> None:
    made = desk.connector(regions=["us-east-1"])
    found = made.dismissal(record(desk, "securityhub"), WORDS)
    assert found is not None
    assert found.target.startswith("securityhub/us-east-1 arn:aws:securityhub:eu-central-1:")


@pytest.mark.parametrize(
    "target",
    ["", "x", "securityhub/eu-central-1 arn", "inspector/nowhere arn", "config/eu-central-1 a b",
     "securityhub/eu.evil/x a b"],
)  # fmt: skip
def test_a_target_that_names_nothing_is_refused(desk: Office, target: str) -> None:
    action = replace(dismissal(desk, "config"), target=target)
    with pytest.raises(SourceError):
        desk.connector().preview(action)


def test_a_fault_of_reading_before_a_write_changes_nothing(desk: Office) -> None:
    action = dismissal(desk, "securityhub")
    desk.sim.fail("503", "GetFindings", times=9)
    with pytest.raises(UnavailableError):
        desk.connector().apply(action)
    assert desk.region.writes == []


def test_what_cannot_be_read_back_is_unknown(desk: Office) -> None:
    action = dismissal(desk, "securityhub")
    desk.sim.fail("503", "GetFindings", after=1, times=9)
    receipt = desk.connector().apply(action)
    assert receipt.outcome is Outcome.UNKNOWN
    assert "cannot be read back" in receipt.message
