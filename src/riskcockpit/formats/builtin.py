"""A format of ours: how it is told by its outside, and the module that reads it.

The module is imported only when a report of its format is there, so that sixty formats cost an
import of two files no more than two would.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from typing import cast

from riskcockpit.domain.finding import Scan
from riskcockpit.errors import FormatError
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.archives import NO_REPORT
from riskcockpit.formats.clearing import cleared
from riskcockpit.formats.opening import plain
from riskcockpit.formats.shape import Shape, shape_of, xml_start
from riskcockpit.formats.unlisting import unlisted

Reader = Callable[[bytes, ReadOptions], Report]


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """One of our formats; satisfies `formats.api.Format`."""

    name: str
    title: str
    module: str
    """Below `riskcockpit.formats`; has a function `read(content, options) -> Report`."""
    signs: Callable[[Shape], bool]
    """Whether content of this shape is of this format."""

    def matches(self, head: bytes) -> bool:
        """Whether content that starts with `head` is of this format."""
        return self.signs(shape_of(head))

    def read(self, content: bytes, options: ReadOptions) -> Report:
        """Read a whole report.

        Raises:
            FormatError: the content as a whole is not of this format, or beyond a limit.
        """
        content = plain(content, options.max_bytes)
        if content == NO_REPORT:
            nothing = Scan(tool=self.name, is_partial=True)
            return Report(self.name, (nothing,), ("the archive is empty: nothing was reported",))
        module = import_module(f"riskcockpit.formats.{self.module}")
        read = cast("Reader", module.read)
        try:
            report = cleared(_read_or_unlisted(read, content, options), options.redact)
            return replace(report, notes=(*_banner(content), *report.notes))
        except RecursionError as fault:  # a reader bears the depth that its own frames leave
            raise FormatError("the report is nested too deeply to be read") from fault


def _banner(content: bytes) -> tuple[str, ...]:
    """Return a note about lines of text before XML; JSON tells them itself."""
    lines = content[: xml_start(content) or 0].strip().splitlines()
    return (f"skipped {len(lines)} line(s) of text before the data",) if lines else ()


def _read_or_unlisted(read: Reader, content: bytes, options: ReadOptions) -> Report:
    """Read a report; a list in which it finds nothing may be one of such reports."""
    try:
        report = read(content, options)
    except FormatError:
        listed = unlisted(content)
        if not listed:
            raise
        return read(listed, options)
    if any(map(_has_records, report.scans)) or report.enrichments:
        return report
    listed = unlisted(content)
    return _better(read, report, listed, options) if listed else report


def _has_records(scan: Scan) -> bool:
    return bool(scan.observations or scan.evidence or scan.statements or scan.absent)


def _better(read: Reader, report: Report, listed: bytes, options: ReadOptions) -> Report:
    """Return what can be read of a list of reports, or `report` where that is no more."""
    try:
        found = read(listed, options)
    except FormatError:
        return report
    return found if any(map(_has_records, found.scans)) else report
