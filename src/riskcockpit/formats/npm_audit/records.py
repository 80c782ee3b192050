"""One record of an audit of npm packages → one observation; every manager's way to write it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from riskcockpit.domain.finding import Observation, Package
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import people, wording
from riskcockpit.formats.advisories import Advisory, vulnerable
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.documents import decode_record
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import NOTHING, Members, record_of, viewed
from riskcockpit.formats.suspicion import checked
from riskcockpit.formats.vulnerabilities import cwe_number, split_name, vulnerability_ids

NPM = "npm audit"
YARN = "yarn audit"
MAX_PATHS = 20
"""How many ways to a package the description lists."""


class OldAdvisory(msgspec.Struct, gc=False):
    """An advisory as npm 6, pnpm and yarn 1 write it."""

    id: Members = NOTHING
    module_name: Members = NOTHING
    findings: Members = NOTHING
    title: Members = NOTHING
    overview: Members = NOTHING
    recommendation: Members = NOTHING
    severity: Members = NOTHING
    cves: Members = NOTHING
    cwe: Members = NOTHING
    cvss: Members = NOTHING
    github_advisory_id: Members = NOTHING
    url: Members = NOTHING
    patched_versions: Members = NOTHING
    vulnerable_versions: Members = NOTHING


_FIRST = re.compile(r">=\s*([\w.+-]+)")
_OLD = msgspec.json.Decoder(OldAdvisory, dec_hook=viewed)


def old_advisory(tool: str, raw: bytes, place: str, options: ReadOptions) -> Observation:
    """Read an advisory of npm 6, pnpm or yarn 1.

    Raises:
        SkipRecordError: it has another shape, or names no package.
    """
    raw = checked(raw, options, without=people.FIELDS)
    found = decode_record(raw, _OLD)
    findings = found.findings.members()
    versions = dict.fromkeys(one.text("version") for one in findings)
    ids = (
        found.github_advisory_id.text(),
        *found.cves.texts(),
        *vulnerability_ids(found.url.text()),
    )
    rule = _rule(ids, found.id.text())
    return vulnerable(
        tool,
        _package(found.module_name.text(), versions, _fixed(found.patched_versions.text())),
        Advisory(
            rule=rule,
            grade=graded(tool, rule, found.severity.word(), "severity", options),
            aliases=ids,
            summary=found.title.text(),
            about=(
                found.overview.text(),
                found.recommendation.text(),
                _range(found.vulnerable_versions.text()),
                _ways(path for one in findings for path in one.texts("paths")),
            ),
            cvss=found.cvss.score("score"),
            cwes=tuple(_cwes(found.cwe)),
            links=(found.url.text(),),
        ),
        place,
        raw,
    )


def via(raw: bytes, entry: Members, place: str, options: ReadOptions) -> Observation:
    """Read one advisory under `via` of a package, as npm 7 and newer write it.

    Raises:
        SkipRecordError: it has another shape, or names no package.
    """
    found = record_of(raw, options, without=people.FIELDS)
    ids = (*found.texts("cves"), *vulnerability_ids(found.text("url")))
    rule = _rule(ids, found.text("source") or found.text("id"))
    name = found.text("dependency") or found.text("name") or entry.text("name")
    fix = entry.member("fixAvailable")
    fixed = fix.text("version") if fix.text("name") == name else ""
    return vulnerable(
        NPM,
        _package(name, (), fixed),
        Advisory(
            rule=rule,
            grade=graded(NPM, rule, found.word("severity"), "via.severity", options),
            aliases=ids,
            summary=found.text("title"),
            about=(
                _range(found.text("range")),
                _remedy(fix, name),
                _ways(entry.texts("nodes")),
                _effects(entry.texts("effects")),
            ),
            cvss=found.member("cvss").score("score"),
            cwes=tuple(_cwes(found.member("cwe"))),
            links=(found.text("url"),),
        ),
        place,
        found.raw,
    )


def berry_line(raw: bytes, name: str, place: str, options: ReadOptions) -> Observation:
    """Read the advisory in a line of `yarn npm audit` (yarn 4) for the package `name`.

    Raises:
        SkipRecordError: it has another shape.
    """
    found = record_of(raw, options)
    ids = vulnerability_ids(found.text("URL"))
    rule = _rule(ids, found.text("ID"))
    return vulnerable(
        YARN,
        _package(name, found.texts("Tree Versions"), ""),
        Advisory(
            rule=rule,
            grade=graded(YARN, rule, found.word("Severity"), "Severity", options),
            aliases=ids,
            summary=found.text("Issue"),
            about=(
                _range(found.text("Vulnerable Versions")),
                _ways(found.texts("Dependents")),
            ),
            links=(found.text("URL"),),
        ),
        place,
        found.raw,
    )


def _rule(ids: Iterable[str], number_: str) -> str:
    best = sorted(filter(None, ids), key=lambda id_: not id_.upper().startswith("GHSA-"))
    return best[0] if best else f"NPM-{number_}" if number_ else ""


def _package(name: str, versions: Iterable[str], fixed: str) -> Package:
    if not name:
        raise SkipRecordError("an advisory without the name of the package")
    namespace, bare = split_name("npm", name)
    version = wording.name(", ".join(filter(None, versions)))
    return Package("npm", bare, namespace, version, wording.name(fixed))


def _fixed(patched: str) -> str:
    """Return the first version with the fix of each branch; `<0.0.0` is how npm says "none"."""
    return ", ".join(_FIRST.findall(patched)) or ("" if "<" in patched else patched)


def _range(versions: str) -> str:
    return f"Vulnerable versions: {versions}" if versions else ""


def _remedy(fix: Members, name: str) -> str:
    if fix.value is False:
        return "No fix is available."
    other = fix.text("name")
    if not other or other == name:
        return ""
    major = ", a new major version" if fix.at("isSemVerMajor") is True else ""
    return f"Fixed by {other} {fix.text('version')}{major}."


def _ways(paths: Iterable[str]) -> str:
    """Return the ways to the package as a list, the first of them when there are many."""
    known = list(dict.fromkeys(paths))
    if not known:
        return ""
    more = [f"and {len(known) - MAX_PATHS} more"] if len(known) > MAX_PATHS else []
    return "Comes in by:\n" + "\n".join([*known[:MAX_PATHS], *more])


def _effects(names: list[str]) -> str:
    return f"Makes vulnerable as well: {', '.join(names)}" if names else ""


def _cwes(value: Members) -> Iterator[int]:
    for entry in value.items():
        if (found := cwe_number(entry.value)) is not None:
            yield found
