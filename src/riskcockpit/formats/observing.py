"""From what a reader takes out of a record to an observation: its title, and all text cleaned."""

from __future__ import annotations

from typing import Any

from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.grading import Grade
from riskcockpit.formats.titles import title_and_description


def observed(
    tool: str,
    rule: str,
    grade: Grade,
    message: str,
    *,
    record: str,
    raw: bytes,
    label: str = "",
    about: str = "",
    help_url: str = "",
    finding_class: FindingClass = FindingClass.CODE,
    **more: Any,
) -> Observation:
    """Return the observation of `rule` with `message`, called `label` when that is too long.

    `about` explains it where the message does not; `more` are further fields of it.

    Raises:
        SkipRecordError: there is no rule, by which the finding could be known again.
    """
    rule = wording.name(rule)
    if not rule:
        raise SkipRecordError("it names no rule")
    title, description = title_and_description(message, label, about, rule)
    return Observation(
        finding_class=finding_class,
        tool=tool,
        rule=rule,
        title=wording.title(title),
        severity=grade.severity,
        record=record,
        description=wording.description(description),
        severity_raw=grade.raw,
        severity_source=grade.source,
        help_url=wording.name(help_url) if help_url.startswith(("https://", "http://")) else "",
        raw=raw,
        **more,
    )
