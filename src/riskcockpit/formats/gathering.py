"""What a reader makes of its records: each ends in exactly one place, and none fails the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from msgspec import Raw

from riskcockpit.domain.finding import ControlEvidence, Observation, Problem, Scan, VexStatement
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import MIB
from riskcockpit.formats.documents import Documents
from riskcockpit.formats.members import each


@dataclass(frozen=True, slots=True)
class Gone:
    """A fault of which the report says that it is gone, as it was."""

    was: Observation


Record = Observation | ControlEvidence | VexStatement | Gone | None
"""A fault, evidence of none, a word about faults, a fault that is gone; None: one that is gone and
of which no more can be told."""


def gone(was: Callable[[], Observation]) -> Gone | None:
    """Return a fault that is gone, as far as it can be read: nobody needs to know more of it."""
    try:
        return Gone(was())
    except SkipRecordError:
        return None


LARGE_RECORD = 1 << 16
"""Bytes from which a record counts as large."""
ROOM = 64 * MIB
"""For the large records of a report: they may all hold one part that is large in it once."""


class Room:
    """How many bytes of large records may still be kept for the drill-down."""

    def __init__(self) -> None:
        self._left = ROOM

    def kept(self, seen: Observation) -> Observation:
        """Return an observation, without its record when that is large and there is no room."""
        size = len(seen.raw)
        if size < LARGE_RECORD:
            return seen
        if size > self._left:
            return replace(seen, raw=b"")
        self._left -= size
        return seen


class Gathering:
    """The records of one scan as they are read."""

    def __init__(self, room: Room | None = None) -> None:
        """`room` is that of all scans of the report; None: this is the only one."""
        self._room = room or Room()
        self.observations: list[Observation] = []
        self.evidence: list[ControlEvidence] = []
        self.statements: list[VexStatement] = []
        self.problems: list[Problem] = []
        self.gone: list[Observation] = []
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
        elif isinstance(record, Gone):
            self.absent += 1
            self.gone.append(self._room.kept(record.was))
        elif isinstance(record, Observation):
            self.observations.append(self._room.kept(record))
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
            gone=tuple(self.gone),
            **about,
        )


def unread(tool: str, documents: Documents, category: str = "") -> tuple[Scan, ...]:
    """Return a scan of what could not be read between the documents of a file, or none."""
    if not documents.unreadable:
        return ()
    problems = tuple(Problem("report", why) for why in documents.unreadable)
    return (Scan(tool=tool, category=category, problems=problems, is_partial=True),)
