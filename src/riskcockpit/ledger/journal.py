"""The journal: the one way entries get into the ledger.

Each writer has one chain, `chains/<principal>@<host>.jsonl`. An append holds the file's lock,
verifies the tail, signs, writes once, fsyncs, and only then returns.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from riskcockpit.domain.clock import Clock, rfc3339
from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import LedgerError, UnwritableError
from riskcockpit.ledger import checkpoint as checkpoints
from riskcockpit.ledger.armor import EVIDENCE
from riskcockpit.ledger.bodies import fault_of
from riskcockpit.ledger.canonical import Json
from riskcockpit.ledger.chain import (
    LONGEST_LINE,
    SUFFIX,
    DamagedLineError,
    Entry,
    actor_of,
    build_body,
    build_line,
    check_chain,
    parse_line,
)
from riskcockpit.ledger.modes import make_directory, modes_of
from riskcockpit.ledger.objects import write_durably
from riskcockpit.ledger.regular import read_regular
from riskcockpit.ledger.signers import FILE_NAME
from riskcockpit.ledger.signing import Signer, prove
from riskcockpit.ledger.tail import (
    append_line,
    disk_error,
    last_line,
    last_whole_entry,
    open_locked,
    sync_directory,
)
from riskcockpit.ledger.wire import BadSignatureError

_ROOM = 20_000
"""Bytes of a line that its signature may take."""
CLOCK_BEHIND = timedelta(minutes=1)
"""How far our clock may be behind the entry before without being told of."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Tail:
    last: Entry | None
    size: int
    torn: str = ""
    """Where torn bytes were put; empty when the chain was whole."""


