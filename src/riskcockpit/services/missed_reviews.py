"""Reviews of broken glasses that were missed: what the ledger says of them, for their findings.

Whoever broke a glass never settles alone that nobody looked at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from riskcockpit.decisions.people import names_of_all
from riskcockpit.decisions.project import BrokenGlass, Projection
from riskcockpit.decisions.roles import Signature
from riskcockpit.decisions.wording import summary_of
from riskcockpit.domain.severity import Severity
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import RefusedError
from riskcockpit.ingest.glasses import MissedReview, judge_glasses
from riskcockpit.ledger.chain import Entry
from riskcockpit.services.authors import glass_breakers
from riskcockpit.services.context import Context
from riskcockpit.services.house import policy_of
from riskcockpit.store.database import Reader, Writer

OWN_REVIEW = "own-review"
"""The rule named when somebody would waive alone that they were not reviewed."""


def settle_reviews(
    ctx: Context,
    tx: Writer,
    projection: Projection,
    entries: Iterable[Entry],
    now: datetime,
    *,
    is_verified: bool,
) -> None:
    """Put the findings about missed reviews in line with what the ledger means at `now`."""
    by_hash = {entry.hash: entry for entry in entries} if projection.glasses else {}
    missed = list(_missed(projection, by_hash, now))
    judge_glasses(tx, missed, now, policy_of(ctx), is_whole=is_verified)


def refuse_own_review(reader: Reader, who: Signature, findings: Iterable[str]) -> None:
    """Let nobody waive alone that a decision of theirs was not reviewed.

    Raises:
        RefusedError: one of `findings` is about a glass that `who` broke.
    """
    if who.names & names_of_all(glass_breakers(reader, findings)):
        raise RefusedError(
            f"{who.principal} broke the glass that this is about, and so does not waive it alone",
            rule=OWN_REVIEW,
            hint="another person reviews the decision, `riskcockpit approve`, or adds a key here",
        )


def _missed(
    projection: Projection, entries: Mapping[str, Entry], now: datetime
) -> Iterator[MissedReview]:
    for glass in projection.glasses:
        entry = entries.get(glass.id)
        if entry is None or glass.ended_at is not None or not glass.review.is_owed(now):
            continue
        asset, severity = _about(projection, glass)
        yield MissedReview(
            id=glass.id,
            actor=clean_line(glass.actor),
            what=summary_of(entry),
            asset=clean_line(asset),
            severity=severity,
            reason=clean_line(glass.review.reason),
            at=glass.at.replace(microsecond=0),
            due=glass.review.due,
        )


def _about(projection: Projection, glass: BrokenGlass) -> tuple[str, Severity]:
    """Return the one thing a decision is about (else nothing), and how severe that is."""
    if (action := projection.action(glass.id)) is not None:
        return action.model, Severity.HIGH
    waiver = projection.waiver(glass.id)
    terms = waiver.terms if waiver else None
    if terms is None:
        return "", Severity.CRITICAL
    assets = terms.record.assets if terms.record else ()
    return assets[0] if len(assets) == 1 else "", terms.severity
