"""Deciding about findings: waive them, and everything people say to each other's requests.

Each decision has a plan that is drawn before anybody says yes, and that changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from riskcockpit.decisions.project import Waiver
from riskcockpit.decisions.roles import Deed, Rule, needs
from riskcockpit.decisions.upstream import KEY as UPSTREAM
from riskcockpit.decisions.upstream import as_data
from riskcockpit.decisions.waiver_limits import SHIPPED, WaiverLimits, ignored, stricter
from riskcockpit.decisions.waivers import (
    MOST_FINDINGS,
    Covered,
    WaiverState,
    WaiverTerms,
    check_terms,
    parse_reason,
)
from riskcockpit.domain.clock import as_utc
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.finding import State
from riskcockpit.domain.ids import short
from riskcockpit.domain.money import Money
from riskcockpit.domain.severity import Severity
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.errors import InputError, LedgerError, RefusedError, UnknownNameError
from riskcockpit.present.text import stamp
from riskcockpit.services.answers import (
    approve,
    note,
    plan_approve,
    plan_note,
    plan_reject,
    plan_revoke,
    plan_undo,
    reject,
    revoke,
    undo,
)
from riskcockpit.services.authors import authors_of_findings
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.dismissals import Upstream, calls_of, carry_out, upstream_of_waiver
from riskcockpit.services.findings import FindingReader
from riskcockpit.services.glass import broken_glass, review_words
from riskcockpit.services.missed_reviews import refuse_own_review
from riskcockpit.services.previews import closed
from riskcockpit.services.rows import finding_rows
from riskcockpit.services.waiver_terms import Wanted, check_controls, record_facts, record_for
from riskcockpit.store.sql import sql
from riskcockpit.views.findings import FindingRow
from riskcockpit.views.governance import DecisionPreview, DecisionResult
from riskcockpit.views.waivers import WaiverScope

__all__ = [
    "approve", "note", "plan_approve", "plan_note", "plan_reject", "plan_revoke", "plan_undo",
    "plan_waiver", "reject", "revoke", "scope_of", "undo", "waive",
]  # fmt: skip

SAMPLE = 20
"""Findings shown in a preview."""
_NAMED = 3
"""Findings a form names."""
_ID_LENGTH = 32
_HEX = frozenset("0123456789abcdef")
_WAIVABLE = frozenset(
    {State.OPEN, State.TRIAGE, State.PENDING_WAIVER, State.WAIVED, State.FALSE_POSITIVE}
)


@dataclass(frozen=True, slots=True)
class _Wish:
    """A waiver as somebody would like it."""

    desk: Desk
    terms: WaiverTerms
    rows: tuple[FindingRow, ...]
    left_out: int
    """Findings that were named but are fixed, or accepted in the source."""
    upstream: Upstream

    @property
    def sentence(self) -> str:
        """The wish in words, once it is granted."""
        return f"{_count(len(self.rows))} waived until {stamp(self.terms.expires_at)}"

    @property
    def request(self) -> str:
        """The wish in words, while it waits for another key."""
        return f"asked to waive {_count(len(self.rows))} until {stamp(self.terms.expires_at)}"


def scope_of(ctx: Context, query_or_ids: str | Sequence[str]) -> WaiverScope:
    """Return what a waiver of these findings is about, and what its terms must keep.

    Raises:
        InputError: nothing is named.
        QueryError: the query does not parse.
        UnknownNameError: an id names no finding.
    """
    found = {row.id: row for row in _find(ctx, query_or_ids)[0]}
    findings = list(found) if isinstance(query_or_ids, str) else query_or_ids
    severities = (row.severity for row in found.values() if row.state in _WAIVABLE)
    severity = max(severities, default=Severity.INFO)
    limits, now = _limits(ctx), ctx.clock.now()
    days = limits.days(severity)
    first = [found[id_] for id_ in findings[:_NAMED] if id_ in found]
    return WaiverScope(
        tuple((row.title, f"{row.asset} {row.path}".strip()) for row in first),
        severity.word, days, limits.latest(severity, now),
        (now + timedelta(days=days)).date(), limits.min_justification, len(findings),
    )  # fmt: skip


def _limits(ctx: Context) -> WaiverLimits:
    """Return what holds for this person; for who cannot sign, what the program comes with."""
    try:
        return Desk(ctx).waiver_limits
    except LedgerError:
        return stricter(SHIPPED, ctx.settings.waivers)


def plan_waiver(
    ctx: Context,
    query_or_ids: str | Sequence[str],
    reason: str,
    justification: str,
    expires_at: datetime,
    *,
    break_glass: str = "",
    details: Mapping[str, Any] | None = None,
    renews: Waiver | None = None,
) -> DecisionPreview:
    """Say what a waiver would cover, and who else has to sign it.

    `query_or_ids` is a query, or ids of findings (unique prefixes will do). `details` are fields of
    its record (`decisions.waiver_form`); `renews` is the waiver it takes the place of.

    Raises:
        InputError: an unknown reason, too short a justification, an end in the past, no findings.
        QueryError: the query does not parse.
        UnknownNameError: an id names no finding.
        LedgerError: the ledger does not verify, or there is no key.
    """
    wanted = _wanted(reason, justification, expires_at, details, renews)
    wish = _wish(Desk(ctx), query_or_ids, wanted)
    try:
        rule, glass = _permit(wish, break_glass)
    except RefusedError as error:
        return _preview(wish, error.rule, blockers=(error.message,))
    if glass:
        found = _preview(wish, rule.id)
        return replace(found, warnings=(*found.warnings, f"one key alone, {review_words(glass)}"))
    return _preview(wish, rule.id, missing=needs(rule, [wish.desk.signature()]))


def waive(
    ctx: Context,
    query_or_ids: str | Sequence[str],
    reason: str,
    justification: str,
    expires_at: datetime,
    *,
    break_glass: str = "",
    details: Mapping[str, Any] | None = None,
    renews: Waiver | None = None,
) -> DecisionResult:
    """Waive findings, or ask for it when the rule wants another key.

    `break_glass` is why it cannot wait for that key: it is in force at once, and reviewed later.

    Raises:
        RefusedError: a rule says no; nothing was written.
        InputError: as `plan_waiver`.
    """
    wanted = _wanted(reason, justification, expires_at, details, renews)
    wish = _wish(Desk(ctx), query_or_ids, wanted)
    desk = wish.desk
    rule, glass = _permit(wish, break_glass)
    missing = () if glass else needs(rule, [desk.signature()])
    type_ = EntryType.WAIVER_REQUESTED if missing else EntryType.WAIVER_GRANTED
    with desk.ctx.store.reader() as reader:
        authors = authors_of_findings(reader, (row.id for row in wish.rows))
    data = {**wish.terms.as_data(), **glass, **desk.asking(rule, authors)}
    if wish.upstream.actions:
        data[UPSTREAM] = as_data(wish.upstream.actions)
    entry = desk.sign(type_, data)
    rows = () if missing else carry_out(desk, entry.hash)
    message = "; ".join(filter(None, (review_words(glass), desk.finish())))
    summary = wish.request if missing else wish.sentence
    return DecisionResult(desk.decision(entry, rule, summary, missing), rows, message)


def _permit(wish: _Wish, break_glass: str) -> tuple[Rule, dict[str, Any]]:
    """Return the rule that lets this person ask, and what the ask says of its broken glass."""
    check_terms(wish.terms, wish.desk.waiver_limits, wish.desk.now)
    if wish.terms.record is not None:
        with wish.desk.ctx.store.reader() as reader:
            check_controls(reader, wish.terms.record)
    wish.upstream.check()
    desk, severity = wish.desk, wish.terms.ruling_severity
    rule = desk.permit(Deed.WAIVE, severity)
    glass = broken_glass(desk, rule, break_glass, severity)
    if glass or rule.keys == 1:
        with desk.ctx.store.reader() as reader:
            refuse_own_review(reader, desk.signature(), (row.id for row in wish.rows))
    return rule, glass


def _wanted(
    reason: str,
    justification: str,
    expires_at: datetime,
    details: Mapping[str, Any] | None,
    renews: Waiver | None,
) -> Wanted:
    before = renews.terms.record if renews is not None and renews.terms else None
    return Wanted(
        parse_reason(reason),
        clean_text(justification).strip(),
        as_utc(expires_at).replace(microsecond=0),
        details or {},
        renews.id if renews is not None else "",
        0 if renews is None else 1 + (before.renewals if before else 0),
    )


def _wish(desk: Desk, query_or_ids: str | Sequence[str], wanted: Wanted) -> _Wish:
    named, query = _find(desk.ctx, query_or_ids)
    rows = tuple(row for row in named if row.state in _WAIVABLE)
    terms = WaiverTerms(
        reason=wanted.reason,
        justification=wanted.justification,
        expires_at=wanted.expires_at,
        query=query,
        findings=tuple(Covered(row.id, row.severity, row.is_kev) for row in rows),
        record=record_for(desk, rows, wanted),
    )
    upstream = upstream_of_waiver(desk.ctx, terms)
    return _Wish(desk, terms, rows, len(named) - len(rows), upstream)


def _find(ctx: Context, query_or_ids: str | Sequence[str]) -> tuple[tuple[FindingRow, ...], str]:
    """Return the findings that were named, and the query that named them (empty for ids)."""
    is_text = isinstance(query_or_ids, str)
    words = query_or_ids.split() if isinstance(query_or_ids, str) else list(query_or_ids)
    if not words:
        raise InputError("no findings were named", hint="give ids, or a query")
    finder = FindingReader(ctx)
    try:
        if not is_text or all(map(_looks_like_id, words)):
            return _by_ids(ctx, finder, words), ""
        query = str(query_or_ids)
        return finder.rows(query, MOST_FINDINGS + 1), query
    finally:
        finder.close()


def _looks_like_id(word: str) -> bool:
    return len(word) >= len("abcd") and _HEX.issuperset(word.lower())


def _by_ids(ctx: Context, finder: FindingReader, words: Iterable[str]) -> tuple[FindingRow, ...]:
    ids = [word if len(word) == _ID_LENGTH else finder.resolve(word) for word in words]
    with ctx.store.reader() as reader:
        found = reader.rows(sql("services", "decide_findings"), ids=ids)
    rows = finding_rows(found, ctx.settings.currency)
    if missing := set(ids) - {row.id for row in rows}:
        raise UnknownNameError(
            f"there is no finding {min(missing)!r}", hint="list them: `riskcockpit findings list`"
        )
    return rows


def _preview(
    wish: _Wish,
    rule_id: str,
    *,
    missing: tuple[str, ...] = (),
    blockers: tuple[str, ...] = (),
) -> DecisionPreview:
    context, terms = wish.desk.ctx.settings.context, wish.terms
    count, until = len(wish.rows), stamp(terms.expires_at)
    is_one = count == 1
    stays = "It stays" if is_one else "They stay"
    asks = "asks" if is_one else "ask"
    assets = sorted({row.asset for row in wish.rows})
    calls = calls_of(wish.desk.ctx, wish.upstream.actions)
    return DecisionPreview(
        title=_title(wish, is_asked=bool(missing)),
        consequence=(
            f"{stays} visible as waived and no longer {asks} for a fix until {until}; "
            "new matches are not covered."
        ),
        target=", ".join(assets[:3]) + (f" and {len(assets) - 3} more" if assets[3:] else ""),
        context=context.name,
        is_production=context.production,
        calls=calls.made,
        are_calls_known=calls.are_known,
        rule=rule_id,
        needs=missing,
        blockers=(*blockers, *closed(wish.desk)),
        warnings=(*_warnings(wish), *calls.warnings),
        findings=wish.rows[:SAMPLE],
        finding_count=count,
        exposure=Money.total((row.exposure for row in wish.rows), wish.desk.ctx.settings.currency),
        facts=(
            ("reason", terms.reason.value.replace("_", " ")),
            ("because", terms.justification),
            ("until", until),
            ("highest severity", terms.severity.word),
            ("query", terms.query),
            *record_facts(terms),
        ),
    )


def _title(wish: _Wish, *, is_asked: bool) -> str:
    record, count = wish.terms.record, _count(len(wish.rows))
    if record is not None and record.renews:
        return f"{'Ask to renew' if is_asked else 'Renew'} the waiver of {count}"
    return f"{'Ask to waive' if is_asked else 'Waive'} {count}"


def _warnings(wish: _Wish) -> Iterable[str]:
    yield from ignored(wish.desk.roles.waivers, wish.desk.ctx.settings.waivers)
    if wish.left_out:
        yield f"{_count(wish.left_out)} left out: fixed, or accepted in the source"
    waived = sum(row.state in (State.WAIVED, State.FALSE_POSITIVE) for row in wish.rows)
    if waived and not (wish.terms.record and wish.terms.record.renews):
        yield f"{_count(waived)} waived already"
    yield from _asked_already(wish)
    yield from wish.upstream.notes
    exploited = sum(row.is_kev for row in wish.rows)
    if exploited:
        yield f"{_count(exploited)} known to be exploited"


def _asked_already(wish: _Wish) -> Iterable[str]:
    """Name the requests that wait for a key over the same findings, by the ledger."""
    desk, wanted = wish.desk, {row.id for row in wish.rows}
    for waiver in desk.projection.waivers:
        if waiver.state is not WaiverState.REQUESTED or waiver.terms is None:
            continue
        both = sum(each.id in wanted for each in waiver.terms.findings)
        is_own = waiver.requester == desk.ctx.settings.identity.principal
        if both:
            yield (
                f"{_count(both)} in the request {short(waiver.id)} already, asked by "
                f"{'you' if is_own else waiver.requester}, which waits for a key"
            )


def _count(number: int) -> str:
    if number > MOST_FINDINGS:  # no more are read
        return f"more than {MOST_FINDINGS} findings"
    return f"{number} finding" if number == 1 else f"{number} findings"
