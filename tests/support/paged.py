"""An upstream with pages, and its connector: what the engine is proved and measured against.

`python -m support.paged ALERTS LATENCY_MS` serves it on a free port of loopback until it is ended,
and prints the address.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

import msgspec

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.dialect import Dialect
from riskcockpit.connectors.gates import Rate
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.pace import Limits
from riskcockpit.connectors.reply import Reply
from riskcockpit.connectors.windows import Window
from riskcockpit.domain.batch import Batch, Coverage, Document
from riskcockpit.domain.clock import Clock, rfc3339
from riskcockpit.domain.model import ModelVersion, RegisteredModel
from riskcockpit.domain.reading import MetricClass, Reading, SubjectKind
from support.caches import NOW

PER_PAGE = 100
SEVERITIES = ("Critical", "High", "Medium", "Low")
BURST, PER_SECOND, AT_ONCE = 20, 20.0, 2
"""The published limits of the upstream: 40 in any second, two at once."""


class Alert(msgspec.Struct):
    """An alert as the upstream has it."""

    number: int
    asset: str
    updated_at: datetime
    title: str
    severity: str


class AlertPage(msgspec.Struct):
    """A page of alerts."""

    total: int
    alerts: list[Alert]


@dataclass
class Upstream:
    """Holds alerts, a model and its readings; gives them in pages, oldest change first."""

    alerts: dict[int, Alert] = field(default_factory=dict)
    champion: int = 1
    values: list[float] = field(default_factory=lambda: [0.91, 0.92, 0.93])
    page_size: int = PER_PAGE
    _changes: int = 0
    _sorted: dict[tuple[str, int, int], list[Alert]] = field(default_factory=dict)

    @classmethod
    def of(cls, count: int, page_size: int = PER_PAGE) -> Self:
        """Return an upstream with `count` alerts of a handful of assets."""
        alerts = {}
        for number in range(count):
            changed = NOW - timedelta(minutes=30 + 2 * number)
            severity = SEVERITIES[number % 4]
            alerts[number] = Alert(number, f"svc-{number % 5}", changed, f"rule {number}", severity)
        return cls(alerts, page_size=page_size)

    def change(self, number: int, severity: str, *, minutes_ago: float) -> None:
        """Change an alert, or add it."""
        self._changes += 1
        changed = NOW - timedelta(minutes=minutes_ago)
        self.alerts[number] = Alert(
            number, f"svc-{number % 5}", changed, f"rule {number}", severity
        )

    def answer(self, target: str, headers: dict[str, str]) -> Reply:
        """Answer a read."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        extra: dict[str, str] = {}
        if parts.path == "/alerts":
            body, extra = self._alerts(query)
        elif parts.path == "/models":
            body = json.dumps({"champion": self.champion}).encode()
        elif parts.path == "/readings":
            body = json.dumps(self.values).encode()
        else:
            return Reply(404, b'{"message": "no such thing"}')
        etag = f'"{sha256(body + headers.get("authorization", "").encode()).hexdigest()[:20]}"'
        if headers.get("if-none-match") == etag:
            return Reply(304, headers={"etag": etag})
        return Reply(200, body, {"etag": etag, "content-type": "application/json", **extra})

    def _since(self, since: str) -> list[Alert]:
        """Return what changed since then, sorted once for each state of the upstream."""
        state = (since, len(self.alerts), self._changes)
        if state not in self._sorted:
            self._sorted.clear()
            self._sorted[state] = sorted(
                (one for one in self.alerts.values() if rfc3339(one.updated_at) >= since),
                key=lambda one: (one.updated_at, one.number),
            )
        return self._sorted[state]

    def _alerts(self, query: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        since = query.get("since", "")
        chosen = self._since(since)
        page, size = int(query.get("page", "1")), self.page_size
        part = chosen[(page - 1) * size : page * size]
        extra = {}
        if page * size < len(chosen):
            more = f"&since={since}" if since else ""
            extra["link"] = f'</alerts?page={page + 1}{more}>; rel="next"'
        return msgspec.json.encode(AlertPage(len(chosen), part)), extra


class PagedConnector:
    """Reads the upstream as a good connector does: windows, pages, one conditional read."""

    kind: ClassVar[str] = "paged"
    full_every: ClassVar[timedelta] = timedelta(days=1)

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        rates = {"read": (Rate(AT_ONCE, BURST, PER_SECOND),)} if "rated" in spec.options else {}
        limits = Limits(read_seconds=spec.options.get("read_seconds", 30.0), attempts=6)
        return cls(HttpClient.of(spec, clock, spec.read, Dialect(rates=rates), limits))

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield pages of alerts as documents, the model, its readings. See `connectors.api`."""
        window = Window.resume(cursor, until)
        params = {"since": rfc3339(window.since)} if window.since else None
        for page in self._http.pages("/alerts", AlertPage, params, conditional=True):
            fresh = [
                one for one in page.data.alerts if window.takes(str(one.number), one.updated_at)
            ]
            coverage = Coverage(1, len(fresh), expected=page.data.total)
            yield Batch(tuple(_documents(fresh, page.number)), coverage=coverage)
        champion = self._http.get_json("/models", dict[str, int])["champion"]
        values = self._http.get_json("/readings", list[float])
        versions = tuple(ModelVersion("fraud", n, "READY", NOW) for n in (1, 2))
        items: tuple[RegisteredModel | Reading, ...] = (
            RegisteredModel("fraud", versions, {"champion": champion}),
            *(
                Reading(
                    SubjectKind.MODEL, "fraud", "accuracy", MetricClass.ACCURACY, value,
                    NOW - timedelta(minutes=len(values) - n), threshold=0.8,
                )
                for n, value in enumerate(values)
            ),
        )  # fmt: skip
        yield Batch(
            items,
            window.cursor(),
            is_complete=True,
            coverage=Coverage(2, len(items)),
            is_whole=window.is_whole,
        )

    def close(self) -> None:
        """See `connectors.api.Connector.close`."""
        self._http.close()


def _documents(alerts: list[Alert], page: int) -> Iterator[Document]:
    by_asset: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_asset[alert.asset].append(alert)
    for asset, own in sorted(by_asset.items()):
        findings = [
            {
                "title": one.title,
                "severity": one.severity,
                "file_path": f"src/{one.number}.py",
                "line": 7,
                "description": f"alert {one.number}",
            }
            for one in own
        ]
        content = json.dumps({"tool": "scanner", "findings": findings}).encode()
        yield Document(f"{asset} page {page}", content, asset=asset, modified_at=NOW, is_page=True)


@dataclass
class Server:
    """The upstream on a real socket; `before` may answer or break the connection in its place."""

    upstream: Upstream
    latency: float = 0.0
    before: Callable[[BaseHTTPRequestHandler], bool] = lambda _handler: False
    arrivals: list[float] = field(default_factory=list)
    """When each request came, in monotonic seconds."""
    most_at_once: int = 0
    _inside: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve until the block ends; gives the address."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                owner._enter()
                try:
                    time.sleep(owner.latency)
                    if not owner.before(self):
                        headers = {name.lower(): value for name, value in self.headers.items()}
                        give(self, owner.upstream.answer(self.path, headers))
                finally:
                    owner._leave()

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _enter(self) -> None:
        with self._lock:
            self.arrivals.append(time.monotonic())
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1


def give(handler: BaseHTTPRequestHandler, reply: Reply, length: int | None = None) -> None:
    """Send `reply`; `length` is the content length that is claimed."""
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    if reply.status != 304:
        handler.send_header("Content-Length", str(len(reply.body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(reply.body)
    handler.wfile.flush()


def main(count: int, latency_ms: float) -> None:
    """Serve until standard input ends."""
    with Server(Upstream.of(count), latency_ms / 1000).serving() as url:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        sys.stdin.read()


def load(kind: str) -> Any:
    """Stand in for `connectors.registry.load`."""
    return {PagedConnector.kind: PagedConnector}[kind]


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
