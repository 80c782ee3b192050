"""The lines of the compliance screen: a tree from framework to control, and a matrix. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from riskcockpit.present.columns import Align, Cell, Column, Frame
from riskcockpit.present.evidence import evidence_mark, requirement_mark, verdict_mark
from riskcockpit.present.text import Mark, age, plural
from riskcockpit.views.compliance import (
    EvidenceState,
    EvidenceView,
    FrameworkView,
    RequirementView,
)

_INDENT = "  "


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One line of the tree."""

    key: str
    """Unique in the tree and stable over refreshes."""
    parent: str
    """Key of the line it lies under; empty for a framework."""
    depth: int
    name: str
    title: str
    said: str
    """What a control said; empty for all others."""
    about: FrameworkView | RequirementView | EvidenceView | None
    """None for a part: a heading."""
    at: datetime | None = None
    is_open: bool | None = None
    """None when nothing lies under it."""

    @property
    def control(self) -> str:
        """Id of the control it is; empty for all others."""
        return self.about.id if isinstance(self.about, EvidenceView) else ""


@dataclass(frozen=True, slots=True)
class MatrixLine:
    """One part of a framework, with a sign for each of its requirements."""

    framework: str
    part: str
    requirements: tuple[RequirementView, ...]

    @property
    def key(self) -> str:
        """Unique in the matrix and stable over refreshes."""
        return f"{self.framework}/{self.part}"

    def count(self, state: EvidenceState) -> int:
        """Return how many requirements stand so."""
        return Counter(one.state for one in self.requirements)[state]

    @property
    def failing(self) -> int:
        """Requirements of which a control fails."""
        return sum(one.failing > 0 for one in self.requirements)


def tree_lines(
    views: Iterable[FrameworkView], opened: frozenset[str], *, only_faults: bool
) -> tuple[EvidenceLine, ...]:
    """Return the lines that are seen; with `only_faults` those of requirements that lack something.

    `opened` are the keys under which lines are shown.
    """
    return tuple(line for view in views for line in _framework(view, opened, only_faults))


def found_lines(
    lines: Sequence[EvidenceLine], fits: Callable[[str], bool], frame: Frame
) -> tuple[EvidenceLine, ...]:
    """Return the lines that fit, with those they lie under; `fits` is given folded text.

    A line says what those above it are called, too: `dora absent` finds what is absent in DORA.
    """
    said: dict[str, str] = {}
    above = {line.key: line.parent for line in lines}
    kept: set[str] = set()
    for line in lines:  # what lies above comes first
        state = f" {_mark(line, frame)} {line.said}" if line.depth else ""
        own = f"{line.name} {line.title}{state}".casefold()
        said[line.key] = f"{said.get(line.parent, '')} {own}"
        key = line.key if line.about is not None and fits(said[line.key]) else ""
        while key and key not in kept:
            kept.add(key)
            key = above[key]
    out: list[EvidenceLine] = []
    heading: EvidenceLine | None = None
    for line in lines:
        if line.about is None:
            heading = line
        elif line.key in kept:
            if heading is not None and line.depth:
                out.append(heading)
            heading = None
            out.append(line)
    return tuple(out)


def found_parts(rows: Sequence[MatrixLine], fits: Callable[[str], bool]) -> tuple[MatrixLine, ...]:
    """Return the parts that fit by their names, or by those of a requirement."""
    return tuple(
        row
        for row in rows
        if any(
            fits(f"{row.framework} {row.part} {one.id} {one.title}".casefold())
            for one in row.requirements
        )
    )


def requirements_of(rows: Iterable[EvidenceLine]) -> int:
    """Return how many lines are requirements."""
    return sum(isinstance(row.about, RequirementView) for row in rows)


def lacks(view: RequirementView) -> bool:
    """Return whether a person should look: a control fails, or evidence is old or missing."""
    return view.failing > 0 or view.state in (EvidenceState.STALE, EvidenceState.ABSENT)


def openable(views: Iterable[FrameworkView]) -> frozenset[str]:
    """Return every key that something lies under."""
    keys = set()
    for view in views:
        keys.add(view.id)
        keys.update(_key(one) for one in view.requirements if one.controls)
    return frozenset(keys)


def matrix_lines(views: Iterable[FrameworkView], *, only_faults: bool) -> tuple[MatrixLine, ...]:
    """Return one line a part of each framework."""
    lines = (MatrixLine(view.id, title, those) for view in views for title, those in view.parts())
    return tuple(line for line in lines if not only_faults or any(map(lacks, line.requirements)))


def _key(view: RequirementView) -> str:
    return f"{view.framework}/{view.part}/{view.id}"


def _framework(
    view: FrameworkView, opened: frozenset[str], only_faults: bool
) -> Iterator[EvidenceLine]:
    wanted = [
        (title, [one for one in those if lacks(one) or not only_faults])
        for title, those in view.parts()
    ]
    if only_faults and not any(those for _, those in wanted):
        return
    is_open = view.id in opened
    yield EvidenceLine(view.id, "", 0, view.id, view.title, "", view, is_open=is_open)
    if not is_open:
        return
    for title, those in wanted:
        if those:
            yield EvidenceLine(f"{view.id}/{title}", view.id, 1, title, "", "", None)
        for one in those:
            yield from _requirement(one, opened)


