"""Isolation: no test sees the developer's home, config, keys, proxies or terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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
