"""The files of a ledger's chains, held against its checkpoints: what they cover is as it was.

No entry is read here: `verify` does that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from riskcockpit.errors import LedgerError
from riskcockpit.ledger import checkpoint as checkpoints
from riskcockpit.ledger.armor import CHECKPOINT
from riskcockpit.ledger.chain import SUFFIX, actor_of
from riskcockpit.ledger.memory import Memory
from riskcockpit.ledger.regular import NotRegularError, read_regular
from riskcockpit.ledger.signers import FILE_NAME, AllowedSigners
from riskcockpit.ledger.signing import load_signers, prove
from riskcockpit.ledger.wire import BadSignatureError
from riskcockpit.views.governance import LedgerProblem, VerifyReport

Tell = Callable[[str, int | None, str], None]
"""Takes a problem: chain, entry and why."""


class Attesting:
    """The checkpoints in one directory, held against the chains there."""

    def __init__(
        self, directory: Path, signers: AllowedSigners, memory: Memory, tell: Tell
    ) -> None:
        self._directory, self._signers, self._memory, self._tell = directory, signers, memory, tell
        self.count = 0
        """Checkpoints that were read."""

    def chains(self, there: set[str]) -> list[str]:
        """Return which of the chains that are `there` have checkpoints; name those that are not."""
        folder = self._directory / "checkpoints"
        present = {place.name for place in folder.iterdir()} if folder.is_dir() else set()
        for name in sorted(present - there):
            if self._files(name) or checkpoints.strays(self._directory, name):
                self._tell(name, None, "the chain is missing, its checkpoints are there")
        return sorted(present & there)

    def check(self, name: str, content: bytes, entries: int) -> Iterator[tuple[bytes, int]]:
        """Yield (key, entries) of each checkpoint that a chain fits; `entries` parse in it."""
        for stray in checkpoints.strays(self._directory, name):
            self._tell(name, None, f"the checkpoint {stray!r} is named by no number of entries")
        hashed, lines, state = 0, 0, hashlib.sha256()
        for file in self._files(name):
            self.count += 1
            said = self._read(name, file)
            if said is None:
                continue
            key = self._key(name, file, said)
            if said.size < hashed:
                self._tell(name, None, f"the checkpoint {file.name} is shorter than the last")
                continue
            state.update(content[hashed : said.size])
            lines += content.count(b"\n", hashed, said.size)
            hashed = said.size
            if (why := checkpoints.misfit(said, content, state.hexdigest(), lines)) is not None:
                there = entries or content.count(b"\n")
                self._tell(name, min(said.entries, there), why)
            elif key:
                yield key, said.entries

    def _files(self, name: str) -> list[Path]:
        return checkpoints.files(self._directory, name)

    def _read(self, name: str, file: Path) -> checkpoints.Checkpoint | None:
        try:
            said = checkpoints.parse_checkpoint(read_regular(file).decode("ascii"))
        except (ValueError, OSError) as error:
            self._tell(name, None, f"the checkpoint {file.name} is damaged: {error}")
            return None
        if said.chain != name or f"{said.entries}.cp" != file.name:
            self._tell(name, None, f"the checkpoint {file.name} belongs elsewhere")
            return None
        return said

    def _key(self, name: str, file: Path, said: checkpoints.Checkpoint) -> bytes | None:
        """Return the key of a good signature by the chain's writer."""
        try:
            armored = read_regular(checkpoints.signature_of(file)).decode("ascii")
            signature = self._memory.checkpoints.get((said.text, armored))
            signature = signature or prove(said.text.encode("ascii"), armored, CHECKPOINT)
        except (OSError, UnicodeDecodeError):
            self._tell(name, None, f"the checkpoint {file.name} has no readable signature")
            return None
        except BadSignatureError as error:
            self._tell(name, None, f"the checkpoint {file.name}: {error}")
            return None
        if not self._signers.may_ever(actor_of(name) or "", signature.key, CHECKPOINT):
            self._tell(name, None, f"the checkpoint {file.name} is signed by a stranger")
            return None
        self._memory.checkpoints[said.text, armored] = signature
        return signature.key


def verify_checkpoints(directory: Path, now: datetime) -> VerifyReport:
    """Verify the checkpoints only: that nothing before the last of them was changed or cut.

    It says nothing of what was written after them. `now` is aware UTC.

    Raises:
        LedgerError: as `verify.verify`.
    """
    problems: list[LedgerProblem] = []

    def tell(chain: str, entry: int | None, why: str) -> None:
        problems.append(LedgerProblem(chain, entry, why))

    signers = load_signers(directory / FILE_NAME)
    for why in signers.faults:
        tell(FILE_NAME, None, why)
    contents = read_chains(directory, tell)
    for name, content in contents.items():
        if content and not checkpoints.files(directory, name):
            tell(name, None, "no checkpoint says what it holds")
    attesting = Attesting(directory, signers, Memory(), tell)
    for name in attesting.chains(set(contents)):
        for _ in attesting.check(name, contents[name], 0):
            pass
    return VerifyReport(
        chains=len(contents),
        entries=sum(content.count(b"\n") for content in contents.values()),
        checkpoints=attesting.count,
        problems=tuple(sorted(problems, key=by_place)),
        heads=(),
    )


def read_chains(directory: Path, tell: Tell) -> dict[str, bytes]:
    """Return the content of each chain; what is no chain there is told.

    Raises:
        LedgerError: one cannot be read.
    """
    folder = directory / "chains"
    found: dict[str, bytes] = {}
    try:
        for file in sorted(folder.iterdir()) if folder.is_dir() else ():
            if file.suffix != SUFFIX or actor_of(file.stem) is None:
                tell(file.name, None, "this file is no chain of any writer")
                continue
            try:
                found[file.stem] = read_regular(file)
            except NotRegularError:
                tell(file.stem, None, "this is not a regular file")
    except OSError as error:
        raise LedgerError(f"cannot read the ledger: {error}") from error
    return found


def by_place(problem: LedgerProblem) -> tuple[str, int]:
    """Return what problems are sorted by."""
    return problem.chain, -1 if problem.entry is None else problem.entry
