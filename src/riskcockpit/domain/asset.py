"""Assets: what a finding is about and who answers for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AssetKind(StrEnum):
    """What sort of thing an asset is."""

    REPOSITORY = "repository"
    IMAGE = "image"
    CLOUD_ACCOUNT = "cloud_account"
    MODEL = "model"
    DATASET = "dataset"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Asset:
    """Something the bank owns that can be at risk."""

    name: str
    """Unique in one cockpit; for a repository its slug, for a model its registry name."""
    kind: AssetKind
    domain: str = ""
    """Business domain, as `payments` or `lending`; empty when nobody said."""
    owner: str = ""
    """The team that answers for it; empty when nobody said."""
    environment: str = ""
    """`production`, `staging` …; empty when nobody said."""
    tier: int = 3
    """Criticality: 1 the most critical, 3 the least."""
