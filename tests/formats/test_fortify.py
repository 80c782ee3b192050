"""Fortify: reports, results, whole projects, and WebInspect."""

from __future__ import annotations

import io
import zipfile
from base64 import b64encode

import pytest

from riskcockpit.domain.finding import FindingClass, Scan
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from riskcockpit.formats.registry import named, read_report
from support.native import SECRET, detected, only, report, scan
from support.sarif_logs import OPTIONS


def issue(iid: str = "A1", tags: str = "", priority: str = "High") -> str:
    return f"""<Issue iid="{iid}" ruleID="R"><Category>Null Dereference</Category>
      <Abstract>pay() can crash on line 28.</Abstract><Friority>{priority}</Friority>{tags}
      <Primary><FileName>Pay.java</FileName><FilePath>src/Pay.java</FilePath>
      <LineStart>28</LineStart><Snippet>  return a.b();</Snippet></Primary>
      <ExternalCategory type="CWE">CWE ID 476, CWE-690</ExternalCategory></Issue>"""


def listing(*sections: str, count: int = 0) -> str:
    groups = "".join(
        f'<ReportSection><GroupingSection count="{count or 1}">{section}</GroupingSection>'
        "</ReportSection>"
        for section in sections
    )
    engine = "<Text>Scan time: 01:14\nSCA Engine version: 22.1.0.0166\nUsername: n1</Text>"
    return f'<ReportDefinition type="standard">{engine}{groups}</ReportDefinition>'


def test_an_issue_of_a_report_is_a_place_in_code() -> None:
    one = scan("fortify", listing(issue()))
    (seen,) = one.observations
    assert (one.tool, one.tool_version) == ("Fortify", "22.1.0.0166")
    assert (seen.rule, seen.severity, seen.cwes) == ("Null Dereference", Severity.HIGH, (476, 690))
    assert seen.fingerprints == (("InstanceID", "A1"),)
    assert (seen.locations[0].path, seen.locations[0].line) == ("src/Pay.java", 28)
    assert seen.locations[0].snippet == "  return a.b();"
    assert seen.description == "pay() can crash on line 28."


def test_an_issue_listed_in_two_sections_is_one_finding() -> None:
    read = report("fortify", listing(issue(), issue() + issue("A2"), count=1))
    assert [seen.fingerprints[0][1] for seen in read.scans[0].observations] == ["A1", "A2"]
    assert read.notes == ("1 issue(s) are listed again in another section",)


def test_a_section_that_lists_fewer_issues_than_it_counts_is_incomplete() -> None:
    assert scan("fortify", listing(issue(), count=4)).is_partial
    assert not scan("fortify", listing(issue(), count=1)).is_partial
    assert not scan("fortify", listing("")).is_partial


def test_an_issue_audited_as_none_is_suppressed() -> None:
    tag = "<Tag><Name>Analysis</Name><Value>Not an Issue</Value></Tag>"
    assert only("fortify", listing(issue(tags=tag))).is_suppressed
    other = tag.replace("Not an Issue", "Exploitable")
    assert not only("fortify", listing(issue(tags=other))).is_suppressed


def test_a_bad_issue_is_quarantined_and_an_unknown_priority_is_medium() -> None:
    one = scan("fortify", listing("<Issue/>", issue(priority="?")))
    assert [problem.where for problem in one.problems] == ["Issue[0]"]
    assert one.observations[0].severity is Severity.MEDIUM


def vulnerability(instance: str = "I1", severity: float = 4.0, confidence: float = 5.0) -> str:
    return f"""<Vulnerability><ClassInfo><ClassID>C1</ClassID><Kingdom>Input</Kingdom>
      <Type>SQL Injection</Type><Subtype>Hibernate</Subtype><AnalyzerName>dataflow</AnalyzerName>
      </ClassInfo><InstanceInfo><InstanceID>{instance}</InstanceID>
      <InstanceSeverity>{severity}</InstanceSeverity><Confidence>{confidence}</Confidence>
      </InstanceInfo><AnalysisInfo><Unified><ReplacementDefinitions>
      <Def key="PrimaryLocation.file" value="Pay.java"/></ReplacementDefinitions>
      <Trace><Primary><Entry><NodeRef id="7"/></Entry>
      <Entry><Node isDefault="true"><SourceLocation path="src/Pay.java" line="28" lineEnd="29"
      colStart="3" snippet="S1"/></Node></Entry><Entry><NodeRef id="404"/></Entry>
      </Primary></Trace></Unified></AnalysisInfo></Vulnerability>"""


