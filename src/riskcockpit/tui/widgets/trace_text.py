"""The chain of a deployment as an indented tree; what is missing says what ends the gap."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from riskcockpit.present.columns import Frame
from riskcockpit.present.tracing import GAP, OK, Branch, tree
from riskcockpit.tui.widgets.finding_text import fact
from riskcockpit.tui.widgets.plain import styled
from riskcockpit.views.trace import TraceView

_STEP = 2
_LABEL = 14


def trace_text(view: TraceView, frame: Frame, width: int) -> list[Content]:
    """Return every link of the chain with what it rests on."""
    root = tree(view)
    out = [
        styled([(root.label, "strong")]),
        *fact("", root.text, width, indent=_STEP),
        Content(""),
    ]
    for branch in root.children:
        out += _drawn(branch, frame, width, 0)
    return out


def _drawn(branch: Branch, frame: Frame, width: int, depth: int) -> Iterator[Content]:
    indent = " " * (depth * _STEP)
    sign, token = {
        OK: (frame.glyphs.ok, "ok"),
        GAP: (frame.glyphs.alarm, "alarm"),
    }.get(branch.state, (" ", "muted"))
    if depth == 0:
        yield styled([(f"{sign} ", token), (branch.label, "title"), f"  {branch.text}"])
    else:
        label = max(_LABEL, len(branch.label) + 2)
        for line in fact(branch.label, branch.text or " -", width - len(indent), indent=label):
            yield Content.assemble(indent, line)
    for child in branch.children:
        yield from _drawn(child, frame, width, depth + 1)
