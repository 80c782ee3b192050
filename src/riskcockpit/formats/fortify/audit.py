"""What people said of the issues of a Fortify project: `audit.xml` of an FPR."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from riskcockpit.formats import markup

TOOL = "Fortify"
NO_FAULT = frozenset({"not an issue", "false positive", "not an issue (false positive)"})
"""Values of the tag Analysis that say that there is no fault, lower-case."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Instance ids of the issues that the auditors settled."""

    suppressed: frozenset[str] = frozenset()
    """Hidden, or judged to be no issue."""


def verdicts(audit: Element | None) -> Verdicts:
    """Return what the audit settled; nothing without an audit."""
    return Verdicts(frozenset(_suppressed(audit)) if audit is not None else frozenset())


def _suppressed(audit: Element) -> Iterator[str]:
    for issue in audit.iter("Issue"):
        values = {markup.text(tag, "Value").lower() for tag in issue.iterfind("Tag")}
        if issue.get("suppressed", "").lower() == "true" or values & NO_FAULT:
            yield issue.get("instanceId", "")
