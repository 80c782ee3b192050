"""Silences: what we change in Alertmanager, with the guards and the read-back.

Every silence of ours carries the id of its action in its comment. So it is found again when the
answer to its creation never came, and no silence that somebody else made is ever ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import msgspec

from riskcockpit.connectors.alertmanager.client import API, AlertmanagerClient
from riskcockpit.connectors.alertmanager.wire import Matcher, Silence
from riskcockpit.connectors.reply import NotSentError, StatusError
from riskcockpit.domain.action import Action, ActionKind, Outcome, Preview, Receipt
from riskcockpit.domain.clock import Clock, parse_utc, rfc3339
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import (
    AuthenticationError,
    ForbiddenError,
    RateLimitedError,
    RetryableError,
    RiskcockpitError,
    SourceError,
)

BY = "riskcockpit"
_MARK = "riskcockpit action "
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_COMMENT = 1000
_SLACK_SECONDS = 1.0
"""Alertmanager keeps moments in milliseconds."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A silence that is to be: for the alerts with these labels, until then."""

    matchers: tuple[Matcher, ...]
    until: datetime
    by: str
    comment: str

    @classmethod
    def of(cls, action: Action) -> Self:
        """Read the wish out of an action.

        Raises:
            SourceError: it names no labels, an impossible one, or no end.
        """
        try:
            labels = msgspec.json.decode(action.params.get("labels", ""), type=dict[str, str])
            until = parse_utc(action.params.get("until", ""))
        except (msgspec.DecodeError, ValueError, OverflowError) as error:
            raise SourceError(
                f'action on "{clean_line(action.target)}" is no silence',
                hint='it needs the params "labels", a JSON object of texts, and "until"',
            ) from error
        bad = [name for name in labels if not _LABEL.fullmatch(name)]
        if bad or not labels or not all(labels.values()):
            raise SourceError(
                f'action on "{clean_line(action.target)}" names no labels a silence can match',
                hint="a silence without exact labels would hide everything",
            )
        matchers = tuple(Matcher(name, value) for name, value in sorted(labels.items()))
        comment = clean_line(action.params.get("comment", ""))[:_LONGEST_COMMENT]
        marked = f"{comment} ({_MARK}{action.id or 'with its id'})".strip()
        return cls(matchers, until, clean_line(action.params.get("by", "")) or BY, marked)

    def is_kept_by(self, silence: Silence) -> bool:
        """Whether a silence is the wished one: same labels, same end."""
        wished = {(m.name, m.value, m.isRegex, m.isEqual) for m in self.matchers}
        found = {(m.name, m.value, m.isRegex, m.isEqual) for m in silence.matchers}
        try:
            off = abs((parse_utc(silence.endsAt) - self.until).total_seconds())
        except (ValueError, OverflowError):
            return False
        return wished == found and off <= _SLACK_SECONDS


