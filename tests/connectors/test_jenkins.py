"""Jenkins: builds, what they keep and what they wait for; answers are sent once and read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from riskcockpit.connectors.api import Acts, Checks, Deploys
from riskcockpit.connectors.jenkins import builds, client
from riskcockpit.connectors.jenkins.connector import JenkinsConnector
from riskcockpit.domain.action import Action, ActionKind, Offer, Outcome
from riskcockpit.domain.batch import Batch, Document
from riskcockpit.domain.reading import Reading
from riskcockpit.errors import (
    AuthenticationError,
    ConfigError,
    ForbiddenError,
    ProtocolError,
    RateLimitedError,
    RetryableError,
    SourceError,
)
from support.acting import CLOCK, ID, Desk, desk_at
from support.jenkins_sim import JenkinsSim

JOB = "bank/payments/main"
APPROVE, REJECT = ActionKind.DEPLOYMENT_APPROVE, ActionKind.DEPLOYMENT_REJECT


@pytest.fixture
def sim() -> JenkinsSim:
    return JenkinsSim()


@pytest.fixture
def desk(sim: JenkinsSim) -> Iterator[Desk]:
    with desk_at(sim, JenkinsConnector, jobs=["bank"]) as made:
        yield made


def pull(desk: Desk, cursor: str = "", **options: Any) -> list[Batch]:
    made = desk.connector(username="me", **options)
    batches = list(made.pull(cursor, CLOCK.now()))
    assert batches[-1].is_complete
    return batches


def readings(batches: list[Batch]) -> list[tuple[str, str, str, float]]:
    found = [item for batch in batches for item in batch.items if isinstance(item, Reading)]
    return [(one.subject, one.metric, one.segment, one.value) for one in found]


def documents(batches: list[Batch]) -> list[Document]:
    return [item for batch in batches for item in batch.items if isinstance(item, Document)]


# Reading -----------------------------------------------------------------------------------------


def test_it_has_the_capabilities(desk: Desk) -> None:
    made = desk.connector(username="me")
    for capability in (Acts, Checks, Deploys):
        assert isinstance(made, capability)
    assert made.check() == "Jenkins 2.479.1 as cockpit"


def test_builds_that_ended_say_whether_they_succeeded(desk: Desk, sim: JenkinsSim) -> None:
    for result in ("SUCCESS", "FAILURE", "UNSTABLE", "ABORTED", "NOT_BUILT", None):
        sim.build(JOB, result)
    values = [value for _, metric, _, value in readings(pull(desk)) if metric == "workflow_success"]
    assert values == [1.0, 0.0, 0.0]


def test_what_waits_is_told_with_how_long_it_waits(desk: Desk, sim: JenkinsSim) -> None:
    sim.wait(JOB, "Deploy")
    sim.wait("bank/cards")
    assert readings(pull(desk)) == [
        ("bank/cards", "deployment_waiting", "Deploy run 1", 720.0),
        (JOB, "deployment_waiting", "Deploy run 1", 720.0),
    ]


def test_all_pages_are_read_and_an_unchanged_job_costs_one_request(
    desk: Desk, sim: JenkinsSim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE", 10)
    monkeypatch.setattr(builds, "PAGE", 10)
    for _ in range(25):
        sim.build("bank/cards")
    first = pull(desk, jobs=["bank/cards"])
    assert len(readings(first)) == 25
    assert len(sim.asked()) == 3
    again = pull(desk, first[-1].cursor, jobs=["bank/cards"])
    assert readings(again) == []
    assert len(sim.asked()) == 1
    assert again[-1].cursor == first[-1].cursor


def test_a_build_that_went_on_is_told_when_it_has_ended(desk: Desk, sim: JenkinsSim) -> None:
    long = sim.build(JOB, None)
    sim.build(JOB)
    first = pull(desk)
    assert len(readings(first)) == 1
    long.result = "FAILURE"
    sim.build(JOB)
    second = pull(desk, first[-1].cursor)
    assert [value for *_, value in readings(second)] == [0.0, 1.0]
    assert readings(pull(desk, second[-1].cursor)) == []


def test_a_build_that_was_deleted_while_open_is_forgotten(desk: Desk, sim: JenkinsSim) -> None:
    sim.build(JOB, None)
    sim.build(JOB)
    first = pull(desk)
    del sim.jobs[JOB][1]
    second = pull(desk, first[-1].cursor)
    assert json.loads(second[-1].cursor)["jobs"][JOB] == {"newest": 2}


def test_a_first_sync_looks_back_seven_days(desk: Desk, sim: JenkinsSim) -> None:
    sim.at -= timedelta(days=30)
    sim.build(JOB)
    sim.at += timedelta(days=30)
    sim.build(JOB)
    assert len(readings(pull(desk))) == 1


def test_other_options_mean_from_the_start(desk: Desk, sim: JenkinsSim) -> None:
    sim.build(JOB)
    cursor = pull(desk)[-1].cursor
    assert len(readings(pull(desk, cursor, artifacts=["*.xml"]))) == 1


def test_pull_requests_are_passed_over_unless_wanted(desk: Desk, sim: JenkinsSim) -> None:
    sim.build("bank/payments/PR-7")
    sim.build("bank/payments/feature%2Flogin")
    assert [one[0] for one in readings(pull(desk))] == ["bank/payments/feature%2Flogin"]
    assert len(readings(pull(desk, exclude=[]))) == 2


def test_a_job_that_is_refused_is_told_and_the_others_are_read(desk: Desk, sim: JenkinsSim) -> None:
    sim.build("bank/cards")
    sim.build("bank/loans")
    sim.forbidden = {"bank/loans"}
    batches = pull(desk, jobs=["bank", "gone"])
    assert len(readings(batches)) == 1
    assert batches[-1].coverage.is_truncated
    assert "job bank/loans: not readable" in batches[-1].coverage.note
    assert "job gone: not readable" in batches[-1].coverage.note
    sim.forbidden = {"bank"}
    with pytest.raises(ForbiddenError):
        pull(desk)


def test_without_the_plugin_what_waits_is_not_told_and_that_is_said(
    desk: Desk, sim: JenkinsSim
) -> None:
    sim.has_plugin = False
    sim.wait(JOB)
    batches = pull(desk)
    assert "pipeline-rest-api is missing" in batches[-1].coverage.note
    assert not batches[-1].coverage.is_truncated


def test_builds_that_are_no_pipelines_are_not_asked_for_inputs(desk: Desk, sim: JenkinsSim) -> None:
    sim.build(JOB, None, is_pipeline=False)
    pull(desk)
    assert not any("wfapi" in line for line in sim.asked())


@pytest.mark.parametrize(
    ("fault", "family"),
    [
        ("html", ProtocolError),
        ("truncated", RetryableError),
        ("drop", RetryableError),
        ("503", RetryableError),
        ("429", RateLimitedError),
        ("401", AuthenticationError),
    ],
)
def test_a_fault_while_reading_is_told_in_its_family(
    desk: Desk, sim: JenkinsSim, fault: str, family: type[Exception]
) -> None:
    sim.build(JOB)
    sim.fail(fault, "job", times=9)
    with pytest.raises(family):
        pull(desk)


# Reports -----------------------------------------------------------------------------------------


def test_the_newest_of_each_kept_report_is_read(desk: Desk, sim: JenkinsSim) -> None:
    sim.build(JOB, files={"out/a.sarif": b"old", "out/b.sarif": b"only here", "app.jar": b"x"})
    sim.build(JOB, "FAILURE", files={"out/a.sarif": b"new"})
    sim.build(JOB, None, files={"out/a.sarif": b"not ended"})
    found = documents(pull(desk, artifacts=["*.sarif"]))
    assert [(one.content, one.category) for one in found] == [
        (b"new", f"{JOB}/out/a.sarif"), (b"only here", f"{JOB}/out/b.sarif"),
    ]  # fmt: skip
    assert found[0].asset == JOB
    assert found[0].modified_at == sim.jobs[JOB][2].began_at + timedelta(seconds=30)


def test_a_report_is_about_the_asset_of_the_options(desk: Desk, sim: JenkinsSim) -> None:
    sim.build(JOB, files={"a b/#1.sarif": b"{}"})
    (found,) = documents(pull(desk, artifacts=["a b/*"], assets={JOB: "payments-api"}))
    assert (found.asset, found.content) == ("payments-api", b"{}")


def test_a_report_that_is_gone_or_too_large_is_told_and_the_others_are_read(
    desk: Desk, sim: JenkinsSim
) -> None:
    sim.build(JOB, files={"a.sarif": b"{}", "b.sarif": b"{}"})
    sim.fail("404", "a.sarif")
    batches = pull(desk, artifacts=["*.sarif"])
    assert [one.name for one in documents(batches)] == [f"{JOB}/b.sarif of build 1"]
    assert "a.sarif is left out" in batches[-1].coverage.note
    assert batches[-1].coverage.is_truncated


def test_without_patterns_no_kept_file_is_asked_for(desk: Desk, sim: JenkinsSim) -> None:
    sim.build(JOB, files={"a.sarif": b"{}"})
    assert documents(pull(desk)) == []
    assert all("artifacts" not in one.query.get("tree", "") for one in sim.exchanges)


def test_a_path_that_leads_out_of_the_build_is_not_asked_for(desk: Desk, sim: JenkinsSim) -> None:
    sim.build(JOB, files={"../../../x.sarif": b"{}"})
    assert documents(pull(desk, artifacts=["*.sarif"])) == []


# What can be decided ------------------------------------------------------------------------------


def offers(desk: Desk, **options: Any) -> list[Offer]:
    made = desk.connector(username="me", **options)
    assert isinstance(made, Deploys)
    return list(made.deployments())


def test_what_waits_is_offered_to_be_approved_or_rejected(desk: Desk, sim: JenkinsSim) -> None:
    sim.wait(JOB)
    sim.build(JOB)
    approve, reject = offers(desk)
    assert (approve.action.kind, reject.action.kind) == (APPROVE, REJECT)
    assert approve.action.target == f"{JOB}@Deploy"
    assert (approve.version, approve.what) == ("1", 'build 1: "Deploy to production?"')
    assert approve.since == CLOCK.now() - sim.paused
    made = desk.connector(username="me")
    assert made.preview(approve.action).blockers == ()
    assert made.apply(replace(approve.action, id=ID)).outcome is Outcome.DONE
    assert offers(desk) == []


def test_parameters_are_offered_with_what_is_sent_for_them(desk: Desk, sim: JenkinsSim) -> None:
    sim.wait(JOB, VERSION=("String", "4.2"), CANARY=("Boolean", True), RING=("Choice", "eu"))
    approve, reject = offers(desk)
    assert json.loads(approve.action.params["parameters"]) == {
        "VERSION": "4.2", "CANARY": True, "RING": "eu",
    }  # fmt: skip
    assert "with VERSION=4.2, CANARY=True, RING=eu" in approve.what
    assert "parameters" not in reject.action.params


def test_a_password_is_never_said_for_somebody(desk: Desk, sim: JenkinsSim) -> None:
    sim.wait(JOB, PIN=("Password", "hidden"))
    approve, _ = offers(desk)
    assert "hidden" not in repr(approve)
    (blocker,) = desk.connector(username="me").preview(approve.action).blockers
    assert "wants to be told PIN" in blocker


# Answering ---------------------------------------------------------------------------------------


def answer(kind: ActionKind = APPROVE, target: str = f"{JOB}@Deploy", **params: str) -> Action:
    return Action(ID, kind, "ci", target, {"run": "1", "comment": "agreed", **params})


def test_an_approval_lets_the_build_go_on_and_is_read_back(desk: Desk, sim: JenkinsSim) -> None:
    build = sim.wait(JOB)
    made = desk.connector(username="me")
    assert made.preview(answer()).blockers == ()
    assert sim.writes == []
    receipt = made.apply(answer())
    assert (receipt.outcome, receipt.evidence["state"]) == (Outcome.DONE, "answered")
    assert (build.inputs, build.result) == ({}, None)
    assert sim.writes[0][1] == "/job/bank/job/payments/job/main/1/input/Deploy/proceedEmpty"
    assert made.observe(answer()).outcome is Outcome.DONE
    assert made.apply(answer()).outcome is Outcome.DONE
    assert len(sim.writes) == 1


@pytest.mark.parametrize("catches", [False, True])
def test_a_rejection_aborts_and_is_read_back(desk: Desk, sim: JenkinsSim, catches: bool) -> None:
    build = sim.wait(JOB)
    build.catches = catches
    receipt = desk.connector(username="me").apply(answer(REJECT))
    assert receipt.outcome is Outcome.DONE
    assert receipt.evidence["result"] == ("BUILDING" if catches else "ABORTED")
    assert sim.writes[0][1].endswith("/input/Deploy/abort")


def test_the_preview_names_exactly_the_calls_that_are_made(desk: Desk, sim: JenkinsSim) -> None:
    sim.wait(JOB, "Go live", VERSION=("String", "4.2"))
    action = answer(target=f"{JOB}@Go live", parameters='{"VERSION": "4.3"}')
    made = desk.connector(username="me")
    preview = made.preview(action)
    sim.exchanges.clear()
    made.apply(action)
    sent = [
        f"{one.method} {desk.url}{one.path}" + (f" json={one.body['json']}" if one.body else "")
        for one in sim.exchanges
    ]
    assert list(preview.calls) == sent
    assert '"value":"4.3"' in sent[2]


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ("{}", "wants to be told VERSION"),
        ('{"VERSION": "1", "OTHER": "2"}', "does not ask for OTHER"),
        ('{"VERSION": "9"}', "VERSION is one of 4.2, other"),
    ],
)
def test_parameters_that_do_not_fit_are_told_before(
    desk: Desk, sim: JenkinsSim, parameters: str, why: str
) -> None:
    sim.wait(JOB, VERSION=("Choice", "4.2"))
    made = desk.connector(username="me")
    assert why in "; ".join(made.preview(answer(parameters=parameters)).blockers)
    assert made.apply(answer(parameters=parameters)).outcome is Outcome.REFUSED
    assert made.preview(answer(REJECT)).blockers == ()
    assert sim.writes == []


def test_a_crumb_is_shown_when_jenkins_wants_one(desk: Desk, sim: JenkinsSim) -> None:
    sim.needs_crumb = True
    sim.wait(JOB)
    assert desk.connector(username="me").apply(answer()).outcome is Outcome.DONE
    posts = [one.status for one in sim.exchanges if one.method == "POST"]
    assert posts == [403, 200]
    assert len(sim.writes) == 1


def test_with_an_api_token_no_crumb_is_asked_for(desk: Desk, sim: JenkinsSim) -> None:
    sim.wait(JOB)
    desk.connector(username="me").apply(answer())
    assert not any("crumb" in line for line in sim.asked())


def test_what_only_somebody_else_may_answer_is_refused(desk: Desk, sim: JenkinsSim) -> None:
    sim.submitter = "release-managers"
    sim.wait(JOB)
    receipt = desk.connector(username="me").apply(answer())
    assert receipt.outcome is Outcome.REFUSED
    assert "release-managers" in receipt.message


@pytest.mark.parametrize("kind", [APPROVE, REJECT])
def test_a_lost_answer_is_resolved_by_reading_and_nothing_is_sent_twice(
    desk: Desk, sim: JenkinsSim, kind: ActionKind
) -> None:
    sim.wait(JOB)
    sim.fail("drop-after", "POST")
    made = desk.connector(username="me")
    assert made.apply(answer(kind)).outcome is Outcome.DONE
    assert made.apply(answer(kind)).outcome is Outcome.DONE
    assert len(sim.writes) == 1


def test_a_rejection_that_a_build_may_have_caught_stays_in_doubt(
    desk: Desk, sim: JenkinsSim
) -> None:
    sim.wait(JOB).catches = True
    sim.fail("drop-after", "POST")
    assert desk.connector(username="me").apply(answer(REJECT)).outcome is Outcome.UNKNOWN


def test_a_connection_lost_before_the_answer_is_not_taken_for_a_success(
    desk: Desk, sim: JenkinsSim
) -> None:
    sim.wait(JOB)
    sim.fail("drop", "POST")
    made = desk.connector(username="me")
    assert made.apply(answer()).outcome is Outcome.UNKNOWN
    assert made.observe(answer()).outcome is Outcome.UNKNOWN
    assert sim.writes == []


def test_an_answer_that_cannot_be_read_back_is_unknown(desk: Desk, sim: JenkinsSim) -> None:
    sim.wait(JOB)
    sim.fail("500", "GET", after=2, times=9)
    receipt = desk.connector(username="me").apply(answer())
    assert receipt.outcome is Outcome.UNKNOWN
    assert "cannot be read back" in receipt.message


def test_what_somebody_else_answered_otherwise_is_refused(desk: Desk, sim: JenkinsSim) -> None:
    sim.wait(JOB)
    made = desk.connector(username="me")
    made.apply(answer(REJECT))
    for receipt in (made.apply(answer()), made.observe(answer())):
        assert receipt.outcome is Outcome.REFUSED
    assert len(sim.writes) == 1


def test_a_limit_leaves_the_action_to_be_sent_later(desk: Desk, sim: JenkinsSim) -> None:
    sim.wait(JOB)
    sim.fail("429", "POST")
    with pytest.raises(RateLimitedError):
        desk.connector(username="me").apply(answer())
    assert sim.writes == []


@pytest.mark.parametrize("status", ["400", "403", "404"])
def test_a_refusal_upstream_is_a_receipt(desk: Desk, sim: JenkinsSim, status: str) -> None:
    sim.wait(JOB)
    sim.fail(status, "POST")
    receipt = desk.connector(username="me").apply(answer())
    assert receipt.outcome is Outcome.REFUSED
    assert status in receipt.message


def test_without_the_plugin_nothing_is_answered(desk: Desk, sim: JenkinsSim) -> None:
    sim.has_plugin = False
    sim.wait(JOB)
    receipt = desk.connector(username="me").apply(answer())
    assert receipt.outcome is Outcome.REFUSED
    assert "pipeline-rest-api" in receipt.message


@pytest.mark.parametrize(
    ("may_write", "write", "why"),
    [(False, True, "has no write credential"), (True, False, "no `write: true`")],
)
def test_without_leave_to_write_nothing_is_sent(
    desk: Desk, sim: JenkinsSim, may_write: bool, write: bool, why: str
) -> None:
    sim.wait(JOB)
    made = desk.connector(username="me", may_write=may_write, write=write)
    assert why in " ".join(made.preview(answer()).blockers)
    receipt = made.apply(answer())
    assert receipt.outcome is Outcome.REFUSED
    assert why in receipt.message
    assert all(one.method == "GET" for one in sim.exchanges)


@pytest.mark.parametrize(
    "action",
    [
        answer(target=JOB),
        answer(target=f"{JOB}@"),
        answer(target=f"{JOB}@a/b"),
        answer(target="../x@Deploy"),
        answer(run="one"),
        answer(parameters="[1]"),
        answer(ActionKind.DEPLOYMENT_ROLLBACK),
    ],
)
def test_what_is_no_answer_is_refused_before_anything_is_asked(
    desk: Desk, sim: JenkinsSim, action: Action
) -> None:
    with pytest.raises(SourceError):
        desk.connector(username="me").apply(action)
    assert sim.exchanges == []


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"jobs": []}, "names no job"),
        ({"jobs": ["a/../b"]}, "is no job"),
        ({"jobs": ["/a"]}, "is no job"),
        ({"assets": {"a@b": "x"}}, "is no job"),
        ({"job": "x"}, "unknown field"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(
    desk: Desk, options: dict[str, Any], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        desk.connector(**options)
