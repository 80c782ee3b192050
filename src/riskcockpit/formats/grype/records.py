"""One match of a Grype report → one observation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import msgspec

from riskcockpit.domain.finding import Observation, Package
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.advisories import Advisory, vulnerable
from riskcockpit.formats.amending import decode_amended
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import NOTHING, Members, viewed
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
    data_source: Members = NOTHING
    namespace: Members = NOTHING
    severity: Members = NOTHING
    urls: Members = NOTHING
    links: Members = NOTHING
    description: Members = NOTHING
    cvss: Members = NOTHING
    cvss_v2: Members = NOTHING
    cvss_v3: Members = NOTHING
    epss: Members = NOTHING
    known_exploited: Members = NOTHING
    cwes: Members = NOTHING
    fix: Members = NOTHING
    fixed_in_version: Members = NOTHING


class Match(msgspec.Struct, gc=False, rename="camel"):
    """One match of a package and a vulnerability."""

    vulnerability: Vulnerability
    related_vulnerabilities: list[Vulnerability] | None = None
    artifact: Members = NOTHING
    applied_ignore_rules: Members = NOTHING


_MATCH = msgspec.json.Decoder(Match, dec_hook=viewed)
_VITAL = frozenset({"vulnerability"})


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
    found = decode_amended(raw, _MATCH, _VITAL)
    vulnerability = found.vulnerability
    related = found.related_vulnerabilities or []
    if not found.artifact.text("name"):
        raise SkipRecordError("a match without the name of the package")
    everything = (vulnerability, *related)
    namespace = vulnerability.namespace.text()
    field = f"severity by {namespace}" if namespace else "severity"
    rule = wording.name(vulnerability.id)
    advisory = Advisory(
        rule=rule,
        grade=graded(TOOL, rule, vulnerability.severity.text(), field, context.options),
        aliases=tuple(one.id for one in related),
        summary="",
        about=(
            next((about for one in everything if (about := one.description.text())), ""),
            _NO_FIX.get(vulnerability.fix.word("state"), ""),
            _why_ignored(found.applied_ignore_rules),
        ),
        cvss=_score(everything),
        epss=max(_numbers(everything, "epss"), default=None),
        is_kev=any(
            isinstance(one.known_exploited.value, list) and one.known_exploited.value
            for one in everything
        ),
        cwes=tuple(_cwes(everything)),
        links=(vulnerability.data_source.text(), *_links(everything)),
        is_suppressed=is_ignored,
    )
    package = _package(found, context)
    paths = () if package.layer else _paths(found.artifact, context)
    return vulnerable(TOOL, package, advisory, place, raw, paths=paths)


def _package(found: Match, context: Context) -> Package:
    artifact, fix = found.artifact, found.vulnerability.fix
    package = package_from_purl(artifact.text("purl"))
    if package is None:
        type_ = purl_type(artifact.text("type"))
        namespace, name = split_name(type_, artifact.text("name"))
        if layer_of(type_) == "os":
            namespace = context.distro
        package = Package(type_, name, namespace)
    layer = layer_of(package.type) if package.type != GENERIC else "lang"
    fixed = fix.texts("versions") or found.vulnerability.fixed_in_version.texts()
    return replace(
        package,
        version=wording.name(artifact.text("version") or package.version),
        fixed_version=wording.name(", ".join(fixed)),
        layer=layer if context.is_image or layer == "os" else "",
    )


def _paths(artifact: Members, context: Context) -> Iterator[str]:
    for location in artifact.items("locations"):
        path = location.text() or location.text("path") or location.text("realPath")
        if path:
            yield normalise(path, context.options.checkout_prefixes)


def _score(vulnerabilities: tuple[Vulnerability, ...]) -> float | None:
    """Return the base score of the newest CVSS version, by the vulnerability's own source first."""
    found = [
        (_version(entry), score)
        for one in vulnerabilities
        for entry in (*one.cvss.members(), *one.cvss_v3.members(), *one.cvss_v2.members())
        if (score := entry.member("metrics").score("baseScore") or entry.score("baseScore"))
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _version(entry: Members) -> float:
    return entry.number("version") or (2.0 if "Au:" in entry.text("vector") else 3.0)


def _numbers(vulnerabilities: tuple[Vulnerability, ...], member: str) -> Iterator[float]:
    for one in vulnerabilities:
        for entry in one.epss.members():
            if (value := entry.number(member)) is not None:
                yield value


def _cwes(vulnerabilities: tuple[Vulnerability, ...]) -> Iterator[int]:
    for one in vulnerabilities:
        for entry in one.cwes.items():
            found = cwe_number(entry.at("cwe") if entry else entry.value)
            if found is not None:
                yield found


def _links(vulnerabilities: tuple[Vulnerability, ...]) -> Iterator[str]:
    for one in vulnerabilities:
        yield from one.urls.texts()
        yield from one.links.texts()


def _why_ignored(rules: Members) -> str:
    reasons = [reason for rule in rules.members() if (reason := rule.text("reason"))]
    if not rules.members():
        return ""
    return f"Ignored by a rule of Grype's configuration: {'; '.join(reasons) or 'no reason given'}"
