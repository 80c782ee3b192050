"""Addresses that can be clicked: only safe ones, only where they may be, whoever asks for them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.content import Content
from textual.style import Style as TextualStyle

from riskcockpit.tui.fence import Fence
from riskcockpit.tui.hyperlinks import are_shown, linked
from riskcockpit.tui.widgets.finding_text import fact
from support.pty import cockpit

PAGE = "https://bank.example/advisories/7?a=b"
BLACK = Color(0, 0, 0)


@pytest.mark.parametrize(
    ("setting", "environ", "is_ascii", "expected"),
    [
        ("auto", {"TERM": "xterm-256color"}, False, True),
        ("auto", {"TERM": "tmux-256color"}, False, True),
        ("auto", {"TERM": "screen-256color"}, False, False),
        ("auto", {"TERM": "linux"}, False, False),
        ("auto", {"TERM": "xterm-256color", "NO_COLOR": "1"}, False, False),
        ("auto", {"TERM": "xterm-256color"}, True, False),
        ("off", {"TERM": "xterm-256color"}, False, False),
    ],
)
def test_links_are_sent_only_where_they_are_understood_and_wanted(
    setting: str, environ: Mapping[str, str], is_ascii: bool, expected: bool
) -> None:
    assert are_shown(setting, environ, is_ascii=is_ascii) is expected


def link_of(row: Content) -> list[str]:
    styles = (span.style for span in row.spans)
    return [style.link for style in styles if isinstance(style, TextualStyle) and style.link]


def test_every_line_of_an_address_leads_to_the_whole_of_it() -> None:
    address = PAGE + "/x-y" * 30
    rows = fact("about", f"see {address}, and {PAGE}.", 40)
    assert len(rows) > 3
    led: dict[str, str] = {}
    for row, span in ((line, each) for line in rows for each in line.spans):
        if isinstance(span.style, TextualStyle) and span.style.link:
            said = row.plain[span.start : span.end]
            led[span.style.link] = led.get(span.style.link, "") + said
    assert led == {address: address, PAGE: PAGE}


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "file:///etc/passwd", "https://a.example/\x1b]52;c;eA==\x07",
        "https://bank.example@evil.example/", "https://a.example/\u202e", "ssh://a.example", "",
    ],
)  # fmt: skip
def test_an_address_that_is_not_safe_is_text(address: str) -> None:
    rows = [Content(f"help          {address}")]
    assert not any(link_of(row) for row in linked(rows, address, 14))
    evil = Segment("click", Style(link=address or "x", bold=True))
    (shown,) = Fence(has_links=True).apply([evil], BLACK)
    assert shown.style == Style(bold=True)


def test_the_fence_lets_links_pass_only_where_they_may_be() -> None:
    segment = Segment("click", Style(link=PAGE))
    assert Fence(has_links=True).apply([segment], BLACK) == [segment]
    (shown,) = Fence().apply([segment], BLACK)
    assert shown.style is not None
    assert shown.style.link is None


@pytest.mark.parametrize("colours", [{}, {"NO_COLOR": "1"}], ids=["colours", "none"])
def test_the_address_on_a_finding_is_a_link_for_the_terminal(colours: Mapping[str, str]) -> None:
    with cockpit(env=colours) as screen:
        screen.wait_for("Needs you now")
        screen.press("f")
        screen.wait_for("exposure")
        screen.press("\r")
        screen.wait_for("help ")
        screen.read()
        assert (b"\x1b]8;id=" in screen.raw) is (not colours)
        assert screen.leaks() == set()
        assert bool(screen.colours()) is (not colours), "NO_COLOR: greys are colours, too"
