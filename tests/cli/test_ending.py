"""A run that is told to end cleans up behind itself: no program of a source outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.processes import lives

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from importlib.metadata import EntryPoint
from riskcockpit.connectors import registry
kind = EntryPoint("exec", "riskcockpit.connectors.exec.connector:ExecConnector", registry.GROUP)
registry.entry_points = lambda group: [kind]
from riskcockpit.cli.app import run
sys.argv = ["riskcockpit", "sync"]
run()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_sync_that_is_ended_ends_the_program_it_waits_for(
    tmp_path: Path, number: signal.Signals
) -> None:
    pid_file = tmp_path / "pid"
    (tmp_path / "config").mkdir(mode=0o700)
    argv = f"[sh, -c, 'echo $$ > {pid_file}.new; mv {pid_file}.new {pid_file}; sleep 600']"
    (tmp_path / "config" / "riskcockpit.yaml").write_text(
        f"sources:\n  - {{name: slow, kind: exec, options: {{argv: {argv}}}}}\n"
    )
    env = {**os.environ, "RISKCOCKPIT_HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        deadline = time.monotonic() + 60
        while not pid_file.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert (b"interrupted: nothing is in the cache yet" in said) is (number == signal.SIGINT)
    assert not lives(int(pid_file.read_text()))
