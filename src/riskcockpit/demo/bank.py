"""The demo's bank: its domains, repositories, images, cloud accounts and who answers for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from riskcockpit.config.settings import AssetSettings
from riskcockpit.demo.registry import PLANS
from riskcockpit.demo.story import DATA_SETS
from riskcockpit.domain.asset import AssetKind

Tier = Literal[1, 2, 3]


class Stack(StrEnum):
    """What a repository is written in; decides which scanners look at it."""

    PYTHON = "python"
    JAVASCRIPT = "javascript"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository, and the image its pipeline builds."""

    name: str
    domain: str
    owner: str
    tier: Tier
    stack: Stack
    parts: tuple[str, ...]
    """Directories the sample's reports are projected into."""
    scanners: tuple[str, ...]
    """Names of the reports in `fixtures/reports`, without their endings."""
    packages: tuple[str, ...] = ()
    """Kinds of packages in its image, as Trivy names them; empty: it builds none."""
    pairs: int = 0
    """How often it was scanned twice within days; see `demo.history`."""

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
_OS, _PYTHON, _NODE, _JAR, _GO = "debian", "python-pkg", "node-pkg", "jar", "gobinary"


def _python(*tools: str) -> tuple[str, ...]:
    return tuple(f"{_PY}.{tool}" for tool in tools)


def _javascript(*tools: str) -> tuple[str, ...]:
    return tuple(f"{_JS}.{tool}" for tool in tools)


REPOSITORIES = (
    Repository("payments-api", "payments", "payments-core", 1, Stack.PYTHON,
               ("api", "batch", "limits", "webhooks"), _python("bandit", "zizmor"),
               (_OS, _PYTHON, _GO), 1),
    Repository("card-authorisation", "payments", "cards", 1, Stack.PYTHON,
               ("authorise", "tokens", "disputes"), _python("ruff"), (_OS, _PYTHON, _JAR, _GO)),
    Repository("merchant-portal", "payments", "merchants", 2, Stack.JAVASCRIPT,
               ("portal", "reports", "payouts"), _javascript("njsscan"), (_OS, _NODE)),
    Repository("lending-web", "lending", "lending-digital", 2, Stack.JAVASCRIPT,
               ("web", "offers", "calculator"), _javascript("semgrep"), (_OS, _NODE), 1),
    Repository("loan-origination", "lending", "lending-core", 1, Stack.PYTHON,
               ("origination", "contracts", "collections"), _python("bandit"),
               (_OS, _PYTHON, _JAR), 1),
    Repository("kyc-service", "onboarding", "onboarding", 1, Stack.PYTHON,
               ("documents", "checks", "video", "screening"), _python("semgrep", "ruff"),
               (_OS, _PYTHON, _GO)),
    Repository("platform-infrastructure", "platform", "platform", 1, Stack.PLATFORM,
               ("production", "staging", "recovery", "shared"),
               (f"{_OPS}.checkov", f"{_OPS}.cfn-lint"), (), 1),
    Repository("data-platform", "platform", "data-platform", 2, Stack.PLATFORM,
               ("lake",), (f"{_OPS}.checkov",)),
)  # fmt: skip
ACCOUNTS = (
    Account("aws-production", "111122223333", "platform", 1, "production", 10),
    Account("aws-data", "444455556666", "data-platform", 1, "production", 8),
    Account("aws-staging", "777788889999", "platform", 3, "staging", 5),
)
APPLICATION = "digital-bank"
"""The asset penetration tests are about."""


def assets() -> tuple[AssetSettings, ...]:
    """Return every asset of the bank as the settings name them."""
    found = [
        AssetSettings(name=APPLICATION, kind=AssetKind.SERVICE, domain="platform",
                      owner="product-security", environment="production", tier=1)
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
