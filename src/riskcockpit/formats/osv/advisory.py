"""An advisory in the Open Source Vulnerability schema (1.0 to 1.7): what two scanners embed."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from riskcockpit.domain.version import Version, version_of
from riskcockpit.formats.cvss import base_score
from riskcockpit.formats.members import NOTHING, Members
from riskcockpit.formats.vulnerabilities import cwe_number

MALICIOUS = "MAL-"
"""How ids of malicious packages begin."""


class OsvAdvisory(msgspec.Struct, gc=False):
    """The members that are read; all but the id may have any type."""

    id: str = ""
    aliases: Members = NOTHING
    related: Members = NOTHING
    upstream: Members = NOTHING
    summary: Members = NOTHING
    details: Members = NOTHING
    severity: Members = NOTHING
    affected: Members = NOTHING
    references: Members = NOTHING
    database_specific: Members = NOTHING
    withdrawn: Members = NOTHING


def aliases_of(advisory: OsvAdvisory) -> tuple[str, ...]:
    """Return the other ids of the same vulnerability.

    A distribution's advisory has those it is about under `upstream`; they count when it is one.
    """
    upstream = advisory.upstream.texts()
    return (*advisory.aliases.texts(), *(upstream if len(upstream) == 1 else ()))


def severity_of(advisory: OsvAdvisory) -> tuple[str | float | None, str]:
    """Return a word or score, and the field that it stands in.

    A package that is malicious has no score and is as bad as can be.
    """
    if advisory.id.upper().startswith(MALICIOUS):
        return "critical", f"id {MALICIOUS}…: a malicious package"
    for word, field in (
        (advisory.database_specific.word("severity"), "database_specific.severity"),
        (advisory.severity.word(), "severity"),
    ):
        if word:
            return word, field
    score = score_of(advisory)
    if score is not None:
        return score, "severity.score"
    for entry in advisory.severity.members():
        if entry.text("type") in ("Ubuntu", "OTHER") and (word := entry.text("score")):
            return word, f"severity by {entry.text('type')}"
    return None, "severity"


def score_of(advisory: OsvAdvisory) -> float | None:
    """Return the CVSS score of the newest version that can be computed, or None."""
    entries = [
        *advisory.severity.members(),
        *(entry for one in advisory.affected.members() for entry in one.members("severity")),
    ]
    ranked = sorted(entries, key=lambda entry: entry.text("type"), reverse=True)
    for entry in ranked:
        vector = entry.text("score")
        score = base_score(vector) if "/" in vector else entry.number("score")
        if score is not None:
            return score
    return None


def weaknesses_of(advisory: OsvAdvisory) -> Iterator[int]:
    """Yield CWE numbers from where databases put them."""
    sources = [
        advisory.database_specific,
        *(one.member("database_specific") for one in advisory.affected.members()),
    ]
    for source in sources:
        for member in ("cwe_ids", "cwes", "cwe"):
            for entry in source.items(member):
                if (found := cwe_number(entry.at("cweId") if entry else entry.value)) is not None:
                    yield found


def links_of(advisory: OsvAdvisory) -> Iterator[str]:
    """Yield addresses that explain the vulnerability, the advisory's own first."""
    yield advisory.database_specific.text("url")
    references = advisory.references.members()
    for reference in sorted(references, key=lambda one: one.text("type") != "ADVISORY"):
        yield reference.text("url")


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
    for affected in advisory.affected.members():
        if affected.text("package", "name").lower() != package.lower():
            continue
        for one in affected.members("ranges"):
            if one.text("type") == "GIT":
                continue
            introduced = "0"
            for event in one.members("events"):
                introduced = event.text("introduced") or introduced
                if fixed := event.text("fixed"):
                    yield introduced, fixed
