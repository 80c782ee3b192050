"""How evidence is shown: requirements and the controls that speak of them, in words and signs.

Shared by the cockpit and the command line. Nothing here says that anybody complies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from riskcockpit.domain.kpi import KpiState
from riskcockpit.present.text import UNICODE, Glyphs, Mark, state_mark

if TYPE_CHECKING:  # columns import this; the first frame does without
    from riskcockpit.views.compliance import EvidenceState, RequirementView

_VERDICTS = {"ok": KpiState.OK, "stale": KpiState.STALE, "no_data": KpiState.NO_DATA}


def evidence_mark(state: EvidenceState, glyphs: Glyphs = UNICODE) -> Mark:
    """Return how the evidence for a requirement is shown: present, stale, absent, not automated."""
    marks = {
        "present": (glyphs.ok, "ok"),
        "stale": (glyphs.stale, "stale"),
        "absent": (glyphs.no_data, "no_data"),
        "not_automated": (glyphs.separator, "muted"),
    }
    return Mark(state.value.replace("_", " "), *marks[state.value])


def requirement_mark(view: RequirementView, glyphs: Glyphs = UNICODE) -> Mark:
    """Return how a requirement stands in full: a control that fails is said with its number."""
    mark = evidence_mark(view.state, glyphs)
    word = view.assessment.replace("_", " ") if not view.controls else mark.word
    if not view.failing:
        return Mark(word, mark.symbol, mark.token)
    symbol = glyphs.alarm if view.state.value == "present" else mark.symbol
    return Mark(f"{word}, {view.failing} of {len(view.controls)} fail", symbol, "alarm")


def verdict_mark(verdict: str, glyphs: Glyphs = UNICODE) -> Mark:
    """Return how a control's verdict is shown, as `▲ ALARM`."""
    kin = state_mark(_VERDICTS.get(verdict, KpiState.ALARM), glyphs)
    return Mark(verdict.replace("_", " ").upper(), kin.symbol, kin.token)
