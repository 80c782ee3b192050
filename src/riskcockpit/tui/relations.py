"""What belongs together: a finding, its model, asset, rule and vulnerability. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.tui.messages import Place

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.domain.kpi import KpiRow
    from riskcockpit.tui.api import Names
    from riskcockpit.views.alerts import AlertRow
    from riskcockpit.views.findings import FindingRow
    from riskcockpit.views.trace import TraceView
    from riskcockpit.views.waivers import WaiverRow

_FINDING = re.compile(r"[0-9a-f]{32}")


def of_finding(row: FindingRow) -> Sequence[tuple[str, Place]]:
    """Return the findings that share something with a finding, and the model it is about."""
    out = [("asset", _findings("asset", row.asset))] if row.asset else []
    if row.finding_class == "model" and row.asset:
        out.append(("model", Place("model", row.asset)))
    if row.vulnerability:
        out.append(("same cve", _findings("cve", row.vulnerability)))
    if row.rule:
        out.append(("same rule", _findings("rule", row.rule)))
    return [*out, ("pillar", Place("pillar", row.pillar.value))]


def of_model(name: str) -> Sequence[tuple[str, Place]]:
    """Return the findings about a model, open or not."""
    if not name:
        return ()
    return [
        ("open findings", _findings("model", name)),
        ("all findings", Place("findings", f"model:{quoted(name)} sort:-first_seen")),
    ]


def of_deployment(view: TraceView) -> Sequence[tuple[str, Place]]:
    """Return the model a deployment serves, and the open findings of its asset."""
    serves = [] if view.model is None else [("model", Place("model", view.model.name))]
    return [*serves, ("open findings", _findings("asset", view.row.asset))]


def of_waiver(row: WaiverRow, controls: Sequence[str] = ()) -> Sequence[tuple[str, Place]]:
    """Return what compensates for a waiver, what its query finds now, and its kin."""
    out = [("control", Place("control", name)) for name in controls]
    if row.query:
        out.append(("findings", Place("findings", clean_line(row.query))))
    kin = (("renews", row.renews), ("renewed by", row.renewed_by))
    out += [(word, Place("waiver", id_)) for word, id_ in kin if id_]
    return [*out, ("ledger", Place("ledger", row.id))]


_PLACES_OF_ALERTS: Mapping[str, str] = {
    "model_alarm": "model",
    "champion_missing": "model",
    "data_alarm": "finding",
    "sla": "finding",
    "waiver_request": "waiver",
    "waiver_expiring": "waiver",
    "rollback_request": "requests",
    "glass_review": "requests",
    "incident": "incident",
    "action_failed": "actions",
    "import_held": "sources",
    "source": "sources",
    "control": "control",
}
"""Kind of an alert → kind of the place it is about."""


def of_alert(row: AlertRow) -> Sequence[tuple[str, Place]]:
    """Return the place an alert is about; what has no subject is named by its key."""
    kind = _PLACES_OF_ALERTS.get(row.kind, "")
    named = row.subject or row.key.partition(":")[2]
    return [(kind, Place(kind, clean_line(named)))] if kind and named else []


def behind_kpi(
    rows: Sequence[KpiRow], incidents: Collection[str], names: Names
) -> dict[str, Place]:
    """Return item of a row behind a number → the place that shows more of it, where one does."""
    found = {row.item: _behind(row.item, incidents, names) for row in rows}
    return {item: place for item, place in found.items() if place is not None}


def _behind(item: str, incidents: Collection[str], names: Names) -> Place | None:
    model = item.rpartition(" v")[0] or item
    if item in incidents:
        return Place("incident", item)
    if model in names.models:
        return Place("model", model)
    if item in names.controls:
        return Place("control", item)
    return Place("finding", item) if _FINDING.fullmatch(item) else None


def _findings(field: str, value: str) -> Place:
    return Place("findings", f"{field}:{quoted(value)} state:open")


def quoted(value: str) -> str:
    """Return a value as a query takes it, whatever is in it."""
    return '"' + clean_line(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
