"""What all of Veracode's forms share: its name, its scale, and the names of its components."""

from __future__ import annotations

import re

from riskcockpit.domain.finding import Package
from riskcockpit.domain.severity import Severity
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.package_types import GENERIC
from riskcockpit.formats.vulnerabilities import split_name
from riskcockpit.formats.wording import name

TOOL = "Veracode"
WORDS = {
    "0": Severity.INFO,
    "1": Severity.LOW,
    "2": Severity.LOW,
    "3": Severity.MEDIUM,
    "4": Severity.HIGH,
    "5": Severity.CRITICAL,
}
"""From informational (0) and very low (1) to very high (5)."""
_TYPES = {
    "java": "maven",
    "scala": "maven",
    "kotlin": "maven",
    "javascript": "npm",
    "typescript": "npm",
    "python": "pypi",
    "ruby": "gem",
    "golang": "golang",
    "go": "golang",
    "php": "composer",
    "dotnet": "nuget",
    "csharp": "nuget",
    "objectivec": "cocoapods",
    "swift": "cocoapods",
}
_SUFFIXES = {
    "jar": "maven",
    "war": "maven",
    "dll": "nuget",
    "gem": "gem",
    "whl": "pypi",
    "js": "npm",
}
_NUMBER = re.compile(r"(?<!\d)\d{1,5}(?!\d)", re.ASCII)
_SUFFIX = re.compile(r"\.(?P<suffix>[A-Za-z]{2,4})$")


def grade(word: str, rule: str, source: str, options: ReadOptions) -> Grade:
    """Return the grade for one of Veracode's numbers."""
    return graded(TOOL, rule, word, source, options, words=WORDS)


def weaknesses(text: str) -> tuple[int, ...]:
    """Return the CWE numbers in one of Veracode's attributes: `89`, `CWE-89`, or several."""
    numbers = (int(digits) for digits in _NUMBER.findall(text))
    return tuple(dict.fromkeys(number for number in numbers if number))


def component(file_name: str, version: str, language: str = "", full: str = "") -> Package:
    """Return the package of a file, called `full` where the report knows its real name.

    Uploaded files lie at paths with versions in them, so the layer stands in for the path.
    """
    match = _SUFFIX.search(file_name)
    suffix = match["suffix"].lower() if match else ""
    type_ = _TYPES.get(language.lower()) or _SUFFIXES.get(suffix, GENERIC)
    bare = file_name[: match.start()] if match and suffix in _SUFFIXES else file_name
    without_version = bare.removesuffix(version).rstrip("-_") if version else bare
    namespace, package = split_name(type_, full or without_version or file_name)
    return Package(type_, package, namespace, version=name(version), layer="lang")