class Silencer:
    """Previews, applies and observes silences on one server."""

    def __init__(
        self,
        reader: AlertmanagerClient,
        writer: AlertmanagerClient | None,
        clock: Clock,
        why_not: str,
    ) -> None:
        """`why_not` says why nothing may be written; empty when it may."""
        self._why_not = why_not
        self._reader = reader
        self._writer = writer
        self._clock = clock

    def preview(self, action: Action) -> Preview:
        """See `connectors.api.Acts.preview`."""
        url = self._reader.http.endpoint.url(API)
        blockers = [self._why_not] if self._why_not else []
        if action.kind is ActionKind.ALERT_UNSILENCE:
            standing = self._ours(_silenced_by(action))
            if standing is None:
                blockers.append("there is no silence of that action")
            id_ = standing.id if standing else "ID"
            return Preview(
                calls=(f"GET {url}/silences", f"DELETE {url}/silence/{id_}", f"GET {url}/silences"),
                precondition=f"the silence of action {_silenced_by(action)[:10]} is ours",
                inverse="silence the alerts again",
                blockers=tuple(blockers),
            )
        wish = Wish.of(action)
        blockers += self._faults(wish)
        return Preview(
            calls=(
                f"GET {url}/silences",
                f"POST {url}/silences {self._body(wish)}",
                f"GET {url}/silences",
            ),
            precondition=f"{_labels(wish)} is not silenced by this action",
            inverse="end the silence",
            blockers=tuple(blockers),
        )

    def apply(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.apply`.

        Raises:
            RetryableError: nothing was sent, or the server asked to wait: nothing changed.
        """
        if self._writer is None or self._why_not:
            return self._receipt(action, Outcome.REFUSED, self._why_not)
        try:
            if action.kind is ActionKind.ALERT_UNSILENCE:
                return self._end(action, self._writer)
            return self._create(action, self._writer)
        except SourceError as error:
            return self._receipt(action, Outcome.REFUSED, _with_hint(error))

    def observe(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.observe`."""
        if action.kind is ActionKind.ALERT_UNSILENCE:
            standing = self._ours(_silenced_by(action))
            if standing is None:
                return self._receipt(action, Outcome.UNKNOWN, "that silence is not known there")
            outcome = Outcome.DONE if _is_over(standing) else Outcome.UNKNOWN
            return self._receipt(action, outcome, _stands(standing), standing)
        standing = self._ours(action.id)
        if standing is None:
            return self._receipt(action, Outcome.UNKNOWN, "no silence of this action is there")
        wish = Wish.of(action)
        if not _is_over(standing) or wish.is_kept_by(standing):  # or its time has come
            return self._kept(action, wish, standing, "read back")
        return self._receipt(action, Outcome.REFUSED, _stands(standing), standing)

    def _create(self, action: Action, writer: AlertmanagerClient) -> Receipt:
        wish = Wish.of(action)
        standing = self._ours(action.id)
        if standing is not None and not _is_over(standing):
            return self._kept(action, wish, standing, "it was there already")
        faults = tuple(self._faults(wish))
        if faults:
            return self._receipt(action, Outcome.REFUSED, "; ".join(faults))
        how = "read back"
        try:
            writer.create(
                wish.matchers,
                rfc3339(self._clock.now()),
                rfc3339(wish.until),
                wish.by,
                wish.comment,
            )
        except (NotSentError, RateLimitedError):
            raise
        except (AuthenticationError, ForbiddenError, StatusError) as error:
            return self._receipt(action, Outcome.REFUSED, _with_hint(error))
        except (RetryableError, SourceError) as error:
            how = f"after {error.message}"
        return self._read_back(action, action.id, how, wish)

    def _end(self, action: Action, writer: AlertmanagerClient) -> Receipt:
        standing = self._ours(_silenced_by(action))
        if standing is None:
            return self._receipt(
                action, Outcome.REFUSED, "no silence of ours belongs to that action"
            )
        if _is_over(standing):
            return self._receipt(action, Outcome.DONE, f"{_stands(standing)} already", standing)
        how = "read back"
        try:
            writer.expire(standing.id)
        except (NotSentError, RateLimitedError):
            raise
        except (AuthenticationError, ForbiddenError, StatusError) as error:
            return self._receipt(action, Outcome.REFUSED, _with_hint(error))
        except (RetryableError, SourceError) as error:
            how = f"after {error.message}"
        return self._read_back(action, _silenced_by(action), how, None)

    def _read_back(self, action: Action, owner: str, how: str, wish: Wish | None) -> Receipt:
        """Say what came of a write by reading the silences; without a `wish` it was an end."""
        try:
            standing = self._ours(owner)
        except (RetryableError, SourceError) as error:
            message = f"sent ({how}), but it cannot be read back: {error.message}"
            return self._receipt(action, Outcome.UNKNOWN, message)
        if wish is not None and standing is not None and not _is_over(standing):
            return self._kept(action, wish, standing, how)
        if wish is None and standing is not None and _is_over(standing):
            return self._receipt(action, Outcome.DONE, f"{_stands(standing)} ({how})", standing)
        stands = _stands(standing) if standing else "no silence of it is there"
        return self._receipt(action, Outcome.UNKNOWN, f"sent ({how}), but {stands}", standing)

    def _kept(self, action: Action, wish: Wish, standing: Silence, how: str) -> Receipt:
        """Say that a silence stands; one that was changed since is not the one decided upon."""
        if wish.is_kept_by(standing):
            return self._receipt(action, Outcome.DONE, f"{_stands(standing)} ({how})", standing)
        message = f"{_stands(standing)}, but its labels or its end are not those decided upon"
        return self._receipt(action, Outcome.REFUSED, message, standing)

    def _ours(self, action_id: str) -> Silence | None:
        """Return the silence that carries the mark of an action, one that stands before all."""
        mark = f"({_MARK}{action_id})"
        found = [silence for silence in self._reader.silences() if mark in silence.comment]
        found.sort(key=_is_over)
        return found[0] if found and action_id else None

    def _faults(self, wish: Wish) -> Iterator[str]:
        if wish.until <= self._clock.now():
            yield f"{rfc3339(wish.until)} has passed: there is nothing to silence until then"

    def _body(self, wish: Wish) -> str:
        body = {
            "matchers": wish.matchers,
            "endsAt": rfc3339(wish.until),
            "createdBy": wish.by,
            "comment": wish.comment,
        }
        return msgspec.json.encode(body).decode()

    def _receipt(
        self, action: Action, outcome: Outcome, message: str, silence: Silence | None = None
    ) -> Receipt:
        evidence: dict[str, str] = {}
        if silence is not None:
            evidence = {
                "silence": silence.id,
                "state": silence.status.state,
                "ends_at": silence.endsAt,
            }
        return Receipt(action.id, outcome, self._clock.now(), message, evidence)


def _silenced_by(action: Action) -> str:
    """Return the id of the action whose silence is to end.

    Raises:
        SourceError: the action names none.
    """
    found = action.params.get("silenced_by", "")
    if not found:
        raise SourceError(
            f'action on "{clean_line(action.target)}" names no silence',
            hint='it needs the param "silenced_by", the id of the action that silenced',
        )
    return found


def _is_over(silence: Silence) -> bool:
    return silence.status.state == "expired"


def _stands(silence: Silence) -> str:
    state, until = clean_line(silence.status.state), clean_line(silence.endsAt)
    return f"silence {clean_line(silence.id)} is {state}, until {until}"


def _labels(wish: Wish) -> str:
    return ", ".join(f'{matcher.name}="{clean_line(matcher.value)}"' for matcher in wish.matchers)


def _with_hint(error: RiskcockpitError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message
