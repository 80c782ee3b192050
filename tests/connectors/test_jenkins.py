"""Jenkins: builds, what they keep and what they wait for; answers are sent once and read back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from riskcockpit.connectors.jenkins import builds, client
from riskcockpit.connectors.jenkins.connector import JenkinsConnector
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.batch import Batch, Document
from riskcockpit.domain.reading import Reading
from riskcockpit.errors import (
    ConfigError,
    ForbiddenError,
)
from support.acting_contract import ID, Bench, bench_of
from support.deploying_contract import DeployingContract, offered
from support.jenkins_sim import JenkinsSim

JOB = "bank/payments/main"
APPROVE, REJECT = ActionKind.DEPLOYMENT_APPROVE, ActionKind.DEPLOYMENT_REJECT


@pytest.fixture
def sim() -> JenkinsSim:
    return JenkinsSim()


@pytest.fixture
def bench(sim: JenkinsSim) -> Iterator[Bench[JenkinsSim]]:
    for made in bench_of(JenkinsConnector, sim, {"write": True, "jobs": ["bank"]}):
        made.username = "me"
        yield made


def pull(bench: Bench[JenkinsSim], cursor: str = "", **options: Any) -> list[Batch]:
    batches = bench.pull(cursor, **options)
    assert batches[-1].is_complete
    return batches


def readings(batches: list[Batch]) -> list[tuple[str, str, str, float]]:
    found = [item for batch in batches for item in batch.items if isinstance(item, Reading)]
    return [(one.subject, one.metric, one.segment, one.value) for one in found]


def documents(batches: list[Batch]) -> list[Document]:
    return [item for batch in batches for item in batch.items if isinstance(item, Document)]


def answer(kind: ActionKind = APPROVE, target: str = f"{JOB}@Deploy", **params: str) -> Action:
    return Action(ID, kind, "ci", target, {"run": "1", "comment": "agreed", **params})


class TestDeploying(DeployingContract):
    connector = JenkinsConnector
    options: ClassVar[Mapping[str, Any]] = {"write": True, "jobs": ["bank"]}
    username = "me"
    action = answer()
    bad = (
        answer(target=JOB),
        answer(target=f"{JOB}@"),
        answer(target=f"{JOB}@a/b"),
        answer(target="../x@Deploy"),
        answer(run="one"),
        answer(parameters="[1]"),
        answer(ActionKind.DEPLOYMENT_ROLLBACK),
    )
    write_mark = "POST"
    read_mark = "job"
    about = "Jenkins 2.479.1 as cockpit"
    reads_before = 2

    def make(self) -> JenkinsSim:
        made = JenkinsSim()
        made.wait(JOB)
        return made


# Reading -----------------------------------------------------------------------------------------


def test_builds_that_ended_say_whether_they_succeeded(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    for result in ("SUCCESS", "FAILURE", "UNSTABLE", "ABORTED", "NOT_BUILT", None):
        sim.build(JOB, result)
    values = [
        value for _, metric, _, value in readings(pull(bench)) if metric == "workflow_success"
    ]
    assert values == [1.0, 0.0, 0.0]


def test_what_waits_is_told_with_how_long_it_waits(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.wait(JOB, "Deploy")
    sim.wait("bank/cards")
    assert readings(pull(bench)) == [
        ("bank/cards", "deployment_waiting", "Deploy run 1", 720.0),
        (JOB, "deployment_waiting", "Deploy run 1", 720.0),
    ]


def test_all_pages_are_read_and_an_unchanged_job_costs_one_request(
    bench: Bench[JenkinsSim], sim: JenkinsSim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE", 10)
    monkeypatch.setattr(builds, "PAGE", 10)
    for _ in range(25):
        sim.build("bank/cards")
    first = pull(bench, jobs=["bank/cards"])
    assert len(readings(first)) == 25
    assert len(sim.asked()) == 3
    again = pull(bench, first[-1].cursor, jobs=["bank/cards"])
    assert readings(again) == []
    assert len(sim.asked()) == 1
    assert again[-1].cursor == first[-1].cursor


def test_a_build_that_went_on_is_told_when_it_has_ended(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    long = sim.build(JOB, None)
    sim.build(JOB)
    first = pull(bench)
    assert len(readings(first)) == 1
    long.result = "FAILURE"
    sim.build(JOB)
    second = pull(bench, first[-1].cursor)
    assert [value for *_, value in readings(second)] == [0.0, 1.0]
    assert readings(pull(bench, second[-1].cursor)) == []


def test_a_build_that_was_deleted_while_open_is_forgotten(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.build(JOB, None)
    sim.build(JOB)
    first = pull(bench)
    del sim.jobs[JOB][1]
    second = pull(bench, first[-1].cursor)
    assert json.loads(second[-1].cursor)["jobs"][JOB] == {"newest": 2}


def test_a_first_sync_looks_back_seven_days_but_sees_what_waits_longer(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.at -= timedelta(days=30)
    sim.wait(JOB)
    sim.build(JOB)
    only_old = pull(bench)
    assert [metric for _, metric, *_ in readings(only_old)] == ["deployment_waiting"]
    sim.jobs[JOB][1].inputs.clear()
    assert readings(pull(bench, only_old[-1].cursor)) == []
    sim.at += timedelta(days=30)
    sim.build(JOB)
    assert len(readings(pull(bench))) == 1


def test_other_options_mean_from_the_start(bench: Bench[JenkinsSim], sim: JenkinsSim) -> None:
    sim.build(JOB)
    cursor = pull(bench)[-1].cursor
    assert len(readings(pull(bench, cursor, artifacts=["*.xml"]))) == 1


def test_pull_requests_are_passed_over_unless_wanted(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.build("bank/payments/PR-7")
    sim.build("bank/payments/feature%2Flogin")
    assert [one[0] for one in readings(pull(bench))] == ["bank/payments/feature%2Flogin"]
    assert len(readings(pull(bench, exclude=[]))) == 2


def test_a_job_that_is_refused_is_told_and_the_others_are_read(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.build("bank/cards")
    sim.build("bank/loans")
    sim.forbidden = {"bank/loans"}
    batches = pull(bench, jobs=["bank", "gone"])
    assert len(readings(batches)) == 1
    assert batches[-1].coverage.is_truncated
    assert "job bank/loans: not readable" in batches[-1].coverage.note
    assert "job gone: not readable" in batches[-1].coverage.note
    sim.forbidden = {"bank"}
    with pytest.raises(ForbiddenError):
        pull(bench)


def test_a_job_that_was_refused_for_a_while_goes_on_from_where_it_was(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.build(JOB)
    sim.build("bank/cards")
    first = pull(bench)
    sim.build(JOB)
    sim.forbidden = {JOB}
    second = pull(bench, first[-1].cursor)
    sim.forbidden = set()
    bench.until += timedelta(days=30)
    third = pull(bench, second[-1].cursor)
    assert [len(readings(batches)) for batches in (first, second, third)] == [2, 0, 1]


def test_without_the_plugin_what_waits_is_not_told_and_that_is_said(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.has_plugin = False
    sim.wait(JOB)
    batches = pull(bench)
    assert "pipeline-rest-api is missing" in batches[-1].coverage.note
    assert not batches[-1].coverage.is_truncated


def test_builds_that_are_no_pipelines_are_not_asked_for_inputs(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.build(JOB, None, is_pipeline=False)
    pull(bench)
    assert not any("wfapi" in line for line in sim.asked())


# Reports -----------------------------------------------------------------------------------------


def test_the_newest_of_each_kept_report_is_read(bench: Bench[JenkinsSim], sim: JenkinsSim) -> None:
    sim.build(JOB, files={"out/a.sarif": b"old", "out/b.sarif": b"only here", "app.jar": b"x"})
    sim.build(JOB, "FAILURE", files={"out/a.sarif": b"new"})
    sim.build(JOB, None, files={"out/a.sarif": b"not ended"})
    found = documents(pull(bench, artifacts=["*.sarif"]))
    assert [(one.content, one.category) for one in found] == [
        (b"new", f"{JOB}/out/a.sarif"), (b"only here", f"{JOB}/out/b.sarif"),
    ]  # fmt: skip
    assert found[0].asset == JOB
    assert found[0].modified_at == sim.jobs[JOB][2].began_at + timedelta(seconds=30)


def test_a_report_is_about_the_asset_of_the_options(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.build(JOB, files={"a b/#1.sarif": b"{}"})
    (found,) = documents(pull(bench, artifacts=["a b/*"], assets={JOB: "payments-api"}))
    assert (found.asset, found.content) == ("payments-api", b"{}")


def test_a_report_that_is_gone_or_too_large_is_told_and_the_others_are_read(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.build(JOB, files={"a.sarif": b"{}", "b.sarif": b"{}"})
    sim.fail("404", "a.sarif")
    batches = pull(bench, artifacts=["*.sarif"])
    assert [one.name for one in documents(batches)] == [f"{JOB}/b.sarif of build 1"]
    assert "a.sarif is left out" in batches[-1].coverage.note
    assert batches[-1].coverage.is_truncated


def test_without_patterns_no_kept_file_is_asked_for(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.build(JOB, files={"a.sarif": b"{}"})
    assert documents(pull(bench)) == []
    assert all("artifacts" not in one.query.get("tree", "") for one in sim.exchanges)


def test_a_path_that_leads_out_of_the_build_is_not_asked_for(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.build(JOB, files={"../../../x.sarif": b"{}"})
    assert documents(pull(bench, artifacts=["*.sarif"])) == []


# What can be decided ------------------------------------------------------------------------------


def test_what_waits_is_offered_to_be_approved_or_rejected(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.wait(JOB)
    sim.build(JOB)
    approve, reject = offered(bench)
    assert (approve.action.kind, reject.action.kind) == (APPROVE, REJECT)
    assert approve.action.target == f"{JOB}@Deploy"
    assert (approve.version, approve.what) == ("1", 'build 1: "Deploy to production?"')
    assert approve.since == bench.until - sim.paused
    made = bench.connector()
    assert made.preview(approve.action).blockers == ()
    assert made.apply(replace(approve.action, id=ID)).outcome is Outcome.DONE
    assert offered(bench) == []


def test_parameters_are_offered_with_what_is_sent_for_them(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.wait(JOB, VERSION=("String", "4.2"), CANARY=("Boolean", True), RING=("Choice", "eu"))
    approve, reject = offered(bench)
    assert json.loads(approve.action.params["parameters"]) == {
        "VERSION": "4.2", "CANARY": True, "RING": "eu",
    }  # fmt: skip
    assert "with VERSION=4.2, CANARY=True, RING=eu" in approve.what
    assert "parameters" not in reject.action.params


def test_a_password_is_never_said_for_somebody(bench: Bench[JenkinsSim], sim: JenkinsSim) -> None:
    sim.wait(JOB, PIN=("Password", "hidden"))
    approve, _ = offered(bench)
    assert "hidden" not in repr(approve)
    (blocker,) = bench.connector().preview(approve.action).blockers
    assert "wants to be told PIN" in blocker


# Answering ---------------------------------------------------------------------------------------


def test_an_approval_lets_the_build_go_on_and_is_read_back(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    build = sim.wait(JOB)
    made = bench.connector()
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
def test_a_rejection_aborts_and_is_read_back(
    bench: Bench[JenkinsSim], sim: JenkinsSim, catches: bool
) -> None:
    build = sim.wait(JOB)
    build.catches = catches
    receipt = bench.connector().apply(answer(REJECT))
    assert receipt.outcome is Outcome.DONE
    assert receipt.evidence["result"] == ("BUILDING" if catches else "ABORTED")
    assert sim.writes[0][1].endswith("/input/Deploy/abort")


def test_the_preview_names_exactly_the_calls_that_are_made(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.wait(JOB, "Go live", VERSION=("String", "4.2"))
    action = answer(target=f"{JOB}@Go live", parameters='{"VERSION": "4.3"}')
    made = bench.connector()
    preview = made.preview(action)
    sim.exchanges.clear()
    made.apply(action)
    sent = [
        f"{one.method} {bench.url}{one.path}" + (f" json={one.body['json']}" if one.body else "")
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
    bench: Bench[JenkinsSim], sim: JenkinsSim, parameters: str, why: str
) -> None:
    sim.wait(JOB, VERSION=("Choice", "4.2"))
    made = bench.connector()
    assert why in "; ".join(made.preview(answer(parameters=parameters)).blockers)
    assert made.apply(answer(parameters=parameters)).outcome is Outcome.REFUSED
    assert made.preview(answer(REJECT)).blockers == ()
    assert sim.writes == []


def test_a_crumb_is_shown_when_jenkins_wants_one(bench: Bench[JenkinsSim], sim: JenkinsSim) -> None:
    sim.needs_crumb = True
    sim.wait(JOB)
    assert bench.connector().apply(answer()).outcome is Outcome.DONE
    posts = [one.status for one in sim.exchanges if one.method == "POST"]
    assert posts == [403, 200]
    assert len(sim.writes) == 1


def test_with_an_api_token_no_crumb_is_asked_for(bench: Bench[JenkinsSim], sim: JenkinsSim) -> None:
    sim.wait(JOB)
    bench.connector().apply(answer())
    assert not any("crumb" in line for line in sim.asked())


def test_what_only_somebody_else_may_answer_is_refused(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.submitter = "release-managers"
    sim.wait(JOB)
    receipt = bench.connector().apply(answer())
    assert receipt.outcome is Outcome.REFUSED
    assert "release-managers" in receipt.message


@pytest.mark.parametrize("kind", [APPROVE, REJECT])
def test_a_lost_answer_is_resolved_by_reading_and_nothing_is_sent_twice(
    bench: Bench[JenkinsSim], sim: JenkinsSim, kind: ActionKind
) -> None:
    sim.wait(JOB)
    sim.fail("drop-after", "POST")
    made = bench.connector()
    assert made.apply(answer(kind)).outcome is Outcome.DONE
    assert made.apply(answer(kind)).outcome is Outcome.DONE
    assert len(sim.writes) == 1


def test_a_rejection_that_a_build_may_have_caught_stays_in_doubt(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.wait(JOB).catches = True
    sim.fail("drop-after", "POST")
    assert bench.connector().apply(answer(REJECT)).outcome is Outcome.UNKNOWN


def test_what_somebody_else_answered_otherwise_is_refused(
    bench: Bench[JenkinsSim], sim: JenkinsSim
) -> None:
    sim.wait(JOB)
    made = bench.connector()
    made.apply(answer(REJECT))
    for receipt in (made.apply(answer()), made.observe(answer())):
        assert receipt.outcome is Outcome.REFUSED
    assert len(sim.writes) == 1


def test_without_the_plugin_nothing_is_answered(bench: Bench[JenkinsSim], sim: JenkinsSim) -> None:
    sim.has_plugin = False
    sim.wait(JOB)
    receipt = bench.connector().apply(answer())
    assert receipt.outcome is Outcome.REFUSED
    assert "pipeline-rest-api" in receipt.message


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
    bench: Bench[JenkinsSim], options: dict[str, Any], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        bench.connector(**options)
