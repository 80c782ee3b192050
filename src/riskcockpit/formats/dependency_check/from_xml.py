"""OWASP Dependency-Check's XML, schema versions 1.1 to 4."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from xml.etree.ElementTree import Element

from riskcockpit.domain.finding import Observation
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.dependency_check.findings import (
    MAX_RELATED,
    TOOL,
    Dependency,
    Vulnerability,
    observation,
)
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.markup import parsed, record, text
from riskcockpit.formats.members import Members
from riskcockpit.formats.moments import moment

TITLE = "a report of dependency-check"
SUPPRESSED = "suppressedVulnerability"
_KINDS = ("vulnerability", SUPPRESSED)
_SCORES = ("cvssV4/baseScore", "cvssV3/baseScore", "cvssV2/score", "cvssV2/baseScore", "cvssScore")
_WORDS = ("severity", "cvssV4/baseSeverity", "cvssV3/baseSeverity", "cvssV2/severity")


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a report.

    Raises:
        FormatError: not well-formed, or beyond a limit.
    """
    root = parsed(content, TITLE, options)
    gathering = Gathering()
    dependencies = root.findall("dependencies/dependency")
    for number, element in enumerate(dependencies):
        place = f"dependency[{number}]"
        dependency = _dependency(element, options.redact)
        found = (item for item in element.iterfind("vulnerabilities/*") if item.tag in _KINDS)
        for inner, item in enumerate(found):
            where = f"{place}.{item.tag}[{inner}]"
            gathering.take(where, partial(_vulnerability, item, dependency, where, options))
    errors = tuple(_errors(root, options))
    scan = gathering.scan(
        TOOL,
        asset=_asset(root),
        tool_version=wording.name(text(root, "scanInfo/engineVersion")),
        scanned_at=moment(text(root, "projectInfo/reportDate")),
        is_successful=True if dependencies and not errors else None,
        tool_errors=errors,
    )
    return Report("dependency-check", (scan,))


def _asset(root: Element) -> str:
    about = root.find("projectInfo")
    group = text(about, "groupID") or text(about, "groupId")
    artifact = text(about, "artifactID") or text(about, "artifactId")
    if artifact:
        return wording.name(f"{group}:{artifact}" if group else artifact)
    return wording.name(text(about, "name"))


def _errors(root: Element, options: ReadOptions) -> Iterator[str]:
    """Yield what kept the tool from looking at everything."""
    for exception in root.iterfind("scanInfo/analysisExceptions/exception"):
        message = text(exception, "message") or text(exception)
        yield wording.title(options.redact(message or "an analyzer failed"))


def _dependency(element: Element, redact: Callable[[str], str]) -> Dependency:
    """Return a dependency; it is no record, so secrets are taken out of what it says here."""
    identifiers = element.find("identifiers")
    names = _names(identifiers) if identifiers is not None else ()
    related = (
        text(item, "fileName") or text(item, "filePath")
        for item in element.iterfind("relatedDependencies/relatedDependency")
    )
    return Dependency(
        redact(text(element, "fileName")),
        redact(text(element, "filePath")),
        tuple(map(redact, names)),
        tuple(map(redact, filter(None, islice(related, MAX_RELATED)))),
    )


def _names(identifiers: Element) -> Iterator[str]:
    """Yield what the package may be called; CPEs are no packages."""
    for package in identifiers.iterfind("package"):
        yield text(package, "id")
    for kind in ("maven", "npm", "nuget", "composer", "gem", "pypi", ""):
        for identifier in identifiers.iterfind("identifier"):
            if identifier.get("type", "") == kind:
                yield text(identifier, "name").strip("()")


def _vulnerability(
    element: Element, dependency: Dependency, place: str, options: ReadOptions
) -> Observation:
    raw = record(element, options)
    scores = (_score(element, path) for path in _SCORES)
    found = Vulnerability(
        name=text(element, "name"),
        severity=next((word for path in _WORDS if (word := text(element, path))), ""),
        score=next(filter(None, scores), None),
        cwes=[text(item) for item in element.iterfind("cwes/cwe")] or [text(element, "cwe")],
        description=text(element, "description"),
        notes=text(element, "notes"),
        references=[text(item, "url") for item in element.iterfind("references/reference")],
        is_suppressed=element.tag == SUPPRESSED,
        is_kev=element.find("knownExploitedVulnerability") is not None,
    )
    return observation(dependency, found, raw, place, options)


def _score(element: Element, path: str) -> float | None:
    return Members({"score": text(element, path)}).score("score")
