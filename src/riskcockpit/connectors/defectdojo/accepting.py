"""Accepting the risk of a finding until a waiver ends, or closing it as a false positive; and back.

An acceptance of ours holds one finding, says so in its details and ends by itself. DefectDojo has
no call that opens a finding again, and a PATCH of an acceptance without its findings would release
all of them: each is changed in the one way that is safe.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from riskcockpit.connectors.acting import DeniedError
from riskcockpit.connectors.defectdojo.client import ACCEPTANCES, PROFILE, DojoClient
from riskcockpit.connectors.defectdojo.mapping import (
    ACCEPTED,
    ACTIVE,
    DECISIONS,
    FALSE_POSITIVE,
    word_of,
)
from riskcockpit.connectors.defectdojo.wire import Account, RiskAcceptance, Standing
from riskcockpit.connectors.waiving import is_ours
from riskcockpit.domain.action import Action, ActionKind
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import SourceError

LONGEST_COMMENT = 1_000
"""Characters of a comment: DefectDojo takes more, nobody reads them."""
REOPENED = "the waiver has ended (riskcockpit)"
_END = "riskcockpit)"
_LONGEST_ID = 12
_CLOSED = (ACCEPTED, FALSE_POSITIVE)
Call = tuple[str, str, dict[str, Any] | None]
"""Method, path and body."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How a finding stands, the acceptances that hold it, and who we are there."""

    standing: Standing
    acceptances: tuple[RiskAcceptance, ...]
    account: Account

    @property
    def word(self) -> str:
        """How it stands."""
        return word_of(self.standing)

    @property
    def is_closed_by_us(self) -> bool:
        """Whether all that keeps it closed is ours."""
        if self.word == ACCEPTED:
            details = [one.decision_details or "" for one in self.acceptances]
            return bool(details) and all(map(is_ours, details))
        ours = [note for note in self.standing.notes if note.entry.rstrip().endswith(_END)]
        return bool(ours) and is_ours(max(ours, key=lambda note: note.id).entry)


