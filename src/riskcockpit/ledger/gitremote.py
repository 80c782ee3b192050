"""git as a transport for ledger files: fetch what is there, add to it, push, never rewrite.

A bare repository of our own stands between the ledger and the remote. Nothing of git is trusted:
what comes is looked at byte by byte before it goes anywhere, hooks and remote helpers do not run,
and a push that is no fast-forward is refused by git on the other side and tried anew on this.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from riskcockpit.config.paths import make_private
from riskcockpit.config.programs import Ended, NotEndedError, NotStartedError, run
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import InputError, LedgerError, UnavailableError
from riskcockpit.ledger.gitanswers import failure, reason

MAX_BYTES = 1024 * 1024 * 1024
TIMEOUT_SECONDS = 120.0
_THERE = "refs/remotes/there/ledger"
_NEXT = "refs/heads/next"
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_PATH = re.compile(r"[A-Za-z0-9._+@/-]+")
_KEPT = ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_SSL_CAINFO", "GIT_PROXY_COMMAND")
_BUSY = ("cannot lock ref", "failed to update ref", "fetch first", "non-fast-forward")


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of a commit."""

    id: str
    size: int

    def is_of(self, content: bytes) -> bool:
        """Whether it has this content."""
        return self.size == len(content) and self.id == blob_id(content)


class GitRemote:
    """One branch of one git repository elsewhere, through a bare repository here."""

    def __init__(self, directory: Path, url: str, branch: str) -> None:
        """Check the names; nothing is run yet.

        Raises:
            InputError: the address could run a program, or the branch is none.
        """
        if not url or url.startswith("-") or "::" in url or clean_line(url) != url:
            raise InputError(
                f"{clean_line(url)!r} is no git remote",
                hint="a path, ssh://host/path, user@host:path or https://host/path",
            )
        if not _BRANCH.fullmatch(branch) or ".." in branch or branch.endswith((".lock", "/")):
            raise InputError(f"{clean_line(branch)!r} is no name of a branch", hint="as main")
        self.directory = directory
        self.url = url
        self.branch = branch

    def fetch(self) -> bool:
        """Get the branch as it is now; False when there is none yet.

        Raises:
            UnavailableError: the remote does not answer. AuthenticationError: it refuses who we
                are, or is not who it was. SourceError: there is no repository.
        """
        if not (self.directory / "HEAD").exists():
            make_private(self.directory.parent)
            self._must("init", "--quiet", "--bare", str(self.directory), is_here=False)
        wanted = f"+refs/heads/{self.branch}:{_THERE}"
        ended = self._git(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", self.url, wanted
        )
        if ended.status == 0:
            return True
        if b"couldn't find remote ref" in ended.errors:
            self._git("update-ref", "-d", _THERE)
            return False
        raise failure("fetch from", self.url, ended)

    def files(self) -> dict[str, Blob]:
        """Return path → blob of the regular files that were fetched last."""
        listed = self._must("ls-tree", "-r", "-z", "-l", "--full-tree", _THERE)
        found = {}
        for line in filter(None, listed.output.split(b"\0")):
            head, _, path = line.partition(b"\t")
            mode, kind, id_, size = head.split()
            if kind == b"blob" and mode == b"100644":
                name = path.decode("utf-8", "replace")
                found[name] = Blob(id_.decode("ascii"), int(size))
        return found

    def read(self, blobs: Mapping[str, Blob]) -> dict[str, bytes]:
        """Return path → content of these files.

        Raises:
            LedgerError: they are larger than anybody's ledger.
        """
        if sum(blob.size for blob in blobs.values()) > MAX_BYTES:
            raise LedgerError(f"the ledger at {self.url} is larger than {MAX_BYTES} bytes")
        if not blobs:
            return {}
        asked = "".join(f"{blob.id}\n" for blob in blobs.values()).encode("ascii")
        output = self._must("cat-file", "--batch", given=asked).output
        return dict(zip(blobs, _contents(output), strict=True))

    def commit(self, files: Mapping[str, bytes], message: str, who: str, *, on: bool) -> None:
        """Put files on top of what was fetched (`on`), or into a first commit.

        Raises:
            LedgerError: git does not take them.
        """
        parts = [f"commit {_NEXT}\ncommitter {who} <{who}> now\n".encode(), _data(message.encode())]
        if on:
            parts.append(f"from {_THERE}^0\n".encode())
        for path, content in files.items():
            if not _PATH.fullmatch(path):
                raise LedgerError(f"{clean_line(path)!r} is no file of a ledger")
            parts += [f"M 100644 inline {path}\n".encode(), _data(content)]
        if not on:
            self._git("update-ref", "-d", _NEXT)
        options = ("--quiet", "--force", "--date-format=now")
        self._must("fast-import", *options, given=b"".join(parts))

    def push(self) -> bool:
        """Send the last commit; False when somebody else was quicker.

        Raises:
            UnavailableError, AuthenticationError, SourceError: as with `fetch`.
            LedgerError: it refuses this push.
        """
        target = f"{_NEXT}:refs/heads/{self.branch}"
        ended = self._git("push", "--porcelain", "--no-verify", self.url, target)
        if ended.status == 0:
            return True
        told = (ended.output + ended.errors).decode("utf-8", "replace")
        if any(word in told for word in _BUSY):
            return False
        if "[remote rejected]" in told:
            raise LedgerError(f"{self.url} refuses the push: {reason(ended)}")
        raise failure("push to", self.url, ended)

    def _must(self, *arguments: str, given: bytes = b"", is_here: bool = True) -> Ended:
        ended = self._git(*arguments, given=given, is_here=is_here)
        if ended.status != 0 or len(ended.output) > MAX_BYTES:
            raise LedgerError(f"git {arguments[0]} failed: {reason(ended)}")
        return ended

    def _git(self, *arguments: str, given: bytes = b"", is_here: bool = True) -> Ended:
        place = (f"--git-dir={self.directory}",) if is_here else ()
        argv = ("git", "--no-pager", *place, "-c", "core.hooksPath=/dev/null", *_QUIET, *arguments)
        try:
            return run(
                argv,
                max_bytes=MAX_BYTES,
                timeout_seconds=TIMEOUT_SECONDS,
                env=_environment(),
                given=given,
            )
        except NotStartedError as error:
            raise LedgerError(f"cannot start git: {error}", hint="install git") from None
        except NotEndedError:
            raise UnavailableError(
                f"{self.url} did not answer within {TIMEOUT_SECONDS:g} s",
                hint="try `git ls-remote` by hand",
            ) from None


_QUIET = ("-c", "gc.auto=0", "-c", "core.fsync=none", "-c", "core.attributesFile=/dev/null")
"""Our repository holds nothing that is not in the ledger too: it need not survive a crash."""


def blob_id(content: bytes) -> str:
    """Return the name git gives to a content."""
    head = f"blob {len(content)}\0".encode("ascii")
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest()


def _environment() -> dict[str, str]:
    """Return ours without what would lead git elsewhere or let it ask for anything."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k in _KEPT}
    ssh = {} if "GIT_SSH" in kept or "GIT_SSH_COMMAND" in kept else {"GIT_SSH_COMMAND": _SSH}
    return {
        **kept,
        **ssh,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file:ssh:https",
        "SSH_ASKPASS_REQUIRE": "never",
        "LC_ALL": "C",
    }


_SSH = "ssh -o BatchMode=yes -o ConnectTimeout=15"
"""As git would start it, but it asks nothing and does not wait for a host that is silent."""


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _contents(output: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(output):
        end = output.index(b"\n", at)
        size = int(output[at:end].split()[-1])
        yield output[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
