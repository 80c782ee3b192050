"""Addresses of findings: only pages of the web, and only those that lead where they seem to."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from riskcockpit.present.links import LONGEST, is_safe, links_of
from support.bank_findings import detail_of, finding_row
from support.hostile import HOSTILE


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/rules/sql",
        "http://10.0.0.7:8080/alerts/7?state=open#l12",
        "https://[2001:db8::1]/x",
    ],
)
def test_pages_of_the_web_may_be_opened(address: str) -> None:
    assert is_safe(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "--help",
        "https://",
        "//example.org/x",
        "https://bank.example@evil.example/",
        "https://exa mple.org/",
        "https://example.org/\x1b]52;c;eA==\x07",
        "https://ex\u0430mple.org/",
        "https://example.org/\u202egro.knab",
        "https://example.org:port/",
        "https://example.org/" + "a" * LONGEST,
        *HOSTILE,
    ],
)
def test_nothing_else_may(address: str) -> None:
    assert not is_safe(address)


def test_the_page_upstream_comes_first_and_each_address_once() -> None:
    detail = replace(
        detail_of(finding_row(0)),
        raw=json.dumps({
            "html_url": "https://git.example/alerts/7",
            "url": "https://api.git.example/alerts/7",
            "permalink": "file:///etc/passwd",
            "web_url": "https://example.org/rules/sql",
        }),
        help_url="https://example.org/rules/sql",
    )  # fmt: skip
    assert links_of(detail) == (
        ("upstream", "https://git.example/alerts/7"),
        ("upstream", "https://example.org/rules/sql"),
    )


@pytest.mark.parametrize("raw", ["", "no json", "[1]", '{"html_url": 7}', "[" * 100_000])
def test_a_record_that_names_no_page_leaves_the_help(raw: str) -> None:
    found = links_of(replace(detail_of(finding_row(0)), raw=raw))
    assert found == (("about it", "https://example.org/rules/sql"),)
