"""The three kinds of alerts: how each is called, listed, and put into words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from riskcockpit.connectors.github.wire import AlertItem, CodeAlert, DependabotAlert, SecretAlert
from riskcockpit.connectors.waiving import shortened
from riskcockpit.domain.decision import WaiverReason
from riskcockpit.errors import SourceError

LONGEST_COMMENT = 280
"""Characters of a comment that GitHub takes with a dismissal."""
OPEN = "open"
DISMISSED = "dismissed"
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9._-]+")
_TARGET = re.compile(r"(?P<repository>[^#\s]+)#(?P<kind>[a-z-]+)/(?P<number>[1-9]\d{0,11})")


def is_repository(name: str) -> bool:
    """Whether `name` is an owner and a repository, and nothing that changes a path."""
    return bool(_REPOSITORY.fullmatch(name)) and name.partition("/")[2] not in (".", "..")


@dataclass(frozen=True, slots=True)
class AlertKind:
    """One kind of alerts."""

    name: str
    """Its part of the path, as `code-scanning`."""
    format: str
    """The format that reads its alerts."""
    list_type: Any
    """The msgspec type of a page."""
    permission: str
    """What a fine-grained token needs."""
    off: str
    """What has to be on for it to answer."""
    reasons: Mapping[WaiverReason, str]
    """Why we waive → GitHub's reason for a dismissal."""
    closed_word: str = DISMISSED
    """GitHub's word for the state of a dismissed alert."""
    reason_member: str = "dismissed_reason"
    comment_member: str = "dismissed_comment"
    first_page: Mapping[str, str] = field(default_factory=dict)
    """What the first request of a list needs besides, so that a cursor comes back."""

    def word(self, state: str) -> str:
        """Return GitHub's state in the words of all kinds: `open`, `dismissed`, or its own."""
        return DISMISSED if state in (self.closed_word, "auto_dismissed") else state

    def dismissal(self, reason: str, comment: str, *, is_delegated: bool) -> dict[str, Any]:
        """Return the body that dismisses an alert; delegated, it asks for the dismissal."""
        body: dict[str, Any] = {
            "state": self.closed_word,
            self.reason_member: reason,
            self.comment_member: shortened(comment, LONGEST_COMMENT),
        }
        if is_delegated and self is CODE_SCANNING:
            body["create_request"] = True
        return body


_CODE_REASONS = {
    **dict.fromkeys(WaiverReason, "won't fix"),
    WaiverReason.FALSE_POSITIVE: "false positive",
    WaiverReason.COMPONENT_NOT_PRESENT: "false positive",
    WaiverReason.VULNERABLE_CODE_NOT_PRESENT: "false positive",
    WaiverReason.VULNERABLE_CODE_NOT_IN_EXECUTE_PATH: "false positive",
    WaiverReason.VULNERABLE_CODE_CANNOT_BE_CONTROLLED: "false positive",
    WaiverReason.INLINE_MITIGATIONS_EXIST: "mitigated",
    WaiverReason.COMPENSATING_CONTROL: "mitigated",
}
_DEPENDABOT_REASONS = {
    **dict.fromkeys(WaiverReason, "tolerable_risk"),
    WaiverReason.FALSE_POSITIVE: "inaccurate",
    WaiverReason.COMPONENT_NOT_PRESENT: "inaccurate",
    WaiverReason.VULNERABLE_CODE_NOT_PRESENT: "inaccurate",
    WaiverReason.VULNERABLE_CODE_NOT_IN_EXECUTE_PATH: "not_used",
    WaiverReason.VULNERABLE_CODE_CANNOT_BE_CONTROLLED: "not_used",
    WaiverReason.DEFERRED: "no_bandwidth",
}
_SECRET_REASONS = {
    **dict.fromkeys(WaiverReason, "wont_fix"),
    WaiverReason.FALSE_POSITIVE: "false_positive",
    WaiverReason.COMPONENT_NOT_PRESENT: "false_positive",
    WaiverReason.VULNERABLE_CODE_NOT_PRESENT: "false_positive",
}

CODE_SCANNING = AlertKind(
    name="code-scanning",
    format="github-code-scanning",
    list_type=list[CodeAlert],
    permission="Code scanning alerts",
    off="code scanning",
    reasons=_CODE_REASONS,
)
DEPENDABOT = AlertKind(
    name="dependabot",
    format="github-dependabot",
    list_type=list[DependabotAlert],
    permission="Dependabot alerts",
    off="Dependabot alerts",
    reasons=_DEPENDABOT_REASONS,
)
SECRET_SCANNING = AlertKind(
    name="secret-scanning",
    format="github-secret-scanning",
    list_type=list[SecretAlert],
    permission="Secret scanning alerts",
    off="secret scanning",
    reasons=_SECRET_REASONS,
    closed_word="resolved",
    reason_member="resolution",
    comment_member="resolution_comment",
    first_page={"after": ""},
)
KINDS: Mapping[str, AlertKind] = {
    kind.name: kind for kind in (CODE_SCANNING, DEPENDABOT, SECRET_SCANNING)
}
BY_FORMAT: Mapping[str, AlertKind] = {kind.format: kind for kind in KINDS.values()}


@dataclass(frozen=True, slots=True)
class AlertRef:
    """One alert, as `bank/payments#dependabot/12`."""

    repository: str
    kind: AlertKind
    number: int

    @classmethod
    def of(cls, target: str) -> Self:
        """Read the target of an action.

        Raises:
            SourceError: it names no alert.
        """
        match = _TARGET.fullmatch(target)
        kind = KINDS.get(match["kind"]) if match else None
        if match is None or kind is None or not is_repository(match["repository"]):
            raise SourceError(
                f'"{target}" is no alert of GitHub', hint="it is called OWNER/NAME#KIND/NUMBER"
            )
        return cls(match["repository"], kind, int(match["number"]))

    @property
    def target(self) -> str:
        """The alert as the target of an action."""
        return f"{self.repository}#{self.kind.name}/{self.number}"

    @property
    def path(self) -> str:
        """The path of the alert in the API."""
        return f"/repos/{self.repository}/{self.kind.name}/alerts/{self.number}"


def updated_at(alert: AlertItem) -> str:
    """Return when an alert changed last, as GitHub writes it: such texts sort by time."""
    return alert.updated_at or alert.created_at
