"""Which formats there are, by name and by content.

Ours are listed here; those of third parties register under the entry-point group
`riskcockpit.formats` with a `Format` instance and are imported only when none of ours matches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from riskcockpit.errors import FormatError, UnknownNameError
from riskcockpit.formats.api import Format, ReadOptions, Report
from riskcockpit.formats.archives import NO_REPORT
from riskcockpit.formats.builtin import BuiltIn
from riskcockpit.formats.condensing import condensed
from riskcockpit.formats.families.checks import CHECKS
from riskcockpit.formats.families.cloud import CLOUD
from riskcockpit.formats.families.code import CODE
from riskcockpit.formats.families.dependencies import DEPENDENCIES
from riskcockpit.formats.families.exchange import GENERIC, SARIF
from riskcockpit.formats.families.knowledge import KNOWLEDGE
from riskcockpit.formats.families.platforms import PLATFORMS
from riskcockpit.formats.known_tools import advice, resemblance
from riskcockpit.formats.opening import plain
from riskcockpit.formats.shape import HEAD_BYTES, Shape, shape_of
from riskcockpit.formats.unlisting import head_of_first

if TYPE_CHECKING:  # most reports are of our own formats
    from importlib.metadata import EntryPoint

GROUP = "riskcockpit.formats"
BUILT_IN: tuple[BuiltIn, ...] = (
    SARIF,
    *DEPENDENCIES,
    *CODE,
    *PLATFORMS,
    *CLOUD,
    *CHECKS,
    *KNOWLEDGE,
    *GENERIC,
)
"""Asked in this order: the most particular first."""


def names(own: Sequence[Format] = ()) -> tuple[str, ...]:
    """Return the names of all formats: the home's `own`, ours, others'; imports none of these."""
    known = dict.fromkeys(format_.name for format_ in (*own, *BUILT_IN))
    return (*known, *sorted(entry.name for entry in _third_party() if entry.name not in known))


def named(name: str, own: Sequence[Format] = ()) -> Format:
    """Return the format called `name`.

    Raises:
        UnknownNameError: there is none; the hint names the nearest.
        FormatError: a third party's format cannot be imported.
    """
    for format_ in (*own, *BUILT_IN):
        if format_.name == name:
            return format_
    for entry in _third_party():
        if entry.name == name:
            return _loaded(entry)
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    near = get_close_matches(name, names(own), n=1)
    raise UnknownNameError(
        f'there is no report format "{name}"',
        hint=f'did you mean "{near[0]}"?' if near else _LIST_HINT,
    )


def detect(content: bytes, options: ReadOptions) -> Format:
    """Return the format of `content`, told by its content alone; the home's own ones first.

    Raises:
        FormatError: empty, damaged, or of no known format; says what it looks like and what to do.
    """
    return _detect_plain(plain(content, options.max_bytes), options)


def read_report(content: bytes, options: ReadOptions, *, name: str = "") -> Report:
    """Read a report in the format called `name`, or in the one its content shows.

    Raises:
        FormatError: it cannot be read as a whole.
        UnknownNameError: there is no format `name`.
    """
    opened = plain(content, options.max_bytes)
    format_ = named(name, options.own) if name else _detect_plain(opened, options)
    report = format_.read(opened, options)
    if name and opened != NO_REPORT and not _says_something(report):
        _refuse_another(opened, name, options)
    return report


def _says_something(report: Report) -> bool:
    """Whether anything was found in a report, or a part of it could not be read."""
    return bool(report.enrichments or report.problems) or any(
        scan.observations or scan.evidence or scan.statements or scan.absent or scan.problems
        for scan in report.scans
    )


def _refuse_another(content: bytes, name: str, options: ReadOptions) -> None:
    """Refuse content in which `name` finds nothing and the format it shows does: no clean scan."""
    try:
        other = _detect_plain(content, options)
    except FormatError:
        return  # that is what a name is given for
    if other.name != name and _says_something(other.read(content, options)):
        raise FormatError(
            f"nothing in it is of the format {name}: its content is {other.name}",
            hint=f"leave the format to `auto`, or say --format {other.name}",
        )


def _detect_plain(content: bytes, options: ReadOptions) -> Format:
    head = content[:HEAD_BYTES]
    format_ = _matching(head, options.own)
    if format_ is None and len(content) > HEAD_BYTES:
        head = condensed(content) or head
        format_ = _matching(head, options.own)
    if format_ is None and (first := head_of_first(head)):
        format_ = next((ours for ours in BUILT_IN if ours.matches(first)), None)
    if format_ is not None:
        return format_
    if content == NO_REPORT:
        raise FormatError(
            "the zip archive has no file in it",
            hint="name the format with --format if its tool writes such archives",
        )
    raise _unknown(shape_of(head), options)


def _matching(head: bytes, own: Sequence[Format]) -> Format | None:
    for format_ in (*own, *BUILT_IN):
        if format_.matches(head):
            return format_
    theirs = map(_loaded, _third_party())
    return next((format_ for format_ in theirs if format_.matches(head)), None)


def _unknown(shape: Shape, options: ReadOptions) -> FormatError:
    tool = advice(shape)
    if tool is not None:
        return FormatError(f"looks like {tool.title}, which is not read yet", hint=tool.instead)
    looks = resemblance(shape, options.redact)
    return FormatError(f"not a known report format: {looks}", hint=_UNKNOWN_HINT)


def _third_party() -> Iterable[EntryPoint]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - as above

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


_LIST_HINT = "`riskcockpit formats list` names them all"
_UNKNOWN_HINT = (
    "`riskcockpit formats list` names what is read; most scanners can write SARIF, and a mapping "
    "describes any other JSON, CSV or XML (docs/mappings.md)"
)