class Journal:
    """The ledger of one directory, as one writer sees it."""

    def __init__(self, directory: Path, clock: Clock, signer: Signer | None, host: str) -> None:
        self.directory = directory
        self._clock = clock
        self._signer = signer
        self._host = host
        self._written: tuple[bytes, Entry] | None = None
        """The line that was written last, and what it says: its signature was proven."""
        self.warnings: list[str] = []
        """What was not as it should be and did not stop an append: torn tails, clocks."""

    @property
    def chain(self) -> str:
        """The name of this writer's chain.

        Raises:
            LedgerError: the journal was opened for reading only.
        """
        return f"{self._writer().principal}@{self._host}"

    @property
    def principal(self) -> str:
        """Who writes here."""
        return self._writer().principal

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the key that signs here."""
        return self._writer().fingerprint

    def append(self, type_: EntryType, data: Mapping[str, Json]) -> Entry:
        """Sign an entry and write it; when this returns it is on disk.

        Raises:
            LedgerError: no key, a damaged chain, or (UnwritableError) a disk that does not take it.
                Nothing is written then.
            BusyError: another process holds the chain.
        """
        signer = self._writer()
        with self._locked() as handle:
            tail = self._tail(handle)
            if tail.last is None:
                tail = self._write(handle, tail, signer, EntryType.GENESIS, self._genesis())
            if tail.torn:
                note: dict[str, Json] = {"subject": "ledger", "text": tail.torn}
                tail = self._write(handle, tail, signer, EntryType.NOTE, note)
            tail = self._write(handle, tail, signer, type_, data)
            if tail.last is None:  # pragma: no cover - an entry was just written
                raise LedgerError("nothing was written")
            if (tail.last.seq + 1) % checkpoints.EVERY == 0:
                self._try_checkpoint(handle, tail, signer)
            return tail.last

    def checkpoint(self) -> Path | None:
        """Sign how long this writer's chain is now; None when that was signed already.

        Raises:
            LedgerError: the chain does not fit its last checkpoint, or the key cannot sign.
            UnwritableError: the disk does not take it; the entries stand.
        """
        signer = self._writer()
        if not self._file.exists():
            return None
        with self._locked() as handle:
            return self._checkpoint(handle, self._tail(handle), signer)

    def repair(self) -> tuple[str, ...]:
        """Cut torn bytes behind the last whole line off, keep them aside, and sign that it was.

        Signed lines are never touched. Returns what was done, one sentence each.

        Raises:
            LedgerError: the last whole entry does not verify, or the chain was cut.
        """
        signer = self._writer()
        if not self._file.exists():
            return ()
        with self._locked() as handle:
            tail = self._tail(handle)
            if not tail.torn:
                return ()
            if tail.last is None:
                tail = self._write(handle, tail, signer, EntryType.GENESIS, self._genesis())
            note: dict[str, Json] = {"subject": "ledger", "text": tail.torn}
            self._write(handle, tail, signer, EntryType.NOTE, note)
            return (tail.torn,)

    def entries(self) -> list[Entry]:
        """Return the entries of all chains that parse, by time, chain and number.

        They are read, not verified: `verify.examine` says what may be trusted.
        """
        found = [
            entry
            for file in self._chain_files()
            for entry in check_chain(file.stem, read_regular(file)).entries
        ]
        return sorted(found, key=lambda entry: (entry.ts, entry.chain, entry.seq))

    def head(self) -> str:
        """Return the hash of this writer's last entry; empty when there is none."""
        last = last_whole_entry(self._file) if self._file.exists() else None
        return last.hash if last else ""

    @property
    def _file(self) -> Path:
        return self.directory / "chains" / f"{self.chain}{SUFFIX}"

    def _writer(self) -> Signer:
        if self._signer is None:
            raise LedgerError("the ledger is open for reading only", hint="`riskcockpit init`")
        return self._signer

    def _chain_files(self) -> list[Path]:
        return [
            file
            for file in sorted((self.directory / "chains").glob(f"*{SUFFIX}"))
            if actor_of(file.stem) and file.is_file() and not file.is_symlink()
        ]

    def _genesis(self) -> dict[str, Json]:
        signers = self.directory / FILE_NAME
        content = signers.read_bytes() if signers.exists() else b""
        return {
            "chain": self.chain,
            "format": checkpoints.ORIGIN,
            FILE_NAME: hashlib.sha256(content).hexdigest(),
        }

    @contextmanager
    def _locked(self) -> Iterator[int]:
        file = self._file
        if actor_of(file.stem) is None:
            raise LedgerError(f"{file.stem!r} cannot name a chain", hint="use a plain principal")
        try:
            modes = modes_of(self.directory)
            for place in (self.directory, file.parent):
                make_directory(place, modes.directory)
            is_new = not file.exists()
            handle = open_locked(file, modes)
        except OSError as error:
            raise disk_error(f"cannot open the chain {file}", error) from error
        try:
            if is_new:
                sync_directory(file.parent)
            yield handle
        finally:
            os.close(handle)

    def _tail(self, handle: int) -> _Tail:
        """Return the verified last entry; bytes after the last newline are put aside."""
        size = os.fstat(handle).st_size
        line, whole = last_line(handle, size)
        torn = self._quarantine(handle, whole, size) if whole < size else ""
        self._refuse_cut(whole)
        if not line:
            return _Tail(None, whole, torn)
        if self._written is not None and self._written[0] == line:
            return _Tail(self._written[1], whole, torn)
        try:
            last = _proven_entry(self.chain, line)
        except (DamagedLineError, BadSignatureError) as error:
            raise LedgerError(
                f"the last entry of {self.chain} does not verify: {error}",
                hint="`riskcockpit ledger verify` says more; nothing was written",
            ) from error
        return _Tail(last, whole, torn)

    def _refuse_cut(self, size: int) -> None:
        try:
            known = checkpoints.newest(self.directory, self.chain)
        except (ValueError, OSError) as error:
            raise LedgerError(f"the last checkpoint of {self.chain} is damaged: {error}") from error
        if known is not None and size < known.size:
            raise LedgerError(
                f"the chain {self.chain} was cut: {size} bytes, its checkpoint says {known.size}",
                hint="bring the whole chain back; `riskcockpit ledger verify` says more",
            )

    def _quarantine(self, handle: int, whole: int, size: int) -> str:
        torn = os.pread(handle, size - whole, whole)
        place = self.directory / "quarantine"
        modes = modes_of(self.directory)
        make_directory(place, modes.directory)
        name = f"{self.chain}-{whole}-{secrets.token_hex(4)}.torn"
        write_durably(place / name, torn, modes.file)
        sync_directory(place)
        os.ftruncate(handle, whole)
        os.fsync(handle)
        message = f"a torn tail of {len(torn)} bytes was cut off and kept as quarantine/{name}"
        self.warnings.append(f"{self.chain}: {message}")
        _log.warning("%s", self.warnings[-1])
        return message

    def _write(
        self,
        handle: int,
        tail: _Tail,
        signer: Signer,
        type_: EntryType,
        data: Mapping[str, Json],
    ) -> _Tail:
        if why := fault_of(type_, data):
            raise LedgerError(f"cannot write {type_.value}: {why}")
        now = self._clock.now()
        self._notice_clock(now, tail.last)
        if refusal := signer.refusal(EVIDENCE, max(now, tail.last.ts) if tail.last else now):
            raise LedgerError(f"{signer.principal} cannot sign: {refusal}")
        try:
            body = build_body(
                last=tail.last,
                now=now,
                actor=signer.principal,
                key_fp=signer.fingerprint,
                type_=type_,
                data=data,
                seen=self._heads_of_others(),
            )
        except ValueError as error:
            raise LedgerError(f"cannot write {type_.value}: {error}") from error
        if len(body) > LONGEST_LINE - _ROOM:
            raise LedgerError(
                f"cannot write {type_.value}: it would be longer than {LONGEST_LINE} bytes",
                hint="decide about less at once",
            )
        line = build_line(body, signer.sign(body))
        entry = parse_line(self.chain, line)
        append_line(handle, tail.size, line)
        self._written = line, entry
        return _Tail(entry, tail.size + len(line))

    def _notice_clock(self, now: datetime, last: Entry | None) -> None:
        if last is not None and now < last.ts - CLOCK_BEHIND:
            self.warnings.append(
                f"the clock shows {rfc3339(now)}, before the last entry of {self.chain}, "
                f"{rfc3339(last.ts)}: the entry has the later time; set the clock"
            )
            _log.warning("%s", self.warnings[-1])

    def _heads_of_others(self) -> dict[str, str]:
        """Witness the other chains, whoever holds them; a line without its end is not there yet."""
        heads = {}
        for file in self._chain_files():
            if file != self._file and (last := last_whole_entry(file)):
                heads[file.stem] = last.hash
        return heads

    def _try_checkpoint(self, handle: int, tail: _Tail, signer: Signer) -> None:
        """Sign a checkpoint, or warn: the entries before it are on disk, whatever comes of it."""
        try:
            self._checkpoint(handle, tail, signer)
        except LedgerError as error:
            self.warnings.append(f"no checkpoint was signed: {error.message}")

    def _checkpoint(self, handle: int, tail: _Tail, signer: Signer) -> Path | None:
        if tail.last is None:
            return None
        content = os.pread(handle, tail.size, 0)
        known = checkpoints.newest(self.directory, self.chain)
        if known and hashlib.sha256(content[: known.size]).hexdigest() != known.digest:
            raise LedgerError(
                f"the chain {self.chain} does not fit its checkpoint of {known.entries} entries",
                hint="`riskcockpit ledger verify` names the entry",
            )
        count = tail.last.seq + 1
        if known and known.entries == count:
            return None
        statement = checkpoints.of_content(self.chain, count, content)
        try:
            return checkpoints.write(self.directory, statement, signer)
        except OSError as error:
            raise UnwritableError(
                f"cannot write a checkpoint of {self.chain}: {error.strerror or error}",
                hint="make room: the entries stand, `ledger checkpoint` signs them later",
            ) from error


def _proven_entry(chain: str, line: bytes) -> Entry:
    entry = parse_line(chain, line)
    if prove(entry.body, entry.sig, EVIDENCE).fingerprint != entry.key_fp:
        raise DamagedLineError("it is signed by another key than it says")
    return entry
