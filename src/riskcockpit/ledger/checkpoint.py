"""Checkpoints: signed statements of how long a chain is and what its bytes are.

Without them a cut tail could not be seen. A checkpoint is four lines of text beside its signature,
so that an auditor needs nothing but stock tools (docs/ledger-format.md, section 5).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from riskcockpit.ledger.armor import CHECKPOINT
from riskcockpit.ledger.modes import make_directory, modes_of
from riskcockpit.ledger.objects import put_durably
from riskcockpit.ledger.regular import read_regular
from riskcockpit.ledger.signing import Signer

EVERY = 100
"""A writer signs a checkpoint by itself after so many entries."""
ORIGIN = "riskcockpit.ledger/1"
_TEXT = re.compile(
    rf"{re.escape(ORIGIN)} (?P<chain>\S+)\n(?P<entries>[1-9][0-9]*)\n(?P<size>[1-9][0-9]*)\n"
    r"(?P<digest>[0-9a-f]{64})\n"
)
_FILE = re.compile(r"(?P<entries>[1-9][0-9]{0,15})\.cp")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says of a chain."""

    chain: str
    entries: int
    size: int
    """Bytes of the prefix."""
    digest: str
    """SHA-256 of the prefix, hex."""

    @property
    def text(self) -> str:
        """The four lines that are signed."""
        return f"{ORIGIN} {self.chain}\n{self.entries}\n{self.size}\n{self.digest}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the four lines.

    Raises:
        ValueError: it is something else.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError("not the four lines of a checkpoint")
    return Checkpoint(match["chain"], int(match["entries"]), int(match["size"]), match["digest"])


def of_content(chain: str, entries: int, content: bytes) -> Checkpoint:
    """State what `content`, a whole chain of `entries` lines, is."""
    return Checkpoint(chain, entries, len(content), hashlib.sha256(content).hexdigest())


def folder(directory: Path, chain: str) -> Path:
    """Return where the checkpoints of a chain lie."""
    return directory / "checkpoints" / chain


def files(directory: Path, chain: str) -> list[Path]:
    """Return the checkpoints of a chain, the shortest first."""
    place = folder(directory, chain)
    found = place.iterdir() if place.is_dir() else ()
    numbered = [(int(match["entries"]), file) for file in found if (match := _named(file))]
    return [file for _, file in sorted(numbered)]


def newest(directory: Path, chain: str) -> Checkpoint | None:
    """Return what the longest checkpoint of a chain says; None when there is none.

    Raises:
        ValueError: it is damaged.
    """
    known = files(directory, chain)
    return parse_checkpoint(read_regular(known[-1]).decode("ascii")) if known else None


def write(directory: Path, statement: Checkpoint, signer: Signer) -> Path:
    """Sign `statement` and keep it; the signature is there before the text is."""
    signature = signer.sign(statement.text.encode("ascii"), CHECKPOINT)
    place = folder(directory, statement.chain)
    modes = modes_of(directory)
    make_directory(place.parent, modes.directory)
    make_directory(place, modes.own_directory)
    file = place / f"{statement.entries}.cp"
    for target, content in ((signature_of(file), signature), (file, statement.text)):
        put_durably(target, content.encode("ascii"), modes.file)
    return file


def signature_of(file: Path) -> Path:
    """Return where the signature of a checkpoint lies."""
    return file.with_name(f"{file.name}.sig")


def _named(file: Path) -> re.Match[str] | None:
    return _FILE.fullmatch(file.name)
