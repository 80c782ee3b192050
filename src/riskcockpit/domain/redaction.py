"""Takes clear secrets out of foreign text before anything is kept.

A secret becomes `<redacted:` and 12 hex digits of a keyed hash: the same secret gives the same
mark in one cockpit, and nobody without the key can try guesses against it. Two steps, because
nearly all text is clean: `may_hold_secret` rules a record out with one search, `Redactor` looks
closely.
"""

from __future__ import annotations

import hmac
import math
import re
from collections import Counter
from dataclasses import dataclass

MARK_LENGTH = 12
"""Hex digits of the keyed hash in a mark."""
DIGEST_LENGTH = 32
"""Hex digits of the keyed hash that tells one found secret from another."""
MIN_ENTROPY = 3.2
"""Bits per character from which an unquoted assigned value counts as random."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """One kind of secret: where to look closely, and what to take out there."""

    hints: tuple[str, ...]
    """Lower-case substrings of which one is in every text with such a secret."""
    pattern: re.Pattern[str]
    """Its group `secret` is taken out."""
    needs_entropy: bool = False
    """Only a value that looks random is taken out."""


_NAME = (
    r"(?:pass(?:word|wd|phrase)|passwort|pwd|secret|token|api[_-]?key|apikey|access[_-]?key"
    r"|private[_-]?key|account[_-]?key|client[_-]?secret|auth[_-]?key|credentials?)"
)
_ASSIGN = rf"{_NAME}[A-Za-z0-9_\-]{{0,40}}\\?[\"']?\s{{0,4}}(?::=|=>|[:=])\s{{0,4}}"
_NAME_HINTS = ("passw", "passphrase", "pwd", "secret", "token", "key", "credential")
_MARK = r"(?!<redacted:|<removed>)"

_RULES = (
    _Rule(
        ("-----begin",),
        re.compile(
            r"(?P<secret>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?"
            r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z))",
            re.DOTALL,
        ),
    ),
    _Rule(
        ("akia", "asia"),
        re.compile(r"\b(?P<secret>(?:AKIA|ASIA)[A-Z2-7]{16})\b"),
    ),
    _Rule(
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-"),
        re.compile(
            r"(?P<secret>\bgh[pousr]_[A-Za-z0-9]{30,255}|\bgithub_pat_[A-Za-z0-9_]{20,255}"
            r"|\bglpat-[A-Za-z0-9_\-]{16,255})"
        ),
    ),
    _Rule(
        ("xox", "xapp-", "hooks.slack.com"),
        re.compile(
            r"(?P<secret>\bxox[abeoprs]-[A-Za-z0-9\-]{10,255}|\bxapp-[A-Za-z0-9\-]{10,255}"
            r"|(?<=hooks\.slack\.com/services/)[A-Za-z0-9/]{20,255})"
        ),
    ),
    _Rule(("sk",), re.compile(r"\b(?P<secret>SK[0-9a-fA-F]{32})\b")),  # Twilio
    _Rule(("aiza",), re.compile(r"\b(?P<secret>AIza[A-Za-z0-9_\-]{35})")),
    _Rule(("ya29.",), re.compile(r"\b(?P<secret>ya29\.[A-Za-z0-9_\-]{20,})")),
    _Rule(
        ("eyj",),
        re.compile(
            r"\b(?P<secret>eyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*)?)"
        ),
    ),
    _Rule(
        ("hvs.", "hvb.", "hvr.", "dapi", "dckr_", "glsa_", "atatt3", "atctt3", ".atlasv1.", "q~"),
        re.compile(
            r"\b(?P<secret>hv[sbr]\.[A-Za-z0-9_\-]{20,300}|dapi[a-f0-9]{32}"
            r"|dckr_[po]at_[A-Za-z0-9_\-]{20,}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"
            r"|AT[AC]TT3[A-Za-z0-9_\-=]{60,}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-=]{60,70}"
            r"|[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.\-]{31,34})"
        ),
    ),
    _Rule(
        ("k_live", "k_test", "npm_", "pypi-", "hf_", "dop_v1_", "shpat_", "sk-", "sg."),
        re.compile(
            r"\b(?P<secret>[rs]k_(?:live|test)_[A-Za-z0-9]{16,255}|npm_[A-Za-z0-9]{36}"
            r"|pypi-[A-Za-z0-9_\-]{50,}|hf_[A-Za-z0-9]{30,}|dop_v1_[a-f0-9]{64}"
            r"|shpat_[a-f0-9]{32}|sk-(?:ant-|proj-)?[A-Za-z0-9_\-]{32,}"
            r"|SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{32,})"
        ),
    ),
    _Rule(
        ("@",),
        re.compile(rf"://[^\s:/@\"'<>]{{0,128}}:{_MARK}(?P<secret>[^\s/@\"'<>]{{3,256}})@"),
    ),
    _Rule(
        _NAME_HINTS,
        re.compile(
            rf"{_ASSIGN}(?P<quote>\\?[\"']){_MARK}(?P<secret>[^\"'\\\n]{{6,512}})(?P=quote)",
            re.IGNORECASE,
        ),
    ),
    _Rule(
        ("passw", "pwd"),
        re.compile(
            r"(?:pass(?:word|wd)|pwd)\s{0,4}="
            rf"\s{{0,4}}{_MARK}(?P<secret>[^\s\"',;&|(){{}}\[\]<>$]{{4,256}})(?![\w(\[.])",
            re.IGNORECASE,
        ),
    ),
    _Rule(
        _NAME_HINTS,
        re.compile(
            rf"{_ASSIGN}{_MARK}(?P<secret>[A-Za-z0-9+/_\-]{{16,512}}={{0,2}})", re.IGNORECASE
        ),
        needs_entropy=True,
    ),
    _Rule(
        ("bearer ", "basic "),
        re.compile(r"\b(?:bearer|basic)\s+(?P<secret>[A-Za-z0-9+/._\-]{16,}={0,2})", re.IGNORECASE),
        needs_entropy=True,
    ),
)
_HINTS = tuple(dict.fromkeys(hint for rule in _RULES for hint in rule.hints))

_PREFIXED = (
    r"-----BEGIN |AKIA[A-Z2-7]{4}|ASIA[A-Z2-7]{4}|gh[pousr]_[A-Za-z0-9]{4}|github_pat_|glpat-"
    r"|xox[abeoprs]-|xapp-|hooks\.slack\.com|AIza|ya29\.|eyJ[A-Za-z0-9_\-]{8}"
    r"|[rs]k_(?:live|test)_|npm_[A-Za-z0-9]{4}|pypi-|hf_[A-Za-z0-9]{4}|dop_v1_|shpat_"
    r"|sk-[A-Za-z0-9\-]{8}|SG\.[A-Za-z0-9_\-]{4}|hv[sbr]\.[A-Za-z0-9]|dapi[a-f0-9]{4}"
    r"|SK[0-9a-fA-F]{8}|dckr_[po]at_|glsa_[A-Za-z0-9]{4}|AT[AC]TT3|\.atlasv1\.|[0-9]Q~"
)
_PREFIX_MARKS = (
    b"-----BEGIN ", b"AKIA", b"ASIA", b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_",
    b"glpat-", b"xox", b"xapp-", b"hooks.slack.com", b"AIza", b"ya29.", b"eyJ", b"k_live_",
    b"k_test_", b"npm_", b"pypi-", b"hf_", b"dop_v1_", b"shpat_", b"sk-", b"SG.",
    b"hvs.", b"hvb.", b"hvr.", b"dapi", b"dckr_", b"glsa_", b"TT3", b".atlasv1.", b"Q~", b"SK",
)  # fmt: skip
"""One of these is in whatever `_PREFIXED` matches."""
_LOGIN = r"://[^\s:/@\"'<>]{0,128}:[^\s/@\"'<>]{3,64}"
_NAMED = rf"(?i:{_NAME})[A-Za-z0-9_\-]{{0,40}}(?:\\{{0,3}}[\"'])?(?:\s|\\[nrt]){{0,4}}[:=]"
_AUTHORIZATION = r"(?i:bearer|basic)(?:\s|\\[nrt])+[A-Za-z0-9+/._\-]{16}"
_SPELT = r":(?:\\/){2}|\\u00(?:2[0-57-9A-Fa-f]|3[0-9AaBbDdFf]|[4-7][0-9A-Fa-f])"
SUSPECT = "|".join((_PREFIXED, _LOGIN, _NAMED, _AUTHORIZATION, _SPELT))
"""Matches every JSON record in which `Redactor` could find something.

