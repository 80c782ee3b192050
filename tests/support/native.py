"""Reading small reports of tools' own formats in tests."""

from __future__ import annotations

import json
from typing import Any

from riskcockpit.domain.finding import Observation, Scan
from riskcockpit.errors import FormatError
from riskcockpit.formats import registry
from riskcockpit.formats.api import Report
from support.sarif_logs import OPTIONS

SECRET = "".join(("correct", "Horse", "9", "Battery"))
"""What a scanner might find; put together here so that none finds it."""


def packed(content: Any) -> bytes:
    """Return `content` as bytes: JSON, unless it is text or bytes already."""
    if isinstance(content, bytes):
        return content
    return content.encode() if isinstance(content, str) else json.dumps(content).encode()


def report(name: str, content: Any) -> Report:
    """Read `content`; the registry must know it as `name` by its content."""
    assert detected(content) == name
    return registry.read_report(packed(content), OPTIONS)


def scans(name: str, content: Any) -> tuple[Scan, ...]:
    """Return the scans in `content`."""
    return report(name, content).scans


def scan(name: str, content: Any) -> Scan:
    """Return the only scan in `content`."""
    (one,) = scans(name, content)
    return one


def only(name: str, content: Any) -> Observation:
    """Return the only finding of the only scan; everything must be readable."""
    one = scan(name, content)
    assert one.problems == ()
    (seen,) = one.observations
    return seen


def detected(content: Any) -> str:
    """Return the name of the format the content shows; empty when none of ours is."""
    try:
        return registry.detect(packed(content), OPTIONS).name
    except FormatError:
        return ""
