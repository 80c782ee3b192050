"""The chain of a deployment as plain values, and as an in-toto statement in a DSSE envelope. Pure.

`docs/traceability.md` describes the predicate and how it is signed: `ssh-keygen -Y` over the
pre-authentication encoding of DSSE, in the namespace of all evidence.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.control import ControlRow
from riskcockpit.views.trace import TraceRow, TraceView

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:riskcockpit:predicate:deployment-trace:v1"
PAYLOAD = "application/vnd.in-toto+json"
_DIGEST = re.compile(r"(?P<name>.+)@sha256:(?P<digest>[0-9a-f]{64})")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

Json = dict[str, Any]


def row_document(row: TraceRow) -> Json:
    """Return a deployment and its gaps as plain values."""
    return {
        "id": row.id,
        "source": row.source,
        "asset": row.asset,
        "environment": row.environment,
        "status": row.status,
        "at": rfc3339(row.at),
        "commit": row.commit,
        "actor": row.actor,
        "traceable": row.is_traceable,
        "gaps": [
            {"link": gap.link.value, "reason": gap.reason, "mend": gap.mend} for gap in row.gaps
        ],
    }


def chain_document(view: TraceView) -> Json:
    """Return what is known of each link as plain values."""
    return {
        "previous": view.previous,
        "records": [_plain(asdict(one)) for one in view.records],
        "scans": [_plain(asdict(one)) for one in view.scans],
        "answers": [_plain(asdict(one)) for one in view.answers],
        "model": None if view.model is None else {
            **_plain(asdict(view.model)),
            "datasets": [{"name": name, "digest": digest} for name, digest in view.model.datasets],
        },
        "entries": [_plain(asdict(one)) for one in view.entries],
    }  # fmt: skip


def statement(
    view: TraceView, controls: Iterable[tuple[str, ControlRow]], context: Mapping[str, Any]
) -> bytes:
    """Return the in-toto statement about a deployment as ASCII JSON, the same for the same chain.

    `controls` are the rows of controls that are about it, `context` says what it rests on.
    """
    document = {
        "_type": STATEMENT,
        "subject": subjects(view),
        "predicateType": PREDICATE,
        "predicate": {
            "deployment": row_document(view.row),
            "chain": chain_document(view),
            "controls": [
                {"control": name, "status": row.status.value, "reason": row.reason}
                for name, row in controls
            ],
            "context": dict(context),
        },
    }
    return json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def subjects(view: TraceView) -> list[Json]:
    """Return what was deployed, by digest: images, then commits.

    Of a deployment of which neither is known the record itself is the subject.
    """
    found: dict[str, Json] = {}
    for one in view.records:
        for artifact in one.artifacts:
            if match := _DIGEST.fullmatch(artifact):
                digest = {"sha256": match["digest"]}
                found.setdefault(artifact, {"name": match["name"], "digest": digest})
    for one in view.records:
        for commit in one.commit.split(","):
            if _COMMIT.fullmatch(commit):
                about = {"name": one.asset, "digest": {"gitCommit": commit}}
                found.setdefault(commit, about)
    if not found:
        content = json.dumps(_plain(asdict(view.records[0])), sort_keys=True).encode()
        digest = {"sha256": sha256(content).hexdigest()}
        found[""] = {"name": f"deployment/{view.row.id}", "digest": digest}
    return list(found.values())


def pae(payload: bytes) -> bytes:
    """Return what is signed: DSSE's pre-authentication encoding of a statement."""
    kind = PAYLOAD.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def envelope(payload: bytes, signature: str, key: str) -> bytes:
    """Return the DSSE envelope of a statement.

    `signature` is the armoured signature of ssh-keygen, and is what `sig` holds in base64; `key`
    is the fingerprint of the key.
    """
    document = {
        "payloadType": PAYLOAD,
        "payload": b64encode(payload).decode(),
        "signatures": [{"keyid": key, "sig": b64encode(signature.encode("ascii")).decode()}],
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def _plain(record: Mapping[str, Any]) -> Json:
    return {
        key: rfc3339(value)
        if isinstance(value, datetime)
        else list(value)
        if isinstance(value, tuple)
        else value
        for key, value in record.items()
    }
