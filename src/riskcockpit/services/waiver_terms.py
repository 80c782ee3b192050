"""The record of a waiver: what its author said, what the cache knows, what is usual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from riskcockpit.config.settings import WaiverSettings
from riskcockpit.decisions.waiver_record import (
    MOMENTS,
    WaiverKind,
    WaiverRecord,
    kind_of,
    treatment_of,
)
from riskcockpit.decisions.waivers import WaiverTerms
from riskcockpit.domain.clock import parse_utc, rfc3339
from riskcockpit.domain.control import Verdict
from riskcockpit.domain.decision import WaiverReason
from riskcockpit.domain.ids import short
from riskcockpit.domain.money import Money
from riskcockpit.errors import InputError, RefusedError
from riskcockpit.present.text import money
from riskcockpit.services.desk import Desk
from riskcockpit.services.verdicts import verdicts_of
from riskcockpit.store.database import Reader
from riskcockpit.store.sql import sql
from riskcockpit.views.findings import FindingRow

HOLDS = "compensating-control-holds"
"""The rule named when what should compensate does not hold itself."""
MOST_ASSETS = 50
_LABELS = {
    "treatment": "treatment", "risk_owner": "owner of the risk", "review_at": "review on",
    "requirements": "departs from", "constraint": "constraint", "objective": "objective",
    "objective_met": "how it is met", "additional_risk": "additional risk",
    "controls": "compensated by", "validation": "tested how", "last_tested": "last tested",
    "next_test": "next test", "maintenance": "kept working by", "remediation": "plan",
    "remediation_owner": "plan of", "remediation_due": "plan due", "ticket": "ticket",
    "impact": "impact",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the author of a waiver said."""

    reason: WaiverReason
    justification: str
    expires_at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the record that were filled in."""
    renews: str = ""
    renewals: int = 0


def record_for(desk: Desk, rows: Sequence[FindingRow], wanted: Wanted) -> WaiverRecord:
    """Return the record of a waiver over `rows`; what nobody said has its usual value.

    Raises:
        InputError: a field cannot be what was said.
    """
    settings = desk.ctx.settings
    with desk.ctx.store.reader() as reader:
        ids = [row.id for row in rows]
        fixed = dict(reader.rows(sql("services", "waiver_fixed_versions"), ids=ids))
        generation = reader.generation
    total = Money.total((row.exposure for row in rows), settings.currency)
    said = {**_usual(desk, rows, wanted), **wanted.details}
    for name in MOMENTS:
        if text := said.get(name, ""):
            said[name] = _moment(name, text)
    found = {
        **said,
        "renews": wanted.renews,
        "renewals": wanted.renewals,
        "fixed_versions": fixed,
        "matched": len(rows),
        "exposure": money(total),
        "assets": sorted({row.asset for row in rows})[:MOST_ASSETS],
        "generation": generation,
    }
    try:
        return msgspec.convert(found, WaiverRecord)
    except msgspec.ValidationError as error:
        raise InputError(f"the record of the waiver cannot be used: {error}") from error


def record_facts(terms: WaiverTerms) -> tuple[tuple[str, str], ...]:
    """Return what a record says, labelled, for whoever signs it; what is empty is left out."""
    record = terms.record
    if record is None:
        return ()
    said = [("kind", terms.kind.value.replace("_", " "))]
    for name, label in _LABELS.items():
        value = getattr(record, name)
        text = ", ".join(value) if isinstance(value, tuple) else str(value)
        said.append((label, _shown(name, text)))
    if record.renews:
        said.append(("renews", f"{short(record.renews)}, renewal {record.renewals}"))
    return tuple((label, text) for label, text in said if text)


def _shown(name: str, text: str) -> str:
    if name in MOMENTS:
        return text[:10]
    return _word(text) if name == "treatment" else text


def check_controls(reader: Reader, record: WaiverRecord) -> None:
    """Refuse a waiver that rests on a control which does not hold.

    Raises:
        InputError: there is no such control.
        RefusedError: it alarms, or nobody knows.
    """
    verdicts = verdicts_of(reader)
    for name in record.controls:
        if name not in verdicts:
            raise InputError(f'there is no control "{name}"', hint="`riskcockpit controls list`")
        if verdicts[name] != Verdict.OK.value:
            raise RefusedError(
                f"{name} does not hold ({_word(verdicts[name])}): it compensates nothing",
                rule=HOLDS,
                hint=f"`riskcockpit controls explain {name}`",
            )


def _word(verdict: str) -> str:
    return verdict.replace("_", " ")


def _usual(desk: Desk, rows: Sequence[FindingRow], wanted: Wanted) -> dict[str, Any]:
    kind = kind_of(wanted.reason)
    owners = {row.owner for row in rows if row.owner}
    owner = owners.pop() if len(owners) == 1 else desk.principal
    usual: dict[str, Any] = {
        "treatment": treatment_of(kind).value,
        "risk_owner": owner,
        "review_at": rfc3339(_review_at(wanted.expires_at, desk.now, desk.ctx.settings.waivers)),
    }
    if kind is WaiverKind.DEFERRAL:
        usual |= {
            "remediation": wanted.justification,
            "remediation_owner": wanted.details.get("risk_owner", owner),
            "remediation_due": rfc3339(wanted.expires_at),
        }
    return usual


def _review_at(ends: datetime, now: datetime, settings: WaiverSettings) -> datetime:
    """Return when its end is announced; a waiver shorter than that is looked at when it ends."""
    at = ends - timedelta(days=settings.notice_days)
    return at if at > now else ends


def _moment(name: str, text: str) -> str:
    try:
        return rfc3339(parse_utc(text))
    except (ValueError, OverflowError) as error:
        raise InputError(f"{name} is no date: {text!r}", hint="as 2027-01-31") from error
