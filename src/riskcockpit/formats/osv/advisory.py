"""An advisory in the Open Source Vulnerability schema (1.0 to 1.7): what two scanners embed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from riskcockpit.domain.version import Version, version_of
from riskcockpit.formats.cvss import base_score
from riskcockpit.formats.loose import at, items, number, objects, text, texts
from riskcockpit.formats.vulnerabilities import cwe_number
from riskcockpit.formats.wording import scalar

MALICIOUS = "MAL-"
"""How ids of malicious packages begin."""


class OsvAdvisory(msgspec.Struct, gc=False):
    """The members that are read; all but the id may have any type."""

    id: str = ""
    aliases: Any = None
    related: Any = None
    upstream: Any = None
    summary: Any = None
    details: Any = None
    severity: Any = None
    affected: Any = None
    references: Any = None
    database_specific: Any = None
    withdrawn: Any = None


def aliases_of(advisory: OsvAdvisory) -> tuple[str, ...]:
    """Return the other ids of the same vulnerability.

    A distribution's advisory has those it is about under `upstream`; they count when it is one.
    """
    upstream = texts(advisory.upstream)
    return (*texts(advisory.aliases), *(upstream if len(upstream) == 1 else ()))


def severity_of(advisory: OsvAdvisory) -> tuple[str | float | None, str]:
    """Return a word or score, and the field that it stands in.

    A package that is malicious has no score and is as bad as can be.
    """
    if advisory.id.upper().startswith(MALICIOUS):
        return "critical", f"id {MALICIOUS}…: a malicious package"
    for value, field in (
        (at(advisory.database_specific, "severity"), "database_specific.severity"),
        (advisory.severity, "severity"),
    ):
        if word := scalar(value).strip():
            return word, field
    score = score_of(advisory)
    if score is not None:
        return score, "severity.score"
    for entry in objects(advisory.severity):
        if text(entry, "type") in ("Ubuntu", "OTHER") and (word := text(entry, "score")):
            return word, f"severity by {text(entry, 'type')}"
    return None, "severity"


def score_of(advisory: OsvAdvisory) -> float | None:
    """Return the CVSS score of the newest version that can be computed, or None."""
    entries = [
        *objects(advisory.severity),
        *(entry for one in objects(advisory.affected) for entry in objects(one, "severity")),
    ]
    ranked = sorted(entries, key=lambda entry: text(entry, "type"), reverse=True)
    for entry in ranked:
        vector = text(entry, "score")
        score = base_score(vector) if "/" in vector else number(entry, "score")
        if score is not None:
            return score
    return None


def weaknesses_of(advisory: OsvAdvisory) -> Iterator[int]:
    """Yield CWE numbers from where databases put them."""
    sources = [
        advisory.database_specific,
        *(at(one, "database_specific") for one in objects(advisory.affected)),
    ]
    for source in sources:
        for member in ("cwe_ids", "cwes", "cwe"):
            for entry in items(source, member):
                value = at(entry, "cweId") if isinstance(entry, dict) else entry
                if (found := cwe_number(value)) is not None:
                    yield found


def links_of(advisory: OsvAdvisory) -> Iterator[str]:
    """Yield addresses that explain the vulnerability, the advisory's own first."""
    yield text(advisory.database_specific, "url")
    references = objects(advisory.references)
    for reference in sorted(references, key=lambda one: text(one, "type") != "ADVISORY"):
        yield text(reference, "url")


def fixes_for(advisory: OsvAdvisory, package: str, version: str) -> tuple[str, ...]:
    """Return the versions without the fault, of the range `version` lies in where that is known."""
    installed = version_of(version)
    all_fixes: list[str] = []
    own: list[str] = []
    for introduced, fixed in _ranges(advisory, package):
        all_fixes.append(fixed)
        low, high = version_of(introduced), version_of(fixed)
        if installed and low is not None and high and _lies(installed, low, high):
            own.append(fixed)
    return tuple(dict.fromkeys(own or all_fixes))


def _lies(version: Version, low: Version, high: Version) -> bool:
    return low <= version < high


def _ranges(advisory: OsvAdvisory, package: str) -> Iterator[tuple[str, str]]:
    """Yield (introduced, fixed) of all ranges of the package that end."""
    for affected in objects(advisory.affected):
        if text(affected, "package", "name").lower() != package.lower():
            continue
        for one in objects(affected, "ranges"):
            if text(one, "type") == "GIT":
                continue
            introduced = "0"
            for event in objects(one, "events"):
                introduced = text(event, "introduced") or introduced
                if fixed := text(event, "fixed"):
                    yield introduced, fixed
