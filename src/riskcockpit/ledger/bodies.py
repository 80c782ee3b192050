"""What the data of each type of entry must hold (docs/ledger-format.md, section 4). Pure.

Checked before anything is signed: what cannot be read back later is not written. More keys than
these may be there; a key never changes its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.decision import EntryType

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
NoneOrDigest = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")]
Fingerprint = Annotated[str, msgspec.Meta(pattern="^SHA256:[A-Za-z0-9+/]{43}$")]
Words = Annotated[str, msgspec.Meta(min_length=1)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class _Body(msgspec.Struct, frozen=True):
    """An open mapping."""


class _Genesis(_Body, frozen=True):
    chain: Words
    format: Words
    allowed_signers: Digest


class _Duty(_Body, frozen=True):
    check: Words
    of: list[str]
    result: Words


class _Decision(_Body, frozen=True, kw_only=True):
    rule: Words
    policy: Digest
    context: str
    production: bool
    duties: list[_Duty] = []
    excluded: list[str] = []


class _WaiverAsk(_Decision, frozen=True):
    reason: Words
    justification: Words
    expires_at: Words
    query: str
    severity: Words
    findings: Annotated[dict[Words, Words], msgspec.Meta(min_length=1)]
    count: Count
    kev: list[str]
    authors: list[str] = []
    upstream: list[dict[str, Any]] = []
    record: dict[str, Any] = {}


class _Answer(_Decision, frozen=True):
    request: Digest
    comment: str


class _MoveAnswer(_Answer, frozen=True):
    model: Words


class _WaiverEnd(_Decision, frozen=True):
    waiver: Digest
    comment: str


class _Expired(_Body, frozen=True):
    waiver: Digest
    expires_at: Words
    count: Count


class _Suspended(_Body, frozen=True):
    waiver: Digest
    comment: str
    controls: list[str] = []


class _Move(_Decision, frozen=True):
    kind: Words
    source: Words
    target: Words
    model: Words
    params: dict[str, str]
    reasons: list[str]
    undoes: NoneOrDigest = ""


class _Deployment(_Decision, frozen=True):
    kind: Words
    source: Words
    target: Words
    params: dict[str, str]
    what: str
    comment: str


class _Sent(_Body, frozen=True):
    action: Digest
    kind: Words
    source: Words
    target: Words
    model: str
    params: dict[str, str]


class _Receipt(_Sent, frozen=True):
    outcome: Words
    message: str
    evidence: dict[str, str]


class _Told(_Body, frozen=True):
    """What came of a message; its id is 128 bits."""

    action: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    target: Words
    outcome: Words
    message: str
    alerts: dict[str, Words]
    attempts: Count


class _Merged(_Decision, frozen=True):
    finding: Words
    other: Words
    keys: Annotated[list[Words], msgspec.Meta(min_length=1)]
    reason: Words


class _Split(_Decision, frozen=True):
    finding: Words
    new: Words
    key: Words
    reason: Words


class _Released(_Decision, frozen=True):
    scan: Words
    findings: list[str]
    count: Count


class _Note(_Body, frozen=True):
    subject: Words
    text: Words


class _Undo(_Body, frozen=True):
    decision: Digest | None = None
    scans: dict[str, str] | None = None


class _Sync(_Body, frozen=True):
    generation: Count
    sources: list[dict[str, Any]]


class _Evaluation(_Body, frozen=True):
    generation: Count
    controls: Count
    failed: Count
    policy_digest: str
    results_digest: str


class _File(_Body, frozen=True):
    form: Words
    sha256: Digest


class _Report(_Body, frozen=True):
    generation: Count
    files: list[_File]
    heads: dict[str, Digest]


class _Policy(_Body, frozen=True):
    file: Words
    before: NoneOrDigest
    after: Digest
    objects: list[Digest]


class _Key(_Body, frozen=True):
    principal: Words
    key_fp: Fingerprint
    signers: Digest
    reason: str


_SHAPES: Mapping[EntryType, type[_Body]] = {
    EntryType.GENESIS: _Genesis,
    EntryType.WAIVER_REQUESTED: _WaiverAsk,
    EntryType.WAIVER_GRANTED: _WaiverAsk,
    EntryType.WAIVER_REJECTED: _Answer,
    EntryType.WAIVER_REVOKED: _WaiverEnd,
    EntryType.WAIVER_EXPIRED: _Expired,
    EntryType.WAIVER_SUSPENDED: _Suspended,
    EntryType.APPROVAL_GRANTED: _Answer,
    EntryType.APPROVAL_REJECTED: _Answer,
    EntryType.ROLLBACK_REQUESTED: _Move,
    EntryType.ROLLBACK_APPROVED: _MoveAnswer,
    EntryType.ROLLBACK_EXECUTED: _Sent,
    EntryType.DEPLOYMENT_REQUESTED: _Deployment,
    EntryType.ACTION_SENT: _Sent,
    EntryType.ACTION_CONFIRMED: _Receipt,
    EntryType.ACTION_REFUSED: _Receipt,
    EntryType.ACTION_UNKNOWN: _Receipt,
    EntryType.IDENTITY_MERGED: _Merged,
    EntryType.IDENTITY_SPLIT: _Split,
    EntryType.CLOSURE_RELEASED: _Released,
    EntryType.NOTE: _Note,
    EntryType.UNDO: _Undo,
    EntryType.SYNC_COMPLETED: _Sync,
    EntryType.CONTROLS_EVALUATED: _Evaluation,
    EntryType.REPORT_ISSUED: _Report,
    EntryType.POLICY_CHANGED: _Policy,
    EntryType.KEY_ADDED: _Key,
    EntryType.KEY_REVOKED: _Key,
}
_MOMENTS = ("expires_at", "review_by", "valid_before", "valid_after")
"""Keys that hold a moment wherever they stand."""


def fault_of(type_: EntryType, data: Mapping[str, Any]) -> str:
    """Say why `data` is not what an entry of this type holds; empty when it is."""
    shape = _SHAPES.get(type_)
    if shape is None:
        return ""
    if shape is _Receipt and data.get("kind") == "notify":
        shape = _Told
    try:
        read = msgspec.convert(dict(data), shape)
        for key in _MOMENTS:
            if data.get(key):
                parse_utc(str(data[key]))
    except (ValueError, OverflowError) as error:
        return str(error).partition("\n")[0][:160]
    if isinstance(read, _Undo) and (read.decision is None) == (read.scans is None):
        return "it takes back either a decision or scans"
    if isinstance(read, _WaiverAsk) and read.count != len(read.findings):
        return "its count is not the number of its findings"
    return ""
