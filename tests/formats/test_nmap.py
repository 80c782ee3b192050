"""Nmap's XML."""

from __future__ import annotations

from datetime import UTC, datetime

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity
from support.reports import only, only_scan

VULNERS = (
    '<script id="vulners" output="x"><table key="cpe:/a:openbsd:openssh:7.4">'
    '<table><elem key="cvss">5.0</elem><elem key="id">CVE-2018-15919</elem></table>'
    '<table><elem key="cvss">9.8</elem><elem key="id">CVE-2017-15906</elem></table>'
    "</table></script>"
)
VULNERS_TEXT = (
    '<script id="vulners" output="&#xa; cpe:/a:x: &#xa;&#9;CVE-2018-15919&#9;5.0&#9;https://v"/>'
)


def port(number: int = 22, state: str = "open", more: str = "") -> str:
    return (
        f'<port protocol="tcp" portid="{number}"><state state="{state}"/>'
        f'<service name="ssh" product="OpenSSH" version="7.4"/>{more}</port>'
    )


def host(*ports: str, names: str = "") -> str:
    return (
        '<host><status state="up"/><address addr="10.0.0.1" addrtype="ipv4"/>'
        '<address addr="00:00" addrtype="mac"/>'
        f"<hostnames>{names}</hostnames><ports>{''.join(ports)}</ports></host>"
    )


def run(*hosts: str, end: str = '<finished time="1763632800" exit="success"/>') -> str:
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE nmaprun>\n<?xml-stylesheet href="x"?>\n<!-- Nmap -->\n'
        f'<nmaprun scanner="nmap" version="7.95" start="1763632000">{"".join(hosts)}'
        f"<runstats>{end}</runstats></nmaprun>"
    )


def test_an_open_port_is_a_finding_of_its_host() -> None:
    scan = only_scan(run(host(port(), port(23, "closed"), port(25, "open|filtered"))), "nmap")
    assert (scan.tool_version, scan.is_successful, scan.is_partial) == ("7.95", True, False)
    assert scan.scanned_at == datetime(2025, 11, 20, 10, tzinfo=UTC)
    (seen,) = scan.observations
    assert seen.finding_class is FindingClass.DAST
    assert (seen.rule, seen.resource, seen.asset) == ("open-port", "tcp://10.0.0.1:22", "10.0.0.1")
    assert seen.title == "Open port 22/tcp: ssh (OpenSSH 7.4)"
    assert seen.severity is Severity.INFO


def test_the_name_the_user_gave_is_the_host_and_looked_up_names_are_not() -> None:
    found = '<hostname name="x.1e100.example" type="PTR"/>'
    given = '<hostname name="Shop.example" type="user"/>'
    assert only(run(host(port(), names=found)), "nmap").asset == "10.0.0.1"
    assert only(run(host(port(), names=found + given)), "nmap").asset == "shop.example"


def test_what_vulners_knows_is_attached_and_grades() -> None:
    seen = only(run(host(port(more=VULNERS))), "nmap")
    assert seen.vulnerability_ids == ("CVE-2018-15919", "CVE-2017-15906")
    assert (seen.cvss, seen.severity) == (9.8, Severity.CRITICAL)
    old = only(run(host(port(more=VULNERS_TEXT))), "nmap")
    assert (old.vulnerability_ids, old.cvss) == (("CVE-2018-15919",), 5.0)


def test_only_a_finished_run_is_complete() -> None:
    assert only_scan(run(host()), "nmap").is_successful is True
    stopped = only_scan(run(host(port()), end=""), "nmap")
    assert (stopped.is_successful, stopped.is_partial) == (False, True)
    failed = only_scan(
        run(host(port()), end='<finished time="1" exit="error" errormsg="no route"/>'), "nmap"
    )
    assert (failed.is_successful, failed.tool_errors) == (False, ("no route",))


def test_a_port_without_a_number_is_quarantined() -> None:
    bad = '<port protocol="tcp"><state state="open"/></port>'
    scan = only_scan(run(host(port(), bad)), "nmap")
    assert (len(scan.observations), len(scan.problems)) == (1, 1)


def test_the_hosts_that_were_looked_at_are_told_also_those_without_open_ports() -> None:
    host = "<host><address addr='{}' addrtype='ipv4'/><ports>{}</ports></host>"
    opened = "<port protocol='tcp' portid='22'><state state='open'/></port>"
    content = (
        "<nmaprun scanner='nmap'>"
        + host.format("10.0.0.1", opened)
        + host.format("10.0.0.2", "")
        + "<runstats><finished exit='success'/></runstats></nmaprun>"
    )
    assert only_scan(content, "nmap").assets == frozenset({"10.0.0.1", "10.0.0.2"})
