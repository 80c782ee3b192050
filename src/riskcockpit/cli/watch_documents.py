"""The JSON documents about automation: views → plain values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from riskcockpit.cli.documents import Json, document, plain

if TYPE_CHECKING:  # a command imports only the views it shows
    from riskcockpit.domain.automation import Check
    from riskcockpit.views.automation import AutomationView, WatchEvent, WatchHealth


def event(view: WatchEvent) -> Json:
    """One line of `watch run --json`."""
    return document(
        "watch_event",
        at=plain(view.at),
        kind=view.kind,
        subject=view.subject,
        detail=view.detail,
        decision=view.decision,
    )


def explained(view: AutomationView) -> Json:
    """`watch explain --json`."""
    return document(
        "automation",
        model=view.model,
        champion=view.champion,
        enforced=view.is_enforced,
        mode=view.why,
        stopped=view.stopped,
        rules_from=view.origin,
        at=plain(view.at),
        rules=[
            {
                "rule": rule.rule,
                "metric": rule.metric,
                "segment": rule.segment,
                "verdict": rule.verdict.value,
                "reason": rule.reason,
                "value": plain(rule.value),
                "measured_at": plain(rule.at),
                "target": rule.target,
                "conditions": _checks(rule.conditions),
                "guards": _checks(rule.guards),
            }
            for rule in view.rules
        ],
    )


def health(view: WatchHealth) -> Json:
    """`watch health --json`."""
    return document(
        "watch_health",
        state=view.state,
        well=view.is_well,
        pid=view.pid,
        host=view.host,
        started_at=plain(view.started_at),
        looked_at=plain(view.looked_at),
        published_at=plain(view.published_at),
        cycle_seconds=view.cycle_seconds,
        stopped=view.stopped,
        trouble=view.trouble,
        models=view.models,
    )


def _checks(checks: Iterable[Check]) -> list[dict[str, Any]]:
    return [
        {"name": each.name, "holds": each.holds, "value": each.value, "wants": each.wants}
        for each in checks
    ]
