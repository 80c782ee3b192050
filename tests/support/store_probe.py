"""A process of its own that reads or writes a cache; `python store_probe.py TASK DIRECTORY …`."""

from __future__ import annotations

import resource
import sys
import time
from itertools import count
from pathlib import Path

from riskcockpit.errors import StoreError
from riskcockpit.store.snapshots import Store
from support.caches import COUNT, NOW, finding, open_store

BATCH = 100
LITTLE = 6_000_000


def hold(store: Store) -> None:
    """Open a reader and keep it until killed."""
    with store.reader() as reader:
        reader.one(COUNT)
        _say("open")
        time.sleep(60)


def write(store: Store, writer: str, times: str) -> None:
    """Publish `times` batches under the name of this writer."""
    for n in range(int(times)):
        with store.writer() as tx:
            rows = (finding(f"{writer} {n} {i}", rule=f"writer-{writer}") for i in range(BATCH))
            tx.append("finding", rows)


def read(store: Store, times: str) -> None:
    """Open the published generation again and again; the count never falls."""
    most = 0
    for _ in range(int(times)):
        with store.reader() as reader:
            row = reader.one(COUNT)
        assert row is not None
        assert row[0] % BATCH == 0
        assert row[0] >= most
        most = row[0]


def endless(store: Store) -> None:
    """Publish until killed; three tables that must agree."""
    _say("go")
    for n in count():
        mark = f"{time.monotonic_ns()}-{n}"
        with store.writer() as tx:
            ids = [finding(f"{mark} {i}") for i in range(BATCH)]
            tx.append("finding", ids)
            tx.append(
                "finding_alias",
                (
                    {"key": row["id"], "finding_id": row["id"], "kind": "exact", "seen_at": NOW}
                    for row in ids
                ),
            )
            tx.append(
                "quarantine",
                [{"scan_id": mark, "place": "", "reason": "", "seen_at": NOW}],
            )


def full(store: Store) -> None:
    """Run out of space while writing, and say what came of it."""
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (LITTLE, LITTLE))
        with store.writer() as tx:
            rows = (finding(f"{i}", description=f"{i}" * 40) for i in range(50_000))
            tx.append("finding", rows)
    except StoreError as error:
        _say(type(error).__name__)


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    tasks = {"hold": hold, "write": write, "read": read, "endless": endless, "full": full}
    tasks[sys.argv[1]](open_store(Path(sys.argv[2])), *sys.argv[3:])  # type: ignore[operator] # each takes its own words
