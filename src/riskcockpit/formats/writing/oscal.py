"""Evidence → OSCAL 1.2.1 assessment results, with ids that depend on names only.

Written as plain values after the NIST model: one result, an observation for each judged row, a
finding for each requirement, a risk for each waiver. `oscal_faults` finds what the schema does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.control import ControlRow, Verdict
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.views.evidence import EvidencedControl, EvidenceView, Requirement, WaiverFact

VERSION = "1.2.1"
_SPACE = UUID("6b2b1e0c-4a57-5f0d-9a3c-0f6f5d1c7a11")
_NAMESPACE = "urn:riskcockpit:oscal"
_TOKEN = re.compile(r"[^A-Za-z0-9.]+")
_METHODS = frozenset({"EXAMINE", "INTERVIEW", "TEST", "UNKNOWN"})
_RISK_STATES = {
    "requested": "deviation-requested",
    "granted": "deviation-approved",
    "rejected": "open",
    "revoked": "open",
    "expired": "open",
}
Json = dict[str, Any]


def assessment_results(view: EvidenceView, files: Mapping[str, str]) -> bytes:
    """Return the document; `files` maps path in the export → SHA-256, for the back matter."""
    tool = _id("component", "riskcockpit")
    people = sorted({w.requester for w in view.waivers} | {w.approver for w in view.waivers} - {""})
    resources = {path: _id("resource", path) for path in sorted(files)}
    document = {
        "assessment-results": {
            "uuid": _id("results", view.organisation, view.results_digest, rfc3339(view.until)),
            "metadata": _metadata(view, people),
            "import-ap": {"href": f"#{resources['policy/controls.txt']}"},
            "results": [_result(view, tool, resources)],
            "back-matter": {
                "resources": [
                    {
                        "uuid": resources[path],
                        "title": path,
                        "rlinks": [
                            {"href": path, "hashes": [{"algorithm": "SHA-256", "value": digest}]}
                        ],
                    }
                    for path, digest in sorted(files.items())
                ]
            },
        }
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _metadata(view: EvidenceView, people: Iterable[str]) -> Json:
    parties = [
        {"uuid": _id("party", name), "type": "person", "name": _text(name)}
        for name in people
        if name
    ]
    metadata: Json = {
        "title": f"Evidence of {_text(view.organisation)}",
        "last-modified": rfc3339(view.until),
        "version": str(view.generation),
        "oscal-version": VERSION,
        "roles": [{"id": "decides", "title": "Asks for or grants waivers"}],
    }
    if parties:
        metadata["parties"] = parties
        metadata["responsible-parties"] = [
            {"role-id": "decides", "party-uuids": [party["uuid"] for party in parties]}
        ]
    return metadata


def _result(view: EvidenceView, tool: str, resources: Mapping[str, str]) -> Json:
    subjects = sorted({row.resource for control in view.controls for row in control.rows})
    observations = [
        observation
        for control in view.controls
        for observation in _observations(control, view.until, tool, resources)
    ]
    result: Json = {
        "uuid": _id("result", view.results_digest, rfc3339(view.until)),
        "title": f"Controls judged for {rfc3339(view.until)}",
        "description": "Every control is one SELECT over the cache, run read-only.",
        "start": rfc3339(view.until),
        "end": rfc3339(view.until),
        "props": [
            {"name": "generation", "ns": _NAMESPACE, "value": str(view.generation)},
            {"name": "results-digest", "ns": _NAMESPACE, "value": view.results_digest},
        ],
        "local-definitions": {
            "components": [
                {
                    "uuid": tool,
                    "type": "software",
                    "title": "riskcockpit",
                    "description": "Judges the controls.",
                    "status": {"state": "operational"},
                }
            ],
            "inventory-items": [
                {"uuid": _id("subject", name), "description": _text(name)} for name in subjects
            ],
        },
        "reviewed-controls": {"control-selections": [_selection(view.controls)]},
        "observations": observations,
    }
    if not subjects:
        del result["local-definitions"]["inventory-items"]
    if view.waivers:
        result["risks"] = [_risk(waiver) for waiver in view.waivers]
    findings = [_finding(one, view.controls) for one in view.requirements]
    if findings:
        result["findings"] = findings
    if not observations:
        del result["observations"]
    return result


def _selection(controls: Sequence[EvidencedControl]) -> Json:
    if not controls:
        return {"include-all": {}}
    return {"include-controls": [{"control-id": control.id} for control in controls]}


def _observations(
    control: EvidencedControl, at: datetime, tool: str, resources: Mapping[str, str]
) -> Iterator[Json]:
    """Yield one observation a row; a control without rows gives one about itself."""
    ends = rfc3339(at + timedelta(hours=control.hours))
    evidence = [
        {
            "href": f"#{resources['results/results.txt']}",
            "description": "All verdicts and rows, as they were signed.",
        }
    ]

    def observation(number: int, text: str, subject: Json, status: str) -> Json:
        return {
            "uuid": _observation_id(control, number),
            "title": _text(control.title),
            "description": text,
            "props": [{"name": "status", "ns": _NAMESPACE, "value": status}],
            "methods": ["TEST"],
            "types": ["control-objective"],
            "origins": [{"actors": [{"type": "tool", "actor-uuid": tool}]}],
            "subjects": [subject],
            "collected": rfc3339(at),
            "expires": ends,
            "relevant-evidence": evidence,
        }

    for number, row in enumerate(control.rows):
        subject = {"subject-uuid": _id("subject", row.resource), "type": "inventory-item"}
        yield observation(number, _row_text(row), subject, row.status.value)
    if not control.rows:
        subject = {"subject-uuid": tool, "type": "component"}
        yield observation(0, _text(control.message) or "No row.", subject, control.verdict.value)


def _row_text(row: ControlRow) -> str:
    waived = f" (waived by {row.dimensions['waived_by']})" if row.is_waived else ""
    return _text(f"{row.resource}: {row.reason}{waived}")


def _finding(one: Requirement, controls: Sequence[EvidencedControl]) -> Json:
    mine = [c for c in controls if one.reference in c.frameworks.get(one.framework, ())]
    is_met = bool(mine) and all(control.verdict is Verdict.OK for control in mine)
    is_failed = any(control.verdict in (Verdict.ALARM, Verdict.ERROR) for control in mine)
    status: Json = {"state": "satisfied", "reason": "pass"}
    if not is_met:
        status = {"state": "not-satisfied", "reason": "fail" if is_failed else "other"}
    related = [
        {"observation-uuid": _observation_id(control, number)}
        for control in mine
        for number in range(max(1, len(control.rows)))
    ]
    return {
        "uuid": _id("finding", one.framework, one.reference),
        "title": _text(f"{one.framework_title}: {one.reference}"),
        "description": f"What {len(mine)} controls say of it: evidence, not compliance.",
        "target": {
            "type": "objective-id",
            "target-id": _TOKEN.sub("-", f"{one.framework}_{one.reference}").strip("-"),
            "links": [{"href": one.link, "rel": "reference"}],
            "status": status,
        },
        "related-observations": related,
    }


def _risk(waiver: WaiverFact) -> Json:
    return {
        "uuid": _id("risk", waiver.id),
        "title": _text(f"Waiver {waiver.id[:12]}: {waiver.reason}"),
        "description": f"{waiver.findings} findings are waived.",
        "statement": _text(waiver.justification) or "No justification is recorded.",
        "status": _RISK_STATES.get(waiver.state, "open"),
        "deadline": rfc3339(waiver.expires_at),
        "risk-log": {
            "entries": [
                {
                    "uuid": _id("log", waiver.id),
                    "title": f"Waiver {waiver.state}",
                    "start": rfc3339(waiver.requested_at),
                    "logged-by": [
                        {"party-uuid": _id("party", name), "role-id": "decides"}
                        for name in dict.fromkeys((waiver.requester, waiver.approver))
                        if name
                    ],
                }
            ]
        },
    }


def _observation_id(control: EvidencedControl, number: int) -> str:
    return _id("observation", control.id, str(number))


def _id(*words: str) -> str:
    return str(uuid5(_SPACE, "\0".join(words)))


def _text(text: str) -> str:
    return clean_line(text).strip()


def oscal_faults(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what is wrong although the schema allows it, one sentence each.

    References that lead nowhere, another version, unknown methods, times out of order, empty texts.
    """
    root = document["assessment-results"]
    return (*_reference_faults(root), *_time_faults(root), *_value_faults(root))


