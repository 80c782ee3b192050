"""Reading AWS: every page, only what changed, nothing closed by what could not be read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.aws import cursor as cursors
from riskcockpit.connectors.aws.connector import AwsConnector
from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.batch import Batch, Document
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.model import CHAMPION, RegisteredModel
from riskcockpit.domain.reading import Reading
from riskcockpit.errors import (
    AuthenticationError,
    ConfigError,
    ForbiddenError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
)
from support.aws_office import CLOCK, HERE, THERE, Office, office
from support.aws_routes import Call
from support.aws_sim import OPERATIONS
from support.aws_state import bank_models

NOW = CLOCK.now()
LISTS = {
    "securityhub": "GetFindings",
    "securityhub_v2": "GetFindingsV2",
    "inspector": "ListFindings",
}


@pytest.fixture
def desk() -> Iterator[Office]:
    with office() as made:
        made.options = {"regions": [HERE], "services": ["securityhub"]}
        yield made


def pull(desk: Office, cursor: str = "", *, hours: float = 0, **options: Any) -> list[Batch]:
    at = NOW + timedelta(hours=hours)
    return list(desk.connector(FrozenClock(at), **options).pull(cursor, at))


def items(batches: list[Batch]) -> list[Any]:
    return [item for batch in batches for item in batch.items]


def records(batches: list[Batch]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for item in items(batches):
        if isinstance(item, Document):
            body = json.loads(item.content)
            found += body.get("Findings") or body.get("findings") or []
    return found


def ids(batches: list[Batch]) -> list[str]:
    return sorted(one["Id"].rpartition("-")[2] for one in records(batches))


@pytest.fixture
def large(desk: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """An account whose findings are too many to be read with each sync."""
    monkeypatch.setattr(cursors, "FEW_PAGES", 1)
    for number in range(1, 151):
        desk.region.hub(number)
        desk.region.inspect(number)
    return desk


# Lists ---------------------------------------------------------------------------------------


def test_few_findings_are_read_whole_each_time_so_that_what_is_gone_closes_at_once(
    desk: Office,
) -> None:
    for number in (1, 2, 3):
        desk.region.hub(number)
    first = pull(desk)
    assert ids(first) == ["0001", "0002", "0003"]
    assert (first[-1].is_whole, first[-1].is_complete) == (True, True)
    findings = list(desk.region.findings.values())
    findings[0]["Workflow"] = {"Status": "RESOLVED"}
    findings[1]["RecordState"] = "ARCHIVED"
    second = pull(desk, first[-1].cursor)
    assert ids(second) == ["0003"]
    assert second[-1].is_whole


@pytest.mark.parametrize("name", LISTS)
def test_of_many_findings_what_changed_is_read_and_a_day_later_everything(
    large: Office, name: str
) -> None:
    first = pull(large, services=[name])
    assert len(records(first)) == 150
    assert first[-1].is_whole
    changed = large.region.hub(200), large.region.inspect(200)
    assert changed
    second = pull(large, first[-1].cursor, hours=1, services=[name])
    assert len(records(second)) == 1
    assert not second[-1].is_whole
    third = pull(large, second[-1].cursor, hours=2, services=[name])
    assert records(third) == []
    fourth = pull(large, third[-1].cursor, hours=25, services=[name])
    assert (len(records(fourth)), fourth[-1].is_whole) == (151, True)


def test_the_end_of_the_window_is_frozen_while_pages_are_read(large: Office) -> None:
    """A filter that says "now" would change from page to page, and break the paging."""
    first = pull(large)
    for number in range(300, 550):
        large.region.hub(number)
    large.sim.exchanges.clear()
    assert len(records(pull(large, first[-1].cursor, hours=1))) == 250
    spans = [one.body["Filters"]["UpdatedAt"] for one in large.sim.asked("GetFindings")]
    assert len(spans) == 3
    assert spans[0] == spans[1] == spans[2]


def test_what_changes_while_everything_is_read_is_not_missing(desk: Office) -> None:
    """What a whole pass lacks is taken for gone."""
    desk.region.hub(1, UpdatedAt="2026-03-02T12:00:30.000Z")  # half a minute after the pass began
    first = pull(desk)
    assert ids(first) == ["0001"]


def test_findings_of_inspector_come_from_one_of_the_two(desk: Office) -> None:
    desk.region.hub(1)
    desk.region.hub(2, ProductName="Inspector")
    desk.region.inspect(2)
    assert ids(pull(desk)) == ["0001", "0002"]
    both = pull(desk, services=["securityhub", "inspector"])
    assert [one.get("Id", one.get("findingArn", ""))[-4:] for one in records(both)] == [
        "0001",
        "0002",
    ]
    assert len(items(both)) == 2


def test_other_options_mean_from_the_start(large: Office) -> None:
    first = pull(large)
    again = pull(large, first[-1].cursor, hours=1, regions=[HERE, THERE])
    assert (len(records(again)), again[-1].is_whole) == (150, True)


# Faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LISTS)
def test_an_expired_token_begins_anew_once_and_gives_each_finding_once(
    large: Office, name: str
) -> None:
    large.sim.fail("expired-page", LISTS[name], after=1)
    batches = pull(large, services=[name])
    assert len(records(batches)) == 150
    assert not batches[-1].coverage.is_truncated
    assert len(large.sim.asked(LISTS[name])) == 4


def test_a_token_that_expires_again_is_a_failure(large: Office) -> None:
    large.sim.fail("expired-page", "GetFindings", after=1)
    large.sim.fail("expired-page", "GetFindings", after=2)
    with pytest.raises(StatusError, match="NextToken has expired"):
        pull(large)


def test_pages_that_lead_round_are_a_fault(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 151):
        desk.region.hub(number)
    monkeypatch.setattr(
        "support.aws_routes.Call.page",
        lambda _self, rows, most, token="NextToken": (list(rows)[:most], {token: "again"}),
    )
    with pytest.raises(ProtocolError, match="never come to an end"):
        pull(desk)


def test_throttling_is_waited_for_though_it_is_a_400(desk: Office) -> None:
    desk.region.hub(1)
    desk.sim.fail("throttled", "GetFindings", times=2)
    assert ids(pull(desk)) == ["0001"]
    assert len(desk.sim.asked("GetFindings")) == 3
    desk.sim.fail("throttled", "GetFindings", times=9)
    with pytest.raises(RateLimitedError, match="ThrottlingException"):
        pull(desk)


@pytest.mark.parametrize("service", ["securityhub", "config", "sagemaker"])
def test_a_region_that_may_not_be_read_closes_nothing_and_stops_no_other(
    desk: Office, service: str
) -> None:
    for name in (HERE, THERE):
        desk.sim.region(name).hub(1)
        desk.sim.region(name).rule("r", "b")
    bank_models(desk.region)
    desk.sim.region(THERE).off = {service: 403}
    batches = pull(desk, regions=[HERE, THERE], services=[service])
    assert items(batches)
    coverage = batches[-1].coverage
    assert coverage.is_truncated
    assert f"{service} {THERE}: not readable" in coverage.note
    assert "AccessDeniedException" in coverage.note
    desk.region.off = {service: 403}
    with pytest.raises(ForbiddenError):
        pull(desk, regions=[HERE, THERE], services=[service])


def test_a_region_without_security_hub_is_one_that_may_not_be_read(desk: Office) -> None:
    """It answers 401, but the keys are good."""
    desk.region.hub(1)
    desk.sim.fail("unsubscribed", "GetFindings", after=1)
    batches = pull(desk, regions=[HERE, THERE])
    assert ids(batches) == ["0001"]
    assert "not subscribed" in batches[-1].coverage.note


def test_wrong_keys_are_told_as_such(desk: Office) -> None:
    desk.region.hub(1)
    desk.sim.fail("expired", "GetFindings", times=9)
    with pytest.raises(AuthenticationError, match="ExpiredTokenException") as caught:
        pull(desk)
    assert caught.value.hint == "the credential from env UNDER_TEST is wrong or has expired"


def test_a_fault_between_pages_is_no_short_success(large: Office) -> None:
    large.sim.fail("503", "GetFindings", after=1, times=9)
    with pytest.raises(UnavailableError):
        pull(large)


def test_a_record_that_is_no_finding_is_told_and_makes_the_source_partial(desk: Office) -> None:
    desk.region.hub(1)
    del desk.region.hub(2)["ProductArn"]
    batches = pull(desk)
    assert ids(batches) == ["0001"]
    assert "1 findings say not which they are" in batches[-1].coverage.note
    assert batches[-1].coverage.is_truncated
    desk.sim.exchanges.clear()  # no model allows such an answer


# Config --------------------------------------------------------------------------------------


def config(desk: Office, **options: Any) -> list[Document]:
    found = items(pull(desk, **{"services": ["config"], **options}))
    assert all(isinstance(one, Document) for one in found)
    return list(found)


def test_all_that_breaks_a_rule_is_one_report_of_its_account_and_region(desk: Office) -> None:
    desk.region.rule("closed", *(f"b-{n}" for n in range(250)))
    desk.region.rule("kept")
    (report,) = config(desk)
    body = json.loads(report.content)
    assert (body["tool"], body["asset"], body["category"]) == ("AWS Config", "123456789012", HERE)
    assert (len(body["findings"]), body["complete"], report.is_page) == (250, True, False)
    assert body["findings"][0]["description"] == "It is open to the world.\n\nBuckets are closed."


def test_when_every_rule_is_kept_the_report_is_empty_and_not_missing(desk: Office) -> None:
    desk.region.rule("kept")
    (report,) = config(desk)
    assert json.loads(report.content)["findings"] == []


def test_a_region_without_rules_reports_nothing(desk: Office) -> None:
    assert config(desk) == []


def test_the_rules_of_security_hub_are_left_to_it_when_it_is_read(desk: Office) -> None:
    desk.region.rule("own", "b-1")
    desk.region.rule("securityhub-x", "b-1", created_by="securityhub.amazonaws.com")
    alone = json.loads(config(desk)[0].content)["findings"]
    assert [one["rule"] for one in alone] == ["own", "securityhub-x"]
    beside = json.loads(config(desk, services=["securityhub", "config"])[0].content)["findings"]
    assert [one["rule"] for one in beside] == ["own"]


def test_a_rule_that_is_deleted_meanwhile_breaks_nothing(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.region.rule("own", "b-1")
    desk.region.rule("gone", "b-1")
    key = ("config", "DescribeComplianceByConfigRule")
    compliance = OPERATIONS[key]

    def deleting(call: Call) -> Any:
        answer = compliance(call)
        desk.region.rules.pop("gone", None)
        return answer

    monkeypatch.setitem(OPERATIONS, key, deleting)
    (report,) = config(desk)
    assert [one["rule"] for one in json.loads(report.content)["findings"]] == ["own"]


# Models --------------------------------------------------------------------------------------


def models(desk: Office, **options: Any) -> tuple[list[RegisteredModel], list[Reading], str]:
    batches = pull(desk, **{"services": ["sagemaker"], **options})
    found = items(batches)
    return (
        [one for one in found if isinstance(one, RegisteredModel)],
        [one for one in found if isinstance(one, Reading)],
        batches[-1].coverage.note,
    )


def test_a_group_is_a_model_whose_champion_is_what_its_endpoint_serves(desk: Office) -> None:
    bank_models(desk.region)
    (model,), readings, _ = models(desk)
    assert (model.name, model.champion, model.owner, model.tier) == (
        "fraud-scoring", 3, "risk-models", 1,
    )  # fmt: skip
    assert model.aliases == {CHAMPION: 3, "fraud-prod": 3}
    assert [(v.version, v.status, v.tags["validation_status"]) for v in model.versions] == [
        (4, "READY", "pending"),
        (3, "READY", "approved"),
        (2, "READY", "approved"),
        (1, "READY", "approved"),
    ]
    newest = model.versions[1]
    assert (newest.validated_by, newest.run_user) == ("validator", "trainer")
    assert model.versions[0].validated_by == ""
    assert model.tags["sagemaker.variants"] == "main 1 (version 3)"
    assert model.tags["sagemaker.data_capture"] == "20%"
    told = {(one.subject, one.metric): (one.value, one.version) for one in readings}
    assert told["fraud-prod", "endpoint_in_service"] == (1.0, None)
    assert told["fraud-scoring", "traffic_share"] == (1.0, 3)
    assert told["fraud-scoring", "data_capture"] == (0.2, None)
    assert told["fraud-scoring", "approval_waiting"][1] == 4


def test_metadata_of_a_version_cannot_approve_it(desk: Office) -> None:
    """Whoever trains writes it."""
    bank_models(desk.region)
    forged = {"validation_status": "approved", "validated_by": "me", "note": "x\x1b[31m"}
    for version in (3, 4):
        desk.region.groups["fraud-scoring"][version]["CustomerMetadataProperties"] = forged
    (model,), _, _ = models(desk)
    assert model.versions[1].validated_by == "validator"
    assert model.versions[0].tags["validation_status"] == "pending"
    assert "\x1b" not in model.versions[0].tags["note"]


def test_the_variant_with_most_requests_decides(desk: Office) -> None:
    bank_models(desk.region)
    desk.region.config("canary", a=("fraud-scoring-v2", 9.0), b="fraud-scoring-v3")
    desk.region.endpoint("fraud-prod", "canary")
    (model,), readings, _ = models(desk)
    assert model.champion == 2
    shares = {one.version: one.value for one in readings if one.metric == "traffic_share"}
    assert shares == {2: 0.9, 3: 0.1}


def test_endpoints_that_disagree_make_no_champion_until_one_is_said_to_be_production(
    desk: Office,
) -> None:
    bank_models(desk.region)
    desk.region.endpoint("fraud-shadow", "fraud-v2")
    (model,), _, note = models(desk)
    assert model.champion is None
    assert "say in `production`" in note
    (model,), _, note = models(desk, production=["*-prod"])
    assert (model.champion, note) == (3, "")


def test_an_endpoint_of_no_registry_is_a_model_without_versions(desk: Office) -> None:
    desk.region.models["own"] = ""
    desk.region.config("own-1", main="own")
    desk.region.endpoint("own", "own-1").status = "Failed"
    (model,), readings, _ = models(desk)
    assert (model.name, model.versions, model.tags["sagemaker.status"]) == ("own", (), "Failed")
    assert [(one.metric, one.value) for one in readings] == [("endpoint_in_service", 0.0)]


def test_models_of_the_same_name_in_two_regions_are_told(desk: Office) -> None:
    for name in (HERE, THERE):
        bank_models(desk.sim.region(name))
    found, _, note = models(desk, regions=[HERE, THERE])
    assert len(found) == 1
    assert f"fraud-scoring of {THERE}" in note


# Settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "regions"),
        ({"regions": [HERE]}, "services"),
        ({"regions": [], "services": ["config"]}, "options.regions is empty"),
        ({"regions": [HERE], "services": []}, "options.services is empty"),
        ({"regions": ["x.evil.example/"], "services": ["config"]}, "is no region"),
        ({"regions": [HERE], "services": ["guardduty"]}, "Invalid enum value 'guardduty'"),
        ({"regions": [HERE], "services": ["config"], "reconcile_after": "soon"}, "soon"),
        ({"regions": [HERE], "services": ["config"], "profile": "x"}, "a credential, too"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(
    desk: Office, options: dict[str, Any], why: str
) -> None:
    spec = SourceSpec("bank-aws", desk.url, options, read=desk.sim.credential)
    with pytest.raises(ConfigError, match=why):
        AwsConnector.build(spec, CLOCK)


def test_building_imports_no_botocore() -> None:
    """It costs half a second, and is wanted in the thread that syncs alone."""
    program = (
        "import sys; from riskcockpit.connectors.api import SourceSpec;"
        "from riskcockpit.connectors.aws.connector import AwsConnector;"
        "from riskcockpit.domain.clock import FrozenClock; from datetime import UTC, datetime;"
        "options = {'regions': ['eu-central-1'], 'services': ['config']};"
        "made = AwsConnector.build(SourceSpec('a', '', options), FrozenClock(datetime.now(UTC)));"
        "made.close(); print([m for m in sys.modules if m.startswith(('boto', 'urllib3'))])"
    )
    argv = [sys.executable, "-c", program]
    ran = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_without_botocore_the_message_says_what_to_install(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riskcockpit.connectors.amazon.keys.find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match="botocore") as caught:
        desk.connector()
    assert caught.value.hint == "pip install 'riskcockpit[aws]'"
