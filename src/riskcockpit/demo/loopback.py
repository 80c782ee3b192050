"""A small HTTP server on 127.0.0.1 for the simulators. Answers; holds no state of its own."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

_log = logging.getLogger(__name__)
ADDRESS = "127.0.0.1"
MAX_BODY_BYTES = 1_000_000
_OWN_NAMES = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the simulators see it."""

    method: str
    path: str
    """Without the query, percent-encoding left as it came."""
    query: Mapping[str, str]
    """Arguments of the address; the last of equal names wins."""
    body: bytes = b""
    content_type: str = ""

    def form(self) -> dict[str, str]:
        """Return the body read as a web form; empty when it is none."""
        if not self.content_type.startswith("application/x-www-form-urlencoded"):
            return {}
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def document(self) -> dict[str, Any]:
        """Return the body read as a JSON object; empty when it is none."""
        try:
            document = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int
    content: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, document: object, status: int = 200) -> Reply:
        """Answer with JSON."""
        return cls(status, json.dumps(document).encode())

    @classmethod
    def text(cls, text: str, status: int = 200, kind: str = "text/plain") -> Reply:
        """Answer with text of the media type `kind`."""
        return cls(status, text.encode(), f"{kind}; charset=utf-8")


Answer = Callable[[Request], Reply]


class Loopback:
    """Serves one simulator on a free port of this computer, in threads of its own.

    A request that names another host is refused with 403, as MLflow does: no page in a browser can
    reach a simulator through a name it controls.
    """

    def __init__(self, answer: Answer, *, latency_seconds: float = 0.0) -> None:
        self._stopping = threading.Event()
        self._server = _Server((ADDRESS, 0), _handler(answer, latency_seconds, self._stopping))
        self._server.stopping = self._stopping
        self._thread = threading.Thread(target=self._serve, name="demo-loopback", daemon=True)

    @property
    def url(self) -> str:
        """Where it answers, as `http://127.0.0.1:40123`."""
        return f"http://{ADDRESS}:{self._server.server_port}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and give the port back; harmless when it never started."""
        self._stopping.set()
        if self._thread.is_alive():
            with suppress(OSError), socket.create_connection((ADDRESS, self._server.server_port)):
                pass  # it waits for a request, and for nothing else
            self._thread.join()
        self._server.server_close()

    def _serve(self) -> None:
        """Sleep until somebody asks: a bank nobody asks anything costs nothing."""
        while not self._stopping.is_set():
            self._server.handle_request()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    stopping: threading.Event

    def verify_request(self, request: object, client_address: object) -> bool:  # noqa: ARG002
        """Refuse the request that only wakes us to stop."""
        return not self.stopping.is_set()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        """Log instead of printing: the cockpit owns the terminal."""
        _log.exception("a request to a simulator failed")


def _handler(
    answer: Answer, latency_seconds: float, stopping: threading.Event
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        disable_nagle_algorithm = True

        def reply(self) -> None:
            reply = self.decide()
            if latency_seconds:
                stopping.wait(latency_seconds)
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.content)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.content)

        def decide(self) -> Reply:
            length = self.headers.get("Content-Length", "0")
            if not length.isascii() or not length.isdigit() or int(length) > MAX_BODY_BYTES:
                self.close_connection = True
                return Reply.text("request body refused", 413)
            body = self.rfile.read(int(length))
            if self.headers.get("Host", "").rpartition(":")[0] not in _OWN_NAMES:
                return Reply.text("Invalid Host header - possible DNS rebinding attack", 403)
            place = urlsplit(self.path)
            return answer(
                Request(
                    self.command,
                    place.path,
                    dict(parse_qsl(place.query, keep_blank_values=True)),
                    body,
                    self.headers.get("Content-Type", ""),
                )
            )

        do_GET = do_POST = do_DELETE = do_PATCH = reply  # noqa: N815 - the names http.server asks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited name
            """Keep silent: the cockpit owns the terminal."""

    return Handler
