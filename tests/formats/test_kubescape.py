"""Kubescape: results and resources, and the older frameworks."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity
from support.reports import only, only_scan

CLUSTER_ID = "apps/v1/bank/Deployment/payments"


def control(status: Any = "failed", name: str = "C-0030", **members: Any) -> dict[str, Any]:
    status = {"status": status} if isinstance(status, str) else status
    return {"controlID": name, "name": "Network", "status": status, "rules": []} | members


def report(*controls: Any, resource: str = CLUSTER_ID, **members: Any) -> dict[str, Any]:
    return {
        "generationTime": "2026-11-20T10:00:00Z",
        "clusterName": "bank-prod",
        "summaryDetails": {
            "controls": {
                "C-0030": {"controlID": "C-0030", "scoreFactor": 7, "description": "Ingress."},
                "C-0001": {"controlID": "C-0001", "scoreFactor": 9},
            }
        },
        "results": [{"resourceID": resource, "controls": list(controls)}],
        "resources": [{"resourceID": resource, "object": {"kind": "Deployment"}}],
        "metadata": {"scanMetadata": {"kubescapeVersion": "v3.0.3"}},
    } | members


def test_a_failed_control_is_a_finding_of_its_resource() -> None:
    scan = only_scan(report(control()), "kubescape")
    assert (scan.asset, scan.tool_version) == ("bank-prod", "v3.0.3")
    assert scan.rules == frozenset({"C-0030", "C-0001"})
    (seen,) = scan.observations
    assert seen.finding_class is FindingClass.CLOUD
    assert (seen.rule, seen.resource) == ("C-0030", CLUSTER_ID)
    assert seen.title == "Network (Deployment/payments)"
    assert (seen.severity, seen.severity_raw) == (Severity.HIGH, "7")
    assert b"object" not in seen.raw


def test_statuses() -> None:
    excepted = [{"name": "r", "status": "failed", "exception": [{"actions": ["alertOnly"]}]}]
    failed = [{"name": "r", "status": "failed"}]
    scan = only_scan(
        report(
            control("passed"),
            control("skipped"),
            control({"status": "passed", "subStatus": "w/exceptions"}),
            control(None, rules=excepted),
            control(None, rules=[*excepted, *failed]),
            control(None, rules=[{"name": "r", "status": "passed"}]),
        ),
        "kubescape",
    )
    assert [proof.status for proof in scan.evidence] == ["pass", "not_applicable", "pass"]
    assert [seen.is_suppressed for seen in scan.observations] == [True, True, False]


def test_a_file_is_code_without_its_checkout() -> None:
    resource = "path=966824446/api=apps/v1//Deployment/payments"
    content = report(
        control(),
        resource=resource,
        resources=[{"resourceID": resource, "source": {"relativePath": "k8s/app.yaml"}}],
        clusterName="",
    )
    seen = only(content, "kubescape")
    assert seen.finding_class is FindingClass.CODE
    assert seen.locations[0].path == "k8s/app.yaml"
    assert seen.resource == "apps/v1/Deployment/payments"


def test_a_rollout_does_not_change_the_name_of_a_replica_set() -> None:
    seen = only(report(control(), resource="apps/v1/bank/ReplicaSet/pay-5d4f8c9b7d"), "kubescape")
    assert seen.resource == "apps/v1/bank/ReplicaSet/pay"


def test_the_repository_is_the_asset_where_there_is_no_cluster() -> None:
    about = {
        "targetMetadata": {
            "gitRepoContextMetadata": {
                "provider": "github", "owner": "bank", "repo": "app", "branch": "main",
                "lastCommit": {"committerName": "x"},
            }
        }
    }  # fmt: skip
    scan = only_scan(report(control(), clusterName="", metadata=about), "kubescape")
    assert (scan.asset, scan.branch) == ("bank/app", "main")


def older_control(*names: str) -> dict[str, Any]:
    answers = [
        {"alertMessage": "bad", "alertObject": {"k8sApiObjects": [
            {"kind": "Pod", "metadata": {"name": name, "namespace": "bank"}}]}}
        for name in names
    ]  # fmt: skip
    return {
        "controlID": "C-0009", "name": "Limits", "baseScore": 8.0,
        "ruleReports": [{"name": "r", "ruleResponses": answers}],
    }  # fmt: skip


@pytest.mark.parametrize("is_list", [True, False])
def test_the_older_frameworks_are_read_resource_by_resource(is_list: bool) -> None:
    passed = {"controlID": "C-0001", "name": "Fine", "ruleReports": []}
    frameworks = [
        {"name": "nsa", "controlReports": [older_control("a", "b", "b"), passed]},
        {"name": "mitre", "controlReports": [older_control("a", "b")]},
    ]
    content = frameworks if is_list else {"frameworks": frameworks, "clusterName": "c"}
    scan = only_scan(content, "kubescape")
    assert [seen.resource for seen in scan.observations] == ["bank/Pod/a", "bank/Pod/b"]
    assert {seen.severity for seen in scan.observations} == {Severity.HIGH}
    assert [proof.rule for proof in scan.evidence] == ["C-0001"]
    assert scan.rules == frozenset({"C-0009", "C-0001"})


def test_bad_records_are_quarantined_and_missing_results_are_partial() -> None:
    content = report(control(), 7, {"name": "no id"})
    content["results"].append("x")
    scan = only_scan(content, "kubescape")
    assert (len(scan.observations), len(scan.problems)) == (1, 3)
    assert only_scan(report(results=None), "kubescape").is_partial