def _requirement(view: RequirementView, opened: frozenset[str]) -> Iterator[EvidenceLine]:
    key = _key(view)
    is_open = key in opened if view.controls else None
    at = min((one.at for one in view.controls if one.at is not None), default=None)
    yield EvidenceLine(key, view.framework, 1, view.id, view.title, "", view, at, is_open)
    for control in view.controls if is_open else ():
        said = control.message or (f"{control.failed} failing" if control.failed else "")
        yield EvidenceLine(
            f"{key}/{control.id}", key, 2, control.id, control.title, said, control, control.at
        )


def _name(line: EvidenceLine, frame: Frame) -> Cell:
    glyphs = frame.glyphs
    sign = {None: " ", True: glyphs.opened, False: glyphs.closed}[line.is_open]
    token = "title" if line.about is None or line.depth == 0 else ""
    return Cell(f"{_INDENT * line.depth}{sign} {line.name}", token)


def _mark(line: EvidenceLine, frame: Frame) -> Mark:
    match line.about:
        case RequirementView() as view:
            return requirement_mark(view, frame.glyphs)
        case EvidenceView() as view:
            return verdict_mark(view.verdict, frame.glyphs)
        case FrameworkView() as view:
            return _worst(view, frame)
        case _:
            return Mark("", "", "muted")


def _worst(view: FrameworkView, frame: Frame) -> Mark:
    counts = view.counts
    state = next(
        (s for s in (EvidenceState.ABSENT, EvidenceState.STALE) if counts[s]), EvidenceState.PRESENT
    )
    mark = evidence_mark(state, frame.glyphs)
    text = f"{counts[EvidenceState.PRESENT]} of {len(view.requirements)} present"
    if view.failing:
        return Mark(f"{text}, {view.failing} fail", frame.glyphs.alarm, "alarm")
    return Mark(text, mark.symbol, mark.token)


def _state(line: EvidenceLine, frame: Frame) -> Cell:
    mark = _mark(line, frame)
    return Cell(str(mark).strip(), mark.token)


def _title(line: EvidenceLine, _frame: Frame) -> Cell:
    return Cell(f"{line.title}: {line.said}" if line.said else line.title)


def _judged(line: EvidenceLine, frame: Frame) -> Cell:
    return Cell(age(line.at, frame.now, missing=""), "muted")


TREE: tuple[Column[EvidenceLine], ...] = (
    Column("name", "requirement", _name, 22, grow=3, rank=0),
    Column("state", "evidence", _state, 27, rank=0),
    Column("title", "what it asks for, or says", _title, 20, grow=4, rank=0),
    Column("at", "judged", _judged, 7, Align.RIGHT, rank=2),
)  # fmt: skip


def _strip(line: MatrixLine, frame: Frame) -> Cell:
    return Cell("".join(requirement_mark(one, frame.glyphs).symbol for one in line.requirements))


def _number(state: EvidenceState) -> Column[MatrixLine]:
    mark = evidence_mark(state)

    def cell(line: MatrixLine, frame: Frame) -> Cell:
        number = line.count(state)
        return Cell(str(number) if number else frame.glyphs.dash, mark.token if number else "muted")

    title = "not auto" if state is EvidenceState.NOT_AUTOMATED else mark.word
    return Column(state.value, title, cell, len(title), Align.RIGHT, rank=0)


MATRIX: tuple[Column[MatrixLine], ...] = (
    Column("framework", "framework", lambda line, _: Cell(line.framework, "title"), 12, rank=0),
    Column("part", "part", lambda line, _: Cell(line.part), 16, grow=1, rank=1),
    *(_number(state) for state in EvidenceState),
    Column(
        "failing", "fail",
        lambda line, frame: Cell(str(line.failing) if line.failing else frame.glyphs.dash,
                                 "alarm" if line.failing else "muted"),
        4, Align.RIGHT, rank=0,
    ),
    Column("strip", "each requirement", _strip, 18, grow=1, rank=2),
)  # fmt: skip


def legend(frame: Frame) -> list[tuple[str, str]]:
    """Return what the signs mean, as parts with tokens."""
    parts: list[tuple[str, str]] = []
    for state in EvidenceState:
        mark = evidence_mark(state, frame.glyphs)
        parts.append((f" {mark}  ", mark.token))
    parts.append((f"{frame.glyphs.alarm} a control fails", "alarm"))
    return parts


def summary(views: Sequence[FrameworkView]) -> str:
    """Return how all requirements stand together, in one sentence of at most 80 cells."""
    total = sum(len(view.requirements) for view in views)
    counts = Counter(one.state for view in views for one in view.requirements)
    words = ", ".join(f"{counts[state]} {evidence_mark(state).word}" for state in EvidenceState)
    return f"{plural(total, 'requirement')}: {words}; {sum(v.failing for v in views)} fail"
