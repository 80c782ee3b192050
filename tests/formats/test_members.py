"""The kit for records that vary: members, moments, scores, manifests, HTML, groups."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import Raw

from riskcockpit.domain.finding import ControlEvidence
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.hypertext import plain_text
from riskcockpit.formats.manifests import type_of_manifest
from riskcockpit.formats.members import Members, each, record_of
from riskcockpit.formats.moments import moment
from riskcockpit.formats.prose import web_address
from support.sarif_logs import OPTIONS


def test_a_member_of_another_type_counts_as_missing() -> None:
    odd = Members({"text": ["a"], "number": {"a": 1}, "object": "x", "list": 3, "flag": "yes"})
    assert odd.text("text") == ""
    assert odd.number("number") is None
    assert not odd.member("object")
    assert odd.members("list") == []
    assert odd.flag("text") is False
    assert not Members(["not", "an", "object"])
    assert "not" not in Members(["not", "an", "object"])


def test_the_first_name_that_says_something_wins() -> None:
    some = Members({"a": None, "b": "None", "c": " ", "d": "found", "e": "later"})
    assert some.first("a", "b", "c", "d", "e") == "found"
    assert some.text("b") == ""
    assert some.word("b") == "None"


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (3, 3),
        ("7", 7),
        (0, None),
        (-1, None),
        (2**40, None),
        (True, None),
        ("x", None),
        (1e400, None),
    ],
)
def test_a_line_is_a_positive_number(value: Any, line: int | None) -> None:
    assert Members({"line": value}).line("line") == line


def test_scores_and_probabilities_outside_their_range_are_none() -> None:
    assert Members({"s": 10.1}).score("s") is None
    assert Members({"s": 0}).score("s") is None
    assert Members({"s": "9.8"}).score("s") == 9.8
    assert Members({"p": 1.5}).probability("p") is None
    assert Members({"p": "0.25"}).probability("p") == 0.25


def test_a_record_loses_the_members_that_are_not_kept_at_any_depth() -> None:
    raw = b'{"a": [{"author": {"login": "someone"}, "b": 1}], "author": "someone"}'
    members = record_of(raw, OPTIONS, without=frozenset({"Author"}))
    assert members.raw == b'{"a":[{"b":1}]}'
    assert "author" not in members


def test_what_is_kept_is_the_record_as_it_came_or_strict_json() -> None:
    as_it_came = b'{ "a" : 1 }'
    assert record_of(as_it_came, OPTIONS, without=frozenset({"b"})).raw == as_it_came
    assert record_of(b'{"a": "one\ntwo"}', OPTIONS).raw == b'{"a":"one\\ntwo"}'


def test_a_record_that_is_no_object_or_too_deep_is_refused() -> None:
    with pytest.raises(SkipRecordError, match="not an object"):
        record_of(b"[1]", OPTIONS)
    with pytest.raises(SkipRecordError, match="nested deeper"):
        record_of(b'{"a":' * 300 + b"1" + b"}" * 300, OPTIONS)


@pytest.mark.parametrize("count", [3, 9000])
def test_a_secret_among_many_records_is_found_in_whichever_batch_it_is(count: int) -> None:
    token = "ghp_" + "a1B2" * 9
    records = [Raw(json.dumps({"n": n, "pad": "x" * 150}).encode()) for n in range(count)]
    records += [Raw(json.dumps({"text": f"see {token}"}).encode())]
    found = [record_of(raw, OPTIONS).raw for _, raw in each(records, "r")]
    assert len(found) == count + 1
    assert all(type(kept) is bytes for kept in found)
    assert token.encode() not in found[-1]
    assert b"see <redacted:" in found[-1]


def test_only_web_addresses_are_links() -> None:
    assert web_address(["javascript:alert(1)", "", "https://example.invalid/a"]).endswith("/a")
    assert web_address(["ftp://example.invalid"]) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05.123456789Z", datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)),
        ("2026-01-02T03:04:05+0200", datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("2026-01-02 03:04:05 UTC", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (1767323045, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (1767323045000, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("yesterday", None),
        (True, None),
        (float("nan"), None),
        (1e300, None),
        (None, None),
        (["2026"], None),
    ],
)
def test_moments_are_read_in_the_ways_tools_write_them(value: Any, expected: Any) -> None:
    assert moment(value) == expected


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        ("a/pom.xml", "maven"),
        ("package-lock.json", "npm"),
        ("src\\App\\App.csproj", "nuget"),
        ("requirements-dev.txt", "pypi"),
        (".github/workflows/build.yml", "github"),
        ("app/main.py", "generic"),
        ("", "generic"),
    ],
)
def test_a_manifest_tells_the_type_of_its_packages(path: str, type_: str) -> None:
    assert type_of_manifest(path) == type_


def test_html_becomes_text_without_scripts() -> None:
    html = "<p>One &amp; two</p><script>steal()</script><ul><li>three</li></ul>"
    assert plain_text(html) == "One & two\n\n- three"
    assert plain_text("a < b") == "a < b"


@pytest.mark.parametrize("broken", ["<![foo[bar]]>", "<![ [", "<![", "<!x", "</ a>", "&#xD800;"])
def test_broken_html_is_no_crash(broken: str) -> None:
    assert plain_text(f"<p>before</p>{broken}").startswith("before")


def test_a_stray_problem_makes_every_scan_incomplete() -> None:
    groups = Groups(Group("tool"))
    for asset in ("a", "b"):
        groups.of(Group("tool", asset)).take("x", lambda: ControlEvidence("tool", "r", "pass"))
    groups.trouble("record 3", "odd")
    first, second = groups.scans()
    assert [problem.where for problem in first.problems] == ["record 3"]
    assert second.problems == ()
    assert second.is_partial


def test_a_report_without_records_is_the_default_scan() -> None:
    (scan,) = Groups(Group("tool", category="c")).scans()
    assert (scan.tool, scan.category, scan.observations) == ("tool", "c", ())
