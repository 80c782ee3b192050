"""Who is the same: the key `fp_v1` of every observation of one run. Pure.

A key is the digest of a tuple that depends on the class of the finding. Severity, prose, line,
tool version, image tag and time are never part of it. `docs/identity.md` explains the rules to
people who ask why a finding is new.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from riskcockpit.domain.finding import FindingClass, Location, Observation
from riskcockpit.ingest.fingerprints import NONE, Fingerprint, choose
from riskcockpit.ingest.vulnerabilities import canonical, normalised, package_key, without_tag

VERSION = "fp_v1"
"""The version of all keys made here; another version would be stored beside them."""

SECRET_CLAIM = "secret"  # noqa: S105 - the name of a claim, not a secret
"""Stands as the method of a fingerprint where the keyed hash of a found secret is one."""

_NOWHERE = Location("")
_METHOD = re.compile(r"(?P<method>[A-Z]{3,10}) +(?P<url>\S.*)")
_VARIABLE = re.compile(r"\d+|[0-9a-f]{8,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PARAMETER_CLAIMS = ("parameter", "param")


@dataclass(frozen=True, slots=True)
class Identities:
    """The keys of one run, column by column, in the order of its observations."""

    assets: tuple[str, ...]
    keys: tuple[str, ...]
    """Exact keys, no two alike."""
    fingerprints: tuple[Fingerprint, ...]
    """The trusted claim each key rests on; `NONE` where it rests on snippet, place or id."""
    other_keys: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Index → the keys it would have under the vulnerability's other ids, or its former rule."""
    distrusted: tuple[str, ...] = ()


Path = Callable[[str], str]


def identify(asset: str, observations: Sequence[Observation], path: Path = str) -> Identities:
    """Return the keys of all observations of one run over `asset`.

    `path` translates the path of a location first. The order of the observations does not
    matter: among results that nothing else tells apart, place decides who is first.
    """
    choice = choose(observations)
    claims = choice.values
    if any(seen.secret_digest for seen in observations):
        claims = tuple(
            (SECRET_CLAIM, seen.secret_digest) if seen.secret_digest else value
            for seen, value in zip(observations, claims, strict=True)
        )
    assets = tuple(without_tag(seen.asset) if seen.asset else asset for seen in observations)
    encode = _Encoder(path)
    others = {
        index: other
        for index, seen in enumerate(observations)
        if len(seen.vulnerability_ids) > 1
        and (other := _other_keys(encode, assets[index], seen, path))
    }
    others |= _former_keys(encode, assets, observations, claims)
    bases = map(encode.base, assets, observations, claims)
    keys = _claimed(_numbered(list(bases), observations, encode), observations)
    return Identities(assets, keys, claims, others, choice.distrusted)


def _former_keys(
    encode: _Encoder,
    assets: Sequence[str],
    observations: Sequence[Observation],
    claims: Sequence[Fingerprint],
) -> dict[int, tuple[str, ...]]:
    """Return the keys that a version of the tool with fewer rules would give; repeats are many."""
    renamed = [n for n, seen in enumerate(observations) if seen.former_rule]
    formerly = [replace(observations[n], rule=observations[n].former_rule) for n in renamed]
    bases = [
        encode.base(assets[n], seen, claims[n]) for n, seen in zip(renamed, formerly, strict=True)
    ]
    keys = _numbered(bases, formerly, encode)
    return {n: (key,) for n, key in zip(renamed, keys, strict=True)}


def _claimed(keys: tuple[str, ...], observations: Sequence[Observation]) -> tuple[str, ...]:
    """Return `keys`, but for those results that come from an export and bring theirs with them.

    A claim that two results make, or that is another's computed key, counts for none of them.
    """
    claims = Counter(seen.claimed_id for seen in observations if seen.claimed_id)
    if not claims:
        return keys
    computed = {key for key, seen in zip(keys, observations, strict=True) if not seen.claimed_id}
    return tuple(
        seen.claimed_id if claims[seen.claimed_id] == 1 and seen.claimed_id not in computed else key
        for key, seen in zip(keys, observations, strict=True)
    )


def _numbered(
    bases: Sequence[bytes], observations: Sequence[Observation], encode: _Encoder
) -> tuple[str, ...]:
    """Return the digests of all bases, each with its rank among equal ones."""
    zero = encode.part("0")
    keys = [blake2b(base + zero, digest_size=16).hexdigest() for base in bases]
    for base, indices in _repeats(bases).items():
        indices.sort(key=lambda index: _place(observations[index]))
        for ordinal, index in enumerate(indices):
            keys[index] = _digest(base + encode.part(str(ordinal)))
    return tuple(keys)


def _repeats(bases: Sequence[bytes]) -> dict[bytes, list[int]]:
    """Return the bases that several observations have, with their indices."""
    repeats: dict[bytes, list[int]] = {}
    if len(set(bases)) == len(bases):
        return repeats
    first: dict[bytes, int] = {}
    for index, base in enumerate(bases):
        if (known := first.setdefault(base, index)) != index:
            repeats.setdefault(base, [known]).append(index)
    return repeats


def evidence(fingerprint: Fingerprint, snippet: str) -> str:
    """Return F, what tells apart findings of one rule in one file; empty without evidence.

    A trusted fingerprint, else the snippet without its white space.
    """
    if fingerprint is not NONE and fingerprint[1]:
        return f"f:{fingerprint[1]}"
    return f"s:{bare}" if (bare := squeezed(snippet)) else ""


def squeezed(snippet: str) -> str:
    """Return the snippet without white space, so that indentation does not matter."""
    return "".join(snippet.split())


