"""CISA's Known Exploited Vulnerabilities catalogue, as JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.enrichment import KevCatalogue, KevEntry
from riskcockpit.domain.finding import Problem
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.moments import moment
from riskcockpit.formats.vulnerabilities import canonical_id


class _Vulnerability(msgspec.Struct, gc=False, rename="camel"):
    cve_id: str = msgspec.field(name="cveID")
    date_added: str
    due_date: str | None = None
    known_ransomware_campaign_use: Any = None


class _Catalogue(msgspec.Struct, gc=False, rename="camel"):
    vulnerabilities: list[msgspec.Raw]
    catalog_version: Any = None
    date_released: str | None = None


_DECODER = msgspec.json.Decoder(_Catalogue)
_ENTRY = msgspec.json.Decoder(_Vulnerability)


def read(content: bytes, options: ReadOptions) -> Report:  # noqa: ARG001 - no secret, no path in it
    """Read the catalogue; an entry that cannot be read is named and does not stop the others.

    Raises:
        FormatError: it is not JSON of this shape.
    """
    catalogues, documents = decode_documents(content, _DECODER.decode, "CISA's KEV catalogue")
    entries: dict[str, KevEntry] = {}
    problems: list[Problem] = []
    for number, raw in enumerate(catalogues[0].vulnerabilities):
        try:
            found = _ENTRY.decode(raw)
            entries[canonical_id(found.cve_id)] = KevEntry(
                parse_utc(found.date_added),
                moment(found.due_date),
                wording.scalar(found.known_ransomware_campaign_use).lower() == "known",
            )
        except (msgspec.DecodeError, ValueError, OverflowError, RecursionError) as fault:
            problems.append(Problem(f"vulnerabilities[{number}]", wording.reason(fault)))
    catalogue = KevCatalogue(
        entries,
        wording.name(wording.scalar(catalogues[0].catalog_version)),
        moment(catalogues[0].date_released),
    )
    return Report("kev", (), documents.notes, enrichments=(catalogue,), problems=tuple(problems))
