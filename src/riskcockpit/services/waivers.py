"""Waivers as they stand, and why: the ledger's word, and what the cache knows of their findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from riskcockpit.decisions.duties import in_words
from riskcockpit.decisions.project import Projection, Waiver, held_by_controls
from riskcockpit.decisions.requests import KEYS
from riskcockpit.decisions.waiver_record import WaiverRecord
from riskcockpit.decisions.waivers import (
    RENEW_RULE,
    RENEWABLE,
    Covered,
    WaiverState,
    WaiverTerms,
)
from riskcockpit.decisions.wording import summary_of
from riskcockpit.domain.clock import parse_utc, rfc3339
from riskcockpit.domain.finding import State
from riskcockpit.domain.ids import short
from riskcockpit.domain.money import Money
from riskcockpit.domain.severity import Severity
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.errors import QueryError, RefusedError, UnknownNameError
from riskcockpit.ledger.chain import Entry
from riskcockpit.present.text import plural
from riskcockpit.services.context import Context
from riskcockpit.services.decide import plan_waiver, scope_of, waive
from riskcockpit.services.desk import MIN_PREFIX
from riskcockpit.services.findings import FindingReader
from riskcockpit.services.record import examined, projected
from riskcockpit.services.verdicts import verdicts_of
from riskcockpit.services.waiver_terms import record_facts
from riskcockpit.store.sql import sql
from riskcockpit.views.governance import DecisionPreview, DecisionResult
from riskcockpit.views.waivers import (
    CoveredFinding,
    WaiverDetail,
    WaiverEvent,
    WaiverRow,
    WaiverScope,
    WaiverStanding,
)

_STANDINGS = {
    WaiverState.REQUESTED: WaiverStanding.REQUESTED,
    WaiverState.GRANTED: WaiverStanding.ACTIVE,
    WaiverState.SUSPENDED: WaiverStanding.SUSPENDED,
    WaiverState.EXPIRED: WaiverStanding.EXPIRED,
    WaiverState.IN_DOUBT: WaiverStanding.IN_DOUBT,
}
_GONE = frozenset({State.FIXED.value, State.SUPPRESSED_AT_SOURCE.value})
_NAMES = ("request", "waiver", "decision", "subject")
"""Where an entry says which waiver it is about."""
_GROWTH_LOOKED_AT = 10_000
"""Matches of a query that are compared with the list of its waiver."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of all waivers at a moment."""

    ctx: Context
    projection: Projection
    covered: Mapping[str, Sequence[Mapping[str, Any]]]
    """Waiver → the findings on its list, as they are now."""
    verdicts: Mapping[str, str]
    entries: Sequence[Entry]


