"""One issue of `snyk iac test` → one observation."""

from __future__ import annotations

from riskcockpit.domain.finding import FindingClass, Location, Observation
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import record_of
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import labelled, paragraphs, web_address
from riskcockpit.formats.snyk.packages import TOOL


def issue(raw: bytes, place: str, manifest: str, options: ReadOptions) -> Observation:
    """Read an issue.

    Raises:
        SkipRecordError: it has no id.
    """
    found = record_of(raw, options)
    kept = found.raw
    rule = wording.name(found.first("id", "publicId"))
    if not rule:
        raise SkipRecordError("an issue without id")
    severity, word, source = graded(TOOL, rule, found.text("severity"), "severity", options)
    about = found.member("iacDescription")
    where = "/".join(found.texts("path")) or found.text("msg")
    path = normalise(found.text("targetFile") or manifest, options.checkout_prefixes)
    return Observation(
        finding_class=FindingClass.CODE,
        tool=TOOL,
        rule=rule,
        title=wording.title(found.text("title"), rule),
        severity=severity,
        record=place,
        description=paragraphs(
            about.text("issue") or found.text("issue"),
            labelled("Impact", about.text("impact") or found.text("impact")),
            labelled("Resolve", about.text("resolve") or found.text("resolve")),
            labelled("At", where),
        ),
        severity_raw=word,
        severity_source=source,
        is_suppressed=found.flag("isIgnored"),
        locations=(Location(path, found.line("lineNumber")),) if path else (),
        fingerprints=(("path", wording.name(where)),) if where else (),
        help_url=web_address([found.text("documentation"), *found.texts("references")]),
        raw=kept,
    )
