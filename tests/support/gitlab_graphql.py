"""As much of GraphQL as the simulated GitLab needs: it reads queries and answers what they ask.

A field that GitLab does not publish, or a query that is not well formed, is an error as there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(r"\.\.\.|[A-Za-z_]\w*|\$\w+|[{}()\[\]:!,=]|\"[^\"]*\"|-?\d+")
_PACKAGE: dict[str, Any] = {"package": {"name": {}}, "version": {}}
_IDENTIFIER: dict[str, Any] = {"externalType": {}, "externalId": {}, "name": {}, "url": {}}
_LOCATIONS: dict[str, Any] = {
    "VulnerabilityLocationSast": {
        "file": {}, "startLine": {}, "endLine": {}, "vulnerableClass": {}, "vulnerableMethod": {},
        "blobPath": {},
    },
    "VulnerabilityLocationSecretDetection": {
        "file": {}, "startLine": {}, "endLine": {}, "vulnerableClass": {}, "vulnerableMethod": {},
    },
    "VulnerabilityLocationDependencyScanning": {"file": {}, "blobPath": {}, "dependency": _PACKAGE},
    "VulnerabilityLocationContainerScanning": {
        "image": {}, "operatingSystem": {}, "dependency": _PACKAGE,
    },
    "VulnerabilityLocationClusterImageScanning": {
        "image": {}, "operatingSystem": {}, "dependency": _PACKAGE,
        "kubernetesResource": {"namespace": {}, "kind": {}, "name": {}, "containerName": {}},
    },
    "VulnerabilityLocationDast": {"hostname": {}, "path": {}, "requestMethod": {}, "param": {}},
    "VulnerabilityLocationCoverageFuzzing": {
        "file": {}, "startLine": {}, "endLine": {}, "crashType": {}, "crashState": {},
    },
    "VulnerabilityLocationGeneric": {"description": {}},
}  # fmt: skip
_PLAIN = (
    "id uuid state title description severity reportType solution detectedAt dismissedAt resolvedAt"
    " resolvedOnDefaultBranch webUrl dismissalReason stateComment falsePositive updatedAt"
)
VULNERABILITY: dict[str, Any] = {
    **{name: {} for name in _PLAIN.split()},
    "project": {"id": {}, "fullPath": {}, "name": {}},
    "scanner": {"id": {}, "externalId": {}, "name": {}, "vendor": {}},
    "primaryIdentifier": _IDENTIFIER,
    "identifiers": _IDENTIFIER,
    "links": {"name": {}, "url": {}},
    "cvss": {"vector": {}, "vendor": {}, "version": {}, "baseScore": {}, "severity": {}},
    "location": _LOCATIONS,
}  # fmt: skip
"""What GitLab publishes of a vulnerability, as far as anybody here might ask; a union by type."""
_LIST = {"pageInfo": {"hasNextPage": {}, "endCursor": {}}, "nodes": VULNERABILITY}
_OWNER = {"fullPath": {}, "vulnerabilities": _LIST}
_ANSWER = {"errors": {}, "vulnerability": VULNERABILITY}
SCHEMA: dict[str, Any] = {
    "project": _OWNER,
    "group": _OWNER,
    "vulnerability": VULNERABILITY,
    "vulnerabilityDismiss": _ANSWER,
    "vulnerabilityRevertToDetected": _ANSWER,
    "vulnerabilityConfirm": _ANSWER,
}


class BadQueryError(Exception):
    """GitLab would not take the query."""


@dataclass
class Field:
    """One field that is asked for."""

    name: str
    alias: str
    arguments: dict[str, Any] = field(default_factory=dict)
    inner: list[Field] = field(default_factory=list)
    on: str = ""
    """The type of a union it is asked of; such a field has no name of its own."""


class Query:
    """A query taken apart."""

    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self._tokens = _TOKEN.findall(text)
        if re.sub(r"[\s]", "", _TOKEN.sub("", text)):
            raise BadQueryError("Parse error")
        self._variables = variables
        self.operation = self._next()
        if self._peek() == "(":
            self._declared()
        self.fields = self._selection()

    def _declared(self) -> None:
        """Read the declarations; each has to be given when it must not be null."""
        while self._next() != ")":
            if not self._peek().startswith("$"):
                continue
            name = self._next()[1:]
            self._take(":")
            self._next()
            if self._peek() == "!" and self._variables.get(name) is None:
                raise BadQueryError(f"Variable ${name} was provided invalid value")

    def _selection(self) -> list[Field]:
        self._take("{")
        found: list[Field] = []
        while self._peek() != "}":
            found.append(self._field())
        self._take("}")
        return found

    def _field(self) -> Field:
        if self._peek() == "...":
            self._take("...")
            self._take("on")
            kind = self._next()
            return Field("", "", inner=self._selection(), on=kind)
        alias = name = self._next()
        if self._peek() == ":":
            self._take(":")
            name = self._next()
        made = Field(name, alias)
        if self._peek() == "(":
            self._take("(")
            made.arguments = self._object(")")
        if self._peek() == "{":
            made.inner = self._selection()
        return made

    def _object(self, end: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self._peek() != end:
            if self._peek() == ",":
                self._take(",")
                continue
            name = self._next()
            self._take(":")
            found[name] = self._value()
        self._take(end)
        return found

    def _value(self) -> Any:
        token = self._next()
        if token == "{":
            return self._object("}")
        if token == "[":
            items = []
            while (item := self._next()) != "]":
                if item != ",":
                    items.append(item)
            return items
        return self._variables.get(token[1:]) if token.startswith("$") else token.strip('"')

    def _peek(self) -> str:
        if not self._tokens:
            raise BadQueryError("Parse error on end of file")
        return str(self._tokens[0])

    def _next(self) -> str:
        token = self._peek()
        self._tokens.pop(0)
        return token

    def _take(self, wanted: str) -> None:
        if (found := self._next()) != wanted:
            raise BadQueryError(f"Parse error on {found!r}, expected {wanted!r}")


def selected(value: Any, fields: list[Field], known: Mapping[str, Any], place: str) -> Any:
    """Return of `value` what `fields` ask for.

    Raises:
        BadQueryError: one of them is no field of what GitLab publishes (`known`).
    """
    if value is None:
        return None
    if isinstance(value, list):
        return [selected(item, fields, known, place) for item in value]
    shown: dict[str, Any] = {}
    for each in fields:
        _check(each, known, place)
        if not each.on:
            inner = value.get(each.name)
            shown[each.alias] = (
                selected(inner, each.inner, known[each.name], each.name) if each.inner else inner
            )
        elif value["__typename"] == each.on:
            shown |= selected(value, each.inner, known[each.on], each.on)
    return shown


def _check(each: Field, known: Mapping[str, Any], place: str) -> None:
    wanted = each.on or each.name
    if wanted not in known:
        raise BadQueryError(f"Field '{wanted}' doesn't exist on type '{place}'")
    if bool(known[wanted]) is not bool(each.inner):
        raise BadQueryError(f"Field '{wanted}' must have selections only if it is an object")
