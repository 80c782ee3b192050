"""A long chain: appending, checkpoints, verification: `python -m bench.ledger [ENTRIES]`.

An append is measured beyond what its signer takes: the same entries are appended with a signer that
is timed. CPU seconds of this process; fsync waits are not CPU and are not counted.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.armor import EVIDENCE
from riskcockpit.ledger.journal import Journal
from riskcockpit.ledger.memory import Memory
from riskcockpit.ledger.signing import make_key
from riskcockpit.ledger.verify import examine, verify_checkpoints

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.quick_signer import QuickSigner

ENTRIES = 10_000
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LIMITS = {"append": 0.002, "checkpoints": 0.2, "full": 3.0}
"""CPU seconds: one append beyond its signer, all checkpoints, everything; at 10,000 entries."""


class TimedSigner(QuickSigner):
    """Says what signing itself took."""

    __slots__ = ()
    spent = 0.0

    def sign(self, content: bytes, namespace: str = EVIDENCE) -> str:
        """Sign, and count the time."""
        started = time.process_time()
        made = super().sign(content, namespace)
        TimedSigner.spent += time.process_time() - started
        return made


def main(count: int = ENTRIES) -> int:
    """Measure a chain of `count` entries; 1 when a limit is missed."""
    with tempfile.TemporaryDirectory() as home:
        directory = Path(home) / "ledger"
        journal = journal_of(directory, Path(home) / "key")
        started = time.process_time()
        for number in range(count):
            text = f"note {number}: the route is behind the gateway"
            journal.append(EntryType.NOTE, {"subject": "ledger", "text": text})
        append = (time.process_time() - started - TimedSigner.spent) / count
        found = examine(directory, NOW)
        spent = {
            "append": append,
            "checkpoints": cpu(lambda: verify_checkpoints(directory, NOW)),
            "full": cpu(lambda: examine(directory, NOW)),
        }
        again = cpu(lambda: examine(directory, NOW, found.proven))
        memory = Memory()
        examine(directory, NOW, found.proven, memory=memory)
        kept = cpu(lambda: examine(directory, NOW, found.proven, memory=memory))
        size = journal_size(directory)
    if not found.report.is_ok:
        print("the ledger does not verify")
        return 1
    print(f"{count:,} entries, {size / 1e6:.1f} MB, {found.report.checkpoints} checkpoints")
    print(f"signing in process  {TimedSigner.spent / count * 1000:6.2f} ms an entry")
    print(f"all, seen before    {again:6.2f} s, by the same process {kept:.2f} s")
    missed = False
    for name, limit in LIMITS.items():
        is_kept = spent[name] <= limit
        missed |= not is_kept
        print(f"{name:<12} {spent[name]:8.4f} s, limit {limit}: {'kept' if is_kept else 'MISSED'}")
    return int(missed)


def journal_of(directory: Path, key: Path) -> Journal:
    """Return the journal of one writer."""
    make_key(key, "engineer")
    kind, blob = key.with_name("key.pub").read_text(encoding="utf-8").split()[:2]
    directory.mkdir()
    signers = directory / "allowed_signers"
    signers.write_text(f"engineer {kind} {blob}\n", encoding="utf-8")
    return Journal(directory, FrozenClock(NOW), TimedSigner.open(key, signers), "bastion")


def journal_size(directory: Path) -> int:
    """Return the bytes of the chains."""
    return sum(file.stat().st_size for file in (directory / "chains").iterdir())


def cpu(work: Callable[[], object]) -> float:
    """Return the CPU seconds of the best of three runs."""
    spent = []
    for _ in range(3):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
