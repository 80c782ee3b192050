"""What the forms of Xray's JSON share: one vulnerability of one component → one observation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import Members
from riskcockpit.formats.prose import labelled, paragraphs, web_address
from riskcockpit.formats.vulnerabilities import canonical_id, cwe_numbers
from riskcockpit.formats.xray.components import component

TOOL = "JFrog Xray"
PEOPLE = frozenset({"created_by", "author", "owner"})
_BRACKETS = re.compile(r"[\[\]()]")


@dataclass(frozen=True, slots=True)
class Issue:
    """A vulnerability of a component, whichever form of report it is from."""

    record: Members
    """Has `summary`, `description`, `severity`, `references`."""
    raw: bytes
    place: str
    issue_id: str
    component: str
    cves: Sequence[Members]
    fixed_versions: Iterable[str] = ()
    asset: str = ""
    path: str = ""


def observation(issue: Issue, options: ReadOptions) -> Observation:
    """Return the observation of `issue`.

    Raises:
        SkipRecordError: it has neither an id nor a component.
    """
    found = component(issue.component)
    cves = [item.first("cve", "id") for item in issue.cves]
    named = [canonical_id(text) for text in cves if text]
    ids = tuple(dict.fromkeys([*named, *([issue.issue_id] if issue.issue_id else [])]))
    if not ids or found is None:
        raise SkipRecordError("a vulnerability without id or component")
    fixed = next(iter(_BRACKETS.sub("", text) for text in issue.fixed_versions), "")
    package = found.package(wording.name(fixed))
    record = issue.record
    rule = issue.issue_id or ids[0]
    severity, word, source = graded(TOOL, rule, record.text("severity"), "severity", options)
    summary = record.first("summary", "description")
    text = record.text("description")
    return Observation(
        finding_class=FindingClass.DEPENDENCY,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"{ids[0]} in {package.name} {package.version}"),
        severity=severity,
        record=issue.place,
        description=paragraphs(
            summary,
            text if text != summary else "",
            labelled("Path", issue.path),
            labelled("Applicability", record.text("applicability_result").replace("_", " ")),
        ),
        severity_raw=word,
        severity_source=source,
        vulnerability_ids=ids,
        package=package,
        asset=issue.asset,
        cwes=cwe_numbers(text for item in issue.cves for text in item.texts("cwe")),
        cvss=_score(record, issue.cves),
        help_url=web_address(record.texts("references")),
        raw=issue.raw,
    )


def _score(record: Members, cves: Sequence[Members]) -> float | None:
    if score := record.score("cvss3_max_score", "cvss2_max_score"):
        return score
    for name in ("cvss_v3_score", "cvss_v3", "cvss_v2_score", "cvss_v2"):
        scores = [_first_number(item.text(name)) for item in cves]
        if best := max(filter(None, scores), default=None):
            return best
    return None


def _first_number(text: str) -> float | None:
    """Return the score of `7.5/CVSS:3.0/AV:N/…` or of a number alone."""
    return Members({"score": text.partition("/")[0]}).score("score")
