"""Dismissing a vulnerability for as long as a waiver runs, and reverting that.

GitLab keeps no end of a dismissal and has no compare-and-set; some of its mutations fail without
an error. Only the state that is read back counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from riskcockpit.connectors.acting import DeniedError
from riskcockpit.connectors.gitlab import queries
from riskcockpit.connectors.gitlab.client import GRAPHQL, GitlabClient
from riskcockpit.connectors.gitlab.mapping import is_path
from riskcockpit.connectors.gitlab.wire import Vulnerability
from riskcockpit.connectors.waiving import is_ours
from riskcockpit.domain.action import Action, ActionKind
from riskcockpit.domain.decision import WaiverReason
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import SourceError

LONGEST_COMMENT = 1_000
"""Characters of a comment: GitLab takes more, nobody reads them."""
DISMISSED = "dismissed"
OPEN = ("detected", "confirmed")
"""States that ask for work, in the words of an action."""
REASONS: Mapping[WaiverReason, str] = {
    **dict.fromkeys(WaiverReason, "ACCEPTABLE_RISK"),
    WaiverReason.FALSE_POSITIVE: "FALSE_POSITIVE",
    WaiverReason.COMPONENT_NOT_PRESENT: "FALSE_POSITIVE",
    WaiverReason.VULNERABLE_CODE_NOT_PRESENT: "FALSE_POSITIVE",
    WaiverReason.VULNERABLE_CODE_NOT_IN_EXECUTE_PATH: "NOT_APPLICABLE",
    WaiverReason.VULNERABLE_CODE_CANNOT_BE_CONTROLLED: "NOT_APPLICABLE",
    WaiverReason.INLINE_MITIGATIONS_EXIST: "MITIGATING_CONTROL",
    WaiverReason.COMPENSATING_CONTROL: "MITIGATING_CONTROL",
}
"""Why we waive → GitLab's reason for a dismissal."""
REOPENED = "the waiver has ended (riskcockpit)"
_TARGET = re.compile(r"(?P<project>[^#\s]+)#(?P<number>[1-9]\d{0,18})")
_GID = "gid://gitlab/Vulnerability/"


def target_of(project: str, gid: str) -> str:
    """Return a vulnerability as the target of an action; empty when it cannot be one."""
    target = f"{project}#{gid.removeprefix(_GID)}"
    is_named = gid.startswith(_GID) and is_path(project, least=2)
    return target if is_named and _TARGET.fullmatch(target) else ""


@dataclass(frozen=True, slots=True)
class VulnerabilityChange:
    """One vulnerability, from the state it must be in to the one it shall be in."""

    client: GitlabClient
    """Reads; writes go through `writer`."""
    writer: GitlabClient | None
    project: str
    number: str
    is_dismissal: bool
    after: str
    """The state it shall be in."""
    reason: str = ""
    comment: str = ""

    @classmethod
    def of(
        cls, action: Action, client: GitlabClient, writer: GitlabClient | None
    ) -> VulnerabilityChange:
        """Read the change out of an action.

        Raises:
            SourceError: its target is no vulnerability, or its params are none GitLab knows.
        """
        match = _TARGET.fullmatch(action.target)
        if match is None or not is_path(match["project"], least=2):
            raise SourceError(
                f'"{action.target}" is no vulnerability of GitLab',
                hint="it is GROUP/PROJECT#NUMBER",
            )
        place = (client, writer, match["project"], match["number"])
        if action.kind is ActionKind.ALERT_REOPEN:
            after = action.params.get("to", "")
            return cls(*place, is_dismissal=False, after=after if after in OPEN else OPEN[0])
        reason = action.params.get("reason", "")
        if action.kind is not ActionKind.ALERT_DISMISS or reason not in REASONS.values():
            raise SourceError(f'"{action.kind.value}" of {action.target} for "{reason}": unknown')
        comment = action.params.get("comment", "")
        return cls(*place, is_dismissal=True, after=DISMISSED, reason=reason, comment=comment)

    @property
    def target(self) -> str:
        """The vulnerability as people call it."""
        return f"{self.project}#{self.number}"

    @property
    def precondition(self) -> str:
        """See `connectors.acting.Change`."""
        before = " or ".join(OPEN) if self.is_dismissal else DISMISSED
        return f"{self.target} is {before}"

    @property
    def inverse(self) -> str:
        """See `connectors.acting.Change`."""
        return "revert it to detected" if self.is_dismissal else ""

    def read(self) -> Vulnerability:
        """See `connectors.acting.Change`."""
        return self.client.vulnerability(self._gid)

    def stands(self, state: Vulnerability) -> str:
        """See `connectors.acting.Change`."""
        return f"{self.target} is {_word(state) or 'in no state'}"

    def evidence(self, state: Vulnerability) -> Mapping[str, str]:
        """See `connectors.acting.Change`."""
        return {"state": _word(state)}

    def is_done(self, state: Vulnerability) -> bool:
        """See `connectors.acting.Change`; what was resolved meanwhile needs no opening."""
        return self._is_it(state) and (_word(state) == DISMISSED) is self.is_dismissal

    def faults(self, state: Vulnerability) -> Iterator[str]:
        """See `connectors.acting.Change`."""
        word = _word(state)
        if not self._is_it(state):
            yield f"number {self.number} is no vulnerability of {self.project}"
        elif self.is_dismissal and word not in OPEN:
            yield f"{self.stands(state)}, not {' or '.join(OPEN)}"
        elif not self.is_dismissal and not is_ours(state.state_comment or ""):
            yield f"{self.target} was dismissed by somebody else"

    def calls(self, state: Vulnerability) -> Iterator[str]:  # noqa: ARG002 - as `Change` has it
        """See `connectors.acting.Change`."""
        url = self.client.http.endpoint.url(GRAPHQL)
        mutation, variables = self._mutation()
        name = mutation.partition("answer: ")[2].partition("(")[0]
        yield f"POST {url} vulnerability(id: {self._gid})"
        yield f"POST {url} {name}({msgspec.json.encode(variables).decode()})"
        yield f"POST {url} vulnerability(id: {self._gid})"

    def send(self, state: Vulnerability) -> None:  # noqa: ARG002 - as `Change` has it
        """See `connectors.acting.Change`."""
        if self.writer is None:
            raise DeniedError("nothing may be written")
        self.writer.mutate(*self._mutation())

    @property
    def _gid(self) -> str:
        return f"{_GID}{self.number}"

    def _is_it(self, state: Vulnerability) -> bool:
        return state.project.full_path.lower() == self.project.lower()

    def _mutation(self) -> tuple[str, dict[str, str]]:
        if self.is_dismissal:
            variables = {"id": self._gid, "comment": self.comment, "reason": self.reason}
            return queries.DISMISS, variables
        mutation = queries.REVERT if self.after == OPEN[0] else queries.CONFIRM
        return mutation, {"id": self._gid, "comment": REOPENED}


def _word(state: Vulnerability) -> str:
    return clean_line(state.state.lower())
