"""SQL statements as files: `riskcockpit/<package>/sql/<name>.sql`, found by name.

A file is one statement under a header of three comments: a sentence, `-- params: name TYPE, …`
(or `none`) and `-- returns: …`. Statements are never formatted from text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from riskcockpit.errors import FatalError

PACKAGE = Path(__file__).resolve().parent.parent
"""Where our files are; `importlib.resources` takes 15 ms to say so of 150 statements."""
_PARAMS = re.compile(r"^-- params:\s*(?P<list>.*(?:\n--   .*)*)$", re.MULTILINE)
_RETURNS = re.compile(r"^-- returns:\s*\S.*$", re.MULTILINE)
_PARAM = re.compile(r"(?P<name>[a-z_][a-z0-9_]*)\s+(?P<type>[A-Za-z].*)", re.DOTALL)
_WHERE = "/*where*/ TRUE"
_ORDER = "/*order*/ id"
_RANK = "/*rank*/ 0.0"
_PLACEHOLDER = re.compile(r"\$([a-z_][a-z0-9_]*)")
_BETWEEN_PARAMS = re.compile(r",(?![^(]*\))")


@dataclass(frozen=True, slots=True)
class Sql:
    """One statement with the parameters it declares."""

    name: str
    """Where it is from, as `services/finding_page`; for messages."""
    text: str
    params: tuple[tuple[str, str], ...] = ()
    """(name, DuckDB type) in the order of the header."""

    @property
    def parameter_names(self) -> frozenset[str]:
        """The names of its parameters."""
        return frozenset(name for name, _ in self.params)


@dataclass(frozen=True, slots=True)
class Clauses:
    """A condition and an order for a statement that leaves room for them.

    All texts are put together from constants of the code; what a person typed is in `params`.
    """

    where: str
    order: str
    params: dict[str, Any]
    rank: str = ""
    """A number of a finding that is cheap to sort by: of two findings, the one that comes first in
    the order never has the smaller one. Empty when the order has no such number."""


def filled(base: Sql, clauses: Clauses) -> Sql:
    """Return `base` with `/*where*/ TRUE`, `/*order*/ id` and `/*rank*/ 0.0` from `clauses`.

    Only the parameters that the result uses are declared; `used_params` gives their values.
    """
    text = base.text
    for place, filling in _fillings(clauses):
        text = text.replace(place, filling)
    used = tuple((name, "ANY") for name in used_params(base, clauses))
    return Sql(base.name, text, (*base.params, *used))


def used_params(base: Sql, clauses: Clauses) -> dict[str, Any]:
    """Return those parameters of `clauses` that `base` needs once it is filled."""
    texts = [filling for place, filling in _fillings(clauses) if place in base.text]
    names = {match[1] for text in texts for match in _PLACEHOLDER.finditer(text)}
    return {name: value for name, value in clauses.params.items() if name in names}


def _fillings(clauses: Clauses) -> tuple[tuple[str, str], ...]:
    return (
        (_WHERE, clauses.where), (_ORDER, clauses.order), (_RANK, clauses.rank or "0.0"),
    )  # fmt: skip


@cache
def sql(package: str, name: str) -> Sql:
    """Return the statement `name` of `riskcockpit/<package>/sql`.

    Raises:
        FatalError: there is no such statement, or its header is wrong; a fault of ours.
    """
    try:
        text = (PACKAGE / package / "sql" / f"{name}.sql").read_text("utf-8")
    except FileNotFoundError as error:
        from difflib import get_close_matches  # noqa: PLC0415 - only a mistake of ours needs it

        known = statement_names(package)
        near = get_close_matches(name, known, n=1)
        raise FatalError(
            f"there is no statement {package}/sql/{name}.sql",
            hint=f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known) or 'none'}",
        ) from error
    return parse(f"{package}/{name}", text)


def statement_names(package: str) -> tuple[str, ...]:
    """Return the names of all statements of a package, sorted."""
    return tuple(sorted(file.stem for file in (PACKAGE / package / "sql").glob("*.sql")))


def parse(name: str, text: str) -> Sql:
    """Read the header of a statement.

    A long list of parameters goes on in lines that start with `--` and three spaces.

    Raises:
        FatalError: a line of the header is missing or does not parse.
    """
    if not text.startswith("-- ") or text.startswith(("-- params:", "-- returns:")):
        raise FatalError(f"{name}.sql does not start with a sentence", hint="say what it answers")
    if _RETURNS.search(text) is None:
        raise FatalError(f"{name}.sql has no line `-- returns:`", hint="name the columns and units")
    declared = _PARAMS.search(text)
    if declared is None:
        raise FatalError(f"{name}.sql has no line `-- params:`", hint="write `none` without any")
    listed = declared["list"].replace("\n--", " ").strip()
    return Sql(name, text, () if listed == "none" else _parameters(name, listed))


def _parameters(name: str, listed: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for item in _BETWEEN_PARAMS.split(listed):
        match = _PARAM.fullmatch(item.strip())
        if match is None:
            raise FatalError(
                f"{name}.sql declares a parameter as {item.strip()!r}", hint="write `name TYPE`"
            )
        found.append((match["name"], match["type"].strip()))
    return tuple(found)
