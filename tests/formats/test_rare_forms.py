"""Forms a tool wrote once, or writes by another of its commands: the same findings, not others."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from riskcockpit.formats.gathering import ROOM
from riskcockpit.formats.registry import read_report
from riskcockpit.ingest.identity import identify
from support.reports import encoded, format_of, lines, only, only_scan, scans
from support.sarif_logs import OPTIONS

HUB = {
    "SchemaVersion": "2018-10-08", "Id": "1", "GeneratorId": "g/1", "AwsAccountId": "1",
    "ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/securityhub", "Title": "t",
    "Severity": {"Label": "HIGH"}, "Resources": [{"Id": "arn:x", "Region": "eu-west-1"}],
}  # fmt: skip
INSPECTED = {
    "findingArn": "arn:f", "awsAccountId": "1", "title": "CVE-2026-1234 - zlib", "severity": "HIGH",
    "description": "d", "type": "PACKAGE_VULNERABILITY", "status": "ACTIVE",
    "packageVulnerabilityDetails": {
        "vulnerabilityId": "CVE-2026-1234", "vulnerablePackages": [{"name": "zlib", "version": "1"}]
    },
    "resources": [{"id": "i-1", "region": "eu-west-1"}],
}  # fmt: skip
OF_BOTO = {"RequestId": "r", "HTTPStatusCode": 200, "RetryAttempts": 0}


def without(record: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: item for key, item in record.items() if key not in names}


@pytest.mark.parametrize("name", ["asff", "aws-inspector"])
def test_pages_of_an_answer_put_together_are_one_report(name: str) -> None:
    member, record = ("Findings", HUB) if name == "asff" else ("findings", INSPECTED)
    scan = only_scan([{member: [record]}, {member: []}, {member: [record, 7]}], name)
    assert len(scan.observations) == 2
    assert [problem.where for problem in scan.problems] == [f"[2].{member}[1]"]


def test_one_finding_without_a_list_around_it_is_one() -> None:
    assert only({"Findings": HUB}, "asff").resource == "arn:x"


@pytest.mark.parametrize(("member", "name"), [("Findings", "asff"), ("findings", "aws-inspector")])
def test_an_empty_answer_of_boto3_is_known(member: str, name: str) -> None:
    assert format_of({member: [], "ResponseMetadata": OF_BOTO}) == name


@pytest.mark.parametrize("missing", ["ProductArn", "GeneratorId", "SchemaVersion"])
def test_a_trimmed_finding_is_still_of_security_hub(missing: str) -> None:
    assert only([without(HUB, missing)], "asff").title == "t"


@pytest.mark.parametrize("generator", ["aws/access-analyzer", "aws/macie"])
def test_a_detector_that_names_itself_alone_is_told_by_the_type_of_the_threat(
    generator: str,
) -> None:
    kinds = ["Software and Configuration Checks/AWS Best Practices/External Access Granted"]
    seen = only([HUB | {"GeneratorId": generator, "Types": kinds}], "asff")
    assert seen.rule == "External Access Granted"


@pytest.mark.parametrize("missing", ["findingArn", "awsAccountId"])
def test_a_trimmed_finding_of_inspector_is_not_taken_for_a_generic_one(missing: str) -> None:
    seen = only({"findings": [without(INSPECTED, missing)]}, "aws-inspector")
    assert seen.vulnerability_ids == ("CVE-2026-1234",)


def test_the_order_of_its_packages_does_not_change_a_finding_of_inspector() -> None:
    packages = [{"name": "openssl", "version": "1"}, {"name": "libssl", "version": "1"}]
    keys = set()
    for ordered in (packages, packages[::-1]):
        details = {"vulnerabilityId": "CVE-2026-1234", "vulnerablePackages": ordered}
        record = INSPECTED | {"packageVulnerabilityDetails": details}
        keys |= {*identify("app", [only({"findings": [record]}, "aws-inspector")]).keys}
    assert len(keys) == 1


def test_a_finding_of_ocsf_is_known_by_its_class() -> None:
    record = {
        "class_uid": 2004, "severity_id": 4, "status_code": "FAIL", "message": "m",
        "metadata": {"event_code": "c", "product": {"name": "Prowler"}},
    }  # fmt: skip
    assert only([record], "ocsf").rule == "c"
    with pytest.raises(FormatError, match="not a known report format"):
        format_of([record | {"class_uid": 3002}])


def test_the_verdict_of_a_compliance_may_be_a_number_alone() -> None:
    records = [
        without(requirement(str(verdict)), "status_code")
        | {"compliance": {"control": f"S3.{verdict}", "status_id": verdict}, "metadata": {}}
        for verdict in (1, 2, 3)
    ]
    scan = only_scan(records, "ocsf")
    assert [proof.status for proof in scan.evidence] == ["pass"]
    assert [seen.needs_triage for seen in scan.observations] == [True, False]


def requirement(number: str, check: str = "iam_mfa") -> dict[str, Any]:
    return {
        "class_uid": 2003, "severity_id": 4, "status_code": "FAIL", "status": "New",
        "metadata": {"event_code": check, "product": {"name": "Prowler", "uid": "prowler"}},
        "finding_info": {"uid": f"u-{number}", "title": number},
        "resources": [{"uid": "arn:aws:iam::1:root"}],
        "compliance": {
            "standards": ["CIS-3.0"], "requirements": [number], "control": "Use MFA",
            "checks": [{"uid": check, "name": "Root has MFA"}],
        },
    }  # fmt: skip


def test_a_check_that_two_requirements_ask_for_is_two_findings_of_the_benchmark() -> None:
    scan = only_scan([requirement("1.5"), requirement("1.6")], "ocsf")
    assert scan.category == "CIS-3.0"
    assert [seen.rule for seen in scan.observations] == [
        "CIS-3.0 1.5 iam_mfa", "CIS-3.0 1.6 iam_mfa",
    ]  # fmt: skip
    assert scan.observations[0].title == "CIS-3.0 1.5: Root has MFA"


def operator(report: Any, **members: Any) -> dict[str, Any]:
    about = {"apiVersion": "aquasecurity.github.io/v1alpha1", "metadata": {"name": "r"}}
    return about | {"report": report} | members


FLAW = {"vulnerabilityID": "CVE-2026-1234", "resource": "zlib", "severity": "HIGH"}
CHECK = {"checkID": "KSV012", "severity": "LOW", "success": False, "title": "t"}


def test_a_report_of_the_operator_without_its_kind_is_told_by_what_it_holds() -> None:
    assert only(operator({"vulnerabilities": [FLAW]}), "trivy-operator").rule == "CVE-2026-1234"
    assert only(operator({"checks": [CHECK]}), "trivy-operator").rule == "KSV012"
    about = {"apiVersion": "aquasecurity.github.io/v1alpha1", "kind": "RbacAssessmentReportList"}
    items = {"items": [operator({"checks": [CHECK]})]}
    assert only_scan(about | items, "trivy-operator").category == "rbac"
    listed = {"rbacassessmentreports.aquasecurity.github.io": [operator({"checks": [CHECK]})]}
    assert only_scan(listed, "trivy-operator").category == "rbac"


def test_a_check_that_passed_needs_no_name() -> None:
    scan = only_scan(
        operator({"checks": [{"success": True}, {"success": False}]}), "trivy-operator"
    )
    assert [proof.status for proof in scan.evidence] == ["pass"]
    assert len(scan.problems) == 1


def test_kinds_without_findings_are_named() -> None:
    report = read_report(encoded(operator({"components": {}}, kind="SbomReport")), OPTIONS)
    assert report.notes == ("1 resource(s) of the kind SbomReport: no findings there",)
    assert report.scans[0].is_successful is None


def test_the_first_compliance_reports_count_their_failures_beside_the_summary() -> None:
    controls = [
        {"id": "1.0", "name": "Not as root", "severity": "HIGH", "passTotal": 1, "failTotal": 2},
        {"id": "1.1", "name": "Read only", "severity": "LOW", "passTotal": 1, "failTotal": 0},
    ]
    report = operator(None, kind="ClusterComplianceReport", status={"controlCheck": controls})
    scan = only_scan(report, "trivy-operator")
    assert [seen.rule for seen in scan.observations] == ["r 1.0"]
    assert [proof.status for proof in scan.evidence] == ["pass"]


def test_a_control_that_nothing_failed_has_one_check_without_a_name() -> None:
    passed = {"id": "1.1", "name": "Read only", "checks": [{"checkID": "", "success": True}]}
    failed = {"id": "1.0", "name": "Not as root", "checks": [CHECK]}
    status = {"detailReport": {"results": [failed, passed]}}
    scan = only_scan(
        operator(None, kind="ClusterComplianceReport", status=status), "trivy-operator"
    )
    assert [seen.rule for seen in scan.observations] == ["r 1.0 KSV012"]
    assert [proof.rule for proof in scan.evidence] == ["r 1.1"]
    assert scan.problems == ()


def alert(url: str, **members: Any) -> dict[str, Any]:
    return {
        "pluginId": "10038", "alertRef": "10038-1", "name": "No policy", "risk": "Medium",
        "confidence": "High", "url": url, "method": "GET", "param": "", "cweid": "693",
        "description": "d", "solution": "s", "reference": "https://r.example", "other": "",
    } | members  # fmt: skip


def test_alerts_of_zaps_api_are_the_findings_of_its_report() -> None:
    urls = ("https://a.example/long", "https://a.example/")
    reported = {
        "@version": "2.16",
        "site": [{
            "@name": "https://a.example",
            "alerts": [{
                "pluginid": "10038", "alertRef": "10038-1", "name": "No policy", "riskcode": "2",
                "instances": [{"uri": url, "method": "GET", "param": ""} for url in urls],
            }],
        }],
    }  # fmt: skip
    keys = []
    for content in (reported, {"alerts": [alert(url) for url in urls]}):
        scan = only_scan(content, "zap")
        assert scan.asset == "a.example"
        assert [seen.severity for seen in scan.observations] == [Severity.MEDIUM]
        keys.append(identify(scan.asset, scan.observations).keys)
    assert keys[0] == keys[1]


def test_alerts_of_zaps_api_have_states_sites_and_quarantine() -> None:
    listed = [
        alert("https://a.example/"),
        alert("http://b.example:8080/", confidence="False Positive"),
        {"url": "x"},
    ]
    found = {scan.asset: scan for scan in scans({"alerts": listed}, "zap")}
    assert found["b.example:8080"].observations[0].is_suppressed
    assert [problem.where for problem in found[""].problems] == ["alerts[2]"]
    assert all(scan.is_partial for scan in found.values())


ISSUE = (
    "<issue><serialNumber>1</serialNumber><type>5245344</type><name>Frameable</name>"
    "<host>http://a.example</host><path>/</path><severity>Low</severity></issue>"
)


@pytest.mark.parametrize("attributes", ["", ' exportTime="Mon Jan 05 10:00:00 CET 2026"'])
def test_issues_of_burp_without_its_version_are_known_by_their_numbers(attributes: str) -> None:
    assert only(f"<issues{attributes}>{ISSUE}</issues>", "burp").rule == "5245344"


def test_issues_of_another_tool_are_not_burps() -> None:
    with pytest.raises(FormatError, match="not a known report format"):
        format_of('<issues format="6" by="lint 8.0"><issue id="X" severity="Error"/></issues>')


def test_the_first_versions_of_nuclei_have_no_info() -> None:
    record = {
        "template": "git-config", "type": "http", "matched": "https://a.example/.git/config",
        "name": "Git config", "severity": "medium", "author": "somebody", "matcher_name": "m",
    }  # fmt: skip
    seen = only([record], "nuclei")
    assert (seen.rule, seen.title) == ("git-config:m", "Git config (m)")
    assert seen.severity is Severity.MEDIUM
    assert "somebody" not in repr(seen)


DETECTED = "a.example,10.0.0.1,38739,Weak ciphers,4,Confirmed,443,tcp,Active,"
VMDR = "Asset Name,Asset IPV4,QID,Title,Severity,Type Detected,Port,Protocol,Status,Ignored"


def test_qualys_names_the_host_as_it_does_in_vmdr() -> None:
    scan = only_scan(f"{VMDR}\n{DETECTED}No\n{DETECTED}Yes\n", "qualys-csv")
    assert {seen.resource for seen in scan.observations} == {"tcp://10.0.0.1:443"}
    assert [seen.is_suppressed for seen in scan.observations] == [False, True]


def test_the_csv_of_qualys_detection_api_has_lines_around_its_table_and_no_titles() -> None:
    table = "Host ID,IP Address,QID,Type,Severity,Status\n1,10.0.0.1,38739,Confirmed,4,Active\n"
    content = (
        f"----BEGIN_RESPONSE_BODY_CSV\n{table}----END_RESPONSE_BODY_CSV\n"
        "----BEGIN_RESPONSE_FOOTER_CSV\nSTATUS,END\n----END_RESPONSE_FOOTER_CSV\n"
    )
    assert only(content, "qualys-csv").title == "QID 38739"


def test_the_row_of_a_host_without_a_detection_is_no_broken_record() -> None:
    rows = "10.0.0.1,found vuln,38739,Weak,4\n10.0.0.2,no vuln,,,\n"
    scan = only_scan(f"IP,IP Status,QID,Title,Severity\n{rows}", "qualys-csv")
    assert (len(scan.observations), scan.problems) == (1, ())


WEB = """<{root}><HEADER><GENERATION_DATETIME>2026-11-20T10:00:00Z</GENERATION_DATETIME></HEADER>
<RESULTS>{found}</RESULTS><GLOSSARY><QID_LIST>
<QID><QID>150001</QID><CATEGORY>Confirmed Vulnerability</CATEGORY><SEVERITY>5</SEVERITY>
<TITLE>Reflected XSS</TITLE><CWE>CWE-79</CWE><DESCRIPTION>Script.</DESCRIPTION></QID>
<QID><QID>150009</QID><CATEGORY>Information Gathered</CATEGORY><SEVERITY>2</SEVERITY>
<TITLE>Links</TITLE></QID></QID_LIST></GLOSSARY>
<APPENDIX><WEBAPP><URL>https://a.example/</URL></WEBAPP></APPENDIX></{root}>"""
FOUND = """<VULNERABILITY_LIST><VULNERABILITY><ID>1</ID><QID>150001</QID>
<URL>https://a.example/x</URL><PARAM>q</PARAM><STATUS>NEW</STATUS>
<PAYLOADS><PAYLOAD><REQUEST><HEADERS>Cookie: session</HEADERS></REQUEST></PAYLOAD></PAYLOADS>
</VULNERABILITY><VULNERABILITY><ID>2</ID><QID>150001</QID><URL>https://a.example/y</URL>
<STATUS>FIXED</STATUS></VULNERABILITY></VULNERABILITY_LIST>
<INFORMATION_GATHERED_LIST><INFORMATION_GATHERED><ID>3</ID><QID>150009</QID>
</INFORMATION_GATHERED></INFORMATION_GATHERED_LIST>"""


