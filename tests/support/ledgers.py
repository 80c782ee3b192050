"""Ledgers for tests: writers with keys of their own, in a directory of their own."""

from __future__ import annotations

import atexit
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from shutil import copyfile, rmtree
from tempfile import mkdtemp
from typing import Any

from riskcockpit.ledger.journal import Journal
from riskcockpit.ledger.signing import Signer, make_key

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NAMESPACES = "riskcockpit-evidence,riskcockpit-checkpoint"


@dataclass(slots=True)
class TickingClock:
    """A clock that moves on a second each time it is read."""

    at: datetime = START
    step: timedelta = field(default=timedelta(seconds=1))

    def now(self) -> datetime:
        """Return the present and move on."""
        self.at += self.step
        return self.at


@cache
def _key(name: str) -> Path:
    """Make one key per name and test run: making one takes longer than using it."""
    folder = mkdtemp(prefix="riskcockpit-keys-")
    atexit.register(rmtree, folder, ignore_errors=True)
    path = Path(folder) / name
    make_key(path, name)
    return path


def key_for(name: str, folder: Path) -> Path:
    """Put the key of `name` into `folder` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    made, path = _key(name), folder / name
    for suffix in ("", ".pub"):
        copyfile(f"{made}{suffix}", f"{path}{suffix}")
    path.chmod(0o600)
    return path


def signer_line(name: str, key: Path, options: str = f'namespaces="{NAMESPACES}"') -> str:
    """Return the line of `allowed_signers` for a key."""
    kind, blob = key.with_name(f"{key.name}.pub").read_text().split()[:2]
    return f"{name} {options} {kind} {blob}\n".replace("  ", " ")


@dataclass(slots=True)
class Ledger:
    """A ledger directory with writers."""

    directory: Path
    clock: TickingClock = field(default_factory=TickingClock)
    kind: type[Signer] = Signer
    """Who signs; `QuickSigner` where hundreds of entries are signed."""

    @property
    def signers_file(self) -> Path:
        """Where `allowed_signers` lies."""
        return self.directory / "allowed_signers"

    def allow(self, name: str, *, key_name: str = "", options: str | None = None) -> Path:
        """Make a key for `name`, allow it, and return its path."""
        key = key_for(key_name or name, self.directory.parent / "keys")
        line = signer_line(name, key) if options is None else signer_line(name, key, options)
        self.directory.mkdir(parents=True, exist_ok=True)
        with self.signers_file.open("a") as file:
            file.write(line)
        return key

    def journal(self, name: str = "engineer", host: str = "bastion", key_name: str = "") -> Journal:
        """Open the journal of `name`; its key is allowed when nobody did that yet."""
        key = self.directory.parent / "keys" / (key_name or name)
        if not key.exists():
            self.allow(name, key_name=key_name)
        signer = self.kind.open(key, self.signers_file, name)
        return Journal(self.directory, self.clock, signer, host)

    def chain(self, name: str = "engineer", host: str = "bastion") -> Path:
        """Return the file of a chain."""
        return self.directory / "chains" / f"{name}@{host}.jsonl"


def said(text: str = "seen", **more: Any) -> dict[str, Any]:
    """Return the data of a note."""
    return {"subject": "ledger", "text": text, **more}
