"""Findings about known vulnerabilities → an OpenVEX 0.2.0 document (openvex.dev).

A decision of ours becomes a statement about one package in one asset: what was found not to
matter is `not_affected` with its justification, what was accepted or is still open is `affected`
with what is done about it, what is looked at is `under_investigation`, what is gone is `fixed`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.decision import WaiverReason
from riskcockpit.domain.finding import State
from riskcockpit.domain.ids import digest
from riskcockpit.formats.writing.exported import Exported
from riskcockpit.formats.writing.generic import purl

CONTEXT = "https://openvex.dev/ns/v0.2.0"
_JUSTIFICATIONS = frozenset(
    reason.value
    for reason in (
        WaiverReason.COMPONENT_NOT_PRESENT,
        WaiverReason.VULNERABLE_CODE_NOT_PRESENT,
        WaiverReason.VULNERABLE_CODE_NOT_IN_EXECUTE_PATH,
        WaiverReason.VULNERABLE_CODE_CANNOT_BE_CONTROLLED,
        WaiverReason.INLINE_MITIGATIONS_EXIST,
    )
)
_NOT_AFFECTED = _JUSTIFICATIONS | {WaiverReason.FALSE_POSITIVE.value}


def openvex(findings: Iterable[Exported], author: str, now: datetime) -> bytes:
    """Return the document; findings without a vulnerability's id have no place in it.

    `author` stands in it as it is given; `now` is its time, aware UTC.
    """
    ordered = sorted(
        (one for one in findings if one.seen.vulnerability_ids), key=lambda one: one.id
    )
    statements = [_statement(one) for one in ordered]
    body = msgspec.json.encode(statements).decode()
    document = {
        "@context": CONTEXT,
        "@id": f"urn:riskcockpit:vex:{digest((author, rfc3339(now), body))}",
        "author": author,
        "timestamp": rfc3339(now),
        "version": 1,
        "tooling": "riskcockpit",
        "statements": statements,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _statement(one: Exported) -> dict[str, Any]:
    name, *aliases = one.seen.vulnerability_ids
    vulnerability: dict[str, Any] = {"name": name}
    if aliases:
        vulnerability["aliases"] = aliases
    product: dict[str, Any] = {"@id": f"urn:riskcockpit:asset:{quote(one.seen.asset, safe='')}"}
    if one.seen.package is not None:
        product["subcomponents"] = [{"@id": purl(one.seen.package)}]
    return {
        "vulnerability": vulnerability,
        "timestamp": rfc3339(one.last_seen),
        "products": [product],
        **_status(one),
    }


def _status(one: Exported) -> dict[str, str]:
    """Return the status with what OpenVEX wants beside it."""
    text = one.waiver_text or "Suppressed where it was found."
    is_harmless = one.state in (State.FALSE_POSITIVE, State.SUPPRESSED_AT_SOURCE) or (
        one.state is State.WAIVED and one.waiver_reason in _NOT_AFFECTED
    )
    if is_harmless:
        status = {"status": "not_affected", "impact_statement": text}
        if one.waiver_reason in _JUSTIFICATIONS:
            status["justification"] = one.waiver_reason
        return status
    if one.state is State.FIXED:
        return {"status": "fixed"}
    if one.state is State.TRIAGE:
        return {"status": "under_investigation"}
    if one.state is State.WAIVED:
        return {"status": "affected", "action_statement": one.waiver_text or "Accepted for now."}
    package = one.seen.package
    update = f"Update to {package.fixed_version}" if package and package.fixed_version else "Mend"
    until = f" by {one.due_at:%Y-%m-%d}" if one.due_at else ""
    return {"status": "affected", "action_statement": f"{update}{until}."}