@pytest.mark.parametrize("root", ["WAS_SCAN_REPORT", "WAS_WEBAPP_REPORT"])
def test_reports_of_qualys_scanner_of_web_applications(root: str) -> None:
    is_scan = root == "WAS_SCAN_REPORT"
    found = FOUND if is_scan else f"<WEB_APPLICATION>{FOUND}</WEB_APPLICATION>"
    scan = only_scan(WEB.format(root=root, found=found), "qualys-xml")
    flaw, info = scan.observations
    assert (flaw.title, flaw.severity, flaw.cwes) == ("Reflected XSS", Severity.CRITICAL, (79,))
    assert (flaw.resource, flaw.fingerprints) == ("https://a.example/x", (("param", "q"),))
    assert b"session" not in flaw.raw
    assert (info.severity, info.resource) == (Severity.INFO, "https://a.example/")
    assert scan.absent == 1
    assert scan.assets == frozenset({"a.example"})


def test_secrets_in_addresses_and_parameters_of_qualys_do_not_leave_the_reader() -> None:
    found = FOUND.replace("a.example/x", f"a.example/x?k={KEY}").replace(">q<", f">{KEY}<")
    scan = only_scan(WEB.format(root="WAS_SCAN_REPORT", found=found), "qualys-xml")
    assert "<redacted:" in scan.observations[0].resource
    assert KEY not in repr(scan)


