"""The governance report of the published generation: composed, written, and signed as issued.

Every figure is as of the moment the generation was judged for, so that the same generation, ledger
and period give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from riskcockpit.domain.clock import FrozenClock, parse_utc, rfc3339, start_of_period
from riskcockpit.domain.control import Verdict
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.money import Money
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import InputError
from riskcockpit.ledger.chain import Entry
from riskcockpit.services.compliance import compliance
from riskcockpit.services.context import Context
from riskcockpit.services.gathering import gather
from riskcockpit.services.judged import evaluation_of, judged_at
from riskcockpit.services.posture import standing
from riskcockpit.services.pricing import scenarios_in_force
from riskcockpit.services.queue import queue
from riskcockpit.services.record import examined
from riskcockpit.services.sources import source_views
from riskcockpit.store.sql import sql
from riskcockpit.views.compliance import EvidenceState, FrameworkView
from riskcockpit.views.report import (
    Attestation,
    Bridge,
    Coverage,
    Driver,
    ExposureDay,
    FailingControl,
    Incident,
    ReportedWaiver,
    ReportView,
    Unreadable,
)

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.store.database import Reader

MOST_DRIVERS = 10
MOST_WAITING = 5
DEFAULT_PERIOD = timedelta(days=30)
"""How far back the first report looks; later ones begin where the last one ended."""
EVIDENCE_FORM = "evidence"
"""How the ledger names the manifest of an evidence export among issued files."""
_FAILING = (Verdict.ALARM, Verdict.ERROR, Verdict.CONFIG_INVALID)


@dataclass(frozen=True, slots=True)
class Issued:
    """A file of a report, as the ledger names it."""

    form: str
    """`html`, `markdown` or `json`."""
    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256 in hex."""
        return sha256(self.content).hexdigest()


def compose(
    ctx: Context, since: datetime | timedelta | None = None, *, is_draft: bool = False
) -> ReportView:
    """Return the report from `since` to the moment the cache was judged for.

    `since` is a moment (aware UTC) or how long before the end the period begins. Without, it begins
    where the last issued report ended, else `DEFAULT_PERIOD` before.

    Raises:
        InputError: there is no cache yet, or the period is empty.
        StoreError: the cache is damaged. LedgerError: the ledger cannot be read.
    """
    if not ctx.store.generation():
        raise InputError(
            "there is nothing to report: the cache is empty",
            hint="`riskcockpit sync` or `riskcockpit import` first",
        )
    found = examined(ctx)
    with ctx.store.reader() as reader:
        until = judged_at(reader)
        evaluation = evaluation_of(found.counting, reader.generation)
        start = start_of_period(
            since or _last_report(found.counting, until) or DEFAULT_PERIOD, until
        )
        if start >= until:
            raise InputError(
                f"the period is empty: the data ends at {rfc3339(until)}",
                hint="give an earlier --since, or sync first",
            )
        problem = next((f"{one.chain}: {one.why}" for one in found.report.problems), "")
        witnessed = [e for e in found.entries if e.ts <= (evaluation.ts if evaluation else until)]
        attestation = Attestation(
            generation=reader.generation,
            policy_digest=str(evaluation.data["policy_digest"]) if evaluation else "",
            results_digest=str(evaluation.data["results_digest"]) if evaluation else "",
            evaluated_by=evaluation.actor if evaluation else "",
            heads=tuple(sorted({entry.chain: entry.hash for entry in witnessed}.items())),
            entries=len(witnessed),
            is_verified=found.report.is_ok,
            problem=problem,
        )
        return _composed(ctx, reader, start, until, attestation, is_draft=is_draft)


def issue(ctx: Context, view: ReportView, files: Sequence[Issued]) -> str:
    """Sign that these files were issued, and return the hash of the entry.

    Raises:
        LedgerError: nobody can sign here.
    """
    entry = ctx.journal().append(
        EntryType.REPORT_ISSUED,
        {
            "generation": view.attestation.generation,
            "since": rfc3339(view.since),
            "until": rfc3339(view.until),
            "files": [{"form": file.form, "sha256": file.digest} for file in files],
            "heads": dict(view.attestation.heads),
            "policy_digest": view.attestation.policy_digest,
            "results_digest": view.attestation.results_digest,
        },
    )
    return entry.hash


def _composed(
    ctx: Context,
    reader: Reader,
    since: datetime,
    until: datetime,
    attestation: Attestation,
    *,
    is_draft: bool,
) -> ReportView:
    settings = ctx.settings
    notice = timedelta(days=settings.waivers.notice_days)
    facts = gather(reader, until, notice)
    pillars, exposure = standing(ctx, facts, until)
    controls = reader.records(sql("services", "governance_control"))
    waivers = _waivers(reader, since, until + notice, settings.currency)
    waiting = queue(facts, until, notice, settings.currency)[:MOST_WAITING]
    return ReportView(
        organisation=settings.context.name,
        is_production=settings.context.production,
        is_draft=is_draft,
        since=since,
        until=until,
        exposure=exposure,
        is_inside=exposure.mean <= exposure.appetite,
        history=tuple(
            ExposureDay(*row) for row in reader.rows(sql("services", "report_history"), since=since)
        ),
        drivers=_drivers(reader, settings.currency),
        pillars=pillars,
        coverage=tuple(map(_coverage, compliance(replace(ctx, clock=FrozenClock(until))))),
        failing=_failing(controls, dict(reader.rows(sql("services", "report_reasons")))),
        controls=_counted(controls),
        waivers=waivers,
        approvers=_approvers(waivers, settings.currency),
        incidents=_incidents(reader, since, until),
        bridge=tuple(
            Bridge(Severity(severity), *counts)
            for severity, *counts in reader.rows(
                sql("services", "report_bridge"), since=since, until=until
            )
        ),
        sources=source_views(settings.sources, facts.sources, until),
        unreadable=tuple(
            Unreadable(*row) for row in reader.rows(sql("services", "report_unreadable"))
        ),
        waiting=tuple((item.title, item.detail, item.at_risk) for item in waiting),
        scenarios=_scenarios(ctx),
        attestation=attestation,
    )