def results(*found: str, groups: str = "", errors: str = "", more: str = "") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
    <FVDL xmlns="xmlns://www.fortifysoftware.com/schema/fvdl" version="1.12">
    <CreatedTS date="2026-11-20" time="10:00:00"/><Build><NumberFiles>3</NumberFiles></Build>
    <Vulnerabilities>{"".join(found)}</Vulnerabilities>
    <Description classID="C1"><Abstract>&lt;Content&gt;Input reaches the query in
    &lt;Replace key="PrimaryLocation.file"/&gt;.&lt;/Content&gt;</Abstract></Description>
    <UnifiedNodePool><Node id="7"><SourceLocation path="src/Form.java" line="4"/></Node>
    </UnifiedNodePool><Snippets><Snippet id="S1"><Text>  run(query);</Text></Snippet></Snippets>
    <EngineData><EngineVersion>23.1</EngineVersion><RuleInfo><Rule id="C1"><MetaInfo>{groups}
    </MetaInfo></Rule></RuleInfo>{errors}</EngineData>{more}</FVDL>"""


def figures(impact: float, probability: float, accuracy: float) -> str:
    values = {"Impact": impact, "Probability": probability, "Accuracy": accuracy}
    groups = "".join(f'<Group name="{name}">{value}</Group>' for name, value in values.items())
    return f'{groups}<Group name="altcategoryCWE">CWE ID 89</Group>'


def test_a_vulnerability_of_the_results_is_where_its_default_node_is() -> None:
    one = scan("fortify", results(vulnerability(), groups=figures(5, 4, 5)))
    (seen,) = one.observations
    assert (one.tool_version, one.is_successful) == ("23.1", True)
    assert one.scanned_at is not None
    assert one.scanned_at.isoformat() == "2026-11-20T10:00:00+00:00"
    assert (seen.rule, seen.cwes) == ("SQL Injection: Hibernate", (89,))
    assert [place.path for place in seen.locations] == ["src/Pay.java", "src/Form.java"]
    place = seen.locations[0]
    assert (place.line, place.column, place.end_line, place.snippet) == (28, 3, 29, "  run(query);")
    assert "in\n    Pay.java." in seen.description


@pytest.mark.parametrize(
    ("groups", "instance", "severity"),
    [
        (figures(5, 4, 5), (1.0, 5.0), Severity.CRITICAL),
        (figures(5, 1, 5), (1.0, 5.0), Severity.HIGH),
        (figures(2, 4, 5), (5.0, 5.0), Severity.MEDIUM),
        (figures(2, 1, 5), (5.0, 5.0), Severity.LOW),
        (figures(5, 4, 5), (1.0, 1.0), Severity.HIGH),
        ("", (4.0, 5.0), Severity.CRITICAL),
        ("", (4.0, 2.0), Severity.HIGH),
        ("", (2.0, 5.0), Severity.MEDIUM),
        ("", (2.0, 2.0), Severity.LOW),
        ("", (99.0, 2.0), Severity.MEDIUM),
    ],
)
def test_the_priority_follows_from_impact_and_likelihood(
    groups: str, instance: tuple[float, float], severity: Severity
) -> None:
    found = vulnerability(severity=instance[0], confidence=instance[1])
    assert only("fortify", results(found, groups=groups)).severity is severity


def test_errors_of_the_engine_make_the_results_incomplete() -> None:
    errors = '<Errors><Error code="1">File not parsed</Error></Errors>'
    one = scan("fortify", results(vulnerability(), errors=errors))
    assert (one.tool_errors, one.is_successful) == (("File not parsed",), None)


AUDIT = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<ns2:Audit xmlns:ns2="xmlns://www.fortify.com/schema/audit" version="4.4"><ns2:IssueList>
<ns2:Issue instanceId="I1" suppressed="true"/><ns2:Issue instanceId="I2" suppressed="false">
<ns2:Tag id="t"><ns2:Value>Not an Issue</ns2:Value></ns2:Tag></ns2:Issue>
<ns2:Issue instanceId="I3"><ns2:Tag id="t"><ns2:Value>Exploitable</ns2:Value></ns2:Tag></ns2:Issue>
</ns2:IssueList></ns2:Audit>"""


