"""Reports in envelopes, of older versions, or with nothing in them: told by their content."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass, Scan
from riskcockpit.domain.pillar import Pillar
from riskcockpit.errors import FormatError
from riskcockpit.formats.registry import read_report
from support.reports import encoded, lines, only_scan, scans
from support.sarif_logs import OPTIONS

CHECK = {"ID": "KSV012", "Title": "Runs as root", "Status": "FAIL", "Severity": "MEDIUM"}
FLAW = {
    "VulnerabilityID": "CVE-2024-1", "PkgName": "openssl", "InstalledVersion": "3.0.1",
    "Severity": "HIGH",
}  # fmt: skip
HUB = {
    "SchemaVersion": "2018-10-08", "Id": "1", "GeneratorId": "g/1", "AwsAccountId": "1",
    "ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/securityhub", "Title": "t",
    "Severity": {"Label": "HIGH"}, "Resources": [{"Id": "arn:x", "Region": "eu-west-1"}],
}  # fmt: skip
INSPECTOR = {
    "findingArn": "arn:f", "awsAccountId": "1", "title": "Port 22", "severity": "HIGH",
    "type": "NETWORK_REACHABILITY", "status": "ACTIVE", "resources": [{"id": "i-1"}],
}  # fmt: skip


def flaws(*ids: str, **members: Any) -> dict[str, Any]:
    package = {"name": "openssl", "version": "3.0.1", "package_manager": "pip"}
    return {
        "class_uid": 2002, "severity_id": 4, "metadata": {"product": {"name": "Hub"}},
        "finding_info": {"uid": "u", "title": "t"}, "resources": [{"uid": "arn:x"}],
        "vulnerabilities": [{"cve": {"uid": i}, "affected_packages": [package]} for i in ids],
    } | members  # fmt: skip


def event(source: str, kind: str, detail: Any) -> dict[str, Any]:
    return {"version": "0", "id": "e", "detail-type": kind, "source": source, "detail": detail}


def benchmark(**members: Any) -> dict[str, Any]:
    return {"ID": "nsa-1.0", "Title": "NSA", "Description": "", "RelatedResources": []} | members


def control(*results: Any, **members: Any) -> dict[str, Any]:
    about = {"ID": "1.0", "Name": "Not as root", "Severity": "MEDIUM"}
    return about | {"Results": list(results) or None} | members


def told(scan: Scan) -> list[tuple[str, str]]:
    return [(seen.rule, seen.resource) for seen in scan.observations]


def test_a_benchmark_of_trivy_names_its_checks_after_the_control() -> None:
    target = {"Target": "Deployment/pay", "Class": "config", "Type": "kubernetes"}
    failed = control(target | {"Misconfigurations": [CHECK, 7]})
    scan = only_scan(benchmark(Results=[failed, control(ID="1.1"), "no"]), "trivy")
    assert told(scan) == [("nsa-1.0 1.0 KSV012", "Deployment/pay")]
    assert scan.observations[0].pillar is Pillar.COMPLIANCE_AUTOMATION
    assert [(proof.rule, proof.status) for proof in scan.evidence] == [("nsa-1.0 1.1", "pass")]
    assert [problem.where for problem in scan.problems] == [
        "Results[0].Results[0].Misconfigurations[1]", "Results[2]",
    ]  # fmt: skip
    assert scan.category == "compliance nsa-1.0"


def test_a_vulnerability_in_a_benchmark_is_what_other_reports_call_it() -> None:
    target = {"Target": "app (debian)", "Class": "os-pkgs", "Type": "debian"}
    (seen,) = only_scan(
        benchmark(Results=[control(target | {"Vulnerabilities": [FLAW]})]), "trivy"
    ).observations
    assert (seen.rule, seen.finding_class) == ("CVE-2024-1", FindingClass.DEPENDENCY)
    assert seen.pillar is None


def test_a_summary_of_a_benchmark_counts_controls() -> None:
    controls = [control(ID=f"1.{n}", TotalFail=total) for n, total in enumerate((3, 0, None))]
    scan = only_scan({"ID": "nsa-1.0", "Title": "NSA", "SummaryControls": controls}, "trivy")
    assert told(scan) == [("nsa-1.0 1.0", "nsa-1.0")]
    assert [proof.status for proof in scan.evidence] == ["pass", "not_applicable"]
    assert (scan.category, scan.is_successful) == ("compliance summary nsa-1.0", True)


HUB_EVENT = event("aws.securityhub", "Security Hub Findings - Imported", {"findings": [HUB]})


@pytest.mark.parametrize(
    ("content", "name", "rule"),
    [
        (HUB_EVENT, "asff", "g/1"),
        (lines(HUB_EVENT), "asff", "g/1"),
        (event("aws.inspector2", "Inspector2 Finding", INSPECTOR), "aws-inspector",
         "NETWORK_REACHABILITY"),
        (event("aws.securityhub", "Findings Imported V2", {"findings": [flaws("CVE-2024-1")]}),
         "ocsf", "CVE-2024-1"),
    ],
)  # fmt: skip
def test_an_event_of_aws_is_read_and_never_complete(content: Any, name: str, rule: str) -> None:
    scan = only_scan(content, name)
    assert [seen.rule for seen in scan.observations] == [rule]
    assert (scan.is_partial, scan.problems) == (True, ())


@pytest.mark.parametrize("detail", [{"findings": []}, None, 3])
def test_an_event_without_findings_says_so_or_is_refused(detail: Any) -> None:
    content = event("aws.securityhub", "Security Hub Findings - Imported", detail)
    if isinstance(detail, dict):
        scan = only_scan(content, "asff")
        assert (scan.observations, scan.problems, scan.is_partial) == ((), (), True)
    else:
        with pytest.raises(FormatError, match="no object"):
            scans(content, "asff")


def test_each_vulnerability_of_an_ocsf_record_is_a_finding() -> None:
    scan = only_scan([flaws("CVE-2024-1", "CVE-2024-2"), flaws("CVE-2024-3")], "ocsf")
    assert [(seen.rule, seen.record) for seen in scan.observations] == [
        ("CVE-2024-1", "[0].vulnerabilities[0]"), ("CVE-2024-2", "[0].vulnerabilities[1]"),
        ("CVE-2024-3", "[1]"),
    ]  # fmt: skip
    detection = only_scan([flaws("CVE-2024-1", "CVE-2024-2", class_uid=2004)], "ocsf")
    assert len(detection.observations) == 1


@pytest.mark.parametrize("metadata", [{}, {"metadata": {"resourceVersion": ""}}])
def test_a_list_of_kubernetes_without_items_proves_nothing(metadata: Any) -> None:
    content = {"apiVersion": "v1", "items": [], "kind": "List"} | metadata
    scan = only_scan(content, "trivy-operator")
    assert (scan.observations, scan.is_successful) == ((), None)


def test_the_only_run_of_a_sarif_log_may_stand_bare() -> None:
    one = {"tool": {"driver": {"name": "T"}}, "results": [{"ruleId": "r"}]}
    scan = only_scan({"version": "2.1.0", "runs": one}, "sarif")
    assert (scan.tool, [seen.rule for seen in scan.observations]) == ("T", ["r"])
    with pytest.raises(FormatError, match="runs"):
        scans({"version": "2.1.0", "runs": "none"}, "sarif")


OLD_BANDIT = {
    "filename": "a.py", "issue_severity": "HIGH", "issue_confidence": "LOW", "issue_text": "x",
    "line_number": 3, "test_name": "exec_used", "code": "3 exec(x)\n",
}  # fmt: skip


@pytest.mark.parametrize("found", [[], [OLD_BANDIT]])
def test_bandit_of_before_it_counted_lines_proves_nothing(found: Any) -> None:
    head = {"errors": [], "generated_at": "2016-01-01T00:00:00Z", "results": found, "stats": []}
    scan = only_scan(head, "bandit")
    assert [seen.rule for seen in scan.observations] == ["exec_used"] * len(found)
    assert scan.is_successful is None


@pytest.mark.parametrize(
    ("found", "more"),
    [([], {}), ([], {"prefetch": {}}), ([{"title": "t", "severity": "High",
      "numerical_severity": "S1"}], {}), ([{"title": "t", "severity": "High"}], {"prefetch": {}})],
)  # fmt: skip
def test_pages_of_defectdojo_are_known_by_their_envelope(found: Any, more: Any) -> None:
    page = {"count": len(found), "next": None, "previous": None, "results": found} | more
    scan = only_scan(page, "defectdojo")
    assert (len(scan.observations), scan.is_successful) == (len(found), None)


def test_an_empty_report_that_may_be_of_several_tools_closes_nothing() -> None:
    report = read_report(encoded({"results": []}), OPTIONS)
    (scan,) = report.scans
    assert (report.format, len(scan.observations), scan.is_successful) == ("osv-scanner", 0, None)
    assert "--format" in report.notes[0]
    for name in ("osv-scanner", "semgrep", "tfsec"):
        for scan in read_report(encoded({"results": []}), OPTIONS, name=name).scans:
            assert (scan.observations, scan.is_successful) == ((), None)