Free of look-around, so that RE2 takes it too (`formats.suspicion`). Some writers of JSON spell
`/` as `\\/` and plain characters as `\\u003d`: such a record is looked at once it is decoded. Left
out are `<`, `>` and `&`, which many escape in all they write and which no secret needs.
"""
_PREFIXED_PATTERN, _LOGIN_PATTERN, _NAMED_PATTERN, _AUTHORIZATION_PATTERN, _SPELT_PATTERN = (
    re.compile(part.encode()) for part in (_PREFIXED, _LOGIN, _NAMED, _AUTHORIZATION, _SPELT)
)
_NAME_MARKS = tuple(hint.encode() for hint in _NAME_HINTS)
_BEFORE_MARK = 8
"""Longest part of a name before its mark: that of `private_key`."""
_AFTER_MARK = 64
"""More than `_NAMED` can match behind a mark."""
_NAME_ONLY = re.compile(rf"{_NAME}$", re.IGNORECASE)


class Redactor:
    """Replaces secrets in text by marks; one key, so one secret has one mark everywhere."""

    def __init__(self, key: bytes) -> None:
        if not key:
            message = "a redactor needs a key"
            raise ValueError(message)
        self._key = key

    def __call__(self, text: str) -> str:
        """Return `text` with every known kind of secret replaced; the same text when clean."""
        lower = text.lower()
        for hint in _HINTS:
            if hint in lower:
                return self._redacted(text, lower)
        return text

    def digest(self, secret: str) -> str:
        """Return the keyed hash of `secret`, 32 hex digits; empty for blank text."""
        secret = secret.strip()
        if not secret:
            return ""
        data = secret.encode("utf-8", "surrogatepass")
        return hmac.new(self._key, data, "sha256").hexdigest()[:DIGEST_LENGTH]

    def _redacted(self, text: str, lower: str) -> str:
        for rule in _RULES:
            if any(hint in lower for hint in rule.hints):
                mark = self._mark_if_random if rule.needs_entropy else self._mark
                text = rule.pattern.sub(mark, text)
        return text

    def _mark(self, match: re.Match[str]) -> str:
        return _replaced(match, f"<redacted:{self.digest(match['secret'])[:MARK_LENGTH]}>")

    def _mark_if_random(self, match: re.Match[str]) -> str:
        return self._mark(match) if looks_random(match["secret"]) else match.group()


def without_secrets(text: str) -> str:
    """Return `text` with every known kind of secret as `***`: for what is told and not kept."""
    lower = text.lower()
    for rule in _RULES:
        if any(hint in lower for hint in rule.hints):
            text = rule.pattern.sub(_starred_if_random if rule.needs_entropy else _starred, text)
    return text


def _starred(match: re.Match[str]) -> str:
    return _replaced(match, "***")


def _starred_if_random(match: re.Match[str]) -> str:
    return _starred(match) if looks_random(match["secret"]) else match.group()


def _replaced(match: re.Match[str], mark: str) -> str:
    whole, start = match.group(), match.start()
    return whole[: match.start("secret") - start] + mark + whole[match.end("secret") - start :]


def looks_random(text: str) -> bool:
    """Whether `text` has letters and digits mixed, and the entropy of a key or token."""
    if not any(sign.isdigit() for sign in text) or not any(sign.isalpha() for sign in text):
        return False
    counts = Counter(text).values()
    entropy = -sum(count / len(text) * math.log2(count / len(text)) for count in counts)
    return entropy >= MIN_ENTROPY


def may_hold_secret(record: bytes) -> bool:
    """Whether `record`, a JSON text, may hold a secret and so must be looked at closely.

    The same as a search for `SUSPECT`, in a third of the time: each part of it is searched for only
    where the fixed text is without which it cannot match.
    """
    if any(mark in record for mark in _PREFIX_MARKS) and _PREFIXED_PATTERN.search(record):
        return True
    if b"://" in record and _LOGIN_PATTERN.search(record):
        return True
    if (b"\\u00" in record or b":\\/" in record) and _SPELT_PATTERN.search(record):
        return True
    lower = record.lower()
    if any(_is_named(lower, mark) for mark in _NAME_MARKS):
        return True
    return (b"bearer" in lower or b"basic" in lower) and bool(_AUTHORIZATION_PATTERN.search(record))


def _is_named(lower: bytes, mark: bytes) -> bool:
    """Whether a value is assigned to a name with `mark` in it."""
    start = lower.find(mark)
    while start >= 0:
        end = start + len(mark)
        if _NAMED_PATTERN.search(lower, max(0, start - _BEFORE_MARK), end + _AFTER_MARK):
            return True
        start = lower.find(mark, end)
    return False


def is_secret_name(name: str) -> bool:
    """Whether a field called `name` holds a secret, as `password` or `clientSecret`."""
    return _NAME_ONLY.search(name) is not None
