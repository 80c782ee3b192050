"""The record of a waiver beside its terms: what a bank has to know to live with a risk. Pure.

It stands in the waiver's entry under `record`. What must be there follows from the kind, and the
kind from the reason. A record that lacks something, or contradicts itself, makes a waiver doubtful.
Entries that are older than the record have none, and are read by their terms alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.decision import WaiverReason

KEY = "record"
"""Where the entry of a waiver keeps its record."""
MOST_CONTROLS = 10
LONGEST_FIELD = 4_000


class WaiverKind(StrEnum):
    """What sort of a decision a waiver is."""

    RISK_ACCEPTANCE = "risk_acceptance"
    FALSE_POSITIVE = "false_positive"
    COMPENSATING_CONTROL = "compensating_control"
    """Something else does what the fix would; suspended when that alarms."""
    DEFERRAL = "deferral"
    """It will be fixed, later."""
    NOT_AFFECTED = "not_affected"
    """As OpenVEX means it."""


class Treatment(StrEnum):
    """What the bank does about the risk."""

    ACCEPT = "accept"
    MITIGATE = "mitigate"
    TRANSFER = "transfer"
    AVOID = "avoid"
    FIX_LATER = "fix_later"
    NONE = "none"
    """There is no risk to treat: it is no fault, or does not affect."""


_KINDS = {
    WaiverReason.FALSE_POSITIVE: WaiverKind.FALSE_POSITIVE,
    WaiverReason.RISK_ACCEPTED: WaiverKind.RISK_ACCEPTANCE,
    WaiverReason.COMPENSATING_CONTROL: WaiverKind.COMPENSATING_CONTROL,
    WaiverReason.DEFERRED: WaiverKind.DEFERRAL,
}
_TREATMENTS = {
    WaiverKind.RISK_ACCEPTANCE: Treatment.ACCEPT,
    WaiverKind.COMPENSATING_CONTROL: Treatment.MITIGATE,
    WaiverKind.DEFERRAL: Treatment.FIX_LATER,
}
_WORKSHEET = (
    "constraint", "objective", "objective_met", "additional_risk", "controls", "validation",
    "last_tested", "next_test", "maintenance",
)  # fmt: skip
REQUIRED: Mapping[WaiverKind, tuple[str, ...]] = {
    WaiverKind.COMPENSATING_CONTROL: ("risk_owner", *_WORKSHEET),
    WaiverKind.DEFERRAL: ("risk_owner", "remediation", "remediation_owner", "remediation_due"),
    WaiverKind.RISK_ACCEPTANCE: ("risk_owner",),
    WaiverKind.FALSE_POSITIVE: (),
    WaiverKind.NOT_AFFECTED: (),
}
"""Fields of a record that may not be empty, by kind."""
MOMENTS = ("review_at", "last_tested", "next_test", "remediation_due")


class WaiverRecord(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What stands under `record`; moments are RFC 3339 in UTC, empty texts mean nothing to say."""

    treatment: Treatment
    risk_owner: str = ""
    """Who of the business answers for the risk."""
    review_at: str
    """When somebody looks at it again; not after its end."""
    requirements: tuple[str, ...] = ()
    """What it departs from, as ids of controls or of requirements."""
    constraint: str = ""
    """What prevents the fix: technical or of the business."""
    objective: str = ""
    """What the original control is for."""
    objective_met: str = ""
    """How what compensates meets that."""
    additional_risk: str = ""
    """What the departure adds, and how it is covered."""
    controls: tuple[str, ...] = ()
    """Ids of controls here that watch what compensates; an alarm of one suspends the waiver."""
    validation: str = ""
    """How it was tested that it compensates."""
    last_tested: str = ""
    next_test: str = ""
    maintenance: str = ""
    """Who keeps it working, and how."""
    remediation: str = ""
    """The plan to end the risk."""
    remediation_owner: str = ""
    remediation_due: str = ""
    ticket: str = ""
    impact: str = ""
    """For OpenVEX: why it does not affect, beyond the justification."""
    renews: str = ""
    """The waiver it takes the place of."""
    renewals: int = 0
    """How often the same was waived before."""
    fixed_versions: dict[str, str] = {}
    """Finding → the version that fixes it, as known when it was signed."""
    matched: int = 0
    """Findings that the query matched when it was signed."""
    exposure: str = ""
    """Annual loss expectancy of what it covers, with the currency, when it was signed."""
    assets: tuple[str, ...] = ()
    generation: int = 0
    """Which generation of the cache it was decided over."""


def kind_of(reason: WaiverReason) -> WaiverKind:
    """Return the kind that a reason is of; the reasons of OpenVEX are of `not_affected`."""
    return _KINDS.get(reason, WaiverKind.NOT_AFFECTED)


def treatment_of(kind: WaiverKind) -> Treatment:
    """Return what is done about a risk when nothing else is said."""
    return _TREATMENTS.get(kind, Treatment.NONE)


def read_record(
    data: Mapping[str, Any], reason: WaiverReason, ends: datetime
) -> WaiverRecord | None:
    """Read the record out of an entry; None when the entry is older than records.

    Raises:
        ValueError: something is missing, unreadable, or contradicts itself.
    """
    if KEY not in data:
        if kind_of(reason) is WaiverKind.COMPENSATING_CONTROL:
            raise ValueError("nothing says what compensates")
        return None
    record = msgspec.convert(data[KEY], WaiverRecord)
    for field, why in faults_of(record, reason, ends):
        raise ValueError(f"{field} {why}")
    return record


def faults_of(
    record: WaiverRecord, reason: WaiverReason, ends: datetime
) -> Iterator[tuple[str, str]]:
    """Yield (field, what is wrong with it) of a record; nothing when it is complete."""
    for field in REQUIRED[kind_of(reason)]:
        if not getattr(record, field):
            yield field, "is missing"
    yield from _unreadable(record)
    if len(record.controls) > MOST_CONTROLS:
        yield "controls", f"are more than {MOST_CONTROLS}"
    if record.controls and kind_of(reason) is not WaiverKind.COMPENSATING_CONTROL:
        yield "controls", "are named, but the reason is not compensating_control"
    review = _moment(record.review_at)
    if review is None or review > ends:
        yield "review_at", "is not before its end"
    if record.renewals < 0 or bool(record.renews) != bool(record.renewals):
        yield "renewals", "is not how often it was renewed"


def _unreadable(record: WaiverRecord) -> Iterator[tuple[str, str]]:
    for field in record.__struct_fields__:
        value = getattr(record, field)
        if field in MOMENTS and value and _moment(value) is None:
            yield field, f"is no moment: {value!r}"
        if isinstance(value, str) and len(value) > LONGEST_FIELD:
            yield field, f"is longer than {LONGEST_FIELD} characters"


def _moment(text: str) -> datetime | None:
    try:
        return parse_utc(text)
    except (ValueError, OverflowError):
        return None
