"""XML reports: what is refused, and what a record looks like as JSON."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from riskcockpit.errors import FormatError
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.markup import parsed, record, text
from riskcockpit.formats.opening import plain
from riskcockpit.formats.shape import shape_of
from support.rubbish import left_to_collector

OPTIONS = ReadOptions(max_depth=20)


def test_namespaces_are_dropped_and_repeated_children_become_a_list() -> None:
    root = parsed(b'<a:r xmlns:a="urn:x" a:k="1"><i>1</i><i>2</i><t> x </t></a:r>', "X", OPTIONS)
    assert root.tag == "r"
    assert json.loads(record(root, OPTIONS)) == {"@k": "1", "i": ["1", "2"], "t": " x "}
    assert text(root, "t") == "x"
    assert text(root, "missing/i") == ""


@pytest.mark.parametrize(
    "content",
    [
        '\n \n<?xml version="1.0"?><r>é</r>'.encode(),
        '<?xml version="1.0" encoding="utf-16"?><r>é</r>'.encode(),
        '<?xml version="1.0" encoding="ISO-8859-1"?><r>é</r>'.encode("latin-1"),
        plain('<?xml version="1.0" encoding="UTF-16"?><r>é</r>'.encode("utf-16"), 1 << 20),
        plain(b"\xef\xbb\xbf" * 2 + "<r>é</r>".encode(), 1 << 20),
    ],
)
def test_what_careless_writers_do_is_borne(content: bytes) -> None:
    assert text(parsed(content, "X", OPTIONS)) == "é"


@pytest.mark.parametrize("odd", [b"\x00", b"\x1b", b"&#0;", b"&#x1B;", b"&#27;", b"\xe9"])
def test_what_xml_forbids_is_replaced(odd: bytes) -> None:
    assert text(parsed(b"<r>a" + odd + b"&#10;b&#9;</r>", "X", OPTIONS)) == "a\ufffd\nb"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'<!DOCTYPE r [<!ENTITY e "x">]><r>&e;</r>', "entities"),
        (b'<!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]><r>&e;</r>', "entities"),
        (b"<r>" * 21 + b"</r>" * 21, "nested deeper"),
        (b"<r><i></r>", "mismatched tag"),
        (b"<r><i>", "no element found"),
        (b"<r><i>\x00</r>", "mismatched tag"),
    ],
)
def test_dangerous_and_broken_xml_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        parsed(content, "X", OPTIONS)


@pytest.mark.parametrize("content", [b"<r>" * 21, b"<r><i></r>", b"<r><i>", b"<r>&e;</r>", b"<r/>"])
def test_nothing_of_xml_is_left_to_the_collector(content: bytes) -> None:
    declared = b'<!DOCTYPE r [<!ENTITY e "x">]>' + content
    with left_to_collector() as left:
        for each in (content, declared):
            with suppress(FormatError):
                parsed(each, "X", OPTIONS)
    assert left == []


def test_a_plain_document_type_is_no_danger() -> None:
    content = b'<?xml version="1.0"?><!DOCTYPE r [<!ELEMENT r (i*)>]><r><i>1</i></r>'
    assert text(parsed(content, "X", OPTIONS), "i") == "1"


def test_a_secret_is_redacted_in_the_element_and_in_its_record() -> None:
    secret = "hunter" + "2-and-more"
    options = ReadOptions(redact=lambda found: found.replace(secret, "<redacted>"))
    root = parsed(f'<r a="password={secret}"><i>{secret}</i></r>'.encode(), "X", options)
    assert secret not in record(root, options).decode()
    assert text(root, "i") == "<redacted>"


@pytest.mark.parametrize(
    ("head", "root"),
    [
        (b"<r>", "r"),
        (b'<?xml version="1.0"?>\n<!-- a <b> -->\n<x:r xmlns:x="urn:x">', "r"),
        (b'<!DOCTYPE issues [ <!ELEMENT issues (i*)> <!ATTLIST issues v CDATA ""> ]><issues>',
         "issues"),
        (b'<!DOCTYPE html PUBLIC "-//W3C//DTD" "x>y"><html>', "html"),
        (b"<!DOCTYPE [" + b"]" * 60_000, ""),
        (b"< r>", ""),
    ],
)  # fmt: skip
def test_the_root_is_found_behind_what_stands_before_it(head: bytes, root: str) -> None:
    assert shape_of(head).root == root


@pytest.mark.parametrize("encoding", ["no-such-thing", "big5"])
def test_an_encoding_nobody_can_read_is_a_clear_error(encoding: str) -> None:
    with pytest.raises(FormatError, match="not readable as"):
        parsed(f"<?xml version='1.0' encoding='{encoding}'?><a/>".encode(), "a report", OPTIONS)


@pytest.mark.parametrize("encoding", ["UTF-16", "utf-16le", "UCS-2", "UTF-32"])
def test_a_declaration_may_follow_blanks_and_name_the_encoding_of_before(encoding: str) -> None:
    content = f'\n  <?xml version="1.0" encoding="{encoding}"?><r>ü</r>'.encode()
    assert parsed(content, "X", OPTIONS).text == "ü"
