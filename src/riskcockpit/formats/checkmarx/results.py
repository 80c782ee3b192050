"""Checkmarx One's results as its API and command line return them."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import FindingClass, Location, Observation, Package
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.checkmarx.states import (
    CONTAINERS,
    KINDS,
    NOT_EXPLOITABLE,
    PROPOSED,
    SAST,
    SCA,
    SCALE,
    SECRETS,
    TOOL,
    is_fixed,
    place_of,
    state_of,
    titled,
)
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents, decode_json
from riskcockpit.formats.gathering import Record
from riskcockpit.formats.grading import graded
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import Members, each, record_of
from riskcockpit.formats.package_types import purl_type
from riskcockpit.formats.prose import labelled, paragraphs, web_address
from riskcockpit.formats.secrets import secret_record_of
from riskcockpit.formats.vulnerabilities import (
    canonical_id,
    cwe_number,
    split_name,
    vulnerability_ids,
)

TITLE = "results of Checkmarx One"
PACKAGED = frozenset({SCA, CONTAINERS})
_PEOPLE = frozenset({"comments", "createdBy", "changedBy", "userName"})
_PARTS = 3
"""Of a package identifier: manager, name, version."""


class Document(msgspec.Struct, gc=False, rename={"total_count": "totalCount"}):
    """One page; its results are still raw."""

    results: list[Raw] | None = None
    total_count: Any = None


_DOCUMENT = msgspec.json.Decoder(Document)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read results: a scan for each kind of check.

    Raises:
        FormatError: not JSON, or of another shape.
    """
    with without_collection():
        forms, documents = decode_documents(content, _DOCUMENT.decode, TITLE)
        if all(form.results is None and form.total_count is None for form in forms):
            raise FormatError(f"not {TITLE}: there are no `results` in it")
        groups = Groups(Group(TOOL))
        groups.unread(documents.unreadable)
        read_count = 0
        for number, form in enumerate(forms):
            place = f"document{number}.results" if number else "results"
            read_count += len(form.results or ())
            for where, raw in each(form.results, place):
                groups.take(where, partial(_result, raw, where, options))
        counts = (Members({"count": form.total_count}).number("count") for form in forms)
        total = max(count or 0 for count in counts)
        notes = list(documents.notes)
        if total > read_count:
            notes.append(f"{read_count:,} of {total:,.0f} results are in the report")
        scans = groups.scans(is_partial=total > read_count)
        return Report("checkmarx-one", scans, tuple(notes))


def _result(raw: bytes, place: str, options: ReadOptions) -> tuple[Group, Record]:
    digest = ""
    kind = Members(decode_json(raw)).text("type").lower()
    category = KINDS.get(kind, wording.name(kind))
    if category == SECRETS:
        result, digest = secret_record_of(raw, options)
    else:
        result = record_of(raw, options, without=_PEOPLE)
    group = Group(TOOL, category=category)
    if is_fixed(result):
        return group, None
    data = result.member("data")
    details = result.member("vulnerabilityDetails")
    ids = _ids(result, details) if category in PACKAGED else ()
    rule = wording.name(data.first("queryName", "ruleName", "ruleId", "queryId")) or next(
        iter(ids), ""
    )
    rule = rule or wording.name(result.first("similarityId", "id"))
    if not rule:
        raise SkipRecordError("a result without query or id")
    severity, word, source = graded(
        TOOL, rule, result.text("severity"), "severity", options, words=SCALE
    )
    state = state_of(result)
    package = _package(data, category) if category in PACKAGED else None
    return group, Observation(
        finding_class=_class(category, package),
        tool=TOOL,
        rule=rule,
        title=_title(rule, data, package),
        severity=severity,
        record=place,
        description=_description(result, data, state),
        severity_raw=word,
        severity_source=source,
        needs_triage=state == PROPOSED,
        is_suppressed=state == NOT_EXPLOITABLE,
        locations=_locations(data, category, options),
        fingerprints=() if category in PACKAGED else _fingerprints(result, data),
        vulnerability_ids=ids,
        package=package,
        secret_digest=digest,
        asset="",
        cwes=tuple(filter(None, [cwe_number(details.text("cweId"))])),
        cvss=details.score("cvssScore") or details.member("cvss").score("score"),
        help_url=_help_url(data),
        raw=result.raw,
    )


def _class(category: str, package: Package | None) -> FindingClass:
    if category == SECRETS:
        return FindingClass.SECRET
    return FindingClass.CODE if package is None else FindingClass.DEPENDENCY


def _title(rule: str, data: Members, package: Package | None) -> str:
    if package is not None:
        return wording.title(f"{rule} in {package.name} {package.version}")
    name = data.first("queryName", "ruleName") or rule
    return titled(name)


def _description(result: Members, data: Members, state: str) -> str:
    image = ":".join(filter(None, (data.text("imageName"), data.text("imageTag"))))
    return paragraphs(
        result.text("description"),
        labelled("Expected", data.text("expectedValue")),
        labelled("Found", data.text("value")),
        labelled("Image", image),
        labelled("Upgrade to", data.first("recommendedVersion", "recommendations")),
        labelled("State", state.replace("_", " ").lower()),
    )


def _locations(data: Members, category: str, options: ReadOptions) -> tuple[Location, ...]:
    if category in PACKAGED:
        paths = data.member("scaPackageData").texts("locations") or data.texts("imageFilePath")
        return place_of(paths[0], None, options) if paths else ()
    path = data.first("fileName", "filename")
    if path:
        return place_of(path, data.line("line"), options)
    steps = data.members("nodes") if category in (SAST, "api-security") else []
    places = [place_of(step.text("fileName"), step.line("line"), options) for step in steps]
    return tuple(place for found in places for place in found)


def _fingerprints(result: Members, data: Members) -> tuple[tuple[str, str], ...]:
    claims = {
        "similarityId": result.name("similarityId"),
        "resultHash": data.name("resultHash"),
    }
    return tuple((name, value) for name, value in claims.items() if value)


def _ids(result: Members, details: Members) -> tuple[str, ...]:
    texts = (details.text("cveName"), result.first("cveId", "cve"), result.text("id"))
    found = [canonical_id(text) for text in texts if text and vulnerability_ids(text)]
    own = result.first("id", "similarityId")
    return tuple(dict.fromkeys(found or ([wording.name(own)] if own else [])))


def _package(data: Members, category: str) -> Package | None:
    """Return the package by its own members, else by its identifier `Npm-lodash-4.17.11`."""
    name, version, manager = data.text("packageName"), data.name("packageVersion"), ""
    parts = data.first("packageIdentifier", "packageId").split("-")
    if len(parts) >= _PARTS:
        manager = parts[0]
        name = name or "-".join(parts[1:-1])
        version = version or wording.name(parts[-1])
    if not name:
        return None
    type_ = purl_type(manager or data.member("scaPackageData").text("packageManager"))
    namespace, bare = split_name(type_, name)
    fixed = data.name("recommendedVersion")
    return Package(type_, bare, namespace, version, fixed, "os" if category == CONTAINERS else "")


def _help_url(data: Members) -> str:
    packages = data.members("packageData")
    return web_address([data.text("queryUrl"), *(item.text("url") for item in packages)])
