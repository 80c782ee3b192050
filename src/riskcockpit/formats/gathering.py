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
        for number, raw in enumerate(raws):
            where = f"{place}[{number}]"
            self.take(where, partial(read, bytes(raw), where))

    def trouble(self, place: str, why: str) -> None:
        """Note a part of the report that could not be read."""
        self.problems.append(Problem(place, wording.title(why)))

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


class Sorting:
    """The records of one report that belong to several scans; each record tells to which."""

    def __init__(self) -> None:
        self._parts: dict[str, Gathering] = {}
        self._problems: list[Problem] = []

    @property
    def is_whole(self) -> bool:
        """Whether every record could be read; one that cannot may belong to any of the scans."""
        return not self._problems

    def take(self, place: str, read: Callable[[], tuple[str, Record]]) -> None:
        """Keep what `read` returns under the key it returns with it."""
        try:
            key, record = read()
        except SkipRecordError as fault:
            self._problems.append(Problem(place, wording.title(fault.message)))
            return
        self._parts.setdefault(key, Gathering()).add(record)

    def take_all(
        self, place: str, raws: Iterable[Raw], read: Callable[[bytes, str], tuple[str, Record]]
    ) -> None:
        """Take every record of the list at `place`; `read` gets each with its own place."""
        for number, raw in enumerate(raws):
            where = f"{place}[{number}]"
            self.take(where, partial(read, bytes(raw), where))

    def parts(self, default: str) -> list[tuple[str, Gathering]]:
        """Return the keys and their records; without any, an empty part under `default`.

        The first part has the records that could not be read.
        """
        parts = list(self._parts.items()) or [(default, Gathering())]
        parts[0][1].problems[:] = self._problems
        return parts


def unread(tool: str, documents: Documents, category: str = "") -> tuple[Scan, ...]:
    """Return a scan of what could not be read between the documents of a file, or none."""
    if not documents.unreadable:
        return ()
    problems = tuple(Problem("report", why) for why in documents.unreadable)
    return (Scan(tool=tool, category=category, problems=problems, is_partial=True),)
