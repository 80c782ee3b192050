"""Which formats there are, by name and by content.

Ours are listed here; those of third parties register under the entry-point group
`riskcockpit.formats` with a `Format` instance and are imported only when none of ours matches.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

from riskcockpit.errors import FormatError, UnknownNameError
from riskcockpit.formats.api import MAX_BYTES, Format, ReadOptions, Report
from riskcockpit.formats.builtin import BuiltIn
from riskcockpit.formats.families.checks import CHECKS
from riskcockpit.formats.families.cloud import CLOUD
from riskcockpit.formats.families.code import CODE
from riskcockpit.formats.families.dependencies import DEPENDENCIES
from riskcockpit.formats.families.exchange import GENERIC, SARIF
from riskcockpit.formats.families.platforms import PLATFORMS
from riskcockpit.formats.known_tools import advice, resemblance
from riskcockpit.formats.opening import plain
from riskcockpit.formats.shape import HEAD_BYTES, Shape, shape_of

GROUP = "riskcockpit.formats"
BUILT_IN: tuple[BuiltIn, ...] = (
    SARIF,
    *DEPENDENCIES,
    *CODE,
    *PLATFORMS,
    *CLOUD,
    *CHECKS,
    *GENERIC,
)
"""Asked in this order: the most particular first."""


def names() -> tuple[str, ...]:
    """Return the names of all formats, ours first; imports none of the others."""
    ours = [format_.name for format_ in BUILT_IN]
    return (*ours, *sorted(entry.name for entry in _third_party() if entry.name not in ours))


def named(name: str) -> Format:
    """Return the format called `name`.

    Raises:
        UnknownNameError: there is none; the hint names the nearest.
        FormatError: a third party's format cannot be imported.
    """
    for format_ in BUILT_IN:
        if format_.name == name:
            return format_
    for entry in _third_party():
        if entry.name == name:
            return _loaded(entry)
    near = difflib.get_close_matches(name, names(), n=1)
    known = ", ".join(names())
    raise UnknownNameError(
        f'there is no report format "{name}"',
        hint=f'did you mean "{near[0]}"?' if near else f"known formats: {known}",
    )


def detect(content: bytes, *, max_bytes: int = MAX_BYTES) -> Format:
    """Return the format of `content`, told by its content alone.

    Raises:
        FormatError: empty, damaged, or of no known format; says what it looks like and what to do.
    """
    return _detect_plain(plain(content, max_bytes))


def read_report(content: bytes, options: ReadOptions, *, name: str = "") -> Report:
    """Read a report in the format called `name`, or in the one its content shows.

    Raises:
        FormatError: it cannot be read as a whole.
        UnknownNameError: there is no format `name`.
    """
    opened = plain(content, options.max_bytes)
    return (named(name) if name else _detect_plain(opened)).read(opened, options)


def _detect_plain(content: bytes) -> Format:
    head = content[:HEAD_BYTES]
    for format_ in BUILT_IN:
        if format_.matches(head):
            return format_
    for entry in _third_party():
        theirs = _loaded(entry)
        if theirs.matches(head):
            return theirs
    raise _unknown(shape_of(head))


def _unknown(shape: Shape) -> FormatError:
    tool = advice(shape)
    if tool is not None:
        return FormatError(f"looks like {tool.title}, which is not read yet", hint=tool.instead)
    known = ", ".join(names())
    return FormatError(
        f"not a known report format: {resemblance(shape)}",
        hint=f"known formats: {known}; most scanners can write SARIF",
    )


def _third_party() -> Iterable[EntryPoint]:
    return entry_points(group=GROUP)


def _loaded(entry: EntryPoint) -> Format:
    try:
        format_: Format = entry.load()
    except (ImportError, AttributeError) as fault:
        raise FormatError(
            f'the report format "{entry.name}" cannot be loaded from {entry.value}',
            hint="repair or uninstall the package that registers it",
            detail=str(fault),
        ) from fault
    return format_
