"""Read models of report formats: what is read, and what a mapping makes of a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FormatView:
    """One report format."""

    name: str
    title: str
    origin: str
    """`built in`, the file of a mapping (and whether it stands in place of ours), or `entry point`
    for a third party's."""


@dataclass(frozen=True, slots=True)
class DetectedView:
    """What a file is."""

    path: str
    format: str
    """Empty when it is of no known format."""
    title: str
    error: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ReadingView:
    """What a format makes of one report; nothing is stored."""

    name: str
    """The file, or the case of a mapping."""
    read: int
    quarantined: int
    suppressed: int
    evidence: int
    absent: int
    findings: tuple[dict[str, Any], ...]
    """Field → value of each finding, without what is empty."""
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    faults: tuple[str, ...] = ()
    """What is not as a case of the mapping says; empty when all is well."""
