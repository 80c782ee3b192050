"""Vulnerable packages in SARIF, which has no place for them: read from what tools write instead.

Known spellings: a package URL anywhere in a logical location or the properties; Trivy's message
lines (`Package:`, `Installed Version:`, `Fixed Version:`); Grype's rule help (`Package:`,
`Version:`, `Fix Version:`, `Type:`) and message (`reports NAME at version VERSION`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from riskcockpit.domain.finding import Package
from riskcockpit.formats.package_types import layer_of, purl_type
from riskcockpit.formats.vulnerabilities import package_from_purl, split_name
from riskcockpit.formats.wording import name

_FIELD = re.compile(r"^[ \t]*([A-Z][A-Za-z ]{2,20}):[ \t]*(.*)$", re.MULTILINE)
_GRYPE = re.compile(
    r"reports (?P<name>\S+) at version (?P<version>\S+?)\s+which .{0,60}?vulnerable "
    r"\((?P<type>[\w.\-]+)\) package"
)


def package_of(message: str, help_text: str, texts: Iterable[str]) -> Package | None:
    """Return the package a vulnerability result is about, or None when it does not say."""
    for text in texts:
        package = package_from_purl(text)
        if package is not None:
            return package
    return _from_fields(message) or _from_sentence(message, help_text) or _from_fields(help_text)


def _from_fields(text: str) -> Package | None:
    fields = {key.lower(): value.strip() for key, value in _FIELD.findall(text)}
    package = fields.get("package", "")
    if not package:
        return None
    kind = fields.get("type", "")
    return _package(
        package,
        fields.get("installed version") or fields.get("version", ""),
        fields.get("fixed version") or fields.get("fix version", ""),
        kind,
    )


def _from_sentence(message: str, help_text: str) -> Package | None:
    match = _GRYPE.search(message)
    if match is None:
        return None
    fields = {key.lower(): value.strip() for key, value in _FIELD.findall(help_text)}
    return _package(match["name"], match["version"], fields.get("fix version", ""), match["type"])


def _package(package: str, version: str, fixed: str, kind: str) -> Package:
    type_ = purl_type(kind)
    namespace, short = split_name(type_, package)
    return Package(
        type=type_,
        name=short,
        namespace=namespace,
        version=name(version),
        fixed_version=name(fixed),
        layer=layer_of(type_),
    )
