"""Nuclei's JSON and JSON Lines, old names and new."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity
from support.reports import lines, only, only_scan

OLD = {
    "templateID": "phpmyadmin",
    "info": {"name": "phpMyAdmin", "author": "somebody", "severity": "medium",
             "tags": "panel,exposure", "reference": "- https://a.example/1\n- http://b.example"},
    "matcher_name": "panel",
    "host": "https://shop.example",
    "matched": "https://shop.example/phpmyadmin/",
    "timestamp": "2026-05-20T11:11:01.667748+03:00",
}  # fmt: skip


def match(**members: Any) -> dict[str, Any]:
    return {
        "template-id": "CVE-2026-1234",
        "info": {
            "name": "A flaw",
            "author": ["somebody"],
            "tags": ["cve", "kev"],
            "severity": "critical",
            "classification": {
                "cve-id": ["cve-2026-1234"], "cwe-id": ["cwe-79", "cwe-89"],
                "cvss-score": 9.8, "epss-score": 0.9,
            },
            "reference": ["https://a.example/1"],
        },
        "host": "shop.example:8443",
        "matched-at": "https://shop.example:8443/users/42?id=1",
        "matcher-status": True,
        "request": "GET / HTTP/1.1\r\nCookie: session",
        "response": "HTTP/1.1 200 OK",
        "curl-command": "curl -H 'Cookie: session'",
        "timestamp": "2026-05-20T11:12:01Z",
    } | members  # fmt: skip


@pytest.mark.parametrize(
    "content", [[match()], match(), lines(match()), f"banner\n{lines(match())}"]
)
def test_all_outer_forms_are_read(content: Any) -> None:
    seen = only(content, "nuclei")
    assert seen.finding_class is FindingClass.DAST
    assert (seen.rule, seen.severity) == ("CVE-2026-1234", Severity.CRITICAL)
    assert seen.vulnerability_ids == ("CVE-2026-1234",)
    assert (seen.cwes, seen.cvss, seen.epss, seen.is_kev) == ((79, 89), 9.8, 0.9, True)
    assert seen.resource == "https://shop.example:8443/users/42?id=1"
    assert seen.asset == "shop.example:8443"
    assert b"session" not in seen.raw
    assert b"somebody" not in seen.raw


def test_the_oldest_names_are_read() -> None:
    seen = only(lines(OLD), "nuclei")
    assert (seen.rule, seen.title) == ("phpmyadmin:panel", "phpMyAdmin (panel)")
    assert (seen.severity, seen.help_url) == (Severity.MEDIUM, "https://a.example/1")


def test_matchers_of_one_template_are_different_findings() -> None:
    scan = only_scan([match(**{"matcher-name": name}) for name in ("a", "b")], "nuclei")
    assert [seen.rule for seen in scan.observations] == ["CVE-2026-1234:a", "CVE-2026-1234:b"]


def test_a_matcher_that_did_not_match_is_evidence() -> None:
    scan = only_scan([match(**{"matcher-status": False})], "nuclei")
    assert (len(scan.observations), len(scan.evidence)) == (0, 1)


def test_a_token_that_was_found_does_not_leave() -> None:
    token = "tok-" + "0123456789abcdef"
    found = match(**{"extracted-results": [token]})
    found["info"] = found["info"] | {"tags": ["exposure", "token"]}
    assert token not in repr(only([found], "nuclei"))
    assert token in only([match(**{"extracted-results": [token]})], "nuclei").description


def test_odd_classifications_do_not_cost_the_record() -> None:
    odd = match()
    odd["info"] = {"name": "x", "severity": "unknown",
                   "classification": {"cve-id": None, "cwe-id": ["nvd-cve-other"],
                                      "cvss-score": "high"}}  # fmt: skip
    seen = only([odd], "nuclei")
    assert (seen.severity, seen.cwes, seen.cvss) == (Severity.MEDIUM, (), None)


def test_a_bad_record_is_quarantined() -> None:
    scan = only_scan([match(), 7, {"info": {}}], "nuclei")
    assert (len(scan.observations), len(scan.problems)) == (1, 2)


def test_an_address_no_url_can_have_does_not_harm() -> None:
    assert only([match(**{"matched-at": "http://[::1"})], "nuclei").resource == "http://::1"
