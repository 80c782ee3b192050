"""Waivers and requests on paper, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from riskcockpit.cli import output
from riskcockpit.cli.diagnostics import say
from riskcockpit.cli.documents import plain
from riskcockpit.domain.ids import short
from riskcockpit.present.text import age, money, plural, stamp
from riskcockpit.present.waivers import scope_fact, scope_words
from riskcockpit.views.waivers import (
    CoveredFinding,
    RequestDetail,
    RequestRow,
    WaiverDetail,
    WaiverEvent,
    WaiverRow,
    WaiverStanding,
)


def waivers(rows: Sequence[WaiverRow], now: datetime) -> None:
    """Print a list of waivers."""
    titles = (
        "standing",
        "id",
        "kind",
        "findings",
        "at risk",
        "ends",
        "asked by",
        "signed by",
        "why",
    )
    cells = [
        (
            _word(row.standing.value),
            short(row.id),
            _word(row.kind),
            scope_words(row),
            money(row.exposure),
            _end(row, now),
            row.requester,
            ", ".join(row.approvers),
            row.why,
        )
        for row in rows
    ]
    output.cells(titles, cells, "table")
    if not rows:
        say("no waiver was ever asked for")
        return
    active = [row for row in rows if row.standing is WaiverStanding.ACTIVE]
    other = [row for row in rows if row.standing is WaiverStanding.IN_REVIEW]
    say(f"{plural(len(rows), 'waiver')}, {len(active)} active, {len(other)} in review")


def waiver(view: WaiverDetail, now: datetime) -> None:
    """Print one waiver in full."""
    row = view.row
    head = f"{_word(row.standing.value).upper()}  waiver {short(row.id)}"
    output.line(f"{head}: {row.why}" if row.why else head)
    covers, scope = scope_fact(row)
    facts = (
        ("id", row.id),
        ("asked", f"{stamp(row.requested_at)} by {row.requester}"),
        ("signed", ", ".join(row.approvers)),
        ("in force since", stamp(row.decided_at) if row.decided_at else ""),
        ("ends", _end(row, now)),
        ("rule", row.rule),
        ("reason", row.reason),
        ("because", row.justification),
        *view.facts,
        ("query", row.query),
        (covers, f"{scope}, up to {row.severity}"),
        ("exposure", f"{money(row.exposure)} a year"),
        ("waived for", _days(row) if row.waived else ""),
        ("renewed by", short(row.renewed_by) if row.renewed_by else ""),
    )
    for label, text in facts:
        if text:
            output.line(f"{label:<18} {' '.join(text.split())}")
    for title, texts in (
        ("Somebody has to look at it again", view.triggers),
        ("Checked of who signed", [f"{who}: {words}" for who, words in view.duties]),
        ("Compensated by", [f"{name}  {_word(word)}" for name, word in view.controls.items()]),
        ("Findings", [_finding(each) for each in view.findings]),
        ("History", [_event(each) for each in view.history]),
    ):
        if texts:
            output.line()
            output.line(title)
            for text in texts:
                output.line(f"  {text}")


def requests(rows: Sequence[RequestRow], now: datetime) -> None:
    """Print the requests that wait."""
    titles = ("id", "waits", "asked by", "what", "rule", "needs", "who can", "you")
    cells = [
        (
            short(row.id),
            age(row.requested_at, now),
            row.requester,
            row.summary,
            row.rule,
            row.conflict or _review(row) or "; ".join(dict.fromkeys(row.needs)),
            ", ".join(row.could),
            "may approve" if row.may_approve else row.why_not,
        )
        for row in rows
    ]
    output.cells(titles, cells, "table")
    mine = sum(row.may_approve for row in rows)
    say(f"{plural(len(rows), 'request')}, {mine} for you to sign")


def request_page(view: RequestDetail) -> None:
    """Print one request in full."""
    row = view.row
    output.line(f"{_word(view.state).upper()}  {row.kind}: {row.summary}")
    facts = (
        *view.facts,
        ("asked", f"{stamp(row.requested_at)} by {row.requester}"),
        ("rule", f"{row.rule}: {row.why}" if row.why else row.rule),
        ("signed", ", ".join(row.signed)),
        ("needs", row.conflict or _review(row) or "; ".join(dict.fromkeys(row.needs))),
        ("who can", ", ".join(row.could)),
        ("you", "may approve" if row.may_approve else row.why_not),
        ("covers", plural(view.finding_count, "finding") if view.finding_count else ""),
        ("exposure", f"{money(view.exposure)} a year" if view.exposure else ""),
    )
    for label, text in facts:
        if text:
            output.line(f"{label:<18} {' '.join(text.split())}")
    if view.findings:
        output.line()
        output.line("Findings")
    for each in view.findings:
        output.line(f"  {short(each.id)}  {each.severity.word:<8}  {each.title}  {each.asset}")
    if view.findings and view.finding_count > len(view.findings):
        output.line(f"  … and {view.finding_count - len(view.findings)} more")


def request_detail(view: RequestDetail) -> dict[str, Any]:
    """Return one request in full as JSON."""
    return {
        **request(view.row),
        "state": view.state,
        "facts": dict(view.facts),
        "finding_count": view.finding_count,
        "exposure": plain(view.exposure),
        "findings": [
            {"id": each.id, "severity": each.severity.word, "title": each.title,
             "asset": each.asset}
            for each in view.findings
        ],
    }  # fmt: skip


def document(row: WaiverRow) -> dict[str, Any]:
    """Return one waiver as JSON."""
    return {
        "id": row.id,
        "standing": row.standing.value,
        "why": row.why,
        "kind": row.kind,
        "reason": row.reason,
        "justification": row.justification,
        "requester": row.requester,
        "approvers": list(row.approvers),
        "risk_owner": row.risk_owner,
        "requested_at": plain(row.requested_at),
        "decided_at": plain(row.decided_at),
        "review_at": plain(row.review_at),
        "expires_at": plain(row.expires_at),
        "ending": row.is_ending,
        "findings": row.findings,
        "covered": row.covered,
        "severity": row.severity,
        "exposure": plain(row.exposure),
        "query": row.query,
        "rule": row.rule,
        "renews": row.renews,
        "renewed_by": row.renewed_by,
        "renewals": row.renewals,
        "waived_seconds": int(row.waived.total_seconds()),
    }


def detail(view: WaiverDetail) -> dict[str, Any]:
    """Return one waiver in full as JSON."""
    return {
        **document(view.row),
        "facts": [{"name": name, "text": text} for name, text in view.facts],
        "triggers": list(view.triggers),
        "controls": [{"id": name, "verdict": word} for name, word in view.controls.items()],
        "duties": [{"approver": who, "checked": words} for who, words in view.duties],
        "list": [
            {
                "id": each.id,
                "title": each.title,
                "asset": each.asset,
                "severity": each.severity,
                "state": each.state,
                "covered": each.is_covered,
                "why_not": each.why_not,
            }
            for each in view.findings
        ],
        "history": [
            {
                "at": plain(each.at),
                "actor": each.actor,
                "text": each.text,
                "entry": each.entry,
            }
            for each in view.history
        ],
    }


def request(row: RequestRow) -> dict[str, Any]:
    """Return one request as JSON."""
    return {
        "id": row.id,
        "kind": row.kind,
        "summary": row.summary,
        "requester": row.requester,
        "requested_at": plain(row.requested_at),
        "rule": row.rule,
        "rule_why": row.why,
        "signed": list(row.signed),
        "needs": list(row.needs),
        "review_by": plain(row.review_by),
        "may_approve": row.may_approve,
        "why_not": row.why_not,
        "could_approve": list(row.could),
        "conflict": row.conflict,
    }


def _end(row: WaiverRow, now: datetime) -> str:
    if row.standing is WaiverStanding.ENDED:
        return f"ended {stamp(row.ended_at)}".rstrip()
    if row.expires_at is None:
        return "?"
    left = (row.expires_at - now).days
    text = stamp(row.expires_at)
    return f"{text}, in {plural(left, 'day')}" if row.is_ending else text


def _days(row: WaiverRow) -> str:
    return f"{row.waived.total_seconds() / 86_400:.1f} days"


def _review(row: RequestRow) -> str:
    return f"a review by another until {stamp(row.review_by)}" if row.review_by else ""


def _finding(each: CoveredFinding) -> str:
    mark = "covered" if each.is_covered else f"not covered: {each.why_not}"
    return f"{short(each.id)}  {each.severity:<8}  {each.title}  {each.asset}  ({mark})"


def _event(each: WaiverEvent) -> str:
    return f"{stamp(each.at)}  {each.actor}  {' '.join(each.text.split())}  ({short(each.entry)})"


def _word(text: str) -> str:
    return text.replace("_", " ")
