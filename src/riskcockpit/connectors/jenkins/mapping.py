"""Jenkins' words into ours. Pure: all foreign text is cleaned here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase

import msgspec

from riskcockpit.connectors.deliveries import outcome, told, waiting
from riskcockpit.connectors.jenkins.wire import Build, Description, Input, Revision
from riskcockpit.domain import deployment as record
from riskcockpit.domain.action import Action, ActionKind, Offer
from riskcockpit.domain.deployment import DeploymentStatus
from riskcockpit.domain.reading import Reading
from riskcockpit.domain.untrusted import clean_line

PIPELINE = "WorkflowRun"
"""How the class of a build of a pipeline ends; only these wait for input."""
PARAMETERS = "parameters"
"""The param of an action with the values for the parameters of an input: a JSON object."""
PAUSED = "PAUSED_PENDING_INPUT"
_VERDICTS = {"SUCCESS": True, "FAILURE": False, "UNSTABLE": False}
"""Results that say yes or no; ABORTED and NOT_BUILT say neither."""
_SPOKEN = ("StringParameterDefinition", "TextParameterDefinition", "BooleanParameterDefinition",
           "ChoiceParameterDefinition")  # fmt: skip
"""Kinds of parameters whose default may be said for somebody; a password's never."""
_NAME = re.compile(r"[^/\x00-\x1f@?#\\]+(?:/[^/\x00-\x1f@?#\\]+)*")


def is_job(name: str) -> bool:
    """Whether `name` is the full name of a job, and nothing that changes a path."""
    parts = name.split("/")
    return bool(_NAME.fullmatch(name)) and "." not in parts and ".." not in parts


def is_wanted(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path, or its last part, is called as one of the patterns."""
    last = path.rpartition("/")[2]
    return any(fnmatchcase(path, pattern) or fnmatchcase(last, pattern) for pattern in patterns)


def ended_at(build: Build) -> datetime:
    """Return when a build ended, aware UTC.

    Raises:
        ValueError: there is no such moment.
    """
    return _moment(build.timestamp + build.duration)


def began_at(build: Build) -> datetime:
    """Return when a build began; raises as `ended_at`."""
    return _moment(build.timestamp)


def build_reading(job: str, build: Build) -> Reading | None:
    """Return whether a build succeeded; None when it says neither. Raises as `ended_at`."""
    verdict = _VERDICTS.get(build.result or "")
    if verdict is None or build.building:
        return None
    at = ended_at(build)
    return outcome(job, "workflow_success", "", at, is_good=verdict, is_alarm=False)


def deployment_record(job: str, build: Build, asset: str, environment: str) -> record.Deployment:
    """Return a build of a job that deploys; raises as `ended_at`.

    Jenkins does not tell who answered its inputs: approvals are those that were decided here.
    """
    revision = next((one.last_built_revision for one in build.actions if one.last_built_revision),
                    Revision())  # fmt: skip
    causes = [cause for one in build.actions for cause in one.causes]
    given = {one.name: one.value for action in build.actions for one in action.parameters}
    more = told(given)
    status = DeploymentStatus.RUNNING
    if not build.building:
        verdict = _VERDICTS.get(build.result or "")
        status = DeploymentStatus.STOPPED if verdict is None else _CAME[verdict]
    who = next((cause.user_id or cause.short_description for cause in causes), "")
    run = f"{job}#{build.number}"
    return record.Deployment(
        upstream_id=run,
        asset=clean_line(asset),
        environment=clean_line(environment),
        status=status,
        observed_at=began_at(build) if build.building else ended_at(build),
        commit=clean_line(revision.SHA1),
        ref=clean_line(next((one.name for one in revision.branch), "")),
        pipeline=run,
        url=clean_line(build.url),
        artifacts=more.artifacts,
        model=more.model,
        model_version=more.model_version,
        actor=clean_line(who),
        started_at=began_at(build),
        finished_at=None if build.building else ended_at(build),
    )


_CAME = {True: DeploymentStatus.SUCCEEDED, False: DeploymentStatus.FAILED}


def paused_for(description: Description) -> timedelta:
    """Return for how long a pipeline has waited for input in the stage that does."""
    waits = [stage.pause_duration_millis for stage in description.stages if stage.status == PAUSED]
    return timedelta(milliseconds=max(waits, default=0))


def waiting_reading(
    job: str, build: Build, given: Input, paused: timedelta, until: datetime
) -> Reading:
    """Return for how long an input of a build has waited."""
    return waiting(job, given.id, build.number, until - paused, until)


def offers(
    job: str, build: Build, given: Input, source: str, since: datetime | None
) -> Iterator[Offer]:
    """Yield an approval and a rejection of an input that a build waits for."""
    target = f"{job}@{clean_line(given.id)}"
    run = {"run": str(build.number)}
    values = defaults_of(given)
    spoken = {PARAMETERS: msgspec.json.encode(values).decode()} if values else {}
    what = f'build {build.number}: "{clean_line(given.message)[:120]}"'
    said = ", ".join(f"{name}={value}" for name, value in (values or {}).items())
    for kind, params in (
        (ActionKind.DEPLOYMENT_APPROVE, {**run, **spoken}),
        (ActionKind.DEPLOYMENT_REJECT, run),
    ):
        is_told = PARAMETERS in params
        told = f"{what}, with {clean_line(said)[:120]}" if is_told else what
        yield Offer(Action("", kind, source, target, params), str(build.number), told, since)


def defaults_of(given: Input) -> dict[str, object] | None:
    """Return the default of each parameter of an input; None: one has none, or may be secret."""
    found: dict[str, object] = {}
    for parameter in given.inputs:
        value = parameter.definition.get("defaultVal")
        if value is None or parameter.type not in _SPOKEN:
            return None
        found[parameter.name] = value
    return found


def _moment(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"{milliseconds} is no moment") from error
