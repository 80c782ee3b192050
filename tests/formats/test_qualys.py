"""Qualys' XML and CSV."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from riskcockpit.domain.severity import Severity
from support.reports import only, only_scan

DETAILS = """<GLOSSARY><VULN_DETAILS_LIST><VULN_DETAILS id="qid_38739">
  <QID id="qid_38739">38739</QID><TITLE>Weak ciphers</TITLE><SEVERITY>4</SEVERITY>
  <THREAT>They are &lt;b&gt;weak&lt;/b&gt;.</THREAT><IMPACT>Reading.</IMPACT>
  <SOLUTION>Turn off.&lt;BR&gt;Then test.</SOLUTION>
  <CVE_ID_LIST><CVE_ID><ID>CVE-2016-2183</ID><URL>https://nvd.example/1</URL></CVE_ID></CVE_ID_LIST>
  <CVSS3_SCORE><CVSS3_BASE>7.5 (AV:N)</CVSS3_BASE></CVSS3_SCORE>
</VULN_DETAILS></VULN_DETAILS_LIST></GLOSSARY>"""


def info(kind: str = "Vuln", port: str = "443", status: str = "Active") -> str:
    return (
        f'<VULN_INFO><QID id="qid_38739">38739</QID><TYPE>{kind}</TYPE><PORT>{port}</PORT>'
        f"<PROTOCOL>tcp</PROTOCOL><RESULT><![CDATA[arcfour]]></RESULT>"
        f"<VULN_STATUS>{status}</VULN_STATUS></VULN_INFO>"
    )


def report(*found: str, root: str = "ASSET_DATA_REPORT") -> str:
    return (
        f'<?xml version="1.0"?>\n<!DOCTYPE {root} SYSTEM "https://qualys.example/x.dtd">\n<{root}>'
        "<HEADER><GENERATION_DATETIME>2026-11-20T10:00:00Z</GENERATION_DATETIME>"
        "<TEMPLATE>monthly</TEMPLATE></HEADER><HOST_LIST><HOST><IP>10.0.0.1</IP>"
        f"<DNS>a.example</DNS><VULN_INFO_LIST>{''.join(found)}</VULN_INFO_LIST></HOST></HOST_LIST>"
        f"{DETAILS}</{root}>"
    )


@pytest.mark.parametrize("root", ["ASSET_DATA_REPORT", "QUALYS_REPORT"])
def test_a_detection_is_described_by_the_glossary(root: str) -> None:
    scan = only_scan(report(info(), root=root), "qualys-xml")
    assert scan.scanned_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert scan.category == "monthly"
    (seen,) = scan.observations
    assert (seen.rule, seen.title) == ("38739", "Weak ciphers")
    assert (seen.resource, seen.asset) == ("tcp://10.0.0.1:443", "10.0.0.1")
    assert (seen.severity, seen.severity_raw, seen.cvss) == (Severity.HIGH, "4", 7.5)
    assert seen.vulnerability_ids == ("CVE-2016-2183",)
    assert seen.help_url == "https://nvd.example/1"
    assert "They are weak." in seen.description
    assert "arcfour" in seen.description


def test_states_and_types() -> None:
    scan = only_scan(
        report(info(), info(port="8443"), info(status="Fixed"), info("Ig"), info("Practice")),
        "qualys-xml",
    )
    assert scan.absent == 1
    assert [seen.severity for seen in scan.observations] == [
        Severity.HIGH, Severity.HIGH, Severity.INFO, Severity.HIGH,
    ]  # fmt: skip
    assert scan.observations[3].description.startswith("Potential")


def test_a_scan_and_the_detection_api_are_read() -> None:
    scanned = (
        '<SCAN value="s"><IP value="10.0.0.2" name="b"><VULNS><CAT value="TCP" port="22"'
        ' protocol="tcp"><VULN number="1" severity="5" cveid="CVE-2020-0001"><TITLE>T</TITLE>'
        '<RESULT>r</RESULT></VULN></CAT></VULNS><INFOS><CAT value="x"><INFO number="2"'
        ' severity="3"><TITLE>I</TITLE></INFO></CAT></INFOS></IP></SCAN>'
    )
    first, second = only_scan(scanned, "qualys-xml").observations
    assert (first.resource, first.severity) == ("tcp://10.0.0.2:22", Severity.CRITICAL)
    assert first.vulnerability_ids == ("CVE-2020-0001",)
    assert (second.resource, second.severity) == ("10.0.0.2", Severity.INFO)
    answer = (
        "<HOST_LIST_VM_DETECTION_OUTPUT><RESPONSE><DATETIME>2026-11-20T10:00:00Z</DATETIME>"
        "<HOST_LIST><HOST><IP>10.0.0.3</IP><DETECTION_LIST><DETECTION><QID>7</QID>"
        "<TYPE>Confirmed</TYPE><SEVERITY>2</SEVERITY><PORT>80</PORT><RESULTS>r</RESULTS>"
        "<STATUS>Active</STATUS><IS_IGNORED>1</IS_IGNORED></DETECTION></DETECTION_LIST></HOST>"
        "</HOST_LIST></RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>"
    )
    seen = only(answer, "qualys-xml")
    assert (seen.rule, seen.title, seen.severity) == ("7", "QID 7", Severity.LOW)
    assert seen.is_suppressed


def test_a_secret_in_a_result_is_redacted() -> None:
    secret = "hunter" + "2-and-more"
    seen = only(report(info().replace("arcfour", f"password={secret}")), "qualys-xml")
    assert secret not in repr(seen)


HEADER = (
    '"IP","DNS","QID","Title","Vuln Status","Type","Severity","Port","Protocol","CVE ID",'
    '"CVSS3 Base","Threat","Solution","Results"\n'
)


def row(status: str = "Active", level: str = "5", qid: str = "105971") -> str:
    return (
        f'"10.0.0.1","a.example","{qid}","Too old","{status}","Vuln","{level}","443","tcp",'
        '"CVE-2021-0001, CVE-2021-0002","8.1 (AV:N)","Old.\n{it}","Upgrade.","r"\n'
    )


@pytest.mark.parametrize(
    "preamble",
    [
        "",
        '"Scan report","11/20/2026"\n"Bank","Street, 1","x"\n\n"IP","Total"\n"10.0.0.1","3"\n\n',
        "\ufeffReport of everything\n",
    ],
)
def test_the_table_is_found_below_a_preamble(preamble: str) -> None:
    scan = only_scan(preamble + HEADER + row() + row("Fixed") + row("Re-Opened", "2"), "qualys-csv")
    assert scan.absent == 1
    first, second = scan.observations
    assert (first.rule, first.resource, first.asset) == (
        "105971", "tcp://10.0.0.1:443", "10.0.0.1",
    )  # fmt: skip
    assert (first.severity, first.cvss) == (Severity.CRITICAL, 8.1)
    assert first.vulnerability_ids == ("CVE-2021-0001", "CVE-2021-0002")
    assert second.severity is Severity.LOW


def test_the_layout_of_payment_cards() -> None:
    content = (
        "IP,HOSTNAME,QID,VULN TITLE,TYPE,SEVERITY,PORT,PROTOCOL,FALSE POSITIVE STATUS,CVSS_BASE,"
        "THREAT,RESULT,CVEID\n"
        "10.0.0.1,a.example,1,Stopped,POTENTIAL,Medium,80,tcp,Requested,6.4,t,r,-\n"
        "10.0.0.1,a.example,2,Old,CONFIRMED,High,80,tcp,Approved,6.4,t,r,CVE-2020-0001\n"
    )
    first, second = only_scan(content, "qualys-csv").observations
    assert (first.severity, first.cvss, first.is_suppressed) == (Severity.MEDIUM, 6.4, False)
    assert (second.severity, second.is_suppressed) == (Severity.HIGH, True)


def test_bad_rows_are_quarantined_and_a_header_alone_is_empty() -> None:
    scan = only_scan(HEADER + row() + row(qid="") + "a,b\n", "qualys-csv")
    assert (len(scan.observations), len(scan.problems)) == (1, 2)
    assert only_scan(HEADER, "qualys-csv").observations == ()
