"""Waivers: what a request must hold, and what one is worth now. Pure.

A waiver's state is computed from its entries every time, never stored as truth. Any doubt means
not waived: an unreadable entry, an unknown policy, a key that does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

import msgspec

from riskcockpit.decisions.waiver_limits import LONGEST_JUSTIFICATION, WaiverLimits
from riskcockpit.decisions.waiver_record import (
    KEY,
    WaiverKind,
    WaiverRecord,
    faults_of,
    kind_of,
    read_record,
)
from riskcockpit.domain.clock import parse_utc, rfc3339
from riskcockpit.domain.decision import WaiverReason
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import InputError, RefusedError

MOST_FINDINGS = 5_000
"""A waiver over more is refused: nobody has looked at them."""


class WaiverState(StrEnum):
    """What a waiver is worth at a moment."""

    REQUESTED = "requested"
    """Waits for another key."""
    GRANTED = "granted"
    """In force."""
    SUSPENDED = "suspended"
    """A control that compensates failed; it is in force again only by a renewal."""
    SUPERSEDED = "superseded"
    """A renewal that was granted took its place."""
    REJECTED = "rejected"
    REVOKED = "revoked"
    """Taken back, or undone."""
    EXPIRED = "expired"
    IN_DOUBT = "in_doubt"
    """Something about it does not verify: it does not count."""


RENEWABLE = frozenset({WaiverState.GRANTED, WaiverState.SUSPENDED, WaiverState.EXPIRED})
RENEW_RULE = "renew-what-stood"
"""The rule named when a waiver cannot be renewed."""
REVOCABLE = frozenset({WaiverState.GRANTED, WaiverState.REQUESTED, WaiverState.SUSPENDED})
"""A suspended one too: a renewal could bring it back."""


@dataclass(frozen=True, slots=True)
class Covered:
    """One finding as it was when the waiver was signed."""

    id: str
    severity: Severity
    is_kev: bool = False


@dataclass(frozen=True, slots=True)
class WaiverTerms:
    """What is asked for; what stands in the entry."""

    reason: WaiverReason
    justification: str
    expires_at: datetime
    query: str
    findings: tuple[Covered, ...]
    """The frozen list: new matches of the query are not covered."""
    record: WaiverRecord | None = None
    """The rest of what a bank keeps; None in entries that are older than records."""

    @property
    def kind(self) -> WaiverKind:
        """What sort of a decision it is."""
        return kind_of(self.reason)

    @property
    def statement(self) -> str:
        """What OpenVEX is told: why it does not affect, or what is done about it and until when."""
        record = self.record
        if self.kind in (WaiverKind.NOT_AFFECTED, WaiverKind.FALSE_POSITIVE):
            return (record.impact if record else "") or self.justification
        plan = (record.remediation if record else "") or self.justification
        return f"{plan} (accepted until {rfc3339(self.expires_at)[:10]})"

    @property
    def ruling_severity(self) -> Severity:
        """The severity by which the rule is found: a renewal is ruled as high ones are."""
        is_renewal = self.record is not None and bool(self.record.renews)
        return max(self.severity, Severity.HIGH) if is_renewal else self.severity

    @property
    def severity(self) -> Severity:
        """The highest severity concerned."""
        return max((each.severity for each in self.findings), default=Severity.INFO)

    def as_data(self) -> dict[str, Any]:
        """Return the terms as they stand in an entry."""
        return {
            "reason": self.reason.value,
            "justification": self.justification,
            "expires_at": rfc3339(self.expires_at),
            "query": self.query,
            "severity": self.severity.word,
            "findings": {each.id: each.severity.word for each in self.findings},
            "count": len(self.findings),
            "kev": sorted(each.id for each in self.findings if each.is_kev),
            **({} if self.record is None else {KEY: msgspec.to_builtins(self.record)}),
        }


class _Data(msgspec.Struct, frozen=True):
    reason: WaiverReason
    justification: str
    expires_at: str
    query: str
    findings: dict[str, str]
    count: int
    kev: list[str]


def read_terms(data: Mapping[str, Any]) -> WaiverTerms:
    """Read the terms out of an entry.

    Raises:
        ValueError: something is missing, unreadable, or contradicts itself.
    """
    read = msgspec.convert(dict(data), _Data)
    kev = frozenset(read.kev)
    covered = []
    for finding, word in sorted(read.findings.items()):
        severity = Severity.from_word(word)
        if severity is None:
            raise ValueError(f"no severity: {word!r}")
        covered.append(Covered(finding, severity, finding in kev))
    if len(covered) != read.count or not covered:
        raise ValueError("its count is not the number of its findings")
    ends = parse_utc(read.expires_at)
    record = read_record(data, read.reason, ends)
    return WaiverTerms(read.reason, read.justification, ends, read.query, tuple(covered), record)


def parse_reason(word: str) -> WaiverReason:
    """Return the reason called `word`; `-` and blanks count as `_`.

    Raises:
        InputError: there is no such reason; the hint names the nearest, or all.
    """
    key = word.strip().lower().replace("-", "_").replace(" ", "_")
    try:
        return WaiverReason(key)
    except ValueError as error:
        words = [reason.value for reason in WaiverReason]
        near = get_close_matches(key, words, n=1)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(words)}"
        raise InputError(f'unknown reason "{word}"', hint=hint) from error


def overstepped(
    terms: WaiverTerms, limits: WaiverLimits, signed_at: datetime, by: str = "the policy"
) -> str:
    """Say which limit a waiver signed at `signed_at` does not keep; empty when it keeps all.

    `by` is whose limits they are.
    """
    if terms.expires_at > limits.latest(terms.severity, signed_at):
        days = limits.days(terms.severity)
        return (
            f"it lasts until {rfc3339(terms.expires_at)[:10]}: over {terms.severity.word} findings "
            f"{by} allows {days} days"
        )
    length, least = len(terms.justification.strip()), limits.min_justification
    if length < least:
        return f"its justification has {length} characters: {by} wants {least}"
    return ""


def check_terms(terms: WaiverTerms, limits: WaiverLimits, now: datetime) -> None:
    """Refuse a request that the bank's rules for waivers do not allow.

    Raises:
        InputError: too short or too long a justification, no findings, an end in the past.
        RefusedError: it lasts too long for its severity, or covers too many findings.
    """
    words = terms.justification.strip()
    if len(words) < limits.min_justification:
        raise InputError(
            f"the justification has {len(words)} characters, it needs {limits.min_justification}",
            hint="say why the bank may live with the risk until then",
        )
    if len(words) > LONGEST_JUSTIFICATION:
        raise InputError(f"the justification is longer than {LONGEST_JUSTIFICATION} characters")
    if not terms.findings:
        raise InputError(
            "no finding that could be waived matches", hint="look: `riskcockpit findings list`"
        )
    if terms.expires_at <= now:
        raise InputError(f"the waiver would end in the past: {rfc3339(terms.expires_at)}")
    _check_record(terms)
    _check_limits(terms, limits, now)


def _check_record(terms: WaiverTerms) -> None:
    if terms.record is None:
        return
    faults = list(faults_of(terms.record, terms.reason, terms.expires_at))
    if faults:
        field, why = faults[0]
        more = f"; also {', '.join(name for name, _ in faults[1:])}" if faults[1:] else ""
        raise InputError(
            f"a waiver of the kind {terms.kind.value} is not complete: {field} {why}{more}",
            hint="`riskcockpit waive --edit` opens a form that explains each field",
        )


def _check_limits(terms: WaiverTerms, limits: WaiverLimits, now: datetime) -> None:
    days = limits.days(terms.severity)
    if terms.expires_at > limits.latest(terms.severity, now):
        last = (now + timedelta(days=days)).date().isoformat()
        raise RefusedError(
            f"a waiver over {terms.severity.word} findings lasts {days} days at most",
            rule="waiver-max-days",
            hint=f"end it on {last} or before",
        )
    if len(terms.findings) > MOST_FINDINGS:
        raise RefusedError(
            f"one waiver covers {MOST_FINDINGS} findings at most, and more are meant",
            rule="waiver-max-findings",
            hint="narrow the query; `riskcockpit findings list` tells how many it matches",
        )
