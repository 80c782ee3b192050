"""One match of a Grype report → one observation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from riskcockpit.domain.finding import Observation, Package
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.advisories import Advisory, valid_score, vulnerable
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.documents import decode_record
from riskcockpit.formats.grading import graded
from riskcockpit.formats.loose import at, items, number, objects, text, texts
from riskcockpit.formats.package_types import GENERIC, layer_of, purl_type
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.suspicion import checked
from riskcockpit.formats.vulnerabilities import cwe_number, package_from_purl, split_name

TOOL = "Grype"
_NO_FIX = {
    "wont-fix": "The vendor will not fix it.",
    "not-fixed": "There is no fix yet.",
}


class Vulnerability(msgspec.Struct, gc=False, rename="camel"):
    """A vulnerability, or one related to it. Old versions wrote `links` and `fixedInVersion`."""

    id: str = ""
    data_source: Any = None
    namespace: Any = None
    severity: Any = None
    urls: Any = None
    links: Any = None
    description: Any = None
    cvss: Any = None
    cvss_v2: Any = None
    cvss_v3: Any = None
    epss: Any = None
    known_exploited: Any = None
    cwes: Any = None
    fix: Any = None
    fixed_in_version: Any = None


class Match(msgspec.Struct, gc=False, rename="camel"):
    """One match of a package and a vulnerability."""

    vulnerability: Vulnerability
    related_vulnerabilities: list[Vulnerability] | None = None
    artifact: Any = None
    applied_ignore_rules: Any = None


_MATCH = msgspec.json.Decoder(Match)


@dataclass(frozen=True, slots=True)
class Context:
    """What all matches of one report share."""

    is_image: bool
    distro: str
    """Name of the distribution, lower case; empty when the report names none."""
    options: ReadOptions


def match(raw: bytes, place: str, context: Context, *, is_ignored: bool) -> Observation:
    """Read a match.

    Raises:
        SkipRecordError: it has another shape, or names no vulnerability or package.
    """
    raw = checked(raw, context.options)
    found = decode_record(raw, _MATCH.decode, Match)
    vulnerability = found.vulnerability
    related = found.related_vulnerabilities or []
    if not text(found.artifact, "name"):
        raise SkipRecordError("a match without the name of the package")
    everything = (vulnerability, *related)
    namespace = text(vulnerability.namespace)
    field = f"severity by {namespace}" if namespace else "severity"
    rule = wording.name(vulnerability.id)
    advisory = Advisory(
        rule=rule,
        grade=graded(TOOL, rule, text(vulnerability.severity), field, context.options),
        aliases=tuple(one.id for one in related),
        summary="",
        about=(
            next((about for one in everything if (about := text(one.description))), ""),
            _NO_FIX.get(text(vulnerability.fix, "state"), ""),
            _why_ignored(found.applied_ignore_rules),
        ),
        cvss=_score(everything),
        epss=max(_numbers(everything, "epss"), default=None),
        is_kev=any(items(one.known_exploited) for one in everything),
        cwes=tuple(_cwes(everything)),
        links=(text(vulnerability.data_source), *_links(everything)),
        is_suppressed=is_ignored,
    )
    package = _package(found, context)
    paths = () if package.layer else _paths(found.artifact, context)
    return vulnerable(TOOL, package, advisory, place, raw, paths=paths)


def _package(found: Match, context: Context) -> Package:
    artifact, fix = found.artifact, found.vulnerability.fix
    package = package_from_purl(text(artifact, "purl"))
    if package is None:
        type_ = purl_type(text(artifact, "type"))
        namespace, name = split_name(type_, text(artifact, "name"))
        if layer_of(type_) == "os":
            namespace = context.distro
        package = Package(type_, name, namespace)
    layer = layer_of(package.type) if package.type != GENERIC else "lang"
    fixed = texts(fix, "versions") or texts(found.vulnerability.fixed_in_version)
    return replace(
        package,
        version=wording.name(text(artifact, "version") or package.version),
        fixed_version=wording.name(", ".join(fixed)),
        layer=layer if context.is_image or layer == "os" else "",
    )


def _paths(artifact: Any, context: Context) -> Iterator[str]:
    for location in items(artifact, "locations"):
        path = text(location) or text(location, "path") or text(location, "realPath")
        if path:
            yield normalise(path, context.options.checkout_prefixes)


def _score(vulnerabilities: tuple[Vulnerability, ...]) -> float | None:
    """Return the base score of the newest CVSS version, by the vulnerability's own source first."""
    found = [
        (_version(entry), score)
        for one in vulnerabilities
        for entry in (*objects(one.cvss), *objects(one.cvss_v3), *objects(one.cvss_v2))
        if (
            score := valid_score(
                number(entry, "metrics", "baseScore") or number(entry, "baseScore")
            )
        )
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _version(entry: Any) -> float:
    return number(entry, "version") or (2.0 if "Au:" in text(entry, "vector") else 3.0)


def _numbers(vulnerabilities: tuple[Vulnerability, ...], member: str) -> Iterator[float]:
    for one in vulnerabilities:
        for entry in objects(one.epss):
            if (value := number(entry, member)) is not None:
                yield value


def _cwes(vulnerabilities: tuple[Vulnerability, ...]) -> Iterator[int]:
    for one in vulnerabilities:
        for entry in items(one.cwes):
            found = cwe_number(at(entry, "cwe") if isinstance(entry, dict) else entry)
            if found is not None:
                yield found


def _links(vulnerabilities: tuple[Vulnerability, ...]) -> Iterator[str]:
    for one in vulnerabilities:
        yield from texts(one.urls)
        yield from texts(one.links)


def _why_ignored(rules: Any) -> str:
    reasons = [reason for rule in objects(rules) if (reason := text(rule, "reason"))]
    if not objects(rules):
        return ""
    return f"Ignored by a rule of Grype's configuration: {'; '.join(reasons) or 'no reason given'}"
