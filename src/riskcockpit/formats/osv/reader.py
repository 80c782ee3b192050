"""OSV-Scanner's own JSON (versions 1 and 2) → one scan.

Several records may be one vulnerability under several ids; the tool's groups say so, and identity
takes their ids as aliases. Every record stays one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import Observation, Package, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import people, wording
from riskcockpit.formats.advisories import Advisory, vulnerable
from riskcockpit.formats.amending import decode_amended
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents, decode_record
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.images import image_name
from riskcockpit.formats.members import NOTHING, Members, viewed
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
from riskcockpit.formats.suspicion import checked
from riskcockpit.formats.vulnerabilities import canonical_id, split_name

TOOL = "OSV-Scanner"
CATEGORY = "vulnerabilities"
_EMPTY_NOTE = "a bare empty list of results may be of another tool; --format says whose it is"


class Document(msgspec.Struct, gc=False):
    """A report: the sources still raw."""

    results: list[Raw] | None = None


class Source(msgspec.Struct, gc=False):
    """One lockfile, directory or layer: its packages still raw."""

    source: Members = NOTHING
    packages: list[Raw] | None = None


class ScannedPackage(msgspec.Struct, gc=False):
    """One package: its vulnerabilities still raw."""

    package: Members = NOTHING
    vulnerabilities: list[Raw] | None = None
    groups: Members = NOTHING


@dataclass(frozen=True, slots=True)
class Context:
    """What all vulnerabilities of one package share."""

    package: Package
    name: str
    """As the ecosystem writes it."""
    path: str
    groups: dict[str, Members]
    """Id of a vulnerability → the group of ids that mean the same."""
    options: ReadOptions


_DOCUMENT = msgspec.json.Decoder(Document, dec_hook=viewed)
_SOURCE = msgspec.json.Decoder(Source, dec_hook=viewed)
_PACKAGE = msgspec.json.Decoder(ScannedPackage, dec_hook=viewed)
_ADVISORY = msgspec.json.Decoder(OsvAdvisory, dec_hook=viewed)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read an OSV-Scanner report.

    Raises:
        FormatError: not OSV-Scanner's, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _DOCUMENT.decode, "OSV-Scanner JSON")
        scans = [_scan(form, options) for form in forms]
    notes = [*documents.notes]
    if any(form.results == [] for form in forms):
        notes.append(_EMPTY_NOTE)
    return Report("osv-scanner", (*scans, *unread(TOOL, documents, CATEGORY)), tuple(notes))


def _scan(document: Document, options: ReadOptions) -> Scan:
    gathering = Gathering()
    asset = ""
    for number_, raw in enumerate(document.results or ()):
        place = f"results[{number_}]"
        try:
            source = decode_record(raw, _SOURCE)
        except SkipRecordError as fault:
            gathering.trouble(place, fault.message)
            continue
        asset = asset or _image(source.source)
        for position, package in enumerate(source.packages or ()):
            _package(gathering, package, source.source, f"{place}.packages[{position}]", options)
    return gathering.scan(TOOL, category=CATEGORY, asset=asset, is_partial=document.results is None)


def _image(source: Members) -> str:
    """Return the image a source is a file of; empty when it is none."""
    if source.text("type") != "docker":
        return ""
    return image_name(source.text("path").partition(":/")[0])


def _package(
    gathering: Gathering, raw: Raw, source: Members, place: str, options: ReadOptions
) -> None:
    try:
        scanned = decode_record(raw, _PACKAGE)
    except SkipRecordError as fault:
        gathering.trouble(place, fault.message)
        return
    context = _context(scanned, source, options)
    for number_, vulnerability in enumerate(scanned.vulnerabilities or ()):
        where = f"{place}.vulnerabilities[{number_}]"
        gathering.take(where, partial(_vulnerability, bytes(vulnerability), where, context))


def _context(scanned: ScannedPackage, source: Members, options: ReadOptions) -> Context:
    ecosystem = scanned.package.text("ecosystem").partition(":")[0]
    type_ = purl_type(ecosystem)
    name = wording.name(scanned.package.text("name") or scanned.package.text("commit"))
    namespace, bare = split_name(type_, name)
    layer = "os" if layer_of(type_) == "os" else ""
    if layer == "os":
        namespace = wording.name(ecosystem.lower())
    version = scanned.package.text("version") or scanned.package.text("commit")
    return Context(
        package=Package(type_, bare, namespace, wording.name(version), layer=layer),
        name=name,
        path=normalise(source.text("path"), options.checkout_prefixes),
        groups={id_: group for group in scanned.groups.members() for id_ in group.texts("ids")},
        options=options,
    )


def _vulnerability(raw: bytes, place: str, context: Context) -> Observation:
    raw = checked(raw, context.options, without=people.FIELDS)
    found = decode_amended(raw, _ADVISORY, frozenset({"id"}))
    group = context.groups.get(found.id, NOTHING)
    fixes = fixes_for(found, context.name, context.package.version)
    analysis = _analysis(group, found.id)
    advisory = Advisory(
        rule=found.id,
        grade=_grade(found, group, context.options),
        aliases=(*aliases_of(found), *group.texts("ids"), *group.texts("aliases")),
        summary=found.summary.text(),
        about=(found.details.text(), *_reachability(analysis)),
        cvss=score_of(found),
        cwes=tuple(weaknesses_of(found)),
        links=tuple(links_of(found)),
        is_suppressed=analysis.flag("unimportant"),
    )
    package = replace(context.package, fixed_version=wording.name(", ".join(fixes)))
    return vulnerable(TOOL, package, advisory, place, raw, paths=(context.path,))


def _grade(found: OsvAdvisory, group: Members, options: ReadOptions) -> Grade:
    """Grade by the advisory's own word or score, else by the score the tool gives its group."""
    word, origin = severity_of(found)
    if word is None and (highest := group.number("max_severity")) is not None:
        word, origin = highest, "max_severity"
    return graded(TOOL, canonical_id(found.id), word, origin, options)


def _analysis(group: Members, id_: str) -> Members:
    """Return what call analysis found out about one advisory; nothing without it."""
    for member in ("experimental_analysis", "experimentalAnalysis"):
        if found := group.member(member, id_):
            return found
    return NOTHING


def _reachability(analysis: Members) -> tuple[str, ...]:
    called = analysis.at("called")
    if called is None:
        return ()
    words = "is called" if called is True else "is not called"
    return (f"Call analysis: the vulnerable code {words}.",)
