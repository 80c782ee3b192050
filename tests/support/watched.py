"""A bank whose models are watched on real servers: MLflow behind a faulty door, Prometheus with an
exporter, Alertmanager; keys of an engineer, of a second person, and of automation.
"""

from __future__ import annotations

import http.client
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from riskcockpit.config.automation import Automation
from riskcockpit.config.paths import Paths, make_private, shipped
from riskcockpit.config.settings import (
    ContextSettings,
    CredentialRef,
    IdentitySettings,
    Settings,
    SourceSettings,
)
from riskcockpit.ledger.chain import Entry
from riskcockpit.services.adopting import adopt
from riskcockpit.services.answers import approve
from riskcockpit.services.context import Context, SystemClock
from riskcockpit.services.watching import Watch
from riskcockpit.store.snapshots import Store
from riskcockpit.views.automation import WatchEvent
from support.alerting import need_alertmanager
from support.ledgers import key_for, signer_line
from support.processes import call, free_port, running
from support.servers import Exporter, Mlflow, exporting, need_prometheus, running_mlflow

PEOPLE = {
    "engineer": ["engineer", "risk_owner"],
    "approver": ["approver", "risk_owner"],
    "watch": ["automation"],
}
APPROVED = {"validation_status": "approved"}
GOOD, BAD, LIMIT = 0.93, 0.71, 0.9
_RULES = """\
groups:
  - name: models
    rules:
      - alert: ModelAccuracyLow
        expr: model_accuracy < 0.9
        labels: {severity: page, metric: accuracy}
      - alert: ModelUnfair
        expr: model_dpd > 0.1
        labels: {severity: page, metric: demographic_parity_difference}
"""
_ALIAS = "/api/2.0/mlflow/registered-models/alias"
_HOP = ("connection", "transfer-encoding", "content-length", "server", "date")


@dataclass
class Door:
    """Passes requests on to MLflow, and does it badly for the models it is told to."""

    upstream: str
    forbidden: set[str] = field(default_factory=set)
    """Models whose alias nobody may set: 403."""
    silent: set[str] = field(default_factory=set)
    """Models whose alias is set, and the answer never comes."""
    before_read: dict[str, Callable[[int], None]] = field(default_factory=dict)
    """Model → called with the number of every reading of its alias, before it is passed on."""
    writes: list[tuple[str, int]] = field(default_factory=list)
    """(model, version) of every alias that was asked to be set, in order."""
    reads: dict[str, int] = field(default_factory=dict)

    def writes_of(self, model: str) -> list[int]:
        """The versions that the alias of a model was asked to be set to."""
        return [version for name, version in self.writes if name == model]

    def read(self, model: str) -> None:
        """Count a reading of an alias."""
        self.reads[model] = self.reads.get(model, 0) + 1
        if (hook := self.before_read.get(model)) is not None:
            hook(self.reads[model])


