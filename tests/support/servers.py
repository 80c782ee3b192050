"""Real servers for tests: MLflow and Prometheus on loopback, gone when the test process is.

Those of alerting are in `support.alerting`.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from support.processes import call, free_port, running

REPOSITORY = Path(__file__).resolve().parents[2]
TOOLS = REPOSITORY / ".tools"
ADMIN = "admin"


def mlflow_executable() -> Path | None:
    """Return the `mlflow` to test with, or None."""
    named = os.environ.get("RISKCOCKPIT_MLFLOW")
    path = Path(named) if named else REPOSITORY / ".venv-mlflow" / "bin" / "mlflow"
    return path if os.access(path, os.X_OK) else None


def prometheus_executable() -> Path | None:
    """Return the `prometheus` to test with, or None."""
    found = shutil.which("prometheus")
    path = Path(found) if found else TOOLS / "prometheus" / "usr" / "bin" / "prometheus"
    return path if os.access(path, os.X_OK) else None


def need(executable: Path | None, name: str, hint: str) -> Path:
    """Return `executable`; without one skip, or fail where the servers are required."""
    if executable is not None:
        return executable
    reason = f"no {name} on this computer: {hint}"
    if os.environ.get("RISKCOCKPIT_REQUIRE_SERVERS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def need_mlflow() -> Path:
    """Return the `mlflow` executable, or skip."""
    hint = "run scripts/get-test-servers, or set RISKCOCKPIT_MLFLOW to the path of one"
    return need(mlflow_executable(), "MLflow", hint)


def need_prometheus() -> Path:
    """Return the `prometheus` executable, or skip."""
    return need(prometheus_executable(), "Prometheus", "install the Debian package prometheus")


# MLflow ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mlflow:
    """A running MLflow; `admin` is the password of its administrator, empty without auth."""

    url: str
    admin: str = ""

    def call(self, path: str, body: Mapping[str, Any] | None = None, **options: Any) -> Any:
        """Call `/api/2.0/mlflow/PATH` (or a whole path from `/`), as the administrator."""
        whole = path if path.startswith("/") else f"/api/2.0/mlflow/{path}"
        login = (ADMIN, self.admin) if self.admin else None
        return call(self.url + whole, body, login=login, **options)

    def user(self, name: str, password: str) -> None:
        """Create a user of the auth app."""
        self.call("users/create", {"username": name, "password": password})

    def grant(self, name: str, model: str, permission: str) -> None:
        """Grant a user a permission on a registered model."""
        body = {
            "username": name,
            "resource_type": "registered_model",
            "resource_id": model,
            "resource_pattern": model,
            "permission": permission,
        }
        self.call("/api/3.0/mlflow/users/permissions/grant", body)

    def model(self, name: str, **tags: str) -> None:
        """Register a model."""
        self.call("registered-models/create", {"name": name, "tags": _tags(tags)})

    def version(
        self,
        model: str,
        *,
        tags: Mapping[str, str] | None = None,
        metrics: Mapping[str, float] | None = None,
        run_tags: Mapping[str, str] | None = None,
        dataset: tuple[str, str] | None = None,
    ) -> int:
        """Train and register one version, with a run, its metrics and its training data."""
        now = time.time_ns() // 1_000_000
        created = self.call(
            "runs/create",
            {"experiment_id": "0", "start_time": now, "tags": _tags(run_tags or {})},
        )
        run_id = created["run"]["info"]["run_id"]
        values = [
            {"key": key, "value": value, "timestamp": now} for key, value in (metrics or {}).items()
        ]
        params = [{"key": "max_depth", "value": "6"}]
        self.call("runs/log-batch", {"run_id": run_id, "metrics": values, "params": params})
        if dataset:
            self._log_dataset(run_id, *dataset)
        self.call("runs/update", {"run_id": run_id, "status": "FINISHED", "end_time": now})
        answer = self.call(
            "model-versions/create",
            {
                "name": model,
                "source": f"mlflow-artifacts:/0/{run_id}/artifacts/model",
                "run_id": run_id,
                "tags": _tags(tags or {}),
            },
        )
        return int(answer["model_version"]["version"])

    def _log_dataset(self, run_id: str, name: str, digest: str) -> None:
        given = {
            "tags": [{"key": "mlflow.data.context", "value": "training"}],
            "dataset": {
                "name": name,
                "digest": digest,
                "source_type": "s3",
                "source": json.dumps({"uri": f"s3://bank/{name}.parquet"}),
            },
        }
        self.call("runs/log-inputs", {"run_id": run_id, "datasets": [given]})

    def set_alias(self, model: str, alias: str, version: int) -> None:
        """Point an alias to a version, behind the back of whoever is under test."""
        body = {"name": model, "alias": alias, "version": str(version)}
        self.call("registered-models/alias", body)

    def aliased(self, model: str, alias: str) -> int:
        """Return the version an alias points to."""
        query = urllib.parse.urlencode({"name": model, "alias": alias})
        return int(self.call(f"registered-models/alias?{query}")["model_version"]["version"])

    def version_tags(self, model: str, version: int) -> dict[str, str]:
        """Return the tags of a version."""
        query = urllib.parse.urlencode({"name": model, "version": version})
        found = self.call(f"model-versions/get?{query}")["model_version"]
        return {tag["key"]: tag["value"] for tag in found.get("tags", ())}


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


@contextmanager
def running_mlflow(directory: Path, *, admin: str = "") -> Iterator[Mlflow]:
    """Run MLflow on a copy of the migrated database; with `admin` behind its auth app."""
    executable = need_mlflow()
    if admin and not any(_site_packages(executable, "flask_wtf")):
        need(None, "auth app of MLflow", "install mlflow[auth]")
    shutil.copy(_migrated_database(executable), directory / "mlflow.db")
    with _serving(executable, directory, admin) as url:
        yield Mlflow(url, admin)


@contextmanager
def _serving(executable: Path, directory: Path, admin: str = "") -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    argv = [
        *(str(executable), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{directory / 'mlflow.db'}"),
        *("--artifacts-destination", str(directory / "artifacts")),
    ]
    env = {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
    }
    if admin:
        config = directory / "auth.ini"
        config.write_text(
            "[mlflow]\ndefault_permission = READ\n"
            f"database_uri = sqlite:///{directory / 'auth.db'}\n"
            f"admin_username = {ADMIN}\nauth_cache_ttl_seconds = 60\n"
            "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
        )
        argv += ["--app-name", "basic-auth"]
        env |= {
            "MLFLOW_AUTH_CONFIG_PATH": str(config),
            "MLFLOW_AUTH_ADMIN_PASSWORD": admin,
            "MLFLOW_FLASK_SERVER_SECRET_KEY": os.urandom(16).hex(),
        }
    with running(argv, f"{url}/health", directory, env):
        yield url


def _migrated_database(executable: Path) -> Path:
    """Return the empty database with its schema, made once for each version of MLflow."""
    found = sorted(
        executable.resolve().parent.parent.glob("lib/*/site-packages/mlflow-*.dist-info")
    )
    version = found[0].name.removesuffix(".dist-info") if found else "mlflow"
    template = TOOLS / f"{version}.db"
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "mlflow.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            place = TOOLS / f"{version}.making"
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            with _serving(executable, place):
                pass
            (place / "mlflow.db").replace(template)
            shutil.rmtree(place)
    return template


def _site_packages(executable: Path, pattern: str) -> Iterator[Path]:
    environment = executable.absolute().parent.parent
    return environment.glob(f"lib/*/site-packages/{pattern}")


# Prometheus --------------------------------------------------------------------------------------


@dataclass
class Exporter:
    """A page of metrics for Prometheus to scrape; `set` changes a value from one scrape on."""

    samples: dict[str, str] = field(default_factory=dict)
    status: int = 200
    """What it answers with from now on."""

    def set(self, name: str, value: float | str, **labels: str) -> None:
        """Set a sample; `value` may be a text as `NaN`."""
        self.samples[_sample(name, labels)] = str(value)

    def drop(self, name: str, **labels: str) -> None:
        """Say nothing of a sample any more."""
        self.samples.pop(_sample(name, labels), None)

    def page(self) -> bytes:
        """Return the page in the text format."""
        lines = [f"{sample} {value}\n" for sample, value in sorted(dict(self.samples).items())]
        return "".join(lines).encode()


def _sample(name: str, labels: Mapping[str, str]) -> str:
    inner = ",".join(f'{key}="{text}"' for key, text in sorted(labels.items()))
    return f"{name}{{{inner}}}"


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus that scrapes `exporter` every second."""

    url: str
    exporter: Exporter

    def await_samples(self, query: str, count: int, seconds: float = 30.0) -> None:
        """Wait until `query` finds `count` series."""
        deadline = time.monotonic() + seconds
        found: list[Any] = []
        while time.monotonic() < deadline:
            asked = urllib.parse.urlencode({"query": query})
            found = call(f"{self.url}/api/v1/query?{asked}")["data"]["result"]
            if len(found) == count:
                return
            time.sleep(0.2)
        raise AssertionError(f"{query} found {found}, not {count} series")


@contextmanager
def exporting(exporter: Exporter) -> Iterator[int]:
    """Serve `exporter` on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = exporter.page()
            self.send_response(exporter.status)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def running_prometheus(directory: Path) -> Iterator[Prometheus]:
    """Run Prometheus with an exporter of its own."""
    executable = need_prometheus()
    exporter = Exporter()
    with exporting(exporter) as target:
        (directory / "prometheus.yml").write_text(
            "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
            "scrape_configs:\n"
            "  - job_name: models\n"
            f"    static_configs: [{{targets: ['127.0.0.1:{target}']}}]\n"
        )
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        argv = [
            str(executable),
            f"--config.file={directory / 'prometheus.yml'}",
            f"--storage.tsdb.path={directory / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--storage.tsdb.retention.time=2h",
            "--log.level=warn",
        ]
        with running(argv, f"{url}/-/ready", directory):
            yield Prometheus(url, exporter)
