"""The demo's bank: its domains, repositories, images, cloud accounts and who answers for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from riskcockpit.config.settings import AssetSettings
from riskcockpit.demo.history import Rhythm
from riskcockpit.demo.registry import PLANS
from riskcockpit.demo.story import DATA_SETS
from riskcockpit.domain.asset import AssetKind

Tier = Literal[1, 2, 3]


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository, and the image its pipeline builds."""

    name: str
    domain: str
    owner: str
    tier: Tier
    scanner: str
    """The report in `fixtures/reports` that is projected, without its ending."""
    parts: tuple[str, ...]
    """Directories the sample's reports are projected into."""
    packages: tuple[str, ...] = ()
    """Kinds of packages in its image, as Trivy names them; empty: it builds none."""
    rhythm: Rhythm = Rhythm.STEADY

    @property
    def image(self) -> str:
        """The asset its image is."""
        return f"{self.name}-image"


@dataclass(frozen=True, slots=True)
class Account:
    """A cloud account."""

    name: str
    number: str
    """Invented; of the form AWS uses."""
    owner: str
    tier: Tier
    environment: str
    resources: int
    """How many resources of each kind there are."""


_PY, _JS, _OPS = "payments-api", "lending-web", "platform"
_OS, _PYTHON, _JAR, _GO = "debian", "python-pkg", "jar", "gobinary"
REPOSITORIES = (
    Repository("payments-api", "payments", "payments-core", 1, f"{_PY}.bandit",
               ("api", "batch", "limits", "webhooks"), (_OS, _PYTHON, _GO), Rhythm.PAIRED),
    Repository("card-authorisation", "payments", "cards", 1, f"{_PY}.ruff",
               ("authorise", "tokens", "disputes", "rewards", "pins"), (_OS, _PYTHON, _JAR, _GO)),
    Repository("merchant-portal", "payments", "merchants", 2, f"{_JS}.njsscan",
               ("portal", "reports", "payouts", "terminals", "invoices")),
    Repository("lending-web", "lending", "lending-digital", 2, f"{_JS}.semgrep",
               ("web", "offers", "calculator"), (), Rhythm.PAIRED),
    Repository("loan-origination", "lending", "lending-core", 1, f"{_PY}.bandit",
               ("origination", "contracts", "collections", "collateral", "bureau"),
               (_OS, _PYTHON, _JAR), Rhythm.PAIRED),
    Repository("kyc-service", "onboarding", "onboarding", 1, f"{_PY}.semgrep",
               ("documents", "checks", "video", "screening", "signing", "registry"),
               (_OS, _PYTHON, _GO)),
    Repository("platform-infrastructure", "platform", "platform", 1, f"{_OPS}.checkov",
               ("production", "staging", "recovery", "shared", "lake"), (), Rhythm.PAIRED),
)  # fmt: skip
ACCOUNTS = (
    Account("aws-production", "111122223333", "platform", 1, "production", 14),
    Account("aws-data", "444455556666", "data-platform", 1, "production", 11),
    Account("aws-staging", "777788889999", "platform", 3, "staging", 7),
)
LANDING_ZONE = "cloud-landing-zone"
"""What all cloud accounts are part of; findings name the account."""
APPLICATION = "digital-bank"
"""The asset penetration tests are about."""


def assets() -> tuple[AssetSettings, ...]:
    """Return every asset of the bank as the settings name them."""
    found = [
        AssetSettings(name=APPLICATION, kind=AssetKind.SERVICE, domain="platform",
                      owner="product-security", environment="production", tier=1),
        AssetSettings(name=LANDING_ZONE, kind=AssetKind.SERVICE, domain="platform",
                      owner="platform", environment="production", tier=1),
    ]  # fmt: skip
    for repo in REPOSITORIES:
        found.append(_asset(repo.name, AssetKind.REPOSITORY, repo.domain, repo.owner, repo.tier))
        if repo.packages:
            found.append(_asset(repo.image, AssetKind.IMAGE, repo.domain, repo.owner, repo.tier))
    found += [
        AssetSettings(name=account.name, kind=AssetKind.CLOUD_ACCOUNT, domain="platform",
                      owner=account.owner, environment=account.environment,
                      tier=account.tier)
        for account in ACCOUNTS
    ]  # fmt: skip
    found += [
        _asset(plan.name, AssetKind.MODEL, plan.domain, plan.owner, plan.tier) for plan in PLANS
    ]
    found += [
        _asset(data.name, AssetKind.DATASET, data.domain, data.owner, data.tier)
        for data in DATA_SETS
    ]
    return tuple(found)


def _asset(name: str, kind: AssetKind, domain: str, owner: str, tier: Tier) -> AssetSettings:
    return AssetSettings(
        name=name, kind=kind, domain=domain, owner=owner, environment="production",
        tier=tier,
    )  # fmt: skip
