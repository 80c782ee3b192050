"""What a reader makes of its records: each ends in exactly one place, and none fails the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from msgspec import Raw

from riskcockpit.domain.finding import ControlEvidence, Observation, Problem, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording

Record = Observation | ControlEvidence | None
"""A fault, evidence of none, or None: the report itself says that the fault is gone."""


class Gathering:
    """The records of one scan as they are read."""

    def __init__(self) -> None:
        self.observations: list[Observation] = []
        self.evidence: list[ControlEvidence] = []
        self.problems: list[Problem] = []
        self.absent = 0

    def take(self, place: str, read: Callable[[], Record]) -> None:
        """Keep what `read` returns; a record it cannot read becomes a problem at `place`."""
        try:
            record = read()
        except SkipRecordError as fault:
            self.problems.append(Problem(place, wording.title(fault.message)))
            return
        if record is None:
            self.absent += 1
        elif isinstance(record, Observation):
            self.observations.append(record)
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
            problems=tuple(self.problems),
            absent=self.absent,
            **about,
        )
