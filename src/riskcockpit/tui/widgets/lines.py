"""The lines around every screen: header, state and keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.present.text import Glyphs, age
from riskcockpit.tui.api import About
from riskcockpit.tui.conditions import Condition
from riskcockpit.tui.messages import Place
from riskcockpit.tui.widgets.plain import Part, fitted, styled

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.views.posture import PostureView


_LEAST_BANNER = 30
_ROOM_FOR_REASONS = 100


def trail(place: Place) -> tuple[str, ...]:
    """Return the words of the breadcrumbs, the outermost first."""
    here = {
        "pillar": place.key.replace("_", " "),
        "model": place.key,
        "finding": place.key[:10],
        "incident": place.key[:10],
        "deployment": place.key[:10],
        "waiver": place.key[:10],
        "alert": place.key[:10],
        "control": place.key,
    }
    words = trail(place.parent) if place.parent is not None else ()
    last = clean_line(here.get(place.kind, place.kind))
    return words if words[-1:] == (last,) else (*words, last)


def header_line(
    place: Place,
    about: About,
    posture: PostureView | None,
    age_text: str,
    *,
    is_locked: bool,
    glyphs: Glyphs,
    width: int,
) -> Content:
    """Return breadcrumbs on the left, context on the right; the least important goes first."""
    crumbs = f" {glyphs.crumb} ".join(("riskcockpit", *trail(place)))
    parts: list[tuple[int, str, str]] = [
        (0, *_context(about)),
        (3, f"{about.principal}@{about.host}", "muted"),
        (0, *_mode(about, is_locked=is_locked)),
        (2, age_text, "muted"),
        (1, *_ledger(posture)),
    ]
    parts = [part for part in parts if part[1]]
    gap = f" {glyphs.separator} "
    room = width - cell_len(crumbs) - 4
    while len(parts) > 1 and _length(parts, gap) > room:
        worst = max(part[0] for part in parts)
        if worst == 0:
            break
        parts = [part for part in parts if part[0] != worst]
    right: list[Part] = []
    for index, (_, text, token) in enumerate(parts):
        right += [(gap, "muted"), (text, token)] if index else [(text, token)]
    spare = max(2, room + 2 - _length(parts, gap))
    return styled([" ", (crumbs, "title"), " " * spare, *right, " "])


def _length(parts: Sequence[tuple[int, str, str]], gap: str) -> int:
    return sum(cell_len(part[1]) for part in parts) + len(gap) * (len(parts) - 1)


def _context(about: About) -> tuple[str, str]:
    if about.colour:
        return f" {about.context} ", f"context-{about.colour}"
    return about.context, "strong"


def _mode(about: About, *, is_locked: bool) -> tuple[str, str]:
    if about.is_production:
        return ("PRODUCTION LOCKED", "warn") if is_locked else ("PRODUCTION UNLOCKED", "alarm")
    return ("read-only", "warn") if is_locked else ("", "")


def _ledger(posture: PostureView | None) -> tuple[str, str]:
    if posture is None:
        return "", ""
    return ("ledger ok", "muted") if posture.ledger.is_ok else ("LEDGER BROKEN", "alarm")


def synced(posture: PostureView | None, now: datetime) -> str:
    """Return `synced 2 min ago` by the newest success of any source; empty before any data."""
    if posture is None:
        return ""
    moments = [source.last_success for source in posture.sources if source.last_success]
    if not moments:
        return "never synced"
    return f"synced {age(max(moments), now)} ago"


def banner_line(wrong: Sequence[Condition], width: int, glyphs: Glyphs) -> Content:
    """Return what is wrong in one line: the gravest in full, the others by their word."""
    first = wrong[0]
    head: list[Part] = [(f" {first.symbol} {first.word}  ", first.token)]
    tail: list[Part] = [(f"   {first.hint}", "muted")] if first.hint else []
    tail += [(f"   {each.symbol} {each.word}", each.token) for each in wrong[1:]]
    room = width - styled(head).cell_length - styled(tail).cell_length - 1
    text = clean_line(first.text)
    if room < min(_LEAST_BANNER, cell_len(text)):
        tail, room = [], width - styled(head).cell_length - 1
    shown = fitted(Content(text), max(1, room), glyphs)
    return Content.assemble(styled(head), shown, styled(tail))


@dataclass(frozen=True, slots=True)
class Hint:
    """One key of the key line."""

    key: str
    word: str
    why_not: str = ""
    """Why it does nothing to what is here; empty when it acts."""


def key_line(hints: Sequence[Hint], width: int, glyphs: Glyphs) -> Content:
    """Return as many hints as fit; keys that do nothing stand in brackets, with the reason."""
    parts: list[Part] = [" "]
    used = 1
    for why, group in groupby(hints, key=lambda hint: hint.why_not):
        if why:
            text = _dead(tuple(group), why, width, glyphs)
            if used + cell_len(text) <= width:
                parts.append((text, "muted"))
                used += cell_len(text)
            continue
        for hint in group:
            size = cell_len(hint.key) + 1 + cell_len(hint.word) + 2
            if used + size > width:
                return styled(parts)
            parts += [(hint.key, "key"), (f" {hint.word}  ", "muted")]
            used += size
    return styled(parts)


def _dead(hints: Sequence[Hint], why: str, width: int, glyphs: Glyphs) -> str:
    """Return keys in brackets; on a narrow screen their reason is told when they are pressed."""
    names = ", ".join(f"{hint.key} {hint.word}" for hint in hints)
    room = width * 2 // 5 - len("(: )  ")
    if width < _ROOM_FOR_REASONS:
        return f"({names})  "
    said = clean_line(why)
    if cell_len(said) > room:
        said = set_cell_size(said, room - cell_len(glyphs.ellipsis)) + glyphs.ellipsis
    return f"({names}: {said})  "
