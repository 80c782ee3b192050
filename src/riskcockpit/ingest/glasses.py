"""Broken glasses whose review was missed: each is a finding until somebody reviewed it.

The finding is known by the entry that decides, so that one glass has one finding in every cache.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.domain.ids import short
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.ingest.judged import Judged, settle_judged
from riskcockpit.ingest.policy import IngestPolicy
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql

LEDGER = "riskcockpit.ledger"
"""The tool that watches over what was decided: this one."""
MISSED = "glass-review-missed"
NOWHERE = "ledger"
"""The asset of a decision that is about several, or about none that it names."""
_WATCHED = {LEDGER: "decisions of one person"}


@dataclass(frozen=True, slots=True)
class MissedReview:
    """A decision of one person that others should have reviewed by now."""

    id: str
    """Hash of the entry that decides."""
    actor: str
    what: str
    """What was decided, in words."""
    asset: str
    """What it is about; empty when that is not one thing."""
    severity: Severity
    """Of what was decided on."""
    reason: str
    """Why it could not wait."""
    at: datetime
    """To the second."""
    due: datetime
    """When the time for the review was over; aware UTC as `at`."""


def judge_glasses(
    tx: Writer,
    missed: Iterable[MissedReview],
    now: datetime,
    policy: IngestPolicy,
    *,
    is_whole: bool,
) -> None:
    """Make a finding of every missed review, and end those of glasses that were reviewed or ended.

    This runs after the broken glasses were written. Nothing ends while `is_whole` is false: the
    ledger does not verify, and a review may be missing from what is left of it.
    """
    judged = [Judged(LEDGER, _observation(one)) for one in missed]
    settle_judged(tx, _WATCHED, judged, now, policy, is_whole=is_whole)
    tx.execute(sql("ingest", "glass_ended_words"), tool=LEDGER, rev=tx.generation)


def _observation(missed: MissedReview) -> Observation:
    since = rfc3339(missed.due)
    return Observation(
        finding_class=FindingClass.CLOUD,
        tool=LEDGER,
        rule=MISSED,
        title=(
            f"{missed.actor} alone decided on {rfc3339(missed.at)}: {missed.what};"
            f" the review is missed since {since}"
        ),
        severity=max(missed.severity, Severity.HIGH),
        record=missed.id,
        description=(
            f"The glass was broken because: {missed.reason}. Another person should have looked at"
            f" it by {since}. To end this: who could have added the missing key looks at it now,"
            f" `riskcockpit approve {short(missed.id)}` or `reject`."
        ),
        severity_source="what was decided on, at least high",
        resource=missed.id,
        asset=missed.asset or NOWHERE,
        pillar=Pillar.COMPLIANCE_AUTOMATION,
        onset_at=missed.due,
    )
