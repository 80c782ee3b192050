"""Two states of one ledger put together: every chain grows, none is rewritten. Pure.

What cannot be put together is named: chains that parted, and what a remote had and has no more.
Bytes without a newline are no entry yet, wherever they stand; they stop nobody.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from riskcockpit.ledger.chain import actor_of
from riskcockpit.views.governance import LedgerProblem

_CHAIN = re.compile(r"chains/(?P<name>[^/]+)\.jsonl")
_CHECKPOINT = re.compile(r"checkpoints/(?P<name>[^/]+)/[1-9][0-9]{0,15}\.cp(?:\.sig)?")
_OBJECT = re.compile(r"objects/sha256/(?P<folder>[0-9a-f]{2})/(?P<digest>[0-9a-f]{64})")


class Kind(StrEnum):
    """What a file of a ledger is."""

    CHAIN = "chain"
    CHECKPOINT = "checkpoint"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Known:
    """A chain as a remote had it when it was seen last."""

    entries: int
    size: int
    digest: str
    """SHA-256 of that many bytes, hex."""


@dataclass(slots=True)
class Union:
    """What became of putting a remote's files to ours."""

    chains: dict[str, bytes] = field(default_factory=dict)
    """Path → bytes to add at the end of ours; whole chains that we had not."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Path → content of checkpoints and objects that we had not."""
    problems: list[LedgerProblem] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    """Paths that are no files of a ledger; left alone."""
    torn: dict[str, int] = field(default_factory=dict)
    """Path → how many bytes stand behind the last newline of theirs: no entry, and left out."""


def kind_of(path: str) -> Kind | None:
    """Say what the file at a path of a ledger is; None when it is none that travels."""
    if (match := _CHAIN.fullmatch(path)) and actor_of(match["name"]):
        return Kind.CHAIN
    if (match := _CHECKPOINT.fullmatch(path)) and actor_of(match["name"]):
        return Kind.CHECKPOINT
    if (match := _OBJECT.fullmatch(path)) and match["digest"].startswith(match["folder"]):
        return Kind.OBJECT
    return None


def chain_of(path: str) -> str:
    """Return the name of the chain at `path`, or whose checkpoint it is; empty: neither."""
    match = _CHAIN.fullmatch(path) or _CHECKPOINT.fullmatch(path)
    return match["name"] if match else ""


def unite(ours: Mapping[str, bytes], theirs: Mapping[str, bytes]) -> Union:
    """Put `theirs` (path → content) to `ours`."""
    found = Union()
    for path, content in theirs.items():
        kind, mine = kind_of(path), ours.get(path)
        if kind is None:
            found.strange.append(path)
        elif kind is Kind.CHAIN:
            _unite_chain(found, path, mine or b"", content)
        elif kind is Kind.OBJECT and hashlib.sha256(content).hexdigest() != path[-64:]:
            found.problems.append(
                LedgerProblem(path, None, "its content is not what its name says")
            )
        elif mine is None:
            found.files[path] = content
    return found


def lost(known: Mapping[str, Known], theirs: Mapping[str, bytes]) -> list[LedgerProblem]:
    """Name every chain of which a remote had more, or something else, when it was seen last."""
    problems = []
    for path, before in known.items():
        name, content = chain_of(path), theirs.get(path)
        if content is None:
            problems.append(LedgerProblem(name, None, "the remote lost the whole chain"))
        elif len(content) < before.size:
            there = content.count(b"\n")
            why = f"the remote lost entries: it has {there}, it had {before.entries}"
            problems.append(LedgerProblem(name, there, why))
        elif hashlib.sha256(content[: before.size]).hexdigest() != before.digest:
            problems.append(LedgerProblem(name, None, "the remote rewrote what it had"))
    return problems


def known_of(files: Mapping[str, bytes]) -> dict[str, Known]:
    """Return what to remember of a remote that has these files."""
    return {
        path: Known(content.count(b"\n"), len(content), hashlib.sha256(content).hexdigest())
        for path, content in files.items()
        if kind_of(path) is Kind.CHAIN
    }


def first_difference(ours: bytes, theirs: bytes) -> int:
    """Return the number of the first entry in which two chains differ."""
    pairs = zip(ours.split(b"\n"), theirs.split(b"\n"), strict=False)
    return next((at for at, (mine, other) in enumerate(pairs) if mine != other), 0)


def _unite_chain(found: Union, path: str, mine: bytes, content: bytes) -> None:
    name = chain_of(path)
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        found.torn[path] = len(content) - len(whole)
    if whole.startswith(mine):
        if len(whole) > len(mine):
            found.chains[path] = whole[len(mine) :]
    elif not mine.startswith(whole):
        entry = first_difference(mine, whole)
        why = "the remote has another entry here: one of the two chains was rewritten"
        found.problems.append(LedgerProblem(name, entry, why))
