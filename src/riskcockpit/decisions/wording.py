"""Entries in words: one sentence each, for the ledger screen and `ledger log`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from riskcockpit.decisions.project import subjects
from riskcockpit.domain.action import ActionKind
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.ids import short
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.ledger.chain import Entry

LONGEST = 200
ASKS = "asks to "
"""What a request begins with in words; behind it stands what is asked for."""
_REFERENCES = ("request", "waiver", "decision", "action")


def subject_of(entry: Entry) -> str:
    """Return what an entry is about: a finding, a model, or the entry it names; may be empty."""
    about = subjects(entry)
    if len(about) == 1:
        return clean_line(about[0])
    if about:
        return ""
    named = (entry.data.get(key) for key in _REFERENCES)
    return clean_line(next((text for text in named if isinstance(text, str)), ""))


def summary_of(entry: Entry) -> str:
    """Say in one line what an entry decides or states."""
    words = _WORDS.get(entry.type)
    text = words(entry.data) if words else entry.type.value.replace(".", " ")
    return clean_line(text)[:LONGEST]


def _waiver(data: Mapping[str, Any]) -> str:
    renewed = f" (renewal of {_renews(data)})" if _renews(data) else ""
    return f"{_covered(data)} waived {_terms(data)}{renewed}"


def _asked_waiver(data: Mapping[str, Any]) -> str:
    if renewed := _renews(data):
        return f"{ASKS}renew the waiver {renewed} of {_covered(data)} {_terms(data)}"
    return f"{ASKS}waive {_covered(data)} {_terms(data)}"


def _renews(data: Mapping[str, Any]) -> str:
    record = data.get("record")
    return short(str(record.get("renews", ""))) if isinstance(record, Mapping) else ""


def _covered(data: Mapping[str, Any]) -> str:
    findings = data.get("findings")
    count = len(findings) if isinstance(findings, Mapping) else 0
    return f"{count} {'finding' if count == 1 else 'findings'}"


def _terms(data: Mapping[str, Any]) -> str:
    reason = str(data.get("reason", "?")).replace("_", " ")
    return f"until {str(data.get('expires_at', '?'))[:10]}: {reason}"


def _rollback(data: Mapping[str, Any]) -> str:
    params = data.get("params")
    steps = params if isinstance(params, Mapping) else {}
    start = steps.get("from", "?") or "nowhere"
    return f"{data.get('target', '?')} from {start} to {steps.get('to', '?')}"


def _deployment(data: Mapping[str, Any]) -> str:
    verb = _DEPLOYMENTS.get(str(data.get("kind")), "acts on")
    return f"{verb} {data.get('target', '?')}: {data.get('what', '?')}"


_DEPLOYMENTS = {
    ActionKind.DEPLOYMENT_APPROVE.value: "approves the deployment to",
    ActionKind.DEPLOYMENT_REJECT.value: "rejects the deployment to",
    ActionKind.DEPLOYMENT_ROLLBACK.value: "rolls back",
}


def _about(word: str, key: str) -> Callable[[Mapping[str, Any]], str]:
    def say(data: Mapping[str, Any]) -> str:
        comment = str(data.get("comment", ""))
        return f"{word} {short(str(data.get(key, '?')))}{f': {comment}' if comment else ''}"

    return say


def _receipt(word: str) -> Callable[[Mapping[str, Any]], str]:
    def say(data: Mapping[str, Any]) -> str:
        message = str(data.get("message", ""))
        return f"{data.get('target', '?')} {word}{f': {message}' if message else ''}"

    return say


def _sync(data: Mapping[str, Any]) -> str:
    listed = data.get("sources")
    sources = listed if isinstance(listed, list) else ()
    names = [str(source.get("name", "?")) for source in sources if isinstance(source, Mapping)]
    return f"generation {data.get('generation', '?')} from {', '.join(names) or 'no source'}"


def _controls(data: Mapping[str, Any]) -> str:
    return (
        f"{data.get('controls', '?')} controls judged over generation "
        f"{data.get('generation', '?')}, {data.get('failed', '?')} failed"
    )


def _report(data: Mapping[str, Any]) -> str:
    listed = data.get("files")
    files = listed if isinstance(listed, list) else ()
    forms = [str(file.get("form", "?")) for file in files if isinstance(file, Mapping)]
    days = " to ".join(str(data.get(key, "?"))[:10] for key in ("since", "until"))
    return f"report of {days} issued as {', '.join(forms) or '?'}"


def _undo(data: Mapping[str, Any]) -> str:
    scans = data.get("scans")
    if not isinstance(scans, Mapping):
        return _about("takes back", "decision")(data)
    listed = data.get("documents")
    names = ", ".join(map(str, listed)) if isinstance(listed, list) else "?"
    return f"takes back the import of {names}"


def _merged(data: Mapping[str, Any]) -> str:
    one, other = short(str(data.get("other", "?"))), short(str(data.get("finding", "?")))
    return f"{one} is the finding {other}: {data.get('reason', '')}"


def _split(data: Mapping[str, Any]) -> str:
    one, new = short(str(data.get("finding", "?"))), short(str(data.get("new", "?")))
    return f"what is seen now as {one} is the new finding {new}: {data.get('reason', '')}"


def _released(data: Mapping[str, Any]) -> str:
    listed = data.get("findings")
    count = len(listed) if isinstance(listed, list) else 0
    noun = "finding" if count == 1 else "findings"
    return (
        f"closes {count} {noun} of {data.get('asset', '?')} that a held scan of "
        f"{data.get('tool', '?')} did not see"
    )


_WORDS: Mapping[EntryType, Callable[[Mapping[str, Any]], str]] = {
    EntryType.REPORT_ISSUED: _report,
    EntryType.GENESIS: lambda data: f"chain {data.get('chain', '?')} begins",
    EntryType.WAIVER_REQUESTED: _asked_waiver,
    EntryType.WAIVER_GRANTED: _waiver,
    EntryType.WAIVER_REJECTED: _about("rejects the waiver", "request"),
    EntryType.WAIVER_REVOKED: _about("revokes the waiver", "waiver"),
    EntryType.WAIVER_SUSPENDED: lambda data: (
        f"suspends the waiver {short(str(data.get('waiver', '?')))}: {data.get('comment', '?')}"
    ),
    EntryType.WAIVER_EXPIRED: lambda data: (
        f"the waiver {short(str(data.get('waiver', '?')))} ran out on "
        f"{str(data.get('expires_at', '?'))[:10]}"
    ),
    EntryType.APPROVAL_GRANTED: _about("signs the request", "request"),
    EntryType.APPROVAL_REJECTED: _about("rejects the request", "request"),
    EntryType.ROLLBACK_REQUESTED: lambda data: f"moves {_rollback(data)}",
    EntryType.DEPLOYMENT_REQUESTED: _deployment,
    EntryType.ROLLBACK_APPROVED: _about("signs the rollback", "request"),
    EntryType.ROLLBACK_EXECUTED: lambda data: f"moved {_rollback(data)}, read back",
    EntryType.ACTION_SENT: _receipt("sent"),
    EntryType.ACTION_CONFIRMED: _receipt("confirmed"),
    EntryType.ACTION_REFUSED: _receipt("refused"),
    EntryType.ACTION_UNKNOWN: _receipt("unknown"),
    EntryType.NOTE: lambda data: str(data.get("text", "")),
    EntryType.UNDO: _undo,
    EntryType.IDENTITY_MERGED: _merged,
    EntryType.IDENTITY_SPLIT: _split,
    EntryType.CLOSURE_RELEASED: _released,
    EntryType.SYNC_COMPLETED: _sync,
    EntryType.CONTROLS_EVALUATED: _controls,
    EntryType.POLICY_CHANGED: lambda data: f"changes {data.get('file', 'policy')}",
}
