"""Small reports for tests: written by us, told by their content, read as an import would."""

from __future__ import annotations

import json
from typing import Any

from riskcockpit.domain.finding import Observation, Scan
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.registry import detect, read_report
from support.sarif_logs import OPTIONS


def encoded(content: Any) -> bytes:
    """Return a report as bytes: a text as it is, anything else as JSON."""
    return content.encode() if isinstance(content, str) else json.dumps(content).encode()


def lines(*records: Any) -> str:
    """Return records as JSON Lines."""
    return "".join(json.dumps(record) + "\n" for record in records)


def format_of(content: Any) -> str:
    """Return the name of the format that the content shows."""
    return detect(encoded(content), OPTIONS).name


def scans(content: Any, name: str, options: ReadOptions = OPTIONS) -> tuple[Scan, ...]:
    """Read a report, which must show by its content that it is of the format `name`."""
    report = read_report(encoded(content), options)
    assert report.format == name
    return report.scans


def only_scan(content: Any, name: str, options: ReadOptions = OPTIONS) -> Scan:
    """Read a report of one scan."""
    (scan,) = scans(content, name, options)
    return scan


def only(content: Any, name: str, options: ReadOptions = OPTIONS) -> Observation:
    """Read a report of one finding and nothing else."""
    scan = only_scan(content, name, options)
    assert scan.problems == ()
    (seen,) = scan.observations
    return seen