def waivers(ctx: Context) -> tuple[WaiverRow, ...]:
    """Return every waiver ever asked for: what wants somebody first, then the newest.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    known = _known(ctx)
    rows = [_row(known, each, _triggers(known, each)) for each in known.projection.waivers]
    order = list(WaiverStanding)
    rows.sort(key=lambda row: row.requested_at, reverse=True)
    return tuple(sorted(rows, key=lambda row: order.index(row.standing)))


def waiver(ctx: Context, id_: str) -> WaiverDetail:
    """Return one waiver in full; a unique prefix of its id will do.

    Raises:
        UnknownNameError: there is no such waiver, or several.
    """
    known = _known(ctx)
    each = _named(known.projection, id_)
    triggers = _triggers(known, each)
    record = _record(each)
    return WaiverDetail(
        _row(known, each, triggers),
        record_facts(each.terms) if each.terms else (),
        triggers,
        tuple(_findings(known, each)),
        {name: known.verdicts.get(name, "unknown") for name in (record.controls if record else ())},
        tuple(_duties(ctx, each)),
        tuple(_history(known.entries, each.id)),
    )


def plan_renewal(
    ctx: Context, id_: str, expires_at: datetime, justification: str = ""
) -> DecisionPreview:
    """Say what renewing a waiver would cover, and who else has to sign it; raises as `renew`."""
    old, terms, ids = _renewable(ctx, id_)
    return plan_waiver(
        ctx, ids, terms.reason.value, justification or terms.justification, expires_at,
        details=_carried(terms), renews=old,
    )  # fmt: skip


def renewal_scope(ctx: Context, id_: str) -> WaiverScope:
    """Return what a renewal of a waiver is about, and what its terms must keep.

    Raises:
        UnknownNameError: there is no such waiver.
        RefusedError: it was rejected, revoked or renewed already.
    """
    return scope_of(ctx, _renewable(ctx, id_)[2])


def renew(ctx: Context, id_: str, expires_at: datetime, justification: str = "") -> DecisionResult:
    """Ask for a waiver in the place of another, over what is left of its list; always reviewed.

    It is ruled as one over high findings is, whatever its severity. The old one stands until the
    new one has its keys; it is never edited.

    Raises:
        UnknownNameError: there is no such waiver.
        RefusedError: it was rejected, revoked or renewed, a renewal waits, or a rule says no.
        InputError: nothing is left that could be waived.
    """
    old, terms, ids = _renewable(ctx, id_)
    return waive(
        ctx, ids, terms.reason.value, justification or terms.justification, expires_at,
        details=_carried(terms), renews=old,
    )  # fmt: skip


def _known(ctx: Context) -> _Known:
    ledger = examined(ctx)
    found = projected(ctx, ledger, ctx.clock.now())
    covered: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    verdicts: dict[str, str] = {}
    if ctx.store.generation():
        with ctx.store.reader() as reader:
            for row in reader.records(sql("services", "waiver_covered")):
                covered[row["waiver_id"]].append(row)
            verdicts = verdicts_of(reader)
        found = held_by_controls(found, verdicts)
    return _Known(ctx, found, covered, verdicts, ledger.entries)


def _history(entries: Iterable[Entry], id_: str) -> Iterator[WaiverEvent]:
    """Yield what was signed about a waiver: asked, answered, noted, suspended, renewed, ended."""
    for entry in sorted(entries, key=lambda entry: entry.ts):
        record = entry.data.get("record")
        renews = str(record.get("renews", "")) if isinstance(record, Mapping) else ""
        named = {str(entry.data.get(key, "")) for key in _NAMES}
        if entry.hash != id_ and id_ not in {*named, renews}:
            continue
        words = f"renewal: {summary_of(entry)}" if renews == id_ else summary_of(entry)
        comment = clean_text(str(entry.data.get("comment", ""))).strip()
        said = f": {comment}" if comment and comment not in words else ""
        yield WaiverEvent(entry.ts, entry.actor, f"{words}{said}", entry.hash)


def _named(projection: Projection, id_: str) -> Waiver:
    wanted = id_.strip().lower()
    found = [each for each in projection.waivers if each.id.startswith(wanted)]
    if len(found) == 1 and len(wanted) >= MIN_PREFIX:
        return found[0]
    raise UnknownNameError(
        f"several waivers start with {id_!r}" if found else f"there is no waiver {id_!r}",
        hint="`riskcockpit waivers list`",
    )


def _record(each: Waiver) -> WaiverRecord | None:
    return each.terms.record if each.terms else None


def _row(known: _Known, each: Waiver, triggers: Sequence[str]) -> WaiverRow:
    terms, record, now = each.terms, _record(each), known.projection.at
    rows = known.covered.get(each.id, ())
    standing, why = _standing(each, rows, triggers)
    asks = standing is WaiverStanding.REQUESTED
    is_in_force = each.state is WaiverState.GRANTED  # the cache may not know yet that it is not
    covered = [row for row in rows if row["is_covered"] and is_in_force]
    priced = [row for row in rows if row["state"] not in _GONE] if asks else covered
    currency = known.ctx.settings.currency
    notice = timedelta(days=known.ctx.settings.waivers.notice_days)
    counts = standing in (WaiverStanding.ACTIVE, WaiverStanding.IN_REVIEW)
    ends = terms.expires_at if terms else None
    return WaiverRow(
        id=each.id,
        standing=standing,
        why=why,
        kind=terms.kind.value if terms else "",
        reason=terms.reason.value if terms else "",
        justification=terms.justification if terms else "",
        requester=each.requester,
        approvers=tuple(one.principal for one in each.standing.signed[1:]),
        risk_owner=record.risk_owner if record else "",
        requested_at=each.requested_at,
        decided_at=each.standing.decided_at,
        review_at=parse_utc(record.review_at) if record else None,
        expires_at=ends,
        is_ending=counts and ends is not None and ends - now <= notice,
        findings=len(terms.findings) if terms else 0,
        covered=len(covered),
        severity=terms.severity.word if terms else "",
        exposure=Money.total((Money(row["exposure"], currency) for row in priced), currency),
        query=terms.query if terms else "",
        rule=each.standing.rule.id if each.standing.rule else "",
        renews=record.renews if record else "",
        renewed_by=each.renewed_by,
        renewals=record.renewals if record else 0,
        waived=_waived(each, now),
        ended_at=each.stopped_at if standing is WaiverStanding.ENDED else None,
    )


def _standing(
    each: Waiver, rows: Sequence[Mapping[str, Any]], triggers: Sequence[str]
) -> tuple[WaiverStanding, str]:
    standing = _STANDINGS.get(each.state, WaiverStanding.ENDED)
    if standing is WaiverStanding.EXPIRED and each.terms is not None:
        return standing, f"it ran out on {rfc3339(each.terms.expires_at)[:10]}"
    if standing is not WaiverStanding.ACTIVE:
        return standing, each.why
    if rows and all(row["state"] in _GONE for row in rows):
        return WaiverStanding.ENDED, "all that it covers is fixed or gone"
    if triggers:
        return WaiverStanding.IN_REVIEW, "; ".join(triggers)
    return standing, ""


def _waived(each: Waiver, now: datetime) -> timedelta:
    """Return for how long a waiver was in force, whatever became of its findings."""
    start = each.standing.decided_at
    if start is None or each.terms is None or each.standing.doubt:
        return timedelta()
    end = min(filter(None, (now, each.terms.expires_at, each.stopped_at)))
    return max(timedelta(), end - start)


def _triggers(known: _Known, each: Waiver) -> tuple[str, ...]:
    """Return why somebody has to look at a waiver in force again, one sentence each."""
    if each.state is not WaiverState.GRANTED or each.terms is None:
        return ()
    frozen = {one.id: one for one in each.terms.findings}
    rows = [r for r in known.covered.get(each.id, ()) if r["state"] not in _GONE]
    since = each.standing.decided_at or each.requested_at
    reasons: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        if row["id"] in frozen and (why := _worse(frozen[row["id"]], row, since)):
            reasons[why] += 1
        if _has_new_fix(_record(each), row):
            reasons["can be fixed by a new version"] += 1
    said = [f"{plural(count, 'finding')} {why}" for why, count in reasons.items()]
    grown = _growth(known.ctx, each.terms)
    if grown:
        said.append(f"{plural(grown, 'new match', 'new matches')} of its query, not covered")
    record = _record(each)
    if record is not None and parse_utc(record.review_at) <= known.projection.at:
        said.append(f"its review was due on {record.review_at[:10]}")
    return tuple(said)


def _worse(then: Covered, row: Mapping[str, Any], since: datetime) -> str:
    if row["severity"] > then.severity:
        return f"became {Severity(row['severity']).word}"
    if row["is_kev"] and not then.is_kev:
        return "known to be exploited by now"
    back = row["came_back_at"]
    return "fixed and back" if back is not None and back > since else ""


def _has_new_fix(record: WaiverRecord | None, row: Mapping[str, Any]) -> bool:
    if record is None or not row["fixed_version"]:
        return False
    return bool(row["fixed_version"] != record.fixed_versions.get(row["id"], ""))


def _growth(ctx: Context, terms: WaiverTerms) -> int:
    """Return how many findings the query of a waiver matches that are not on its list."""
    if not terms.query:
        return 0
    finder = FindingReader(ctx)
    try:
        rows = finder.rows(terms.query, _GROWTH_LOOKED_AT)
    except QueryError:
        return 0  # a query of an older version: its list is what counts
    finally:
        finder.close()
    known = {each.id for each in terms.findings}
    return sum(row.id not in known and row.state.value not in _GONE for row in rows)


def _findings(known: _Known, each: Waiver) -> Iterator[CoveredFinding]:
    frozen = {one.id: one for one in each.terms.findings} if each.terms else {}
    since = each.standing.decided_at or each.requested_at
    seen = set()
    for row in known.covered.get(each.id, ()):
        seen.add(row["id"])
        then = frozen.get(row["id"])
        is_covered = row["is_covered"] and each.state is WaiverState.GRANTED
        why = "" if is_covered else _why_not(each, row, then, since)
        yield CoveredFinding(
            row["id"], row["title"], row["asset"], Severity(row["severity"]).word, row["state"],
            is_covered=is_covered, why_not=why,
        )  # fmt: skip
    for id_, then in frozen.items():
        if id_ not in seen:
            yield CoveredFinding(
                id_, "", "", then.severity.word, "unknown", is_covered=False,
                why_not="the cache has no such finding",
            )  # fmt: skip


def _duties(ctx: Context, each: Waiver) -> Iterator[tuple[str, str]]:
    """Yield who added a key that counts, and what their entry says was checked of them."""
    counted = {(one.principal, one.key_fp) for one in each.standing.signed[1:]}
    for entry in examined(ctx).counting:
        is_key = entry.type in KEYS and entry.data.get("request") == each.id
        if is_key and (entry.actor, entry.key_fp) in counted:
            yield entry.actor, in_words(entry.data) or "the entry does not say"


def _why_not(each: Waiver, row: Mapping[str, Any], then: Covered | None, since: datetime) -> str:
    if row["state"] in _GONE:
        return str(row["state"]).replace("_", " ")
    if each.state is not WaiverState.GRANTED:
        return f"the waiver is {each.state.value.replace('_', ' ')}"
    return (then and _worse(then, row, since)) or "another waiver covers it, or none"


def _renewable(ctx: Context, id_: str) -> tuple[Waiver, WaiverTerms, list[str]]:
    known = _known(ctx)
    old = _named(known.projection, id_)
    if old.state not in RENEWABLE or old.terms is None:
        state = old.state.value.replace("_", " ")
        raise RefusedError(
            f"the waiver {short(old.id)} is {state}",
            rule=RENEW_RULE,
            hint="ask anew: `riskcockpit waive`",
        )
    if (waits := known.projection.renewal_asked(old.id)) is not None:
        raise RefusedError(
            f"a renewal of the waiver {short(old.id)} waits already: {short(waits.id)}",
            rule=RENEW_RULE,
            hint=f"`riskcockpit approve` or `reject {short(waits.id)}` first",
        )
    present = [row["id"] for row in known.covered.get(old.id, ())]
    return old, old.terms, present


def _carried(terms: WaiverTerms) -> dict[str, Any]:
    """Return what a renewal takes over of the record before it."""
    record = terms.record
    if record is None:
        return {}
    names = (
        "treatment", "risk_owner", "requirements", "constraint", "objective", "objective_met",
        "additional_risk", "controls", "validation", "last_tested", "next_test", "maintenance",
        "remediation", "remediation_owner", "ticket", "impact",
    )  # fmt: skip
    return {name: value for name in names if (value := getattr(record, name))}
