"""What Qualys' XML and CSV share: detections, their states, and grades from 1 to 5."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from riskcockpit.domain.finding import Observation
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.cvss import valid_score
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.network.hosts import Place, host_observation
from riskcockpit.formats.prose import paragraphs
from riskcockpit.formats.vulnerabilities import cwe_numbers, vulnerability_ids

TOOL = "Qualys"
_LEVELS = {"1": "info", "2": "low", "3": "medium", "4": "high", "5": "critical"}
_INFORMATION = frozenset({"ig", "info", "information gathered", "information"})
_POTENTIAL = frozenset({"practice", "potential", "potential vulnerability"})
_SCORE = re.compile(r"\s*(\d{1,2}(?:\.\d+)?)")
_FIXED = "fixed"


@dataclass(slots=True)
class Detection:
    """One vulnerability on one host, as any of Qualys' reports has it; its texts are plain."""

    qid: str
    title: str
    place: Place
    type: str = ""
    level: str = ""
    """1 to 5, or a word."""
    status: str = ""
    threat: str = ""
    impact: str = ""
    solution: str = ""
    result: str = ""
    cves: str = ""
    scores: tuple[str, ...] = ()
    """CVSS as written, the best first: a number, perhaps with a vector behind it."""
    help_url: str = ""
    is_ignored: bool = False
    parameter: str = ""
    """Of a web application: the field that is at fault."""
    cwes: str = ""
    notes: tuple[str, ...] = field(default=())


def observation(
    found: Detection, place: str, raw: bytes, options: ReadOptions
) -> Observation | None:
    """Return the finding; None when Qualys says that it is fixed.

    Raises:
        SkipRecordError: it has no QID, or is on no host.
    """
    if not found.qid or not found.place.host:
        raise SkipRecordError("a detection without QID, or on no host")
    if found.status.lower() == _FIXED:
        return None
    grade = _grade(found, options)
    kind = found.type.lower()
    about = (
        "Potential: not confirmed by the scan" if kind in _POTENTIAL else "",
        found.threat,
        found.impact,
        f"Solution: {found.solution}" if found.solution else "",
        f"Result: {found.result}" if found.result else "",
        *found.notes,
    )
    scores = (valid_score(_score(text)) for text in found.scores)
    seen = host_observation(
        TOOL, found.qid, found.title or f"QID {found.qid}", grade, found.place, record=place
    )
    parameter = wording.name(found.parameter)
    return replace(
        seen,
        fingerprints=(("param", parameter),) if parameter else (),
        cwes=cwe_numbers([found.cwes]),
        description=paragraphs(*about),
        is_suppressed=found.is_ignored,
        vulnerability_ids=vulnerability_ids(found.cves),
        cvss=next((score for score in scores if score is not None), None),
        help_url=wording.name(found.help_url),
        raw=raw,
    )


def _grade(found: Detection, options: ReadOptions) -> Grade:
    """Return the grade; what was only gathered is information, whatever its level."""
    if found.type.lower() in _INFORMATION:
        grade = graded(TOOL, found.qid, "info", "type", options)
    else:
        word = _LEVELS.get(found.level, found.level)
        grade = graded(TOOL, found.qid, word, "severity", options)
    return grade._replace(raw=wording.name(found.level)) if found.level else grade


def _score(text: str) -> float | None:
    match = _SCORE.match(text)
    return float(match[1]) if match else None