def key_parts(
    asset: str, seen: Observation, fingerprint: Fingerprint, path: Path = str
) -> tuple[str, ...]:
    """Return the tuple behind a key, but for the ordinal that separates repeats."""
    place = seen.locations[0] if seen.locations else _NOWHERE
    head = (
        VERSION,
        seen.finding_class.value,
        asset,
        seen.tool,
        *_BODY[seen.finding_class](seen, path),
    )
    if len(head) > _PLACELESS:
        return head
    return (*head, seen.rule, path(place.path), evidence(fingerprint, place.snippet))


_PLACELESS = 4
"""Length of a head without a body: such a finding is known by rule, path and evidence."""


class _Encoder:
    """Length-prefixed parts as `domain.ids.digest` has them; remembers what repeats."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, bytes] = {}
        self._places: dict[str, bytes] = {}
        self._heads: dict[tuple[str, str], bytes] = {}

    def part(self, text: str) -> bytes:
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = _encoded(text)
        return known

    def base(self, asset: str, seen: Observation, fingerprint: Fingerprint) -> bytes:
        """Return the encoded tuple of `key_parts`; code, the bulk, has a short way."""
        if seen.finding_class is not FindingClass.CODE:
            return b"".join(map(_encoded, key_parts(asset, seen, fingerprint, self._path)))
        head = self._heads.get((asset, seen.tool))
        if head is None:
            parts = (VERSION, FindingClass.CODE.value, asset, seen.tool)
            head = self._heads[asset, seen.tool] = b"".join(map(_encoded, parts))
        rule = self._known.get(seen.rule) or self.part(seen.rule)
        place = seen.locations[0] if seen.locations else _NOWHERE
        where = self._places.get(place.path)
        if where is None:
            where = self._places[place.path] = _encoded(self._path(place.path))
        what = f"f:{fingerprint[1]}" if fingerprint[1] else evidence(NONE, place.snippet)
        data = what.encode("utf-8", "surrogatepass")
        return b"".join((head, rule, where, len(data).to_bytes(8, "big"), data))


def _encoded(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return len(data).to_bytes(8, "big") + data


def _digest(encoded: bytes) -> str:
    return blake2b(encoded, digest_size=16).hexdigest()


def _place(seen: Observation) -> tuple[Any, ...]:
    """Return what decides which of several results with one base comes first."""
    place = seen.locations[0] if seen.locations else _NOWHERE
    version = seen.package.version if seen.package else ""
    return (
        place.path, place.line or 0, place.column or 0, version, seen.title, seen.description,
        seen.severity, place.end_line or 0, place.snippet, seen.fingerprints,
    )  # fmt: skip


def _other_keys(encode: _Encoder, asset: str, seen: Observation, path: Path) -> tuple[str, ...]:
    if seen.finding_class is not FindingClass.DEPENDENCY:
        return ()
    keys = []
    for other in normalised(seen.vulnerability_ids)[1:]:
        head = (VERSION, seen.finding_class.value, asset, seen.tool)
        parts = (*head, *_dependency_under(other, seen, path))
        keys.append(_digest(b"".join(map(_encoded, parts)) + encode.part("0")))
    return tuple(keys)


def _dependency_under(vulnerability: str, seen: Observation, path: Path) -> tuple[str, ...]:
    if seen.package is None:
        return ()
    manifest = path(seen.locations[0].path) if seen.locations else ""
    return (vulnerability, *package_key(seen.package), seen.package.layer or manifest)


def _nothing(_seen: Observation, _path: Path) -> tuple[str, ...]:
    return ()


def _dependency(seen: Observation, path: Path) -> tuple[str, ...]:
    return _dependency_under(canonical(seen.vulnerability_ids) or seen.rule, seen, path)


def _secret(seen: Observation, _path: Path) -> tuple[str, ...]:
    return (seen.rule, "h", seen.secret_digest) if seen.secret_digest else ()


def _dast(seen: Observation, _path: Path) -> tuple[str, ...]:
    if not seen.resource:
        return ()
    match = _METHOD.fullmatch(seen.resource)
    method, address = (match["method"], match["url"]) if match else ("", seen.resource)
    url = _split(address if "://" in address else f"//{address}")
    claimed = [value for name, value in seen.fingerprints if name.lower() in _PARAMETER_CLAIMS]
    queried = sorted({name for name, _ in parse_qsl(url.query, keep_blank_values=True)})
    parameter = claimed[0] if claimed else "&".join(queried)
    return (
        seen.rule,
        method,
        url.netloc.lower().rpartition("@")[2],
        _template(url.path),
        parameter,
    )


def _split(address: str) -> SplitResult:
    """Return the parts of an address; one with stray brackets, which no URL has, without them."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit(address.replace("[", "").replace("]", ""))


def _template(path: str) -> str:
    """Return a URL path with the segments that vary replaced: `/users/42` is `/users/{}`."""
    segments = path.rstrip("/").split("/")
    return "/".join("{}" if _VARIABLE.fullmatch(segment) else segment for segment in segments)


def _cloud(seen: Observation, _path: Path) -> tuple[str, ...]:
    return (seen.rule, "r", seen.resource) if seen.resource else ()


def _monitor(seen: Observation, _path: Path) -> tuple[str, ...]:
    if seen.signal is None:
        return (seen.rule, "r", seen.resource) if seen.resource else ()
    signal = seen.signal
    return (signal.model, signal.monitor, signal.metric, signal.segment)


_BODY: dict[FindingClass, Callable[[Observation, Path], tuple[str, ...]]] = {
    FindingClass.CODE: _nothing,
    FindingClass.DEPENDENCY: _dependency,
    FindingClass.SECRET: _secret,
    FindingClass.DAST: _dast,
    FindingClass.CLOUD: _cloud,
    FindingClass.MODEL: _monitor,
    FindingClass.DATA: _monitor,
}