def _reference_faults(root: Mapping[str, Any]) -> Iterator[str]:
    defined = {value for key, value in _leaves(root) if key == "uuid"}
    roles = {role["id"] for role in root["metadata"].get("roles", ())}
    for key, value in _leaves(root):
        if key.endswith(("-uuid", "-uuids")) and value not in defined:
            yield f"{key} {value} is nowhere defined"
        if key == "href" and value.startswith("#") and value[1:] not in defined:
            yield f"href {value} leads nowhere"
        if key == "role-id" and value not in roles:
            yield f"role {value} is nowhere defined"
    for result in root["results"]:
        for finding in result.get("findings", ()):
            if not finding.get("related-observations"):
                yield f"finding {finding['uuid']} rests on no observation"


def _time_faults(root: Mapping[str, Any]) -> Iterator[str]:
    for result in root["results"]:
        start = datetime.fromisoformat(result["start"])
        if "end" in result and datetime.fromisoformat(result["end"]) < start:
            yield f"result {result['uuid']} ends before it starts"
        for one in result.get("observations", ()):
            collected = datetime.fromisoformat(one["collected"])
            if collected < start:
                yield f"observation {one['uuid']} was collected before the result starts"
            if "expires" in one and datetime.fromisoformat(one["expires"]) <= collected:
                yield f"observation {one['uuid']} expires before it was collected"


def _value_faults(root: Mapping[str, Any]) -> Iterator[str]:
    if root["metadata"]["oscal-version"] != VERSION:
        yield f"it says version {root['metadata']['oscal-version']}, and is written as {VERSION}"
    for key, value in _leaves(root):
        if value == "":
            yield f"{key} is empty"
        if key == "methods" and value not in _METHODS:
            yield f"method {value} is none of {', '.join(sorted(_METHODS))}"


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield (nearest key, text) of every text in a document."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, key)
    elif isinstance(value, str):
        yield key, value
