"""What the readers share: members of odd records, moments, HTML, addresses, tables, scopes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats.addresses import host_of, request, service
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.cloud_resources import real, resource_uid
from riskcockpit.formats.cvss import valid_score
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.hypertext import plain_text
from riskcockpit.formats.members import Members
from riskcockpit.formats.moments import moment
from riskcockpit.formats.prose import first_link
from riskcockpit.formats.record_lists import json_records
from riskcockpit.formats.shape import shape_of
from riskcockpit.formats.signs import columns_below
from riskcockpit.formats.tables import MAX_PREAMBLE, table

OPTIONS = ReadOptions(max_depth=10)


def test_members_bear_what_is_absent_null_or_of_another_type() -> None:
    record = Members(
        {
            "a": {"b": " 7.5 "},
            "l": ["x", 1, None, {}],
            "o": {"k": 1},
            "n": None,
        }
    )
    assert (record.text("a", "b"), record.number("a", "b")) == ("7.5", 7.5)
    assert record.at("a", "b", "c") is None
    assert record.text("n") == record.text("l") == Members([]).text("a") == ""
    assert Members({"x": "high"}).number("x") is None
    assert Members({"x": "nan"}).number("x") is None
    assert record.texts("l") == ["x", "1"]
    assert [item.value for item in record.members("o")] == [{"k": 1}]
    assert [item.value for item in record.members("l")] == [{}]
    assert [(name, item.number()) for name, item in record.pairs("o")] == [("k", 1.0)]
    assert [Members({"x": value}).flag("x") for value in (True, "True", 1, False, "no", None)] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
    assert [valid_score(value) for value in (None, 0.0, 7.5, 75.0)] == [None, None, 7.5, None]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-05-20T11:11:01.6677489+03:00", datetime(2026, 5, 20, 8, 11, 1, 667748, tzinfo=UTC)),
        ("2025-12-26 14:21:44+01:00", datetime(2025, 12, 26, 13, 21, 44, tzinfo=UTC)),
        ("Tue, 12 May 2020 20:57:30", datetime(2020, 5, 12, 20, 57, 30, tzinfo=UTC)),
        ("Wed Mar 09 22:55:00 2022", datetime(2022, 3, 9, 22, 55, tzinfo=UTC)),
        ("Sat Sep 13 22:35:04 EST 2025", datetime(2025, 9, 14, 3, 35, 4, tzinfo=UTC)),
        ("05/25/2021 07:36:58", datetime(2021, 5, 25, 7, 36, 58, tzinfo=UTC)),
        ("1763632800", datetime(2025, 11, 20, 10, tzinfo=UTC)),
        (1763632800000, datetime(2025, 11, 20, 10, tzinfo=UTC)),
        ("Wed Jan 27 22:43:35 WIB 2021", None),
        ("0001-01-01T00:00:00Z", None),
        ("99999999999999999999", None),
        ("", None),
        (None, None),
        (True, None),
        ({}, None),
    ],
)  # fmt: skip
def test_moments(value: Any, expected: datetime | None) -> None:
    assert moment(value) == expected


def test_html_becomes_prose() -> None:
    assert plain_text("<p>a &amp; b</p><ul><li>c</li><li>d</li></ul>") == "a & b\n\n- c\n- d"
    assert plain_text("1 < 2 and 3 > 2") == "1 < 2 and 3 > 2"
    assert first_link("see http://a.example and https://b.example/1.") == "https://b.example/1"


def test_addresses() -> None:
    assert request("get", " https://a.example/x ") == "GET https://a.example/x"
    assert request("", "a.example:22") == "a.example:22"
    assert service("fe80::1", "22", "TCP") == "tcp://[fe80::1]:22"
    assert service("a.example", "0", "tcp") == "a.example"
    assert host_of("https://user:x@A.example:8443/p") == "a.example:8443"
    assert host_of("a.example/p") == "a.example"
    assert host_of("http://[bad") == "bad"


def test_resources_have_a_region_only_where_the_id_has_none() -> None:
    assert resource_uid("111122223333", "eu-west-1") == "eu-west-1/111122223333"
    assert resource_uid("arn:aws:s3:::b", "eu-west-1") == "arn:aws:s3:::b"
    assert resource_uid("vol-eu-west-1-x", "eu-west-1") == "vol-eu-west-1-x"
    assert resource_uid("<resource_uid>:root", "<region>") == ""
    assert real("a < b") == "a < b"


def test_a_table_is_found_below_prose_with_its_own_delimiter() -> None:
    found = table("A report, of all\n\nid;name,x\n1;a\n2;b\n", "ID", "name,x")
    assert found.columns == ("id", "name,x")
    assert [(row.number, list(row.cells)) for row in found.rows] == [
        (3, ["1", "a"]),
        (4, ["2", "b"]),
    ]
    assert table("a,b\n1,2\n", "c").columns == ()


def test_a_header_far_below_is_no_header() -> None:
    assert table("prose\n" * (MAX_PREAMBLE - 1) + "qid,title\n", "qid").columns
    text_ = "prose\n" * MAX_PREAMBLE + "qid,title\n"
    assert table(text_, "qid").columns == ()
    assert not columns_below("qid")(shape_of(text_.encode()))
    assert columns_below("QID", "title")(shape_of(b"prose\n\nqid,title\n"))


@pytest.mark.parametrize("cell", ["{Tenable} said", '{""a"": 1}', "[see below"])
def test_braces_in_a_table_are_no_json(cell: str) -> None:
    assert shape_of(f'a,b\n1,"x\n{cell}\n"\n'.encode()).columns == {"a", "b"}


def test_a_banner_before_json_is_passed() -> None:
    assert set(shape_of(b'scanning, please wait\n{ "a": 1 }').members) == {"a"}


def test_a_cell_may_be_large() -> None:
    large = "x" * 300_000
    rows = list(table(f"a,b\n1,{large}\n", "a", "b").rows)
    assert [(row.fault, row.cells[1] == large) for row in rows] == [("", True)]


def test_a_record_of_no_group_leaves_none_complete() -> None:
    def fail() -> int:
        raise SkipRecordError("odd")

    groups = Groups(Group("Tool"))
    for asset in ("a", "b"):
        groups.of(Group("Tool", asset))
    assert [scan.is_partial for scan in groups.scans()] == [False, False]
    groups.take_opened("r", fail, lambda _: Group("Tool", "a"), lambda _: None)
    first, second = groups.scans(lambda _: {"tool_version": "1"})
    assert (first.is_partial, first.tool_version, second.is_partial) == (True, "1", True)
    assert [problem.why for problem in first.problems] == ["odd"]
    assert second.problems == ()
    assert [scan.tool for scan in Groups(Group("Tool")).scans()] == ["Tool"]


def test_a_record_that_cannot_be_read_is_a_problem_of_its_own_group() -> None:
    def fail(_: int) -> None:
        raise SkipRecordError("odd")

    groups = Groups(Group("Tool"))
    groups.of(Group("Tool", "a"))
    groups.take_opened("r", lambda: 1, lambda _: Group("Tool", "b"), fail)
    first, second = groups.scans()
    assert (first.asset, first.is_partial, first.problems) == ("a", False, ())
    assert [problem.where for problem in second.problems] == ["r"]


@pytest.mark.parametrize(
    ("content", "places"),
    [
        (b'[{"a": 1}, {"a": 2}]', ["[0]", "[1]"]),
        (b'{"found": [{"a": 1}], "b": 2}', ["found[0]"]),
        (b'{"found": null}', []),
        (b'{"a": 1}', ["record 1"]),
        (b'{"a": 1}\n{"a": 2}\n', ["record 1", "record 2"]),
        (b'{"\xff": 1}', ["record 1"]),
    ],
)
def test_records_are_found_where_a_tool_puts_them(content: bytes, places: list[str]) -> None:
    found, _ = json_records(content, "the format", "found")
    assert [place for place, _ in found] == places


@pytest.mark.parametrize("content", [b"7", b'{"found": 7}', b'{"found": [', b'"x"'])
def test_what_holds_no_records_is_refused(content: bytes) -> None:
    with pytest.raises(FormatError):
        json_records(content, "the format", "found")
