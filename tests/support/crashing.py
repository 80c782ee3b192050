"""Kills syncs at random moments: `python -m support.crashing BEFORE AFTER DIRECTORY TIMES SEED`.

Everything is imported once; each sync is a fork of this process, which itself opens no cache. For
each moment a home is copied, a sync in it is killed, another one runs to its end, and the digest of
what the cache then says is printed.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import Settings, SourceSettings
from riskcockpit.connectors import registry
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.services.context import Context
from riskcockpit.services.redaction_key import FILE_NAME, KEY_BYTES
from riskcockpit.services.sync import sync
from riskcockpit.store.snapshots import Store
from support import paged
from support.caches import NOW
from support.canonical import canonical_export

registry.load = paged.load


def context(home: Path, url: str) -> Context:
    """Return a context with the paged upstream as its one source."""
    paths, clock = Paths.under(home), FrozenClock(NOW)
    settings = Settings(sources=(SourceSettings(name="scm", kind="paged", url=url),))
    return Context(settings, paths, clock, Store(paths.cache, clock), "bastion")


def forked(work: Callable[[], object]) -> int:
    """Start `work` in a fork and return its process id."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setpgid(0, 0)
        work()
        status = 0
    finally:
        os._exit(status)


def ended(pid: int) -> int:
    """Wait for a fork and return its exit status."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def synced(home: Path, url: str) -> str:
    """Sync in a fork to the end and return the digest of what the cache says."""
    result = home / "digest"

    def work() -> None:
        ctx = context(home, url)
        report = sync(ctx)
        assert report.unfinished == 0, report
        export = canonical_export(ctx.store)
        result.write_text(f"{hashlib.sha256(export).hexdigest()} {len(export)}")

    assert ended(forked(work)) == 0
    return result.read_text()


def main(before: str, after: str, directory: Path, times: int, seed: int) -> None:
    """Print the digest of undisturbed syncs and those of killed ones, for two kinds of homes.

    A new home has nothing; a used one was synced when the upstream was as `before` says.
    """
    dice = random.Random(seed)  # noqa: S311 - moments, no secrets
    new, used = directory / "new", directory / "used"
    Paths.under(new).state.mkdir(parents=True)
    (Paths.under(new).state / FILE_NAME).write_bytes(bytes(KEY_BYTES))  # marks are keyed
    shutil.copytree(new, used)
    synced(used, before)
    for start in (new, used):
        calm = shutil.copytree(start, directory / f"{start.name}-calm")
        started = time.monotonic()
        say(f"{start.name} undisturbed {synced(calm, after)}")
        span = time.monotonic() - started
        done = 0
        while done < times:
            home = shutil.copytree(start, directory / f"{start.name}-{done}")
            if killed(home, after, dice.random() * span):
                generation = context(home, after).store.generation()
                say(f"{start.name} killed generation={generation} {synced(home, after)}")
                done += 1
            else:
                span *= 0.9  # it had ended: the machine is quicker than it was
            shutil.rmtree(home)


def killed(home: Path, url: str, seconds: float) -> bool:
    """Kill a sync after some seconds; whether it was still alive then."""
    pid = forked(lambda: sync(context(home, url)))
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    return ended(pid) == -signal.SIGKILL


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
