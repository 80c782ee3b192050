"""One ledger for several users of one computer: who may touch what, whatever their umask is."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.modes import PRIVATE, SHARED, make_directory, modes_of, wrong_modes
from riskcockpit.ledger.objects import Objects
from riskcockpit.ledger.verify import verify
from support.ledgers import Ledger, said
from support.quick_signer import QuickSigner

SOURCES = Path(__file__).resolve().parents[2]
GROUP = 54321
BANK = """
import os, sys, traceback
from pathlib import Path
from support.ledgers import Ledger, said
from support.quick_signer import QuickSigner
from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import LedgerError
from riskcockpit.ledger.lock import held
from riskcockpit.ledger.objects import Objects

place, group = Path(sys.argv[1]), int(sys.argv[2])
ledger = Ledger(place / "ledger", kind=QuickSigner)
warm = Ledger(place / "warm", kind=QuickSigner)
journals = {name: ledger.journal(name, name) for name in ("ann", "ben")}
warm.directory.mkdir()
warm.signers_file.write_bytes(ledger.signers_file.read_bytes())
for name in journals:
    warm.journal(name, name).append(EntryType.NOTE, said())  # all imports, and the keys

def refused(what):
    try:
        what()
    except (OSError, LedgerError):
        return
    raise AssertionError("it was let")

def as_user(uid, umask, work):
    child = os.fork()
    if child:
        assert os.waitpid(child, 0)[1] == 0
        return
    try:
        os.setgroups([group]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
        os.umask(umask)
        work()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)

def ann():
    journals["ann"].append(EntryType.NOTE, said())
    Objects(ledger.directory).put(b"the same evidence")
    journals["ann"].checkpoint()
    with held(ledger.directory / "outbox.lock", "the outbox"):
        pass

def ben():
    entry = journals["ben"].append(EntryType.NOTE, said())
    assert list(entry.seen) == ["ann@ann"], entry.seen
    Objects(ledger.directory).put(b"the same evidence")
    journals["ben"].checkpoint()
    with held(ledger.directory / "outbox.lock", "the outbox"):
        pass
    theirs = ledger.chain("ann", "ann")
    assert theirs.read_bytes()
    refused(lambda: theirs.open("ab"))
    refused(theirs.unlink)
    refused(lambda: theirs.rename(theirs.with_name("ben@x.jsonl")))
    refused(lambda: (ledger.directory / "allowed_signers").unlink())
    refused(lambda: next((ledger.directory / "checkpoints" / "ann@ann").iterdir()).unlink())
    refused(lambda: (ledger.directory / "checkpoints" / "ann@ann" / "9.cp").write_text("x"))
    refused(lambda: journals["ann"].append(EntryType.NOTE, said()))

as_user(40001, 0o077, ann)
as_user(40002, 0o000, ben)
as_user(40001, 0o022, ann)
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that other users may walk through, which those of pytest are not."""
    folder = Path(tempfile.mkdtemp(prefix="riskcockpit-shared-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def shared(directory: Path) -> None:
    """Make a shared ledger of its maker's group."""
    for name in ("", "chains", "checkpoints", "objects", "policy"):
        make_directory(directory / name, SHARED.directory)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become two other users")
def test_two_users_share_a_ledger_and_each_writes_their_own_only(place: Path) -> None:
    ledger = Ledger(place / "ledger", kind=QuickSigner)
    shared(ledger.directory)
    for path in (ledger.directory, *ledger.directory.rglob("*")):
        os.chown(path, -1, GROUP)
        path.chmod(SHARED.directory)  # chown takes the setgid bit away
    for name in ("ann", "ben"):
        ledger.allow(name)
    os.chown(ledger.signers_file, -1, GROUP)
    ledger.signers_file.chmod(SHARED.policy)
    sources = os.pathsep.join(str(SOURCES / part) for part in ("src", "tests"))
    ran = subprocess.run(
        [sys.executable, "-c", BANK, str(place), str(GROUP)],
        env={**os.environ, "PYTHONPATH": sources}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    report = verify(ledger.directory, ledger.clock.at.replace(year=2027))
    assert report.problems == ()
    assert (report.chains, report.checkpoints) == (2, 3)
    assert wrong_modes(ledger.directory) == []
    assert {path.stat().st_gid for path in ledger.directory.rglob("*")} == {GROUP}


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_no_umask_changes_the_modes_of_a_ledger(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        for name, modes in (("shared", SHARED), ("private", PRIVATE)):
            ledger = Ledger(tmp_path / name / "ledger", kind=QuickSigner)
            make_directory(ledger.directory, modes.directory)
            assert modes_of(ledger.directory) is modes
            journal = ledger.journal()
            ledger.signers_file.chmod(modes.policy)
            journal.append(EntryType.NOTE, said())
            Objects(ledger.directory).put(b"evidence")
            journal.checkpoint()
            assert wrong_modes(ledger.directory) == []
    finally:
        os.umask(before)


def test_wrong_modes_are_named_one_by_one(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger", kind=QuickSigner)
    shared(ledger.directory)
    ledger.journal().append(EntryType.NOTE, said())
    ledger.signers_file.chmod(SHARED.policy)
    assert wrong_modes(ledger.directory) == []
    ledger.chain().chmod(0o666)
    (ledger.directory / "chains").chmod(0o2770)  # without the sticky bit anybody removes a chain
    assert wrong_modes(ledger.directory) == [
        (ledger.directory / "chains", 0o2770, 0o3770),
        (ledger.chain(), 0o666, 0o640),
    ]
    ledger.directory.chmod(0o700)
    assert modes_of(ledger.directory) is PRIVATE
    for path, _, _ in wrong_modes(ledger.directory):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077
