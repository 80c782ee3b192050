"""Read models of deployments: what can be decided about them now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One thing that can be decided about a deployment."""

    kind: str
    """`deployment.approve`, `deployment.reject`, `deployment.rollback` or `model.promote`."""
    source: str
    target: str
    version: str
    """A run, a commit or a number of a history; `--to` takes it."""
    what: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class DeploymentsView:
    """What can be decided, and which sources could not be asked."""

    offers: tuple[OfferRow, ...]
    notes: tuple[str, ...] = ()
    """Why a source says nothing, one sentence each."""
