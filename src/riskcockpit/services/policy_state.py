"""The files of the policy against what was signed: in force, asked for, or edited by hand."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from riskcockpit.decisions.policy import FILES, PolicyBook, Waiting
from riskcockpit.domain.ids import short
from riskcockpit.errors import ConfigError, LedgerError, RiskcockpitError
from riskcockpit.ledger.modes import make_directory, modes_of
from riskcockpit.ledger.objects import Objects, put_durably
from riskcockpit.ledger.regular import read_regular
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
    is_set_aside: bool = False
    """Whether it holds a version that was asked for, and rejected or overtaken by another."""

    @property
    def is_in_force(self) -> bool:
        """Whether the file holds the version in force."""
        return self.digest == self.in_force

    @property
    def is_edited(self) -> bool:
        """Whether it was changed since, and nobody signed that."""
        is_known = self.is_in_force or self.waits is not None or self.is_set_aside
        return bool(self.in_force) and not is_known


def state_of(ledger: Path, book: PolicyBook, name: str) -> PolicyFile:
    """Return how a file of the policy stands.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        content = read_regular(ledger / name)
    except OSError as error:
        raise ConfigError(
            f"cannot read {ledger / name}: {error.strerror}",
            hint=f"`riskcockpit policy restore {name}` puts back what is in force"
            if name in book.digests
            else "`riskcockpit init` makes what a home lacks",
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    waits = (
        each
        for each in book.waiting
        if each.entry.data["file"] == name and each.entry.data["after"] == digest
    )
    in_force, is_aside = book.digests.get(name, ""), (name, digest) in book.set_aside
    return PolicyFile(name, content, digest, in_force, next(waits, None), is_aside)


def held_versions(ledger: Path, book: PolicyBook, name: str, content: bytes) -> list[str]:
    """Return the digests of the waiting versions of a file whose changes `content` holds too."""
    objects, lines = Objects(ledger), Counter(content.splitlines())
    held = []
    for each in book.waiting:
        data = each.entry.data
        if data["file"] != name:
            continue
        try:
            versions = [objects.get(str(data[key])) for key in ("before", "after") if data[key]]
        except LedgerError:
            continue
        before = Counter(versions[0].splitlines()) if len(versions) > 1 else Counter()
        after = Counter(versions[-1].splitlines())
        is_held = all(lines[line] >= after[line] for line in after - before)
        is_held = is_held and all(lines[line] <= after[line] for line in before - after)
        if is_held:
            held.append(str(data["after"]))
    return held


def put_back(ledger: Path, book: PolicyBook) -> list[str]:
    """Put what is in force in the place of versions that were rejected or overtaken.

    Says of each file what was done, and where the other version lies.
    """
    said = []
    for name, digest in book.digests.items():
        try:
            found = state_of(ledger, book, name)
            if not found.is_set_aside or found.is_in_force:
                continue
            write_policy(ledger, name, Objects(ledger).get(digest))
        except RiskcockpitError as error:
            said.append(error.message)
            continue
        place = f"objects/sha256/{found.digest[:2]}/{found.digest}"
        said.append(
            f"{name} is what is in force again: the change to {short(found.digest)} was rejected, "
            f"or made against another version. Its text is {place}; ask again with it if need be"
        )
    return said


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
        make_directory(file.parent, modes_of(directory).directory)
        try:
            put_durably(file, content, modes_of(directory).policy)
        except PermissionError:
            file.write_bytes(content)  # another user's file in a sticky directory
    except OSError as error:
        raise ConfigError(f"cannot write {file}: {error.strerror}", hint="who owns it?") from error