DEPENDENCY = (
    "<analysis><scanInfo/><dependencies><dependency>{file}<vulnerabilities><vulnerability>"
    "<name>{name}</name><severity>low</severity></vulnerability></vulnerabilities>"
    "</dependency></dependencies></analysis>"
)


def test_dependency_check_without_its_namespace_and_with_a_path_alone() -> None:
    path = r"<filePath>C:\lib\log4j-core-2.14.1.jar</filePath>"
    seen = only(DEPENDENCY.format(file=path, name="jquery issue: 162"), "dependency-check")
    assert seen.package is not None
    assert (seen.package.name, seen.package.version) == ("log4j-core", "2.14.1")
    assert seen.title == "jquery issue: 162 in log4j-core 2.14.1"


def test_a_vulnerability_of_devaudit_may_have_a_title_alone() -> None:
    flaw = {"title": "Reads any file", "cvssScore": 5}
    content = {"Packages": [{"Package": {"pm": "nuget", "name": "X"}, "Vulnerabilities": [flaw]}]}
    assert only(content, "ossindex-devaudit").title == "Reads any file"


RESULT = {
    "provider": {"id": "a:b"}, "prompt": {"raw": "p"}, "vars": {}, "success": False,
    "gradingResult": {"componentResults": [{"pass": False, "assertion": {"type": "contains"}}]},
}  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        {"version": 1, "results": [RESULT], "stats": {}, "table": {}},
        {"results": {"results": [RESULT], "stats": {}}},
        {"results": {"version": 3, "results": [RESULT]}, "config": {}, "createdAt": "2026-11-20"},
    ],
)
def test_evaluations_of_promptfoo_stand_bare_or_as_its_database_has_them(content: Any) -> None:
    assert only(content, "promptfoo").rule == "contains"