@dataclass(frozen=True, slots=True)
class FindingChange:
    """One finding, from the state it must be in to the one it shall be in."""

    client: DojoClient
    """Who asks: whose acceptances are shown depends on who that is."""
    may_write: bool
    finding: int
    before: str
    after: str
    comment: str = ""
    decision: str = ""
    until: str = ""
    """When an acceptance ends."""

    @classmethod
    def of(cls, action: Action, reader: DojoClient, writer: DojoClient | None) -> FindingChange:
        """Read the change out of an action whose target is the id of a finding.

        Raises:
            SourceError: its target is no finding, or its params are none DefectDojo knows.
        """
        number = action.target.removeprefix("finding/")
        if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_ID):
            raise SourceError(
                f'"{clean_line(action.target)}" is no finding of DefectDojo', hint="as finding/42"
            )
        place = (writer or reader, writer is not None, int(number))
        params = action.params
        if action.kind is ActionKind.ALERT_REOPEN and params.get("from") in _CLOSED:
            return cls(*place, before=params["from"], after=ACTIVE, comment=REOPENED)
        after, decision = params.get("to", ""), params.get("decision", "")
        is_acceptance = after == ACCEPTED and decision in DECISIONS.values()
        is_known = is_acceptance or after == FALSE_POSITIVE
        if action.kind is not ActionKind.ALERT_DISMISS or not is_known:
            raise SourceError(f'"{action.kind.value}" of {action.target} to "{after}": unknown')
        until = params.get("until", "") if is_acceptance else ""
        if is_acceptance:
            _check_moment(until, action.target)
        comment = params.get("comment", "")
        return cls(*place, ACTIVE, after, comment, decision, until)

    @property
    def precondition(self) -> str:
        """See `connectors.acting.Change`."""
        return f"finding {self.finding} is {self.before}"

    @property
    def inverse(self) -> str:
        """See `connectors.acting.Change`."""
        if self.after == ACCEPTED:
            return "delete the risk acceptance"
        return "make it active again" if self.after == FALSE_POSITIVE else ""

    def read(self) -> Seen:
        """See `connectors.acting.Change`."""
        standing = self.client.standing(self.finding)
        is_acceptance = ACCEPTED in (self.before, self.after)
        listed = self.client.acceptances(self.finding) if is_acceptance else []
        acceptances = (one for one in listed if one.expiration_date_handled is None)
        account = self.client.account() if self.after == ACCEPTED else Account(0)
        return Seen(standing, tuple(acceptances), account)

    def stands(self, state: Seen) -> str:
        """See `connectors.acting.Change`."""
        return f"finding {self.finding} is {state.word}"

    def evidence(self, state: Seen) -> Mapping[str, str]:
        """See `connectors.acting.Change`."""
        ids = [str(one.id) for one in state.acceptances if is_ours(one.decision_details or "")]
        return {"state": state.word} | ({"risk_acceptance": ", ".join(ids)} if ids else {})

    def is_done(self, state: Seen) -> bool:
        """See `connectors.acting.Change`; what ended otherwise needs no opening."""
        return state.word not in _CLOSED if self.after == ACTIVE else state.word == self.after

    def faults(self, state: Seen) -> Iterator[str]:
        """See `connectors.acting.Change`."""
        if state.word != self.before:
            yield f"{self.stands(state)}, not {self.before}"
        elif self.after == ACTIVE and not state.is_closed_by_us:
            yield f"finding {self.finding} was closed by somebody else"

    def calls(self, state: Seen) -> Iterator[str]:
        """See `connectors.acting.Change`."""
        url = self.client.http.endpoint.url
        reads = [f"GET {url(self.client.place(self.finding))}"]
        if ACCEPTED in (self.before, self.after):
            reads.append(f"GET {url(ACCEPTANCES)}?accepted_findings={self.finding}")
        if self.after == ACCEPTED:
            reads.append(f"GET {url(PROFILE)}")
        yield from reads
        for method, path, body in self._calls(state):
            said = f" {msgspec.json.encode(body).decode()}" if body is not None else ""
            yield f"{method} {url(path)}{said}"
        yield from reads

    def send(self, state: Seen) -> None:
        """See `connectors.acting.Change`."""
        if not self.may_write:
            raise DeniedError("nothing may be written")
        for method, path, body in self._calls(state):
            self.client.write(method, path, body)

    def _calls(self, state: Seen) -> Iterator[Call]:
        """Yield the calls that change the finding; a note before them does no harm alone."""
        if self.after == ACCEPTED:
            yield "POST", ACCEPTANCES, self._acceptance(state.account)
            return
        if self.before == ACCEPTED:
            for acceptance in state.acceptances:
                yield self._release(acceptance)
            return
        yield "POST", self.client.place(self.finding, "notes/"), {"entry": self.comment}
        if self.after == FALSE_POSITIVE:
            body = {"is_mitigated": False, "false_p": True}
            yield "POST", self.client.place(self.finding, "close/"), body
        else:
            flags = {"active": True, "false_p": False, "is_mitigated": False, "mitigated": None}
            yield "PATCH", self.client.place(self.finding), flags

    def _acceptance(self, owner: Account) -> dict[str, Any]:
        return {
            "name": f"riskcockpit: finding {self.finding}",
            "accepted_findings": [self.finding],
            "owner": owner.id,
            "decision": self.decision,
            "decision_details": self.comment,
            "expiration_date": self.until,
            "reactivate_expired": True,
        }

    def _release(self, acceptance: RiskAcceptance) -> Call:
        path = f"{ACCEPTANCES}{acceptance.id}/"
        rest = [one for one in acceptance.accepted_findings if one != self.finding]
        return ("PATCH", path, {"accepted_findings": rest}) if rest else ("DELETE", path, None)


def _check_moment(text: str, target: str) -> None:
    """Refuse an end of an acceptance that is none: it would hold for good."""
    try:
        parse_utc(text)
    except (ValueError, OverflowError) as error:
        raise SourceError(f'{target}: "{clean_line(text)}" is no moment') from error
