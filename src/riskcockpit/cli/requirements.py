"""Compliance on stdout: the matrix of all frameworks, the tree of one, one JSON document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from riskcockpit.cli import documents
from riskcockpit.cli.output import cells, line, styled
from riskcockpit.present.columns import Cell
from riskcockpit.present.evidence import evidence_mark, requirement_mark
from riskcockpit.present.text import age
from riskcockpit.views.compliance import (
    EvidenceState,
    EvidenceView,
    FrameworkView,
    RequirementView,
)

_TOKENS = {
    "ok": "ok", "alarm": "alarm", "error": "alarm", "config_invalid": "alarm", "stale": "stale",
    "no_data": "no_data",
}  # fmt: skip


def matrix(views: Iterable[FrameworkView]) -> None:
    """Print one row a framework with its requirements counted by state."""
    states = tuple(EvidenceState)
    words = (evidence_mark(state).word for state in states)
    cells(
        ("framework", "requirements", *words, "failing", "title"),
        [
            (
                view.id, len(view.requirements), *(view.counts[state] for state in states),
                view.failing, view.title,
            )
            for view in views
        ],
        "table",
    )  # fmt: skip


def tree(view: FrameworkView, now: datetime) -> None:
    """Print one framework: its parts, requirements and the controls that speak of them."""
    counts = ", ".join(
        f"{number} {evidence_mark(state).word}" for state, number in view.counts.items()
    )
    line(f"{view.id}  {view.title}")
    line(f"  {counts}; a control fails for {view.failing}")
    line(f"  {view.link}  ({view.certainty})")
    if view.note:
        line(f"  {view.note}")
    for title, requirements_ in view.parts():
        line()
        line(title)
        for requirement in requirements_:
            _requirement(requirement, now)


def _requirement(view: RequirementView, now: datetime) -> None:
    mark = requirement_mark(view)
    head = f"  {evidence_mark(view.state).symbol} {view.id:<10} "
    styled(Cell(head, mark.token), Cell(f"{view.title}  "), Cell(mark.word, mark.token))
    for control in view.controls:
        _control(control, now)


def _control(view: EvidenceView, now: datetime) -> None:
    said = view.message or (f"{view.failed} failing" if view.failed else "")
    styled(
        Cell(f"      {view.verdict:<9} ", _TOKENS.get(view.verdict, "alarm")),
        Cell(f"{view.id}  "),
        Cell(f"{said}  {age(view.at, now)}".strip() if view.at else said, "muted"),
    )


def requirements(views: Iterable[FrameworkView], kind: str) -> None:
    """Print one row a requirement, as CSV or Markdown."""
    cells(
        ("framework", "part", "requirement", "title", "assessment", "certainty", "evidence",
         "failing", "controls"),
        [
            (
                one.framework, one.part, one.id, one.title, one.assessment, one.certainty,
                one.state.value, one.failing, " ".join(control.id for control in one.controls),
            )
            for view in views
            for one in view.requirements
        ],
        kind,
    )  # fmt: skip


def document(views: Sequence[FrameworkView], now: datetime) -> documents.Json:
    """`compliance --json`."""
    return documents.document(
        "compliance",
        as_of=documents.plain(now),
        frameworks=[_framework(view) for view in views],
    )


def _framework(view: FrameworkView) -> documents.Json:
    return {
        "id": view.id,
        "title": view.title,
        "link": view.link,
        "certainty": view.certainty,
        "note": view.note,
        "counts": {state.value: number for state, number in view.counts.items()},
        "failing": view.failing,
        "requirements": [
            {
                "id": one.id,
                "part": one.part,
                "title": one.title,
                "link": one.link,
                "assessment": one.assessment,
                "certainty": one.certainty,
                "state": one.state.value,
                "failing": one.failing,
                "controls": [
                    {
                        "id": control.id,
                        "title": control.title,
                        "state": control.verdict,
                        "message": control.message,
                        "failed": control.failed,
                        "as_of": documents.plain(control.at),
                    }
                    for control in one.controls
                ],
            }
            for one in view.requirements
        ],
    }
