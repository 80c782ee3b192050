"""Connectors are found by entry point: named without importing, loaded one by one or all."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import msgspec
import pytest

from riskcockpit.connectors import registry
from riskcockpit.connectors.registry import GROUP, kinds, load, load_all
from riskcockpit.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


def test_ours_are_there() -> None:
    assert {"files", "mlflow", "prometheus"} <= set(kinds())
    assert load("mlflow").kind == "mlflow"


def test_each_of_ours_loads_is_documented_and_knows_no_other() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    ours = project["project"]["entry-points"][GROUP]
    contracts = project["tool"]["importlinter"]["contracts"]
    apart = next(c["modules"] for c in contracts if c["id"] == "connectors-independent")
    text = (ROOT / "docs/connectors.md").read_text(encoding="utf-8")
    for kind, value in ours.items():
        connector = EntryPoint(kind, value, GROUP).load()
        assert connector.kind == kind
        assert f"\n## {kind}\n" in text
        assert f"| [`{kind}`](#{kind}) |" in text
        section = text.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
        for field in msgspec.structs.fields(connector.options):
            assert f"`{field.encode_name}`" in section, f"{kind}: {field.encode_name}"
    packages = {value.partition(".connector:")[0] for value in ours.values()}
    assert set(apart) == packages


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
