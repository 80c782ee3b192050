"""One vulnerability of a GitLab report → one observation, by the kind of its scan."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec

from riskcockpit.domain.finding import FindingClass, Location, Observation, Package
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.cvss import base_score
from riskcockpit.formats.documents import check_depth, decode_json
from riskcockpit.formats.gitlab.identifiers import (
    advisories,
    content_of,
    fixed_version,
    result_of,
    rule_of,
    weaknesses,
)
from riskcockpit.formats.grading import graded
from riskcockpit.formats.manifests import type_of_manifest
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.package_types import GENERIC, layer_of, purl_type
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import labelled, paragraphs, web_address
from riskcockpit.formats.secrets import is_secret_scanner, secret_record_of
from riskcockpit.formats.titles import first_sentence
from riskcockpit.formats.vulnerabilities import split_name

CONTAINER = "container_scanning"
CLUSTER = "cluster_image_scanning"
DEPENDENCY = "dependency_scanning"
SECRET = "secret_detection"  # noqa: S105 - a kind of scan
CLASSES = {
    "sast": FindingClass.CODE,
    "coverage_fuzzing": FindingClass.CODE,
    SECRET: FindingClass.SECRET,
    DEPENDENCY: FindingClass.DEPENDENCY,
    CONTAINER: FindingClass.DEPENDENCY,
    CLUSTER: FindingClass.DEPENDENCY,
    "dast": FindingClass.DAST,
    "api_fuzzing": FindingClass.DAST,
}
"""GitLab's types of scan → class of their findings."""
SIGNATURES = ("scope_offset_compressed", "scope_offset", "rule_value")
"""Algorithms of tracking signatures that outlive added lines, the best first."""
_OF_NO_USE = frozenset({"", "na", "n/a"})
_WITHOUT = frozenset({"headers", "body", "commit", "author"})
"""Members with requests' cookies and tokens, or people."""
_SYSTEM = re.compile(r"[\s:]+")


@dataclass(frozen=True, slots=True)
class Context:
    """What all records of one report share."""

    tool: str
    scanner_id: str
    kind: str
    """Type of the scan; empty when the report does not say."""
    managers: Mapping[str, str]
    """Path of a file that lists packages → package manager."""
    options: ReadOptions

    def path(self, text: str) -> str:
        """Return `text` as a path of the repository."""
        return normalise(text, self.options.checkout_prefixes)


class Record(NamedTuple):
    """A vulnerability, and the scan it belongs to."""

    seen: Observation
    kind: str
    image: str
    """Empty when it names none, or only a file or language inside the image of the report."""


def vulnerability(raw: bytes, place: str, context: Context) -> Record:
    """Read a vulnerability.

    Raises:
        SkipRecordError: it has neither identifiers nor a name.
    """
    clear = Members(decode_json(raw))
    kind = context.kind or clear.text("category").lower()
    kind = kind if kind in CLASSES else _kind(clear)
    if kind == "sast" and is_secret_scanner(_tool(clear, context)):
        kind = SECRET
    digest = ""
    if kind == SECRET:
        check_depth(raw, context.options.max_depth)
        found, digest = secret_record_of(_without_traces(clear), context.options)
    else:
        found = record_of(raw, context.options, without=_WITHOUT)
    image = found.member("location").text("image")
    seen = _observation(found, place, kind, context)
    seen = replace(seen, raw=found.raw, secret_digest=digest)
    return Record(seen, kind, wording.name(image) if _is_image(image) else "")


def _observation(found: Members, place: str, kind: str, context: Context) -> Observation:
    tool = _tool(found, context)
    identifiers = found.members("identifiers")
    where = found.member("location")
    rule = (
        rule_of(identifiers)
        or wording.name(found.first("name", "message"))
        or where.name("crash_type")
        or wording.name(first_sentence(found.text("description")))
    )
    if not rule:
        raise SkipRecordError("a vulnerability without identifiers or name")
    severity, word, source = graded(tool, rule, found.text("severity"), "severity", context.options)
    flags = [flag.text("type") for flag in found.members("flags")]
    return Observation(
        finding_class=CLASSES[kind],
        tool=tool,
        rule=rule,
        title=_title(found, kind) or rule,
        severity=severity,
        record=place,
        description=_description(found, where),
        severity_raw=word,
        severity_source=source,
        needs_triage="flagged-as-likely-false-positive" in flags,
        locations=_locations(found, where, kind, context),
        fingerprints=_fingerprints(found, where, identifiers),
        vulnerability_ids=advisories(identifiers),
        package=_package(found, where, kind, context) if kind in _PACKAGED else None,
        resource=_resource(where, kind),
        cwes=weaknesses(identifiers),
        cvss=_score(found),
        help_url=web_address(
            [item.text("url") for item in (*identifiers, *found.members("links"))]
        ),
    )


_PACKAGED = frozenset({CONTAINER, CLUSTER, DEPENDENCY})


