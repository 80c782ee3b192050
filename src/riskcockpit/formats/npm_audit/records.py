"""One record of an audit of npm packages → one observation; every manager's way to write it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from riskcockpit.domain.finding import Observation, Package
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.advisories import Advisory, vulnerable
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.documents import decode_json, decode_record
from riskcockpit.formats.grading import graded
from riskcockpit.formats.loose import at, items, number, objects, text, texts
from riskcockpit.formats.people import without_people
from riskcockpit.formats.suspicion import checked
from riskcockpit.formats.vulnerabilities import cwe_number, split_name, vulnerability_ids

NPM = "npm audit"
YARN = "yarn audit"
MAX_PATHS = 20
"""How many ways to a package the description lists."""


class OldAdvisory(msgspec.Struct, gc=False):
    """An advisory as npm 6, pnpm and yarn 1 write it."""

    id: Any = None
    module_name: Any = None
    findings: Any = None
    title: Any = None
    overview: Any = None
    recommendation: Any = None
    severity: Any = None
    cves: Any = None
    cwe: Any = None
    cvss: Any = None
    github_advisory_id: Any = None
    url: Any = None
    patched_versions: Any = None
    vulnerable_versions: Any = None


_FIRST = re.compile(r">=\s*([\w.+-]+)")
_OLD = msgspec.json.Decoder(OldAdvisory)


def old_advisory(tool: str, raw: bytes, place: str, options: ReadOptions) -> Observation:
    """Read an advisory of npm 6, pnpm or yarn 1.

    Raises:
        SkipRecordError: it has another shape, or names no package.
    """
    raw = without_people(checked(raw, options))
    found = decode_record(raw, _OLD.decode, OldAdvisory)
    findings = objects(found.findings)
    versions = dict.fromkeys(text(one, "version") for one in findings)
    ids = (text(found.github_advisory_id), *texts(found.cves), *vulnerability_ids(text(found.url)))
    rule = _rule(ids, text(found.id))
    return vulnerable(
        tool,
        _package(text(found.module_name), versions, _fixed(text(found.patched_versions))),
        Advisory(
            rule=rule,
            grade=graded(tool, rule, text(found.severity), "severity", options),
            aliases=ids,
            summary=text(found.title),
            about=(
                text(found.overview),
                text(found.recommendation),
                _range(text(found.vulnerable_versions)),
                _ways(path for one in findings for path in texts(one, "paths")),
            ),
            cvss=number(found.cvss, "score"),
            cwes=tuple(_cwes(found.cwe)),
            links=(text(found.url),),
        ),
        place,
        raw,
    )


def via(raw: bytes, entry: Any, place: str, options: ReadOptions) -> Observation:
    """Read one advisory under `via` of a package, as npm 7 and newer write it.

    Raises:
        SkipRecordError: it has another shape, or names no package.
    """
    raw = without_people(checked(raw, options))
    found = decode_json(raw)
    ids = (*texts(found, "cves"), *vulnerability_ids(text(found, "url")))
    rule = _rule(ids, text(found, "source") or text(found, "id"))
    name = text(found, "dependency") or text(found, "name") or text(entry, "name")
    fix = at(entry, "fixAvailable")
    fixed = text(fix, "version") if text(fix, "name") == name else ""
    return vulnerable(
        NPM,
        _package(name, (), fixed),
        Advisory(
            rule=rule,
            grade=graded(NPM, rule, text(found, "severity"), "via.severity", options),
            aliases=ids,
            summary=text(found, "title"),
            about=(
                _range(text(found, "range")),
                _remedy(fix, name),
                _ways(texts(entry, "nodes")),
                _effects(texts(entry, "effects")),
            ),
            cvss=number(found, "cvss", "score"),
            cwes=tuple(_cwes(at(found, "cwe"))),
            links=(text(found, "url"),),
        ),
        place,
        raw,
    )


def berry_line(raw: bytes, name: str, place: str, options: ReadOptions) -> Observation:
    """Read the advisory in a line of `yarn npm audit` (yarn 4) for the package `name`.

    Raises:
        SkipRecordError: it has another shape.
    """
    raw = checked(raw, options)
    found = decode_json(raw)
    ids = vulnerability_ids(text(found, "URL"))
    rule = _rule(ids, text(found, "ID"))
    return vulnerable(
        YARN,
        _package(name, texts(found, "Tree Versions"), ""),
        Advisory(
            rule=rule,
            grade=graded(YARN, rule, text(found, "Severity"), "Severity", options),
            aliases=ids,
            summary=text(found, "Issue"),
            about=(
                _range(text(found, "Vulnerable Versions")),
                _ways(texts(found, "Dependents")),
            ),
            links=(text(found, "URL"),),
        ),
        place,
        raw,
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


def _remedy(fix: Any, name: str) -> str:
    if fix is False:
        return "No fix is available."
    other = text(fix, "name")
    if not other or other == name:
        return ""
    major = ", a new major version" if at(fix, "isSemVerMajor") is True else ""
    return f"Fixed by {other} {text(fix, 'version')}{major}."


def _ways(paths: Iterable[str]) -> str:
    """Return the ways to the package as a list, the first of them when there are many."""
    known = list(dict.fromkeys(paths))
    if not known:
        return ""
    more = [f"and {len(known) - MAX_PATHS} more"] if len(known) > MAX_PATHS else []
    return "Comes in by:\n" + "\n".join([*known[:MAX_PATHS], *more])


def _effects(names: list[str]) -> str:
    return f"Makes vulnerable as well: {', '.join(names)}" if names else ""


def _cwes(value: Any) -> Iterator[int]:
    for entry in items(value) or [value]:
        if (found := cwe_number(entry)) is not None:
            yield found
