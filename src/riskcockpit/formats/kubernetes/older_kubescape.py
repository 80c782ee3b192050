"""Kubescape's first format: frameworks with controls, each with the objects that failed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import ControlEvidence
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.kubernetes.names import workload
from riskcockpit.formats.picking import Record, objects, opened, text


class FrameworkReport(msgspec.Struct, gc=False):
    """One framework; its controls are still raw."""

    name: Any = None
    control_reports: list[Raw] | None = msgspec.field(name="controlReports", default=None)


Failed = list[tuple[str, Record]]
"""Resource → the answer of the rule that failed, one for each resource."""


def older_records(
    frameworks: Iterable[FrameworkReport], gathering: Gathering, options: ReadOptions
) -> Iterator[tuple[str, Record, Failed]]:
    """Yield place, control, and the resources that failed it; a control in two frameworks once.

    A control that nothing failed becomes evidence of `gathering`.
    """
    seen: set[str] = set()
    for number, framework in enumerate(frameworks):
        for index, raw in enumerate(framework.control_reports or ()):
            place = f"frameworks[{number}].controlReports[{index}]"
            try:
                _, control = opened(bytes(raw), options)
            except SkipRecordError as fault:
                gathering.trouble(place, fault.message)
                continue
            name = wording.name(text(control, "controlID") or text(control, "id"))
            if name in seen:
                continue
            seen.add(name)
            failed = _failed(control)
            if not failed:
                gathering.evidence.append(ControlEvidence("Kubescape", name, "pass", "", place))
            yield place, control, failed


def _failed(control: Record) -> Failed:
    found: dict[str, Record] = {}
    for rule in objects(control, "ruleReports"):
        for answer in objects(rule, "ruleResponses"):
            if text(answer, "ruleStatus").lower() in ("success", "passed"):
                continue
            for item in objects(answer, "alertObject", "k8sApiObjects") or [{}]:
                found.setdefault(_resource(item), {"alertMessage": text(answer, "alertMessage")})
    return list(found.items())


def _resource(item: Record) -> str:
    metadata = item.get("metadata")
    return workload(
        text(metadata, "namespace") or text(item, "namespace"),
        text(item, "kind"),
        text(metadata, "name") or text(item, "name"),
    )
