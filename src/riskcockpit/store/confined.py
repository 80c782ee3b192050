"""Runs foreign SQL in a process of its own, with limits that the system enforces.

For packs that nobody here has signed, and KPIs of a home. The guard stops what it can name; some
statements it can neither interrupt nor bound (one huge value). Here the process may use so much
processor time and memory, may write no file and knows nothing of our environment; when it does not
answer in time it is ended, and the next statement gets a new one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from riskcockpit.domain.clock import rfc3339
from riskcockpit.errors import InputError, StoreError
from riskcockpit.store.guard import MOST_ROWS, Answer, Statement

LIMIT_SECONDS = 2.0
"""How long a statement may take before its process is ended."""
READY_SECONDS = 60.0
"""How long a process may take to start."""
_MOMENT = "moment"


class Confined:
    """Runs statements over one database file; made by `confined`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, statement: Statement, parameters: Mapping[str, Any]) -> Answer:
        """Run `statement` and return at most `MOST_ROWS` rows; values come as JSON has them.

        Raises:
            InputError: it is not allowed, fails, or needs too much time or memory.
            StoreError: no process can be started.
        """
        request = {
            "name": statement.name,
            "text": statement.text,
            "tables": sorted(statement.tables),
            "columns": dict(statement.columns),
            "has_scalars_only": statement.has_scalars_only,
            "parameters": {name: _written(value) for name, value in parameters.items()},
            "most_rows": MOST_ROWS,
        }
        process = self._process or self._start()
        answer = _asked(process, json.dumps(request).encode() + b"\n", LIMIT_SECONDS)
        if not answer:
            self.close()
            raise InputError(
                f"{statement.name} was ended: it needed more than {LIMIT_SECONDS:g} s or too much"
                " memory",
                hint="make it read less; that of a control runs freer in a signed pack",
            )
        found = json.loads(answer)
        if "error" in found:
            raise InputError(found["error"], hint=found["hint"])
        rows = tuple(tuple(row) for row in found["rows"])
        return Answer(tuple(found["columns"]), rows, found["is_truncated"])

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "riskcockpit.store.cell", str(self._file)]
        paths = os.pathsep.join(path for path in sys.path if path)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise StoreError(f"cannot start a process for foreign policy: {error}") from error
        if not _asked(self._process, b"", READY_SECONDS):
            self.close()
            raise StoreError("the process for foreign policy does not start")
        return self._process


@contextmanager
def confined(file: Path) -> Iterator[Confined]:
    """Lend a runner over the database `file`; its process ends with the block."""
    runner = Confined(file)
    try:
        yield runner
    finally:
        runner.close()


def _asked(process: subprocess.Popen[bytes], request: bytes, seconds: float) -> bytes:
    """Send one request and return the line that comes back; nothing when it takes too long."""
    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        process.stdin.write(request)
        process.stdin.flush()
        return process.stdout.readline()
    except OSError:  # it has ended
        return b""
    finally:
        timer.cancel()


def _written(value: Any) -> Any:
    return {_MOMENT: rfc3339(value)} if hasattr(value, "tzinfo") else value
