"""What automation thinks and how its process does, as text."""

from __future__ import annotations

from collections.abc import Iterable

from riskcockpit.cli import output
from riskcockpit.domain.automation import Check
from riskcockpit.domain.clock import rfc3339
from riskcockpit.views.automation import AutomationView, WatchHealth


def explained(view: AutomationView) -> None:
    """Print every rule and guard of one model with its value and verdict."""
    serves = f"v{view.champion}" if view.champion is not None else "no champion"
    output.line(f"{view.model}  {serves}  {'enforced' if view.is_enforced else 'proposed'}")
    output.line(f"  mode      {view.why}")
    output.line(f"  switch    {view.stopped or 'on'}")
    output.line(f"  rules     {view.origin}")
    output.line(f"  judged    {rfc3339(view.at)[:19]}Z")
    if not view.rules:
        output.line("no rule has a reading of this model to judge")
    for rule in view.rules:
        where = f" ({rule.segment})" if rule.segment else ""
        output.line()
        output.line(f"{rule.rule}  {rule.metric}{where}  {rule.verdict.value.upper()}")
        if rule.reason:
            output.line(f"  {rule.reason}")
        _checks(rule.conditions)
        _checks(rule.guards)


def _checks(checks: Iterable[Check]) -> None:
    for check in checks:
        mark = "yes" if check.holds else "NO"
        output.line(f"  {mark:<4}{check.name:<16}{check.value}  (wants {check.wants})")


def health(found: WatchHealth) -> None:
    """Print how the watch does."""
    rows = {
        "state": found.state,
        "process": f"{found.pid} on {found.host}" if found.pid else "none",
        "since": _moment(found.started_at),
        "looked": _moment(found.looked_at),
        "published": _moment(found.published_at),
        "cycle": f"{found.cycle_seconds:g} s" if found.cycle_seconds else "none yet",
        "models": str(found.models),
        "switch": found.stopped or "automation is on",
        "trouble": found.trouble or "none",
    }
    for label, value in rows.items():
        output.line(f"{label:<10}  {value}".rstrip())


def _moment(at: object) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at is not None else "never"
