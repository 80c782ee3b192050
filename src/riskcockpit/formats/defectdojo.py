"""DefectDojo's findings as its API returns them, one page or several.

Its field names are those of our generic format, so that one reads each finding.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.errors import FormatError
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Gathering, Record, gone
from riskcockpit.formats.generic.records import is_absent, observation
from riskcockpit.formats.members import Members, each, record_of

TOOL = "DefectDojo"
TITLE = "findings of DefectDojo's API"
PEOPLE = frozenset(
    {"reporter", "reviewers", "mitigated_by", "last_reviewed_by", "review_requested_by",
     "defect_review_requested_by", "notes", "accepted_risks", "owner"}
)  # fmt: skip
"""Members that name people, or hold what they wrote."""


class Document(msgspec.Struct, gc=False):
    """One page; its findings are still raw."""

    results: list[Raw] | None = None
    count: Any = None
    next: Any = None


_DOCUMENT = msgspec.json.Decoder(Document)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read pages of findings.

    Raises:
        FormatError: not JSON, or of another shape.
    """
    with without_collection():
        pages, documents = decode_documents(content, _DOCUMENT.decode, TITLE)
        gathering = Gathering()
        gathering.unread(documents.unreadable)
        for page in pages:
            if page.results is None:
                raise FormatError(f"not {TITLE}: there are no `results` in it")
            for where, raw in each(page.results, "results"):
                gathering.take(where, partial(_finding, raw, where, options))
        counts = (Members({"count": page.count}).number("count") for page in pages)
        total = max(count or 0 for count in counts)
        missing = total - sum(len(page.results or ()) for page in pages)
        notes = list(documents.notes)
        if missing > 0:
            notes.append(f"DefectDojo has {missing:,.0f} more findings; get all pages")
        scan = gathering.scan(TOOL, is_partial=missing > 0)
        return Report("defectdojo", (scan,), tuple(notes))


def _finding(raw: bytes, place: str, options: ReadOptions) -> Record:
    finding = record_of(raw, options, without=PEOPLE)
    kept = finding.raw
    record = finding.object()
    seen = partial(observation, record, TOOL, place, kept, options)
    return gone(seen) if is_absent(record) else seen()
