"""One vulnerability or licence issue of a package, as Snyk writes it → one observation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from riskcockpit.domain.finding import FindingClass, Location, Observation, Package
from riskcockpit.domain.pillar import Pillar
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.grading import graded
from riskcockpit.formats.manifests import type_of_manifest
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.package_types import GENERIC, layer_of, purl_type
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import labelled, paragraphs, web_address
from riskcockpit.formats.vulnerabilities import canonical_id, cwe_numbers, split_name

TOOL = "Snyk"
LICENSE = "license"
_PEOPLE = frozenset({"credit"})
_SYSTEMS = re.compile(r"^(?P<system>[a-z][a-z\- ]*)[:\d]?")
_NAMED = ("CVE", "GHSA", "ALTERNATIVE", "OSVDB", "RHSA", "USN", "DSA")
"""Kinds of identifiers that name the vulnerability, the best first."""


@dataclass(frozen=True, slots=True)
class Project:
    """What all issues of one project share."""

    manager: str
    manifest: str
    is_image: bool
    options: ReadOptions


def vulnerability(
    raw: bytes, place: str, project: Project, *, is_ignored: bool = False
) -> Observation:
    """Read a vulnerability, or what a licence policy objects to.

    Raises:
        SkipRecordError: it has no id or package.
    """
    found = record_of(raw, project.options, without=_PEOPLE)
    kept = found.raw
    rule = found.name("id")
    full = found.first("packageName", "moduleName", "name") or _last_of(found)[0]
    if not rule or not full:
        raise SkipRecordError("an issue without id or package")
    package = _package(found, full, project)
    word = found.first("severityWithCritical", "severity")
    severity, word, source = graded(TOOL, rule, word, "severity", project.options)
    path = normalise(project.manifest, project.options.checkout_prefixes)
    is_in_system = package.layer == "os"
    seen = Observation(
        finding_class=FindingClass.DEPENDENCY,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"{found.text('title') or rule} in {full}"),
        severity=severity,
        record=place,
        description=_description(found),
        severity_raw=word,
        severity_source=source,
        is_suppressed=is_ignored or found.flag("isIgnored"),
        locations=(Location(path),) if path and not is_in_system else (),
        vulnerability_ids=_ids(found, rule),
        package=package,
        cwes=cwe_numbers(found.member("identifiers").texts("CWE")),
        cvss=found.score("cvssScore"),
        epss=found.member("epssDetails").probability("probability"),
        help_url=_help_url(found, rule),
        raw=kept,
    )
    return _licence(seen, full) if found.text("type") == LICENSE else seen


def _licence(seen: Observation, package: str) -> Observation:
    """Return the observation as one of a licence: known by rule, manifest and package."""
    return replace(
        seen,
        finding_class=FindingClass.CODE,
        fingerprints=(("packageName", wording.name(package)),),
        vulnerability_ids=(),
        package=None,
        pillar=Pillar.COMPLIANCE_AUTOMATION,
    )


def _description(found: Members) -> str:
    fixed = found.texts("fixedIn")
    return paragraphs(
        found.text("description"),
        labelled("Introduced through", " > ".join(found.texts("from"))),
        labelled("Fixed in", ", ".join(fixed)),
        labelled("Exploit", found.text("exploit")),
    )


def _ids(found: Members, rule: str) -> tuple[str, ...]:
    named = found.member("identifiers")
    texts = [text for kind in _NAMED for text in named.texts(kind)]
    return tuple(dict.fromkeys([*(canonical_id(text) for text in texts), rule]))


def _package(found: Members, full: str, project: Project) -> Package:
    manager = found.text("packageManager") or project.manager
    version = found.name("version") or wording.name(_last_of(found)[1])
    fixed = first_fix(found.texts("nearestFixedInVersion") or found.texts("fixedIn"), version)
    match = _SYSTEMS.match(manager.lower())
    system = match["system"].strip() if match else ""
    if project.is_image and layer_of(purl_type(system)) == "os":
        # Snyk writes `source/binary`; other tools know the binary package
        name = wording.name((found.text("name") or full).rpartition("/")[2])
        return Package(purl_type(system), name, _distribution(system), version, fixed, "os")
    type_ = purl_type(manager)
    type_ = type_of_manifest(project.manifest) if type_ == GENERIC else type_
    module = found.member("mavenModuleName")
    if module.text("artifactId"):
        namespace, name = module.name("groupId"), module.name("artifactId")
    else:
        namespace, name = split_name(type_, full)
    layer = layer_of(type_) if project.is_image else ""
    return Package(type_, name, namespace, version, fixed, layer)


def _last_of(found: Members) -> tuple[str, str]:
    """Return name and version of the package at the end of the way to it: `lodash@4.17.1`."""
    name, mark, version = next(reversed(found.texts("from")), "").rpartition("@")
    return (name, version) if mark and name else (version, "")


def _distribution(system: str) -> str:
    """Return the namespace of an operating system's packages; `deb` and `linux` name none."""
    return "" if system in ("deb", "apk", "rpm", "linux") else system


def first_fix(versions: Sequence[str], current: str) -> str:
    """Return the first fixed version of the line in use, else the first of all."""
    line = current.partition(".")[0]
    same = [version for version in versions if line and version.partition(".")[0] == line]
    return wording.name(next(iter([*same, *versions]), ""))


def _help_url(found: Members, rule: str) -> str:
    references = [item.text("url") for item in found.members("references")]
    own = f"https://security.snyk.io/vuln/{rule}" if rule.startswith(("SNYK-", "npm:")) else ""
    return web_address([found.text("url"), own, *references])
