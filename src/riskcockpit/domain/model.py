"""Models of the registry: versions, aliases, lineage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

CHAMPION = "champion"
"""The alias that says which version serves production."""
APPROVED = "approved"
"""The value of the tag `validation_status` that makes a version a rollback target."""
ROLLED_BACK_TAG = "riskcockpit.rolled_back"
"""The version tag we set on a version that was rolled back."""

PROMOTED_TAG = "riskcockpit.promoted"
"""The version tag we set on a version that was promoted."""
REJECTED_TAG = "riskcockpit.rejected"
"""The version tag we set on a version whose promotion was rejected: it waits no longer."""
LONGEST_VERSION = 9
"""Digits of a version's number: what is longer fits into no column, and is none."""


def is_version(text: str) -> bool:
    """Whether a text is the number of a version."""
    return text.isdecimal() and len(text) <= LONGEST_VERSION


@dataclass(frozen=True, slots=True)
class DatasetRef:
    """A data set a training run used."""

    name: str
    digest: str
    context: str = ""
    """`training`, `validation` …; empty when the run does not say."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a registered model, with what its training run recorded."""

    model: str
    version: int
    status: str
    """As the registry says; `READY` may serve."""
    created_at: datetime
    run_id: str = ""
    run_user: str = ""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    datasets: tuple[DatasetRef, ...] = ()
    artifacts: tuple[str, ...] = ()
    """Top-level artefact paths of the run."""

    @property
    def is_approved(self) -> bool:
        """Whether validation approved this version and nobody rolled it back."""
        return self.tags.get("validation_status") == APPROVED and not self.is_rolled_back

    @property
    def is_rolled_back(self) -> bool:
        """Whether this version carries our mark of a rollback."""
        return ROLLED_BACK_TAG in self.tags

    @property
    def validated_by(self) -> str:
        """Who validated it; empty when nobody did."""
        return self.tags.get("validated_by", "")


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A model of the registry with all its versions."""

    name: str
    versions: tuple[ModelVersion, ...] = ()
    """Newest first."""
    aliases: Mapping[str, int] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""

    @property
    def champion(self) -> int | None:
        """The version that serves production, or None."""
        return self.aliases.get(CHAMPION)

    @property
    def tier(self) -> int:
        """Criticality by the tag `risk_tier` (`1`, `tier-1`, `high` …); 3 when unknown."""
        return _TIERS.get(self.tags.get("risk_tier", "").lower().removeprefix("tier-"), 3)

    @property
    def owner(self) -> str:
        """The owner by tag; empty when nobody said."""
        return self.tags.get("owner", "")


_TIERS = {"1": 1, "high": 1, "2": 2, "medium": 2, "3": 3, "low": 3}


def rollback_target(model: RegisteredModel) -> ModelVersion | None:
    """Return the newest version older than the champion that is READY and approved, or None.

    A version that was rolled back itself is never a target (facts/models.md section 5).
    """
    champion = model.champion
    if champion is None:
        return None
    candidates = (
        version
        for version in model.versions
        if version.version < champion and version.status == "READY" and version.is_approved
    )
    return max(candidates, key=lambda version: version.version, default=None)
