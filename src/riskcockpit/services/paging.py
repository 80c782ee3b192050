"""Pages of a listing become one scan for each scope before they are written down.

A page holds whatever came next: a few findings of many assets. Written page by page, a listing of
a thousand pages would cost thousands of small scans. Where rows moved on while the pages were read,
a later page shows again what an earlier one showed: that counts once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from riskcockpit.domain.finding import Scan
from riskcockpit.domain.ids import digest
from riskcockpit.domain.sheet import Sheet
from riskcockpit.ingest.policy import ScopeSpec
from riskcockpit.ingest.scans import one_of
from riskcockpit.services.read_documents import ReadDocument


def joined(documents: Sequence[ReadDocument], source: str) -> tuple[ReadDocument, ...]:
    """Return `documents` with all readable pages as one document, named after the source."""
    pages = [document for document in documents if document.is_page and not document.error]
    others = tuple(document for document in documents if not document.is_page or document.error)
    if not pages:
        return others
    groups: dict[str, list[tuple[Scan, ScopeSpec]]] = {}
    for document in pages:
        for scan, scope in document.scans:
            groups.setdefault(scope.id, []).append((scan, scope))
    one = ReadDocument(
        source,
        pages[0].format,
        tuple(_as_one(group, source) for group in groups.values()),
        tuple(dict.fromkeys(note for document in pages for note in document.notes)),
        is_page=True,
    )
    return (*others, one)


def _as_one(group: Sequence[tuple[Scan, ScopeSpec]], source: str) -> tuple[Scan, ScopeSpec]:
    scan = one_of(list(_once([scan for scan, _ in group])))
    times = [scope.modified_at for _, scope in group if scope.modified_at is not None]
    scope = replace(
        group[0][1],
        document=source,
        content_hash=digest(sorted(scope.content_hash for _, scope in group)),
        modified_at=max(times, default=None),
        is_page=True,
    )
    return scan, scope


def _once(pages: Sequence[Scan]) -> Iterator[Scan]:
    """Yield the pages, each without the records that an earlier one holds byte for byte."""
    seen: set[bytes] = set()
    for scan in pages:
        sheet = Sheet.of(scan.observations)
        records = [_bytes(raw) for raw in sheet.raws]
        if seen.isdisjoint(records):
            yield scan
        else:
            rows = zip(sheet, records, strict=True)
            yield replace(scan, observations=tuple(row for row, raw in rows if raw not in seen))
        seen.update(filter(None, records))


def _bytes(raw: Any) -> bytes:
    return raw if isinstance(raw, bytes) else b"".join(raw)
