"""The decision queue: what waits for a person, ordered by consequence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.domain.severity import Severity
from riskcockpit.present.text import plural
from riskcockpit.services.context import Context
from riskcockpit.store.database import Reader
from riskcockpit.store.sql import sql
from riskcockpit.views.posture import QueueItem, QueueKind

DUE_SOON = timedelta(hours=24)
MOST_DEADLINES = 20
_OWNERS_SHOWN = 2
_URGENCY = {
    QueueKind.CHAMPION_MISSING: 0,
    QueueKind.MODEL_ALARM: 1,
    QueueKind.ACTION_FAILED: 2,
    QueueKind.ROLLBACK_REQUEST: 3,
    QueueKind.DATA_ALARM: 4,
    QueueKind.WAIVER_REQUEST: 5,
    QueueKind.SLA: 6,
    QueueKind.WAIVER_EXPIRING: 7,
    QueueKind.IMPORT_HELD: 8,
}


def queue(ctx: Context, reader: Reader, now: datetime) -> tuple[QueueItem, ...]:
    """Return what needs a decision: alarms first, then by kind, money at risk and deadline."""
    currency = ctx.settings.currency
    notice = timedelta(days=ctx.settings.waivers.notice_days)
    items = [
        *_alarms(reader, currency),
        *_actions(reader),
        *_requests(reader),
        *_waivers(reader, currency, now, now + notice),
        *_deadlines(reader, currency, now),
        *_held(reader),
    ]
    return tuple(sorted(items, key=_consequence))


def _consequence(item: QueueItem) -> tuple[bool, int, Decimal, str]:
    money = item.at_risk.amount if item.at_risk is not None else Decimal(0)
    return item.state is not KpiState.ALARM, _URGENCY[item.kind], -money, item.id


def _alarms(reader: Reader, currency: str) -> Iterator[QueueItem]:
    models = {row["name"]: row for row in reader.records(sql("services", "queue_champions"))}
    for row in reader.records(sql("services", "queue_alarms")):
        is_model = row["class"] == FindingClass.MODEL.value
        model = models.get(row["subject"]) if is_model else None
        serves = model is not None and model["champion"] is not None
        is_answered = model is not None and serves and model["since"] > row["last_seen"]
        target = model["target"] if model is not None and not is_answered else None
        more = f", {plural(row['findings'] - 1, 'more alarm')}" if row["findings"] > 1 else ""
        ready = _way_back(target, is_answered=is_answered) if serves else ""
        yield QueueItem(
            id=f"{row['class']}:{row['subject']}",
            kind=QueueKind.MODEL_ALARM if is_model else QueueKind.DATA_ALARM,
            title=f"{row['subject']} v{model['champion']}" if serves and model else row["subject"],
            detail=f"{_without(row['title'], row['subject'])}{more}{ready}",
            since=row["onset_at"],
            due_at=None,
            at_risk=Money(row["exposure"], currency),
            state=KpiState.ALARM if row["severity"] >= Severity.HIGH else KpiState.WARN,
            subject=row["subject"] if is_model else row["top"],
            keys=("r", "n") if target else ("n",),
        )
    for name, model in models.items():
        if model["champion"] is None:
            yield QueueItem(
                id=f"champion:{name}",
                kind=QueueKind.CHAMPION_MISSING,
                title=name,
                detail="no version serves production: the alias champion is missing",
                since=model["seen_at"],
                due_at=None,
                at_risk=Money(model["exposure"], currency),
                state=KpiState.ALARM if model["tier"] == 1 else KpiState.WARN,
                subject=name,
                keys=("n",),
            )


def _way_back(target: int | None, *, is_answered: bool) -> str:
    """Say where a rollback would lead; none answers an alarm of the champion before."""
    if is_answered:
        return "; seen before this version served, its own readings are awaited"
    return f"; roll back to v{target} is ready" if target else "; no version to go back to"


def _without(title: str, subject: str) -> str:
    """Return a title without the name that stands beside it anyway."""
    return title.removeprefix(subject).lstrip(" :") or title


def _actions(reader: Reader) -> Iterator[QueueItem]:
    for row in reader.records(sql("services", "queue_actions")):
        word = row["state"].replace("_", " ")
        yield QueueItem(
            id=f"action:{row['id']}",
            kind=QueueKind.ACTION_FAILED,
            title=f"{row['kind']} {row['target']}",
            detail=f"{word}: {row['message']}" if row["message"] else word,
            since=row["updated_at"],
            due_at=None,
            at_risk=None,
            state=KpiState.WARN if row["state"].startswith("pending") else KpiState.ALARM,
            subject=row["id"],
            keys=("n",),
        )


def _requests(reader: Reader) -> Iterator[QueueItem]:
    for row in reader.records(sql("services", "queue_requests")):
        move = json.loads(row["params"])
        yield QueueItem(
            id=f"request:{row['id']}",
            kind=QueueKind.ROLLBACK_REQUEST,
            title=f"{row['subject']} to v{move.get('to', '?')}",
            detail=f"from v{move.get('from', '?')}, asked by {row['actor']}, needs a second person",
            since=row["ts"],
            due_at=None,
            at_risk=None,
            state=KpiState.ALARM,
            subject=row["id"],
            keys=("a", "X", "n"),
        )


def _waivers(
    reader: Reader, currency: str, now: datetime, horizon: datetime
) -> Iterator[QueueItem]:
    rows = reader.records(sql("services", "queue_waivers"), now=now, horizon=horizon)
    for row in rows:
        is_request = row["state"] == "requested"
        place = f"{row['asset']}, " if row["asset"] else ""
        yield QueueItem(
            id=f"waiver:{row['id']}",
            kind=QueueKind.WAIVER_REQUEST if is_request else QueueKind.WAIVER_EXPIRING,
            title=f"waiver for {plural(row['finding_count'], 'finding')}",
            detail=f"{place}{row['reason'].replace('_', ' ')}, asked by {row['requester']}"
            + (", needs a second person" if is_request else ", ends soon"),
            since=row["requested_at"],
            due_at=row["expires_at"],
            at_risk=Money(row["exposure"], currency),
            state=KpiState.WARN,
            subject=row["id"],
            keys=("a", "X", "n") if is_request else ("n",),
        )


def _deadlines(reader: Reader, currency: str, now: datetime) -> Iterator[QueueItem]:
    rows = reader.records(
        sql("services", "queue_deadlines"), now=now, horizon=now + DUE_SOON, most=MOST_DEADLINES
    )
    for row in rows:
        is_vulnerability = row["kind"] == "vulnerability"
        single = row["findings"] == 1
        where = plural(row["assets"], "asset") if row["assets"] > 1 else row["asset"]
        count = f"{plural(row['findings'], 'finding')}, " if not single else ""
        owners = ", ".join((row["owners"] or [])[:_OWNERS_SHOWN])
        facts = (
            "known exploited" if row["is_kev"] else "",
            Severity(row["severity"]).word,
            f"{count}{row['overdue']} overdue" if row["overdue"] else f"{count}due soon",
            where if is_vulnerability else (row["title"] if single else ""),
            f"owner {owners}" if owners else "",
        )
        field = "cve" if is_vulnerability else "asset"
        yield QueueItem(
            id=f"sla:{row['name']}",
            kind=QueueKind.SLA,
            title=row["name"],
            detail=", ".join(fact for fact in facts if fact),
            since=row["since"],
            due_at=row["due_at"],
            at_risk=Money(row["exposure"], currency),
            state=KpiState.ALARM if row["overdue"] and _is_grave(row) else KpiState.WARN,
            subject=row["top"],
            keys=("w", "n") if single else ("enter",),
            query="" if single else f'{field}:"{row["name"]}" state:open severity>=high due<24h',
        )


def _is_grave(row: dict[str, object]) -> bool:
    return bool(row["is_kev"]) or row["severity"] == Severity.CRITICAL


def _held(reader: Reader) -> Iterator[QueueItem]:
    for row in reader.records(sql("services", "queue_held")):
        yield QueueItem(
            id=f"held:{row['id']}",
            kind=QueueKind.IMPORT_HELD,
            title=f"{row['tool']} over {row['asset']}",
            detail=f"held back: {plural(row['held'], 'finding')} would close at once; "
            "import again with --accept-held if the report is right",
            since=row["imported_at"],
            due_at=None,
            at_risk=None,
            state=KpiState.WARN,
            subject=row["id"],
            keys=(),
        )
