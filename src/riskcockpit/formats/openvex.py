"""OpenVEX (0.0.1, 0.2.0), bare or attested → statements, one for each product of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import Package, Scan, VexStatement, VexStatus
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents, decode_json
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.loose import at, first_text, items, text, texts
from riskcockpit.formats.moments import moment
from riskcockpit.formats.products import Product, asset_of, product_of
from riskcockpit.formats.suspicion import checked
from riskcockpit.formats.vulnerabilities import canonical_id, vulnerability_ids

TOOL = "OpenVEX"
_STATUSES = {status.value: status for status in VexStatus}


class Document(msgspec.Struct, gc=False):
    """A document: the statements still raw."""

    id: Any = msgspec.field(name="@id", default=None)
    author: Any = None
    timestamp: Any = None
    last_updated: Any = None
    version: Any = None
    statements: list[Raw] | None = None
    subject: Any = None


class Attestation(msgspec.Struct, gc=False):
    """An in-toto statement whose predicate is a document about its subjects."""

    predicate: Document
    subject: Any = None


@dataclass(frozen=True, slots=True)
class Said:
    """A statement: checked and redacted, and the document that it stands in."""

    record: Any
    document: Document


_DOCUMENT = msgspec.json.Decoder(Document)
_ATTESTATION = msgspec.json.Decoder(Attestation)
_IS_ATTESTATION = re.compile(rb'"predicateType"\s*:')


def read(content: bytes, options: ReadOptions) -> Report:
    """Read an OpenVEX document.

    Raises:
        FormatError: not OpenVEX, not JSON, or beyond a limit.
    """
    with without_collection():
        decode = _attested if _IS_ATTESTATION.search(content) else _DOCUMENT.decode
        forms, documents = decode_documents(content, decode, "OpenVEX")
        scans = [_scan(form, options) for form in forms]
    return Report("openvex", (*scans, *unread(TOOL, documents)), documents.notes)


def _attested(content: bytes) -> Document:
    """Return the document of an attestation, which may leave its products to the subjects."""
    found = _ATTESTATION.decode(content)
    return msgspec.structs.replace(found.predicate, subject=found.subject)


def _scan(document: Document, options: ReadOptions) -> Scan:
    gathering = Gathering()
    subjects = [name for each in items(document.subject) if (name := text(each, "name"))]
    for number, raw in enumerate(document.statements or ()):
        place = f"statements[{number}]"
        try:
            said = Said(decode_json(checked(bytes(raw), options)), document)
        except SkipRecordError as fault:
            gathering.trouble(place, fault.message)
            continue
        products = items(said.record, "products") or subjects
        for position, product in enumerate(products or [None]):
            spot = f"{place}.products[{position}]" if products else place
            gathering.take(spot, partial(_statement, said, product, spot))
    return gathering.scan(
        TOOL,
        is_vex=True,
        tool_version=wording.name(text(document.version)),
        category=wording.name(text(document.id)),
        scanned_at=moment(document.last_updated) or moment(document.timestamp),
    )


def _statement(said: Said, product: Any, place: str) -> VexStatement:
    record, document = said.record, said.document
    status = _STATUSES.get(text(record, "status").lower())
    if status is None:
        unknown = wording.name(text(record, "status"))
        raise SkipRecordError(f"a statement with the unknown status {unknown!r}")
    ids = tuple(_ids(at(record, "vulnerability")))
    if not ids:
        raise SkipRecordError("a statement about no vulnerability")
    packages, asset = _subject(record, product)
    return VexStatement(
        vulnerability_ids=ids,
        status=status,
        record=place,
        packages=packages,
        product=asset,
        justification=wording.name(text(record, "justification")),
        statement=wording.description(
            first_text(record, "impact_statement", "action_statement", "status_notes")
        ),
        author=wording.name(text(record, "supplier") or text(document.author)),
        said_at=next(
            (
                found
                for value in (
                    at(record, "last_updated"), at(record, "timestamp"), document.last_updated,
                    document.timestamp,
                )
                if (found := moment(value))
            ),
            None,
        ),
    )  # fmt: skip


def _ids(vulnerability: Any) -> Iterator[str]:
    """Yield all ids: version 0.0 had a text, version 0.2 has an object with aliases."""
    named = text(vulnerability) or first_text(vulnerability, "name", "@id")
    listed = vulnerability_ids(named) if "/" in named else (canonical_id(named),)
    seen = (*listed, *map(canonical_id, texts(vulnerability, "aliases")))
    yield from dict.fromkeys(filter(None, seen))


def _subject(record: Any, product: Any) -> tuple[tuple[Package, ...], str]:
    """Return the packages a statement is about, and the asset they are in; empty for any."""
    whole = product_of(_identifier(product)) if product is not None else Product()
    inner = items(product, "subcomponents") or items(record, "subcomponents")
    parts = [product_of(_identifier(one)).package for one in inner]
    packages = tuple(part for part in parts if part is not None)
    if packages:
        return packages, asset_of(whole)
    if inner:  # it names parts by something else than package URLs: nobody can tell which
        raise SkipRecordError("subcomponents without a package URL")
    return ((whole.package,), "") if whole.package else ((), asset_of(whole))


def _identifier(product: Any) -> str:
    """Return the package URL of a product or subcomponent if it has one, else its id."""
    named = text(product) or first_text(product, "@id", "id")
    purl = text(product, "identifiers", "purl")
    return named if named.startswith("pkg:") or not purl else purl
