"""CycloneDX in JSON, versions 1.2 to 1.7."""

from __future__ import annotations

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
    found = form.vulnerabilities
    return Bom(
        metadata=form.metadata,
        components=by_reference(chain(flattened(form.components), flattened(subject))),
        vulnerabilities=None if found is None else [bytes(raw) for raw in found],
        serial=form.serial_number.text(),
        spec=form.spec_version.text(),
    )
