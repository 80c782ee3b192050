"""Corrections: what people say against what the cockpit took from reports. Pure.

Two findings are one, one is two, or what a held scan did not see is gone. A correction that cannot
be read, or that nobody may make, corrects nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from riskcockpit.decisions.requests import Followers, Policies, stand
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.severity import Severity
from riskcockpit.ledger.chain import Entry


@dataclass(frozen=True, slots=True)
class Correction:
    """What all of them have."""

    id: str
    """The hash of its entry."""
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Merge(Correction):
    """`other` is `finding`: all keys of the one are keys of the other from now on."""

    finding: str
    other: str
    keys: tuple[str, ...]
    """Every key `other` was known by, its id first."""
    reason: str


@dataclass(frozen=True, slots=True)
class Split(Correction):
    """What is seen under `key` is not `finding`, as was thought, but the finding `new`."""

    finding: str
    new: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Release(Correction):
    """What the held scan `scan` did not see is gone: these findings are closed."""

    scan: str
    findings: tuple[str, ...]


class _Merged(msgspec.Struct, frozen=True):
    finding: str
    other: str
    keys: tuple[str, ...]
    reason: str


class _Split(msgspec.Struct, frozen=True):
    finding: str
    new: str
    key: str
    reason: str


class _Released(msgspec.Struct, frozen=True):
    scan: str
    findings: tuple[str, ...]


_SHAPES: Mapping[EntryType, type[_Merged | _Split | _Released]] = {
    EntryType.IDENTITY_MERGED: _Merged,
    EntryType.IDENTITY_SPLIT: _Split,
    EntryType.CLOSURE_RELEASED: _Released,
}


def collect_corrections(
    entries: Iterable[Entry], followers: Followers, policies: Policies, doubt: str
) -> Iterator[Correction]:
    """Yield the corrections in force, in the order of `entries`."""
    for entry in entries:
        if entry.type not in _SHAPES:
            continue
        if stand(entry, Severity.INFO, followers, policies, doubt).is_granted:
            found = read_correction(entry)
            if found is not None:
                yield found


def read_correction(entry: Entry) -> Correction | None:
    """Return what an entry corrects; None when it cannot be read, or makes no sense."""
    try:
        read: Any = msgspec.convert(dict(entry.data), _SHAPES[entry.type])
    except msgspec.ValidationError:
        return None
    head = (entry.hash, entry.actor, entry.ts)
    if isinstance(read, _Released):
        return Release(*head, read.scan, read.findings)
    if isinstance(read, _Split):
        is_sound = read.finding != read.new and bool(read.key)
        return Split(*head, read.finding, read.new, read.key, read.reason) if is_sound else None
    is_sound = read.finding not in read.keys and read.other in read.keys
    return Merge(*head, read.finding, read.other, read.keys, read.reason) if is_sound else None
