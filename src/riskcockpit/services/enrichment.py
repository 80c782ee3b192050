"""What is known from elsewhere into the cache: a newer file replaces the older one, whole.

Scores and listings that lack much of what is in force wait until somebody confirms them. Runs
inside the caller's transaction. Findings change when `enriching` applies it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from riskcockpit.config.settings import ClosureSettings
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.enrichment import (
    CatalogueEntry,
    Enrichment,
    EpssScores,
    KevCatalogue,
    Ownership,
    ServiceCatalogue,
)
from riskcockpit.ingest.code_owners import is_usable
from riskcockpit.ingest.lifecycle import is_held
from riskcockpit.present.text import plural
from riskcockpit.services.staging import TABLES
from riskcockpit.store.sql import sql
from riskcockpit.views.reports import EnrichmentReport

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.store.database import Writer

_UNCHANGED = "the same content was imported before"
_STAGED: Mapping[type, str] = {
    EpssScores: "incoming_score",
    KevCatalogue: "incoming_kev",
    Ownership: "incoming_owner_rule",
    ServiceCatalogue: "incoming_entry",
}
_NEVER_EMPTY = ("epss", "kev")
"""An empty file of these is a failed download, not good news; so may be a much shorter one."""
_KINDS: Mapping[type, str] = {
    EpssScores: "epss",
    KevCatalogue: "kev",
    Ownership: "codeowners",
    ServiceCatalogue: "backstage",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """The document an enrichment was read of."""

    asset: str
    """The repository it is in."""
    place: str
    """The file's name there."""
    content_hash: str
    modified_at: datetime | None
    """Stands in for a date that the file does not say; aware UTC."""
    is_confirmed: bool = False
    """Somebody confirms that what it lacks is gone."""


def dated(enrichment: Enrichment, origin: Origin, now: datetime) -> datetime:
    """Return the moment an enrichment is of; never one that has not come yet."""
    return min(enrichment.dated or origin.modified_at or now, now)


def record_enrichment(
    tx: Writer, enrichment: Enrichment, origin: Origin, limits: ClosureSettings, now: datetime
) -> EnrichmentReport:
    """Put an enrichment in the place of the older one about the same, and say what came of it.

    One that is older than what is there, the same, or of no entry writes nothing. Scores and
    listings that lack more of what is in force than `limits` allow are held unless confirmed.
    """
    kind, subject = _KINDS[type(enrichment)], _subject(enrichment, origin)
    moment = dated(enrichment, origin, now)
    rows = tuple(_rows(enrichment))
    version = getattr(enrichment, "model", "") or getattr(enrichment, "version", "")
    known = tx.one(sql("services", "enrichment_known"), kind=kind, subject=subject)
    outcome, notes = "applied", _notes(enrichment)
    if known and known[0] == origin.content_hash:
        outcome, notes, moment = "repeated", (_UNCHANGED,), known[1]
    elif known and moment < known[1]:
        outcome = "older"
        notes = (f"older than that of {rfc3339(known[1])}, which stays in force",)
    elif not rows and kind in _NEVER_EMPTY:
        outcome, notes = "empty", ("it has no entry that can be read, so nothing was changed",)
    elif lacking := _lacking(tx, enrichment, rows, origin, limits):
        outcome, notes = "held", (lacking,)
    else:
        tx.execute(sql("services", f"enrichment_clear_{kind}"), **_about(kind, subject))
        tx.execute(sql("services", f"enrichment_fill_{kind}"), **_about(kind, subject))
        tx.execute(sql("services", "enrichment_forget"), kind=kind, subject=subject)
        tx.append(
            "enrichment",
            [
                {
                    "kind": kind, "subject": subject, "version": version, "dated": moment,
                    "imported_at": now, "rows": len(rows), "content_hash": origin.content_hash,
                }
            ],
        )  # fmt: skip
    return EnrichmentReport(kind, subject, version, moment, len(rows), outcome, notes)


def _lacking(
    tx: Writer,
    enrichment: Enrichment,
    rows: tuple[tuple[Any, ...], ...],
    origin: Origin,
    limits: ClosureSettings,
) -> str:
    """Stage the rows, and say why they are held; empty when they are not."""
    name, kind = _STAGED[type(enrichment)], _KINDS[type(enrichment)]
    tx.stage(name, TABLES[name], rows)
    if kind not in _NEVER_EMPTY or origin.is_confirmed:
        return ""
    gone, known = tx.one(sql("services", f"enrichment_missing_{kind}")) or (0, 0)
    if not is_held(gone, known, limits):
        return ""
    return (
        f"it lacks {gone:,} of the {plural(known, 'entry', 'entries')} in force, so nothing was "
        "changed; if that is right, import it with --accept-held"
    )


def _about(kind: str, subject: str) -> dict[str, str]:
    return {"subject": subject} if kind in ("codeowners", "backstage") else {}


def _subject(enrichment: Enrichment, origin: Origin) -> str:
    match enrichment:
        case Ownership():
            return enrichment.asset or origin.asset
        case ServiceCatalogue():
            return f"{origin.asset}:{origin.place}"
        case _:
            return ""


def _rows(enrichment: Enrichment) -> Iterable[tuple[Any, ...]]:
    match enrichment:
        case EpssScores():
            scores = enrichment.scores.items()
            return ((name, score.probability, score.percentile) for name, score in scores)
        case KevCatalogue():
            entries = enrichment.entries.items()
            return ((name, one.added, one.due, one.is_ransomware) for name, one in entries)
        case Ownership():
            rules = enumerate(enrichment.rules)
            return ((ordinal, rule.pattern, list(rule.owners)) for ordinal, rule in rules)
        case ServiceCatalogue():
            return map(_entry_row, enrichment.entries)


def _entry_row(one: CatalogueEntry) -> tuple[Any, ...]:
    names = [name.lower() for name in (one.name, *one.aliases)]
    return one.name, names, one.owner, one.domain, one.environment, one.tier


def _notes(enrichment: Enrichment) -> tuple[str, ...]:
    if not isinstance(enrichment, Ownership):
        return ()
    unusable = [rule.pattern for rule in enrichment.rules if not is_usable(rule.pattern)]
    return (f"patterns that match nothing here: {', '.join(unusable[:5])}",) if unusable else ()
