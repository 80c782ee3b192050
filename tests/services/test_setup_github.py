"""`init` finds GitHub by a token and a git remote, and writes a reference, never the token."""

from __future__ import annotations

import secrets
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from riskcockpit.config.paths import Paths
from riskcockpit.services.setup import git_remote, init


def repository(folder: Path, remote: str) -> Path:
    """Make a git repository with a remote."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    subprocess.run(["git", "-C", str(folder), "remote", "add", "origin", remote], check=True)
    return folder


def sources(home: Path, environ: dict[str, str], folder: Path) -> tuple[list[Any], str]:
    """Return the sources that `init` writes, and what it tells."""
    paths = Paths.under(home)
    told = " | ".join(step.what for step in init(paths, environ, folder))
    return yaml.safe_load(paths.settings.read_text())["sources"] or [], told


@pytest.mark.parametrize(
    ("remote", "host", "slug"),
    [
        ("git@github.com:bank/payments.git", "github.com", "bank/payments"),
        ("https://github.com/bank/payments", "github.com", "bank/payments"),
        (
            "https://x@git.bank.example:8443/bank/pay.ments.git/",
            "git.bank.example",
            "bank/pay.ments",
        ),
        ("ssh://git@git.bank.example:22/bank/payments", "git.bank.example", "bank/payments"),
        ("/srv/git/bank/payments.git", "", "bank/payments"),
    ],
)
def test_host_and_name_of_a_remote(tmp_path: Path, remote: str, host: str, slug: str) -> None:
    assert git_remote(repository(tmp_path / "r", remote)) == (host, slug)


def test_a_token_and_a_remote_on_github_make_a_source(tmp_path: Path) -> None:
    token = secrets.token_hex(20)
    folder = repository(tmp_path / "r", "git@github.com:bank/payments.git")
    found, told = sources(tmp_path / "home", {"GITHUB_TOKEN": token}, folder)
    assert found == [
        {
            "name": "github",
            "kind": "github",
            "url": "https://api.github.com",
            "credential": {"env": "GITHUB_TOKEN"},
            "options": {"repositories": ["bank/payments"], "watch": ["bank/payments"]},
        }
    ]
    assert "GITHUB_TOKEN: https://api.github.com" in told
    assert token not in told + Paths.under(tmp_path / "home").settings.read_text()


def test_a_server_of_ones_own_is_known_by_its_host(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", "https://git.bank.example/bank/payments")
    environ = {"GH_TOKEN": "x" * 20, "GITHUB_TOKEN": "y" * 20, "GH_HOST": "git.bank.example"}
    found, _ = sources(tmp_path / "home", environ, folder)
    assert (found[0]["url"], found[0]["credential"]) == (
        "https://git.bank.example/api/v3",
        {"env": "GH_TOKEN"},
    )


def test_a_token_is_never_sent_to_a_host_that_is_no_github(tmp_path: Path) -> None:
    folder = repository(tmp_path / "r", "https://git.bank.example/bank/payments")
    found, told = sources(tmp_path / "home", {"GITHUB_TOKEN": "x" * 20}, folder)
    assert found == []
    assert "GITHUB_TOKEN: no git remote of a GitHub here" in told
