"""Nessus' XML of hosts and web applications."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity
from riskcockpit.ingest.identity import identify
from support.reports import only, only_scan

END = '<tag name="HOST_END">Wed Mar 09 22:55:00 2022</tag>'
START = '<tag name="HOST_START">Wed Mar 09 22:00:00 2022</tag>'


def item(severity: str = "3", plugin: str = "42873", port: str = "443", more: str = "") -> str:
    return (
        f'<ReportItem port="{port}" svc_name="www" protocol="tcp" severity="{severity}"'
        f' pluginID="{plugin}" pluginName="Weak ciphers" pluginFamily="General">'
        "<synopsis>Weak.</synopsis><description>About.</description><solution>Fix.</solution>"
        "<see_also>http://a.example\nhttps://b.example/1</see_also><cve>CVE-2016-2183</cve>"
        "<cve>CVE-2016-0001</cve><cvss_base_score>5.0</cvss_base_score>"
        f"<cvss3_base_score>7.5</cvss3_base_score><xref>CWE:327</xref>{more}</ReportItem>"
    )


def report(*items: str, host: str = "10.0.0.1", properties: str = START + END) -> str:
    return (
        '<?xml version="1.0" ?>\n<NessusClientData_v2><Policy><policyName>p</policyName></Policy>'
        f'<Report name="monthly"><ReportHost name="{host}"><HostProperties>{properties}'
        f"</HostProperties>{''.join(items)}</ReportHost></Report></NessusClientData_v2>"
    )


def test_an_item_is_a_finding_on_a_port_of_its_host() -> None:
    scan = only_scan(report(item()), "nessus")
    assert scan.category == "monthly"
    assert scan.scanned_at == datetime(2022, 3, 9, 22, 55, tzinfo=UTC)
    assert not scan.is_partial
    (seen,) = scan.observations
    assert seen.finding_class is FindingClass.DAST
    assert (seen.rule, seen.resource, seen.asset) == ("42873", "tcp://10.0.0.1:443", "10.0.0.1")
    assert (seen.severity, seen.severity_raw, seen.cvss) == (Severity.HIGH, "3", 7.5)
    assert seen.vulnerability_ids == ("CVE-2016-2183", "CVE-2016-0001")
    assert seen.cwes == (327,)
    assert seen.help_url == "https://b.example/1"


def test_ports_of_one_host_are_different_findings() -> None:
    scan = only_scan(report(item(), item(port="8443"), item(port="0")), "nessus")
    assert [seen.resource for seen in scan.observations] == [
        "tcp://10.0.0.1:443", "tcp://10.0.0.1:8443", "10.0.0.1",
    ]  # fmt: skip
    assert len(set(identify("x", scan.observations).keys)) == 3


def test_all_five_severities() -> None:
    scan = only_scan(report(*(item(str(number)) for number in range(5))), "nessus")
    assert [int(seen.severity) for seen in scan.observations] == [0, 1, 2, 3, 4]


def test_a_host_without_an_end_was_not_scanned_to_the_end() -> None:
    assert only_scan(report(item(), properties=START), "nessus").is_partial
    assert not only_scan(report(item(), properties=""), "nessus").is_partial


def test_a_web_application_is_known_by_page_and_parameter() -> None:
    more = (
        "<plugin_output>on 'https://shop.example/search' by 'q'</plugin_output>"
        "<input_name>q</input_name>"
    )
    seen = only(report(item(more=more), host="https://shop.example/"), "nessus")
    assert (seen.asset, seen.resource) == ("shop.example", "https://shop.example/search")
    assert seen.fingerprints == (("param", "q"),)


@pytest.mark.parametrize(
    "more",
    ["<xref>CISA-KNOWN-EXPLOITED:2022/05/03</xref>",
     "<cisa-known-exploited>2022-05-03</cisa-known-exploited>"],
)  # fmt: skip
def test_known_exploited(more: str) -> None:
    assert only(report(item(more=more)), "nessus").is_kev
    assert not only(report(item()), "nessus").is_kev


def test_a_compliance_check_that_passed_is_evidence() -> None:
    space = 'xmlns:cm="http://www.nessus.org/cm"'
    checks = [
        item(more=f"<cm:compliance-result {space}>{word}</cm:compliance-result>"
                  f"<cm:compliance-check-name {space}>1.1 Files</cm:compliance-check-name>")
        for word in ("PASSED", "FAILED")
    ]  # fmt: skip
    scan = only_scan(report(*checks), "nessus")
    assert len(scan.evidence) == 1
    (seen,) = scan.observations
    assert (seen.rule, seen.title) == ("42873 1.1 Files", "1.1 Files")


def test_the_first_version_is_read() -> None:
    content = (
        "<NessusClientData><Report><ReportName>old</ReportName><ReportHost>"
        "<HostName>10.0.0.2</HostName><ReportItem><port>https (443/tcp)</port>"
        "<severity>2</severity><pluginID>1</pluginID><pluginName>Old</pluginName>"
        "<data>out</data></ReportItem></ReportHost></Report></NessusClientData>"
    )
    seen = only(content, "nessus")
    assert (seen.resource, seen.severity) == ("tcp://10.0.0.2:443", Severity.MEDIUM)


def test_a_bad_item_is_quarantined() -> None:
    scan = only_scan(report(item(), "<ReportItem/>"), "nessus")
    assert (len(scan.observations), len(scan.problems)) == (1, 1)
