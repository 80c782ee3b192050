"""Reports written by a test, read in the format they are told to be by their content."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from riskcockpit.domain.finding import Observation, Scan
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.registry import detect, read_report
from support.sarif_logs import OPTIONS


def encoded(content: Any) -> bytes:
    """Return a JSON value, or text as it is, as the bytes of a file."""
    return content.encode() if isinstance(content, str) else json.dumps(content).encode()


def lines(values: Iterable[Any]) -> str:
    """Return values as JSON Lines."""
    return "".join(f"{json.dumps(value)}\n" for value in values)


def report(content: Any, options: ReadOptions = OPTIONS) -> Report:
    """Read a report in the format its content shows."""
    return read_report(encoded(content), options)


def format_of(content: Any) -> str:
    """Return the name of the format a content shows."""
    return detect(encoded(content), OPTIONS).name


def scan_of(content: Any, options: ReadOptions = OPTIONS) -> Scan:
    """Read a report with one scan."""
    (scan,) = report(content, options).scans
    return scan


def only(content: Any, options: ReadOptions = OPTIONS) -> Observation:
    """Read a report with one observation and no problem."""
    scan = scan_of(content, options)
    assert scan.problems == ()
    (observation,) = scan.observations
    return observation
