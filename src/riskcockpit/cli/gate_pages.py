"""What a gate came to, as plain text and as a JSON document."""

from __future__ import annotations

from typing import Any

from riskcockpit.cli import documents, subjects
from riskcockpit.cli.lists import findings
from riskcockpit.cli.output import line, styled
from riskcockpit.present.columns import Cell
from riskcockpit.present.text import plural
from riskcockpit.views.gate import GateDemandView, GateRuleView, GateView


def gate(view: GateView) -> None:
    """Print the verdict, every rule, and the findings that break one."""
    compared = f", compared with {view.baseline}" if view.baseline else ""
    line(f"{view.judged}{compared}; rules of {view.policy}")
    for rule in view.rules:
        _verdict(rule, _counted(rule, view), is_sure=not view.unread)
    for demand in view.demands:
        _verdict(demand, "", is_sure=not view.unread)
        for why in demand.failures:
            line(f"        {why}")
    for rule in view.rules:
        if not rule.is_passed:
            _broken(rule, view)
    of = plural(len(view.rules) + len(view.demands), "rule")
    if view.broken:
        line()
        styled(Cell("FAILED", "alarm"), Cell(f"  {view.broken} of {of} broken"))
    elif view.unread:
        styled(Cell("PARTIAL", "alarm"), Cell(f"  {plural(view.unread, 'report')} not read"))
    else:
        styled(Cell("PASSED", "ok"), Cell(f"  {of} kept"))


def _verdict(one: GateRuleView | GateDemandView, counted: str, *, is_sure: bool) -> None:
    sign = Cell("  FAIL  ", "alarm")
    if one.is_passed:  # of what was read; what was not is no pass
        sign = Cell("  pass  ", "ok") if is_sure else Cell("  ?     ", "stale")
    styled(sign, Cell(one.title), Cell(f"  {counted}", "muted"))


def _counted(rule: GateRuleView, view: GateView) -> str:
    known = f", {rule.known} in the baseline" if view.baseline else ""
    most = f", {rule.most} at most" if rule.most else ""
    return f"{rule.matched}{most}{known}"


def _broken(rule: GateRuleView, view: GateView) -> None:
    line()
    line(f"{rule.title}  ({rule.query})")
    findings(rule.findings, view.at, "table")
    if (more := rule.matched - len(rule.findings)) > 0:
        line(f"… and {more} more; --sarif writes them all")
    if rule.hint:
        line(rule.hint)


def as_document(view: GateView) -> dict[str, Any]:
    """`gate --json`."""
    return documents.document(
        "gate",
        passed=view.is_passed and not view.unread,
        at=documents.plain(view.at),
        policy=view.policy,
        judged=view.judged,
        baseline=view.baseline,
        rules=[
            {
                "id": rule.id,
                "title": rule.title,
                "query": rule.query,
                "only": rule.only,
                "most": rule.most,
                "matched": rule.matched,
                "known": rule.known,
                "passed": rule.is_passed,
                "hint": rule.hint,
                "findings": [subjects.finding(row) for row in rule.findings],
            }
            for rule in view.rules
        ],
        demands=[
            {
                "id": demand.id,
                "title": demand.title,
                "passed": demand.is_passed,
                "failures": list(demand.failures),
            }
            for demand in view.demands
        ],
        files=[documents.file(file) for file in view.files],
        notes=list(view.notes),
    )
