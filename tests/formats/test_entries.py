"""Reading records leniently: whatever a member is, asking for it never fails."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Raw

from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats.documents import Documents
from riskcockpit.formats.forms import form_of, forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.hypertext import plain_text
from riskcockpit.formats.images import image_name
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.moments import moment
from riskcockpit.formats.paths import location
from riskcockpit.formats.secrets import secret_record_of
from riskcockpit.formats.titles import first_sentence, unwrapped
from support.native import SECRET
from support.sarif_logs import OPTIONS

ODD: tuple[Any, ...] = (None, True, 7, -1.5, "", "x", [], [1], {}, {"a": 1})


@pytest.mark.parametrize("value", ODD)
def test_a_path_into_anything_ends_in_nothing(value: Any) -> None:
    entry = Members({"m": value})
    assert entry.at("m", "b", 3, "c") is None
    assert entry.text("m", "b") == ""
    assert entry.line("m", 5) is None
    assert entry.members("m", "b") == []
    assert entry.moment("m") is None


@pytest.mark.parametrize(
    ("value", "line"),
    [(4, 4), ("4", 4), (4.0, 4), (0, None), (-1, None), (2**40, None), (True, None), ("x", None),
     (10**400, None), ("1e999", None), ("nan", None)],
)  # fmt: skip
def test_a_line_is_a_whole_number_from_one(value: Any, line: int | None) -> None:
    assert Members({"m": value}).line("m") == line


def test_lists_may_be_written_as_single_values() -> None:
    assert Members({"m": "a"}).texts("m") == ["a"]
    assert Members({"m": ["a", 3, None, {"b": 1}, " "]}).texts("m") == ["a", "3"]
    assert Members({}).texts("m") == []
    assert Members({"m": "TRUE"}).flag("m")


def test_only_objects_are_records_and_their_secrets_are_redacted() -> None:
    for raw in (b"3", b"[]", b"nonsense"):
        with pytest.raises(SkipRecordError):
            record_of(raw, OPTIONS)
        with pytest.raises(SkipRecordError):
            secret_record_of(raw, OPTIONS)
    clean = record_of(f'{{"a": "password = \\"{SECRET}\\""}}'.encode(), OPTIONS)
    assert SECRET not in repr(clean.value)
    with pytest.raises(SkipRecordError, match="nested"):
        secret_record_of(b'{"a":' + b"[" * 300 + b"]" * 300 + b"}", OPTIONS)


def test_a_secret_under_an_unusual_name_is_taken_out_everywhere() -> None:
    raw = f'{{"found": "{SECRET}", "note": "see {SECRET}", "who": "One"}}'.encode()
    entry, digest = secret_record_of(raw, OPTIONS, secret=("found",), drop=("who",))
    assert digest == OPTIONS.secret_digest(SECRET)
    assert SECRET not in repr(entry.value)
    assert set(entry.value) == {"note"}


def test_moments_and_places() -> None:
    found = moment("2026-11-20 10:00:00 UTC")
    assert found is not None
    assert found.isoformat() == "2026-11-20T10:00:00+00:00"
    assert moment("yesterday") is None
    assert location("", OPTIONS, line=3) == ()
    assert location("./a.py", OPTIONS)[0].path == "a.py"


def test_a_form_is_an_object_a_list_or_nothing() -> None:
    (form,), _ = forms(b'{"a": [1, 2], "b": {"c": null}, "d": null}', "a test")
    assert len(form.records("a")) == 2
    assert form.records("d") == form.records("missing") == ()
    assert form.inner("b").value("c") is None
    with pytest.raises(FormatError, match="b cannot be read"):
        form.records("b")
    (nothing,), _ = forms(b"null", "a test")
    assert nothing.is_list
    (listed,), _ = forms(b"[1]", "a test")
    with pytest.raises(FormatError, match="a list where an object"):
        listed.records("a")
    with pytest.raises(FormatError, match="not a test"):
        forms(b"3", "a test")
    with pytest.raises(SkipRecordError):
        form_of(Raw(b"3"))


def test_data_that_is_no_json_makes_every_scan_incomplete() -> None:
    scans = [Gathering().scan("a"), Gathering().scan("b")]
    report = whole("x", scans, Documents((), ("note",), ("line 3 is not readable JSON",)))
    assert [scan.is_partial for scan in report.scans] == [True, True]
    assert [len(scan.problems) for scan in report.scans] == [1, 0]
    assert report.notes == ("note",)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Use a parameter. It is safe.", "Use a parameter."),
        ("Version 1.2 of e.g. Flask is old. Update it", "Version 1.2 of e.g. Flask is old."),
        ("\n\nNo end", "No end"),
        ("", ""),
    ],
)
def test_the_first_sentence(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence


def test_wrapped_lines_are_joined_and_paragraphs_stay() -> None:
    assert unwrapped("a\n  b\n\n\nc\nd\n") == "a b\n\nc d"


def test_the_text_of_html() -> None:
    assert plain_text("a &lt; b") == "a < b"
    assert plain_text("<p>One</p><p>Two <b>three</b><br/>four</p>") == "One\n\nTwo three\n\nfour"
    assert plain_text("a < b and c > d") == "a < b and c > d"


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("bank/app:1.2", "bank/app"),
        ("host:5000/bank/app@sha256:00", "host:5000/bank/app"),
        ("app", "app"),
        ("", ""),
    ],
)
def test_the_name_of_an_image_has_no_tag(reference: str, name: str) -> None:
    assert image_name(reference) == name
