"""What happens to a chain when the process, the disk, the clock or a colleague's process fails."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import BusyError, LedgerError
from riskcockpit.ledger import lock
from riskcockpit.ledger.objects import Objects
from riskcockpit.ledger.verify import verify
from support.ledgers import Ledger, said
from support.quick_signer import QuickSigner

SOURCES = Path(__file__).resolve().parents[2]
KILLS = 100
KILLER = """
import os, random, select, signal, sys, time
from pathlib import Path
from support.ledgers import Ledger, said
from support.quick_signer import QuickSigner
from riskcockpit.domain.decision import EntryType

ledger = Ledger(Path(sys.argv[1]), kind=QuickSigner)
ledger.journal().append(EntryType.NOTE, said("imports are done"))
dice = random.Random(7)
for _ in range(int(sys.argv[2])):
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        journal = ledger.journal()
        while True:
            entry = journal.append(EntryType.NOTE, said("x" * 3000))
            os.write(theirs, entry.hash.encode() + b"\\n")
    os.close(theirs)
    told = os.read(ours, 65)
    time.sleep(dice.random() * 0.004)
    os.kill(child, signal.SIGKILL)
    while piece := os.read(ours, 65536):
        told += piece
    os.waitpid(child, 0)
    os.close(ours)
    print(*(line for line in told.decode().split("\\n") if len(line) == 64), sep="\\n")
"""
HOLDER = """
import sys, time
from pathlib import Path
from riskcockpit.ledger.lock import held
with held(Path(sys.argv[1]), "it"):
    print("held", flush=True)
    time.sleep(600)
