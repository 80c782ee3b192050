"""A simulated upstream system behind a socket on loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from unittest.mock import patch

from riskcockpit.connectors.pace import Pace
from support.simulated import SimReply


class Upstream(Protocol):
    """A simulated upstream system."""

    base: str
    slow_seconds: float

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes
    ) -> SimReply:
        """Answer one request; header names are in lower case."""
        ...


@contextmanager
def serving(sim: Upstream, latency_seconds: float = 0.0) -> Iterator[str]:
    """Serve `sim` on a free port of this computer and yield its address.

    Connectors do not wait meanwhile: where they would, their time moves on by itself.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        disable_nagle_algorithm = True

        def reply(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            names = {name.lower(): value for name, value in self.headers.items()}
            made = sim.answer(self.command, self.path, names, content)
            if latency_seconds:
                time.sleep(latency_seconds)
            if made.manner == "slow":
                time.sleep(sim.slow_seconds)
            if made.manner == "drop":
                self.close_connection = True
                return
            self.send_response(made.status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(made.body)))
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.end_headers()
            is_cut = made.manner == "truncated"
            self.wfile.write(made.body[: len(made.body) // 2] if is_cut else made.body)
            self.close_connection = self.close_connection or is_cut

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = reply  # noqa: N815 - the names http.server asks for

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    before, sim.base = sim.base, f"http://127.0.0.1:{server.server_port}"
    skipped = [0.0]

    def sleep(seconds: float) -> None:
        skipped[0] += seconds

    pace = Pace(monotonic=lambda: time.monotonic() + skipped[0], sleep=sleep)
    try:
        with patch("riskcockpit.connectors.asking.Pace", lambda **_given: pace):
            yield sim.base
    finally:
        sim.base = before
        server.shutdown()
        server.server_close()
        thread.join()
