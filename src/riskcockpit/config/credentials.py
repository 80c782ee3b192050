"""Credentials by reference: resolved late, held in memory only, never printed.

A reference names exactly one of an environment variable, a program, a file or an entry of the
system's keyring. Every resolved value is remembered for `redact`, the last fence before a message
or a log line.
"""

from __future__ import annotations

import base64
import html
import importlib
import json
import os
import stat
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote, quote_plus

import msgspec

from riskcockpit.config.durations import parse_duration
from riskcockpit.config.programs import run_for_output
from riskcockpit.config.settings import CredentialRef
from riskcockpit.domain.clock import Clock, parse_utc
from riskcockpit.errors import ConfigError

MAX_BYTES = 65_536
"""No credential is longer."""
REDACTED = "***"
_SHORTEST_REDACTED = 4  # replacing shorter values would garble every message

_lock = threading.Lock()
_remembered: set[str] = set()
_running: dict[tuple[str, ...], threading.Lock] = {}
_printed: dict[tuple[str, ...], tuple[float, Credential]] = {}  # argv → (until, credential)


@dataclass(frozen=True, slots=True, repr=False)
class Credential:
    """A resolved secret. Its `repr` and `str` show the source, never the value."""

    value: str
    source: str
    """Where it came from, as `env MLFLOW_TOKEN`."""
    expires_at: datetime | None = None
    username: str = ""
    """Set for basic authentication; `value` is then the password."""
    renew: Callable[[], Credential] | None = field(default=None, compare=False)
    """Asks the source again, for the one retry after a 401; None when that cannot help."""

    def __repr__(self) -> str:
        return f"<credential from {self.source}>"


def resolve(
    ref: CredentialRef, clock: Clock | None = None, environ: Mapping[str, str] | None = None
) -> Credential:
    """Return the credential `ref` points to; a program runs at most once in its `ttl`.

    With a `clock`, an expiry that the program states shortens the `ttl`.

    Raises:
        ConfigError: the reference is not of exactly one kind, or what it names cannot be had.
    """
    kinds = [k for k in ("env", "exec", "file", "keyring") if getattr(ref, k) is not None]
    if len(kinds) != 1:
        raise ConfigError(
            f"a credential is given by {' and '.join(kinds) or 'nothing'}",
            hint="give exactly one of env, exec, file, keyring",
        )
    if ref.env is not None:
        found = _from_environment(ref.env, os.environ if environ is None else environ)
    elif ref.exec is not None:
        found = _from_program(ref, clock)
    elif ref.file is not None:
        found = _from_file(ref.file)
    else:
        found = _from_keyring(ref.keyring or "")
    remember(found.value)
    return replace(found, username=ref.username)


def remember(value: str) -> None:
    """Make `redact` take `value` out of every text from now on, however a server repeats it."""
    if len(value) >= _SHORTEST_REDACTED:
        with _lock:
            _remembered.update(_spellings(value))


def _spellings(value: str) -> set[str]:
    """Return `value` as it stands in a text, an address, a page of HTML, JSON, or in base64."""
    in_json = msgspec.json.encode(value).decode()[1:-1]
    encoded = base64.b64encode(value.encode()).decode().rstrip("=")
    spoken = {value, quote(value, safe=""), quote_plus(value), html.escape(value), encoded}
    plain = json.dumps(value)[1:-1]
    return spoken | {in_json, plain, in_json.replace("/", "\\/"), plain.replace("/", "\\/")}


def redact(text: str) -> str:
    """Return `text` without any of the credentials resolved so far in this process."""
    with _lock:
        values = sorted(_remembered, key=len, reverse=True)
    for value in values:
        text = text.replace(value, REDACTED)
    return text


def _from_environment(name: str, environ: Mapping[str, str]) -> Credential:
    value = environ.get(name, "")
    if not value:
        raise ConfigError(
            f"cannot resolve a credential: environment variable {name} is not set",
            hint=f"export {name} before starting riskcockpit",
        )
    return Credential(_one_line(value, f"env {name}"), f"env {name}")


def _from_file(name: str) -> Credential:
    path, content = read_private(name, MAX_BYTES + 1)
    return Credential(_one_line(_decode(content, f"file {path}"), f"file {path}"), f"file {path}")


def read_private(name: str, most: int) -> tuple[Path, bytes]:
    """Return the path and at most `most` bytes of a file that nobody else can read.

    Raises:
        ConfigError: it is not from / or ~, cannot be read, is no regular file, or open to others.
    """
    path = Path(name).expanduser()
    if not path.is_absolute():
        raise ConfigError(
            f'cannot resolve a credential: file "{name}" is not an absolute path',
            hint="write it from / or ~",
        )
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            _check_private(os.fstat(file.fileno()), path)
            return path, file.read(most)
    except OSError as error:
        raise ConfigError(
            f"cannot resolve a credential: cannot read {path}: {error.strerror}"
        ) from error


def _check_private(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"cannot resolve a credential: {path} is not a regular file")
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(
            f"cannot resolve a credential: {path} is open to others"
            f" (mode {stat.S_IMODE(status.st_mode):04o})",
            hint=f"chmod 600 {path}",
        )


