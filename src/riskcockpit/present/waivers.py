"""Waivers and requests as words and columns: how they stand, until when, who can sign."""

from __future__ import annotations

from datetime import datetime

from riskcockpit.domain.ids import short
from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.severity import Severity
from riskcockpit.present.columns import Align, Cell, Column, Frame
from riskcockpit.present.text import (
    Glyphs,
    Mark,
    age,
    count,
    money,
    plural,
    severity_token,
    stamp,
    state_mark,
    until,
)
from riskcockpit.views.waivers import RequestRow, WaiverRow, WaiverStanding

_KIN = {
    WaiverStanding.REQUESTED: KpiState.WARN,
    WaiverStanding.ACTIVE: KpiState.OK,
    WaiverStanding.IN_REVIEW: KpiState.WARN,
    WaiverStanding.SUSPENDED: KpiState.ALARM,
    WaiverStanding.ENDED: KpiState.NO_DATA,
    WaiverStanding.EXPIRED: KpiState.NO_DATA,
    WaiverStanding.IN_DOUBT: KpiState.ALARM,
}
_COUNTS = (WaiverStanding.ACTIVE, WaiverStanding.IN_REVIEW)


def standing_mark(standing: WaiverStanding, glyphs: Glyphs) -> Mark:
    """Return word, symbol and token of how a waiver stands."""
    kin = state_mark(_KIN[standing], glyphs)
    return Mark(standing.value.replace("_", " ").upper(), kin.symbol, kin.token)


def end_of_waiver(row: WaiverRow, now: datetime) -> tuple[str, str]:
    """Return when a waiver ends, or how long ago it did, and the token of that.

    One that nobody can read ends at no time.
    """
    if row.standing is WaiverStanding.ENDED:
        return f"{age(row.ended_at, now)} ago" if row.ended_at else "ended", "muted"
    if row.expires_at is None:
        return "?", "alarm"
    words = until(row.expires_at, now)
    return words, "warn" if row.is_ending else ""


def severity_cell(word: str) -> Cell:
    """Return a severity given as a word."""
    severity = Severity.from_word(word)
    return Cell(word, "" if severity is None else severity_token(severity))


def who_can(row: RequestRow) -> str:
    """Return who could sign a request, in words; empty when it waits for nobody."""
    if row.could:
        return f"{', '.join(row.could)} can"
    return "nobody can by the rules in force" if row.needs else ""


def waits_for(row: RequestRow) -> str:
    """Return what a request waits for, in a few words."""
    if row.conflict:
        return row.conflict
    if row.review_by is not None:
        return f"a review by another until {stamp(row.review_by)}"
    return plural(len(row.needs), "more key") if row.needs else "nothing more"


def scope_words(row: WaiverRow) -> str:
    """Return how many findings of its list a waiver covers now, or that a request asks for."""
    if row.standing is WaiverStanding.REQUESTED:
        return f"asks {count(row.findings)}"
    return f"{count(row.covered)}/{count(row.findings)}"


def scope_fact(row: WaiverRow) -> tuple[str, str]:
    """Return the same as a labelled sentence."""
    found = plural(row.findings, "finding")
    if row.standing is WaiverStanding.REQUESTED:
        return "asks for", found
    return "covers", f"{count(row.covered)} of {found}"


def _standing(row: WaiverRow, frame: Frame) -> Cell:
    mark = standing_mark(row.standing, frame.glyphs)
    return Cell(str(mark), mark.token)


def _ends(row: WaiverRow, frame: Frame) -> Cell:
    words, token = end_of_waiver(row, frame.now)
    return Cell(words, "muted" if row.standing is WaiverStanding.EXPIRED else token)


def _covers(row: WaiverRow, frame: Frame) -> Cell:
    del frame
    if row.standing is WaiverStanding.REQUESTED:
        return Cell(scope_words(row), "warn")
    if row.standing not in _COUNTS:
        return Cell(f"0/{count(row.findings)}", "muted")
    return Cell(scope_words(row))


WAIVERS: tuple[Column[WaiverRow], ...] = (
    Column("standing", "standing", _standing, 12, rank=0),
    Column("severity", "severity", lambda row, _: severity_cell(row.severity), 8, rank=2),
    Column(
        "justification",
        "because",
        lambda row, _: Cell(row.justification or row.why),
        20,
        grow=3,
        rank=0,
    ),
    Column("kind", "kind", lambda row, _: Cell(row.kind.replace("_", " ")), 20, rank=5),
    Column("covered", "covers", _covers, 9, Align.RIGHT, rank=1),
    Column("requester", "asked by", lambda row, _: Cell(row.requester), 12, rank=4),
    Column("expires_at", "ends", _ends, 11, Align.RIGHT, rank=0),
    Column(
        "exposure",
        "at risk",
        lambda row, frame: Cell(money(row.exposure, glyphs=frame.glyphs)),
        9,
        Align.RIGHT,
        rank=3,
    ),
    Column("id", "id", lambda row, _: Cell(short(row.id), "muted"), 10, rank=6),
)


def _you(row: RequestRow, frame: Frame) -> Cell:
    del frame
    if row.may_approve:
        return Cell("you can", "key")
    if row.conflict:
        return Cell("a note ends it", "warn")
    return Cell(who_can(row) or "nobody", "muted")


REQUESTS: tuple[Column[RequestRow], ...] = (
    Column(
        "requested_at",
        "waits",
        lambda row, frame: Cell(age(row.requested_at, frame.now)),
        7,
        Align.RIGHT,
        rank=0,
    ),
    Column("summary", "what", lambda row, _: Cell(row.summary), 34, grow=3, rank=0),
    Column("requester", "asked by", lambda row, _: Cell(row.requester), 12, rank=1),
    Column(
        "needs",
        "waits for",
        lambda row, _: Cell(waits_for(row), "warn" if row.conflict or row.review_by else ""),
        13,
        grow=1,
        rank=3,
    ),
    Column("could", "who can sign", _you, 16, grow=1, rank=0),
    Column("rule", "rule", lambda row, _: Cell(row.rule), 18, rank=4),
    Column("id", "id", lambda row, _: Cell(short(row.id), "muted"), 10, rank=5),
)
