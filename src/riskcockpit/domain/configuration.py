"""Settings of upstream systems that must not change unnoticed, as they were seen at one time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SettingKind(StrEnum):
    """What a setting decides; this says what may explain a change of it."""

    WORKLOAD = "workload"
    """Which images or revision run: a deployment explains a change."""
    PROTECTION = "protection"
    """Who may change code or deploy, and after which checks: a decision explains a change."""
    SERVING = "serving"
    """Which configuration an endpoint serves: a deployment or a decision explains a change."""
    AGREEMENT = "agreement"
    """Whether what runs is what was declared: only agreeing again ends a difference."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it is now. All text is cleaned by the connector."""

    kind: SettingKind
    asset: str
    name: str
    """As `protection of main`; unique within its asset."""
    value: str | None
    """In a writing that is the same for the same setting; None: it cannot be read now, and what is
    known of it stands."""
    environment: str = ""
    """Where it holds; empty: everywhere."""
    declared: str = ""
    """What it has to be, where upstream says that too: another value is a difference at once."""
    at: datetime | None = None
    """When it became so, aware UTC; None: upstream does not say."""
