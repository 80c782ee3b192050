"""Read models of the incidents screen."""

from __future__ import annotations

from dataclasses import dataclass

from riskcockpit.domain.incident import Incident


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the runbook of an incident."""

    id: str
    title: str
    deed: str
    """What riskcockpit does itself, as `rollback`; empty: a person does it and says so."""
    is_done: bool


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident with the runbook that is for it."""

    incident: Incident
    runbook: str = ""
    """Empty when none is for incidents of this kind."""
    steps: tuple[StepView, ...] = ()
