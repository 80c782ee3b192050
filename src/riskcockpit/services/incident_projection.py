"""What the ledger says of automation and incidents, into the cache; part of every publish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from riskcockpit.decisions.project import Projection
from riskcockpit.domain.incident import Incident
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql

_TABLES = ("proposal", "incident", "incident_alert", "incident_event", "drill")


def write_incidents(tx: Writer, projection: Projection) -> None:
    """Write proposals, incidents and drills anew."""
    for table in _TABLES:
        tx.execute(sql("services", f"projection_clear_{table}"))
    tx.append("proposal", _proposals(projection))
    tx.append("incident", (_incident(each) for each in projection.incidents))
    tx.append("incident_alert", _alerts(projection.incidents))
    tx.append("incident_event", _events(projection.incidents))
    tx.append("drill", _drills(projection))


def _proposals(projection: Projection) -> Iterator[dict[str, Any]]:
    for each in projection.automation.proposals:
        yield {
            "id": each.id,
            "model": each.model,
            "from_version": each.from_version,
            "to_version": each.to_version,
            "rule": each.rule,
            "because": each.because,
            "proposed_by": each.proposed_by,
            "at": each.at,
            "state": each.state.value,
        }


def _incident(each: Incident) -> dict[str, Any]:
    return {
        "id": each.id,
        "rule": each.rule,
        "subject": each.subject,
        "title": each.title,
        "severity": int(each.severity),
        "state": each.state.value,
        "owner": each.owner,
        "detected_at": each.detected_at,
        "acknowledged_at": each.acknowledged_at,
        "contained_at": each.contained_at,
        "resolved_at": None if each.is_despite_alarms else each.resolved_at,
        "contained_by": each.contained_by.value if each.contained_by else "",
        "acknowledge_due_at": each.acknowledge_due_at,
        "escalated_at": each.escalated_at,
        "review_due_at": each.review_due_at,
        "reviewed_at": each.reviewed_at,
    }


def _alerts(incidents: Sequence[Incident]) -> Iterator[dict[str, Any]]:
    for each in incidents:
        for alert in each.alerts:
            yield {"incident_id": each.id, "finding_id": alert}


def _events(incidents: Sequence[Incident]) -> Iterator[dict[str, Any]]:
    for each in incidents:
        for event in each.timeline:
            yield {
                "incident_id": each.id,
                "at": event.at,
                "kind": event.kind,
                "actor": event.actor,
                "detail": event.detail,
                "entry": event.entry,
            }


def _drills(projection: Projection) -> Iterator[dict[str, Any]]:
    for each in projection.drills:
        yield {
            "id": each.id,
            "runbook": each.runbook,
            "is_passed": each.is_passed,
            "seconds": each.seconds,
            "at": each.at,
            "actor": each.actor,
        }
