"""Answering what a build waits for: let it go on, or abort it, with read-back.

Jenkins keeps no record of an answer that its API shows: what no longer waits was answered, and an
aborted build says which way. A build that catches the rejection goes on; then only our own call
says what was answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import msgspec

from riskcockpit.connectors.acting import DeniedError
from riskcockpit.connectors.jenkins.client import (
    JenkinsClient,
    answer_path,
    answer_text,
    job_path,
)
from riskcockpit.connectors.jenkins.mapping import PARAMETERS, is_job
from riskcockpit.connectors.jenkins.wire import Build, Input
from riskcockpit.domain.action import Action, ActionKind
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import SourceError

_VERBS = {ActionKind.DEPLOYMENT_APPROVE: "proceed", ActionKind.DEPLOYMENT_REJECT: "abort"}
ANSWERS = frozenset(_VERBS)
"""Kinds of actions that are answers."""
_LONGEST_NUMBER = 9
_ABORTED = "ABORTED"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is said to one input of one build."""

    job: str
    input_id: str
    number: int
    is_approval: bool
    values: Mapping[str, Any] | None
    """For the parameters of the input; None: none were given."""

    @classmethod
    def of(cls, action: Action) -> Self:
        """Read it out of an action with a target JOB@INPUT.

        Raises:
            SourceError: its target or params are not those of an answer.
        """
        job, _, input_id = action.target.partition("@")
        run, verb = action.params.get("run", ""), _VERBS.get(action.kind)
        is_number = run.isascii() and run.isdigit() and len(run) <= _LONGEST_NUMBER
        values: Any = None
        try:
            if PARAMETERS in action.params:
                values = msgspec.json.decode(action.params[PARAMETERS], type=dict[str, Any])
        except msgspec.DecodeError:
            is_number = False
        if not is_job(job) or not input_id or "/" in input_id or not is_number or verb is None:
            raise SourceError(
                f'action on "{clean_line(action.target)}" is no answer to an input',
                hint=f'it needs a target JOB@INPUT, a param "run", and "{PARAMETERS}" as a JSON'
                " object where the input has any",
            )
        return cls(job, input_id, int(run), verb == "proceed", values)

    @property
    def where(self) -> str:
        """The input in words."""
        return clean_line(f"{self.input_id} of build {self.number} of {self.job}")


@dataclass(frozen=True, slots=True)
class Stand:
    """How an input of a build stands."""

    given: Input | None
    """What waits; None when it does not any more."""
    build: Build
    is_told: bool = True
    """Jenkins says what waits; else the plugin for that is missing."""


class Answer:
    """The change of one input from waiting to answered. See `acting.Change`."""

    def __init__(self, wish: Wish, reader: JenkinsClient, writer: JenkinsClient | None) -> None:
        self._wish = wish
        self._reader = reader
        self._writer = writer
        self._is_taken = False
        """Jenkins took our answer."""

    @property
    def precondition(self) -> str:
        """See `acting.Change`."""
        return f"{self._wish.where} waits"

    @property
    def inverse(self) -> str:
        """See `acting.Change`: what was answered is answered."""
        return ""

    def read(self) -> Stand:
        """See `acting.Change`."""
        wish = self._wish
        build = self._reader.build(wish.job, wish.number)
        inputs = self._reader.inputs(wish.job, wish.number) if build.building else ()
        given = next((one for one in inputs or () if one.id == wish.input_id), None)
        return Stand(given, build, is_told=inputs is not None)

    def stands(self, state: Stand) -> str:
        """See `acting.Change`."""
        if state.given is not None:
            return f'{self._wish.where} waits: "{clean_line(state.given.message)[:120]}"'
        goes = "goes on" if state.build.building else f"is {clean_line(state.build.result or '')}"
        return f"{self._wish.where} does not wait any more; the build {goes}"

    def evidence(self, state: Stand) -> Mapping[str, str]:
        """See `acting.Change`."""
        result = "BUILDING" if state.build.building else clean_line(state.build.result or "")
        return {"state": "waiting" if state.given else "answered", "result": result}

    def is_done(self, state: Stand) -> bool:
        """See `acting.Change`."""
        if state.given is not None or not state.is_told:
            return False
        is_aborted = state.build.result == _ABORTED
        if self._wish.is_approval:
            return not is_aborted
        return is_aborted or self._is_taken

    def faults(self, state: Stand) -> Iterator[str]:
        """See `acting.Change`."""
        if not state.is_told:
            yield (
                f"what {clean_line(self._wish.job)} waits for is not told; the plugin"
                " pipeline-rest-api is missing"
            )
        elif state.given is None:
            yield f"{self._wish.where} does not wait"
        elif self._wish.is_approval:
            yield from self._parameter_faults(state.given)

    def calls(self, state: Stand) -> Iterator[str]:
        """See `acting.Change`."""
        endpoint, wish = self._reader.http.endpoint, self._wish
        build = endpoint.url(f"{job_path(wish.job)}/{wish.number}")
        reads = [f"GET {build}/api/json", f"GET {build}/wfapi/pendingInputActions"]
        yield from reads
        if state.given is not None:
            path, values = self._call(state.given)
            text = "" if values is None else f" json={answer_text(values)}"
            yield f"POST {endpoint.url(path)}{text}"
        yield from reads

    def send(self, state: Stand) -> None:
        """See `acting.Change`."""
        if self._writer is None or state.given is None:
            raise DeniedError("nothing may be written")
        path, values = self._call(state.given)
        self._writer.answer(path, values)
        self._is_taken = True

    def _call(self, given: Input) -> tuple[str, Mapping[str, Any] | None]:
        """Return where the answer goes, and the values with it; None: it takes none."""
        wish = self._wish
        verb, values = "abort", None
        if wish.is_approval:
            verb = "proceed" if given.inputs else "proceedEmpty"
            values = (wish.values or {}) if given.inputs else None
        return answer_path(wish.job, wish.number, wish.input_id, verb), values

    def _parameter_faults(self, given: Input) -> Iterator[str]:
        known = {parameter.name: parameter for parameter in given.inputs}
        values = self._wish.values or {}
        for name in known.keys() - values.keys():
            yield f"{self._wish.where} wants to be told {clean_line(name)}"
        for name in values.keys() - known.keys():
            yield f"{self._wish.where} does not ask for {clean_line(name)}"
        for name in known.keys() & values.keys():
            choices = known[name].definition.get("choices")
            if isinstance(choices, list) and values[name] not in choices:
                told = ", ".join(clean_line(str(choice)) for choice in choices)
                yield f"{clean_line(name)} is one of {told}"
