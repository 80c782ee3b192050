"""Links of RFC 8288: what servers write, and what they should not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.connectors.links import parse_links


@pytest.mark.parametrize(
    ("header", "links"),
    [
        ("", {}),
        ('<https://a.example/x?page=2>; rel="next"', {"next": "https://a.example/x?page=2"}),
        ('<?page=2>; rel="next", <?page=9>; rel="last"', {"next": "?page=2", "last": "?page=9"}),
        ("<?p=2>;rel=next,<?p=1>;rel=first", {"next": "?p=2", "first": "?p=1"}),
        ('<a,b>; title="x, <y>; rel=\\"next\\""; rel="next prev"', {"next": "a,b", "prev": "a,b"}),
        ('<a>; REL="NEXT"', {"next": "a"}),
        ('<a>; rel="next"; rel="last"', {"next": "a"}),
        ('<a>; rel="next", <b>; rel="next"', {"next": "a"}),
        ("<a>; anchor=x", {}),
        ("a; rel=next", {}),
        ('<a; rel="next"', {}),
        ('nonsense, <a>; rel="next"', {}),
    ],
)  # fmt: skip
def test_links(header: str, links: dict[str, str]) -> None:
    assert parse_links(header) == links


@given(st.text(alphabet='<>;,="\\ arelnxt', max_size=60))
def test_any_text_is_read_or_left(header: str) -> None:
    for target in parse_links(header).values():
        assert f"<{target}>" in header
