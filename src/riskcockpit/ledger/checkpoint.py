"""Checkpoints: signed statements of how long a chain is and what its bytes are.

Without them a cut tail could not be seen. A checkpoint is four lines of text beside its signature,
so that an auditor needs nothing but stock tools (docs/ledger-format.md, section 5).
"""

from __future__ import annotations

import hashlib
import os
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
_SUFFIX = ".cp"
_NUMBER = re.compile(r"[1-9][0-9]{0,15}")


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
    return [place / f"{entries}{_SUFFIX}" for entries in _numbers(place)]


def strays(directory: Path, chain: str) -> list[str]:
    """Return the names that end as checkpoints do and are no number of entries."""
    place = folder(directory, chain)
    kept = {f"{entries}{_SUFFIX}" for entries in _numbers(place)}
    there = place.iterdir() if place.is_dir() else ()
    return sorted({file.name for file in there if file.name.endswith(_SUFFIX)} - kept)


def newest(directory: Path, chain: str) -> Checkpoint | None:
    """Return what the longest checkpoint of a chain says; None when there is none.

    Raises:
        ValueError: it is damaged.
    """
    place = folder(directory, chain)
    known = _numbers(place)
    if not known:
        return None
    return parse_checkpoint(read_regular(place / f"{known[-1]}{_SUFFIX}").decode("ascii"))


def misfit(said: Checkpoint, content: bytes, digest: str, lines: int) -> str | None:
    """Say why a chain is not what a checkpoint says; `lines` are in the prefix."""
    if len(content) < said.size:
        there = content.count(b"\n")
        return f"its tail was cut: {there} entries, a checkpoint says {said.entries}"
    if digest != said.digest:
        return f"the first {said.entries} entries are not what a checkpoint says"
    if lines != said.entries or content[said.size - 1 : said.size] != b"\n":
        return f"a checkpoint counts {said.entries} entries, there are others"
    return None


def write(directory: Path, statement: Checkpoint, signer: Signer) -> Path:
    """Sign `statement` and keep it; the signature is there before the text is."""
    signature = signer.sign(statement.text.encode("ascii"), CHECKPOINT)
    place = folder(directory, statement.chain)
    modes = modes_of(directory)
    make_directory(place.parent, modes.directory)
    make_directory(place, modes.own_directory)
    file = place / f"{statement.entries}{_SUFFIX}"
    for target, content in ((signature_of(file), signature), (file, statement.text)):
        put_durably(target, content.encode("ascii"), modes.file)
    return file


def signature_of(file: Path) -> Path:
    """Return where the signature of a checkpoint lies."""
    return file.with_name(f"{file.name}.sig")


def _numbers(place: Path) -> list[int]:
    """Return how many entries the checkpoints in a directory are of, in order."""
    try:
        names = os.listdir(place)  # noqa: PTH208 - asked at every append: no objects for the names
    except (FileNotFoundError, NotADirectoryError):
        return []
    ours = (name[: -len(_SUFFIX)] for name in names if name.endswith(_SUFFIX))
    return sorted(int(number) for number in ours if _NUMBER.fullmatch(number))
