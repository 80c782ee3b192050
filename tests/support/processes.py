"""Server processes for tests: ready when they answer, gone when the test process is.

Each server runs in a process group of its own under a watcher, which ends the group as soon as
the pipe to the test process closes, however that came about.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_READY_SECONDS = 180.0
_WATCH = """
import os, signal, subprocess, sys, threading
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
def end():
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)
threading.Thread(target=end, daemon=True).start()
os._exit(child.wait())
"""
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def call(
    url: str,
    body: Mapping[str, Any] | Sequence[Any] | None = None,
    *,
    method: str = "",
    login: tuple[str, str] | None = None,
) -> Any:
    """Make a request with the standard library and return its JSON; for setting up, not testing."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method or ("POST" if data else "GET"))  # noqa: S310 - loopback
    request.add_header("Content-Type", "application/json")
    if login:
        pair = base64.b64encode(":".join(login).encode()).decode()
        request.add_header("Authorization", f"Basic {pair}")
    try:
        with _OPENER.open(request, timeout=60) as response:
            content = response.read()
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{request.full_url}: {error.code} {error.read()[:300]!r}") from error
    return json.loads(content) if content else None


@contextmanager
def running(
    argv: Sequence[str],
    ready: str,
    directory: Path,
    env: Mapping[str, str] | None = None,
    *,
    ca: Path | None = None,
) -> Iterator[None]:
    """Run a server until the block ends; `ready` is the URL that answers 200 when it is up.

    `tcp://HOST:PORT` is ready when somebody listens there. `ca` is the file with the certificate
    that the server makes for itself.
    """
    log = directory / "server.log"
    with log.open("ab") as output:
        watcher = subprocess.Popen(
            [sys.executable, "-c", _WATCH, *argv],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=directory,
            env={**_environment(), **(env or {})},
            start_new_session=True,
        )
    try:
        _await(ready, watcher, log, ca)
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(watcher.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            watcher.wait(5)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(watcher.pid, signal.SIGKILL)
        watcher.wait()
        if watcher.stdin:
            watcher.stdin.close()


def _environment() -> dict[str, str]:
    kept = ("PATH", "HOME", "TMPDIR", "LANG", "TZ")
    return {name: os.environ[name] for name in kept if name in os.environ}


def _await(url: str, process: subprocess.Popen[bytes], log: Path, ca: Path | None) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if _is_ready(url, ca):
                return
        except OSError:
            time.sleep(0.2)
    tail = log.read_text(errors="replace")[-3000:]
    raise AssertionError(f"{url} did not come up:\n{tail}")


def _is_ready(url: str, ca: Path | None) -> bool:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "tcp":
        socket.create_connection((parts.hostname, parts.port or 0), timeout=5).close()
        return True
    with _opener(ca).open(url, timeout=5) as response:
        return bool(response.status == 200)


def _opener(ca: Path | None) -> urllib.request.OpenerDirector:
    if ca is None:
        return _OPENER
    context = ssl.create_default_context(cafile=ca)  # OSError: it is not there yet
    handler = urllib.request.HTTPSHandler(context=context)
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), handler)


def lives(pid: int) -> bool:
    """Whether a process runs, waiting a little: a killed one takes a moment to be gone."""
    state = Path(f"/proc/{pid}/stat")
    for _ in range(100):
        try:
            os.kill(pid, 0)
            if state.parent.parent.is_dir() and state.read_text().rpartition(")")[2][1] == "Z":
                return False
        except (ProcessLookupError, FileNotFoundError):
            return False
        time.sleep(0.05)
    return True
