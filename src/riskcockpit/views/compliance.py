"""Read models of compliance: requirements, the controls that evidence them, and how it stands.

They speak of evidence: present, stale or absent. Nothing says that anybody complies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EvidenceState(StrEnum):
    """How the evidence for a requirement stands, from best to worst."""

    PRESENT = "present"
    """Every control that has data is fresh; some may fail: that is evidence too."""
    STALE = "stale"
    """A control that speaks of it was judged on data that is too old."""
    ABSENT = "absent"
    """No control that speaks of it has data."""
    NOT_AUTOMATED = "not_automated"
    """No control can speak of it: people must look, or nobody does."""


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One control as evidence for a requirement."""

    id: str
    title: str
    verdict: str
    """`stale` also when the verdict has become too old since."""
    message: str
    failed: int
    at: datetime | None
    """When it was judged, aware UTC; None when it never was."""


@dataclass(frozen=True, slots=True)
class RequirementView:
    """One requirement with its evidence."""

    framework: str
    part: str
    id: str
    title: str
    link: str
    assessment: str
    """`automated`, `manual` or `not_covered`."""
    certainty: str
    """Of the number: `checked`, `secondary` or `unchecked`."""
    state: EvidenceState
    controls: tuple[EvidenceView, ...]

    @property
    def failing(self) -> int:
        """Controls that say something is wrong."""
        return sum(control.verdict == "alarm" for control in self.controls)

    @property
    def with_data(self) -> int:
        """Controls that were judged on data, fresh or old."""
        return sum(control.verdict in ("ok", "alarm", "stale") for control in self.controls)


@dataclass(frozen=True, slots=True)
class FrameworkView:
    """One framework with all its requirements, in its own order."""

    id: str
    title: str
    link: str
    certainty: str
    note: str
    requirements: tuple[RequirementView, ...]

    @property
    def counts(self) -> dict[EvidenceState, int]:
        """State → requirements, every state named."""
        counted = Counter(requirement.state for requirement in self.requirements)
        return {state: counted[state] for state in EvidenceState}

    @property
    def failing(self) -> int:
        """Requirements of which a control fails."""
        return sum(requirement.failing > 0 for requirement in self.requirements)

    def parts(self) -> Iterator[tuple[str, tuple[RequirementView, ...]]]:
        """Yield each part with its requirements."""
        titles = dict.fromkeys(requirement.part for requirement in self.requirements)
        for title in titles:
            yield title, tuple(one for one in self.requirements if one.part == title)