def test_an_output_that_could_not_be_graded_is_in_triage_and_an_error_of_the_run() -> None:
    ungraded = {"pass": False, "reason": "no answer", "metadata": {"graderError": True}}
    graded_by = {"gradingResult": {"componentResults": [ungraded]}}
    scan = only_scan({"results": {"results": [RESULT | graded_by], "stats": {}}}, "promptfoo")
    assert [seen.needs_triage for seen in scan.observations] == [True]
    assert scan.tool_errors == ("assertion could not be graded",)


def test_hits_of_garak_may_stand_in_a_list() -> None:
    hit = {"probe": "p.A", "detector": "d.D", "attempt_id": "a", "generator": "g", "score": 1.0}
    scan = only_scan([hit, 7], "garak")
    assert (len(scan.observations), len(scan.problems)) == (1, 1)


def test_a_result_that_great_expectations_describes_is_read() -> None:
    failed = {"expectation_type": "expect_x", "success": False, "kwargs": {"column": "c"}}
    content = {
        "success": False, "statistics": {"evaluated_expectations": 1}, "expectations": [failed],
    }  # fmt: skip
    assert only(content, "great-expectations").signal is not None


def test_a_row_with_blank_cells_beyond_the_last_column_is_read() -> None:
    content = "Plugin ID,Risk,Host,Name\n1,High,h.example,N,,\n2,High,h.example,N,stray\n"
    scan = only_scan(content, "tenable-csv")
    assert (len(scan.observations), len(scan.problems)) == (1, 1)


