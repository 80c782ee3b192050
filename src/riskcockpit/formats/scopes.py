"""The records of a report that covers several scopes, each gathered for its scan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from riskcockpit.domain.finding import Problem, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.gathering import Gathering, Record

T = TypeVar("T")


class Scope(NamedTuple):
    """What one scan covers."""

    tool: str
    asset: str = ""
    category: str = ""


class Scopes:
    """Gathers records scope by scope.

    A record that cannot be read belongs to nobody knows which scope, so none of them is complete.
    """

    def __init__(self, tool: str) -> None:
        self._tool = tool
        self._gatherings: dict[Scope, Gathering] = {}
        self._unplaced: list[Problem] = []

    def of(self, scope: Scope) -> Gathering:
        """Return the gathering of `scope`; asking for it is enough to make its scan."""
        return self._gatherings.setdefault(scope, Gathering())

    def take(
        self,
        place: str,
        open_: Callable[[], T],
        scope: Callable[[T], Scope],
        read: Callable[[T], Record],
    ) -> None:
        """Open a record, find its scope, and gather what `read` makes of it."""
        try:
            record = open_()
            gathering = self.of(scope(record))
        except SkipRecordError as fault:
            self.trouble(place, fault.message)
            return
        gathering.take(place, lambda: read(record))

    def trouble(self, place: str, why: str) -> None:
        """Note a part of the report that could not be read."""
        self._unplaced.append(Problem(place, wording.title(why)))

    def scans(self, about: Callable[[Scope], dict[str, Any]] | None = None) -> tuple[Scan, ...]:
        """Return the scans, at least one; `about` gives further fields of each."""
        found = [
            gathering.scan(
                scope.tool,
                asset=scope.asset,
                category=scope.category,
                **(about(scope) if about else {}),
            )
            for scope, gathering in self._gatherings.items()
        ]
        if not self._unplaced:
            return tuple(found) or (Scan(tool=self._tool),)
        loose = Scan(tool=self._tool, problems=tuple(self._unplaced), is_partial=True)
        return (*(replace(scan, is_partial=True) for scan in found), loose)
