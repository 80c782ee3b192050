"""CSAF 2.0 and 2.1 → statements: what a vendor says of each product of each vulnerability."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import Scan, VexStatement, VexStatus
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.csaf.products import CsafProduct, groups_of, products_of
from riskcockpit.formats.documents import decode_documents, decode_json
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.loose import objects, text, texts
from riskcockpit.formats.moments import moment
from riskcockpit.formats.suspicion import checked
from riskcockpit.formats.vulnerabilities import canonical_id

TOOL = "CSAF"
VERSIONS = ("2.0", "2.1")
_STATUSES = {
    "known_affected": VexStatus.AFFECTED,
    "first_affected": VexStatus.AFFECTED,
    "last_affected": VexStatus.AFFECTED,
    "known_not_affected": VexStatus.NOT_AFFECTED,
    "fixed": VexStatus.FIXED,
    "first_fixed": VexStatus.FIXED,
    "under_investigation": VexStatus.UNDER_INVESTIGATION,
}
"""List of products → what it says of them. `recommended` and `unknown` say nothing."""


class Document(msgspec.Struct, gc=False):
    """A document: the vulnerabilities still raw."""

    document: Any = None
    product_tree: Any = None
    vulnerabilities: list[Raw] | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What all statements of one document share."""

    products: Mapping[str, CsafProduct]
    groups: Mapping[str, tuple[str, ...]]
    publisher: str
    released_at: datetime | None


_DOCUMENT = msgspec.json.Decoder(Document)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a CSAF document.

    Raises:
        FormatError: not CSAF of a version that is read, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _DOCUMENT.decode, "CSAF")
        scans = [_scan(form, options) for form in forms]
    return Report("csaf", (*scans, *unread(TOOL, documents)), documents.notes)


def _scan(form: Document, options: ReadOptions) -> Scan:
    version = text(form.document, "csaf_version")
    if version not in VERSIONS:
        raise FormatError(
            f"CSAF {wording.name(version) or 'of no version'} is not read",
            hint=f"versions that are read: {', '.join(VERSIONS)}",
        )
    context = Context(
        products_of(form.product_tree),
        groups_of(form.product_tree),
        wording.name(text(form.document, "publisher", "name")),
        moment(text(form.document, "tracking", "current_release_date")),
    )
    gathering = Gathering()
    for number, raw in enumerate(form.vulnerabilities or ()):
        place = f"vulnerabilities[{number}]"
        try:
            record = decode_json(checked(bytes(raw), options))
        except SkipRecordError as fault:
            gathering.trouble(place, fault.message)
            continue
        _take(gathering, record, place, context)
    publisher = text(form.document, "publisher", "namespace") or context.publisher
    identifier = text(form.document, "tracking", "id")
    return gathering.scan(
        TOOL,
        is_vex=True,
        tool_version=wording.name(text(form.document, "tracking", "version")),
        category=wording.name(" ".join(filter(None, (publisher, identifier)))),
        scanned_at=context.released_at,
    )


def _take(gathering: Gathering, record: Any, place: str, context: Context) -> None:
    said = list(_said(record))
    for status, product in said:
        spot = wording.name(f"{place} {product}")
        gathering.take(spot, partial(_statement, record, status, product, spot, context))
    if not said:
        gathering.trouble(place, "a vulnerability without a status of any product")


def _said(record: Any) -> Iterator[tuple[VexStatus, str]]:
    """Yield (status, product id), each once."""
    status = record.get("product_status") if isinstance(record, dict) else None
    seen = {
        (meaning, product): None
        for name, meaning in _STATUSES.items()
        for product in texts(status, name)
    }
    yield from seen


def _statement(
    record: Any, status: VexStatus, product_id: str, place: str, context: Context
) -> VexStatement:
    ids = _ids(record)
    if not ids:
        raise SkipRecordError("a vulnerability without an id")
    product = context.products.get(product_id)
    if product is None:
        raise SkipRecordError(f"the product {wording.name(product_id)!r} is not in the tree")
    about = partial(_about, record, product_id, context)
    is_harmless = status is VexStatus.NOT_AFFECTED
    return VexStatement(
        vulnerability_ids=ids,
        status=status,
        record=place,
        packages=product.packages,
        ranges=product.ranges,
        product=product.asset,
        justification=wording.name(next(about("flags", "label"), "")) if is_harmless else "",
        statement=wording.description(
            "\n".join(
                about(*(("threats", "details") if is_harmless else ("remediations", "details")))
            )
        ),
        author=context.publisher,
        said_at=context.released_at,
    )


def _ids(record: Any) -> tuple[str, ...]:
    named = (text(record, "cve"), *(text(one, "text") for one in objects(record, "ids")))
    return tuple(dict.fromkeys(canonical_id(id_) for id_ in named if id_))


def _about(record: Any, product: str, context: Context, member: str, field: str) -> Iterator[str]:
    """Yield what the entries under `member` that are about the product say."""
    for entry in objects(record, member):
        grouped = [
            id_ for group in texts(entry, "group_ids") for id_ in context.groups.get(group, ())
        ]
        named = {*texts(entry, "product_ids"), *grouped}
        if (product in named or not named) and (found := text(entry, field)):
            yield found
