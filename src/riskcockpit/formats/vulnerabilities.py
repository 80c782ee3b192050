"""Vulnerability ids, weakness numbers and package URLs, found in the texts of reports."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from riskcockpit.domain.finding import Package
from riskcockpit.formats.wording import name

_VULNERABILITY = re.compile(
    r"\b(?:CVE-\d{4}-\d{4,12}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}|PYSEC-\d{4}-\d+|GO-\d{4}-\d{4,}"
    r"|RUSTSEC-\d{4}-\d{4}|ALAS\d{0,4}-\d{4}-\d+|DSA-\d+-\d+|DLA-\d+-\d+|USN-\d+-\d+|TEMP-\d{7}-\w+"
    r"|SNYK-[A-Z0-9]+-[A-Z0-9.]+-\d+|AVD-[A-Z]+-\d{4}|ELSA-\d{4}-\d+|RHSA-\d{4}:\d+)\b",
    re.IGNORECASE,
)
LARGEST_CWE = 99_999
"""A number beyond it names no weakness, and would not fit the cache."""
_CWE = re.compile(r"\bcwe(?:[-_ ]id)?[-_:/ ]{0,2}0{0,6}(\d{1,5})\b", re.IGNORECASE)
_PURL = re.compile(r"\bpkg:(?P<type>[a-z0-9.+\-]+)/(?P<rest>[^\s\"'<>?#]+)", re.IGNORECASE)


def vulnerability_ids(text: str) -> tuple[str, ...]:
    """Return the ids of known vulnerabilities in `text`, each once, CVE and the like upper-case."""
    return tuple(dict.fromkeys(canonical_id(match) for match in _VULNERABILITY.findall(text)))


def canonical_id(text: str) -> str:
    """Return the id with its usual letter case: all upper, but for the body of a GHSA id."""
    text = name(text)
    return f"GHSA-{text[5:].lower()}" if text[:5].upper() == "GHSA-" else text.upper()


def cwe_numbers(texts: Iterable[str]) -> tuple[int, ...]:
    """Return the CWE numbers in `texts`, each once, in the order of appearance."""
    found = (int(number) for text in texts for number in _CWE.findall(text))
    return tuple(dict.fromkeys(number for number in found if number))


def cwe_number(value: Any) -> int | None:
    """Return the CWE number `value` stands for (79, `79`, `CWE-79: …`), or None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 < value <= LARGEST_CWE else None
    if not isinstance(value, str):
        return None
    text = f"CWE-{value.strip()}" if value.strip().isdigit() else value
    return next(iter(cwe_numbers([text])), None)


def package_from_purl(text: str) -> Package | None:
    """Return the package of the first package URL in `text`, or None."""
    match = _PURL.search(text)
    if match is None:
        return None
    path, _, version = match["rest"].strip("/").rpartition("@")
    if not path or "/" in version:  # no version; an @ there was is that of a scope
        path, version = match["rest"].strip("/"), ""
    namespace, _, package = path.rpartition("/")
    if not package:
        return None
    return Package(
        type=match["type"].lower(),
        name=name(unquote(package)),
        namespace=name(unquote(namespace)),
        version=name(unquote(version)),
    )


def split_name(purl_type: str, full: str) -> tuple[str, str]:
    """Return namespace and name of a package as its ecosystem writes it, as the purl would."""
    full = name(full)
    if purl_type == "maven":
        group, _, artifact = full.replace("/", ":").rpartition(":")
        return group, artifact
    if purl_type in _SLASHED:
        namespace, _, package = full.rpartition("/")
        return namespace, package
    if purl_type == "pypi":
        return "", re.sub(r"[-_.]+", "-", full).lower()
    return "", full


_SLASHED = frozenset({"npm", "golang", "composer", "swift", "github"})
