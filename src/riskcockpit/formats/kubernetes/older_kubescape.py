"""Kubescape's first format: frameworks with controls, each with the objects that failed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import ControlEvidence
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.kubernetes.names import workload
from riskcockpit.formats.members import NOTHING, Members, each, record_of


class FrameworkReport(msgspec.Struct, gc=False):
    """One framework; its controls are still raw."""

    name: Members = NOTHING
    control_reports: list[Raw] | None = msgspec.field(name="controlReports", default=None)


Failed = list[tuple[str, Members]]
"""Resource → the answer of the rule that failed, one for each resource."""


def older_records(
    frameworks: Iterable[FrameworkReport], gathering: Gathering, options: ReadOptions
) -> Iterator[tuple[str, Members, Failed]]:
    """Yield place, control, and the resources that failed it; a control in two frameworks once.

    A control that nothing failed becomes evidence of `gathering`.
    """
    seen: set[str] = set()
    for number, framework in enumerate(frameworks):
        for place, raw in each(framework.control_reports, f"frameworks[{number}].controlReports"):
            try:
                control = record_of(raw, options)
            except SkipRecordError as fault:
                gathering.trouble(place, fault.message)
                continue
            name = wording.name(control.text("controlID") or control.text("id"))
            if name in seen:
                continue
            seen.add(name)
            failed = _failed(control)
            if not failed:
                gathering.evidence.append(ControlEvidence("Kubescape", name, "pass", "", place))
            yield place, control, failed


def _failed(control: Members) -> Failed:
    found: dict[str, Members] = {}
    for rule in control.members("ruleReports"):
        for answer in rule.members("ruleResponses"):
            if answer.word("ruleStatus").lower() in ("success", "passed"):
                continue
            for item in answer.members("alertObject", "k8sApiObjects") or [NOTHING]:
                message = {"alertMessage": answer.text("alertMessage")}
                found.setdefault(_resource(item), Members(message))
    return list(found.items())


def _resource(item: Members) -> str:
    metadata = item.member("metadata")
    return workload(
        metadata.text("namespace") or item.text("namespace"),
        item.word("kind"),
        metadata.text("name") or item.text("name"),
    )
