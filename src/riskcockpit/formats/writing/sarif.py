"""Findings → SARIF 2.1.0, one run for each tool, asset, category and branch.

Imported again it gives the same findings with the same ids (`formats.sarif.own`). It never closes
anything: a query selects, and what it leaves out is not gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any
from urllib.parse import quote

import msgspec

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.finding import Location, State
from riskcockpit.domain.severity import Severity
from riskcockpit.formats.sarif.own import CLAIM, SCHEMA, own_of
from riskcockpit.formats.writing.exported import Exported

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "none",
}
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.INFO: "0.0",
}
"""Where there is no CVSS score: the middle of the band that GitHub shows for it."""
_SUPPRESSED = (State.WAIVED, State.FALSE_POSITIVE, State.SUPPRESSED_AT_SOURCE)
_RUN = attrgetter("seen.tool", "seen.asset", "category", "branch")


def sarif(findings: Iterable[Exported], silent: Iterable[str] = ()) -> bytes:
    """Return the SARIF log of `findings`; the same findings give the same bytes.

    Of each tool in `silent` that none of them is of there is a run without results, so that a
    service that shows the log takes back what an earlier one said.
    """
    ordered = sorted(findings, key=lambda one: (_RUN(one), one.id))
    runs = [_run(list(members)) for _, members in groupby(ordered, key=_RUN)]
    there = {one.seen.tool for one in ordered}
    runs += [_silent_run(tool) for tool in silent if tool not in there]
    log = {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": runs}
    return msgspec.json.format(msgspec.json.encode(log), indent=1)


def _run(findings: Sequence[Exported]) -> dict[str, Any]:
    first = findings[0]
    rules = {one.seen.rule: one for one in reversed(findings)}
    numbers = {rule: number for number, rule in enumerate(sorted(rules))}
    run: dict[str, Any] = {
        "tool": {
            "driver": {"name": first.seen.tool, "rules": [_rule(rules[rule]) for rule in numbers]}
        },
        "invocations": [
            {
                "executionSuccessful": True,
                "endTimeUtc": rfc3339(max(one.last_seen for one in findings)),
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, numbers[one.seen.rule]) for one in findings],
        "properties": {
            "riskcockpit": {
                "schema": SCHEMA,
                "asset": first.seen.asset,
                "category": first.category,
                "branch": first.branch,
                "complete": False,
            }
        },
    }
    if first.category:
        run["automationDetails"] = {"id": first.category}
    return run


def _silent_run(tool: str) -> dict[str, Any]:
    own = {"schema": SCHEMA, "asset": "", "category": "", "branch": "", "complete": False}
    return {
        "tool": {"driver": {"name": tool, "rules": []}},
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "results": [],
        "properties": {"riskcockpit": own},
    }


def _rule(one: Exported) -> dict[str, Any]:
    seen = one.seen
    score = f"{seen.cvss:.1f}" if seen.cvss else _SCORES[seen.severity]
    rule: dict[str, Any] = {
        "id": seen.rule,
        "shortDescription": {"text": seen.title or seen.rule},
        "properties": {"security-severity": score},
    }
    if seen.help_url.startswith(("https://", "http://")):
        rule["helpUri"] = seen.help_url
    return rule


def _result(one: Exported, rule_index: int) -> dict[str, Any]:
    seen = one.seen
    result: dict[str, Any] = {
        "ruleId": seen.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[seen.severity],
        "message": {"text": seen.title or seen.rule},
        "locations": [_location(place) for place in seen.locations],
        "partialFingerprints": {CLAIM: one.id} | dict(seen.fingerprints),
        "provenance": {
            "firstDetectionTimeUtc": rfc3339(one.first_seen),
            "lastDetectionTimeUtc": rfc3339(one.last_seen),
        },
        "properties": {
            "riskcockpit": own_of(seen, one.state.value),
            "tags": [f"CWE-{number}" for number in seen.cwes],
        },
    }
    if one.state is State.TRIAGE:
        result |= {"kind": "review", "level": "none"}
    if one.state is State.FIXED:
        result["baselineState"] = "absent"
    if one.state in _SUPPRESSED:
        kind = "inSource" if one.state is State.SUPPRESSED_AT_SOURCE else "external"
        result["suppressions"] = [{"kind": kind, "status": "accepted"}]
        if one.waiver_text:
            result["suppressions"][0]["justification"] = one.waiver_text
    return result


def _location(place: Location) -> dict[str, Any]:
    region: dict[str, Any] = {}
    if place.line is not None:
        region["startLine"] = place.line
        if place.column is not None:
            region["startColumn"] = place.column
        if place.end_line is not None and place.end_line >= place.line:
            region["endLine"] = place.end_line
    if place.snippet:
        region["snippet"] = {"text": place.snippet}
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(place.path)}}
    if region:
        physical["region"] = region
    return {"physicalLocation": physical}
