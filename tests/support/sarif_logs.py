"""Small SARIF logs for tests, built from the members that matter to the test."""

from __future__ import annotations

import json
from typing import Any

from riskcockpit.domain.finding import Observation, Scan
from riskcockpit.domain.redaction import Redactor
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.registry import named

REDACTOR = Redactor(b"a key for tests")
OPTIONS = ReadOptions(redact=REDACTOR, secret_digest=REDACTOR.digest)


def result(path: str = "src/app.py", line: int = 3, **members: Any) -> dict[str, Any]:
    """Return a result at one place; `members` are added to it."""
    region = {"startLine": line} if line else {}
    place = {"physicalLocation": {"artifactLocation": {"uri": path}, "region": region}}
    return {"ruleId": "r", "message": {"text": "A fault"}, "locations": [place]} | members


def run(*results: Any, rules: list[Any] | None = None, **members: Any) -> dict[str, Any]:
    """Return a run of a tool called Probe."""
    driver: dict[str, Any] = {"name": "Probe"}
    if rules is not None:
        driver["rules"] = rules
    return {"tool": {"driver": driver}, "results": list(results)} | members


def log(*runs: Any) -> bytes:
    """Return a log as bytes."""
    return json.dumps({"version": "2.1.0", "runs": list(runs)}).encode()


def read_scan(*results: Any, options: ReadOptions = OPTIONS, **members: Any) -> Scan:
    """Read a log with one run of `results`; `members` are those of `run`."""
    (scan,) = named("sarif").read(log(run(*results, **members)), options).scans
    return scan


def read_one(one: Any, options: ReadOptions = OPTIONS, **members: Any) -> Observation:
    """Read the only result of the only run; it must be readable."""
    scan = read_scan(one, options=options, **members)
    assert scan.problems == ()
    (observation,) = scan.observations
    return observation
