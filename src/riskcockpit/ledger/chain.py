"""One chain: entries as lines, linked by hashes. Pure: builds, parses and checks bytes.

Signatures are checked by `verify`; here a signature is only text. Every fault is reported with
the entry it is in; checking never stops at the first.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

import msgspec

from riskcockpit.domain.clock import parse_utc, rfc3339
from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.canonical import Json, canonical, parse

VERSION = 1
NO_ENTRY = "0" * 64
"""`prev` of the first entry."""
LONGEST_LINE = 2_000_000
"""Bytes, with the newline: three times what the largest waiver takes."""
SUFFIX = ".jsonl"
_BEFORE_BODY = b'{"body":'
_AFTER_BODY = b',"h":"'
"""The last of these in a canonical line ends its body: in `sig` every quote would be escaped."""
_NAME = re.compile(r"(?P<actor>[A-Za-z0-9][A-Za-z0-9._+@-]*)@(?P<host>[A-Za-z0-9_-]+)")

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    actor: str
    data: dict[str, Any]
    key_fp: Annotated[str, msgspec.Meta(pattern="^SHA256:[A-Za-z0-9+/]{43}$")]
    prev: Digest
    seen: dict[str, Digest]
    seq: Annotated[int, msgspec.Meta(ge=0)]
    ts: str
    type: EntryType
    v: Literal[1]


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    body: _Body
    h: Digest
    sig: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it stands in a chain."""

    chain: str
    """Name of the chain, as `engineer@bastion`."""
    seq: int
    prev: str
    ts: datetime
    """When it was signed, aware UTC, by the writer's clock."""
    actor: str
    key_fp: str
    type: EntryType
    data: Mapping[str, Any]
    seen: Mapping[str, str]
    """Other chains' heads as the writer knew them: chain → hash of its last entry."""
    hash: str
    """SHA-256 of `body`, 64 hex digits: the entry's name everywhere."""
    sig: str
    """Armoured SSHSIG over `body`."""
    body: bytes
    """The canonical bytes that are hashed and signed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one entry, or with the chain where it should stand."""

    seq: int
    """Zero-based position in the file."""
    why: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A chain as read: the entries that parse, and every fault."""

    name: str
    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]
    size: int = 0
    """Of what was read, in bytes."""


class DamagedLineError(ValueError):
    """A line is not an entry; the text says why."""


@lru_cache(maxsize=256)
def actor_of(name: str) -> str | None:
    """Return who writes the chain called `name`; None when it is no name of a chain."""
    match = _NAME.fullmatch(name)
    return match["actor"] if match else None


def build_body(
    *,
    last: Entry | None,
    now: datetime,
    actor: str,
    key_fp: str,
    type_: EntryType,
    data: Mapping[str, Json],
    seen: Mapping[str, str],
) -> bytes:
    """Return the canonical body of the entry that follows `last`.

    Its time never lies before the time of `last`.

    Raises:
        ValueError: `data` has no canonical form.
    """
    at = now if last is None else max(now, last.ts)
    return canonical(
        {
            "actor": actor,
            "data": data,
            "key_fp": key_fp,
            "prev": NO_ENTRY if last is None else last.hash,
            "seen": seen,
            "seq": 0 if last is None else last.seq + 1,
            "ts": rfc3339(at),
            "type": type_.value,
            "v": VERSION,
        }
    )


def build_line(body: bytes, signature: str) -> bytes:
    """Return the line of an entry, with its newline."""
    digest = hashlib.sha256(body).hexdigest().encode("ascii")
    return b'{"body":%b,"h":"%b","sig":%b}\n' % (body, digest, canonical(signature))


def parse_line(name: str, line: bytes) -> Entry:
    """Read one line (with its newline) of the chain called `name`.

    Raises:
        DamagedLineError: it is not a whole canonical entry, is too long, or its hash does not fit.
    """
    if len(line) > LONGEST_LINE:
        raise DamagedLineError(f"the line is longer than {LONGEST_LINE} bytes")
    if not line.endswith(b"\n"):
        raise DamagedLineError("the line is torn, without a newline; `ledger repair` sets it aside")
    try:
        read = msgspec.convert(parse(line[:-1]), _Line)
        at = parse_utc(read.body.ts)
    except (ValueError, OverflowError) as error:
        raise DamagedLineError(f"not an entry: {_brief(error)}") from error
    if rfc3339(at) != read.body.ts:
        raise DamagedLineError(f"its time is not RFC 3339 in UTC: {read.body.ts[:40]!r}")
    body = line[len(_BEFORE_BODY) : line.rindex(_AFTER_BODY)]
    if hashlib.sha256(body).hexdigest() != read.h:
        raise DamagedLineError("its hash does not fit its body")
    inner = read.body
    return Entry(
        name, inner.seq, inner.prev, at, inner.actor, inner.key_fp, inner.type,
        inner.data, inner.seen, read.h, read.sig, body,
    )  # fmt: skip


def check_chain(name: str, content: bytes, known: Checked | None = None) -> Checked:
    """Read a whole chain file and check every line and every link.

    `known` is what a part of it, from its first byte on, was found to be: lines without a fault.
    """
    entries = [] if known is None else list(known.entries)
    size = 0 if known is None else known.size
    faults: list[Fault] = []
    before = entries[-1] if entries else None
    for index, line in enumerate(split_lines(content[size:]), len(entries)):
        try:
            entry = parse_line(name, line)
        except DamagedLineError as error:
            faults.append(Fault(index, str(error)))
            before = None
            continue
        faults += (Fault(index, why) for why in _link_faults(entry, index, before))
        entries.append(entry)
        before = entry
    return Checked(name, tuple(entries), tuple(faults), len(content))


def split_lines(content: bytes) -> list[bytes]:
    """Cut bytes after each newline; the last line may have none."""
    lines = [line + b"\n" for line in content.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _link_faults(entry: Entry, index: int, before: Entry | None) -> list[str]:
    faults = []
    if entry.seq != index:
        faults.append(f"it says it is entry {entry.seq}: entries were moved, added or removed")
    if before is not None:
        if entry.prev != before.hash:
            faults.append("it does not follow the entry before it (`prev`)")
        if entry.ts < before.ts:
            faults.append("its time lies before the time of the entry before it")
    if index == 0 and entry.prev != NO_ENTRY:
        faults.append("the first entry names an entry before it (`prev`)")
    return faults + _identity_faults(entry, index)


def _identity_faults(entry: Entry, index: int) -> list[str]:
    faults = []
    if entry.actor != actor_of(entry.chain):
        faults.append(f"it is signed as {entry.actor!r} in the chain {entry.chain}")
    if (entry.type is EntryType.GENESIS) != (index == 0):
        faults.append("a chain starts with one genesis entry, and has no other")
    if index == 0 and entry.data.get("chain") != entry.chain:
        faults.append(f"its genesis belongs to the chain {entry.data.get('chain')!r}")
    return faults


def _brief(error: Exception) -> str:
    return str(error).partition("\n")[0][:160]
