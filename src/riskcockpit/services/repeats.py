"""Documents that were imported before: the same one again is recognised by its bytes, unread.

Only what reading it would come to as well: nothing changes, and the counts are those of then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from riskcockpit.domain.finding import Problem
from riskcockpit.domain.ids import digest
from riskcockpit.store.sql import sql
from riskcockpit.views.reports import FileReport, ImportCounts

if TYPE_CHECKING:  # they import duckdb
    from riskcockpit.store.database import Reader, Writer

REPEATED = "the same content was imported before"
"""The note on a document that changes nothing."""


@dataclass(frozen=True, slots=True)
class Request:
    """A document's content, and all that its reading depends on beside the program."""

    content_hash: str
    size: int
    """Bytes."""
    format: str
    """The name given; empty: told by the content."""
    asset: str
    """The asset given; empty: as the report says."""
    default_asset: str
    category: str
    """The scope given; empty: as the report says."""

    @property
    def id(self) -> str:
        """The digest of all of it."""
        return digest(
            (self.content_hash, self.format, self.asset, self.default_asset, self.category)
        )


def remember(
    tx: Writer, request: Request, format_: str, notes: Sequence[str], scopes: Sequence[str]
) -> None:
    """Note what the document of `request` was read as: format, notes, ids of its scopes."""
    tx.execute(
        sql("services", "repeats_remember"),
        request=request.id,
        size=request.size,
        format=format_,
        notes=list(notes),
        scopes=list(scopes),
        rev=tx.generation,
    )


def known_sizes(reader: Reader) -> frozenset[int]:
    """Return the sizes of all documents that were imported; another size is another document."""
    return frozenset(row[0] for row in reader.rows(sql("services", "repeats_sizes")))


@dataclass(frozen=True, slots=True)
class Repeat:
    """A document that changes nothing."""

    scopes: frozenset[str]
    report: FileReport


def repeat(
    reader: Reader, request: Request, name: str, *, is_vouched: bool, accepts_held: bool
) -> Repeat | None:
    """Return the report on a document that is the last word on all its scopes; else None.

    A report that was incomplete or held is judged again when somebody vouches for it.
    """
    scans = reader.records(sql("services", "repeats_scans"), request=request.id)
    if not scans or any(
        scan["content_hash"] != request.content_hash
        or (is_vouched and not scan["is_complete"])
        or (accepts_held and scan["is_held"])
        for scan in scans
    ):
        return None
    problems = [
        Problem(place, reason)
        for scan in scans
        for place, reason in reader.rows(sql("services", "repeats_problems"), scan_id=scan["id"])
    ]
    report = FileReport(
        path=name,
        format=scans[0]["format"],
        tool=_listed(scan["tool"] for scan in scans),
        scope=_listed(
            " ".join(filter(None, (scan["asset"], scan["category"], scan["branch"])))
            for scan in scans
        ),
        is_complete=False,
        counts=sum(map(_counts, scans), ImportCounts()),
        problems=tuple(problems),
        notes=(*scans[0]["notes"], REPEATED),
    )
    return Repeat(frozenset(scan["scope"] for scan in scans), report)


def _counts(scan: dict[str, Any]) -> ImportCounts:
    return ImportCounts(
        read=scan["read"],
        quarantined=scan["quarantined"],
        unchanged=scan["read"],
        suppressed_at_source=scan["suppressed"],
        control_evidence=scan["evidence"],
    )


def _listed(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))
