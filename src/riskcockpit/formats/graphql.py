"""Answers of GraphQL, whatever the query was: the lists in them, and the errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.documents import Json
from riskcockpit.formats.members import Members

_MAX_DEPTH = 40
"""How deep in the answer lists are looked for; real queries need ten."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One list, as much of it as the query asked for."""

    place: str
    owner: str
    """What the list is of; empty when nothing around it says so."""
    nodes: list[Json]
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class Lists:
    """Which lists are looked for."""

    name: str
    """The field that holds one."""
    is_node: Callable[[Json], bool]
    """Whether an object is in such a list; a bare list of them is one too."""
    owner: Callable[[Members], str]
    """What an object calls itself, when it may own such lists; empty when it does not."""

    def of(
        self, value: Json, place: str = "", owner: str = "", depth: int = 0
    ) -> Iterator[Connection]:
        """Yield the lists in `value`, which `owner` owns."""
        if depth > _MAX_DEPTH:
            return
        if isinstance(value, list):
            if value and all(isinstance(item, dict) and self.is_node(item) for item in value):
                yield Connection(place, owner, value)
                return
            for number, item in enumerate(value):
                yield from self.of(item, f"{place}[{number}]", owner, depth + 1)
        elif isinstance(value, dict):
            owner = self.owner(Members(value)) or owner
            for key, item in value.items():
                where = f"{place}.{key}" if place else key
                if key == self.name and isinstance(item, dict):
                    yield _connection(Members(item), where, owner)
                else:
                    yield from self.of(item, where, owner, depth + 1)


def errors_of(answer: Json, options: ReadOptions) -> Iterator[str]:
    """Yield why a query came to less than it asked for, each in one clean line."""
    for error in Members(answer).members("errors"):
        if message := wording.title(options.redact(error.text("message"))):
            yield message


def _connection(connection: Members, place: str, owner: str) -> Connection:
    nodes = connection.at("nodes")
    if not isinstance(nodes, list):
        nodes = [edge.at("node") for edge in connection.members("edges")]
    page = connection.member("pageInfo")
    total = connection.number("totalCount") or 0
    has_more = page.flag("hasNextPage") or total > len(nodes)
    return Connection(f"{place}.nodes", owner, nodes, has_more)