def _from_keyring(entry: str) -> Credential:
    service, slash, user = entry.rpartition("/")
    if not slash or not service or not user:
        raise ConfigError(
            f'cannot resolve a credential: keyring "{entry}" is not SERVICE/USER',
        )
    try:
        keyring = importlib.import_module("keyring")
    except ImportError as error:
        raise ConfigError(
            f'cannot resolve a credential: keyring "{entry}" needs the Python package keyring',
            hint="install keyring beside riskcockpit, or use env, exec or file",
        ) from error
    try:
        value = keyring.get_password(service, user)
    except Exception as error:  # noqa: BLE001 - backends raise what they like; none may leak
        raise ConfigError(
            f'cannot resolve a credential: no usable keyring for "{entry}"',
            hint="a computer without a desktop session has none; use env, exec or file",
            detail=type(error).__name__,
        ) from None
    if not value:
        raise ConfigError(f'cannot resolve a credential: the keyring has no entry "{entry}"')
    return Credential(_one_line(str(value), f"keyring {entry}"), f"keyring {entry}")


class _ExecStatus(msgspec.Struct, frozen=True):
    token: str = ""
    expirationTimestamp: str = ""  # noqa: N815 - the name in client.authentication.k8s.io/v1


class _ExecCredential(msgspec.Struct, frozen=True):
    """What a program may print instead of a bare line: the kubectl shape."""

    status: _ExecStatus = _ExecStatus()


class ProcessKeys(msgspec.Struct, frozen=True, omit_defaults=True):
    """The keys in what a `credential_process` of AWS prints; the credential's value is its JSON."""

    AccessKeyId: str = ""
    SecretAccessKey: str = ""
    SessionToken: str = ""


class _ProcessCredential(ProcessKeys, frozen=True):
    Expiration: str = ""


def _from_program(ref: CredentialRef, clock: Clock | None) -> Credential:
    argv = ref.exec or ()
    with _lock:
        running = _running.setdefault(argv, threading.Lock())
    with running:  # sources that share a program wait for the one run of it
        return _kept_or_new(ref, argv, clock)


def _kept_or_new(ref: CredentialRef, argv: tuple[str, ...], clock: Clock | None) -> Credential:
    with _lock:
        until, kept = _printed.get(argv, (0.0, None))
    if kept is not None and time.monotonic() < until:
        return kept
    found = _run(argv)
    seconds = _ttl_seconds(ref)
    if clock is not None and found.expires_at is not None:
        seconds = min(seconds, (found.expires_at - clock.now()).total_seconds())
    found = replace(found, renew=partial(_run_again, ref, clock))
    with _lock:
        _printed[argv] = (time.monotonic() + seconds, found)
    return found


def _run_again(ref: CredentialRef, clock: Clock | None) -> Credential:
    with _lock:
        _printed.pop(ref.exec or (), None)
    return replace(resolve(ref, clock), renew=None)


def _ttl_seconds(ref: CredentialRef) -> float:
    try:
        return parse_duration(ref.ttl).total_seconds()
    except ValueError as error:
        raise ConfigError(f"cannot resolve a credential: ttl: {error}", hint="as 15m") from error


def _run(argv: tuple[str, ...]) -> Credential:
    source = f"exec {Path(argv[0]).name}" if argv else "exec"
    text = _decode(run_for_output(argv, max_bytes=MAX_BYTES), source)
    if not text.lstrip().startswith("{"):
        return Credential(_one_line(text, source), source)
    try:
        keys = msgspec.json.decode(text, type=_ProcessCredential)
        answer = msgspec.json.decode(text, type=_ExecCredential).status
        token, end = answer.token, answer.expirationTimestamp
        if keys.AccessKeyId:
            remember(keys.SecretAccessKey)
            remember(keys.SessionToken)
            own = ProcessKeys(keys.AccessKeyId, keys.SecretAccessKey, keys.SessionToken)
            token, end = msgspec.json.encode(own).decode(), keys.Expiration
        expires_at = parse_utc(end) if end else None
    except (msgspec.DecodeError, ValueError):
        raise ConfigError(
            f"cannot resolve a credential: {source} printed JSON that is no ExecCredential",
            hint="print one bare line, or an object with status.token",
        ) from None
    return Credential(_one_line(token, source), source, expires_at)


def _decode(content: bytes, source: str) -> str:
    if len(content) > MAX_BYTES:
        raise ConfigError(f"cannot resolve a credential: {source} is longer than {MAX_BYTES} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"cannot resolve a credential: {source} is not UTF-8") from None


def _one_line(text: str, source: str) -> str:
    """Return the one line of `text`; a credential with a line break would split a header."""
    line = text.removesuffix("\n").removesuffix("\r")
    if not line.strip():
        raise ConfigError(f"cannot resolve a credential: {source} is empty")
    if not line.isprintable():
        raise ConfigError(
            f"cannot resolve a credential: {source} is more than one line of printable text"
        )
    return line
