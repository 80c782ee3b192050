"""Reports of secret scanners: the secret becomes a keyed digest, the committer is left out.

Applies to SARIF and Trivy alike. What a scanner calls a secret is taken out of the whole record,
wherever it is repeated, and names of people and their commits are not kept (facts/findings.md 3.4).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from riskcockpit.errors import SkipRecordError
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.documents import Json, check_depth, decode_json, without_members
from riskcockpit.formats.members import Members
from riskcockpit.formats.suspicion import redacted_value

SCANNERS = (
    "gitleaks", "trufflehog", "detect-secrets", "noseyparker", "nosey parker", "titus", "ggshield",
    "gitguardian", "betterleaks", "whispers", "kingfisher", "secretlint", "talisman", "git-secrets",
)  # fmt: skip
"""Tools that report nothing but secrets, by the beginning of their names."""
SECRET_FIELDS = frozenset(
    {"secret", "match", "offender", "raw", "rawv2", "hashed_secret", "redacted", "matchedstring"}
    | {"raw_source_code_extract"}  # GitLab's
)
"""Members that hold the secret or text with it in it; lower case."""
CODE_FIELDS = frozenset({"snippet", "contextregion", "code"})
"""Members that quote the code around it; lower case."""
PERSONAL_FIELDS = frozenset(
    {
        "author", "email", "username", "authoremail", "commitmessage", "committer",
        "committeremail",
    }
)  # fmt: skip
_DROPPED = SECRET_FIELDS | CODE_FIELDS | PERSONAL_FIELDS
MIN_REPEAT = 6
"""Shortest secret that is searched for in the rest of its record."""
_REMOVED = "<redacted>"
_MASKS = ("***", "REDACTED", "<redacted", "<removed>")


@dataclass(frozen=True, slots=True)
class FoundSecret:
    """A record without its secret."""

    record: bytes
    digest: str
    """Keyed hash of the secret; empty when none is kept or the report does not hold it."""


class SecretRecord(NamedTuple):
    """A record of a secret scanner, without the secret."""

    record: Members
    digest: str
    """Keyed hash of the secret; empty when none is kept."""


def is_secret_scanner(tool: str) -> bool:
    """Whether all findings of `tool` are secrets."""
    return tool.lower().startswith(SCANNERS)


def is_secret_rule(tags: Iterable[str]) -> bool:
    """Whether the tags of a rule say that its findings are secrets."""
    return any(tag.lower() in ("secret", "secrets") for tag in tags)


def without_secret(raw: bytes, options: ReadOptions) -> FoundSecret:
    """Return the JSON record `raw` without the secret that it reports.

    Raises:
        SkipRecordError: `raw` is not JSON.
    """
    value = decode_json(raw)
    found = {text.strip() for text in _secrets(value)}
    secrets = sorted((text for text in found if _is_clear(text)), key=len, reverse=True)
    best = secrets[-1] if secrets else ""
    marks = {
        secret: f"<redacted:{options.secret_digest(secret)[:12]}>"
        if options.secret_digest(secret)
        else _REMOVED
        for secret in secrets
        if len(secret) >= MIN_REPEAT
    }

    def redact(text: str) -> str:
        for secret, mark in marks.items():
            text = text.replace(secret, mark)
        return options.redact(text)

    kept = redacted_value(without_members(value, _DROPPED), redact)
    return FoundSecret(msgspec.json.encode(kept), options.secret_digest(best) if best else "")


def _is_clear(text: str) -> bool:
    """Whether `text` still has the secret in it; many scanners mask it themselves."""
    return bool(text) and not any(mark in text for mark in _MASKS)


def _secrets(value: Json, *, is_inside: bool = False) -> Iterator[str]:
    """Yield the texts that hold the secret."""
    if isinstance(value, str):
        if is_inside:
            yield value
    elif isinstance(value, list):
        for item in value:
            yield from _secrets(item, is_inside=is_inside)
    elif isinstance(value, dict):
        for key, item in value.items():
            inside = is_inside or key.lower() in SECRET_FIELDS or key.lower() == "snippet"
            yield from _secrets(item, is_inside=inside)


def secret_record_of(
    raw: bytes, options: ReadOptions, *, secret: Collection[str] = (), drop: Collection[str] = ()
) -> SecretRecord:
    """Return the JSON object `raw`, a record of a found secret, without that secret.

    `secret` are members at its top that hold it besides those every scanner calls so, `drop` those
    that quote the code around it or say who wrote it.

    Raises:
        SkipRecordError: it is no object, or nested too deeply.
    """
    check_depth(raw, options.max_depth)
    value = decode_json(raw)
    if not isinstance(value, dict):
        raise SkipRecordError("not an object")
    kept = {key: item for key, item in value.items() if key not in secret and key not in drop}
    hidden = [value[key] for key in secret if value.get(key)]
    found = without_secret(
        msgspec.json.encode(kept | {"match": hidden} if hidden else kept), options
    )
    return SecretRecord(Members(decode_json(found.record), found.record), found.digest)
