"""XML reports: parsed without entities or network, namespaces dropped, records made JSON."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from riskcockpit.domain.redaction import may_hold_secret
from riskcockpit.domain.untrusted import REPLACEMENT
from riskcockpit.errors import FormatError
from riskcockpit.formats import wording
from riskcockpit.formats.api import MIB, ReadOptions
from riskcockpit.formats.shape import xml_start

_CHUNK = MIB
_DECLARATION = re.compile(rb"<\?xml\b[^<>]{0,300}\?>")
_ENCODED = re.compile(rb"<\?xml\b[^<>]{0,200}?\sencoding\s*=")
_WIDE = re.compile(
    rb"<\?xml\b[^<>]{0,200}?\sencoding\s*=\s*[\"'](?:utf-?16|utf-?32|ucs)", re.IGNORECASE
)
"""A declaration of two bytes for a character; `opening.plain` has made them one."""
_FORBIDDEN = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcefBCEF]|1[\da-fA-F]));"
)
"""Characters that XML 1.0 has no place for, bare and as references."""
_REPLACEMENT = REPLACEMENT.encode()
_BROKEN_HINT = "the file may be cut off; run the scanner again"


def parsed(content: bytes, title: str, options: ReadOptions) -> Element:
    """Return the root of the XML `content`; tags and attributes without their namespaces.

    What careless writers do is borne: lines of prose before the declaration, one that speaks of
    UTF-16 in a file that is not, characters that XML forbids, and, where no encoding is declared,
    bytes that are not UTF-8; these characters and bytes become U+FFFD.

    Raises:
        FormatError: it is not well-formed, defines entities, or is nested too deeply.
    """
    content = content[xml_start(content) or 0 :].lstrip()
    if _WIDE.match(content):
        content = _DECLARATION.sub(b"", content, count=1)
    try:
        return _parsed(content, title, options)
    except FormatError as fault:
        mended = _mended(content)
        if mended == content or not isinstance(fault.__cause__, ParseError):
            raise
    return _parsed(mended, title, options)


def _mended(content: bytes) -> bytes:
    """Return `content` without what XML forbids."""
    if not _ENCODED.match(content):
        content = content.decode("utf-8", "replace").encode()
    return _FORBIDDEN.sub(_REPLACEMENT, content)


def _parsed(content: bytes, title: str, options: ReadOptions) -> Element:
    parser = DefusedXMLParser(forbid_dtd=False, forbid_entities=True, forbid_external=True)
    events: Any = XMLPullParser(("start", "end"), _parser=parser)
    stream = io.BytesIO(content)
    depth = 0
    root: Element | None = None
    try:
        while chunk := stream.read(_CHUNK):
            events.feed(chunk)
            for kind, element in events.read_events():
                if kind == "end":
                    depth -= 1
                    continue
                depth += 1
                root = element if root is None else root
                _drop_namespaces(element)
                if depth > options.max_depth:
                    raise FormatError(f"the XML is nested deeper than {options.max_depth} levels")
        events.close()
    except DefusedXmlException as fault:
        raise FormatError(
            "the XML defines entities, which no scanner needs and attackers use",
            hint="remove its DOCTYPE and import it again",
        ) from fault
    except (ParseError, LookupError, ValueError) as fault:  # the latter: an odd encoding
        raise FormatError(
            f"not readable as {title}: {wording.reason(fault)}", hint=_BROKEN_HINT
        ) from fault.with_traceback(None)  # whose frames hold the tree, and the fault itself
    finally:
        vars(parser).clear()  # it and its handlers hold each other, which only its end undoes
    if root is None:
        raise FormatError(f"not readable as {title}: it has no root element", hint=_BROKEN_HINT)
    return root


def record(element: Element, options: ReadOptions) -> bytes:
    """Return `element` as a JSON record without secrets, and redact `element` itself likewise.

    An element becomes an object: attributes under `@name`, its text under `#text`, children under
    their tags, in a list when a tag is repeated; one with nothing but text becomes the text.
    """
    raw = msgspec.json.encode(as_json(element))
    if not may_hold_secret(raw):
        return raw
    _redact(element, options.redact)
    return msgspec.json.encode(as_json(element))


def without(element: Element, tags: Collection[str]) -> None:
    """Drop everything below `element` that has one of `tags`, as recorded traffic."""
    for parent in list(element.iter()):
        for child in [child for child in parent if child.tag in tags]:
            parent.remove(child)


def text(element: Element | None, path: str = ".") -> str:
    """Return the text at `path` below `element`, stripped; empty when there is none."""
    found = element.find(path) if element is not None else None
    return (found.text or "").strip() if found is not None else ""


def _drop_namespaces(element: Element) -> None:
    element.tag = element.tag.rpartition("}")[2]
    for key in [key for key in element.attrib if "}" in key]:
        element.attrib[key.rpartition("}")[2]] = element.attrib.pop(key)


def as_json(element: Element) -> Any:
    """Return `element` as a JSON value: see `record`."""
    if len(element) == 0 and not element.attrib:
        return element.text or ""
    value: dict[str, Any] = {f"@{key}": item for key, item in element.attrib.items()}
    if element.text and element.text.strip():
        value["#text"] = element.text
    for child in element:
        item = as_json(child)
        if child.tag not in value:
            value[child.tag] = item
        elif isinstance(value[child.tag], list):
            value[child.tag].append(item)
        else:
            value[child.tag] = [value[child.tag], item]
    return value


def _redact(element: Element, redact: Callable[[str], str]) -> None:
    for inner in element.iter():
        inner.text = redact(inner.text) if inner.text else inner.text
        for key, item in inner.attrib.items():
            inner.attrib[key] = redact(item)
