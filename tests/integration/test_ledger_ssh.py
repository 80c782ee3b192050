"""The ledger through git over ssh: a real sshd, two homes, and hosts and keys that are refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from riskcockpit.services.verify import verify_ledger
from support.cli import invoke
from support.clones import Home, found, hashes, note
from support.git import git
from support.sshd import Sshd, running_sshd

ROLES = {"engineer": ["engineer"], "approver": ["approver"]}
pytestmark = pytest.mark.skipif(
    shutil.which("git") is None or shutil.which("ssh") is None, reason="needs git and ssh"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    place = tmp_path_factory.mktemp("sshd")
    with pytest.MonkeyPatch.context() as patch, running_sshd(place, patch) as sshd:
        yield sshd


@pytest.fixture
def there(server: Sshd, tmp_path: Path) -> str:
    """The address of an empty repository; what a test changed of the keys is as it was again."""
    git(tmp_path, "init", "--quiet", "--bare", "there.git")
    server.make_key("client")
    server.allow()
    server.know()
    return server.address(tmp_path / "there.git")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_two_homes_push_and_pull_over_ssh(there: str, tmp_path: Path) -> None:
    here, other = Home(tmp_path / "here", roles=ROLES), Home(tmp_path / "other", roles=ROLES)
    found((here, other), tmp_path)
    here.remote = other.remote = there
    first = note(here, "engineer")
    assert here.sync("engineer").is_ok
    second = note(other, "approver")
    assert [(m.pulled, m.pushed) for m in other.sync("approver").chains] == [(0, 2), (4, 0)]
    assert here.sync("engineer").is_ok
    assert {first, second} <= hashes(here) == hashes(other)
    for home in (here, other):
        assert verify_ledger(home.context("engineer")).problems == ()


def another_host(server: Sshd) -> None:
    server.make_key("impostor")
    server.know("impostor")


def no_host(server: Sshd) -> None:
    server.forget()


def refused_key(server: Sshd) -> None:
    server.make_key("client")


def key_with_passphrase(server: Sshd) -> None:
    server.make_key("client", "none that anybody types")
    server.allow()


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (another_host, ("the host shows another key than the one you know: SHA256:", "in between")),
        (no_host, ("nobody here knows the key of the host", "known_hosts")),
        (refused_key, ("the host does not take your key: ", "IdentityFile")),
        (key_with_passphrase, ("the host does not take your key: ", "ssh-agent")),
    ],
)
def test_what_ssh_refuses_is_told_with_what_to_do_and_nothing_is_asked(
    server: Sshd, there: str, home: Path, trouble: Callable[[Sshd], None], told: tuple[str, str]
) -> None:
    what, hint = told
    trouble(server)
    ran = invoke("ledger", "sync", there)
    assert (ran.code, ran.out) == (3, "")
    error, advice = ran.err.strip().splitlines()
    assert error.startswith(f"error: cannot fetch from {there}: {what}")
    assert advice.startswith("hint: ")
    assert hint in advice
    assert not (home / "ledger" / "chains").exists()


@pytest.mark.usefixtures("home")
def test_a_host_without_the_repository_or_without_a_server_is_told(there: str) -> None:
    ran = invoke("ledger", "sync", f"{there}.not")
    assert ran.code == 3
    assert "does not appear to be a git repository" in ran.err
    assert "git init --bare" in ran.err
    nobody = invoke("ledger", "sync", "ssh://127.0.0.1:9/there.git")
    assert nobody.code == 3
    assert "Connection refused" in nobody.err
