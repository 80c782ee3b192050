"""What a shell completes: words of queries, and names of what is there.

Each function gets the beginning of a word and returns what it may become. None ever fails or says
anything: a shell is in the middle of a line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from riskcockpit.errors import RiskcockpitError

if TYPE_CHECKING:
    from riskcockpit.services.context import Context

EXPORTS = ("csv", "json", "sarif", "parquet", "openvex")
_TERM = re.compile(r"(?P<before>[-(]*)(?P<name>[A-Za-z_]+)(?P<sign>!=|>=|<=|[:=<>~])(?P<value>.*)")
_ORDERS = ("sort", "group")


def _quietly(find: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Return those of `find` that begin as the word does; nothing where the home cannot be used."""

    def found(incomplete: str) -> list[str]:
        with suppress(RiskcockpitError, OSError):
            return [word for word in find() if word.startswith(incomplete)]
        return []

    return found


def _here() -> Context:
    from riskcockpit.services.context import Context

    return Context.open()


@_quietly
def sources() -> Iterable[str]:
    """Names of configured sources."""
    return [source.name for source in _here().settings.sources]


@_quietly
def kinds() -> Iterable[str]:
    """Kinds of sources that are installed."""
    from riskcockpit.connectors.registry import kinds as installed

    return installed()


@_quietly
def formats() -> Iterable[str]:
    """Report formats, those of the home first."""
    from riskcockpit.formats.registry import names
    from riskcockpit.services.own_formats import own_formats

    return ["auto", *names(own_formats(_here().paths))]


@_quietly
def models() -> Iterable[str]:
    """Registered models."""
    from riskcockpit.services.models import models as known

    return [row.name for row in known(_here())]


@_quietly
def controls() -> Iterable[str]:
    """Ids of controls."""
    from riskcockpit.config.paths import Paths
    from riskcockpit.services.policy import controls_in_force

    return [control.id for control in controls_in_force(Paths.from_environment())]


@_quietly
def views() -> Iterable[str]:
    """Names of saved views."""
    from riskcockpit.services.saved_views import saved_views

    return [view.name for view in saved_views(_here())]


@_quietly
def reasons() -> Iterable[str]:
    """Reasons of waivers."""
    from riskcockpit.domain.decision import WaiverReason

    return [reason.value for reason in WaiverReason]


@_quietly
def listed() -> Iterable[str]:
    """Forms of lists."""
    from riskcockpit.cli.output import FORMATS

    return FORMATS


@_quietly
def exports() -> Iterable[str]:
    """Forms of exports."""
    return EXPORTS


def terms(incomplete: str) -> list[str]:
    """Complete a word of a query: a field, a value after its sign, a saved view."""
    if incomplete.startswith("@"):
        return [f"@{name}" for name in views(incomplete[1:])]
    if term := _TERM.fullmatch(incomplete):
        start = incomplete[: term.start("value")]
        return [start + value for value in _values(term["name"], term["value"])]
    return _names(incomplete)


def _names(incomplete: str) -> list[str]:
    """Return fields; of the only one its values, for a shell sets a space behind what is whole."""
    from riskcockpit.store.query.fields import Kind, fields

    bare = incomplete.lstrip("-(")
    start = incomplete[: len(incomplete) - len(bare)]
    found = [field.name if field.kind is Kind.FLAG else f"{field.name}:" for field in fields()]
    found += [f"{name}:" for name in _ORDERS]
    found = [name for name in found if name.startswith(bare)]
    match found:
        case [only] if only.endswith(":") and (values := _values(only[:-1], "")):
            return [f"{start}{only}{value}" for value in values]
    return [start + name for name in found]


def _values(name: str, incomplete: str) -> list[str]:
    from riskcockpit.store.query.fields import field_named, groupable, sortable

    if name in _ORDERS:
        known: Sequence[str] = sortable() if name == "sort" else groupable()
    else:
        field = field_named(name)
        known = () if field is None else field.values
    *done, last = incomplete.split(",")
    start = "".join(f"{value}," for value in done)
    minus = "-" if name == "sort" and last.startswith("-") else ""
    return [f"{start}{minus}{word}" for word in known if word.startswith(last.removeprefix(minus))]
