"""What git and ssh say when a remote is of no use, in one line, and what can be done about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from riskcockpit.config.programs import Ended
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import AuthenticationError, RiskcockpitError, SourceError, UnavailableError

_MAX_CHARS = 300
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_NOISE = re.compile(
    r"(?:fatal: )?Could not read from remote repository\.|Please make sure|and the repo"
)


@dataclass(frozen=True, slots=True)
class _Known:
    """A failure with a name: how it is told, and what to do."""

    said: re.Pattern[str]
    kind: type[RiskcockpitError]
    what: str
    """With `{line}`, the line that was recognised, and `{key}`, the fingerprint that is told."""
    hint: str


def _known(said: str, kind: type[RiskcockpitError], what: str, hint: str) -> _Known:
    return _Known(re.compile(said), kind, what, hint)


_FAILURES = (
    _known(
        r"REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed",
        AuthenticationError,
        "the host shows another key than the one you know: {key}",
        "somebody may sit in between: ask who runs the host for the fingerprint of its key before "
        "you put the new one into known_hosts",
    ),
    _known(
        r"Host key verification failed",
        AuthenticationError,
        "nobody here knows the key of the host",
        "log in once by hand with `ssh`, compare the fingerprint it shows with that of who runs "
        "the host, or put the key into known_hosts: here nothing is asked",
    ),
    _known(
        r"Permission denied \(",
        AuthenticationError,
        "the host does not take your key: {line}",
        "load the key into ssh-agent, for here no passphrase is asked; or name it by IdentityFile "
        "for this host in ~/.ssh/config",
    ),
    _known(
        r"could not read (?:Username|Password)|Authentication failed",
        AuthenticationError,
        "{line}",
        "give git a credential helper: here nothing is asked",
    ),
    _known(
        r"does not appear to be a git repository|repository .* not found",
        SourceError,
        "{line}",
        "is the path right? A new one is made there by `git init --bare PATH`",
    ),
    _known(
        r"detected dubious ownership",
        SourceError,
        "{line}",
        "let its owner be who reads it, or name it as safe.directory in the settings of git there",
    ),
    _known(
        r"Could not resolve hostname|Could not resolve host:|Connection refused|No route to host"
        r"|timed out|Connection reset|Network is unreachable",
        UnavailableError,
        "{line}",
        "nothing was lost: what is signed goes with the next `riskcockpit ledger sync`",
    ),
)


def failure(verb: str, url: str, ended: Ended) -> RiskcockpitError:
    """Return the error for a `git fetch` or `git push` that failed at the other side."""
    lines = [
        clean_line(line.removeprefix("fatal: "))
        for line in ended.errors.decode("utf-8", "replace").splitlines()
        if line.strip() and not _NOISE.match(line)
    ]
    for known in _FAILURES:
        for line in lines:
            if known.said.search(line):
                key = _FINGERPRINT.search(" ".join(lines))
                shown = {"line": line[:_MAX_CHARS], "key": key[0] if key else "no fingerprint told"}
                what = f"cannot {verb} {url}: {known.what.format_map(shown)}"
                return known.kind(what, hint=known.hint)
    return UnavailableError(
        f"cannot {verb} {url}: {reason(ended)}", hint="try `git ls-remote` by hand"
    )


def reason(ended: Ended) -> str:
    """Return what a program said at its end as one line of at most 300 characters."""
    text = ended.errors.decode("utf-8", "replace").strip() or f"it ended with {ended.status}"
    return clean_line(" ".join(text.split()))[:_MAX_CHARS]
