"""CycloneDX in XML, versions 1.0 to 1.7, told in the words of its JSON syntax.

Up to version 1.3 vulnerabilities were an extension of their own (namespace
`ext/vulnerability/1.0`): below the document or below a component, each about one component.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any
from xml.etree.ElementTree import Element

import msgspec

from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.cyclonedx.bom import Bom, by_reference, flattened
from riskcockpit.formats.markup import parsed, text
from riskcockpit.formats.members import Members

_TEXTS = (
    "id", "description", "detail", "recommendation", "workaround", "created", "published",
    "updated", "rejected",
)  # fmt: skip
_RATING_TEXTS = ("score", "severity", "method", "vector", "justification")
_COMPONENT_TEXTS = ("group", "name", "version", "purl")
_ANALYSIS_TEXTS = ("state", "justification", "detail", "firstIssued", "lastUpdated")


def bom(content: bytes, options: ReadOptions) -> Bom:
    """Return the document.

    Raises:
        FormatError: it is not well-formed, defines entities, or is nested too deeply.
    """
    root = parsed(content, "CycloneDX XML", options)
    found = [msgspec.json.encode(each) for each in _vulnerabilities(root)]
    has_place = bool(found) or root.find("vulnerabilities") is not None
    metadata = Members(_metadata(root.find("metadata")))
    return Bom(
        metadata=metadata,
        components=by_reference(chain(_components(root), flattened(metadata.member("component")))),
        vulnerabilities=found if has_place else None,
        serial=root.get("serialNumber", ""),
    )


def _components(root: Element) -> Iterator[Members]:
    """Yield the components at any depth, but for the subject itself and the tools."""
    for section in ("components", "metadata/component/components"):
        for listed in root.findall(section):
            yield from (Members(_component(each)) for each in listed.iter("component"))


def _vulnerabilities(root: Element) -> Iterator[dict[str, Any]]:
    for element in root.findall("vulnerabilities/vulnerability"):
        is_extension = element.get("ref") is not None
        yield _extension(element, "") if is_extension else _vulnerability(element)
    for component in root.iter("component"):
        own = component.get("bom-ref") or text(component, "purl")
        for element in component.findall("vulnerabilities/vulnerability"):
            yield _extension(element, own)


def _vulnerability(element: Element) -> dict[str, Any]:
    return _filled({
        **_texts(element, _TEXTS),
        "bom-ref": element.get("bom-ref"),
        "source": _source(element.find("source")),
        "references": [
            {"id": text(each, "id"), "source": _source(each.find("source"))}
            for each in element.findall("references/reference")
        ],
        "ratings": [_rating(each) for each in element.findall("ratings/rating")],
        "cwes": [text(each) for each in element.findall("cwes/cwe")],
        "advisories": [
            _texts(each, ("title", "url")) for each in element.findall("advisories/advisory")
        ],
        "analysis": _analysis(element.find("analysis")),
        "affects": [_target(each) for each in element.findall("affects/target")],
    })  # fmt: skip


def _extension(element: Element, own: str) -> dict[str, Any]:
    """Return a vulnerability of the extension; `own` is the component it stands in."""
    source = element.find("source")
    recommended = [text(each) for each in element.findall("recommendations/recommendation")]
    return _filled({
        **_texts(element, ("id", "description")),
        "source": _filled({"name": source.get("name"), "url": text(source, "url")})
        if source is not None
        else None,
        "ratings": [
            _rating(each) | _filled({"score": text(each, "score/base") or text(each, "score")})
            for each in element.findall("ratings/rating")
        ],
        "cwes": [text(each) for each in element.findall("cwes/cwe")],
        "recommendation": "\n".join(filter(None, recommended)),
        "advisories": [{"url": text(each)} for each in element.findall("advisories/advisory")],
        "affects": [{"ref": element.get("ref") or own}],
    })  # fmt: skip


def _rating(element: Element) -> dict[str, Any]:
    return _filled({**_texts(element, _RATING_TEXTS), "source": _source(element.find("source"))})


def _analysis(element: Element | None) -> dict[str, Any]:
    return _texts(element, _ANALYSIS_TEXTS) if element is not None else {}


def _target(element: Element) -> dict[str, Any]:
    versions = [
        _texts(each, ("version", "range", "status")) for each in element.findall("versions/version")
    ]
    return _filled({"ref": text(element, "ref"), "versions": versions})


def _metadata(element: Element | None) -> dict[str, Any]:
    if element is None:
        return {}
    tools = [*element.findall("tools/tool"), *element.findall("tools/components/component")]
    subject = element.find("component")
    return _filled({
        "timestamp": text(element, "timestamp"),
        "tools": [_texts(tool, ("vendor", "name", "version")) for tool in tools],
        "component": _component(subject) if subject is not None else None,
    })  # fmt: skip


def _component(element: Element) -> dict[str, Any]:
    return _filled({
        **_texts(element, _COMPONENT_TEXTS),
        "bom-ref": element.get("bom-ref"),
        "type": element.get("type"),
        "properties": [
            {"name": each.get("name", ""), "value": text(each)}
            for each in element.findall("properties/property")
        ],
        "evidence": _filled({
            "occurrences": [
                {"location": text(each, "location")}
                for each in element.findall("evidence/occurrences/occurrence")
            ]
        }),
    })  # fmt: skip


def _source(element: Element | None) -> dict[str, Any]:
    return _texts(element, ("name", "url")) if element is not None else {}


def _texts(element: Element, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: found for name in names if (found := text(element, name))}


def _filled(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value}
