"""The lines around every screen: header, state and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from riskcockpit.tui.widgets.plain import Part, fitted, lines, styled

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.views.posture import PostureView


_LEAST = 8
"""Cells that are left of breadcrumbs, a context or a user, when they are cut."""
_LEAST_TEXT = 30
_SHORT_HINT = 20
_SHORTER = ("crumbs", "age", "who", "mode", "crumbs", "who")
"""What is said shorter first, when there is no room for all."""
_GOING = ("who", "age", "ledger")
"""What is left out first, on a line that is too narrow for all of it in its shortest words."""
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
    word = clean_line(here.get(place.kind, place.kind))
    return words if words[-1:] == (word,) else (*words, word)


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
    """Return breadcrumbs on the left; context, user, lock, age and ledger on the right.

    Where there is no room for all their words each is said shorter; what has to go on a line that
    is narrower still goes by its place in `_GOING`.
    """
    trodden = trail(place)
    join = f" {glyphs.crumb} ".join
    crumbs = [join(("riskcockpit", *trodden)), join(trodden), trodden[-1]]
    mode, token = _mode(about, is_locked=is_locked)
    brief = age_text.removeprefix("synced ").removesuffix(" ago")
    name, host = about.principal, about.host
    says = {
        "context": [_context(about)],
        "who": [(each, "muted") for each in _who(name, host)],
        "mode": [(mode, token), (mode.replace("PRODUCTION", "PROD"), token)],
        "age": [(age_text, "muted"), (brief, "muted")],
        "ledger": [_ledger(posture)],
    }
    gap = f" {glyphs.separator} "
    shown, right = _fitting(crumbs, says, glyphs, width)
    parts: list[Part] = []
    for index, part in enumerate(right):
        # behind a coloured context, which has a blank of its own, one is enough
        before = gap.lstrip() if index and right[index - 1][0].endswith(" ") else gap
        parts += [(before, "muted"), part] if index else [part]
    spare = max(2, width - 2 - cell_len(shown) - styled(parts).cell_length)
    return styled([" ", (shown, "title"), " " * spare, *parts, " "])


def _who(name: str, host: str) -> tuple[str, ...]:
    """Return the user on this computer, the longest words first; without settings there is none."""
    return (f"{name}@{host}", name, name.partition("@")[0]) if name else (host,)


def _fitting(
    crumbs: list[str], says: Mapping[str, list[tuple[str, str]]], glyphs: Glyphs, width: int
) -> tuple[str, list[tuple[str, str]]]:
    """Return breadcrumbs and the words beside them, each as long as it can be."""
    gap = f" {glyphs.separator} "
    for name in _SHORTER:
        right = [each[0] for each in says.values() if each[0][0]]
        if cell_len(crumbs[0]) + _length(right, gap) + 4 <= width:
            return crumbs[0], right
        chosen = crumbs if name == "crumbs" else says[name]
        if len(chosen) > 1:
            del chosen[0]
    return _cut(crumbs[0], {name: each[0] for name, each in says.items()}, glyphs, width)


def _cut(
    crumbs: str, says: Mapping[str, tuple[str, str]], glyphs: Glyphs, width: int
) -> tuple[str, list[tuple[str, str]]]:
    """Cut the longest words, then leave some out, until the rest fits."""
    gap = f" {glyphs.separator} "
    kept = {name: part for name, part in says.items() if part[0]}

    def over() -> int:
        return cell_len(crumbs) + _length(list(kept.values()), gap) + 4 - width

    crumbs = _clipped(crumbs, max(_LEAST, cell_len(crumbs) - max(0, over())), glyphs)
    for name in ("context", "who"):
        text, token = kept.get(name, ("", ""))
        if text and over() > 0:
            kept[name] = (_clipped(text, max(_LEAST, cell_len(text) - over()), glyphs), token)
    for name in _GOING:
        if over() > 0:
            kept.pop(name, None)
    return crumbs, list(kept.values())


def _clipped(text: str, room: int, glyphs: Glyphs) -> str:
    if cell_len(text) <= room:
        return text
    return set_cell_size(text, room - cell_len(glyphs.ellipsis)).rstrip() + glyphs.ellipsis


def _length(parts: Sequence[tuple[str, str]], gap: str) -> int:
    return sum(cell_len(part[0]) for part in parts) + len(gap) * max(0, len(parts) - 1)


def _context(about: About) -> tuple[str, str]:
    if about.colour:
        return f" {about.context} ", f"context-{about.colour}"
    return about.context, "strong"


def _mode(about: About, *, is_locked: bool) -> tuple[str, str]:
    if not about.is_writable:
        return "PRODUCTION READ-ONLY HOME" if about.is_production else "READ-ONLY HOME", "warn"
    if about.is_production:
        return ("PRODUCTION LOCKED", "warn") if is_locked else ("PRODUCTION UNLOCKED", "alarm")
    return ("read-only", "warn") if is_locked else ("", "")


def _ledger(posture: PostureView | None) -> tuple[str, str]:
    if posture is None:
        return "", ""
    return ("ledger ok", "muted") if posture.ledger.is_ok else ("LEDGER BROKEN", "alarm")


def synced(posture: PostureView | None, now: datetime) -> str:
    """Return `synced 2 min ago` by the newest success of any source; empty before any data.

    What was never synced may have been imported: then it says how old its newest input is.
    """
    if posture is None:
        return ""
    moments = [source.last_success for source in posture.sources if source.last_success]
    if not moments:
        seen = [pillar.as_of for pillar in posture.pillars if pillar.as_of]
        return f"data {age(max(seen), now)} old" if seen else "never synced"
    return f"synced {age(max(moments), now)} ago"


def banner_line(wrong: Sequence[Condition], width: int, glyphs: Glyphs) -> Content:
    """Return what is wrong: the gravest in full, its hint and the words of the others behind.

    What does not fit behind stands on a second line; there a single other one says its text, too.
    """
    first = wrong[0]
    head = styled([(f" {first.symbol} {first.word}  ", first.token)])
    more: list[Part] = [f" {first.more}"] if first.more else []
    rest: list[Part] = [(f"   {first.hint}", "muted")] if first.hint else []
    rest += [(f"   {each.symbol} {each.word}", each.token) for each in wrong[1:]]
    text, tail = clean_line(first.text), styled(rest)
    room = width - head.cell_length - styled(more).cell_length - 1
    beside = room - tail.cell_length
    is_alone = len(wrong) == 1
    is_brief = is_alone and cell_len(first.hint) <= _SHORT_HINT and beside >= _LEAST_TEXT
    is_beside = is_brief or beside >= cell_len(text)
    shown = fitted(Content(text), max(1, beside if is_beside else room), glyphs)
    line = Content.assemble(head, shown, styled(more))
    if is_beside or not rest:
        return Content.assemble(line, tail)
    if len(wrong) == 2:  # noqa: PLR2004 - the gravest, and one that has the second line to itself
        tail = styled([*rest, (f"  {clean_line(wrong[1].text)}", "muted")])
    return lines([line, fitted(tail, width, glyphs)])


@dataclass(frozen=True, slots=True)
class Hint:
    """One key of the key line."""

    key: str
    word: str
    why_not: str = ""
    """Why it does nothing to what is here; empty when it acts."""
    is_kept: bool = False
    """It stands at the end where there is no room for all before it."""
    action: str = ""
    """What it does, when a click can do it, too."""

    @property
    def size(self) -> int:
        """Cells it takes, with the gap behind it."""
        return cell_len(self.key) + 1 + cell_len(self.word) + 2


def key_line(hints: Sequence[Hint], width: int, glyphs: Glyphs) -> Content:
    """Return as many hints as fit; keys that do nothing stand in brackets, with the reason."""
    parts: list[Part] = [" "]
    used, is_full = 1, False
    left = sum(hint.size for hint in hints if hint.is_kept)
    for why, group in groupby(hints, key=lambda hint: hint.why_not):
        if why:
            text = _dead(tuple(group), why, width, glyphs)
            if used + cell_len(text) + left <= width:
                parts.append((text, "muted"))
                used += cell_len(text)
            continue
        for hint in group:
            left -= hint.size if hint.is_kept else 0
            has_room = used + hint.size + left <= width
            is_full = is_full or not has_room
            if has_room and (hint.is_kept or not is_full):
                parts += [(hint.key, "key"), (f" {hint.word}  ", "muted")]
                used += hint.size
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
