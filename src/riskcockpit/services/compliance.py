"""Compliance: for each requirement of each framework, the evidence that the controls give."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from riskcockpit.controls.frameworks import Assessment, Framework, Part, Requirement
from riskcockpit.domain.control import Verdict
from riskcockpit.errors import UnknownNameError
from riskcockpit.services.context import Context
from riskcockpit.services.governance import controls
from riskcockpit.services.policy import controls_in_force, frameworks_in_force
from riskcockpit.views.compliance import (
    EvidenceState,
    EvidenceView,
    FrameworkView,
    RequirementView,
)
from riskcockpit.views.governance import ControlView

LONGEST = timedelta(hours=48)
"""How long a verdict is evidence when no input of its control has an age."""
_FRESH = (Verdict.OK.value, Verdict.ALARM.value)
Evidence = Mapping[tuple[str, str], Sequence[EvidenceView]]
"""(framework, requirement) → the controls that speak of it."""


def compliance(ctx: Context, framework: str = "") -> tuple[FrameworkView, ...]:
    """Return all frameworks, or the one named, with the evidence for each requirement.

    Raises:
        UnknownNameError: there is no such framework; the hint names the nearest.
        ConfigError: a policy file cannot be used.
    """
    known = frameworks_in_force(ctx.paths)
    if framework and framework not in known:
        nearest = difflib.get_close_matches(framework.lower(), known, 1)
        hint = f'did you mean "{nearest[0]}"?' if nearest else f"known: {', '.join(known)}"
        raise UnknownNameError(f'no framework "{framework}"', hint=hint)
    evidence = _evidence(ctx)
    return tuple(
        _framework_view(each, evidence)
        for each in known.values()
        if framework in ("", each.id)
    )  # fmt: skip


def state_of(assessment: Assessment, evidence: Sequence[EvidenceView]) -> EvidenceState:
    """Return how a requirement stands by the controls that speak of it.

    Old evidence outweighs fresh: a requirement is never better than its oldest control.
    """
    if not evidence and assessment is not Assessment.AUTOMATED:
        return EvidenceState.NOT_AUTOMATED
    verdicts = {control.verdict for control in evidence}
    if Verdict.STALE.value in verdicts:
        return EvidenceState.STALE
    return EvidenceState.PRESENT if verdicts & {*_FRESH} else EvidenceState.ABSENT


def _evidence(ctx: Context) -> Evidence:
    now = ctx.clock.now()
    policy = {
        control.id: control for control in controls_in_force(ctx.paths, ctx.settings.context.name)
    }
    found: dict[tuple[str, str], list[EvidenceView]] = defaultdict(list)
    for view in controls(ctx):
        control = policy.get(view.id)  # None: its file cannot be read now
        judged = _judged(view, control.inputs if control else {}, now)
        for framework, references in (control or view).frameworks.items():
            for reference in references:
                found[framework, reference].append(judged)
    return found


def _judged(
    view: ControlView, inputs: Mapping[str, timedelta | None], now: datetime
) -> EvidenceView:
    verdict, message = view.verdict, view.message
    limit = min((age for age in inputs.values() if age is not None), default=LONGEST)
    if verdict in _FRESH and view.at is not None and now - view.at > limit:
        verdict, message = Verdict.STALE.value, "nobody has judged it since"
    return EvidenceView(view.id, view.title, verdict, message, view.failed, view.at)


def _framework_view(framework: Framework, evidence: Evidence) -> FrameworkView:
    requirements = [
        _requirement_view(framework, part, requirement, evidence)
        for part in framework.parts or (_unlisted(framework, evidence),)
        for requirement in part.requirements
    ]
    return FrameworkView(
        framework.id, framework.title, framework.link, framework.certainty, framework.note,
        tuple(requirements),
    )  # fmt: skip


def _requirement_view(
    framework: Framework, part: Part, requirement: Requirement, evidence: Evidence
) -> RequirementView:
    speaking = tuple(evidence.get((framework.id, requirement.id), ()))
    return RequirementView(
        framework=framework.id,
        part=part.title,
        id=requirement.id,
        title=requirement.title,
        link=requirement.link,
        assessment=requirement.assessment.value,
        certainty=requirement.certainty,
        state=state_of(requirement.assessment, speaking),
        controls=speaking,
    )


def _unlisted(framework: Framework, evidence: Evidence) -> Part:
    """Return what controls refer to in a framework that lists no requirements."""
    named = sorted(reference for name, reference in evidence if name == framework.id)
    return Part(
        framework.title,
        tuple(
            Requirement(id_, "", Assessment.AUTOMATED, framework.certainty, framework.link)
            for id_ in named
        ),
    )
