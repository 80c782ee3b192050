"""Burp Suite's XML."""

from __future__ import annotations

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity
from support.reports import format_of, only, only_scan, scans

DTD = '<!DOCTYPE issues [ <!ELEMENT issues (issue*)> <!ATTLIST issues burpVersion CDATA ""> ]>'
SECRET_TRAFFIC = "R0VUIC8gSFRUUC8xLjEK"


def issue(severity: str = "High", host: str = "https://shop.example", kind: str = "2097920") -> str:
    return f"""<issue><serialNumber>1</serialNumber><type>{kind}</type>
      <name><![CDATA[Cross-site scripting (reflected)]]></name>
      <host ip="10.0.0.1">{host}</host><path><![CDATA[/search]]></path>
      <location><![CDATA[/search [q parameter]]]></location>
      <severity>{severity}</severity><confidence>Certain</confidence>
      <issueBackground><![CDATA[<p>About</p><ul><li>one</li></ul>]]></issueBackground>
      <references><![CDATA[<a href="https://owasp.org/xss">x</a>]]></references>
      <vulnerabilityClassifications>CWE-79: XSS, CWE-80: XSS</vulnerabilityClassifications>
      <requestresponse><request method="GET" base64="true">{SECRET_TRAFFIC}</request>
      <response base64="true">{SECRET_TRAFFIC}</response></requestresponse></issue>"""


def report(*issues: str, when: str = "Sat Sep 13 22:35:04 UTC 2025") -> str:
    root = f'<issues burpVersion="2025.1" exportTime="{when}">'
    return f'<?xml version="1.0"?>\n{DTD}\n{root}{"".join(issues)}</issues>'


def test_an_issue_is_known_by_type_method_place_and_parameter() -> None:
    scan = only_scan(report(issue()), "burp")
    assert (scan.asset, scan.tool_version) == ("shop.example", "2025.1")
    assert scan.scanned_at is not None
    (seen,) = scan.observations
    assert seen.finding_class is FindingClass.DAST
    assert (seen.rule, seen.resource) == ("2097920", "GET https://shop.example/search")
    assert seen.fingerprints == (("param", "q"),)
    assert seen.cwes == (79, 80)
    assert seen.severity is Severity.HIGH
    assert seen.help_url == "https://owasp.org/xss"
    assert "- one" in seen.description
    assert SECRET_TRAFFIC.encode() not in seen.raw


def test_issues_of_extensions_are_known_by_their_names() -> None:
    found = issue(kind="134217728").replace("</confidence>", "</confidence><issueDetail>"
                                            "See CVE-2018-19396</issueDetail>")  # fmt: skip
    seen = only(report(found), "burp")
    assert seen.rule == "Cross-site scripting (reflected)"
    assert seen.vulnerability_ids == ("CVE-2018-19396",)


def test_words_for_the_severity() -> None:
    scan = only_scan(
        report(*map(issue, ("High", "Medium", "Low", "Information", "False positive"))), "burp"
    )
    assert [seen.severity for seen in scan.observations] == [
        Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO, Severity.INFO,
    ]  # fmt: skip
    assert [seen.is_suppressed for seen in scan.observations][-2:] == [False, True]
    assert scan.observations[3].severity_raw == "Information"


def test_hosts_are_scans_of_their_own() -> None:
    found = scans(report(issue(), issue(host="https://api.example")), "burp")
    assert [scan.asset for scan in found] == ["shop.example", "api.example"]


def test_ports_of_one_host_are_scans_of_their_own() -> None:
    found = scans(report(issue(), issue(host="https://shop.example:8443")), "burp")
    assert sorted(scan.category for scan in found) == ["", "port 8443"]


def test_a_zone_nobody_knows_is_no_moment() -> None:
    assert (
        only_scan(report(issue(), when="Wed Jan 27 22:43:35 WIB 2021"), "burp").scanned_at is None
    )


def test_no_issue_is_no_fault_and_a_bare_one_is_quarantined() -> None:
    assert only_scan(report(), "burp").observations == ()
    found = scans(report(issue(), "<issue><severity>Low</severity></issue>"), "burp")
    assert sum(len(scan.problems) for scan in found) == 1
    assert only(report(issue()), "burp").title == "Cross-site scripting (reflected)"


def test_other_issues_are_not_burps() -> None:
    assert format_of(report()) == "burp"
    try:
        other = format_of('<issues format="6"><issue id="x"/></issues>')
    except Exception as refused:  # noqa: BLE001 - any other format, or none
        other = type(refused).__name__
    assert other != "burp"
