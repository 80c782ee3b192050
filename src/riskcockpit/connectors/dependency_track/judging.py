"""Judging a finding for as long as a waiver runs: suppressed with its reason, and open again.

There is no compare-and-set. What was judged before is remembered in the action; the details that
carry our signature are taken back, no others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from riskcockpit.connectors.acting import DeniedError
from riskcockpit.connectors.dependency_track.client import ANALYSIS, TrackClient
from riskcockpit.connectors.dependency_track.mapping import (
    NOT_SET,
    STATES,
    VERDICTS,
    Matrix,
    Verdict,
    is_uuid,
)
from riskcockpit.connectors.dependency_track.wire import Analysis
from riskcockpit.connectors.waiving import is_ours
from riskcockpit.domain.action import Action, ActionKind
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import SourceError

SUPPRESSED = "suppressed"
LONGEST_COMMENT = 1_000
"""Characters of a comment: the server takes more, nobody reads them."""
REOPENED = "the waiver has ended (riskcockpit)"
_PARTS = 3


@dataclass(frozen=True, slots=True)
class Judgement:
    """One finding, and how it shall be judged."""

    client: TrackClient
    """Reads; writes go through `writer`."""
    writer: TrackClient | None
    matrix: Matrix
    is_dismissal: bool
    verdict: Verdict
    comment: str

    @classmethod
    def of(cls, action: Action, client: TrackClient, writer: TrackClient | None) -> Judgement:
        """Read the judgement out of an action with a target PROJECT/COMPONENT/VULNERABILITY.

        Raises:
            SourceError: its target is no finding, or its params are no verdict.
        """
        parts = action.target.split("/")
        if len(parts) != _PARTS or not all(map(is_uuid, parts)):
            raise SourceError(
                f'"{clean_line(action.target)}" is no finding of Dependency-Track',
                hint="it is called by the uuids PROJECT/COMPONENT/VULNERABILITY",
            )
        matrix = (parts[0], parts[1], parts[2])
        if action.kind is ActionKind.ALERT_REOPEN:
            before = action.params.get("to", "")
            verdict = Verdict(before if before in STATES else NOT_SET)
            return cls(client, writer, matrix, False, verdict, REOPENED)  # noqa: FBT003 - no dismissal
        verdict = Verdict(
            action.params.get("analysis", ""),
            action.params.get("justification", ""),
            action.params.get("response", ""),
        )
        if action.kind is not ActionKind.ALERT_DISMISS or verdict not in VERDICTS.values():
            raise SourceError(f'"{action.kind.value}" as "{verdict.state}": unknown')
        comment = action.params.get("comment", "")
        return cls(client, writer, matrix, True, verdict, comment)  # noqa: FBT003 - a dismissal

    @property
    def precondition(self) -> str:
        """See `connectors.acting.Change`."""
        return f"finding {self._what} is {'not ' if self.is_dismissal else ''}{SUPPRESSED}"

    @property
    def inverse(self) -> str:
        """See `connectors.acting.Change`."""
        return "take the suppression back, and judge it as before" if self.is_dismissal else ""

    def read(self) -> Analysis:
        """See `connectors.acting.Change`."""
        return self.client.analysis(*self.matrix)

    def stands(self, state: Analysis) -> str:
        """See `connectors.acting.Change`."""
        word = SUPPRESSED if state.is_suppressed else f"not {SUPPRESSED}"
        return f"finding {self._what} is {word} ({_judged(state)})"

    def evidence(self, state: Analysis) -> Mapping[str, str]:
        """See `connectors.acting.Change`."""
        word = SUPPRESSED if state.is_suppressed else "open"
        return {"state": word, "analysis": _judged(state)}

    def is_done(self, state: Analysis) -> bool:
        """See `connectors.acting.Change`."""
        return state.is_suppressed is self.is_dismissal

    def faults(self, state: Analysis) -> Iterator[str]:
        """See `connectors.acting.Change`."""
        is_ours_to_take_back = self.is_dismissal or is_ours(state.analysis_details or "")
        if state.is_suppressed and not is_ours_to_take_back:
            yield f"finding {self._what} was judged by somebody else"

    def calls(self, state: Analysis) -> Iterator[str]:  # noqa: ARG002 - as `Change` has it
        """See `connectors.acting.Change`."""
        url = self.client.http.endpoint.url(ANALYSIS)
        project, component, vulnerability = self.matrix
        query = f"project={project}&component={component}&vulnerability={vulnerability}"
        yield f"GET {url}?{query}"
        yield f"PUT {url} {msgspec.json.encode(self._body()).decode()}"
        yield f"GET {url}?{query}"

    def send(self, state: Analysis) -> None:  # noqa: ARG002 - as `Change` has it
        """See `connectors.acting.Change`."""
        if self.writer is None:
            raise DeniedError("nothing may be written")
        self.writer.judge(self._body())

    @property
    def _what(self) -> str:
        return "/".join(part[:8] for part in self.matrix)

    def _body(self) -> dict[str, object]:
        project, component, vulnerability = self.matrix
        return {
            "project": project,
            "component": component,
            "vulnerability": vulnerability,
            "analysisState": self.verdict.state,
            "analysisJustification": self.verdict.justification,
            "analysisResponse": self.verdict.response,
            "analysisDetails": self.comment if self.is_dismissal else "",
            "comment": self.comment,
            "isSuppressed": self.is_dismissal,
        }


def _judged(state: Analysis) -> str:
    return clean_line(state.analysis_state or NOT_SET)
