"""Tables of Nessus and Tenable in their layouts."""

from __future__ import annotations

from riskcockpit.domain.severity import Severity
from riskcockpit.ingest.identity import identify
from support.reports import format_of, only, only_scan

NESSUS = (
    "Plugin ID,CVE,CVSS v2.0 Base Score,Risk,Host,Protocol,Port,Name,Synopsis,Description,"
    "Solution,See Also,Plugin Output,CVSS v3.0 Base Score,EPSS Score,XREF\n"
)
CENTER = (
    '"Plugin","Plugin Name","Family","Severity","IP Address","Protocol","Port","DNS Name",'
    '"Plugin Text","Synopsis","Description","Steps to Remediate","See Also","CVSS V3 Base Score",'
    '"CVE","Cross References","Accept Risk Comment"\n'
)
CLOUD = (
    "definition.id;definition.name;severity;state;port;protocol;asset.display_fqdn;;"
    "definition.cve;definition.cwe;definition.cvss3.base_score;output;risk_modified\n"
)


def nessus(cve: str = "CVE-2016-2183", host: str = "10.0.0.1", port: str = "443") -> str:
    return (
        f'42873,{cve},5.0,High,{host},tcp,{port},Weak ciphers,Weak.,"About,\n{{x}}\nit.",Fix.,'
        '"http://a.example\nhttps://b.example/1",out,7.5,0.25,CISA-KNOWN-EXPLOITED:2022/05/03\n'
    )


def test_the_layout_of_nessus() -> None:
    seen = only(NESSUS + nessus(), "tenable-csv")
    assert (seen.tool, seen.rule, seen.resource) == ("Nessus", "42873", "tcp://10.0.0.1:443")
    assert (seen.severity, seen.severity_raw) == (Severity.HIGH, "High")
    assert (seen.cvss, seen.epss, seen.is_kev) == (7.5, 0.25, True)
    assert seen.vulnerability_ids == ("CVE-2016-2183",)
    assert seen.help_url == "https://b.example/1"


def test_rows_of_one_plugin_for_several_vulnerabilities_keep_apart() -> None:
    both = nessus(), nessus("CVE-2016-0001")
    first, second = (only_scan(NESSUS + "".join(rows), "tenable-csv").observations
                     for rows in (both, both[1:]))  # fmt: skip
    assert identify("x", first).keys[1] == identify("x", second).keys[0]


def test_the_layout_of_the_security_center() -> None:
    def row(severity: str = "Medium", comment: str = "") -> str:
        return (
            f'"1","A flaw","General","{severity}","10.0.0.1","TCP","443","a.example",'
            '"Plugin Output: \nout","S.","D.","R.","","6.5","CVE-2013-2566,CVE-2015-2808",'
            f'"CWE #310","{comment}"\n'
        )

    scan = only_scan(CENTER + row() + row("Info", "accepted by the board"), "tenable-csv")
    first, second = scan.observations
    assert (first.resource, first.asset) == ("tcp://10.0.0.1:443", "10.0.0.1")
    assert first.vulnerability_ids == ("CVE-2013-2566", "CVE-2015-2808")
    assert first.cwes == (310,)
    assert first.description.endswith("Output: out")
    assert [first.severity, second.severity] == [Severity.MEDIUM, Severity.INFO]
    assert [first.is_suppressed, second.is_suppressed] == [False, True]


def test_the_layout_of_the_cloud() -> None:
    def row(state: str, modified: str = "NONE") -> str:
        return f"9;A flaw;Low;{state};22;TCP;a.example;;CVE-2020-0001;192, 330;3.1;o;{modified}\n"

    scan = only_scan(
        CLOUD + row("ACTIVE") + row("FIXED") + row("RESURFACED", "ACCEPTED"), "tenable-csv"
    )
    assert scan.absent == 1
    first, second = scan.observations
    assert (first.resource, first.cwes, first.cvss) == ("tcp://a.example:22", (192, 330), 3.1)
    assert [first.is_suppressed, second.is_suppressed] == [False, True]


def test_a_web_application_is_known_by_its_page() -> None:
    row = (
        "98104,,7.5,high,shop.example,https,,XSS,S,D,F,,"
        "\"on URL 'https://shop.example/search'\",7.1,,\n"
    )
    seen = only(NESSUS + row, "tenable-csv")
    assert (seen.asset, seen.resource) == ("shop.example", "https://shop.example/search")


def test_torn_rows_are_quarantined_and_a_header_alone_is_empty() -> None:
    scan = only_scan(NESSUS + nessus() + "42873,,,High\n" + "x" + ",y" * 30, "tenable-csv")
    assert (len(scan.observations), len(scan.problems)) == (1, 2)
    assert only_scan(NESSUS, "tenable-csv").observations == ()


def test_other_tables_are_not_taken_for_it() -> None:
    assert format_of("title,severity,plugin\nx,high,y\n") == "generic-csv"


def test_the_risk_called_none_is_information() -> None:
    seen = only(NESSUS + nessus().replace(",High,", ",None,"), "tenable-csv")
    assert (seen.severity, seen.severity_raw) == (Severity.INFO, "None")
