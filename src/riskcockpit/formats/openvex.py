"""OpenVEX (0.0.1, 0.2.0), bare or attested → statements, one for each product of each.

An attestation is an in-toto statement, as it is or signed in an envelope (DSSE). Signatures are not
verified: who imports it has done that, or trusts where it is from.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import Package, Scan, VexStatement, VexStatus
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.members import NOTHING, Members, each, record_of, viewed
from riskcockpit.formats.package_types import GENERIC
from riskcockpit.formats.products import Product, asset_of, product_of
from riskcockpit.formats.vulnerabilities import canonical_id, vulnerability_ids

TOOL = "OpenVEX"
_STATUSES = {status.value: status for status in VexStatus}


class Document(msgspec.Struct, gc=False):
    """A document: the statements still raw."""

    id: Members = msgspec.field(name="@id", default=NOTHING)
    author: Members = NOTHING
    timestamp: Members = NOTHING
    last_updated: Members = NOTHING
    version: Members = NOTHING
    statements: list[Raw] | None = None
    subject: Members = NOTHING


class Attestation(msgspec.Struct, gc=False):
    """An in-toto statement whose predicate is a document about its subjects."""

    predicate: Document
    subject: Members = NOTHING


class Envelope(msgspec.Struct, gc=False):
    """What an attestation is signed in: the in-toto statement in base 64."""

    payload: str


@dataclass(frozen=True, slots=True)
class Said:
    """A statement: checked and redacted, and the document that it stands in."""

    record: Members
    document: Document


_DOCUMENT = msgspec.json.Decoder(Document, dec_hook=viewed)
_ATTESTATION = msgspec.json.Decoder(Attestation, dec_hook=viewed)
_ENVELOPE = msgspec.json.Decoder(Envelope)
_IS_ATTESTATION = re.compile(rb'"predicateType"\s*:')
_IS_ENVELOPE = re.compile(rb'"payloadType"\s*:')


def read(content: bytes, options: ReadOptions) -> Report:
    """Read an OpenVEX document.

    Raises:
        FormatError: not OpenVEX, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _decoder(content), "OpenVEX")
        scans = [_scan(form, options) for form in forms]
    return Report("openvex", (*scans, *unread(TOOL, documents)), documents.notes)


def _decoder(content: bytes) -> Callable[[bytes], Document]:
    if _IS_ENVELOPE.search(content):
        return _enveloped
    return _attested if _IS_ATTESTATION.search(content) else _DOCUMENT.decode


def _enveloped(content: bytes) -> Document:
    """Return the document of an attestation in an envelope."""
    try:
        statement = b64decode(_ENVELOPE.decode(content).payload, validate=True)
    except ValueError as fault:  # of base 64
        raise msgspec.ValidationError("the payload of the envelope is not in base 64") from fault
    return _attested(statement)


def _attested(content: bytes) -> Document:
    """Return the document of an attestation, which may leave its products to the subjects."""
    found = _ATTESTATION.decode(content)
    return msgspec.structs.replace(found.predicate, subject=found.subject)


def _scan(document: Document, options: ReadOptions) -> Scan:
    gathering = Gathering()
    subjects = [Members(name) for one in document.subject.items() if (name := one.text("name"))]
    for place, raw in each(document.statements, "statements"):
        try:
            said = Said(record_of(raw, options), document)
        except SkipRecordError as fault:
            gathering.trouble(place, fault.message)
            continue
        products = said.record.items("products") or subjects
        for position, product in enumerate(products or [NOTHING]):
            spot = f"{place}.products[{position}]" if products else place
            gathering.take(spot, partial(_statement, said, product, spot))
    return gathering.scan(
        TOOL,
        is_vex=True,
        tool_version=document.version.name(),
        category=document.id.name(),
        scanned_at=document.last_updated.moment() or document.timestamp.moment(),
    )


def _statement(said: Said, product: Members, place: str) -> VexStatement:
    record, document = said.record, said.document
    status = _STATUSES.get(record.word("status").lower())
    if status is None:
        unknown = wording.name(record.word("status"))
        raise SkipRecordError(f"a statement with the unknown status {unknown!r}")
    ids = tuple(_ids(record.member("vulnerability")))
    if not ids:
        raise SkipRecordError("a statement about no vulnerability")
    packages, asset = _subject(record, product)
    return VexStatement(
        vulnerability_ids=ids,
        status=status,
        record=place,
        packages=packages,
        product=asset,
        justification=record.name('justification'),
        statement=wording.description(
            record.first('impact_statement', 'action_statement', 'status_notes')
        ),
        author=wording.name(record.text('supplier') or document.author.text()),
        said_at=record.moment("last_updated")
        or record.moment("timestamp")
        or document.last_updated.moment()
        or document.timestamp.moment(),
    )  # fmt: skip


def _ids(vulnerability: Members) -> Iterator[str]:
    """Yield all ids: version 0.0 had a text, version 0.2 has an object with aliases."""
    named = vulnerability.text() or vulnerability.first("name", "@id")
    listed = vulnerability_ids(named) if "/" in named else (canonical_id(named),)
    seen = (*listed, *map(canonical_id, vulnerability.texts("aliases")))
    yield from dict.fromkeys(filter(None, seen))


def _subject(record: Members, product: Members) -> tuple[tuple[Package, ...], str]:
    """Return the packages a statement is about, and the asset they are in; empty for any."""
    whole = product_of(_identifier(product)) if product.value is not None else Product()
    inner = product.items("subcomponents") or record.items("subcomponents")
    packages = tuple(part for one in inner if (part := _part(_identifier(one))) is not None)
    if packages:
        return packages, asset_of(whole)
    if inner:
        raise SkipRecordError("subcomponents that are not named")
    return ((whole.package,), "") if whole.package else ((), asset_of(whole))


def _part(named: str) -> Package | None:
    """Return the package of a subcomponent; one named otherwise is a generic one of that name."""
    package = product_of(named).package
    return package or (Package(GENERIC, wording.name(named)) if named else None)


def _identifier(product: Members) -> str:
    """Return the package URL of a product or subcomponent if it has one, else its id."""
    named = product.text() or product.first("@id", "id")
    purl = product.text("identifiers", "purl")
    return named if named.startswith("pkg:") or not purl else purl
