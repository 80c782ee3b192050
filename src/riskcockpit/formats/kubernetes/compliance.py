"""The Trivy Operator's compliance reports: controls of a benchmark with the checks behind them."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import msgspec

from riskcockpit.domain.finding import ControlEvidence, FindingClass, Observation
from riskcockpit.domain.pillar import Pillar
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.gathering import Record as Outcome
from riskcockpit.formats.grading import graded
from riskcockpit.formats.picking import (
    Record,
    first_text,
    items,
    member,
    number,
    objects,
    text,
    texts,
)
from riskcockpit.formats.prose import paragraphs
from riskcockpit.formats.trivy.records import TOOL


def take_compliance(record: Record, place: str, gathering: Gathering, options: ReadOptions) -> None:
    """Gather the checks of a detailed report, and the controls of a summary."""
    status = member(record, "status")
    spec = member(record, "spec", "compliance")
    benchmark = text(spec, "id") or text(record, "metadata", "name")
    for number_, control in enumerate(objects(status, "detailReport", "results")):
        for index, check in enumerate(items(control, "checks")):
            where = f"{place}.status.detailReport.results[{number_}].checks[{index}]"
            gathering.take(where, partial(_check, check, control, benchmark, where, options))
    described = {text(control, "id"): control for control in objects(spec, "controls")}
    for index, control in enumerate(items(status, "summaryReport", "controlCheck")):
        where = f"{place}.status.summaryReport.controlCheck[{index}]"
        known = described.get(text(control, "id"), {})
        gathering.take(where, partial(_control, control, known, benchmark, where, options))


def _check(
    check: Record, control: Record, benchmark: str, place: str, options: ReadOptions
) -> Outcome:
    check_id = first_text(check, "checkID", "title")
    rule = wording.name(" ".join(filter(None, (benchmark, text(control, "id"), check_id))))
    if not check_id:
        raise SkipRecordError("a check without checkID and title")
    target = wording.name(text(check, "target").strip("/"))
    if member(check, "success") is True:
        return ControlEvidence(TOOL, rule, "pass", target, place)
    source = "severity" if text(check, "severity") else "control.severity"
    word = text(check, "severity") or text(control, "severity")
    title = text(check, "title") or text(control, "name") or rule
    about = (
        "\n".join(texts(check, "messages")),
        text(check, "description"),
        text(check, "remediation"),
        f"Control {text(control, 'id')}: {text(control, 'name')}",
    )
    fault = _Fault(rule, title, word, source, paragraphs(*about), target)
    return _observation(fault, check, place, options)


def _control(
    control: Record, known: Record, benchmark: str, place: str, options: ReadOptions
) -> Outcome:
    name = text(control, "id")
    rule = wording.name(" ".join(filter(None, (benchmark, name))))
    if not name:
        raise SkipRecordError("a control without id")
    failures = number(control, "totalFail")
    if failures is None or failures <= 0:
        verdict = "not_applicable" if failures is None else "pass"
        return ControlEvidence(TOOL, rule, verdict, "", place)
    title = text(control, "name") or text(known, "name") or rule
    about = (text(known, "description"), f"{failures:.0f} checks failed")
    word = text(control, "severity") or text(known, "severity")
    fault = _Fault(rule, title, word, "severity", paragraphs(*about), benchmark)
    return _observation(fault, control, place, options)


class _Fault(NamedTuple):
    rule: str
    title: str
    word: str
    source: str
    """Which field has the severity."""
    about: str
    resource: str


def _observation(fault: _Fault, raw: Any, place: str, options: ReadOptions) -> Observation:
    grade = graded(TOOL, fault.rule, fault.word, fault.source, options)
    return Observation(
        finding_class=FindingClass.CLOUD,
        tool=TOOL,
        rule=fault.rule,
        title=wording.title(fault.title),
        severity=grade.severity,
        record=place,
        description=wording.description(fault.about),
        severity_raw=grade.raw,
        severity_source=grade.source,
        resource=fault.resource,
        pillar=Pillar.COMPLIANCE_AUTOMATION,
        raw=msgspec.json.encode(raw),
    )