def _kind(found: Members) -> str:
    """Return the kind of a record that does not say it, by what its location has."""
    where = found.member("location")
    if "image" in where:
        return CONTAINER
    if "hostname" in where or ("method" in where and "path" in where):
        return "dast"
    if where.member("dependency").member("package").text("name"):
        return DEPENDENCY
    if "crash_type" in where:
        return "coverage_fuzzing"
    types = " ".join(item.text("type") for item in found.members("identifiers"))
    is_secret = "raw_source_code_extract" in found and "commit" in where
    return SECRET if is_secret or types.lower().startswith("gitleaks") else "sast"


def _is_image(text: str) -> bool:
    """Whether `text` is an image; some exports write the target inside it: a file, `Node.js`."""
    return (":" in text or "/" in text) and type_of_manifest(text) == GENERIC


def _tool(found: Members, context: Context) -> str:
    """Return the scanner of the record; the report's own has its name from the report."""
    scanner = found.member("scanner")
    if not scanner or scanner.text("id") == context.scanner_id:
        return context.tool
    return wording.name(scanner.first("name", "id")) or context.tool


def _without_traces(found: Members) -> bytes:
    """Return the record of a secret without its commit, which names people, and its hashes.

    `cve` and `id` are made from a plain digest of the secret, which could be found by trying.
    """
    where = dict(found.member("location").object())
    commit = Members(where.pop("commit", None))
    if sha := commit.text("sha"):
        where["commit"] = {"sha": sha}
    rest = {key: value for key, value in found.object().items() if key not in ("cve", "id")}
    return msgspec.json.encode(rest | {"location": where})


def _title(found: Members, kind: str) -> str:
    """Return the first text that is more than an id: the message names the package, too."""
    order = ("message", "name") if kind in _PACKAGED else ("name", "message")
    texts = [wording.title(found.text(name)) for name in (*order, "description")]
    readable = next((text for text in texts if " " in text), "")
    return readable or next(filter(None, texts), "")


def _description(found: Members, where: Members) -> str:
    summary = found.member("evidence").text("summary")
    confidence = found.text("confidence")
    return paragraphs(
        found.text("description"),
        labelled("Solution", found.text("solution")),
        labelled("Evidence", summary),
        where.text("stacktrace_snippet"),
        labelled("Confidence", "" if confidence.lower() == "unknown" else confidence),
    )


def _locations(found: Members, where: Members, kind: str, context: Context) -> tuple[Location, ...]:
    if kind in (CONTAINER, CLUSTER):
        inside = "" if _is_image(where.text("image")) else where.text("image")
        return (Location(context.path(inside)),) if "/" in inside else ()
    path = context.path(where.text("file"))
    if not path:
        return ()
    code = "" if kind == SECRET else found.text("raw_source_code_extract")
    line, end = where.line("start_line"), where.line("end_line")
    return (Location(path, line, None, end, wording.snippet(code)),)


def _fingerprints(
    found: Members, where: Members, identifiers: list[Members]
) -> tuple[tuple[str, str], ...]:
    values: dict[str, str] = {}
    for item in found.member("tracking").members("items"):
        for signature in item.members("signatures"):
            value = signature.name("value")
            if value.lower() not in _OF_NO_USE:
                values.setdefault(signature.text("algorithm").strip(), value)
    claims = [(name, values[name]) for name in SIGNATURES if name in values]
    claims += [("content", content)] if (content := content_of(found.text("cve"))) else []
    claims += [("parameter", where.name("param"))] if where.text("param") else []
    claims += [("crash_state", where.name("crash_state"))] if where.text("crash_state") else []
    result = result_of(identifiers)
    return (*claims, *((("result", result),) if result else ()))


def _resource(where: Members, kind: str) -> str:
    if CLASSES[kind] is FindingClass.DAST:
        host, path = where.text("hostname"), where.text("path")
        return wording.name(f"{where.text('method') or 'GET'} {host}{path}") if host or path else ""
    workload = where.member("kubernetes_resource")
    parts = (workload.text(name) for name in ("namespace", "kind", "name", "container_name"))
    return wording.name("/".join(part for part in parts if part))


def _package(found: Members, where: Members, kind: str, context: Context) -> Package | None:
    dependency = where.member("dependency")
    full = dependency.member("package").text("name")
    if not full:
        return None
    fixed = fixed_version(found.text("solution"))
    version = dependency.name("version")
    if kind == DEPENDENCY:
        file = where.text("file")
        type_ = purl_type(context.managers.get(file, ""))
        type_ = type_of_manifest(file) if type_ == GENERIC else type_
        namespace, name = split_name(type_, full)
        return Package(type_, name, namespace, version, fixed)
    system = _SYSTEM.split(where.text("operating_system").lower())[0]
    type_ = purl_type(system)
    if type_ == GENERIC:
        image = where.text("image")
        type_ = purl_type(image) if type_of_manifest(image) == GENERIC else type_of_manifest(image)
        namespace, name = split_name(type_, full)
        return Package(type_, name, namespace, version, fixed, layer_of(type_))
    return Package(type_, wording.name(full), system, version, fixed, layer_of(type_))


def _score(found: Members) -> float | None:
    vectors: list[Any] = [item.text("vector") for item in found.members("cvss_vectors")]
    return max((score for vector in vectors if (score := base_score(vector))), default=None)
