"""What the XML and the JSON of OWASP Dependency-Check share: one dependency, one vulnerability."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from riskcockpit.domain.finding import FindingClass, Location, Observation, Package
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.manifests import type_of_manifest
from riskcockpit.formats.package_types import GENERIC, purl_type
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import labelled, paragraphs, web_address
from riskcockpit.formats.vulnerabilities import (
    canonical_id,
    cwe_numbers,
    package_from_purl,
    split_name,
    vulnerability_ids,
)

TOOL = "dependency-check"
_WORDS = {"moderate": "medium", "unscored": ""}
_VERSION = re.compile(
    r"[-_](?P<version>v?\d[\w.+\-]*?)(?:\.(?:jar|war|ear|dll|exe|zip|tgz|whl|gem|nupkg))?$"
)
_SUFFIX = re.compile(r"\.(?:jar|war|ear|dll|exe|zip|tgz|whl|gem|nupkg)$", re.IGNORECASE)
MAX_RELATED = 20


@dataclass(frozen=True, slots=True)
class Dependency:
    """A file that was looked at, and the package it is."""

    file_name: str
    file_path: str
    packages: Sequence[str] = ()
    """Package URLs and the older `group:artifact:version`, the surest first."""
    related: Sequence[str] = ()
    """Names of files that are the same package, or came with it."""


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """One vulnerability of a dependency, from either form."""

    name: str
    severity: str = ""
    score: float | None = None
    """CVSS base score of the newest version given."""
    cwes: Sequence[str] = ()
    description: str = ""
    notes: str = ""
    """Why it is suppressed."""
    references: Sequence[str] = ()
    is_suppressed: bool = False
    is_kev: bool = False


def observation(
    dependency: Dependency, found: Vulnerability, raw: bytes, place: str, options: ReadOptions
) -> Observation:
    """Return the observation of a vulnerability.

    Raises:
        SkipRecordError: it has no name, or nothing says which package it is of.
    """
    name = found.name.strip()
    package = _package(dependency)
    if not name or package is None:
        raise SkipRecordError("a vulnerability without name or package")
    known = vulnerability_ids(name)
    rule = known[0] if known else canonical_id(name)
    severity, word, source = _grade(found, rule, options)
    manifest = _manifest(dependency, options)
    others = ", ".join(dependency.related[:MAX_RELATED])
    return Observation(
        finding_class=FindingClass.DEPENDENCY,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"{rule if known else name} in {package.name} {package.version}"),
        severity=severity,
        record=place,
        description=paragraphs(
            found.description,
            labelled("File", dependency.file_name),
            labelled("Related", others),
            labelled("Suppressed", found.notes),
        ),
        severity_raw=word,
        severity_source=source,
        is_suppressed=found.is_suppressed,
        locations=(Location(manifest),) if manifest else (),
        vulnerability_ids=known or (rule,),
        package=package,
        cwes=cwe_numbers(found.cwes),
        cvss=found.score,
        is_kev=found.is_kev,
        help_url=web_address(found.references),
        raw=raw,
    )


def _grade(found: Vulnerability, rule: str, options: ReadOptions) -> Grade:
    word = found.severity.strip()
    known = _WORDS.get(word.lower(), word)
    if not known and found.score is not None:
        return graded(TOOL, rule, found.score, "CVSS score", options)
    return graded(TOOL, rule, known, "severity", options)


def _manifest(dependency: Dependency, options: ReadOptions) -> str:
    """Return the manifest in which the package stands; empty for a file that is the package.

    `package-lock.json?/lodash` names both. The path of a jar has its version in it, so it must
    not become part of the identity.
    """
    path = dependency.file_path.partition("?")[0].strip()
    if type_of_manifest(path) == GENERIC:
        return ""
    return normalise(path, options.checkout_prefixes)


def _package(dependency: Dependency) -> Package | None:
    for text in dependency.packages:
        if package := package_from_purl(text):
            known = purl_type(package.type)
            return package if known == GENERIC else replace(package, type=known)
    for text in dependency.packages:
        if package := _coordinates(text):
            return package
    return _by_file(dependency)


def _coordinates(text: str) -> Package | None:
    """Return the package of an identifier of old reports: `group:artifact:version`, `name:1.0`."""
    parts = [part.strip() for part in text.strip().strip("()").split(":")]
    if text.startswith("cpe:") or not all(parts):
        return None
    match parts:
        case [group, artifact, version]:
            return Package(
                "maven", wording.name(artifact), wording.name(group), wording.name(version)
            )
        case [name, version]:
            return Package(GENERIC, wording.name(name), version=wording.name(version))
        case _:
            return None


def _by_file(dependency: Dependency) -> Package | None:
    """Return the package that a file's name tells, as `dom4j-2.1.1.jar` or `lodash:4.17.11`."""
    file = dependency.file_name or re.split(r"[/\\]", dependency.file_path)[-1]
    name = file.rpartition(": ")[2].strip()
    type_ = type_of_manifest(dependency.file_path.partition("?")[0])
    head, _, tail = name.rpartition(":")
    if head and tail[:1].isdigit():
        namespace, bare = split_name(type_, head)
        return Package(type_, bare, namespace, wording.name(tail))
    match = _VERSION.search(name)
    version = match["version"] if match else ""
    bare = name[: match.start()] if match else _SUFFIX.sub("", name)
    return Package(type_, wording.name(bare), version=wording.name(version)) if bare else None
