"""What the forms of Xray's JSON share: one vulnerability of one component → one observation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.domain.pillar import Pillar
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import Members
from riskcockpit.formats.prose import labelled, paragraphs, web_address
from riskcockpit.formats.titles import first_sentence
from riskcockpit.formats.vulnerabilities import canonical_id, cwe_numbers
from riskcockpit.formats.xray.components import component

TOOL = "JFrog Xray"
PEOPLE = frozenset({"created_by", "author", "owner"})
_SCORES = (
    "cvss_v3_score", "cvss_v3", "cvssV3", "CvssV3", "cvss_v2_score", "cvss_v2", "cvssV2", "CvssV2",
)  # fmt: skip
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
    is_licence: bool = False
    """It is about the licence of the component: `issue_id` names that, or nothing does."""


def observation(issue: Issue, options: ReadOptions) -> Observation:
    """Return the observation of `issue`.

    Raises:
        SkipRecordError: it has neither an id nor a component.
    """
    found = component(issue.component) or component(f"generic://{issue.component}")
    cves = [item.first("cve", "id", "Cve") for item in issue.cves]
    named = [canonical_id(text) for text in cves if text]
    ids = tuple(dict.fromkeys([*named, *([issue.issue_id] if issue.issue_id else [])]))
    record = issue.record
    summary = record.first("summary", "description")
    rule = issue.issue_id or next(iter(ids), "") or wording.name(first_sentence(summary))
    if not rule or found is None:
        raise SkipRecordError("a vulnerability without id or component")
    fixed = next(iter(_BRACKETS.sub("", text) for text in issue.fixed_versions), "")
    package = found.package(wording.name(fixed))
    severity, word, source = graded(TOOL, rule, record.text("severity"), "severity", options)
    text = record.text("description")
    seen = Observation(
        finding_class=FindingClass.DEPENDENCY,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"{next(iter(ids), rule)} in {package.name} {package.version}"),
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
        vulnerability_ids=ids or (rule,),
        package=package,
        asset=issue.asset,
        cwes=cwe_numbers(text for item in issue.cves for text in item.texts("cwe")),
        cvss=_score(record, issue.cves),
        help_url=web_address(record.texts("references")),
        raw=issue.raw,
    )
    return _licence(seen, issue.component) if issue.is_licence else seen


def _licence(seen: Observation, named: str) -> Observation:
    """Return the observation as one of a licence: known by rule and component."""
    return replace(
        seen,
        finding_class=FindingClass.CODE,
        fingerprints=(("component", wording.name(named)),),
        vulnerability_ids=(),
        package=None,
        pillar=Pillar.COMPLIANCE_AUTOMATION,
    )


def _score(record: Members, cves: Sequence[Members]) -> float | None:
    if score := record.score("cvss3_max_score", "cvss2_max_score"):
        return score
    for name in _SCORES:
        scores = [_first_number(item.text(name)) for item in cves]
        if best := max(filter(None, scores), default=None):
            return best
    return None


def _first_number(text: str) -> float | None:
    """Return the score of `7.5/CVSS:3.0/AV:N/…` or of a number alone."""
    return Members({"score": text.partition("/")[0]}).score("score")
