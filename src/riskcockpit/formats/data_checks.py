"""One check of data, whichever tool made it → a finding of data integrity, or evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from riskcockpit.domain.finding import ControlEvidence, FindingClass, ModelSignal, Observation
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.grading import Grade, graded

FAILED_WORD = "high"
"""Severity of a failed check whose tool knows no severities."""
WARNED_WORD = "medium"


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "pass"
    FAILED = "fail"
    WARNED = "warn"
    BROKEN = "error"
    """It could not be evaluated: that is never a pass."""
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class DataCheck:
    """A check of a data set as its tool reports it; cleaned on the way out."""

    tool: str
    outcome: Outcome
    dataset: str
    """What was checked."""
    monitor: str
    """The suite or project the check belongs to."""
    metric: str
    """What was checked of it, without thresholds."""
    segment: str = ""
    """The column; empty for the whole data set."""
    title: str = ""
    about: tuple[str, ...] = ()
    severity: str | None = None
    """The tool's word; None when it has none."""

    @property
    def rule(self) -> str:
        """The check's id."""
        return wording.name(f"{self.monitor}.{self.metric}" if self.monitor else self.metric)


def outcome_of(
    check: DataCheck, place: str, raw: bytes, options: ReadOptions
) -> Observation | ControlEvidence:
    """Return the finding, or the evidence of none.

    A check that could not be evaluated is a finding in triage: somebody must look why.
    """
    dataset = wording.name(check.dataset)
    if check.outcome is Outcome.PASSED:
        return ControlEvidence(check.tool, check.rule, "pass", dataset, place)
    if check.outcome is Outcome.SKIPPED:
        return ControlEvidence(check.tool, check.rule, "not_applicable", dataset, place)
    grade = _grade(check, options)
    return Observation(
        finding_class=FindingClass.DATA,
        tool=check.tool,
        rule=check.rule,
        title=wording.title(check.title or f"{check.metric} of {dataset}"),
        severity=grade.severity,
        record=place,
        description=wording.description("\n\n".join(filter(None, map(str.strip, check.about)))),
        severity_raw=grade.raw,
        severity_source=grade.source,
        needs_triage=check.outcome is Outcome.BROKEN,
        signal=ModelSignal(
            model=dataset,
            monitor=wording.name(check.monitor or check.metric),
            metric=wording.name(check.metric),
            segment=wording.name(check.segment),
        ),
        resource=dataset,
        raw=raw,
    )


def _grade(check: DataCheck, options: ReadOptions) -> Grade:
    if check.severity:
        return graded(check.tool, check.rule, check.severity, "severity", options)
    word = WARNED_WORD if check.outcome is Outcome.WARNED else FAILED_WORD
    grade = graded(check.tool, check.rule, word, "outcome", options)
    return grade._replace(raw=check.outcome.value) if grade.source == "outcome" else grade
