"""Reports whose records belong to several scans: of projects, of repositories, kinds of check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeVar

from msgspec import Raw

from riskcockpit.domain.finding import Problem, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.gathering import Gathering, Record, Room
from riskcockpit.formats.members import each

T = TypeVar("T")


class Group(NamedTuple):
    """What the records of one scan share."""

    tool: str
    asset: str = ""
    category: str = ""
    branch: str = ""


class Groups:
    """The scans of one report as their records are read."""

    def __init__(self, default: Group) -> None:
        """`default` is the scan of a report without any record."""
        self._default = default
        self._gatherings: dict[Group, Gathering] = {}
        self._room = Room()
        self._stray: list[Problem] = []

    def of(self, group: Group) -> Gathering:
        """Return the records of `group`; from now on it is a scan, even if an empty one."""
        return self._gatherings.setdefault(group, Gathering(self._room))

    def take(self, place: str, read: Callable[[], tuple[Group, Record]]) -> None:
        """Keep what `read` returns; a record it cannot read becomes a problem at `place`."""
        try:
            group, record = read()
        except SkipRecordError as fault:
            self.trouble(place, fault.message)
            return
        self.of(group).add(record)

    def take_opened(
        self,
        place: str,
        open_: Callable[[], T],
        group_of: Callable[[T], Group],
        read: Callable[[T], Record],
    ) -> None:
        """Open a record, find its group, and keep there what `read` makes of it, or its problem."""
        try:
            opened = open_()
            gathering = self.of(group_of(opened))
        except SkipRecordError as fault:
            self.trouble(place, fault.message)
            return
        gathering.take(place, lambda: read(opened))

    def take_all(
        self, place: str, raws: Iterable[Raw], read: Callable[[bytes, str], tuple[Group, Record]]
    ) -> None:
        """Take every record of the list at `place`; `read` gets each with its own place."""
        for where, raw in each(raws, place):
            self.take(where, partial(read, raw, where))

    def trouble(self, place: str, why: str) -> None:
        """Note a part of the report that could not be read, whichever scan it belongs to."""
        self._stray.append(Problem(place, wording.title(why)))

    def unread(self, sentences: Iterable[str]) -> None:
        """Note the parts of a file that are not JSON."""
        for why in sentences:
            self.trouble("report", why)

    def scans(
        self, of_group: Callable[[Group], Mapping[str, Any]] | None = None, **about: Any
    ) -> tuple[Scan, ...]:
        """Return a scan for each group; `about`, then `of_group`, are further fields of it.

        A record nobody can read may belong to any of the scans, so all of them are incomplete.
        """
        gatherings = self._gatherings or {self._default: Gathering()}
        scans = []
        for group, gathering in gatherings.items():
            fields = about | dict(of_group(group) if of_group else {})
            scans.append(
                gathering.scan(
                    group.tool,
                    asset=group.asset,
                    category=group.category,
                    branch=group.branch,
                    **fields,
                )
            )
        return _with_stray(scans, self._stray)


def _with_stray(scans: list[Scan], stray: list[Problem]) -> tuple[Scan, ...]:
    if not stray:
        return tuple(scans)
    first, *others = (replace(scan, is_partial=True) for scan in scans)
    return (replace(first, problems=(*first.problems, *stray)), *others)
