"""OSV-Scanner's own JSON (versions 1 and 2) → one scan.

Several records may be one vulnerability under several ids; the tool's groups say so, and identity
takes their ids as aliases. Every record stays one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import Observation, Package, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.advisories import Advisory, vulnerable
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents, decode_record
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.images import image_name
from riskcockpit.formats.loose import at, is_true, number, objects, text, texts
from riskcockpit.formats.osv.advisory import (
    OsvAdvisory,
    aliases_of,
    fixes_for,
    links_of,
    score_of,
    severity_of,
    weaknesses_of,
)
from riskcockpit.formats.package_types import layer_of, purl_type
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.people import without_people
from riskcockpit.formats.suspicion import checked
from riskcockpit.formats.vulnerabilities import canonical_id, split_name

TOOL = "OSV-Scanner"
CATEGORY = "vulnerabilities"


class Document(msgspec.Struct, gc=False):
    """A report: the sources still raw."""

    results: list[Raw] | None = None


class Source(msgspec.Struct, gc=False):
    """One lockfile, directory or layer: its packages still raw."""

    source: Any = None
    packages: list[Raw] | None = None


class ScannedPackage(msgspec.Struct, gc=False):
    """One package: its vulnerabilities still raw."""

    package: Any = None
    vulnerabilities: list[Raw] | None = None
    groups: Any = None


@dataclass(frozen=True, slots=True)
class Context:
    """What all vulnerabilities of one package share."""

    package: Package
    name: str
    """As the ecosystem writes it."""
    path: str
    groups: dict[str, dict[str, Any]]
    """Id of a vulnerability → the group of ids that mean the same."""
    options: ReadOptions


_DOCUMENT = msgspec.json.Decoder(Document)
_SOURCE = msgspec.json.Decoder(Source)
_PACKAGE = msgspec.json.Decoder(ScannedPackage)
_ADVISORY = msgspec.json.Decoder(OsvAdvisory)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read an OSV-Scanner report.

    Raises:
        FormatError: not OSV-Scanner's, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _DOCUMENT.decode, "OSV-Scanner JSON")
        scans = [_scan(form, options) for form in forms]
    return Report("osv-scanner", (*scans, *unread(TOOL, documents, CATEGORY)), documents.notes)


def _scan(document: Document, options: ReadOptions) -> Scan:
    gathering = Gathering()
    asset = ""
    for number_, raw in enumerate(document.results or ()):
        place = f"results[{number_}]"
        try:
            source = decode_record(raw, _SOURCE.decode, Source)
        except SkipRecordError as fault:
            gathering.trouble(place, fault.message)
            continue
        asset = asset or _image(source.source)
        for position, package in enumerate(source.packages or ()):
            _package(gathering, package, source.source, f"{place}.packages[{position}]", options)
    return gathering.scan(TOOL, category=CATEGORY, asset=asset, is_partial=document.results is None)


def _image(source: Any) -> str:
    """Return the image a source is a file of; empty when it is none."""
    if text(source, "type") != "docker":
        return ""
    return image_name(text(source, "path").partition(":/")[0])


def _package(gathering: Gathering, raw: Raw, source: Any, place: str, options: ReadOptions) -> None:
    try:
        scanned = decode_record(raw, _PACKAGE.decode, ScannedPackage)
    except SkipRecordError as fault:
        gathering.trouble(place, fault.message)
        return
    context = _context(scanned, source, options)
    for number_, vulnerability in enumerate(scanned.vulnerabilities or ()):
        where = f"{place}.vulnerabilities[{number_}]"
        gathering.take(where, partial(_vulnerability, bytes(vulnerability), where, context))


def _context(scanned: ScannedPackage, source: Any, options: ReadOptions) -> Context:
    ecosystem = text(scanned.package, "ecosystem").partition(":")[0]
    type_ = purl_type(ecosystem)
    name = wording.name(text(scanned.package, "name") or text(scanned.package, "commit"))
    namespace, bare = split_name(type_, name)
    layer = "os" if layer_of(type_) == "os" else ""
    if layer == "os":
        namespace = wording.name(ecosystem.lower())
    version = text(scanned.package, "version") or text(scanned.package, "commit")
    return Context(
        package=Package(type_, bare, namespace, wording.name(version), layer=layer),
        name=name,
        path=normalise(text(source, "path"), options.checkout_prefixes),
        groups={id_: group for group in objects(scanned.groups) for id_ in texts(group, "ids")},
        options=options,
    )


def _vulnerability(raw: bytes, place: str, context: Context) -> Observation:
    raw = without_people(checked(raw, context.options))
    found = decode_record(raw, _ADVISORY.decode, OsvAdvisory)
    group = context.groups.get(found.id, {})
    fixes = fixes_for(found, context.name, context.package.version)
    analysis = _analysis(group, found.id)
    advisory = Advisory(
        rule=found.id,
        grade=_grade(found, group, context.options),
        aliases=(*aliases_of(found), *texts(group, "ids"), *texts(group, "aliases")),
        summary=text(found.summary),
        about=(text(found.details), *_reachability(analysis)),
        cvss=score_of(found),
        cwes=tuple(weaknesses_of(found)),
        links=tuple(links_of(found)),
        is_suppressed=is_true(analysis, "unimportant"),
    )
    package = replace(context.package, fixed_version=wording.name(", ".join(fixes)))
    return vulnerable(TOOL, package, advisory, place, raw, paths=(context.path,))


def _grade(found: OsvAdvisory, group: dict[str, Any], options: ReadOptions) -> Grade:
    """Grade by the advisory's own word or score, else by the score the tool gives its group."""
    word, origin = severity_of(found)
    if word is None and (highest := number(group, "max_severity")) is not None:
        word, origin = highest, "max_severity"
    return graded(TOOL, canonical_id(found.id), word, origin, options)


def _analysis(group: dict[str, Any], id_: str) -> Any:
    """Return what call analysis found out about one advisory; None without it."""
    for member in ("experimental_analysis", "experimentalAnalysis"):
        found = at(group, member, id_)
        if found is not None:
            return found
    return None


def _reachability(analysis: Any) -> tuple[str, ...]:
    called = at(analysis, "called")
    if called is None:
        return ()
    words = "is called" if called is True else "is not called"
    return (f"Call analysis: the vulnerable code {words}.",)
