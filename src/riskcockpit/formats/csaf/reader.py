"""CSAF 2.0 and 2.1 → statements: what a vendor says of each product of each vulnerability."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import Scan, VexStatement, VexStatus
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.csaf.products import CsafProduct, groups_of, products_of
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.members import NOTHING, Members, each, record_of, viewed
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

    document: Members = NOTHING
    product_tree: Members = NOTHING
    vulnerabilities: list[Raw] | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What all statements of one document share."""

    products: Mapping[str, CsafProduct]
    groups: Mapping[str, tuple[str, ...]]
    publisher: str
    released_at: datetime | None


_DOCUMENT = msgspec.json.Decoder(Document, dec_hook=viewed)


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
    version = form.document.text("csaf_version")
    if version not in VERSIONS:
        raise FormatError(
            f"CSAF {wording.name(version) or 'of no version'} is not read",
            hint=f"versions that are read: {', '.join(VERSIONS)}",
        )
    context = Context(
        products_of(form.product_tree),
        groups_of(form.product_tree),
        form.document.name("publisher", "name"),
        form.document.moment("tracking", "current_release_date"),
    )
    gathering = Gathering()
    for place, raw in each(form.vulnerabilities, "vulnerabilities"):
        try:
            record = record_of(raw, options)
        except SkipRecordError as fault:
            gathering.trouble(place, fault.message)
            continue
        _take(gathering, record, place, context)
    publisher = form.document.text("publisher", "namespace") or context.publisher
    identifier = form.document.text("tracking", "id")
    return gathering.scan(
        TOOL,
        is_vex=True,
        tool_version=form.document.name("tracking", "version"),
        category=wording.name(" ".join(filter(None, (publisher, identifier)))),
        scanned_at=context.released_at,
    )


def _take(gathering: Gathering, record: Members, place: str, context: Context) -> None:
    said = list(_said(record))
    for status, product in said:
        spot = wording.name(f"{place} {product}")
        gathering.take(spot, partial(_statement, record, status, product, spot, context))


def _said(record: Members) -> Iterator[tuple[VexStatus, str]]:
    """Yield (status, product id), each once."""
    status = record.member("product_status")
    seen = {
        (meaning, product): None
        for name, meaning in _STATUSES.items()
        for product in status.texts(name)
    }
    yield from seen


def _statement(
    record: Members, status: VexStatus, product_id: str, place: str, context: Context
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


def _ids(record: Members) -> tuple[str, ...]:
    named = (record.text("cve"), *(one.text("text") for one in record.members("ids")))
    return tuple(dict.fromkeys(canonical_id(id_) for id_ in named if id_))


def _about(
    record: Members, product: str, context: Context, member: str, field: str
) -> Iterator[str]:
    """Yield what the entries under `member` that are about the product say."""
    for entry in record.members(member):
        grouped = [
            id_ for group in entry.texts("group_ids") for id_ in context.groups.get(group, ())
        ]
        named = {*entry.texts("product_ids"), *grouped}
        if (product in named or not named) and (found := entry.text(field)):
            yield found
