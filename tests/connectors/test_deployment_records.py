"""What each system tells of its deployments and protections, over its simulator, no socket."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import Connector, SourceSpec
from riskcockpit.connectors.argocd.connector import ArgocdConnector
from riskcockpit.connectors.deliveries import told
from riskcockpit.connectors.github.connector import GithubConnector
from riskcockpit.connectors.gitlab.connector import GitlabConnector
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.jenkins.connector import JenkinsConnector
from riskcockpit.connectors.kubernetes.connector import KubernetesConnector
from riskcockpit.domain.batch import Item
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.configuration import Setting
from riskcockpit.domain.deployment import (
    Answer,
    Approval,
    Deployment,
    DeploymentStatus,
    served_model,
)
from support import github_objects
from support.argocd_sim import ArgoSim
from support.github_sim import GithubSim
from support.github_state import START
from support.gitlab_sim import GitlabSim
from support.jenkins_sim import JenkinsSim
from support.kube_sim import KubeSim
from support.simulated import Simulator

OLD, NEW = "a" * 40, "b" * 40
UNTIL = START + timedelta(days=2)
GITHUB = {"repositories": ["bank/payments"], "alerts": [], "watch": ["bank/payments"]}
T = TypeVar("T", bound=Item)


def pulled(
    kind: type[Connector], sim: Simulator, options: Mapping[str, Any], cursor: str = ""
) -> tuple[list[Item], str]:
    """Pull everything since `cursor`; return the items and the new cursor."""
    read = Credential("token", "env T", username="me")
    spec = SourceSpec("up", "https://upstream.example", options, read=read)
    with replayed(sim.reply):
        connector = kind.build(spec, FrozenClock(UNTIL))
        try:
            batches = list(connector.pull(cursor, UNTIL))
        finally:
            connector.close()
    return [item for batch in batches for item in batch.items], batches[-1].cursor


def only(items: list[Item], kind: type[T]) -> list[T]:
    return [item for item in items if isinstance(item, kind)]


def values(items: list[Item]) -> dict[str, str | None]:
    return {one.name: one.value for one in only(items, Setting)}


# GitHub ------------------------------------------------------------------------------------------


def review(state: str, who: str, *environments: str) -> dict[str, Any]:
    return {
        "state": state,
        "user": github_objects.user(who),
        "comment": "",
        "environments": [github_objects.pending(1, name)["environment"] for name in environments],
    }


def test_github_tells_commit_run_approvals_and_how_far_it_came() -> None:
    sim = GithubSim()
    world = sim.world
    world.run("bank/payments", 77)
    made = world.deploy("bank/payments", 5, OLD, "production", "in_progress", "success", run=77)
    made |= {"ref": "v1.4.2", "payload": {"image": "reg/p@sha256:1", "model": "models:/fraud/7"}}
    world.deploy("bank/payments", 6, NEW, "production", "queued", run=77)
    world.deploy("bank/payments", 7, NEW, "staging")
    world.status("bank/payments", 5, "inactive", run=77)
    world.repos["bank/payments"].approvals[77] = [
        review("approved", "risk", "production"),
        review("approved", "elsewhere", "staging"),
    ]
    items, _ = pulled(GithubConnector, sim, GITHUB)
    found = {one.upstream_id: one for one in only(items, Deployment)}
    first = found["bank/payments#5"]
    assert (first.status, first.commit, first.ref) == (DeploymentStatus.SUCCEEDED, OLD, "v1.4.2")
    assert (first.pipeline, first.actor) == ("77", "octo")
    assert (first.artifacts, first.model, first.model_version) == (("reg/p@sha256:1",), "fraud", 7)
    assert first.approvals == (Approval("approved by risk", "risk", Answer.APPROVED),)
    assert first.started_at is not None
    assert first.finished_at is not None
    assert first.started_at < first.finished_at < first.observed_at
    assert found["bank/payments#6"].status is DeploymentStatus.RUNNING
    assert found["bank/payments#7"].status is DeploymentStatus.RUNNING
    sim.check()


def test_github_tells_a_rejection_as_stopped_and_reads_on_until_the_end() -> None:
    sim = GithubSim()
    world = sim.world
    world.run("bank/payments", 1)
    world.deploy("bank/payments", 4, OLD, "production", "success", run=99)
    world.deploy("bank/payments", 5, OLD, "production", "failure", run=1)
    world.repos["bank/payments"].approvals[1] = [review("rejected", "risk", "production")]
    world.deploy("bank/payments", 6, NEW, "staging", "in_progress")
    items, cursor = pulled(GithubConnector, sim, GITHUB)
    states = {one.upstream_id: one.status for one in only(items, Deployment)}
    assert states == {
        "bank/payments#4": DeploymentStatus.SUCCEEDED,
        "bank/payments#5": DeploymentStatus.STOPPED, "bank/payments#6": DeploymentStatus.RUNNING,
    }  # fmt: skip
    world.status("bank/payments", 6, "success")
    items, cursor = pulled(GithubConnector, sim, GITHUB, cursor)
    assert [one.status for one in only(items, Deployment)] == [DeploymentStatus.SUCCEEDED]
    assert only(pulled(GithubConnector, sim, GITHUB, cursor)[0], Deployment) == []


def test_github_tells_how_the_branch_and_the_environments_are_protected() -> None:
    sim = GithubSim()
    repo = sim.world.repo("bank/payments")
    items, _ = pulled(GithubConnector, sim, GITHUB)
    assert values(items) == {"protection of main": "none", "rules of main": "none"}
    repo.protection = {
        "required_pull_request_reviews": {"required_approving_review_count": 2},
        "required_status_checks": {"strict": True, "contexts": ["scan", "ci"]},
        "enforce_admins": {"enabled": True},
    }
    repo.rules = [{"type": "pull_request", "ruleset_id": 1, "parameters": {"b": 1, "a": 2}}]
    repo.environments = [
        {
            "name": "production",
            "protection_rules": [
                {"type": "required_reviewers", "prevent_self_review": True,
                 "reviewers": [{"type": "User", "reviewer": github_objects.user("risk")}]},
            ],
        },
        {"name": "staging", "protection_rules": []},
    ]  # fmt: skip
    found = values(pulled(GithubConnector, sim, GITHUB)[0])
    assert found["protection of main"] == (
        "reviews=2 code-owners=no stale-dismissed=no last-push-approved=no checks=ci+scan"
        " up-to-date=yes admins-too=yes signed=no linear=no force-push=no deletion=no"
    )
    assert found["rules of main"] == 'pull_request {"a":2,"b":1}'
    assert found["protection of the environment production"] == (
        "reviewers=risk self-review=no wait-minutes=0 branches=all more=none"
    )
    assert found["protection of the environment staging"] == "none"


def test_what_github_does_not_tell_is_no_setting_but_said_to_be_untold() -> None:
    sim = GithubSim()
    sim.world.repo("bank/payments").off = {"protection": 404, "environments": 403}
    found = values(pulled(GithubConnector, sim, GITHUB)[0])
    assert found == {
        "protection of main": None, "rules of main": "none", "what is not told": None,
    }  # fmt: skip


# GitLab ------------------------------------------------------------------------------------------


def test_gitlab_tells_pipeline_approvals_and_protections() -> None:
    sim = GitlabSim()
    world = sim.world
    world.deploy(
        "bank/payments", 5, "production", "success",
        approvals=[{"user": {"id": 9, "username": "risk"}, "status": "approved",
                    "created_at": "2026-02-26T10:00:00.000Z", "comment": "ok"}],
    )  # fmt: skip
    world.deploy("bank/payments", 6, "production", "blocked")
    project = world.project("bank/payments")
    project.branches = [
        {"name": "main", "push_access_levels": [], "allow_force_push": False,
         "merge_access_levels": [{"access_level": 40, "access_level_description": "Maintainers"}]},
    ]  # fmt: skip
    project.environments = [
        {"name": "production", "required_approval_count": 0,
         "deploy_access_levels": [{"access_level": 40, "access_level_description": "Maintainers"}],
         "approval_rules": [{"access_level_description": "Risk", "required_approvals": 2}]},
    ]  # fmt: skip
    items, cursor = pulled(GitlabConnector, sim, {"watch": ["bank/payments"]})
    found = {one.upstream_id: one for one in only(items, Deployment)}
    first = found["bank/payments#5"]
    assert (first.status, first.commit, first.ref) == (DeploymentStatus.SUCCEEDED, NEW, "main")
    assert (first.pipeline, first.actor, first.url) == ("905", "deployer", "https://x")
    assert [(one.actor, one.answer) for one in first.approvals] == [("risk", Answer.APPROVED)]
    assert first.approvals[0].at is not None
    assert found["bank/payments#6"].status is DeploymentStatus.WAITING
    assert values(items) == {
        "protection of main": "push=none merge=Maintainers force-push=no code-owners=no",
        "protection of the environment production": "deploy=Maintainers approvers=Risk approvals=2",
    }
    again, _ = pulled(GitlabConnector, sim, {"watch": ["bank/payments"]}, cursor)
    assert only(again, Deployment) == []


# Argo CD -----------------------------------------------------------------------------------------


def test_argocd_tells_its_history_the_newest_failure_and_what_runs() -> None:
    sim = ArgoSim()
    app = sim.app("payments", OLD, NEW)
    sim.sync(app, "c" * 40, "Failed")
    items, _ = pulled(ArgocdConnector, sim, {})
    found = sorted(only(items, Deployment), key=lambda one: one.observed_at)
    assert [(one.commit[0], one.status.value, one.actor) for one in found] == [
        ("a", "succeeded", "deployer"), ("b", "succeeded", "deployer"), ("c", "failed", ""),
    ]  # fmt: skip
    assert found[1].artifacts == ("registry.example/payments:2",)
    assert found[0].artifacts == ()
    assert {one.environment for one in found} == {"in-cluster/payments"}
    (agreement,) = (one for one in only(items, Setting) if one.declared)
    assert (agreement.value, agreement.declared) == ("Synced", "Synced")
    assert values(items)["running images"] == "registry.example/payments:2"
    app["status"]["sync"]["status"] = "OutOfSync"
    items, _ = pulled(ArgocdConnector, sim, {})
    assert values(items)["agreement with git"] == "OutOfSync"
    assert all(not one.artifacts for one in only(items, Deployment)), "what runs is not its own"


# Kubernetes --------------------------------------------------------------------------------------


def test_kubernetes_tells_each_rollout_with_its_images_and_what_stands_beside() -> None:
    sim = KubeSim()
    made = sim.deploy("payments", "api", "reg/api:1")
    pods = made["spec"]["template"]
    pods["metadata"]["annotations"] = {"org.opencontainers.image.revision": NEW}
    pods["spec"]["containers"][0]["env"] = [{"name": "MODEL", "value": "models:/fraud/7"}]
    sim.deploy("payments", "api", "reg/api:2")
    items, _ = pulled(KubernetesConnector, sim, {"cluster": "prod"})
    first, second = sorted(only(items, Deployment), key=lambda one: one.upstream_id)
    assert (first.artifacts, first.commit, first.model) == (("reg/api:1",), "", "")
    assert (second.artifacts, second.commit) == (("reg/api:2",), NEW)
    assert (second.model, second.model_version) == ("fraud", 7)
    assert (second.asset, second.environment) == ("payments/api", "prod")
    assert values(items) == {"running images": "reg/api:2"}


def test_a_rollout_that_is_over_keeps_its_observed_moment() -> None:
    sim = KubeSim()
    sim.deploy("payments", "api", "reg/api:1")
    (then,) = only(pulled(KubernetesConnector, sim, {})[0], Deployment)
    sim.deploy("payments", "api", "reg/api:2")
    now = {
        one.upstream_id: one for one in only(pulled(KubernetesConnector, sim, {})[0], Deployment)
    }
    assert now[then.upstream_id].observed_at <= then.observed_at


# Jenkins -----------------------------------------------------------------------------------------


def test_jenkins_tells_builds_of_jobs_that_deploy() -> None:
    sim = JenkinsSim()
    origin = {
        "lastBuiltRevision": {"SHA1": OLD, "branch": [{"name": "origin/main"}]},
        "causes": [{"userId": "ann", "shortDescription": "Started by ann"}],
        "parameters": [{"name": "IMAGE", "value": "reg/p:1"}, {"name": "PASSWORD"}],
    }
    sim.build("bank/deploy", origin=origin)
    sim.build("bank/deploy", "FAILURE", origin=origin)
    sim.build("bank/deploy", "ABORTED", origin=origin)
    sim.build("bank/ci")
    options = {
        "jobs": ["bank"], "deploys": {"bank/deploy": "production"},
        "assets": {"bank/deploy": "payments"},
    }  # fmt: skip
    items, cursor = pulled(JenkinsConnector, sim, options)
    found = only(items, Deployment)
    assert [one.status.value for one in found] == ["succeeded", "failed", "stopped"]
    first = found[0]
    assert (first.asset, first.environment) == ("payments", "production")
    assert (first.commit, first.ref, first.pipeline) == (OLD, "origin/main", "bank/deploy#1")
    assert (first.actor, first.artifacts) == ("ann", ("reg/p:1",))
    assert not any("actions" in one.query["tree"] for one in sim.exchanges if "ci" in one.path)
    assert only(pulled(JenkinsConnector, sim, options, cursor)[0], Deployment) == []


# Words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "model", "version"),
    [
        ("models:/fraud/7", "fraud", 7),
        ("models:/fraud@champion", "fraud", None),
        ("models:/fraud/Production", "fraud", None),
        ("s3://bucket/fraud/7", "", None),
        ("models:/", "", None),
        ("models:/fraud/99999999999999", "fraud", None),
    ],
)
def test_a_model_is_named_as_mlflow_does(uri: str, model: str, version: int | None) -> None:
    assert served_model(uri) == (model, version)


@pytest.mark.parametrize(
    ("given", "artifacts", "model"),
    [
        ('{"image": "reg/a:1", "model": "fraud", "model_version": "7"}', ("reg/a:1",), "fraud"),
        ({"Images": ["a", "b", "a", 3]}, ("a", "b"), ""),
        ("{broken", (), ""),
        ("", (), ""),
        (["image"], (), ""),
        (None, (), ""),
    ],
)
def test_a_payload_says_what_it_says_and_never_fails(
    given: object, artifacts: tuple[str, ...], model: str
) -> None:
    found = told(given)
    assert (found.artifacts, found.model) == (artifacts, model)
