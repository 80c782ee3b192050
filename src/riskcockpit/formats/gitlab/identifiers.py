"""Identifiers of GitLab's vulnerabilities: the rule, ids of vulnerabilities, weaknesses."""

from __future__ import annotations

import re
from collections.abc import Sequence

from riskcockpit.formats import wording
from riskcockpit.formats.members import Members
from riskcockpit.formats.vulnerabilities import canonical_id, cwe_number, vulnerability_ids

OF_ONE_RESULT = frozenset({"cxonescan"})
"""Types that number the result and not the rule (Checkmarx's export in GitLab's format)."""
_ADVISORIES = frozenset({"cve", "ghsa", "usn", "rhsa", "elsa", "osvdb", "hackerone"})
_CONTENT = re.compile(r"(?:^|:)(?P<digest>[0-9a-f]{32,64})(?::|$)")
_UPGRADE = re.compile(
    r"\bupgrade\b.{0,200}?\bto (?:the )?(?:versions? )?v?(?P<version>\d[\w.+~:\-]*)", re.IGNORECASE
)


def rule_of(identifiers: Sequence[Members]) -> str:
    """Return what the first identifier that names a rule calls it; empty without one."""
    for identifier in identifiers:
        type_, value = identifier.text("type").lower(), identifier.text("value")
        if type_ in OF_ONE_RESULT:
            continue
        if type_ == "cwe" and (number := cwe_number(value)):
            return f"CWE-{number}"
        if found := vulnerability_ids(value):
            return found[0]
        return wording.name(_plainer(value, identifier.text("name")))
    return ""


def _plainer(value: str, name: str) -> str:
    """Return the one of both that looks like an id: without blanks, else the shorter."""
    texts = [text for text in (value, name) if text]
    return min(texts, key=lambda text: (len(text.split()) > 1, len(text)), default="")


def result_of(identifiers: Sequence[Members]) -> str:
    """Return the identifier that numbers this one result; empty without one."""
    return next(
        (
            identifier.name("value")
            for identifier in identifiers
            if identifier.text("type").lower() in OF_ONE_RESULT
        ),
        "",
    )


def content_of(compare_key: str) -> str:
    """Return the digest of the code in a `cve` such as `path:digest:rule`; empty without one.

    Some analyzers put the line there instead, which moves.
    """
    match = _CONTENT.search(compare_key)
    return match["digest"] if match else ""


def advisories(identifiers: Sequence[Members]) -> tuple[str, ...]:
    """Return all ids of the vulnerability, each once."""
    found: list[str] = []
    for identifier in identifiers:
        value = identifier.text("value")
        if identifier.text("type").lower() in _ADVISORIES:
            found.append(canonical_id(value))
        else:
            found += vulnerability_ids(value)
    return tuple(dict.fromkeys(filter(None, found)))


def weaknesses(identifiers: Sequence[Members]) -> tuple[int, ...]:
    """Return the CWE numbers, each once."""
    numbers = (
        cwe_number(identifier.text("value"))
        for identifier in identifiers
        if identifier.text("type").lower() == "cwe"
    )
    return tuple(dict.fromkeys(number for number in numbers if number))


def fixed_version(solution: str) -> str:
    """Return the version a solution tells to upgrade to; empty when it tells none."""
    match = _UPGRADE.search(solution)
    return wording.name(match["version"].rstrip(".")) if match else ""
