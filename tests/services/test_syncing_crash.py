"""A sync that is killed at any moment loses nothing and leaves nothing half."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.paged import Server, Upstream

TIMES = int(os.environ.get("RISKCOCKPIT_KILLS", "3"))
"""Kills of each of the two kinds of syncs; 25 make the fifty of a long run."""
TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_kills_and_a_sync_after_each_say_what_an_undisturbed_one_says(tmp_path: Path) -> None:
    """Moments are spread over the whole of a sync: pulling, writing, judging, publishing.

    Half of the syncs are the first of their home, half take changes into a cache.
    """
    after = Upstream.of(60, page_size=15)
    for number in range(50, 90):
        after.change(number, "Critical", minutes_ago=number / 10)
    after.champion = 2
    after.values += [0.5, 0.4]
    before = Server(Upstream.of(60, page_size=15))
    with before.serving() as old, Server(after, latency=0.005).serving() as new:
        done = subprocess.run(
            [sys.executable, "-m", "support.crashing", old, new, str(tmp_path), str(TIMES), "4711"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [line.split(" ", 2) for line in done.stdout.splitlines()]
    for home in ("new", "used"):
        wanted, *others = (line[1:] for line in lines if line[0] == home)
        assert wanted[0] == "undisturbed"
        assert len(others) == TIMES
        assert {how for how, _ in others} == {"killed"}
        assert {rest.split(" ")[1] for _, rest in others} == {wanted[1].split(" ")[0]}