def test_a_table_that_ends_within_quotes_is_cut_off() -> None:
    whole = 'Plugin ID,Risk,Host,Name\n1,High,h.example,N\n2,High,h.example,"A long'
    scan = only_scan(whole, "tenable-csv")
    assert [seen.rule for seen in scan.observations] == ["1"]
    assert [problem.why for problem in scan.problems] == [
        "the table ends within quotes: it is cut off"
    ]
    assert only_scan(whole + '"', "tenable-csv").problems == ()


def test_a_table_that_ends_within_a_row_is_cut_off() -> None:
    whole = "Plugin ID,Risk,Host,Name\n1,High,h.example,N\n2,High,h.ex"
    assert [problem.where for problem in only_scan(whole, "tenable-csv").problems] == ["row 3"]
    assert only_scan(whole + "\n", "tenable-csv").problems == ()  # blank cells may be left out


def test_records_that_share_a_large_part_are_not_kept_a_thousand_times() -> None:
    shared = "x" * (1 << 20)
    flaws = [{"cve": {"uid": f"CVE-2026-{number}"}} for number in range(1000, 1200)]
    record = {
        "class_uid": 2002, "severity_id": 4, "metadata": {"product": {"name": "Hub"}},
        "finding_info": {"uid": "u", "title": "t"}, "unmapped": shared, "vulnerabilities": flaws,
    }  # fmt: skip
    scan = only_scan([record], "ocsf")
    assert len(scan.observations) == 200
    assert len({seen.title for seen in scan.observations}) == 200
    assert len(scan.observations[0].raw) > len(shared)
    assert sum(len(seen.raw) for seen in scan.observations) <= ROOM


