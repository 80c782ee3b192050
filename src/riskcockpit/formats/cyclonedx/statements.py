"""A CycloneDX document that is nothing but VEX → statements about components of other documents."""

from __future__ import annotations

from typing import Any

from riskcockpit.domain.finding import VexStatement, VexStatus
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.cyclonedx.records import Vulnerability, named_package, resolved
from riskcockpit.formats.loose import at, objects, text
from riskcockpit.formats.moments import moment
from riskcockpit.formats.products import Product, asset_of, product_of
from riskcockpit.formats.vulnerabilities import canonical_id

_STATUSES = {
    "exploitable": VexStatus.AFFECTED,
    "in_triage": VexStatus.UNDER_INVESTIGATION,
    "not_affected": VexStatus.NOT_AFFECTED,
    "false_positive": VexStatus.NOT_AFFECTED,
    "resolved": VexStatus.FIXED,
    "resolved_with_pedigree": VexStatus.FIXED,
}
"""State of an analysis → status of a statement."""


def statement(found: Vulnerability, affected: Any, place: str) -> VexStatement:
    """Read what a document says of a vulnerability in one component.

    Raises:
        SkipRecordError: it names no vulnerability, or its analysis has an unknown state.
    """
    status = _STATUSES.get(found.state)
    if status is None or not found.ids:
        raise SkipRecordError("an analysis without a known state, or of no vulnerability")
    record, bom = found.record, found.bom
    reference = text(affected, "ref")
    subject = _subject(bom.subject)
    component = resolved(bom, reference)
    is_subject = component is not None and component is bom.subject
    package = None if is_subject or not reference else named_package(component, reference)
    image = product_of(text(component, "purl")) if component is not None else Product()
    listed = [one for one in objects(affected, "versions") if text(one, "status") != "unaffected"]
    return VexStatement(
        vulnerability_ids=tuple(dict.fromkeys(canonical_id(id_) for id_ in found.ids)),
        status=status,
        record=place,
        packages=(package,) if package is not None and not image.asset else (),
        ranges=tuple(wording.name(text(one, "range")) for one in listed if text(one, "range")),
        product=image.asset or subject,
        justification=wording.name(text(record, "analysis", "justification"))
        or ("false_positive" if found.state == "false_positive" else ""),
        statement=wording.description(text(record, "analysis", "detail")),
        author=wording.name(
            text(bom.metadata, "supplier", "name") or text(bom.metadata, "manufacturer", "name")
        ),
        said_at=moment(at(record, "analysis", "lastUpdated"))
        or moment(at(record, "updated"))
        or bom.made_at,
    )


def _subject(component: Any) -> str:
    purl = text(component, "purl")
    return asset_of(product_of(purl)) if purl else wording.name(text(component, "name"))
