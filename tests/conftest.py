"""Isolation: no test sees the developer's home, config, keys, proxies or terminal."""

from __future__ import annotations

import gc
import shutil
import signal
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    import duckdb

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background has it ignored
gc.disable()  # until all tests are collected, which are looked through in vain again and again

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

_HIDDEN = (
    "RISKCOCKPIT_HOME", "SSH_AUTH_SOCK", "SSH_CONNECTION", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "MLFLOW_TRACKING_URI", "GITHUB_TOKEN", "NO_COLOR",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    for name in _HIDDEN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG", "CACHE", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(home / "riskcockpit"))
    monkeypatch.setenv("TZ", "UTC")


@pytest.fixture(scope="session")
def empty_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that holds the schema and nothing else."""
    from riskcockpit.store.connecting import connect  # noqa: PLC0415 - few test runs need none
    from riskcockpit.store.database import begin, commit  # noqa: PLC0415 - as above
    from riskcockpit.store.migrate import migrate  # noqa: PLC0415 - as above

    file = tmp_path_factory.mktemp("schema") / "empty.duckdb"
    connection = connect(file, is_writing=True)
    begin(connection)
    migrate(connection, datetime(2026, 1, 1, tzinfo=UTC))
    commit(connection)
    connection.close()
    return file


@pytest.fixture(autouse=True)
def _schema_is_there(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """New caches begin as copies of an empty one: making the schema takes longer than most tests.

    Not where the making is tested: in `tests/store`, and in every process of its own.
    """
    if "store" in request.path.parts:
        return
    from riskcockpit.store import connecting  # noqa: PLC0415 - few test runs need none

    connect = connecting.connect

    def begun(empty: Path, file: Path, *, is_writing: bool) -> duckdb.DuckDBPyConnection:
        if is_writing and not file.exists():
            shutil.copyfile(empty, file)
        return connect(file, is_writing=is_writing)

    empty = request.getfixturevalue("empty_cache")
    monkeypatch.setattr(connecting, "connect", partial(begun, empty))


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty riskcockpit home that `RISKCOCKPIT_HOME` points to."""
    folder = tmp_path / "rc-home"
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(folder))
    return folder


@pytest.fixture
def without_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    """No controls and no KPIs: who asks what findings come to need not wait for all verdicts."""
    for name in ("controls_in_force", "kpis_in_force"):
        monkeypatch.setattr(f"riskcockpit.services.judging.{name}", lambda *_: ())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that hold slow tests: begun last, one keeps all others waiting."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Collect garbage from here on, but not among the tests."""
    gc.freeze()
    gc.enable()
