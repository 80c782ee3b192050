"""A real sshd on loopback, and an `ssh` that knows it and nothing of whoever runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.processes import free_port, running
from support.servers import TOOLS, need

_SERVER = """
ListenAddress 127.0.0.1:{port}
HostKey {place}/host
PidFile none
AuthorizedKeysFile {place}/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
"""
_CLIENT = """
Host *
  IdentityFile {place}/client
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile {place}/known_hosts
  GlobalKnownHostsFile /dev/null
"""


def _executable() -> Path | None:
    unpacked = TOOLS / "openssh-server" / "usr" / "sbin" / "sshd"
    found = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin") or str(unpacked)
    return Path(found) if os.access(found, os.X_OK) else None


@dataclass(frozen=True)
class Sshd:
    """A running server; what the client knows and shows are files, to be changed by the tests."""

    place: Path
    port: int

    def address(self, path: Path) -> str:
        """Return the address of a repository behind the server."""
        return f"ssh://127.0.0.1:{self.port}{path}"

    def know(self, host_key: str = "host") -> None:
        """Let the client know this key for the server."""
        kind, blob = (self.place / f"{host_key}.pub").read_text().split()[:2]
        known = f"[127.0.0.1]:{self.port} {kind} {blob}\n"
        (self.place / "known_hosts").write_text(known)

    def forget(self) -> None:
        """Let the client know no server."""
        (self.place / "known_hosts").write_text("")

    def allow(self, key: str = "client") -> None:
        """Let the server take this key alone."""
        shutil.copyfile(self.place / f"{key}.pub", self.place / "authorized_keys")

    def make_key(self, name: str, passphrase: str = "") -> None:
        """Make a key in place of an earlier one of this name."""
        for path in self.place.glob(f"{name}*"):
            path.unlink()
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(self.place / name)]
        subprocess.run(argv, check=True)


@contextmanager
def running_sshd(place: Path, patch: pytest.MonkeyPatch) -> Iterator[Sshd]:
    """Run sshd until the block ends; `ssh` on the PATH is one that talks to nobody else's files."""
    hint = "run scripts/get-test-servers, or install the Debian package openssh-server"
    executable = need(_executable(), "sshd", hint)
    server = Sshd(place, free_port())
    for name in ("host", "client"):
        server.make_key(name)
    server.know()
    server.allow()
    (place / "sshd_config").write_text(_SERVER.format(port=server.port, place=place))
    (place / "ssh_config").write_text(_CLIENT.format(place=place))
    argv = [str(executable), "-D", "-e", "-f", str(place / "sshd_config")]
    checked = subprocess.run([*argv, "-t"], capture_output=True, text=True, check=False)
    if checked.returncode != 0:
        need(None, "sshd that starts", f"{checked.stderr.strip()} ({hint})")
    wrapper = place / "bin" / "ssh"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {place}/ssh_config "$@"\n')
    wrapper.chmod(0o755)
    patch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
    for name in ("GIT_SSH", "GIT_SSH_COMMAND"):
        patch.delenv(name, raising=False)
    with running(argv, f"tcp://127.0.0.1:{server.port}", place):
        yield server