KEY = "AKIA" + "QWERTYUIOPASDFGH"
TEST = (
    '<testsuite name="{suite}"><testcase name="{test}" classname="{test}"><failure/></testcase>'
    "</testsuite>"
)
DETECTION = (
    "<HOST_LIST_VM_DETECTION_OUTPUT><HOST><IP>10.0.0.1</IP><DETECTION_LIST><DETECTION>"
    "<QID>{what}</QID><PORT>{what}</PORT><SEVERITY>{what}</SEVERITY></DETECTION>"
    "</DETECTION_LIST></HOST></HOST_LIST_VM_DETECTION_OUTPUT>"
)


@pytest.mark.parametrize(
    "content",
    [
        TEST.format(suite=KEY, test="n"),
        TEST.format(suite="s", test=KEY),
        {
            "success": False, "suite_name": KEY, "statistics": {},
            "meta": {"active_batch_definition": {"data_asset_name": KEY}},
            "results": [{"success": False, "expectation_config": {"type": "expect_x"}}],
        },
        {"definitionName": KEY, "hasErrors": False, "checks": [{"name": "n", "outcome": "fail"}]},
        DEPENDENCY.format(file=f"<fileName>{KEY}</fileName>", name="CVE-2026-1234"),
        DETECTION.format(what=KEY),
    ],
)  # fmt: skip
def test_secrets_in_names_beside_the_records_do_not_leave_the_reader(content: Any) -> None:
    report = read_report(encoded(content), OPTIONS)
    assert any(scan.observations for scan in report.scans)
    assert KEY not in repr(report)


def test_a_page_in_a_column_of_its_own_tells_findings_of_one_host_apart() -> None:
    rows = "".join(f"1,N,High,https://a.example,https://a.example/{page}\n" for page in "xy")
    scan = only_scan(f"Plugin ID,Name,Severity,Host,URL\n{rows}", "tenable-csv")
    assert [seen.resource for seen in scan.observations] == [
        "https://a.example/x", "https://a.example/y",
    ]  # fmt: skip


