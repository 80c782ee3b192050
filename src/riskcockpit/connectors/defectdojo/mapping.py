"""DefectDojo's words into ours, and ours into its. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from riskcockpit.connectors.defectdojo.wire import FindingRow, Product, Standing
from riskcockpit.domain.batch import Document
from riskcockpit.domain.decision import WaiverReason
from riskcockpit.domain.untrusted import clean_line

ACTIVE = "active"
ACCEPTED = "accepted"
FALSE_POSITIVE = "false positive"
_ACCEPT, _MITIGATE, _FIX = "A", "M", "F"
DECISIONS: Mapping[WaiverReason, str] = {
    WaiverReason.RISK_ACCEPTED: _ACCEPT,
    WaiverReason.VULNERABLE_CODE_NOT_IN_EXECUTE_PATH: _ACCEPT,
    WaiverReason.VULNERABLE_CODE_CANNOT_BE_CONTROLLED: _ACCEPT,
    WaiverReason.INLINE_MITIGATIONS_EXIST: _MITIGATE,
    WaiverReason.COMPENSATING_CONTROL: _MITIGATE,
    WaiverReason.DEFERRED: _FIX,
}
"""Why we accept a risk → how it is treated there: accepted, mitigated, to be fixed."""
FALSE_POSITIVES = frozenset(WaiverReason) - DECISIONS.keys()
"""Reasons that there is no risk at all: such a finding is closed as a false positive."""


def asset_of(product: Product) -> str:
    """Return what a product is called, cleaned."""
    return clean_line(product.name.strip()) or f"product {product.id}"


def findings_document(
    product: Product, rows: Iterable[FindingRow], web: str, *, is_whole: bool
) -> Document:
    """Return all findings of a product as one page of the API."""
    results = sorted(rows, key=lambda row: row.id)
    page: dict[str, Any] = {"count": len(results), "next": None, "previous": None}
    page |= {"results": results, "prefetch": {}}
    return Document(
        name=f"{web}/product/{product.id}/finding/open",
        content=msgspec.json.encode(page),
        asset=asset_of(product),
        is_complete=is_whole,
    )


def word_of(standing: Standing) -> str:
    """Return how a finding stands, in one word for all its flags."""
    flags = (
        (standing.is_mitigated, "mitigated"),
        (standing.risk_accepted, ACCEPTED),
        (standing.false_p, FALSE_POSITIVE),
        (standing.duplicate, "a duplicate"),
        (standing.out_of_scope, "out of scope"),
        (standing.active, ACTIVE),
    )
    return next((word for holds, word in flags if holds), "inactive")
