"""ZAP's XML and JSON: alerts, instances, sites, and what is left out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

import pytest

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from riskcockpit.ingest.identity import identify
from support.reports import only, only_scan, scans

INSTANCES = (
    {"uri": "https://shop.example/items/42?id=1", "method": "GET", "param": "id"},
    {"uri": "https://shop.example/items/7?id=1", "method": "GET", "param": "id"},
)


def alert(**members: Any) -> dict[str, Any]:
    return {
        "pluginid": "40012",
        "alertRef": "40012-1",
        "alert": "Cross Site Scripting",
        "name": "Cross Site Scripting",
        "riskcode": "3",
        "confidence": "2",
        "riskdesc": "High (Medium)",
        "desc": "<p>Script &amp; more.</p>",
        "instances": list(INSTANCES),
        "solution": "<p>Escape.</p>",
        "reference": "<p>https://owasp.org/xss</p><p>http://other.example</p>",
        "cweid": "79",
    } | members


def in_json(*sites: tuple[str, list[Any]]) -> dict[str, Any]:
    return {
        "@version": "2.16.1",
        "@generated": "Tue, 12 May 2026 20:57:30",
        "site": [{"@name": name, "alerts": alerts} for name, alerts in sites],
    }


def element(name: str, value: Any) -> str:
    if isinstance(value, list):
        inner = "".join(element("instance", item) for item in value)
    elif isinstance(value, dict):
        inner = "".join(element(key, item) for key, item in value.items())
    else:
        inner = escape(value)
    return f"<{name}>{inner}</{name}>"


def in_xml(*sites: tuple[str, list[Any]]) -> str:
    inner = "".join(
        f'<site name="{name}"><alerts>{"".join(element("alertitem", one) for one in alerts)}'
        "</alerts></site>"
        for name, alerts in sites
    )
    about = 'version="2.16.1" generated="Tue, 12 May 2026 20:57:30"'
    return f'<?xml version="1.0"?><OWASPZAPReport {about}>{inner}</OWASPZAPReport>'


SHOP = ("https://shop.example", [alert()])
FORMS = pytest.mark.parametrize("form", [in_json, in_xml])


@FORMS
def test_an_alert_is_one_finding_with_all_its_places(form: Any) -> None:
    scan = only_scan(form(SHOP), "zap")
    assert (scan.asset, scan.tool_version) == ("shop.example", "2.16.1")
    assert scan.scanned_at == datetime(2026, 5, 12, 20, 57, 30, tzinfo=UTC)
    (seen,) = scan.observations
    assert seen.finding_class is FindingClass.DAST
    assert seen.rule == "40012-1"
    assert seen.resource == "GET https://shop.example/items/7?id=1"
    assert [place.path for place in seen.locations] == [
        "https://shop.example/items/7?id=1",
        "https://shop.example/items/42?id=1",
    ]
    assert seen.fingerprints == (("param", "id"),)
    assert (seen.severity, seen.severity_raw) == (Severity.HIGH, "High (Medium)")
    assert seen.cwes == (79,)
    assert seen.description.startswith("Script & more.")
    assert seen.help_url == "https://owasp.org/xss"


@FORMS
def test_neither_order_nor_a_further_instance_makes_another_finding(form: Any) -> None:
    longer = {"uri": "https://shop.example/a/much/longer/way", "method": "POST", "param": "q"}
    keys = [
        identify("a", only_scan(form(("https://shop.example", [one])), "zap").observations).keys
        for one in (alert(), alert(instances=[longer, *reversed(INSTANCES)]))
    ]
    assert keys[0] == keys[1]


@FORMS
def test_sites_are_scans_of_their_own_also_without_alerts(form: Any) -> None:
    found = scans(form(SHOP, ("https://api.example:8443", [])), "zap")
    assert [(scan.asset, len(scan.observations)) for scan in found] == [
        ("shop.example", 1),
        ("api.example:8443", 0),
    ]
    assert all(scan.is_successful is None for scan in found)


@FORMS
def test_recorded_traffic_is_not_kept(form: Any) -> None:
    cookie = "session-of-" + "somebody"
    full = INSTANCES[0] | {"requestheader": f"Cookie: {cookie}", "responsebody": cookie}
    seen = only(form(("https://shop.example", [alert(instances=[full])])), "zap")
    assert cookie.encode() not in seen.raw
    assert json.loads(seen.raw)["pluginid"] == "40012"


@FORMS
def test_a_false_positive_is_suppressed_and_an_unknown_weakness_is_none(form: Any) -> None:
    seen = only(form(("https://a.example", [alert(confidence="0", cweid="-1")])), "zap")
    assert seen.is_suppressed
    assert seen.cwes == ()


def test_the_oldest_reports_have_one_place_without_a_list() -> None:
    old = alert(instances="", uri="http://a.example/x", param="p")
    seen = only(in_xml(("http://a.example", [old])), "zap")
    assert (seen.resource, seen.fingerprints) == ("http://a.example/x", (("param", "p"),))


@FORMS
def test_an_alert_that_cannot_be_read_is_quarantined(form: Any) -> None:
    scan = only_scan(form(("https://a.example", [alert(), {"riskcode": "1"}])), "zap")
    assert (len(scan.observations), len(scan.problems)) == (1, 1)


def test_half_a_report_and_entities_are_refused() -> None:
    with pytest.raises(FormatError):
        scans(in_xml(SHOP)[:-40], "zap")
    bomb = '<!DOCTYPE x [<!ENTITY e "x">]><OWASPZAPReport>&e;</OWASPZAPReport>'
    with pytest.raises(FormatError, match="entities"):
        scans(bomb, "zap")


def test_a_single_site_or_alert_may_stand_without_its_list() -> None:
    report = in_json(("https://shop.example", [alert()]))
    (site,) = report["site"]
    bare = report | {"site": site | {"alerts": alert()}}
    assert only(bare, "zap") == only(report, "zap")
    nothing = only_scan(report | {"site": None}, "zap")
    assert (nothing.observations, nothing.is_partial) == ((), True)


def test_an_alert_is_known_by_what_older_versions_call_it() -> None:
    seen = only(in_json(("https://bank.example", [alert()])), "zap")
    assert (seen.rule, seen.former_rule) == ("40012-1", "40012")
    older = only(in_json(("https://bank.example", [alert(alertRef="40012")])), "zap")
    assert (older.rule, older.former_rule) == ("40012", "")


@pytest.mark.parametrize(
    ("site", "category"),
    [
        ("https://shop.example", ""),
        ("http://shop.example:80", ""),
        ("https://shop.example:8443", "port 8443"),
        ("http://[::1]:8080", "port 8080"),
        ("http://shop.example:odd", ""),
    ],
)
def test_sites_on_other_ports_never_close_each_other(site: str, category: str) -> None:
    assert only_scan(in_json((site, [alert()])), "zap").category == category
