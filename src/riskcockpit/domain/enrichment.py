"""What is known about findings from elsewhere: exploitation, owners, criticality. Dated, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EpssScore:
    """How likely a vulnerability is to be exploited in the next 30 days; never that it was."""

    probability: float
    """From 0 to 1."""
    percentile: float
    """Share of all scored vulnerabilities that are as likely or less; from 0 to 1."""


@dataclass(frozen=True, slots=True)
class EpssScores:
    """One day's scores of FIRST's Exploit Prediction Scoring System."""

    scores: Mapping[str, EpssScore]
    """CVE id → score."""
    model: str
    """Version of the model, as `v2025.03.14`; empty when the file does not say."""
    dated: datetime | None
    """The day they are for, aware UTC; None when the file does not say."""


@dataclass(frozen=True, slots=True)
class KevEntry:
    """A vulnerability in CISA's catalogue of known exploited ones."""

    added: datetime
    """Aware UTC."""
    due: datetime | None
    """By when US agencies must have mended it; aware UTC."""
    is_ransomware: bool
    """Known to be used by ransomware."""


@dataclass(frozen=True, slots=True)
class KevCatalogue:
    """CISA's Known Exploited Vulnerabilities catalogue, whole: who is not in it is not listed."""

    entries: Mapping[str, KevEntry]
    """CVE id → entry."""
    version: str
    dated: datetime | None
    """When it was released, aware UTC."""


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """One line of a CODEOWNERS file."""

    pattern: str
    """As gitignore writes patterns."""
    owners: tuple[str, ...]
    """Teams, people or addresses; empty: what matches has no owner."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who owns which path of one repository; of several rules that match the last counts."""

    rules: tuple[OwnerRule, ...]
    asset: str = ""
    """The repository; empty when the file does not say, which it never does."""
    dated: datetime | None = None


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One component or resource of a service catalogue."""

    name: str
    """The asset's name, as findings have it."""
    aliases: tuple[str, ...]
    """Other names of it: its repository, its image."""
    owner: str
    domain: str
    environment: str
    tier: int | None
    """Criticality 1 to 3; None when the catalogue does not say."""


@dataclass(frozen=True, slots=True)
class ServiceCatalogue:
    """Who owns which service, and how much depends on it."""

    entries: tuple[CatalogueEntry, ...]
    dated: datetime | None = None


Enrichment = EpssScores | KevCatalogue | Ownership | ServiceCatalogue
