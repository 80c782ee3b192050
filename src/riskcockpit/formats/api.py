"""The seam of report formats: bytes in, scans out. No I/O, no clock, no identity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from riskcockpit.domain.enrichment import Enrichment
from riskcockpit.domain.finding import Problem, Scan

MIB = 1024 * 1024
MAX_BYTES = 1024 * MIB


def no_digest(secret: str) -> str:  # noqa: ARG001 - the signature of a digest
    """Return no digest: without a key, a hash of a short secret could be reversed by trying."""
    return ""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a reader may need to know that is not in the report."""

    checkout_prefixes: tuple[str, ...] = ()
    """Absolute prefixes to strip from paths, the longest match first."""
    redact: Callable[[str], str] = str
    """Replaces secrets in free text by a keyed hash; applied before anything leaves the reader.

    Called for the texts of those records in which `domain.redaction.may_hold_secret` sees a hint.
    """
    secret_digest: Callable[[str], str] = no_digest
    """Keyed hash of a secret a scanner found; empty text means that none is kept."""
    severity_overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """tool → rule glob or `*` → severity word; beats what the report says."""
    max_bytes: int = MAX_BYTES
    """Largest content, after decompression."""
    max_depth: int = 200
    """Deepest nesting of one record."""
    own: tuple[Format, ...] = ()
    """Formats the home describes itself; asked before ours."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report as read: one scan for each run in it."""

    format: str
    scans: tuple[Scan, ...]
    notes: tuple[str, ...] = ()
    """What the reader noticed and a person may want to know."""
    enrichments: tuple[Enrichment, ...] = ()
    """What is known about findings from elsewhere; such a report has no scans."""
    problems: tuple[Problem, ...] = ()
    """What of an enrichment could not be read."""


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
