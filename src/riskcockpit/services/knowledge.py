"""A document that says what is known of findings, on its way: read, redacted, recorded, told of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from riskcockpit.domain.batch import Document
from riskcockpit.domain.enrichment import Enrichment
from riskcockpit.domain.finding import Problem
from riskcockpit.formats.api import Report
from riskcockpit.services.redacting import enrichment_without_secrets
from riskcockpit.services.repeats import Request
from riskcockpit.views.reports import EnrichmentReport

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.config.settings import ClosureSettings
    from riskcockpit.services.enrichment import Origin
    from riskcockpit.store.database import Writer


@dataclass(slots=True)
class Knowledge:
    """What one document says, and what came of it."""

    enrichments: tuple[Enrichment, ...] = ()
    problems: tuple[Problem, ...] = ()
    origin: Origin | None = None
    reports: tuple[EnrichmentReport, ...] = ()
    """Empty until it is recorded."""

    @property
    def dated(self) -> datetime | None:
        """The moment the first part of it is of, as far as the file and its date say."""
        stands_in = self.origin.modified_at if self.origin else None
        times = (one.dated or stands_in for one in self.enrichments)
        return min((moment for moment in times if moment is not None), default=None)

    @property
    def is_applied(self) -> bool:
        """Whether recording it has changed anything."""
        return any(report.outcome == "applied" for report in self.reports)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of it."""
        return tuple(note for report in self.reports for note in report.notes)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The notes but for that of a repeated file, which comes with every full sync."""
        return tuple(
            note for report in self.reports if report.outcome != "repeated" for note in report.notes
        )

    def record(self, tx: Writer, limits: ClosureSettings, now: datetime) -> None:
        """Write it down, in the place of what was known before."""
        from riskcockpit.services.enrichment import (  # noqa: PLC0415 - only what is asked
            record_enrichment,
        )

        if self.origin is not None:
            self.reports = tuple(
                record_enrichment(tx, one, self.origin, limits, now) for one in self.enrichments
            )


NOTHING = Knowledge()


def knowledge_of(
    report: Report,
    request: Request,
    document: Document,
    place: str,
    redact: Callable[[str], str],
    *,
    is_confirmed: bool,
) -> Knowledge | None:
    """Return what a document says of findings; None when it is the report of a scan.

    `is_confirmed`: somebody says that what it lacks is gone.
    """
    if not report.enrichments:
        return None
    from riskcockpit.services.enrichment import Origin  # noqa: PLC0415 - only what is asked

    origin = Origin(
        asset=request.asset or request.default_asset,
        place=redact(place or document.name),
        content_hash=request.content_hash,
        modified_at=document.modified_at,
        is_confirmed=is_confirmed,
    )
    problems = tuple(replace(one, why=redact(one.why)) for one in report.problems)
    clean = tuple(enrichment_without_secrets(one, redact) for one in report.enrichments)
    return Knowledge(clean, problems, origin)
