"""The files of the policy against what was signed: in force, asked for, or edited by hand."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from riskcockpit.decisions.policy import FILES, PolicyBook, Waiting
from riskcockpit.errors import ConfigError
from riskcockpit.ledger.modes import modes_of
from riskcockpit.ledger.objects import put_durably
from riskcockpit.views.governance import LedgerProblem

POLICY_RULE = "policy-signed"
"""Refuses what would rest on a file that nobody signed."""


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """One file of the policy."""

    name: str
    content: bytes
    digest: str
    """SHA-256 of the file as it is, hex."""
    in_force: str
    """SHA-256 of the version in force; empty: none was ever signed."""
    waits: Waiting | None
    """The change to what the file holds, when it waits for another person."""

    @property
    def is_in_force(self) -> bool:
        """Whether the file holds the version in force."""
        return self.digest == self.in_force

    @property
    def is_edited(self) -> bool:
        """Whether it was changed since, and nobody signed that."""
        return bool(self.in_force) and not self.is_in_force and self.waits is None


def state_of(ledger: Path, book: PolicyBook, name: str) -> PolicyFile:
    """Return how a file of the policy stands.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        content = (ledger / name).read_bytes()
    except OSError as error:
        raise ConfigError(
            f"cannot read {ledger / name}: {error.strerror}",
            hint="`riskcockpit policy restore` puts back what is in force",
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    waits = (
        each
        for each in book.waiting
        if each.entry.data["file"] == name and each.entry.data["after"] == digest
    )
    return PolicyFile(name, content, digest, book.digests.get(name, ""), next(waits, None))


def unsigned(ledger: Path, book: PolicyBook) -> tuple[LedgerProblem, ...]:
    """Name the files of the policy that are not what was signed; none before the first was."""
    found = []
    for name in FILES:
        if name not in book.digests:
            continue
        try:
            is_edited = state_of(ledger, book, name).is_edited
        except ConfigError as error:
            found.append(LedgerProblem(name, None, error.message))
            continue
        if is_edited:
            why = "it was edited by hand: no `policy.changed` that is in force or waits names it"
            found.append(LedgerProblem(name, None, why))
    return tuple(found)


def write_policy(directory: Path, name: str, content: bytes) -> None:
    """Write a file of the policy whole; in a shared ledger into the file of whoever made it.

    Raises:
        ConfigError: it cannot be written.
    """
    file = directory / name
    try:
        try:
            put_durably(file, content, modes_of(directory).policy)
        except PermissionError:
            file.write_bytes(content)  # another user's file in a sticky directory
    except OSError as error:
        raise ConfigError(f"cannot write {file}: {error.strerror}", hint="who owns it?") from error
