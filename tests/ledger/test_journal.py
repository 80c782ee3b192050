"""Appending: what was acknowledged is never lost, whatever happens to the process."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import LedgerError
from riskcockpit.ledger import checkpoint as checkpoints
from riskcockpit.ledger.journal import Journal
from riskcockpit.ledger.verify import verify
from support.ledgers import Ledger, said

SOURCES = Path(__file__).resolve().parents[2]
WRITER = """
import sys
from support.ledgers import said, Ledger
from riskcockpit.domain.decision import EntryType
from pathlib import Path
ledger = Ledger(Path(sys.argv[1]))
journal = ledger.journal()
for number in range(int(sys.argv[3])):
    entry = journal.append(EntryType.NOTE, said("x" * 3000, by=sys.argv[2], n=number))
    print(entry.hash, flush=True)
"""


def write_in_a_process(ledger: Ledger, name: str, count: int) -> subprocess.Popen[str]:
    """Start a process that appends `count` entries and prints the hash of each it was told of."""
    path = os.pathsep.join(str(SOURCES / part) for part in ("src", "tests"))
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(ledger.directory), name, str(count)],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path / "ledger")
    made.allow("engineer")
    return made


def hashes(ledger: Ledger) -> list[str]:
    return [entry.hash for entry in ledger.journal().entries()]


def test_the_first_append_begins_the_chain(ledger: Ledger) -> None:
    entry = ledger.journal().append(EntryType.NOTE, said("hello"))
    first, second = ledger.journal().entries()
    assert (first.type, first.data["chain"]) == (EntryType.GENESIS, "engineer@bastion")
    assert second == entry
    assert ledger.journal().head() == entry.hash
    assert stat.S_IMODE(ledger.chain().stat().st_mode) == 0o600


def test_time_never_goes_back(ledger: Ledger) -> None:
    journal = ledger.journal()
    first = journal.append(EntryType.NOTE, said())
    ledger.clock.at -= ledger.clock.step * 3600
    assert journal.append(EntryType.NOTE, said()).ts == first.ts
    assert verify(ledger.directory, first.ts).is_ok


def test_a_torn_tail_is_cut_kept_aside_and_written_down(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    journal = ledger.journal()
    kept = journal.append(EntryType.NOTE, said("whole"))
    torn = b'{"body":{"actor":"engineer","data"'
    with ledger.chain().open("ab") as file:
        file.write(torn)
    assert not verify(ledger.directory, ledger.clock.at).is_ok

    after = journal.append(EntryType.NOTE, said("after"))
    entries = journal.entries()
    assert [entry.hash for entry in entries[-3:]] == [kept.hash, entries[-2].hash, after.hash]
    assert "a torn tail of 34 bytes" in entries[-2].data["text"]
    assert "torn tail" in caplog.text
    aside = list((ledger.directory / "quarantine").iterdir())
    assert [file.read_bytes() for file in aside] == [torn]
    assert verify(ledger.directory, ledger.clock.at).is_ok


def test_nothing_is_appended_to_a_chain_whose_last_entry_does_not_verify(ledger: Ledger) -> None:
    journal = ledger.journal()
    journal.append(EntryType.NOTE, said("whole"))
    changed = ledger.chain().read_bytes().replace(b"whole", b"whale")
    ledger.chain().write_bytes(changed)
    with pytest.raises(LedgerError, match="the last entry of engineer@bastion does not verify"):
        journal.append(EntryType.NOTE, said())
    assert ledger.chain().read_bytes() == changed


def test_nothing_is_appended_to_a_chain_that_was_cut(ledger: Ledger) -> None:
    journal = ledger.journal()
    journal.append(EntryType.NOTE, said("one"))
    shorter = ledger.chain().read_bytes()
    journal.append(EntryType.NOTE, said("two"))
    journal.checkpoint()
    ledger.chain().write_bytes(shorter)
    with pytest.raises(LedgerError, match="was cut"):
        journal.append(EntryType.NOTE, said())
    with pytest.raises(LedgerError, match="was cut"):
        journal.checkpoint()


def test_a_checkpoint_is_not_signed_over_a_changed_past(ledger: Ledger) -> None:
    journal = ledger.journal()
    journal.append(EntryType.NOTE, said("whole"))
    journal.checkpoint()
    journal.append(EntryType.NOTE, said("more"))
    ledger.chain().write_bytes(ledger.chain().read_bytes().replace(b"whole", b"whale"))
    with pytest.raises(LedgerError, match="does not fit its checkpoint of 2 entries"):
        journal.checkpoint()


def test_a_checkpoint_is_signed_by_itself_after_so_many_entries(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "EVERY", 5)
    journal = ledger.journal()
    for _ in range(11):
        journal.append(EntryType.NOTE, said())
    folder = ledger.directory / "checkpoints" / "engineer@bastion"
    assert sorted(file.name for file in folder.glob("*.cp")) == ["10.cp", "5.cp"]
    made = journal.checkpoint()
    assert made is not None
    assert made.name == "12.cp"
    assert journal.checkpoint() is None
    assert verify(ledger.directory, ledger.clock.at).checkpoints == 3


def test_writers_witness_each_other(ledger: Ledger) -> None:
    mine = ledger.journal().append(EntryType.NOTE, said())
    theirs = ledger.journal("approver", "bastion-2").append(EntryType.NOTE, said())
    assert theirs.seen == {"engineer@bastion": mine.hash}
    assert ledger.journal().append(EntryType.NOTE, said()).seen == {
        "approver@bastion-2": theirs.hash
    }


def test_a_chain_is_witnessed_up_to_its_last_newline_whoever_holds_it(ledger: Ledger) -> None:
    seen = ledger.journal("approver", "vault").append(EntryType.NOTE, said("approved"))
    mine = ledger.journal()
    with ledger.chain("approver", "vault").open("ab", buffering=0) as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        assert mine.append(EntryType.NOTE, said()).seen == {"approver@vault": seen.hash}
        theirs.write(b'{"body":{"actor":"approver"')
        assert mine.append(EntryType.NOTE, said()).seen == {"approver@vault": seen.hash}
        theirs.write(b"}\n")
        assert mine.append(EntryType.NOTE, said()).seen == {}, "that is a line and no entry"


def test_what_cannot_be_written_canonically_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="float has no canonical form"):
        ledger.journal().append(EntryType.NOTE, said(value=0.81))


def test_a_full_disk_leaves_the_chain_as_it_was(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = ledger.journal()
    journal.append(EntryType.NOTE, said("whole"))
    before = ledger.chain().read_bytes()
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:40]))
    with pytest.raises(LedgerError, match="only a part"):
        journal.append(EntryType.NOTE, said("torn"))
    monkeypatch.undo()
    assert ledger.chain().read_bytes() == before
    journal.append(EntryType.NOTE, said("again"))
    assert verify(ledger.directory, ledger.clock.at).is_ok


def test_a_checkpoint_that_does_not_fit_leaves_the_entry_and_says_so(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = ledger.journal()
    for number in range(98):
        journal.append(EntryType.NOTE, said(f"{number}"))

    def full(*_: object) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints, "write", full)
    journal.append(EntryType.NOTE, said("the hundredth of the chain"))
    assert len(hashes(ledger)) == 100
    assert "no checkpoint was signed" in journal.warnings[-1]
    with pytest.raises(LedgerError) as caught:
        journal.checkpoint()
    assert "the entries stand" in (caught.value.hint or "")


def test_a_journal_for_reading_reads_and_writes_nothing(ledger: Ledger) -> None:
    ledger.journal().append(EntryType.NOTE, said())
    reading = Journal(ledger.directory, ledger.clock, None, "bastion")
    assert len(reading.entries()) == 2
    with pytest.raises(LedgerError, match="for reading only"):
        reading.append(EntryType.NOTE, said())


def test_four_processes_on_one_chain_lose_nothing(ledger: Ledger) -> None:
    writers = [write_in_a_process(ledger, f"p{number}", 12) for number in range(4)]
    told = [line for writer in writers for line in writer.communicate(timeout=120)[0].split()]
    assert [writer.returncode for writer in writers] == [0] * 4
    assert len(told) == 48
    report = verify(ledger.directory, ledger.clock.at + ledger.clock.step * 3600)
    assert report.problems == ()
    assert report.entries == 49
    assert set(told) < set(hashes(ledger))


def test_kill_9_at_any_moment_loses_nothing_that_was_acknowledged(ledger: Ledger) -> None:
    told: set[str] = set()
    for round_ in range(3):
        writer = write_in_a_process(ledger, "p", 1000)
        assert writer.stdout is not None
        for _ in range(1 + round_ % 3):
            told.add(writer.stdout.readline().strip())
        time.sleep(0.005 * round_)
        writer.send_signal(signal.SIGKILL)
        told |= {line for line in writer.stdout.read().split("\n") if len(line) == 64}
        writer.wait(timeout=30)
        writer.stdout.close()
    last = ledger.journal().append(EntryType.NOTE, said("the end"))
    assert told | {last.hash} <= set(hashes(ledger))
    report = verify(ledger.directory, ledger.clock.at + ledger.clock.step * 3600)
    assert report.problems == ()
