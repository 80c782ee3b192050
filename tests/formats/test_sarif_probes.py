"""The parser probes of the fact sheet (8.3), each with an input of our own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.finding import Location
from riskcockpit.domain.severity import Severity
from riskcockpit.formats.registry import named
from support.sarif_logs import OPTIONS, log, read_one, read_scan, result, run


@pytest.mark.parametrize("status", ["rejected", "underReview"])
def test_p1_p2_a_suppression_that_is_not_accepted_leaves_the_finding_open(status: str) -> None:
    assert not read_one(result(suppressions=[{"kind": "external", "status": status}])).is_suppressed


@pytest.mark.parametrize(
    ("entries", "suppressed"),
    [
        ([], False),
        (None, False),
        ([{"kind": "inSource"}], True),
        ([{"status": "accepted"}, {"kind": "inSource"}], True),
        ([{"status": "accepted"}, {"status": "rejected"}], False),
    ],
)
def test_only_a_list_that_is_accepted_throughout_suppresses(entries: Any, suppressed: bool) -> None:
    assert read_one(result(suppressions=entries)).is_suppressed is suppressed


def test_p3_a_result_that_the_baseline_calls_absent_is_counted_and_not_present() -> None:
    scan = read_scan(result(baselineState="absent"), result(baselineState="new"))
    assert (len(scan.observations), scan.absent) == (1, 1)


def test_p4_level_none_is_info() -> None:
    assert read_one(result(level="none")).severity is Severity.INFO


@pytest.mark.parametrize("kind", ["review", "open"])
def test_p5_results_to_be_looked_at_are_in_triage_with_the_severity_of_their_rule(
    kind: str,
) -> None:
    rules = [{"id": "r", "defaultConfiguration": {"level": "error"}}]
    seen = read_one(result(kind=kind, level="none"), rules=rules)
    assert seen.needs_triage
    assert seen.severity is Severity.HIGH


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("pass", "pass"),
        ("notApplicable", "not_applicable"),
        ("informational", "informational"),
    ],
)
def test_results_that_state_no_fault_are_evidence(kind: str, status: str) -> None:
    scan = read_scan(result(kind=kind, level="none"))
    assert scan.observations == ()
    (proof,) = scan.evidence
    assert (proof.status, proof.rule, proof.resource) == (status, "r", "src/app.py")
    assert proof.record == "runs[0].results[0]"


def test_p6_a_region_with_only_an_offset_has_no_line() -> None:
    one = result(line=0)
    one["locations"][0]["physicalLocation"]["region"] = {"charOffset": 120, "charLength": 4}
    assert read_one(one).locations == (Location("src/app.py"),)


def test_p7_an_artefact_named_by_its_index_is_resolved() -> None:
    one = result()
    one["locations"][0]["physicalLocation"]["artifactLocation"] = {"index": 1}
    artifacts = [{"location": {"uri": "a.py"}}, {"location": {"uri": "src/b%20c.py"}}]
    assert read_one(one, artifacts=artifacts).locations[0].path == "src/b c.py"


def test_p8_a_fix_without_description_is_read() -> None:
    fix = {"artifactChanges": [{"artifactLocation": {"uri": "a.py"}, "replacements": []}]}
    assert read_one(result(fixes=[fix])).title == "A fault"


def test_p9_a_fingerprint_name_with_a_word_after_the_slash_is_read() -> None:
    seen = read_one(result(partialFingerprints={"place/sha256": "abc"}))
    assert seen.fingerprints == (("place/sha256", "abc"),)


def test_p10_results_null_is_no_result_and_an_incomplete_scan() -> None:
    (scan,) = named("sarif").read(log(run() | {"results": None}), OPTIONS).scans
    assert scan.observations == ()
    assert scan.is_partial


def test_an_empty_list_of_results_is_not_partial() -> None:
    assert not read_scan().is_partial


CRITICAL = {"properties": {"security-severity": "9.8"}}


@pytest.mark.parametrize(
    ("members", "tool"),
    [
        ({"ruleId": None, "ruleIndex": 1}, {"rules": [{"id": "x"}, {"id": "y"} | CRITICAL]}),
        ({"ruleId": None, "rule": {"index": 1}}, {"rules": [{"id": "x"}, {"id": "y"} | CRITICAL]}),
        ({"ruleId": "y/1"}, {"rules": [{"id": "x"}, {"id": "y"} | CRITICAL]}),
        ({"ruleId": "y/1/2"}, {"rules": [{"id": "y"} | CRITICAL]}),
        ({"ruleId": "y", "ruleIndex": 0}, {"rules": [{"id": "x"}, {"id": "y"} | CRITICAL]}),
        ({"ruleId": None, "rule": {"guid": "g"}}, {"rules": [{"id": "y", "guid": "g"} | CRITICAL]}),
    ],
)
def test_p11_the_rule_is_found_by_index_by_guid_and_by_hierarchical_id(
    members: dict[str, Any], tool: dict[str, Any]
) -> None:
    seen = read_one(result(**members), rules=tool["rules"])
    assert seen.severity is Severity.CRITICAL
    assert (seen.severity_raw, seen.severity_source) == (
        "9.8",
        "rule.properties.security-severity",
    )


@pytest.mark.parametrize("reference", [{"index": 0}, {"name": "Pack"}, {"guid": "p"}])
def test_p11_a_rule_in_an_extension_is_found(reference: dict[str, Any]) -> None:
    pack = {"name": "Pack", "guid": "p", "rules": [{"id": "y"} | CRITICAL]}
    tool = {"driver": {"name": "Probe", "rules": [{"id": "x"}]}, "extensions": [pack]}
    one = result(ruleId=None, rule={"index": 0, "toolComponent": reference})
    seen = read_one(one, tool=tool)
    assert (seen.rule, seen.severity) == ("y", Severity.CRITICAL)


def test_p12_one_result_in_two_places_is_one_finding() -> None:
    one = result()
    one["locations"] += result(path="src/other.py", line=9)["locations"]
    places = read_one(one).locations
    assert [(place.path, place.line) for place in places] == [
        ("src/app.py", 3),
        ("src/other.py", 9),
    ]


def test_p13_all_thread_flows_stay_in_the_record() -> None:
    flows = [{"threadFlows": [{"id": "first"}, {"id": "second"}]}, {"threadFlows": [{"id": "3"}]}]
    kept = json.loads(read_one(result(codeFlows=flows)).raw)
    assert kept["codeFlows"] == flows


def test_p14_a_placeholder_instead_of_a_fingerprint_is_refused_with_its_reason() -> None:
    results = [
        result(path=f"src/{number}.py", fingerprints={"matchBasedId/v1": "requires login"})
        for number in range(3)
    ]
    scan = read_scan(*results)
    assert {seen.fingerprints for seen in scan.observations} == {()}
    assert scan.distrusted == ('matchBasedId/v1: a placeholder ("requires login")',)


def test_one_value_on_results_of_different_places_is_refused() -> None:
    claim = {"primaryLocationLineHash": "abcdef:1"}
    scan = read_scan(
        result(partialFingerprints=claim), result(path="src/b.py", partialFingerprints=claim)
    )
    assert {seen.fingerprints for seen in scan.observations} == {()}
    assert scan.distrusted == ("primaryLocationLineHash: one value on all results",)


def test_a_value_that_repeats_on_some_results_only_is_kept() -> None:
    scan = read_scan(
        result(partialFingerprints={"primaryLocationLineHash": "a:1"}),
        result(path="src/b.py", partialFingerprints={"primaryLocationLineHash": "a:1"}),
        result(path="src/c.py", partialFingerprints={"primaryLocationLineHash": "b:1"}),
    )
    assert [len(seen.fingerprints) for seen in scan.observations] == [1, 1, 1]
    assert scan.distrusted == ()


def test_a_single_result_keeps_its_fingerprint() -> None:
    seen = read_one(result(fingerprints={"contextHash/v1": "abc"}))
    assert seen.fingerprints == (("contextHash/v1", "abc"),)
