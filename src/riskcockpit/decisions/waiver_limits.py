"""How long a waiver may last, and how much of a reason it takes: rules of the bank. Pure.

They stand in the roles that were signed (`waivers` in `roles.yaml`); where those say nothing, what
is shipped holds. The settings of one person can only be stricter.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from riskcockpit.config.settings import WaiverSettings
from riskcockpit.domain.severity import Severity

LONGEST_JUSTIFICATION = 4_000
"""Characters."""
MOST_DAYS = 3_660
"""No policy allows more: ten years."""


class WaiverLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Longest life of a waiver in days, by its highest severity, and the shortest justification."""

    critical_days: int = 30
    high_days: int = 90
    medium_days: int = 180
    low_days: int = 365
    info_days: int = 365
    min_justification: int = 20
    """Characters."""

    def days(self, severity: Severity) -> int:
        """Return how many days a waiver over this severity may last."""
        return int(getattr(self, f"{severity.word}_days"))

    def latest(self, severity: Severity, signed_at: datetime) -> datetime:
        """Return when a waiver that is signed at `signed_at` (aware UTC) has to end at the latest.

        A date means its last second, so the last day itself still counts.
        """
        return signed_at + timedelta(days=self.days(severity) + 1)

    @property
    def fault(self) -> str:
        """Why they cannot be limits; empty when they can."""
        for name in self.__struct_fields__:
            least, most = 1, LONGEST_JUSTIFICATION
            if name.endswith("_days"):
                least, most = 0, MOST_DAYS
            if not least <= getattr(self, name) <= most:
                return f"{name} must be {least} to {most}, not {getattr(self, name)}"
        return ""


SHIPPED = WaiverLimits()


def stricter(bank: WaiverLimits, own: WaiverSettings) -> WaiverLimits:
    """Return what holds for a person whose settings are `own`: of each limit the stricter."""
    found = {}
    for name, of_bank, said in _said(bank, own):
        found[name] = max(of_bank, said) if name == "min_justification" else min(of_bank, said)
    return msgspec.structs.replace(bank, **found)


def ignored(bank: WaiverLimits, own: WaiverSettings) -> Iterator[str]:
    """Yield what settings say in vain, one sentence for each limit they would loosen."""
    for name, of_bank, said in _said(bank, own):
        is_looser = said < of_bank if name == "min_justification" else said > of_bank
        if is_looser:
            yield f"your settings say waivers.{name}: {said}; the policy says {of_bank}, that holds"


def _said(bank: WaiverLimits, own: WaiverSettings) -> Iterator[tuple[str, int, int]]:
    for name in bank.__struct_fields__:
        said = getattr(own, name)
        if said is not None:
            yield name, getattr(bank, name), said
