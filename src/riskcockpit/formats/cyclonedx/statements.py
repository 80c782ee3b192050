"""A CycloneDX document that is nothing but VEX → statements about components of other documents."""

from __future__ import annotations

from dataclasses import replace

from riskcockpit.domain.finding import Package, VexStatement, VexStatus
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.cyclonedx.records import Vulnerability, named_package, resolved
from riskcockpit.formats.members import Members
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


def statement(found: Vulnerability, affected: Members, place: str) -> VexStatement:
    """Read what a document says of a vulnerability in one component.

    Raises:
        SkipRecordError: it names no vulnerability, or its analysis has an unknown state.
    """
    status = _STATUSES.get(found.state)
    if status is None or not found.ids:
        raise SkipRecordError("an analysis without a known state, or of no vulnerability")
    record, bom = found.record, found.bom
    reference = affected.text("ref")
    subject = _subject(bom.subject)
    component = resolved(bom, reference)
    is_subject = bool(component) and component.value is bom.subject.value
    package = None if is_subject or not reference else named_package(component, reference)
    image = product_of(component.text("purl")) if component else Product()
    listed = _versions(affected)
    ranges = tuple(one.name("range") for one in listed if one.text("range"))
    return VexStatement(
        vulnerability_ids=tuple(dict.fromkeys(canonical_id(id_) for id_ in found.ids)),
        status=status,
        record=place,
        packages=_bound(package, listed) if package is not None and not image.asset else (),
        ranges=ranges,
        product=image.asset or subject,
        justification=record.name("analysis", "justification")
        or ("false_positive" if found.state == "false_positive" else ""),
        statement=wording.description(record.text("analysis", "detail")),
        author=wording.name(
            bom.metadata.text("supplier", "name") or bom.metadata.text("manufacturer", "name")
        ),
        said_at=record.moment("analysis", "lastUpdated") or record.moment("updated") or bom.made_at,
    )


def _versions(affected: Members) -> list[Members]:
    """Return the versions that a statement is about; none where it names none.

    Unaffected ones are left out, unless all are: they are then what is not affected, or fixed.
    """
    listed = affected.members("versions")
    return [one for one in listed if one.word("status") != "unaffected"] or listed


def _bound(package: Package, listed: list[Members]) -> tuple[Package, ...]:
    """Return the package in each version that is named; itself, where ranges or nothing bind it."""
    versions = dict.fromkeys(one.name("version") for one in listed if one.text("version"))
    if package.version or not versions:
        return (package,)
    is_ranged = any(one.text("range") for one in listed)
    named = tuple(replace(package, version=version) for version in versions)
    return (*named, package) if is_ranged else named


def _subject(component: Members) -> str:
    purl = component.text("purl")
    return asset_of(product_of(purl)) if purl else component.name("name")