def project(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_", "."), text)
        archive.writestr("src-archive/1", "class Pay {}")
        archive.writestr("VERSION", "1")
    return buffer.getvalue()


def read_project(**files: str) -> Scan:
    (one,) = read_report(project(**files), OPTIONS).scans
    return one


def test_what_the_auditors_of_a_project_settled_is_suppressed() -> None:
    found = [vulnerability(name) for name in ("I1", "I2", "I3", "I4")]
    one = read_project(audit_fvdl=results(*found), audit_xml=AUDIT, filtertemplate_xml="<a/>")
    assert [seen.is_suppressed for seen in one.observations] == [True, True, False, False]


def test_a_project_without_audit_is_read() -> None:
    assert len(read_project(audit_fvdl=results(vulnerability())).observations) == 1


def test_a_project_in_another_encoding_is_read() -> None:
    text = results(vulnerability()).replace("UTF-8", "ISO-8859-1").replace("Input", "Größe", 1)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("audit.fvdl", text.encode("latin-1"))
        archive.writestr("audit.xml", AUDIT)
    (one,) = read_report(buffer.getvalue(), OPTIONS).scans
    assert "Kingdom: Größe" in one.observations[0].description


def test_a_project_that_breaks_its_encoding_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("audit.fvdl", b'<?xml version="1.0" encoding="UTF-8"?><FVDL>\xff</FVDL>')
        archive.writestr("audit.xml", AUDIT)
    with pytest.raises(FormatError, match="encoding"):
        read_report(buffer.getvalue(), OPTIONS)


def test_other_xml_is_refused_by_name() -> None:
    with pytest.raises(FormatError, match="not Fortify XML"):
        named("fortify").read(b"<a/>", OPTIONS)


def webinspect(session: str = "") -> str:
    return f"""<Scan><Name>1</Name><PolicyName>Standard</PolicyName><Issues><Issue>
      <CheckTypeID>Vulnerability</CheckTypeID><URL>https://shop.example.invalid/pay?id=1</URL>
      <VulnerableSession><![CDATA[{session}]]></VulnerableSession>
      <VulnerabilityID>4720</VulnerabilityID><Severity>3</Severity><Name>Cookie not secure</Name>
      <ReportSection><Name>Summary</Name><SectionText><![CDATA[The cookie <b>id</b> is sent.<br/>
      Always.]]></SectionText></ReportSection>
      <Classifications><Classification kind="CWE" identifier="614">CWE-614: x</Classification>
      </Classifications><RawResponse>Set-Cookie: id={SECRET}</RawResponse></Issue></Issues>
      </Scan>"""


def test_webinspect_finds_faults_of_a_running_application() -> None:
    session = f'POST /pay HTTP/1.1\nCookie: id={SECRET}\nX: AttackParamDesc="id"'
    seen = only("webinspect", webinspect(session))
    assert (seen.finding_class, seen.rule) == (FindingClass.DAST, "4720")
    assert seen.resource == "POST https://shop.example.invalid/pay?id=1"
    assert seen.fingerprints == (("parameter", "id"),)
    assert (seen.severity, seen.cwes) == (Severity.HIGH, (614,))
    assert seen.description.startswith("The cookie id is sent.")
    assert SECRET not in repr(seen)


@pytest.mark.parametrize("root", ["Sessions", "Scan", "WebInspectScan"])
def test_a_project_of_webinspect_has_its_faults_below_sessions(root: str) -> None:
    request = b64encode(f"POST /login HTTP/1.1\r\nCookie: id={SECRET}\r\n".encode()).decode()
    sessions = f"""<{root}><Session requestId="1"><URL>https://shop.example.invalid/login</URL>
      <AttackParamDescriptor>parameter=user</AttackParamDescriptor>
      <RawRequest>{request}</RawRequest><Issues><Issue id="D1">
      <VulnerabilityID>1001</VulnerabilityID><Severity>4</Severity>
      <Name>SQL Injection</Name><ReproSteps><ReproStep>
      <PostParams>user={SECRET}</PostParams></ReproStep></ReproSteps></Issue></Issues></Session>
      <Session requestId="2"><URL>https://shop.example.invalid/</URL></Session></{root}>"""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as project:
        project.writestr("webinspect.xml", sessions)
        project.writestr("audit.xml", "<Audit/>")
    found = read_report(buffer.getvalue(), OPTIONS)
    assert found.format == "webinspect"
    (seen,) = found.scans[0].observations
    assert (seen.rule, seen.severity) == ("1001", Severity.CRITICAL)
    assert seen.resource == "POST https://shop.example.invalid/login"
    assert seen.fingerprints == (("parameter", "user"),)
    assert SECRET not in repr(seen)


def test_scans_of_others_are_not_taken() -> None:
    assert detected("<Scan><Other/></Scan>") == ""
