"""Which alarms open an incident, and the runbooks people follow in one; read strictly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from riskcockpit.config.durations import parse_duration
from riskcockpit.config.settings import Struct
from riskcockpit.config.strict import read_document
from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity

StepDeed = Literal["sync", "explain", "rollback", "verify", "ledger"]


class IncidentRule(Struct, frozen=True, kw_only=True):
    """Alarms that are one incident for each subject."""

    id: str
    title: str
    """In words; the subject stands before it."""
    classes: tuple[FindingClass, ...] = ()
    """Classes of findings; empty: any."""
    tools: tuple[str, ...] = ()
    """Tools that found them, as alertmanager; empty: any."""
    severity: str = "high"
    """At least so grave."""
    owner: str = ""
    """Who has it; empty: the owner of what it is about."""
    acknowledge_within: str = "15m"
    """Then it is escalated."""
    escalate_to: str = ""
    """Who is named then; empty: nobody in particular."""
    resolve_after: str = "10m"
    """How long all its alerts must have ended until it is resolved by itself."""
    review_within: str = "5d"
    """After its end; empty: none is due."""


class Incidents(Struct, frozen=True):
    """The whole file of rules."""

    rules: tuple[IncidentRule, ...] = ()


class Step(Struct, frozen=True, kw_only=True):
    """One step of a runbook: done by us (`do`) or by a person (`say`)."""

    id: str
    title: str
    do: StepDeed | None = None
    say: str = ""
    """What the person does, in words."""


class Runbook(Struct, frozen=True, kw_only=True):
    """What to do in an incident, step by step."""

    id: str
    title: str
    rules: tuple[str, ...] = ()
    """Rules of incidents it is for."""
    steps: tuple[Step, ...]


def read_incidents(file: Path) -> Incidents:
    """Read the rules of incidents.

    Raises:
        ConfigError: they cannot be used; the message names file, line and what to mend.
    """
    document = read_document(file, Incidents, "incidents")
    for path, why, hint in _faults(document.value):
        raise document.source.fault(path, why, hint)
    return document.value


def read_runbooks(*folders: Path) -> Mapping[str, Runbook]:
    """Read all runbooks; one of a later folder takes the place of an earlier one.

    Raises:
        ConfigError: one cannot be used; the message names file, line and what to mend.
    """
    found: dict[str, Runbook] = {}
    for folder in folders:
        for file in sorted(folder.glob("*.yaml")):
            document = read_document(file, Runbook, "a runbook")
            for path, why, hint in _runbook_faults(document.value):
                raise document.source.fault(path, why, hint)
            found[document.value.id] = document.value
    return found


def incidents_schema() -> dict[str, Any]:
    """Return the JSON Schema of the rules of incidents, for editors."""
    return _schema(Incidents, "riskcockpit incidents")


def runbook_schema() -> dict[str, Any]:
    """Return the JSON Schema of a runbook, for editors."""
    return _schema(Runbook, "riskcockpit runbook")


def _schema(type_: type[msgspec.Struct], title: str) -> dict[str, Any]:
    schema = msgspec.json.schema(type_)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = title
    return schema


def _faults(incidents: Incidents) -> Iterator[tuple[str, str, str | None]]:
    seen: set[str] = set()
    for index, rule in enumerate(incidents.rules):
        path = f"rules[{index}]"
        if rule.id in seen or not rule.id.strip():
            yield f"{path}.id", f'"{rule.id}" is no name of its own', None
        seen.add(rule.id)
        if Severity.from_word(rule.severity) is None:
            yield f"{path}.severity", f'unknown severity "{rule.severity}"', "as high"
        spans = ["acknowledge_within", "resolve_after"]
        for name in [*spans, *(["review_within"] if rule.review_within else [])]:
            try:
                parse_duration(getattr(rule, name))
            except ValueError as error:
                yield f"{path}.{name}", str(error), "as 15m, 4h or 5d"


def _runbook_faults(runbook: Runbook) -> Iterator[tuple[str, str, str | None]]:
    if not runbook.steps:
        yield "steps", "there is none", "add one"
    seen: set[str] = set()
    for index, step in enumerate(runbook.steps):
        path = f"steps[{index}]"
        if step.id in seen or not step.id.strip():
            yield f"{path}.id", f'"{step.id}" is no name of its own', None
        seen.add(step.id)
        if (step.do is None) is not bool(step.say):
            yield path, "has to say what to do, or do it", "either `do` or `say`"
