"""Kubernetes: how rollouts went, and undoing one: dry run, one change under a condition, read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from riskcockpit.connectors.kubernetes import client
from riskcockpit.connectors.kubernetes.connector import KubernetesConnector
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.errors import (
    ForbiddenError,
    SourceError,
)
from support.acting_contract import ID, Bench, bench_of
from support.deploying_contract import DeployingContract, measured
from support.kube_sim import REVISION, KubeSim, Object

OLD, NEW = "registry.example/api:1", "registry.example/api:2"


def two_releases() -> KubeSim:
    """Return a cluster in which one deployment was rolled out twice."""
    made = KubeSim()
    made.deploy("payments", "api", OLD, "release 1")
    made.deploy("payments", "api", NEW, "release 2")
    return made


@pytest.fixture
def sim() -> KubeSim:
    return two_releases()


@pytest.fixture
def bench(sim: KubeSim) -> Iterator[Bench[KubeSim]]:
    yield from bench_of(KubernetesConnector, sim, {"write": True, "cluster": "prod"})


def api(sim: KubeSim) -> Object:
    return sim.deployments["payments/api"]


def image(sim: KubeSim) -> str:
    return str(api(sim)["spec"]["template"]["spec"]["containers"][0]["image"])


def undo(before: str = "2", after: str = "1", target: str = "payments/api@prod") -> Action:
    params = {"from": before, "to": after}
    return Action(ID, ActionKind.DEPLOYMENT_ROLLBACK, "k8s", target, params)


class TestDeploying(DeployingContract):
    connector = KubernetesConnector
    options: ClassVar[Mapping[str, Any]] = {"write": True, "cluster": "prod"}
    action = undo()
    bad = (
        undo(target="payments/api"),
        undo(target="api@prod"),
        undo(target="../api@prod"),
        undo("0", "1"),
        undo("2", "one"),
        Action(ID, ActionKind.DEPLOYMENT_APPROVE, "up", "payments/api@prod", undo().params),
    )
    write_mark = "api?fieldManager"
    read_mark = "deployments"
    about = "Kubernetes v1.32.0+sim, cluster prod"
    reads_before = 2

    def make(self) -> KubeSim:
        return two_releases()


# Reading -----------------------------------------------------------------------------------------


def test_a_rollout_that_ended_is_a_reading_with_its_revision(bench: Bench[KubeSim]) -> None:
    found = measured(bench)
    values = {metric: one.value for (_, metric), one in found.items()}
    assert values == {"deployment_success": 1.0, "deployment_healthy": 1.0}
    deployed = found["payments/api", "deployment_success"]
    assert (deployed.segment, deployed.version, deployed.is_breach) == ("prod", 2, False)


def test_a_rollout_that_ran_out_of_time_is_a_breach(bench: Bench[KubeSim], sim: KubeSim) -> None:
    sim.serves, sim.is_late = False, True
    sim.deploy("payments", "api", "registry.example/api:3")
    found = measured(bench)
    assert found["payments/api", "deployment_success"].is_breach
    assert found["payments/api", "deployment_healthy"].is_breach


def test_a_rollout_under_way_says_neither(bench: Bench[KubeSim], sim: KubeSim) -> None:
    sim.serves = False
    sim.deploy("payments", "api", "registry.example/api:3")
    assert ("payments/api", "deployment_success") not in measured(bench)


def test_what_the_controller_has_not_seen_says_neither(bench: Bench[KubeSim], sim: KubeSim) -> None:
    sim.controls = False
    sim.deploy("payments", "api", "registry.example/api:3")
    assert ("payments/api", "deployment_success") not in measured(bench)


def test_all_pages_are_read(
    bench: Bench[KubeSim], sim: KubeSim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE", 2)
    for number in range(6):
        sim.deploy("cards", f"job-{number}", OLD)
    assert len(measured(bench)) == 7 * 2


def test_pages_that_ran_out_of_time_are_begun_anew_once(
    bench: Bench[KubeSim], sim: KubeSim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PAGE", 1)
    sim.deploy("cards", "job", OLD)
    sim.fail("expired-cursor", "continue=")
    assert len(measured(bench)) == 2 * 2
    sim.fail("expired-cursor", "continue=", times=2)
    with pytest.raises(SourceError):
        measured(bench)


def test_only_the_namespaces_of_the_options_are_asked_for(
    bench: Bench[KubeSim], sim: KubeSim
) -> None:
    sim.deploy("cards", "job", OLD)
    sim.deploy("loans", "job", OLD)
    found = measured(bench, namespaces=["cards", "payments"], selector="app=job")
    assert {subject for subject, _ in found} == {"cards/job"}


def test_a_namespace_that_is_refused_is_told_and_the_others_are_read(
    bench: Bench[KubeSim], sim: KubeSim
) -> None:
    sim.deploy("cards", "job", OLD)
    sim.forbidden = {"cards"}
    made = bench.connector(namespaces=["cards", "payments"])
    batches = list(made.pull("", bench.until))
    items = [item for batch in batches for item in batch.items]
    assert {getattr(item, "asset", "") or getattr(item, "subject", "") for item in items} == {
        "payments/api"
    }
    assert batches[-1].coverage.is_truncated
    assert "namespace cards: not readable" in batches[-1].coverage.note
    sim.forbidden = {"cards", "payments"}
    with pytest.raises(ForbiddenError):
        list(made.pull("", bench.until))


def test_one_deployment_with_a_broken_time_does_not_stop_the_others(
    bench: Bench[KubeSim], sim: KubeSim
) -> None:
    sim.deploy("cards", "job", OLD)
    api(sim)["status"]["conditions"][1]["lastUpdateTime"] = "yesterday"
    batches = list(bench.connector().pull("", bench.until))
    assert "payments/api is left out" in batches[-1].coverage.note
    assert sum(len(batch.items) for batch in batches) >= 2


def test_a_check_finds_what_may_not_be_read(bench: Bench[KubeSim], sim: KubeSim) -> None:
    sim.forbidden = {"payments"}
    with pytest.raises(ForbiddenError):
        bench.connector(namespaces=["payments"]).check()


# What can be decided ------------------------------------------------------------------------------


def test_every_earlier_revision_is_offered_and_can_be_returned_to(
    bench: Bench[KubeSim], sim: KubeSim
) -> None:
    sim.deploy("payments", "api", "registry.example/api:3")
    sim.deploy("cards", "job", OLD)
    made = bench.connector()
    offers = list(made.deployments())
    assert [(one.version, one.action.params) for one in offers] == [
        ("2", {"from": "3", "to": "2"}), ("1", {"from": "3", "to": "1"}),
    ]  # fmt: skip
    assert offers[0].what == f'{NEW} "release 2"'
    assert offers[0].since is not None
    assert made.preview(offers[1].action).blockers == ()
    assert made.apply(replace(offers[1].action, id=ID)).outcome is Outcome.DONE
    assert image(sim) == OLD


# Undoing -----------------------------------------------------------------------------------------


def test_the_template_of_an_earlier_revision_is_set_and_read_back(
    bench: Bench[KubeSim], sim: KubeSim
) -> None:
    made = bench.connector()
    assert made.preview(undo()).blockers == ()
    assert (image(sim), sim.writes) == (NEW, [])
    receipt = made.apply(undo())
    assert receipt.outcome is Outcome.DONE
    assert (receipt.evidence["revision"], receipt.evidence["images"]) == ("3", OLD)
    assert image(sim) == OLD
    assert api(sim)["metadata"]["annotations"]["kubernetes.io/change-cause"] == "release 1"
    assert "pod-template-hash" not in api(sim)["spec"]["template"]["metadata"]["labels"]
    assert made.observe(undo()).outcome is Outcome.DONE


def test_a_dry_run_goes_first_with_the_same_change_and_condition(
    bench: Bench[KubeSim], sim: KubeSim
) -> None:
    version = api(sim)["metadata"]["resourceVersion"]
    bench.connector().apply(undo())
    dry, real = [one for one in sim.exchanges if one.method == "PATCH"]
    assert dry.query == {"dryRun": "All", "fieldManager": "riskcockpit"}
    assert real.query == {"fieldManager": "riskcockpit"}
    assert dry.body == real.body
    assert dry.body[0] == {
        "op": "replace", "path": "/metadata/resourceVersion", "value": version,
    }  # fmt: skip


def test_the_preview_names_the_writes_and_hides_what_may_be_secret(
    bench: Bench[KubeSim], sim: KubeSim
) -> None:
    made = bench.connector()
    told = [call.split(" ", 2) for call in made.preview(undo()).calls if "PATCH" in call]
    sim.exchanges.clear()
    made.apply(undo())
    sent = [one for one in sim.exchanges if one.method == "PATCH"]
    for (_, url, text), exchange in zip(told, sent, strict=True):
        assert url.startswith(f"{bench.url}{exchange.path}?")
        shown, body = json.loads(text), json.loads(json.dumps(exchange.body))
        variable = body[1]["value"]["spec"]["containers"][0]["env"][0]
        assert variable["value"] == "strict"
        variable["value"] = "***"
        assert shown == body


def test_what_somebody_rolled_back_already_is_done(bench: Bench[KubeSim], sim: KubeSim) -> None:
    bench.connector().apply(undo())
    assert bench.connector().apply(undo("9", "1")).outcome is Outcome.DONE
    assert len(sim.writes) == 1


def test_a_rollback_and_back_again_are_told_apart_by_their_revisions(
    bench: Bench[KubeSim], sim: KubeSim
) -> None:
    made = bench.connector()
    made.apply(undo())
    assert made.apply(undo("3", "2")).outcome is Outcome.DONE
    assert image(sim) == NEW
    receipt = made.apply(undo())
    assert receipt.outcome is Outcome.REFUSED
    assert "is at revision 4, not 2" in receipt.message


def test_a_rollout_that_takes_its_time_is_pending_until_it_has_ended(
    bench: Bench[KubeSim], sim: KubeSim
) -> None:
    sim.serves = False
    made = bench.connector()
    assert made.apply(undo()).outcome is Outcome.PENDING_UPSTREAM
    assert made.apply(undo()).outcome is Outcome.PENDING_UPSTREAM
    assert made.observe(undo()).outcome is Outcome.PENDING_UPSTREAM
    sim.serves = True
    sim.reconcile(api(sim))
    assert made.observe(undo()).outcome is Outcome.DONE
    assert len(sim.writes) == 1


def test_a_rollout_whose_pods_do_not_come_up_is_not_told_as_done(
    bench: Bench[KubeSim], sim: KubeSim
) -> None:
    sim.serves, sim.is_late = False, True
    receipt = bench.connector().apply(undo())
    assert receipt.outcome is Outcome.REFUSED
    assert "0 serve, ProgressDeadlineExceeded" in receipt.message


def test_a_change_meanwhile_is_a_conflict_and_nothing_is_set(
    bench: Bench[KubeSim], sim: KubeSim
) -> None:
    made = bench.connector()
    sim.fail("409", "PATCH", after=1)
    receipt = made.apply(undo())
    assert receipt.outcome is Outcome.REFUSED
    assert image(sim) == NEW


def test_what_admission_says_is_told_before_and_refuses(
    bench: Bench[KubeSim], sim: KubeSim
) -> None:
    sim.denial = "change freeze"
    made = bench.connector()
    assert "change freeze" in made.preview(undo()).blockers[0]
    receipt = made.apply(undo())
    assert receipt.outcome is Outcome.REFUSED
    assert "change freeze" in receipt.message
    assert sim.writes == []


@pytest.mark.parametrize("fault", ["500", "drop", "drop-after"])
def test_a_dry_run_without_an_answer_stops_the_rollback(
    bench: Bench[KubeSim], sim: KubeSim, fault: str
) -> None:
    sim.fail(fault, "dryRun")
    receipt = bench.connector().apply(undo())
    assert receipt.outcome is Outcome.REFUSED
    assert "nothing was changed" in receipt.message
    assert sim.writes == []


def test_a_lost_answer_is_resolved_by_reading_and_nothing_is_sent_twice(
    bench: Bench[KubeSim], sim: KubeSim
) -> None:
    sim.fail("drop-after", "api?fieldManager")
    made = bench.connector()
    assert made.apply(undo()).outcome is Outcome.DONE
    assert made.apply(undo()).outcome is Outcome.DONE
    assert len(sim.writes) == 1


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (undo("1", "3"), "is at revision 2, not 1"),
        (undo("2", "2"), "is where it is already"),
        (undo("2", "9"), "keeps no revision 9"),
        (undo(target="payments/api@test"), "reaches the cluster prod, not test"),
    ],
)
def test_a_guard_that_does_not_hold_refuses(
    bench: Bench[KubeSim], sim: KubeSim, action: Action, why: str
) -> None:
    made = bench.connector()
    assert why in "; ".join(made.preview(action).blockers)
    receipt = made.apply(action)
    assert receipt.outcome is Outcome.REFUSED
    assert why in receipt.message
    assert sim.writes == []


def test_a_paused_deployment_is_left_alone(bench: Bench[KubeSim], sim: KubeSim) -> None:
    api(sim)["spec"]["paused"] = True
    assert "is paused" in bench.connector().apply(undo()).message
    assert sim.writes == []


def test_what_its_controller_has_not_seen_is_left_alone(
    bench: Bench[KubeSim], sim: KubeSim
) -> None:
    sim.controls = False
    sim.deploy("payments", "api", "registry.example/api:3")
    assert "has not seen that yet" in bench.connector().apply(undo()).message
    assert sim.writes == []


def test_replica_sets_of_others_are_no_revisions_of_ours(
    bench: Bench[KubeSim], sim: KubeSim
) -> None:
    for one in sim.sets.values():
        if one["metadata"]["annotations"][REVISION] == "1":
            one["metadata"]["ownerReferences"][0]["uid"] = "somebody"
    assert "keeps no revision 1" in bench.connector().apply(undo()).message


def test_who_else_sets_the_deployment_is_told(bench: Bench[KubeSim], sim: KubeSim) -> None:
    api(sim)["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = "payments:apps"
    sim.serves = False
    for one in sim.sets.values():
        one["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = "payments:apps"
    assert "Argo CD sets it too" in bench.connector().apply(undo()).message
