"""Vulnerabilities of GitLab's GraphQL API: whatever query, read as the reports they came from."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass, Scan
from riskcockpit.errors import FormatError
from riskcockpit.formats.registry import named, read_report
from support.gitlab_state import World, code, identifier, package, secret
from support.sarif_logs import OPTIONS


def nodes(*found: dict[str, Any]) -> list[dict[str, Any]]:
    world = World()
    return [world.found("bank/payments", n, what) for n, what in enumerate(found, start=1)]


def read(content: Any) -> tuple[Scan, ...]:
    report = read_report(json.dumps(content).encode(), OPTIONS)
    assert report.format == "gitlab-vulnerabilities"
    return report.scans


def in_project(*found: dict[str, Any], has_more: bool = False) -> Any:
    listed = {"pageInfo": {"hasNextPage": has_more}, "nodes": nodes(*found)}
    return {"data": {"project": {"fullPath": "bank/payments", "vulnerabilities": listed}}}


def test_each_scanner_and_kind_of_a_project_is_a_scan() -> None:
    scans = read(in_project(code(1), code(2), package(3), secret(4)))
    assert [(s.asset, s.tool, s.category, len(s.observations)) for s in scans] == [
        ("bank/payments", "Semgrep", "sast", 2),
        ("bank/payments", "Gemnasium", "dependency_scanning", 1),
        ("bank/payments", "Gitleaks", "secret_detection", 1),
    ]
    seen = scans[0].observations[0]
    assert (seen.locations[0].path, seen.locations[0].line, seen.cwes) == ("app/db1.py", 1, (89,))
    assert seen.fingerprints == (("vulnerability", "1"),)
    found = scans[1].observations[0]
    assert found.package is not None
    assert (found.package.type, found.package.name, found.package.fixed_version) == (
        "npm", "lib3", "2.0.1",
    )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        nodes(code(1)),
        {"data": {"group": {"fullPath": "bank", "vulnerabilities": {"nodes": nodes(code(1))}}}},
        {"data": {"vulnerabilities": {"edges": [{"node": one} for one in nodes(code(1))]}}},
        {"data": {"project": {"group": {"vulnerabilities": {"nodes": nodes(code(1))}}}}},
    ],
)
def test_any_answer_and_a_bare_list_are_read(content: Any) -> None:
    (scan,) = read(content)
    assert (scan.asset, len(scan.observations)) == ("bank/payments", 1)


def test_states_of_gitlab_are_honoured_and_told() -> None:
    found = nodes(code(1), code(2), code(3), code(4))
    found[0] |= {"state": "DISMISSED", "dismissalReason": "USED_IN_TESTS", "stateComment": "a test"}
    found[1] |= {"state": "RESOLVED"}
    found[2] |= {"resolvedOnDefaultBranch": True}
    (scan,) = read(found)
    assert scan.absent == 2
    assert [seen.is_suppressed for seen in scan.observations] == [True, False]
    assert "Dismissed on GitLab: used in tests: a test" in scan.observations[0].description


def test_the_kept_record_says_which_vulnerability_it_is() -> None:
    (scan,) = read(nodes(secret(1)))
    kept = json.loads(scan.observations[0].raw)
    assert (kept["gid"], kept["project"]["fullPath"], kept["state"]) == (
        "gid://gitlab/Vulnerability/1", "bank/payments", "DETECTED",
    )  # fmt: skip


def test_a_running_application_a_cluster_and_a_crash_have_their_places() -> None:
    def at(kind: str, name: str, **place: Any) -> dict[str, Any]:
        where = {"__typename": name, **place}
        return {**code(1), "reportType": kind, "location": where,
                "identifiers": [identifier("zap", "10015")]}  # fmt: skip

    web = at("DAST", "VulnerabilityLocationDast", hostname="https://bank.example", path="/a",
             requestMethod="POST", param="q")  # fmt: skip
    pod = at("CLUSTER_IMAGE_SCANNING", "VulnerabilityLocationClusterImageScanning",
             image="r.example/app:1", operatingSystem="debian:12",
             dependency={"package": {"name": "libfoo"}, "version": "1"},
             kubernetesResource={"namespace": "pay", "kind": "Pod", "name": "api",
                                 "containerName": "c"})  # fmt: skip
    crash = at("COVERAGE_FUZZING", "VulnerabilityLocationCoverageFuzzing", crashType="Overflow",
               crashState="f\ng")  # fmt: skip
    classes = {
        seen.finding_class: seen for scan in read(nodes(web, pod, crash))
        for seen in scan.observations
    }  # fmt: skip
    assert classes[FindingClass.DAST].resource == "POST https://bank.example/a"
    assert ("parameter", "q") in classes[FindingClass.DAST].fingerprints
    assert classes[FindingClass.DEPENDENCY].resource == "pay/Pod/api/c"
    assert classes[FindingClass.CODE].fingerprints == (("crash_state", "f g"),)


def test_more_pages_and_errors_make_it_incomplete() -> None:
    assert all(scan.is_partial for scan in read(in_project(code(1), has_more=True)))
    (scan,) = read({"data": {"project": None}, "errors": [{"message": "timed out"}]})
    assert scan.tool_errors == ("timed out",)


def test_a_node_that_is_null_is_a_problem_and_no_other_is_lost() -> None:
    (scan,) = read({"data": {"project": {"vulnerabilities": {"nodes": [*nodes(code(1)), None]}}}})
    assert (len(scan.observations), len(scan.problems)) == (1, 1)


@pytest.mark.parametrize("content", [{"data": {"project": {"issues": []}}}, {"data": {}}, [], {}])
def test_what_has_no_vulnerabilities_is_refused(content: Any) -> None:
    with pytest.raises(FormatError):
        named("gitlab-vulnerabilities").read(json.dumps(content).encode(), OPTIONS)
