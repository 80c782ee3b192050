"""The real chain of alerting on loopback: Pushgateway, Prometheus with a rule, Alertmanager."""

from __future__ import annotations

import os
import shutil
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.processes import call, free_port, running
from support.servers import TOOLS, need, need_prometheus

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_RULES = """\
groups:
  - name: models
    rules:
      - alert: ModelAccuracyLow
        expr: model_accuracy < 0.8
        labels: {severity: page, metric: accuracy}
        annotations:
          summary: 'accuracy of {{ $labels.model }} v{{ $labels.version }} is {{ $value }}'
          runbook_url: 'https://runbooks.example/accuracy'
"""


def debian_executable(name: str) -> Path | None:
    """Return a server of one of Debian's Prometheus packages, or None."""
    found = shutil.which(name)
    path = Path(found) if found else TOOLS / name / "usr" / "bin" / name
    return path if os.access(path, os.X_OK) else None


def need_alertmanager() -> Path:
    """Return the `prometheus-alertmanager` executable, or skip."""
    name = "prometheus-alertmanager"
    return need(debian_executable(name), "Alertmanager", f"install the Debian package {name}")


def need_pushgateway() -> Path:
    """Return the `prometheus-pushgateway` executable, or skip."""
    name = "prometheus-pushgateway"
    return need(debian_executable(name), "Pushgateway", f"install the Debian package {name}")


@dataclass(frozen=True)
class Chain:
    """Three servers: what is pushed is scraped every second, judged, and fires."""

    pushgateway: str
    prometheus: str
    alertmanager: str

    def push(self, model: str, version: str, accuracy: float) -> None:
        """Push the accuracy of one version, in place of the one before."""
        url = f"{self.pushgateway}/metrics/job/nightly/model/{model}/version/{version}"
        body = f"model_accuracy {accuracy}\n".encode()
        request = urllib.request.Request(url, body, method="PUT")
        with _OPENER.open(request, timeout=30):
            pass

    def raise_alert(self, **labels: str) -> None:
        """Raise an alert at Alertmanager itself, without a rule."""
        call(f"{self.alertmanager}/api/v2/alerts", [{"labels": labels}])

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts, as the server has them."""
        found: list[dict[str, Any]] = call(f"{self.alertmanager}/api/v2/alerts")
        return found

    def silences(self) -> list[dict[str, Any]]:
        """Return the silences, as the server has them."""
        found: list[dict[str, Any]] = call(f"{self.alertmanager}/api/v2/silences")
        return found


def await_that(holds: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.2)


@contextmanager
def running_chain(directory: Path) -> Iterator[Chain]:
    """Run the three servers on free ports until the block ends."""
    executables = (need_pushgateway(), need_alertmanager(), need_prometheus())
    ports = [free_port() for _ in executables]
    places = [directory / name for name in ("pushgateway", "alertmanager", "prometheus")]
    for place in places:
        place.mkdir()
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    argvs = (
        _pushgateway(executables[0], ports[0]),
        _alertmanager(executables[1], ports[1], places[1]),
        _prometheus(executables[2], ports, places[2]),
    )
    with ExitStack() as stack:
        for argv, url, place in zip(argvs, urls, places, strict=True):
            stack.enter_context(running(argv, f"{url}/-/ready", place))
        yield Chain(urls[0], urls[2], urls[1])


def _pushgateway(executable: Path, port: int) -> list[str]:
    return [str(executable), f"--web.listen-address=127.0.0.1:{port}", "--persistence.file="]


def _alertmanager(executable: Path, port: int, place: Path) -> list[str]:
    config = place / "alertmanager.yml"
    config.write_text("route: {receiver: cockpit}\nreceivers: [{name: cockpit}]\n")
    return [
        str(executable),
        f"--config.file={config}",
        f"--storage.path={place / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]


def _prometheus(executable: Path, ports: list[int], place: Path) -> list[str]:
    pushgateway, alertmanager, port = ports
    (place / "rules.yml").write_text(_RULES)
    (place / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s,"
        " external_labels: {env: test}}\n"
        "rule_files: [rules.yml]\n"
        "alerting: {alertmanagers: [{static_configs:"
        f" [{{targets: ['127.0.0.1:{alertmanager}']}}]}}]}}\n"
        "scrape_configs:\n"
        "  - job_name: pushed\n"
        "    honor_labels: true\n"
        f"    static_configs: [{{targets: ['127.0.0.1:{pushgateway}']}}]\n"
    )
    return [
        str(executable),
        f"--config.file={place / 'prometheus.yml'}",
        f"--storage.tsdb.path={place / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--storage.tsdb.retention.time=2h",
        "--log.level=warn",
    ]


def alert(name: str = "QueueLong", **changes: Any) -> dict[str, Any]:
    """Return an alert as Alertmanager writes it, for tests without one."""
    labels = {"alertname": name, "severity": "critical", **changes.pop("labels", {})}
    return {
        "labels": labels,
        "annotations": {"summary": f"{name} since a while"},
        "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
        "fingerprint": changes.pop("fingerprint", "0a1b2c3d4e5f6071"),
        "startsAt": "2026-03-02T11:00:00.500Z",
        "endsAt": "2026-03-02T12:04:00Z",
        "updatedAt": "2026-03-02T12:00:00Z",
        "receivers": [{"name": "cockpit"}],
        "generatorURL": "https://prometheus.example/graph?g0.expr=up",
        **changes,
    }
