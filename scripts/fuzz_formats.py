"""Fuzz every report format for some minutes: `python scripts/fuzz_formats.py --minutes 30`.

Two processes mutate a report of each format (and the public corpus beside the project, when it is
there), packed or not. A crash, a read that takes over 10 s of CPU, or one that needs over 1 GB is
written to the directory given by `--keep` with the traceback beside it. Exit 1 when anything was
found. The same `--seed` makes the same mutations.
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import subprocess
import sys
import time
import traceback
from hashlib import sha256
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.mutating import MUTATING, mutated, seeds, try_everything

PROCESSES = 2
HANG_SECONDS = 10
MEMORY_BYTES = 1 << 30


class HangError(Exception):
    """A read took too long."""


def main() -> int:
    """Start the processes and wait for them; 1 when one of them found something."""
    options = arguments()
    options.keep.mkdir(parents=True, exist_ok=True)
    if options.number is not None:
        return fuzz(options.seed + options.number, options.minutes, options.keep)
    workers = [
        subprocess.Popen([sys.executable, __file__, *sys.argv[1:], "--number", str(number)])
        for number in range(PROCESSES)
    ]
    codes = [worker.wait() for worker in workers]
    found = sorted(options.keep.glob("*.bin"))
    print(f"{len(found)} finding(s) in {options.keep}", *found, sep="\n  ")
    return int(any(codes) or bool(found))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--number", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def fuzz(seed: int, minutes: float, keep: Path) -> int:
    """Mutate and read until the time is over; return 1 when anything was found."""
    rng = random.Random(seed)
    pool = list(seeds())
    resource.setrlimit(resource.RLIMIT_AS, (limit() + MEMORY_BYTES,) * 2)
    signal.signal(signal.SIGPROF, _ring)
    end = time.monotonic() + 60 * minutes
    tried = found = 0
    current = keep / f"running-{seed}"
    while time.monotonic() < end:
        name, content = rng.choice(pool)
        content = mutated(content, rng)
        current.write_bytes(content)  # what was read when the process was killed
        signal.setitimer(signal.ITIMER_PROF, HANG_SECONDS)
        try:
            try_everything(content, MUTATING, rng)
        except Exception:  # noqa: BLE001 - whatever it is, it is a finding
            found += 1
            report(keep, name, content)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        tried += 1
    current.unlink()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(f"process {seed}: {tried} reports, {found} finding(s), at most {peak:.0f} MB", flush=True)
    return int(bool(found))


def limit() -> int:
    """Return the address space that is in use before anything is read."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def report(keep: Path, name: str, content: bytes) -> None:
    """Keep what was found, once for each place in the code."""
    text = traceback.format_exc()
    place = [line for line in text.splitlines() if "riskcockpit/" in line or "assert" in line]
    key = sha256("\n".join([*place[-2:], text.splitlines()[-1][:60]]).encode()).hexdigest()[:12]
    if not (keep / f"{key}.bin").exists():
        (keep / f"{key}.bin").write_bytes(content)
        (keep / f"{key}.txt").write_text(f"{name}\n\n{text}")
        print(f"found {key} from {name}: {text.splitlines()[-1][:200]}", flush=True)


def _ring(_number: int, _frame: FrameType | None) -> None:
    raise HangError(f"longer than {HANG_SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
