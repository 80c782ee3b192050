"""What a reader makes of its records: each ends in exactly one place, and none fails the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from msgspec import Raw

from riskcockpit.domain.finding import ControlEvidence, Observation, Problem, Scan, VexStatement
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.documents import Documents
from riskcockpit.formats.members import each

Record = Observation | ControlEvidence | VexStatement | None
"""A fault, evidence of none, a word about faults; None: the report says that the fault is gone."""


class Gathering:
    """The records of one scan as they are read."""

    def __init__(self) -> None:
        self.observations: list[Observation] = []
        self.evidence: list[ControlEvidence] = []
        self.statements: list[VexStatement] = []
        self.problems: list[Problem] = []
        self.absent = 0

    def take(self, place: str, read: Callable[[], Record]) -> None:
        """Keep what `read` returns; a record it cannot read becomes a problem at `place`."""
        try:
            record = read()
        except SkipRecordError as fault:
            self.problems.append(Problem(place, wording.title(fault.message)))
            return
        self.add(record)

    def add(self, record: Record) -> None:
        """Keep a record."""
        if record is None:
            self.absent += 1
        elif isinstance(record, Observation):
            self.observations.append(record)
        elif isinstance(record, VexStatement):
            self.statements.append(record)
        else:
            self.evidence.append(record)

    def take_all(
        self, place: str, raws: Iterable[Raw], read: Callable[[bytes, str], Record]
    ) -> None:
        """Take every record of the list at `place`; `read` gets each with its own place."""
        for where, raw in each(raws, place):
            self.take(where, partial(read, raw, where))

    def trouble(self, place: str, why: str) -> None:
        """Note a part of the report that could not be read."""
        self.problems.append(Problem(place, wording.title(why)))

    def unread(self, sentences: Iterable[str]) -> None:
        """Note the parts of a file that are not JSON."""
        for why in sentences:
            self.trouble("report", why)

    def scan(self, tool: str, **about: Any) -> Scan:
        """Return the scan of `tool` with everything gathered; `about` are further fields of it."""
        return Scan(
            tool=tool,
            observations=tuple(self.observations),
            evidence=tuple(self.evidence),
            statements=tuple(self.statements),
            problems=tuple(self.problems),
            absent=self.absent,
            **about,
        )


def unread(tool: str, documents: Documents, category: str = "") -> tuple[Scan, ...]:
    """Return a scan of what could not be read between the documents of a file, or none."""
    if not documents.unreadable:
        return ()
    problems = tuple(Problem("report", why) for why in documents.unreadable)
    return (Scan(tool=tool, category=category, problems=problems, is_partial=True),)
