"""The Trivy Operator's compliance reports: controls of a benchmark with the checks behind them."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from riskcockpit.domain.finding import ControlEvidence, FindingClass, Observation
from riskcockpit.domain.pillar import Pillar
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.gathering import Record as Outcome
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import NOTHING, Members
from riskcockpit.formats.prose import paragraphs
from riskcockpit.formats.trivy.records import TOOL


def take_compliance(
    record: Members, place: str, gathering: Gathering, options: ReadOptions
) -> None:
    """Gather the checks of a detailed report, and the controls of a summary."""
    status = record.member("status")
    spec = record.member("spec", "compliance") or record.member("spec")
    benchmark = spec.text("id") or record.text("metadata", "name")
    for number_, control in enumerate(status.members("detailReport", "results")):
        for index, check in enumerate(control.items("checks")):
            where = f"{place}.status.detailReport.results[{number_}].checks[{index}]"
            gathering.take(where, partial(_check, check, control, benchmark, where, options))
    described = {control.text("id"): control for control in spec.members("controls")}
    summary = "summaryReport.controlCheck" if "summaryReport" in status else "controlCheck"
    for index, control in enumerate(status.items(*summary.split("."))):
        where = f"{place}.status.{summary}[{index}]"
        known = described.get(control.text("id"), NOTHING)
        gathering.take(where, partial(_control, control, known, benchmark, where, options))


def _check(
    check: Members, control: Members, benchmark: str, place: str, options: ReadOptions
) -> Outcome:
    check_id = check.first("checkID", "title")
    rule = wording.name(" ".join(filter(None, (benchmark, control.text("id"), check_id))))
    target = wording.name(check.text("target").strip("/"))
    if check.at("success") is True:  # of a control that nothing failed it is the only one, unnamed
        return ControlEvidence(TOOL, rule, "pass", target, place)
    if not check_id:
        raise SkipRecordError("a check without checkID and title")
    source = "severity" if check.word("severity") else "control.severity"
    word = check.word("severity") or control.word("severity")
    title = check.text("title") or control.text("name") or rule
    about = (
        "\n".join(check.texts("messages")),
        check.text("description"),
        check.text("remediation"),
        f"Control {control.text('id')}: {control.text('name')}",
    )
    fault = _Fault(rule, title, word, source, paragraphs(*about), target)
    return _observation(fault, check, place, options)


def _control(
    control: Members, known: Members, benchmark: str, place: str, options: ReadOptions
) -> Outcome:
    name = control.text("id")
    rule = wording.name(" ".join(filter(None, (benchmark, name))))
    if not name:
        raise SkipRecordError("a control without id")
    failures = control.number("totalFail")
    if failures is None:
        failures = control.number("failTotal")  # as the first versions call it
    if failures is None or failures <= 0:
        verdict = "not_applicable" if failures is None else "pass"
        return ControlEvidence(TOOL, rule, verdict, "", place)
    title = control.text("name") or known.text("name") or rule
    about = (known.text("description"), f"{failures:.0f} checks failed")
    word = control.word("severity") or known.word("severity")
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


def _observation(fault: _Fault, raw: Members, place: str, options: ReadOptions) -> Observation:
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
        raw=raw.encoded(),
    )