"""


def environment() -> dict[str, str]:
    path = os.pathsep.join(str(SOURCES / part) for part in ("src", "tests"))
    return {**os.environ, "PYTHONPATH": path}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path / "ledger", kind=QuickSigner)
    made.allow("engineer")
    return made


def test_a_hundred_kills_while_appending_lose_nothing_that_was_acknowledged(
    ledger: Ledger,
) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", KILLER, str(ledger.directory), str(KILLS)],
        env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    told = set(ran.stdout.split())
    assert len(told) >= KILLS
    ledger.journal().append(EntryType.NOTE, said("the end"))
    assert told < {entry.hash for entry in ledger.journal().entries()}
    report = verify(ledger.directory, ledger.clock.at + timedelta(hours=1))
    assert report.problems == ()


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes: the closest to a full disk that needs no mount."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.parametrize("room", [0, 1, 40, 400])
def test_a_disk_without_room_leaves_the_chain_as_it_was(ledger: Ledger, room: int) -> None:
    journal = ledger.journal()
    journal.append(EntryType.NOTE, said("whole"))
    before = ledger.chain().read_bytes()
    with files_at_most(len(before) + room), pytest.raises(LedgerError, match="write") as caught:
        journal.append(EntryType.NOTE, said("does not fit"))
    assert caught.value.hint is not None
    assert "nothing was written" in caught.value.hint
    assert ledger.chain().read_bytes() == before
    journal.append(EntryType.NOTE, said("there is room again"))
    assert verify(ledger.directory, ledger.clock.at).is_ok


def test_evidence_and_checkpoints_without_room_leave_no_parts(ledger: Ledger) -> None:
    journal = ledger.journal()
    journal.append(EntryType.NOTE, said())
    with files_at_most(100):
        with pytest.raises(LedgerError, match="cannot keep evidence"):
            Objects(ledger.directory).put(b"x" * 4000)
        with pytest.raises(LedgerError, match="cannot write a checkpoint"):
            journal.checkpoint()
    kept = [path for path in ledger.directory.rglob("*") if path.is_file()]
    assert sorted(path.name for path in kept) == ["allowed_signers", "engineer@bastion.jsonl"]
    assert journal.checkpoint()
    assert verify(ledger.directory, ledger.clock.at).is_ok


def test_a_read_only_file_system_is_named_and_reading_goes_on(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = ledger.journal()
    entry = journal.append(EntryType.NOTE, said())
    real = os.open

    def refuse(path: str, flags: int, *rest: int, **more: int) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return real(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(LedgerError, match="Read-only file system") as caught:
        journal.append(EntryType.NOTE, said())
    assert caught.value.hint == "the file system is mounted read-only; nothing was written"
    assert journal.head() == entry.hash
    assert verify(ledger.directory, ledger.clock.at).is_ok


def test_a_lock_is_named_by_its_holder_and_free_when_that_dies(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = ledger.journal()
    journal.append(EntryType.NOTE, said())
    monkeypatch.setattr(lock.wait_for_lock, "__defaults__", (0.05,))
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(ledger.chain())],
        env=environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match=f"process {holder.pid} holds the chain engineer@"):
            journal.append(EntryType.NOTE, said())
    finally:
        holder.kill()
        holder.wait(timeout=30)
        holder.stdout.close()
    journal.append(EntryType.NOTE, said("the lock died with its holder"))
    assert verify(ledger.directory, ledger.clock.at).is_ok


def test_a_clock_that_goes_back_is_told_and_stops_nothing(ledger: Ledger) -> None:
    journal = ledger.journal()
    first = journal.append(EntryType.NOTE, said())
    assert journal.warnings == []
    ledger.clock.at -= timedelta(days=2)
    assert journal.append(EntryType.NOTE, said()).ts == first.ts
    assert "before the last entry of engineer@bastion" in journal.warnings[0]
    assert verify(ledger.directory, first.ts).is_ok


def test_an_entry_that_saw_a_later_one_is_noticed(ledger: Ledger) -> None:
    ledger.journal("approver", "there").append(EntryType.NOTE, said())
    ledger.clock.at -= timedelta(hours=2)
    ledger.journal().append(EntryType.NOTE, said())
    report = verify(ledger.directory, ledger.clock.at + timedelta(hours=3))
    assert report.is_ok
    assert {(n.chain, n.entry, n.why) for n in report.notices} == {
        ("engineer@bastion", seq,
         "its clock was behind that of approver@there, whose entry 1 it had seen")
        for seq in (0, 1)
    }  # fmt: skip


def test_repair_keeps_torn_bytes_and_touches_no_signed_line(ledger: Ledger) -> None:
    journal = ledger.journal()
    journal.append(EntryType.NOTE, said("whole"))
    whole = ledger.chain().read_bytes()
    with ledger.chain().open("ab") as file:
        file.write(b'{"body":{"actor":')
    (done,) = journal.repair()
    assert "17 bytes" in done
    assert ledger.chain().read_bytes().startswith(whole)
    (kept,) = (ledger.directory / "quarantine").iterdir()
    assert kept.read_bytes() == b'{"body":{"actor":'
    last = json.loads(ledger.chain().read_bytes().splitlines()[-1])
    assert last["body"]["data"]["text"] == done
    assert journal.repair() == ()
    assert verify(ledger.directory, ledger.clock.at).is_ok


@pytest.mark.parametrize(
    ("type_", "data", "why"),
    [
        (EntryType.NOTE, {"text": "about nothing"}, "subject"),
        (EntryType.UNDO, {}, "either a decision or scans"),
        (EntryType.APPROVAL_GRANTED, {"request": "abc"}, "request"),
        (EntryType.KEY_ADDED, {"principal": "ann", "key_fp": "x"}, "key_fp"),
        (EntryType.WAIVER_EXPIRED, {"waiver": "0" * 64, "expires_at": "soon", "count": 1}, "soon"),
        (EntryType.POLICY_CHANGED, {"file": "x", "before": "", "after": "zz"}, "after"),
    ],
)
def test_what_is_not_of_its_type_is_not_signed(
    ledger: Ledger, type_: EntryType, data: dict[str, object], why: str
) -> None:
    journal = ledger.journal()
    with pytest.raises(LedgerError, match=f"cannot write {type_.value}.*{why}"):
        journal.append(type_, data)  # type: ignore[arg-type]  # as somebody's own tool may
    assert {entry.type for entry in journal.entries()} <= {EntryType.GENESIS}