def test_prowlers_table_of_a_benchmark_says_what_to_give_instead() -> None:
    with pytest.raises(FormatError, match="table of a benchmark, which is not read") as caught:
        format_of("PROVIDER;REQUIREMENTS_ID;STATUS;CHECKID\naws;1.1;FAIL;c\n")
    assert "OCSF" in (caught.value.hint or "")


def test_a_source_of_dbt_that_is_too_old_is_no_check_that_broke() -> None:
    schema = {"dbt_schema_version": "https://schemas.getdbt.com/dbt/sources/v3.json"}
    statuses = ("error", "runtime error")
    results = [{"unique_id": f"source.bank.s.{one[:2]}", "status": one} for one in statuses]
    scan = only_scan({"metadata": schema, "results": results}, "dbt")
    assert [seen.needs_triage for seen in scan.observations] == [False, True]
    assert scan.tool_errors == ("source s.ru could not be evaluated",)


def test_what_the_first_versions_of_kubescape_exclude_is_accepted() -> None:
    control = {"controlID": "C-0001", "name": "n", "status": {"status": "excluded"}}
    results = [{"resourceID": "v1/bank/Pod/pay", "controls": [control]}]
    assert only({"results": results, "resources": []}, "kubescape").is_suppressed


def test_a_template_of_nuclei_that_could_not_be_tried_is_no_proof() -> None:
    match = {"template-id": "t", "info": {"name": "n", "severity": "low"}, "host": "a.example"}
    tried = match | {"matcher-status": False}
    failed = tried | {"template-id": "u", "error": "connection refused"}
    scan = only_scan([tried, failed, failed], "nuclei")
    assert [proof.status for proof in scan.evidence] == ["pass", "not_applicable", "not_applicable"]
    assert scan.tool_errors == ("u could not be tried: connection refused",)


def test_errors_of_zaps_plan_are_errors_of_the_scan() -> None:
    content = {
        "@version": "2.16", "site": [{"@name": "https://a.example", "alerts": []}],
        "afPlanErrors": ["Job spider failed"],
    }  # fmt: skip
    assert only_scan(content, "zap").tool_errors == ("Job spider failed",)


def test_a_probe_of_garak_without_a_judged_output_did_not_run() -> None:
    evaluated = {"entry_type": "eval", "probe": "p.A", "detector": "d.D", "passed": 0, "nones": 5}
    entries = [
        {"entry_type": "init", "garak_version": "0.14"},
        evaluated | {"total_evaluated": 0, "total_processed": 5},
        evaluated | {"probe": f"p.{KEY}", "passed": 5, "total_evaluated": 5},
        {"entry_type": "completion"},
    ]
    scan = only_scan(lines(*entries), "garak")
    assert scan.tool_errors == ("p.A with d.D: no output could be judged",)
    assert scan.rules is not None
    assert len(scan.rules) == 1
    assert KEY not in repr(scan)


@pytest.mark.parametrize("line", ["Starting, at 10:00", "[INFO] Starting"])
def test_xml_below_lines_of_prose_is_read_and_the_prose_is_told(line: str) -> None:
    report = read_report(
        encoded(f"{line}\n\n<?xml version='1.0'?>\n<issues>{ISSUE}</issues>"), OPTIONS
    )
    assert (report.format, len(report.scans[0].observations)) == ("burp", 1)
    assert report.notes == ("skipped 1 line(s) of text before the data",)


def test_xml_that_a_table_quotes_is_no_xml() -> None:
    output = '"\n<?xml version=""1.0""?>\n<issues burpVersion=""1""/>"'
    content = f"Plugin ID,Risk,Host,Name,Plugin Output\n1,High,h.example,N,{output}\n"
    assert only(content, "tenable-csv").rule == "1"
