"""Pages of the plain cockpit: sentences, for who listens."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from riskcockpit.cli.diagnostics import say
from riskcockpit.cli.output import line
from riskcockpit.present.text import limit, measure, money, plural, until

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.views.posture import KpiView, PillarView, PostureView, QueueItem


def status(view: PostureView, now: datetime, lock: str) -> None:
    """Print the overview; `lock` says whether decisions may be taken."""
    where = "production" if view.is_production else "not production"
    line(f"Overview of {view.context}, {where}. {lock}".rstrip())
    for pillar in view.pillars:
        line(_pillar(pillar))
    line(_at_risk(view))
    for source in view.sources:
        if source.state not in ("ok", "never"):
            said = f": {source.message}" if source.message else ""
            line(f"Source {source.name} {source.state}{said}.")
    if not view.ledger.is_ok:
        line(f"The ledger does not verify: {view.ledger.message}.")
    things = plural(len(view.queue), "thing needs", "things need")
    line(f"{things} you now:" if view.queue else "Nothing needs you.")
    for number, item in enumerate(view.queue, 1):
        line(f"Number {number}, {short_item(item, now)}")


def _pillar(view: PillarView) -> str:
    words = (
        f"Pillar {view.pillar.number}, {view.pillar.label}: {view.state.value.replace('_', ' ')}"
    )
    if view.reason:
        words += f", {view.reason}"
    if view.kpis:
        words += f". {_kpi(view.kpis[0])}"
    return f"{words}. At risk {money(view.at_risk)}, {plural(view.open_findings, 'open finding')}."


def _kpi(kpi: KpiView) -> str:
    value = "has no value" if kpi.value is None else measure(kpi.value, kpi.unit)
    target = limit(kpi.target, kpi.unit, kpi.direction)
    return f"{kpi.title} {value}" + (f", target {target}" if target else "")


def _at_risk(view: PostureView) -> str:
    risk = view.exposure
    where = "over" if risk.mean > risk.appetite else "within"
    return (
        f"Money at risk in 12 months: mean {money(risk.mean)}, appetite "
        f"{money(risk.appetite)}, {where} the appetite."
    )


def whole_pillar(view: PostureView, number: str) -> None:
    """Print a pillar with all its KPIs."""
    found = next((each for each in view.pillars if str(each.pillar.number) == number), None)
    if found is None:
        say(f"there is no pillar {number}; they are 1 to {len(view.pillars)}")
        return
    line(_pillar(found))
    for kpi in found.kpis:
        line(f"{kpi.state.value.replace('_', ' ')}: {_kpi(kpi)}.")
    blind = f", {found.unjudged_controls} have no data" if found.unjudged_controls else ""
    line(f"{found.failing_controls} of {plural(found.judged_controls, 'control')} fail{blind}.")
    line(f"Its findings: findings pillar:{found.pillar.value}. Its controls: controls list.")


def exposure(view: PostureView) -> None:
    """Print the money at risk, and which pillars it is in."""
    line(_at_risk(view))
    for pillar in view.pillars:
        line(f"Pillar {pillar.pillar.number}, {pillar.pillar.label}: {money(pillar.at_risk)}.")


def short_item(item: QueueItem, now: datetime) -> str:
    """Return one thing that needs a person, as a sentence."""
    risk = f", at risk {money(item.at_risk)}" if item.at_risk is not None else ""
    due = f", due {until(item.due_at, now)}" if item.due_at is not None else ""
    return f"{item.state.value}: {item.title}: {item.detail}{risk}{due}."
