"""`allowed_signers`: whose key may sign what, and when. Read by ourselves, stricter than OpenSSH.

Wildcards and certificate authorities are refused: with them any name would verify. Times need
their `Z`: without it OpenSSH takes the computer's local zone.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from riskcockpit.ledger.armor import fingerprint

FILE_NAME = "allowed_signers"
EXPIRED = "its key had expired"

_LINE = re.compile(
    r"(?P<principals>\S+)[ \t]+"
    r'(?:(?P<options>[A-Za-z](?:[^\s"]|"[^"]*")*)[ \t]+)??'
    r"(?P<type>(?:ssh|ecdsa|sk)-\S+)[ \t]+(?P<key>[A-Za-z0-9+/=]+)(?:[ \t].*)?"
)
_OPTION = re.compile(r'(?P<name>[A-Za-z-]+)(?:="(?P<value>[^"]*)")?(?:,|$)')
_PRINCIPAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+@-]*")
_NAMESPACE = re.compile(r"[A-Za-z0-9._@+-]+")
_BEFORE = re.compile(r'valid-before="[^"]*"', re.IGNORECASE)
_MOMENTS = {9: "%Y%m%dZ", 13: "%Y%m%d%H%MZ", 15: "%Y%m%d%H%M%SZ"}


class SignersError(ValueError):
    """A line of `allowed_signers` cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class AllowedKey:
    """One line: a key, whose it is, what for and from when to when."""

    principals: frozenset[str]
    key: bytes
    """In SSH wire format."""
    namespaces: frozenset[str] | None = None
    """None: any."""
    valid_after: datetime | None = None
    valid_before: datetime | None = None

    def refusal(self, namespace: str, at: datetime) -> str:
        """Say why the key may not sign in `namespace` at `at`; empty when it may."""
        if self.namespaces is not None and namespace not in self.namespaces:
            return f"its key may not sign in the namespace {namespace}"
        if self.valid_after is None and self.valid_before is None:
            return ""
        moment = at.replace(microsecond=0)
        if self.valid_after is not None and moment < self.valid_after:
            return "its key was not valid yet"
        if self.valid_before is not None and moment > self.valid_before:
            return EXPIRED
        return ""


@dataclass(frozen=True, slots=True)
class Hold:
    """One key in the hand of one principal: the lines that name both."""

    principal: str
    key: bytes
    lines: tuple[AllowedKey, ...]

    def refusal(self, namespace: str, at: datetime) -> str:
        """Say why the key may not sign for the principal at `at`; empty when it may."""
        if not self.lines:
            return f"its key {fingerprint(self.key)} is not a key of {self.principal!r}"
        refusals = [line.refusal(namespace, at) for line in self.lines]
        return "" if "" in refusals else refusals[0]


@dataclass(frozen=True, slots=True)
class AllowedSigners:
    """All usable lines of the file, and what is wrong with the others."""

    keys: tuple[AllowedKey, ...] = ()
    faults: tuple[str, ...] = ()
    """One sentence for each line that is not used, with its number."""

    def principals(self, key: bytes) -> frozenset[str]:
        """Return everybody whose key `key` is."""
        return frozenset(p for line in self.keys if line.key == key for p in line.principals)

    def refusal(self, principal: str, key: bytes, namespace: str, at: datetime) -> str:
        """Say why `key` may not sign for `principal` at `at`; empty when it may."""
        return self.hold(principal, key).refusal(namespace, at)

    def hold(self, principal: str, key: bytes) -> Hold:
        """Return what the file says of `key` as one of `principal`, to be asked often."""
        lines = (each for each in self.keys if each.key == key and principal in each.principals)
        return Hold(principal, key, tuple(lines))

    def may_ever(self, principal: str, key: bytes, namespace: str) -> bool:
        """Whether `key` is, or at some time was, good for `principal` in `namespace`."""
        return any(
            each.key == key
            and principal in each.principals
            and (each.namespaces is None or namespace in each.namespaces)
            for each in self.keys
        )


def parse_signers(text: str) -> AllowedSigners:
    """Read the whole file; a line that cannot be used is a fault, never a guess."""
    keys: list[AllowedKey] = []
    faults: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            keys.append(_parse_line(line.strip()))
        except SignersError as error:
            faults.append(f"line {number}: {error}")
    return AllowedSigners(tuple(keys), tuple(faults))


def stamp(at: datetime) -> str:
    """Write a moment as `allowed_signers` has it, in UTC and whole seconds."""
    return at.astimezone(UTC).strftime(_MOMENTS[15])


def with_end(text: str, key_fp: str, end: datetime) -> str:
    """Return the text with a `valid-before` at every line of a key that does not end earlier.

    Nothing else is changed, comments and spaces neither.
    """
    lines = []
    for line in text.splitlines(keepends=True):
        try:
            found = _parse_line(line.strip())
        except SignersError:
            lines.append(line)
            continue
        is_later = found.valid_before is None or found.valid_before > end
        lines.append(_ended(line, end) if is_later and fingerprint(found.key) == key_fp else line)
    return "".join(lines)


def _ended(line: str, end: datetime) -> str:
    option = f'valid-before="{stamp(end)}"'
    if _BEFORE.search(line):
        return _BEFORE.sub(option, line, count=1)
    match = _LINE.fullmatch(line.strip())
    if match is None:  # pragma: no cover - the caller parsed it
        return line
    principals, rest = line.strip().split(maxsplit=1)
    joint = "," if match["options"] else " "
    return f"{principals} {option}{joint}{rest}\n"


def read_public_key(text: str) -> bytes:
    """Return the key in wire format from the text of a `.pub` file.

    Raises:
        SignersError: it is not an OpenSSH public key.
    """
    parts = text.split()
    if len(parts) < len(("type", "key")):
        raise SignersError("not an OpenSSH public key")
    return _decode(parts[0], parts[1])


def _parse_line(line: str) -> AllowedKey:
    match = _LINE.fullmatch(line)
    if match is None:
        raise SignersError("not `principals [options] type key`")
    options = dict(_options(match["options"] or ""))
    namespaces = options.get("namespaces")
    return AllowedKey(
        frozenset(_names(match["principals"], _PRINCIPAL, "principal")),
        _decode(match["type"], match["key"]),
        None if namespaces is None else frozenset(_names(namespaces, _NAMESPACE, "namespace")),
        _moment(options.get("valid-after")),
        _moment(options.get("valid-before")),
    )


def _options(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    seen: set[str] = set()
    while at < len(text):
        match = _OPTION.match(text, at)
        if match is None:
            raise SignersError(f"an option that cannot be read: {text[at : at + 20]!r}")
        name = match["name"].lower()
        if name not in ("namespaces", "valid-after", "valid-before") or match["value"] is None:
            raise SignersError(f"the option {name!r} is not allowed here")
        if name in seen:
            raise SignersError(f"the option {name!r} is given twice")
        seen.add(name)
        yield name, match["value"]
        at = match.end()


def _names(text: str, pattern: re.Pattern[str], what: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if not pattern.fullmatch(name):
            raise SignersError(f"a {what} must be a plain name, without wildcards: {name[:40]!r}")
    return names


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, _MOMENTS[len(text)]).replace(tzinfo=UTC)
    except (KeyError, ValueError) as error:
        raise SignersError(f"write the time as 20270131Z, not {text[:20]!r}") from error


def _decode(type_: str, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignersError("its key is not base64") from error
    name = type_.encode("ascii", "replace")
    if not key.startswith(len(name).to_bytes(4, "big") + name):
        raise SignersError(f"its key is not of the type {type_[:40]!r}")
    return key
