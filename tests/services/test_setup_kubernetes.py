"""`init` finds a cluster by KUBECONFIG, and writes where the file lies, never what is in it."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import yaml

from riskcockpit.config.paths import Paths
from riskcockpit.services.setup import init


def kubeconfig(directory: Path, user: dict[str, Any]) -> Path:
    """Write a kubeconfig whose one context is that of `user`."""
    path = directory / "kubeconfig"
    path.touch(mode=0o600)
    document = {
        "current-context": "main",
        "clusters": [{"name": "c", "cluster": {"server": "https://cluster.example:6443"}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "main", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(json.dumps(document))
    return path


def found(directory: Path, file: Path | str) -> tuple[list[Any], str]:
    """Return the sources that `init` writes, and what it tells."""
    paths = Paths.under(directory / "home")
    folder = directory / "folder"
    folder.mkdir()
    told = " | ".join(step.what for step in init(paths, {"KUBECONFIG": str(file)}, folder))
    return yaml.safe_load(paths.settings.read_text())["sources"] or [], told


def test_a_kubeconfig_makes_a_source(tmp_path: Path) -> None:
    token = secrets.token_hex(20)
    file = kubeconfig(tmp_path, {"token": token})
    sources, told = found(tmp_path, file)
    assert sources == [
        {"name": "cluster", "kind": "kubernetes", "options": {"kubeconfig": str(file)}}
    ]
    assert "KUBECONFIG: https://cluster.example:6443" in told
    assert token not in told + Paths.under(tmp_path / "home").settings.read_text()


def test_a_kubeconfig_that_runs_a_program_makes_none_and_the_program_is_not_run(
    tmp_path: Path,
) -> None:
    witness = tmp_path / "ran"
    user = {"exec": {"command": "touch", "args": [str(witness)]}}
    sources, told = found(tmp_path, kubeconfig(tmp_path, user))
    assert sources == []
    assert "KUBECONFIG: not taken: " in told
    assert not witness.exists()


def test_several_files_make_none(tmp_path: Path) -> None:
    sources, told = found(tmp_path, f"{tmp_path}/a:{tmp_path}/b")
    assert sources == []
    assert "cannot read" in told
