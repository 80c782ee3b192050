"""Columns of every list, as plain data: title, what a row says in it, width, alignment, token.

The cockpit and the command line draw the same columns; no terminal library is known here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Generic, TypeVar

from riskcockpit.domain.ids import short
from riskcockpit.domain.kpi import KpiState
from riskcockpit.present.evidence import verdict_mark
from riskcockpit.present.syncing import progress_text
from riskcockpit.present.text import (
    UNICODE,
    Glyphs,
    age,
    count,
    figure,
    money,
    severity_token,
    source_mark,
    stamp,
    state_mark,
    until,
)

if TYPE_CHECKING:  # a command imports only the views it shows
    from riskcockpit.views.findings import FindingRow
    from riskcockpit.views.governance import ActionRow, ControlView, LedgerRow
    from riskcockpit.views.models import MetricView, ModelRow
    from riskcockpit.views.posture import QueueItem, SourceView

T = TypeVar("T")


class Align(Enum):
    """Where the text of a cell stands."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of one cell and the token that says what it means."""

    text: str
    token: str = ""
    short: str = ""
    """What it says instead where its column is too narrow for the text."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What every cell is drawn against: the present (aware UTC) and the signs of the font."""

    now: datetime
    glyphs: Glyphs = UNICODE


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column of a list."""

    key: str
    """Stable id; the name of the field."""
    title: str
    cell: Callable[[T, Frame], Cell]
    width: int
    """Cells; the least width when the column grows."""
    align: Align = Align.LEFT
    grow: int = 0
    """Share of the spare room; 0 keeps `width`."""
    rank: int = 1
    """Dropped first when highest and room is short; 0 always stays."""
    is_end_kept: bool = False
    """Cut from the left: what tells its rows apart is at the end."""
    sort: str = field(default="")
    """The field of the query grammar it sorts by; empty when it cannot."""


def _state_word(row: FindingRow, frame: Frame) -> Cell:
    word = row.state.value.replace("_", " ")
    if row.is_unconfirmed_absent and row.state.is_open:
        return Cell(f"{word}, unseen", short="unseen")
    if row.state == "waived" and row.waived_until is not None:
        return Cell(f"waived {until(row.waived_until, frame.now)}", short="waived")
    return Cell(word, short=word.partition(" ")[0])


def _due(row: FindingRow, frame: Frame) -> Cell:
    if not row.state.is_open:
        return Cell("")
    return Cell(until(row.due_at, frame.now))


def _title(row: FindingRow, frame: Frame) -> Cell:
    del frame
    return Cell(f"KEV {row.title}" if row.is_kev else row.title)


FINDINGS: tuple[Column[FindingRow], ...] = (
    Column(
        "severity",
        "severity",
        lambda row, _: Cell(row.severity.word, severity_token(row.severity)),
        8,
        rank=0,
        sort="severity",
    ),
    Column("title", "title", _title, 24, grow=5, rank=0, sort="title"),
    Column("asset", "asset", lambda row, _: Cell(row.asset), 12, grow=1, sort="asset"),
    Column(
        "location",
        "location",
        lambda row, _: Cell(row.location),
        20,
        grow=2,
        rank=2,
        is_end_kept=True,
    ),
    Column("owner", "owner", lambda row, _: Cell(row.owner), 10, rank=5, sort="owner"),
    Column("state", "state", _state_word, 8, sort="state"),
    Column("tool", "tool", lambda row, _: Cell(row.tool), 10, rank=7, sort="tool"),
    Column(
        "age",
        "age",
        lambda row, frame: Cell(age(row.first_seen, frame.now)),
        7,
        Align.RIGHT,
        rank=3,
        sort="age",
    ),
    Column("due", "due", _due, 11, Align.RIGHT, rank=4, sort="due"),
    Column(
        "exposure",
        "exposure",
        lambda row, frame: Cell(money(row.exposure, glyphs=frame.glyphs)),
        10,
        Align.RIGHT,
        rank=0,
        sort="exposure",
    ),
    Column("id", "id", lambda row, _: Cell(short(row.id)), 10, rank=8),
)


def _state_cell(state: KpiState, frame: Frame) -> Cell:
    mark = state_mark(state, frame.glyphs)
    return Cell(str(mark), mark.token)


def _version(number: int | None, frame: Frame) -> Cell:
    return Cell(frame.glyphs.dash, "muted") if number is None else Cell(f"v{number}")


def metric_text(metric: MetricView, glyphs: Glyphs = UNICODE, room: int | None = None) -> str:
    """Return a metric against its threshold, as `accuracy 0.812 ≥ 0.9`, in `room` cells.

    Where the room is short the name is cut, never the numbers.
    """
    name = f"{metric.metric} [{metric.segment}]" if metric.segment else metric.metric
    numbers = _against(metric, glyphs)
    spare = len(name) if room is None else max(1, room - len(numbers) - 1)
    if len(name) > spare:
        name = name[: spare - 1] + glyphs.ellipsis
    return f"{name} {numbers}"


def _against(metric: MetricView, glyphs: Glyphs) -> str:
    if metric.threshold is None:
        return figure(metric.value)
    sign = glyphs.at_least if metric.direction.sign == UNICODE.at_least else glyphs.at_most
    if metric.state is KpiState.ALARM:
        sign = "<" if sign == glyphs.at_least else ">"
    return f"{figure(metric.value)} {sign} {figure(metric.threshold)}"


def _worst_metric(row: ModelRow, frame: Frame) -> Cell:
    order = list(KpiState)
    worst = max(row.metrics, key=lambda metric: order.index(metric.state), default=None)
    if worst is None:
        return Cell("no readings", "muted")
    alarmed = [metric for metric in row.metrics if metric.state is KpiState.ALARM]
    chosen = alarmed[0] if alarmed else row.metrics[0]
    return Cell(metric_text(chosen, frame.glyphs), chosen.state.value if alarmed else "")


MODELS: tuple[Column[ModelRow], ...] = (
    Column("state", "state", lambda row, frame: _state_cell(row.state, frame), 9, rank=0),
    Column("name", "model", lambda row, _: Cell(row.name), 18, grow=2, rank=0),
    Column("champion", "champion", lambda row, frame: _version(row.champion, frame), 8, rank=0),
    Column(
        "since",
        "since",
        lambda row, frame: Cell(age(row.champion_since, frame.now, missing=frame.glyphs.dash)),
        7,
        Align.RIGHT,
        rank=3,
    ),
    Column("metric", "reading against threshold", _worst_metric, 26, grow=3, rank=1),
    Column(
        "rollback_target",
        "back to",
        lambda row, frame: _version(row.rollback_target, frame),
        7,
        rank=2,
    ),
    Column("tier", "tier", lambda row, _: Cell(str(row.tier)), 4, Align.RIGHT, rank=5),
    Column("domain", "domain", lambda row, _: Cell(row.domain), 10, rank=6),
    Column("owner", "owner", lambda row, _: Cell(row.owner), 14, rank=4),
    Column(
        "exposure",
        "exposure",
        lambda row, frame: Cell(money(row.exposure, glyphs=frame.glyphs)),
        9,
        Align.RIGHT,
        rank=0,
    ),
)


def _written(row: LedgerRow, _: Frame) -> Cell:
    at = stamp(row.ts)
    return Cell(at, short=at.removesuffix(" UTC"))


LEDGER: tuple[Column[LedgerRow], ...] = (
    Column("ts", "when", _written, 16, rank=1),
    Column("type", "entry", lambda row, _: Cell(row.type), 19, rank=0),
    Column("actor", "actor", lambda row, _: Cell(row.actor), 14, rank=0),
    Column("summary", "what", lambda row, _: Cell(row.summary or row.subject), 16, grow=1, rank=0),
    Column("chain", "chain", lambda row, _: Cell(row.chain, "muted"), 16, rank=3),
    Column("seq", "seq", lambda row, _: Cell(str(row.seq), "muted"), 5, Align.RIGHT, rank=2),
    Column("hash", "hash", lambda row, _: Cell(short(row.hash), "muted"), 10, rank=4),
)

_ACTION_TOKENS = {"done": "ok", "refused": "alarm", "unknown": "warn", "pending_upstream": "warn"}

ACTIONS: tuple[Column[ActionRow], ...] = (
    Column(
        "state",
        "state",
        lambda row, _: Cell(row.state.replace("_", " "), _ACTION_TOKENS.get(row.state, "")),
        16,
        rank=0,
    ),
    Column("kind", "action", lambda row, _: Cell(row.kind), 15, rank=1),
    Column("target", "target", lambda row, _: Cell(row.target), 22, grow=1, rank=0),
    Column("message", "what came of it", lambda row, _: Cell(row.message), 24, grow=4, rank=2),
    Column("decided_by", "decided by", lambda row, _: Cell(row.decided_by), 12, rank=4),
    Column(
        "updated_at",
        "age",
        lambda row, frame: Cell(age(row.updated_at, frame.now)),
        7,
        Align.RIGHT,
        rank=3,
    ),
    Column("source", "source", lambda row, _: Cell(row.source), 10, rank=5),
    Column("id", "id", lambda row, _: Cell(short(row.id), "muted"), 10, rank=6),
)


def _verdict(row: ControlView, frame: Frame) -> Cell:
    mark = verdict_mark(row.verdict, frame.glyphs)
    return Cell(str(mark), mark.token)


CONTROLS: tuple[Column[ControlView], ...] = (
    Column("verdict", "verdict", _verdict, 16, rank=0),
    Column("id", "control", lambda row, _: Cell(row.id), 20, grow=1, rank=0),
    Column("title", "title", lambda row, _: Cell(row.title), 24, grow=3, rank=1),
    Column("severity", "severity", lambda row, _: Cell(row.severity), 8, rank=3),
    Column("failed", "failed", lambda row, _: Cell(count(row.failed)), 6, Align.RIGHT, rank=0),
    Column("passed", "passed", lambda row, _: Cell(count(row.passed)), 6, Align.RIGHT, rank=2),
    Column("message", "why", lambda row, _: Cell(row.message, "muted"), 12, grow=2, rank=5),
    Column("at", "judged", lambda row, frame: Cell(age(row.at, frame.now)), 7, Align.RIGHT, rank=4),
)


def _source_state(row: SourceView, frame: Frame) -> Cell:
    mark = source_mark(row.state, frame.glyphs)
    return Cell(str(mark), mark.token)


def _source_message(row: SourceView, _frame: Frame) -> Cell:
    if row.progress is not None:
        return Cell(progress_text(row.progress))
    is_told = not row.is_truncated or row.message
    return Cell(row.message if is_told else "not everything was read")


SOURCES: tuple[Column[SourceView], ...] = (
    Column("state", "state", _source_state, 10, rank=0),
    Column("name", "source", lambda row, _: Cell(row.name), 16, grow=1, rank=0),
    Column("kind", "kind", lambda row, _: Cell(row.kind), 12, rank=3),
    Column(
        "last_success",
        "last success",
        lambda row, frame: Cell(age(row.last_success, frame.now)),
        12,
        Align.RIGHT,
        rank=0,
    ),
    Column(
        "last_attempt",
        "last attempt",
        lambda row, frame: Cell(age(row.last_attempt, frame.now)),
        12,
        Align.RIGHT,
        rank=4,
    ),
    Column("rows", "rows", lambda row, _: Cell(count(row.rows)), 9, Align.RIGHT, rank=2),
    Column("message", "message", _source_message, 12, grow=3, rank=1),
    Column("hint", "hint", lambda row, _: Cell(row.hint, "muted"), 28, grow=2, rank=5),
)


def _queue_state(row: QueueItem, frame: Frame) -> Cell:
    mark = state_mark(row.state, frame.glyphs)
    return Cell(mark.symbol if row.state is not KpiState.NO_DATA else " ", mark.token)


def _queue_title(row: QueueItem, frame: Frame) -> Cell:
    return Cell(row.title, "strong" if row.state is KpiState.ALARM else "")


def _queue_keys(row: QueueItem, frame: Frame) -> Cell:
    if not row.keys:
        return Cell("")
    sign = {"enter": ">" if frame.glyphs.is_ascii else "↵"}.get(row.keys[0], row.keys[0])
    return Cell(f"[{sign}]", "key")


QUEUE: tuple[Column[QueueItem], ...] = (
    Column("state", "", _queue_state, 1, rank=0),
    Column("title", "needs you now", _queue_title, 22, grow=1, rank=0),
    Column("detail", "why", lambda row, _: Cell(row.detail), 20, grow=5, rank=1),
    Column(
        "since",
        "age",
        lambda row, frame: Cell(age(row.since, frame.now), "muted"),
        7,
        Align.RIGHT,
        rank=2,
    ),
    Column(
        "due_at",
        "due",
        lambda row, frame: Cell(
            until(row.due_at, frame.now),
            "alarm" if row.due_at is not None and row.due_at < frame.now else "muted",
        ),
        11,
        Align.RIGHT,
        rank=3,
    ),
    Column(
        "at_risk",
        "at risk",
        lambda row, frame: Cell(
            "" if row.at_risk is None else money(row.at_risk, glyphs=frame.glyphs)
        ),
        9,
        Align.RIGHT,
        rank=0,
    ),
    Column("keys", "key", _queue_keys, 3, rank=0),
)
