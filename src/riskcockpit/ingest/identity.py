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
from riskcockpit.domain.sheet import Sheet
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
Base = Callable[[int], bytes]
"""Row → the encoded tuple of its key, without the ordinal."""


def identify(asset: str, observations: Sequence[Observation], path: Path = str) -> Identities:
    """Return the keys of all observations of one run over `asset`.

    `path` translates the path of a location first. The order of the observations does not
    matter: among results that nothing else tells apart, place decides who is first.
    """
    sheet = Sheet.of(observations)
    choice = choose(sheet)
    claims = choice.values
    if any(kind.secret_digest for kind in sheet.kinds):
        claims = tuple(
            (SECRET_CLAIM, digest) if (digest := sheet.kinds[kind].secret_digest) else value
            for kind, value in zip(sheet.kind, claims, strict=True)
        )
    of_kind = [without_tag(kind.asset) if kind.asset else asset for kind in sheet.kinds]
    assets = tuple([of_kind[kind] for kind in sheet.kind])
    base = _base_of(sheet, of_kind, claims, path)
    keys = _claimed(_numbered(base, sheet), sheet)
    others = _others(sheet, of_kind, path) | _former_keys(sheet, of_kind, claims, path)
    return Identities(assets, keys, claims, others, choice.distrusted)


def _numbered(base: Base, sheet: Sheet) -> tuple[str, ...]:
    """Return the digests of all rows, each with its rank among those with the same base."""
    zero = _encoded("0")
    keys = [blake2b(base(row) + zero, digest_size=16).hexdigest() for row in range(len(sheet))]
    for rows in _repeats(keys):
        rows.sort(key=lambda row: _place(sheet, row))
        for ordinal, row in enumerate(rows):
            keys[row] = _digest(base(row) + _encoded(str(ordinal)))
    return tuple(keys)


def _repeats(keys: Sequence[str]) -> list[list[int]]:
    """Return the indices of keys that stand there several times, together."""
    if len(set(keys)) == len(keys):
        return []
    rows: dict[str, list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, []).append(row)
    return [same for same in rows.values() if len(same) > 1]


def _claimed(keys: tuple[str, ...], sheet: Sheet) -> tuple[str, ...]:
    """Return `keys`, but for those results that come from an export and bring theirs with them.

    A claim that two results make, or that is another's computed key, counts for none of them.
    """
    claims = [kind.claimed_id for kind in sheet.kinds]
    if not any(claims):
        return keys
    claimed = [claims[kind] for kind in sheet.kind]
    counts = Counter(claimed)
    computed = {key for key, claim in zip(keys, claimed, strict=True) if not claim}
    return tuple(
        claim if claim and counts[claim] == 1 and claim not in computed else key
        for key, claim in zip(keys, claimed, strict=True)
    )


def _others(sheet: Sheet, assets: Sequence[str], path: Path) -> dict[int, tuple[str, ...]]:
    """Return the keys under the other ids of a vulnerability, of those rows that have several."""
    several = {i for i, kind in enumerate(sheet.kinds) if len(kind.vulnerability_ids) > 1}
    return {
        row: other
        for row, kind in enumerate(sheet.kind)
        if several and kind in several and (other := _other_keys(assets[kind], sheet[row], path))
    }


def _former_keys(
    sheet: Sheet, assets: Sequence[str], claims: Sequence[Fingerprint], path: Path
) -> dict[int, tuple[str, ...]]:
    """Return the keys that a version of the tool with fewer rules would give; repeats are many."""
    if not any(kind.former_rule for kind in sheet.kinds):
        return {}
    rows = [row for row, kind in enumerate(sheet.kind) if sheet.kinds[kind].former_rule]
    formerly = Sheet.of(
        [replace(seen, rule=seen.former_rule) for seen in map(sheet.__getitem__, rows)]
    )
    of_kind = dict(zip(formerly.kind, (assets[sheet.kind[row]] for row in rows), strict=True))
    owners = [of_kind[kind] for kind in range(len(formerly.kinds))]
    base = _base_of(formerly, owners, [claims[row] for row in rows], path)
    return {row: (key,) for row, key in zip(rows, _numbered(base, formerly), strict=True)}


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


_SHORT = 512
"""Length of evidence, in bytes, up to which the encoded lengths are made beforehand."""
_PLACELESS = 4
"""Length of a head without a body: such a finding is known by rule, path and evidence."""


def _base_of(
    sheet: Sheet, assets: Sequence[str], claims: Sequence[Fingerprint], path: Path
) -> Base:
    """Return what makes the encoded tuple of `key_parts` of a row; code, the bulk, is quick.

    `assets` are those of the kinds, `claims` those of the rows. The tuples of all rows are never
    held together: they take more memory than the keys.
    """
    heads = [
        _joined(VERSION, kind.finding_class.value, asset, kind.tool, kind.rule)
        if kind.finding_class is FindingClass.CODE
        else b""
        for kind, asset in zip(sheet.kinds, assets, strict=True)
    ]
    places = {each: _encoded(path(each)) for each in set(sheet.paths)}
    lengths = [length.to_bytes(8, "big") for length in range(_SHORT)]
    kinds, paths, snippets, join = sheet.kind, sheet.paths, sheet.snippets, b"".join

    def base(row: int) -> bytes:
        head = heads[kinds[row]]
        if not head:
            return _joined(*key_parts(assets[kinds[row]], sheet[row], claims[row], path))
        value = claims[row][1]
        proof = _bytes(f"f:{value}" if value else evidence(NONE, snippets[row]))
        size = len(proof)
        length = lengths[size] if size < _SHORT else size.to_bytes(8, "big")
        return join((head, places[paths[row]], length, proof))

    return base


def _bytes(text: str) -> bytes:
    """Return `text` in UTF-8; lone surrogates are kept apart from all valid text."""
    return text.encode() if text.isascii() else text.encode("utf-8", "surrogatepass")


def _encoded(text: str) -> bytes:
    data = _bytes(text)
    return len(data).to_bytes(8, "big") + data


def _joined(*parts: str) -> bytes:
    """Return length-prefixed parts as `domain.ids.digest` has them."""
    return b"".join(map(_encoded, parts))


def _digest(encoded: bytes) -> str:
    return blake2b(encoded, digest_size=16).hexdigest()


def _place(sheet: Sheet, row: int) -> tuple[Any, ...]:
    """Return what decides which of several results with one base comes first."""
    kind = sheet.kinds[sheet.kind[row]]
    version = kind.package.version if kind.package else ""
    return (
        sheet.paths[row], sheet.lines[row] or 0, sheet.columns[row] or 0, version,
        sheet.titles[row], sheet.descriptions[row], kind.severity, sheet.end_lines[row] or 0,
        sheet.snippets[row], sheet.claims[row],
    )  # fmt: skip


def _other_keys(asset: str, seen: Observation, path: Path) -> tuple[str, ...]:
    if seen.finding_class is not FindingClass.DEPENDENCY:
        return ()
    head = (VERSION, seen.finding_class.value, asset, seen.tool)
    return tuple(
        _digest(_joined(*head, *_dependency_under(other, seen, path), "0"))
        for other in normalised(seen.vulnerability_ids)[1:]
    )


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
