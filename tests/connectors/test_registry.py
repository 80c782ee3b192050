"""Connectors are found by entry point: named without importing, loaded one by one or all."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint

import pytest

from riskcockpit.connectors import registry
from riskcockpit.connectors.registry import GROUP, kinds, load, load_all
from riskcockpit.errors import ConfigError


def test_ours_are_there() -> None:
    assert {"files", "mlflow", "prometheus"} <= set(kinds())
    assert load("mlflow").kind == "mlflow"


def test_naming_the_kinds_imports_neither_a_connector_nor_httpx() -> None:
    code = (
        "import sys; from riskcockpit.connectors.registry import kinds; kinds();"
        "print([m for m in sys.modules if m == 'httpx' or 'connectors.mlflow' in m])"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert output.stdout.strip() == "[]"


def test_an_unknown_kind_gets_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        load("mlfow")
    assert caught.value.hint == 'did you mean "mlflow"?'


def test_a_broken_connector_is_an_error_alone_and_a_warning_among_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points = [
        EntryPoint("files", "riskcockpit.connectors.files.connector:FilesConnector", GROUP),
        EntryPoint("gone", "riskcockpit.no_such_module:X", GROUP),
        EntryPoint("none", "riskcockpit.errors:ConfigError", GROUP),
        EntryPoint("other", "riskcockpit.connectors.files.connector:FilesConnector", GROUP),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)  # noqa: ARG005 - as called
    for kind, why in (("gone", "does not load"), ("none", "lacks kind"), ("other", "calls itself")):
        with pytest.raises(ConfigError, match=why):
            load(kind)
    loaded = load_all()
    assert list(loaded.connectors) == ["files"]
    assert len(loaded.warnings) == 3