class _Handler(BaseHTTPRequestHandler):
    door: Door
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        place = urllib.parse.urlsplit(self.path)
        if place.path == _ALIAS:
            self.door.read(urllib.parse.parse_qs(place.query)["name"][0])
        self._pass_on(b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        model = ""
        if self.path == _ALIAS:
            asked = msgspec.json.decode(body)
            model = asked["name"]
            self.door.writes.append((model, int(asked["version"])))
        if model in self.door.forbidden:
            self._answer(403, b'{"error_code": "PERMISSION_DENIED", "message": "no"}', [])
            return
        self._pass_on(body, is_silent=model in self.door.silent)

    def _pass_on(self, body: bytes, *, is_silent: bool = False) -> None:
        target = urllib.parse.urlsplit(self.door.upstream)
        link = http.client.HTTPConnection(target.hostname or "", target.port, timeout=60)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in (*_HOP, "host")}
        link.request(self.command, self.path, body or None, headers)
        reply = link.getresponse()
        content = reply.read()
        link.close()
        if is_silent:
            self.close_connection = True
            return
        self._answer(reply.status, content, reply.getheaders())

    def _answer(self, status: int, content: bytes, headers: list[tuple[str, str]]) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _HOP and name.lower() != "content-encoding":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def open_door(upstream: str) -> Iterator[tuple[str, Door]]:
    """Serve a door on a free port."""
    door = Door(upstream)
    handler = type("Bound", (_Handler,), {"door": door})

    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", door
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Stack:
    """The servers, the home, and one watch over it."""

    mlflow: Mlflow
    door: Door
    door_url: str
    exporter: Exporter
    prometheus: str
    alertmanager: str
    home: Path
    events: list[WatchEvent] = field(default_factory=list)

    def ctx(self, name: str) -> Context:
        """Return the context of one principal."""
        paths = Paths.under(self.home)
        clock = SystemClock()
        written = CredentialRef(file=str(paths.config / "write"))
        queries = [_query("accuracy", "accuracy", "model_accuracy", "at_least", LIMIT),
                   _query("demographic_parity_difference", "bias", "model_dpd", "at_most", 0.1),
                   _query("psi", "drift", "model_psi", "at_most", 0.25)]  # fmt: skip
        sources = (
            SourceSettings(
                name="registry", kind="mlflow", url=self.door_url, write_credential=written
            ),
            SourceSettings(
                name="metrics", kind="prometheus", url=self.prometheus,
                options={"queries": queries},
            ),
            SourceSettings(
                name="alerts", kind="alertmanager", url=self.alertmanager,
                write_credential=written,
            ),
        )  # fmt: skip
        settings = Settings(
            context=ContextSettings(name="bank"),
            identity=IdentitySettings(principal=name, key=str(self.home / "keys" / name)),
            sources=sources,
        )
        return Context(settings, paths, clock, Store(paths.cache, clock), f"{name}-host")

    def hire(self) -> None:
        """Make keys, roles and the file with the credential that stands for the right to write."""
        paths = Paths.under(self.home)
        for folder in (paths.config, paths.state, paths.cache, paths.ledger / "policy"):
            make_private(folder)
        (paths.config / "write").write_text("unused-by-server\n")
        (paths.config / "write").chmod(0o600)
        lines = "".join(signer_line(n, key_for(n, self.home / "keys")) for n in PEOPLE)
        (paths.ledger / "allowed_signers").write_text(lines)
        text = shipped("config", "roles.yaml").read_text(encoding="utf-8")
        people = "".join(f"  {name}: [{', '.join(r)}]\n" for name, r in PEOPLE.items())
        first, _, rest = text.partition("principals:\n")
        (paths.ledger / "policy" / "roles.yaml").write_text(
            f"{first}principals:\n{people}{rest.partition(chr(10))[2]}"
        )

    def sign_rules(self, automation: Automation) -> None:
        """Put rules in force: the engineer asks, the approver signs."""
        file = Paths.under(self.home).ledger / "policy" / "automation.yaml"
        file.write_text(msgspec.yaml.encode(automation).decode())
        said = adopt(self.ctx("engineer"))
        if "waits for another person" in said:
            (change,) = [
                entry
                for entry in self.entries()
                if entry.type.value == "policy.changed"
                and entry.data["file"] == "policy/automation.yaml"
            ][-1:]
            approve(self.ctx("approver"), change.hash)

    def model(self, name: str, versions: int = 3) -> None:
        """Register a model with approved versions, the newest the champion, and good readings."""
        self.mlflow.model(name, risk_tier="1", owner="payments")
        for _ in range(versions):
            self.version(name)
        self.mlflow.set_alias(name, "champion", versions)
        for version in range(1, versions + 1):
            self.measure(name, version, GOOD)

    def version(self, model: str) -> None:
        """Register an approved version, without a run behind it."""
        tags = [{"key": key, "value": value} for key, value in APPROVED.items()]
        source = f"s3://bank/{model}"
        self.mlflow.call("model-versions/create", {"name": model, "source": source, "tags": tags})

    def measure(self, model: str, version: int, accuracy: float) -> None:
        """Let the exporter say how right a version is."""
        self.exporter.set("model_accuracy", accuracy, model=model, version=str(version))

    def champion(self, model: str) -> int:
        """The version that MLflow itself says serves."""
        return self.mlflow.aliased(model, "champion")

    def entries(self) -> list[Entry]:
        """All entries of the ledger."""
        return self.ctx("engineer").reading_journal().entries()

    def entries_of(self, model: str) -> list[str]:
        """The types of the entries about a model."""
        return [e.type.value for e in self.entries() if e.data.get("model") == model]

    def silences(self) -> list[dict[str, Any]]:
        """The silences, as Alertmanager has them."""
        found: list[dict[str, Any]] = call(f"{self.alertmanager}/api/v2/silences")
        return found

    def value_at_prometheus(self, query: str) -> float | None:
        """What Prometheus answers to a query now."""
        asked = urllib.parse.urlencode({"query": query})
        found = call(f"{self.prometheus}/api/v1/query?{asked}")["data"]["result"]
        return float(found[0]["value"][1]) if found else None

    def told(self, model: str) -> list[str]:
        """The kinds of the events about a model."""
        return [event.kind for event in self.events if event.subject == model]


