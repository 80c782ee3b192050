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
        try:
            report = cleared(cast("Reader", module.read)(content, options), options.redact)
            return replace(report, notes=(*_banner(content), *report.notes))
        except RecursionError as fault:  # a reader bears the depth that its own frames leave
            raise FormatError("the report is nested too deeply to be read") from fault


def _banner(content: bytes) -> tuple[str, ...]:
    """Return a note about lines of text before XML; JSON tells them itself."""
    lines = content[: xml_start(content) or 0].strip().splitlines()
    return (f"skipped {len(lines)} line(s) of text before the data",) if lines else ()
