"""The seam of report formats: bytes in, scans out. No I/O, no clock, no identity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from riskcockpit.domain.finding import Scan


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a reader may need to know that is not in the report."""

    checkout_prefixes: tuple[str, ...] = ()
    """Absolute prefixes to strip from paths, the longest match first."""
    redact: Callable[[str], str] = str
    """Replaces secrets in free text by a keyed hash; applied before anything leaves the reader."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report as read: one scan for each run in it."""

    format: str
    scans: tuple[Scan, ...]
    notes: tuple[str, ...] = ()
    """What the reader noticed and a person may want to know."""


class Format(Protocol):
    """One report format. Each is one module with a module-level instance `FORMAT`."""

    @property
    def name(self) -> str:
        """The word for `--format`, as `sarif`."""
        ...

    @property
    def title(self) -> str:
        """The format in words, with the versions that are read."""
        ...

    def matches(self, head: bytes) -> bool:
        """Whether content that starts with `head` (at most 64 kB, no BOM) is of this format."""
        ...

    def read(self, content: bytes, options: ReadOptions) -> Report:
        """Read a whole report. A bad record becomes a `Problem` of its scan.

        Raises:
            FormatError: the content as a whole is not of this format, or beyond a limit.
        """
        ...