def _query(metric: str, class_: str, series: str, direction: str, limit: float) -> dict[str, Any]:
    return {
        "query": f"{series}[5s]", "metric": metric, "metric_class": class_,
        "direction": direction, "threshold": limit,
    }  # fmt: skip


@contextmanager
def running_stack(directory: Path) -> Iterator[Stack]:
    """Run everything until the block ends."""
    alertmanager, prometheus = need_alertmanager(), need_prometheus()
    places = {name: directory / name for name in ("mlflow", "prometheus", "alertmanager", "home")}
    for place in places.values():
        place.mkdir()
    exporter = Exporter()
    with ExitStack() as stack:
        mlflow = stack.enter_context(running_mlflow(places["mlflow"]))
        door_url, door = stack.enter_context(open_door(mlflow.url))
        scraped = stack.enter_context(exporting(exporter))
        ports = (free_port(), free_port())
        place = places["alertmanager"]
        (place / "alertmanager.yml").write_text(
            "route: {receiver: cockpit, group_wait: 0s, group_interval: 1s}\n"
            "receivers: [{name: cockpit}]\n"
        )
        argv = [
            str(alertmanager), f"--config.file={place / 'alertmanager.yml'}",
            f"--storage.path={place / 'data'}", f"--web.listen-address=127.0.0.1:{ports[0]}",
            "--cluster.listen-address=",
        ]  # fmt: skip
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        stack.enter_context(running(argv, f"{urls[0]}/-/ready", place))
        place = places["prometheus"]
        (place / "rules.yml").write_text(_RULES)
        (place / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
            "rule_files: [rules.yml]\n"
            "alerting: {alertmanagers: [{static_configs:"
            f" [{{targets: ['127.0.0.1:{ports[0]}']}}]}}]}}\n"
            "scrape_configs:\n  - job_name: models\n"
            f"    static_configs: [{{targets: ['127.0.0.1:{scraped}']}}]\n"
        )
        argv = [
            str(prometheus), f"--config.file={place / 'prometheus.yml'}",
            f"--storage.tsdb.path={place / 'tsdb'}", f"--web.listen-address=127.0.0.1:{ports[1]}",
            "--storage.tsdb.retention.time=2h", "--log.level=warn",
        ]  # fmt: skip
        stack.enter_context(running(argv, f"{urls[1]}/-/ready", place))
        made = Stack(mlflow, door, door_url, exporter, urls[1], urls[0], places["home"])
        made.hire()
        yield made


@contextmanager
def watching(stack: Stack, cycle: str = "1s") -> Iterator[Watch]:
    """Run a watch as the principal `watch` in a thread until the block ends."""
    watch = Watch(stack.ctx("watch"), stack.events.append, cycle=cycle)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            watch.run()
        except BaseException as error:  # noqa: BLE001 - told by the test that runs it
            failed.append(error)

    thread = threading.Thread(target=work, name="watch")
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        thread.join(60)
    if failed:
        raise failed[0]


def wait_for(holds: Callable[[], bool], what: str, seconds: float = 180.0) -> float:
    """Wait until something holds; return how long it took."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"in vain: {what}")
        time.sleep(0.05)
    return time.monotonic() - began