def _last_report(entries: Sequence[Entry], until: datetime) -> datetime | None:
    """Return where the last report ended that ended before `until`."""
    ends = (
        _until(entry)
        for entry in reversed(entries)
        if entry.type is EntryType.REPORT_ISSUED and _forms(entry) != {EVIDENCE_FORM}
    )
    return next((end for end in ends if end is not None and end < until), None)


def _until(entry: Entry) -> datetime | None:
    """Return where a report ended; None when its entry does not say."""
    try:
        return parse_utc(str(entry.data.get("until")))
    except (ValueError, OverflowError):
        return None


def _forms(entry: Entry) -> set[str]:
    listed = entry.data.get("files")
    files = listed if isinstance(listed, list) else ()
    return {str(file.get("form")) for file in files if isinstance(file, Mapping)}


def _drivers(reader: Reader, currency: str) -> tuple[Driver, ...]:
    rows = reader.rows(sql("services", "report_drivers"), most=MOST_DRIVERS)
    return tuple(
        Driver(name, pillar, owner, findings, Money(expected, currency))
        for name, pillar, owner, findings, expected in rows
    )


def _coverage(framework: FrameworkView) -> Coverage:
    counts = framework.counts
    return Coverage(
        framework=framework.id,
        title=framework.title,
        certainty=framework.certainty,
        requirements=len(framework.requirements),
        present=counts[EvidenceState.PRESENT],
        failing=sum(
            one.failing > 0 and one.state is EvidenceState.PRESENT for one in framework.requirements
        ),
        stale=counts[EvidenceState.STALE],
        absent=counts[EvidenceState.ABSENT],
        not_automated=counts[EvidenceState.NOT_AUTOMATED],
    )


def _failing(
    controls: Sequence[Mapping[str, Any]], reasons: Mapping[str, str]
) -> tuple[FailingControl, ...]:
    """Return the controls that are not ok, with why: the first of their rows that fails."""
    found = (
        FailingControl(
            id=one["id"],
            title=one["title"],
            pillar=one["pillar"],
            severity=Severity(one["severity"]),
            verdict=one["verdict"],
            failed=one["failed"],
            message=one["message"] or reasons.get(one["id"], ""),
        )
        for one in controls
        if one["verdict"] != Verdict.OK.value
    )
    order = (*_FAILING, Verdict.STALE)
    ranks = {verdict.value: rank for rank, verdict in enumerate(order)}
    return tuple(
        sorted(found, key=lambda one: (ranks.get(one.verdict, len(order)), -one.severity, one.id))
    )


def _counted(controls: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, int], ...]:
    return tuple(
        (verdict.value, sum(one["verdict"] == verdict.value for one in controls))
        for verdict in Verdict
    )


def _waivers(
    reader: Reader, since: datetime, notice_end: datetime, currency: str
) -> tuple[ReportedWaiver, ...]:
    return tuple(
        ReportedWaiver(
            id=row["id"],
            state=row["state"],
            reason=row["reason"],
            requester=row["requester"],
            approver=row["approver"],
            expires_at=row["expires_at"],
            findings=row["findings"],
            exposure=Money(Decimal(row["exposure"]), currency),
            is_expiring=row["state"] == "granted" and row["expires_at"] <= notice_end,
        )
        for row in reader.records(sql("services", "report_waivers"), since=since)
    )


def _approvers(
    waivers: Sequence[ReportedWaiver], currency: str
) -> tuple[tuple[str, int, Money], ...]:
    granted = [one for one in waivers if one.state == "granted"]
    names = sorted({one.approver or one.requester for one in granted})
    return tuple(
        (
            name,
            len(mine := [one for one in granted if (one.approver or one.requester) == name]),
            Money.total((one.exposure for one in mine), currency),
        )
        for name in names
    )


def _incidents(reader: Reader, since: datetime, until: datetime) -> tuple[Incident, ...]:
    rows = reader.rows(sql("services", "report_incidents"), since=since, until=until)
    return tuple(
        Incident(subject, title, Severity(severity), *moments)
        for subject, title, severity, *moments in rows
    )


def _scenarios(ctx: Context) -> str:
    """Return where the priors come from, one clause a scenario."""
    model = scenarios_in_force(ctx)
    told = [f"{one.title}: {one.source} ({one.certainty})" for one in model.scenarios]
    told.append(f"A model in production: {model.models.source} ({model.models.certainty})")
    return "; ".join(told)
