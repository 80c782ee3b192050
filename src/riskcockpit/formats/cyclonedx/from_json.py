"""CycloneDX in JSON, versions 1.2 to 1.7.

Up to version 1.3 some tools wrote the vulnerabilities of the XML extension in JSON: below the
document or below a component, each about one component.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import msgspec
from msgspec import Raw

from riskcockpit.formats.cyclonedx.bom import Bom, by_reference, flattened
from riskcockpit.formats.documents import Documents, decode_documents
from riskcockpit.formats.members import NOTHING, Members, viewed


class Document(msgspec.Struct, gc=False, rename="camel"):
    """A document: the vulnerabilities still raw."""

    metadata: Members = NOTHING
    components: Members = NOTHING
    vulnerabilities: list[Raw] | None = None
    serial_number: Members = NOTHING
    spec_version: Members = NOTHING


_BEFORE_VULNERABILITIES = ("1.0", "1.1", "1.2", "1.3")
_DOCUMENT = msgspec.json.Decoder(Document, dec_hook=viewed)


def boms(content: bytes) -> tuple[list[Bom], Documents]:
    """Return all documents of a file.

    Raises:
        FormatError: it is not JSON of this shape.
    """
    forms, documents = decode_documents(content, _DOCUMENT.decode, "CycloneDX JSON")
    return [_bom(form) for form in forms], documents


def _bom(form: Document) -> Bom:
    subject = form.metadata.member("component")
    listed = form.vulnerabilities
    found = None if listed is None else [bytes(raw) for raw in listed]
    if form.spec_version.text() in _BEFORE_VULNERABILITIES:
        below = _below_components(form.components)
        own = [_extension(Members(msgspec.json.decode(raw)), "") for raw in found or ()]
        found = [*own, *below] or found
    return Bom(
        metadata=form.metadata,
        components=by_reference(chain(flattened(form.components), flattened(subject))),
        vulnerabilities=found,
        serial=form.serial_number.text(),
        spec=form.spec_version.text(),
    )


def _below_components(components: Members) -> Iterator[bytes]:
    for component in flattened(components):
        reference = component.first("bom-ref", "purl")
        for record in component.members("vulnerabilities"):
            yield _extension(record, reference)


def _extension(record: Members, reference: str) -> bytes:
    """Return a vulnerability of the extension as later versions write it."""
    reference = record.text("ref") or reference
    told = dict(record.object())
    if reference and "affects" not in record:
        told["affects"] = [{"ref": reference}]
    if recommended := record.texts("recommendations"):
        told["recommendation"] = "\n".join(recommended)
    told["ratings"] = [
        rating.object() | {"score": rating.number("score", "base") or rating.number("score")}
        for rating in record.members("ratings")
    ]
    return msgspec.json.encode(told if record else record.value)
