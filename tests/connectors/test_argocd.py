"""Argo CD: what is read of applications; rollbacks that a dry run precedes and a read follows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from riskcockpit.connectors.argocd.connector import ArgocdConnector
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.errors import (
    ConfigError,
)
from support.acting_contract import ID, Bench, bench_of
from support.argocd_sim import ArgoSim
from support.deploying_contract import DeployingContract, measured, offered

OLD, NEW = "a" * 40, "b" * 40


@pytest.fixture
def sim() -> ArgoSim:
    made = ArgoSim()
    made.app("payments", OLD, NEW)
    return made


@pytest.fixture
def bench(sim: ArgoSim) -> Iterator[Bench[ArgoSim]]:
    yield from bench_of(ArgocdConnector, sim, {"write": True})


def app(sim: ArgoSim) -> dict[str, Any]:
    return sim.apps["payments"]


def rollback(**changes: str) -> Action:
    params = {"from": "1", "to": "0", "revision": OLD, **changes}
    return Action(
        ID, ActionKind.DEPLOYMENT_ROLLBACK, "argo", "payments@in-cluster/payments", params
    )


def automate(sim: ArgoSim) -> None:
    app(sim)["spec"]["syncPolicy"] = {"automated": {"prune": True, "selfHeal": True}}


class TestDeploying(DeployingContract):
    connector = ArgocdConnector
    action = rollback()
    bad = (
        Action(ID, ActionKind.DEPLOYMENT_ROLLBACK, "up", "payments", rollback().params),
        rollback(to="-1"),
        rollback(revision=""),
        Action(ID, ActionKind.DEPLOYMENT_APPROVE, "up", "payments@x/y", rollback().params),
    )
    write_mark = '"dryRun":false'
    read_mark = "applications"
    about = "Argo CD v3.1.0+sim as cockpit"
    writes = 2
    reads_before = 4

    def make(self) -> ArgoSim:
        made = ArgoSim()
        made.app("payments", OLD, NEW)
        return made


# Reading -----------------------------------------------------------------------------------------


def test_an_application_tells_whether_it_was_deployed_is_healthy_and_is_as_git_says(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    app(sim)["status"]["health"]["status"] = "Degraded"
    app(sim)["status"]["sync"]["status"] = "OutOfSync"
    found = measured(bench)
    values = {metric: one.value for (_, metric), one in found.items()}
    assert values == {
        "deployment_success": 1.0, "deployment_healthy": 0.0, "deployment_in_sync": 0.0,
    }  # fmt: skip
    deployed = found["payments", "deployment_success"]
    assert (deployed.segment, deployed.version) == ("in-cluster/payments", 1)
    assert [one.is_breach for one in found.values()].count(True) == 2


@pytest.mark.parametrize("phase", ["Failed", "Error"])
def test_a_failed_deployment_is_a_breach(bench: Bench[ArgoSim], sim: ArgoSim, phase: str) -> None:
    sim.sync(app(sim), "c" * 40, phase)
    assert measured(bench)["payments", "deployment_success"].is_breach


def test_what_says_neither_is_no_reading(bench: Bench[ArgoSim], sim: ArgoSim) -> None:
    app(sim)["status"]["health"] = {"status": "Progressing"}
    app(sim)["status"]["sync"] = {"status": "Unknown"}
    app(sim)["status"]["operationState"]["phase"] = "Running"
    assert measured(bench) == {}


def test_a_dry_run_is_no_deployment(bench: Bench[ArgoSim], sim: ArgoSim) -> None:
    app(sim)["status"]["operationState"]["operation"]["sync"]["dryRun"] = True
    assert ("payments", "deployment_success") not in measured(bench)


def test_an_application_of_another_namespace_carries_it(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    sim.app("payments", OLD, namespace="team-a")
    subjects = {subject for subject, _ in measured(bench)}
    assert subjects == {"payments", "team-a/payments"}


def test_only_the_projects_of_the_options_are_asked_for(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    assert measured(bench, projects=["no such & such"]) == {}
    assert sim.exchanges[-1].query == {"projects": "no such & such"}


def test_one_application_with_a_broken_time_does_not_stop_the_others(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    sim.app("cards", NEW)
    app(sim)["status"]["operationState"]["finishedAt"] = "yesterday"
    (batch,) = bench.connector().pull("", bench.until)
    assert len(batch.items) >= 3
    assert batch.coverage.is_truncated
    assert "payments is left out" in batch.coverage.note


def test_unknown_options_are_refused(bench: Bench[ArgoSim]) -> None:
    with pytest.raises(ConfigError, match="project"):
        bench.connector(project="bank")


# What can be decided ------------------------------------------------------------------------------


def test_every_earlier_deployment_is_offered_and_can_be_returned_to(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    sim.sync(app(sim), "c" * 40)
    sim.app("cards", OLD)
    made = bench.connector()
    offers = list(made.deployments())
    assert [(one.version, one.action.params["from"]) for one in offers] == [("1", "2"), ("0", "2")]
    assert offers[0].what == f"commit {NEW} by deployer"
    assert offers[0].since is not None
    assert made.preview(offers[1].action).blockers == ()
    assert made.apply(replace(offers[1].action, id=ID)).outcome is Outcome.DONE
    assert app(sim)["status"]["history"][-1]["revision"] == OLD


def test_images_that_a_deployment_set_are_told(bench: Bench[ArgoSim], sim: ArgoSim) -> None:
    images = ["api=registry.example/api:1.4", "registry.example/db:7"]
    app(sim)["status"]["history"][0]["source"] = {"kustomize": {"images": images}}
    (offer,) = offered(bench)
    assert "(registry.example/api:1.4, registry.example/db:7) by" in offer.what
    receipt = bench.connector().apply(rollback())
    assert receipt.evidence["images"] == "registry.example/payments:2"


def test_switching_automated_sync_off_is_offered_when_the_options_say_so(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    automate(sim)
    for option, is_blocked in ((False, True), (True, False)):
        made = bench.connector(disable_auto_sync=option)
        (offer,) = made.deployments()
        assert bool(made.preview(offer.action).blockers) is is_blocked


# Rolling back ------------------------------------------------------------------------------------


def test_a_dry_run_comes_first_and_the_state_is_read_back(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    made = bench.connector()
    preview = made.preview(rollback())
    assert preview.blockers == ()
    assert sim.writes == []
    receipt = made.apply(rollback())
    assert receipt.outcome is Outcome.DONE
    assert receipt.evidence["revision"] == OLD
    assert [body["dryRun"] for _, _, body in sim.writes] == [True, False]
    assert all(body["prune"] is False and body["id"] == 0 for _, _, body in sim.writes)
    assert app(sim)["status"]["history"][-1]["revision"] == OLD
    assert made.observe(rollback()).outcome is Outcome.DONE


def test_the_preview_names_the_writes_exactly(bench: Bench[ArgoSim], sim: ArgoSim) -> None:
    automate(sim)
    made = bench.connector()
    preview = made.preview(rollback(disable_auto_sync="yes"))
    sim.exchanges.clear()
    made.apply(rollback(disable_auto_sync="yes"))
    told = [call.split(" ", 2) for call in preview.calls if not call.startswith("GET")]
    sent = [
        [one.method, f"{bench.url}{one.path}", json.dumps(one.body, separators=(",", ":"))]
        for one in sim.exchanges
        if one.method != "GET"
    ]
    assert told == sent
    assert [line[0] for line in sent] == ["PATCH", "POST", "POST"]


def test_automated_sync_is_a_reason_that_is_told(bench: Bench[ArgoSim], sim: ArgoSim) -> None:
    automate(sim)
    made = bench.connector()
    (blocker,) = made.preview(rollback()).blockers
    assert "revert in git" in blocker
    receipt = made.apply(rollback())
    assert (receipt.outcome, receipt.message) == (Outcome.REFUSED, blocker)
    assert sim.writes == []


def test_automated_sync_that_is_disabled_there_is_none(bench: Bench[ArgoSim], sim: ArgoSim) -> None:
    app(sim)["spec"]["syncPolicy"] = {"automated": {"enabled": False, "prune": True}}
    assert bench.connector().apply(rollback()).outcome is Outcome.DONE
    assert [method for method, _, _ in sim.writes] == ["POST", "POST"]


def test_automated_sync_is_switched_off_when_the_action_says_so(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    automate(sim)
    receipt = bench.connector().apply(rollback(disable_auto_sync="yes"))
    assert (receipt.outcome, receipt.evidence["auto_sync"]) == (Outcome.DONE, "off")


def test_after_a_failed_dry_run_automated_sync_is_as_it_was(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    automate(sim)
    sim.outcomes = [("Failed", "one or more objects failed to apply")]
    receipt = bench.connector().apply(rollback(disable_auto_sync="yes"))
    assert receipt.outcome is Outcome.REFUSED
    assert "failed to apply; automated sync is on again" in receipt.message
    assert app(sim)["spec"]["syncPolicy"] == {"automated": {"prune": True, "selfHeal": True}}
    assert app(sim)["status"]["history"][-1]["revision"] == NEW


@pytest.mark.parametrize("fault", ["403", "500", "drop", "429"])
def test_when_nothing_was_rolled_back_automated_sync_is_as_it_was(
    bench: Bench[ArgoSim], sim: ArgoSim, fault: str
) -> None:
    automate(sim)
    sim.fail(fault, "POST")
    receipt = bench.connector().apply(rollback(disable_auto_sync="yes"))
    assert receipt.outcome is Outcome.REFUSED
    assert "automated sync is on again" in receipt.message
    assert "selfHeal" in app(sim)["spec"]["syncPolicy"]["automated"]


def test_automated_sync_that_cannot_be_switched_on_again_is_told(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    automate(sim)
    sim.outcomes = [("Error", "no")]
    sim.fail("403", "PATCH", after=1)
    message = bench.connector().apply(rollback(disable_auto_sync="yes")).message
    assert "automated sync is off, and cannot be switched on again" in message


def test_automated_sync_that_comes_back_by_itself_stops_the_rollback(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    automate(sim)
    sim.keeps_automated = True
    receipt = bench.connector().apply(rollback(disable_auto_sync="yes"))
    assert receipt.outcome is Outcome.REFUSED
    assert "ApplicationSet" in receipt.message
    assert all(method == "PATCH" for method, _, _ in sim.writes)


def test_a_dry_run_that_does_not_end_stops_the_rollback(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    sim.steps = False
    receipt = bench.connector().apply(rollback())
    assert receipt.outcome is Outcome.REFUSED
    assert "did not end in time" in receipt.message
    assert len(sim.writes) == 1


def test_a_dry_run_whose_answer_is_lost_is_read_instead(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    sim.fail("drop-after", '"dryRun":true')
    assert bench.connector().apply(rollback()).outcome is Outcome.DONE
    assert len(sim.writes) == 2


def test_a_lost_answer_is_resolved_by_reading_and_nothing_is_sent_twice(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    sim.fail("drop-after", '"dryRun":false')
    made = bench.connector()
    assert made.apply(rollback()).outcome is Outcome.PENDING_UPSTREAM
    while (receipt := made.observe(rollback())).outcome is Outcome.PENDING_UPSTREAM:
        pass
    assert receipt.outcome is Outcome.DONE
    assert made.apply(rollback()).outcome is Outcome.DONE
    assert len(sim.writes) == 2


def test_a_rollback_that_cannot_be_read_back_is_unknown(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    made = bench.connector()
    sim.fail("500", "GET", after=4, times=99)
    receipt = made.apply(rollback())
    assert receipt.outcome is Outcome.UNKNOWN
    assert "cannot be read back" in receipt.message
    sim.faults.clear()
    seen = [made.observe(rollback()).outcome for _ in range(3)]
    assert seen == [Outcome.PENDING_UPSTREAM, Outcome.PENDING_UPSTREAM, Outcome.DONE]
    assert len(sim.writes) == 2


def test_a_rollback_that_fails_there_is_not_told_as_done_and_may_be_tried_again(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    sim.outcomes = [("Succeeded", ""), ("Failed", "hook failed")]
    made = bench.connector()
    receipt = made.apply(rollback())
    assert receipt.outcome is Outcome.REFUSED
    assert "the rollback is Failed: hook failed" in receipt.message
    assert made.observe(rollback()).outcome is Outcome.REFUSED
    assert made.apply(rollback()).outcome is Outcome.DONE


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (rollback(**{"from": "0", "to": "1"}), "is at deployment 1, not 0"),
        (rollback(to="1"), "is where it is already"),
        (rollback(to="7"), "has no deployment 7"),
        (rollback(revision="c" * 40), "deployment 0 of payments is aaaaaaaaaaaa, not cccccccccccc"),
    ],
)
def test_a_guard_that_does_not_hold_refuses(
    bench: Bench[ArgoSim], sim: ArgoSim, action: Action, why: str
) -> None:
    made = bench.connector()
    assert why in "; ".join(made.preview(action).blockers)
    receipt = made.apply(action)
    assert receipt.outcome is Outcome.REFUSED
    assert why in receipt.message
    assert sim.writes == []


def test_an_application_that_moved_or_is_busy_is_left_alone(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    app(sim)["spec"]["destination"]["namespace"] = "elsewhere"
    app(sim)["operation"] = {"sync": {"revision": "c" * 40}}
    sim.steps = False
    receipt = bench.connector().apply(rollback())
    assert receipt.outcome is Outcome.REFUSED
    assert "goes to in-cluster/elsewhere" in receipt.message
    assert "another operation on payments is under way" in receipt.message


def test_the_same_commit_with_other_values_is_another_deployment(
    bench: Bench[ArgoSim], sim: ArgoSim
) -> None:
    history = app(sim)["status"]["history"]
    history[0] |= {"revision": NEW, "source": {"helm": {"parameters": [{"value": "1"}]}}}
    history.append({**history[1], "id": 2})
    action = rollback(revision=NEW)
    made = bench.connector()
    assert "is at deployment 2, not 1" in made.apply(action).message
    history[2]["source"] = history[0]["source"]
    assert made.apply(action).outcome is Outcome.DONE
    assert sim.writes == []


def test_several_sources_are_one_revision(bench: Bench[ArgoSim], sim: ArgoSim) -> None:
    for entry in app(sim)["status"]["history"]:
        entry["revisions"] = [entry.pop("revision"), "1.2.3"]
    assert bench.connector().preview(rollback(revision=f"{OLD},1.2.3")).blockers == ()
