"""Trivy's reports of a benchmark (`--compliance`), all of it or its summary: a scan of its own.

A check counts as a fault of the benchmark, under the control that asks for it; a vulnerability, a
secret or a licence stays what every other report of Trivy calls it. A summary only counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import ControlEvidence, FindingClass, Observation, Scan
from riskcockpit.domain.pillar import Pillar
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.documents import decode_record
from riskcockpit.formats.gathering import Gathering, Record
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import each
from riskcockpit.formats.prose import paragraphs
from riskcockpit.formats.suspicion import checked
from riskcockpit.formats.trivy.model import Control, Document, Target
from riskcockpit.formats.trivy.records import READERS, TOOL, Context

_CONTROL = msgspec.json.Decoder(Control)
_TARGET = msgspec.json.Decoder(Target)


def compliance(document: Document, options: ReadOptions) -> Scan:
    """Return the scan that a report of a benchmark shows; that it has controls proves it."""
    benchmark = wording.name(document.id or "")
    what = "compliance summary" if document.summary_controls else "compliance"
    gathering = Gathering()
    for place, raw in each(document.summary_controls, "SummaryControls"):
        gathering.take(place, partial(_count, raw, benchmark, place, options))
    for place, raw in each(document.results, "Results"):
        try:
            control = decode_record(raw, _CONTROL)
        except SkipRecordError as fault:
            gathering.trouble(place, fault.message)
            continue
        _take_control(control, benchmark, place, gathering, options)
    return gathering.scan(
        TOOL,
        category=wording.name(f"{what} {benchmark}"),
        is_successful=True if document.summary_controls or document.results else None,
    )


def _take_control(
    control: Control, benchmark: str, place: str, gathering: Gathering, options: ReadOptions
) -> None:
    """Gather what failed under one control; one without failures passed."""
    if not control.results:
        rule = wording.name(f"{benchmark} {control.id or ''}")
        gathering.add(ControlEvidence(TOOL, rule, "pass", "", place))
    for where, raw in each(control.results, f"{place}.Results"):
        try:
            target = decode_record(raw, _TARGET)
        except SkipRecordError as fault:
            gathering.trouble(where, fault.message)
            continue
        name = options.redact(target.target or "")
        resource = wording.name(name) if target.type == "kubernetes" else ""
        context = Context(name, target.class_ or "", target.type or "", resource, options)
        records: dict[str, tuple[str, Sequence[Raw] | None]] = {
            "vulnerability": ("Vulnerabilities", target.vulnerabilities),
            "misconfiguration": ("Misconfigurations", target.misconfigurations),
            "secret": ("Secrets", target.secrets),
            "license": ("Licenses", target.licenses),
        }
        for kind, (member, raws) in records.items():
            for at, record in each(raws, f"{where}.{member}"):
                read = partial(READERS[kind], record, at, context)
                gathering.take(at, partial(_under, control, benchmark, read))


def _under(
    control: Control, benchmark: str, read: partial[Observation | ControlEvidence]
) -> Record:
    """Read a record; a check is named after the control that asks for it."""
    seen = read()
    rule = wording.name(f"{benchmark} {control.id or ''} {seen.rule}")
    if isinstance(seen, ControlEvidence):
        return replace(seen, rule=rule)
    if seen.finding_class not in (FindingClass.CODE, FindingClass.CLOUD) or seen.pillar:
        return seen
    about = paragraphs(seen.description, f"Control {control.id}: {control.name or ''}")
    return replace(seen, rule=rule, description=about, pillar=Pillar.COMPLIANCE_AUTOMATION)


def _count(raw: bytes, benchmark: str, place: str, options: ReadOptions) -> Record:
    """Read a control of a summary, which says only how often it failed."""
    raw = checked(raw, options)
    control = decode_record(raw, _CONTROL)
    rule = wording.name(f"{benchmark} {control.id or ''}")
    if not control.id:
        raise SkipRecordError("a control without ID")
    if not control.total_fail or control.total_fail < 0:
        verdict = "not_applicable" if control.total_fail is None else "pass"
        return ControlEvidence(TOOL, rule, verdict, "", place)
    grade = graded(TOOL, rule, control.severity, "Severity", options)
    return Observation(
        finding_class=FindingClass.CLOUD,
        tool=TOOL,
        rule=rule,
        title=wording.title(control.name or rule),
        severity=grade.severity,
        record=place,
        description=wording.description(f"{control.total_fail} checks failed"),
        severity_raw=grade.raw,
        severity_source=grade.source,
        resource=benchmark,
        pillar=Pillar.COMPLIANCE_AUTOMATION,
        raw=raw,
    )
