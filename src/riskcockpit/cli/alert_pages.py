"""Alerts on stdout: as a list, one with its messages, what was sent, and as JSON documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from riskcockpit.cli.diagnostics import say
from riskcockpit.cli.documents import Json, document, plain
from riskcockpit.cli.output import cells, line
from riskcockpit.present.alerts import FATES, UNSENT
from riskcockpit.present.text import age, plural, stamp
from riskcockpit.views.alerts import AlertDetail, AlertRow, DeliveryRow, DigestView, SendReport


def alerts(rows: Sequence[AlertRow], now: datetime) -> None:
    """Print one row an alert."""
    cells(
        ("id", "severity", "alert", "what", "becomes", "told", "to", "owner", "age"),
        [
            (row.id, row.severity, row.title, row.detail, _becomes(row),
             row.times or "", row.recipient, row.owner, age(row.since, now))
            for row in rows
        ],
        "table",
    )  # fmt: skip
    if not rows:
        say("nothing needs anybody")


def _becomes(row: AlertRow) -> str:
    """Return what becomes of an alert; of one that is not due again, how far its message came."""
    words = {"waiting": "undelivered", "failed": "undeliverable"}
    fate = row.fate.replace("_", " ")
    return words.get(row.unsent, fate) if row.fate == "duplicate" else fate


def alert(view: AlertDetail) -> None:
    """Print one alert, what held it back, and the messages that told it."""
    row = view.row
    line(f"{row.id}  {row.title}")
    line(f"  key           {row.key}")
    line(f"  what          {row.severity} {row.kind.replace('_', ' ')}: {row.detail}")
    line(f"  owner         {row.owner or 'nobody is named'}")
    line(f"  since         {stamp(row.since)}")
    line(f"  becomes       {FATES.get(row.fate, row.fate)}")
    if row.unsent in UNSENT:
        line(f"  message       {UNSENT[row.unsent]}")
    if row.told_at:
        line(f"  told          {plural(row.times, 'time')}, last at {stamp(row.told_at)}")
    if row.acked_at:
        line(f"  acknowledged  by {row.acked_by} at {stamp(row.acked_at)}")
    for fate, cycles in row.held.items():
        line(f"  held          {plural(cycles, 'time')}: {FATES.get(fate, fate)}")
    line()
    _deliveries(view.deliveries)


def report(view: SendReport) -> None:
    """Print what a cycle sent, or would send, and what it held back."""
    _deliveries(view.deliveries)
    for fate, count in view.fates.items():
        line(f"{count:>6}  {FATES.get(fate, fate)}")
    if view.waiting:
        line(f"{view.waiting:>6}  messages wait")


def _deliveries(rows: Sequence[DeliveryRow]) -> None:
    cells(
        ("message", "channel", "state", "tries", "what", "why"),
        [(r.id, r.channel, r.state, r.attempts, r.headline, r.message) for r in rows],
        "table",
    )


def alert_list(rows: Sequence[AlertRow], now: datetime) -> Json:
    """`alerts list --json`."""
    return document("alerts", as_of=plain(now), alerts=[_alert(row) for row in rows])


def alert_detail(view: AlertDetail) -> Json:
    """`alerts show --json`."""
    return document("alert", **_alert(view.row), deliveries=[_delivery(r) for r in view.deliveries])


def digest(view: DigestView) -> Json:
    """`alerts digest --json`."""
    return document(
        "alert_digest",
        since=plain(view.since),
        until=plain(view.until),
        context=view.context,
        open=[_alert(row) for row in view.open],
        ended=[_alert(row) for row in view.ended],
        fates={fate: view.fates.get(fate, 0) for fate in FATES},
        deliveries=[_delivery(row) for row in view.deliveries],
    )


def sent(view: SendReport) -> Json:
    """`alerts send --json`."""
    return document(
        "alert_sending",
        at=plain(view.at),
        dry_run=view.is_dry_run,
        deliveries=[_delivery(row) for row in view.deliveries],
        waiting=view.waiting,
        fates={fate: view.fates.get(fate, 0) for fate in FATES},
        notes=list(view.notes),
    )


def _alert(row: AlertRow) -> Json:
    return {key: plain(value) for key, value in asdict(row).items()}


def _delivery(row: DeliveryRow) -> Json:
    return {key: plain(value) for key, value in asdict(row).items()}
