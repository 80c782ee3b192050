"""The shapes of DefectDojo's API that we read, each only as far as we use it. No behaviour."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list."""

    count: int
    results: tuple[T, ...]


class Product(msgspec.Struct, frozen=True):
    """What findings are about."""

    id: int
    name: str


class FindingRow(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A finding as it is kept: without people, without requests and answers."""

    id: int
    title: Any = None
    severity: Any = None
    numerical_severity: Any = ""
    hash_code: Any = ""
    description: Any = None
    mitigation: Any = None
    impact: Any = None
    references: Any = None
    date: Any = None
    file_path: Any = None
    line: Any = None
    component_name: Any = None
    component_version: Any = None
    fix_version: Any = None
    unique_id_from_tool: Any = None
    vuln_id_from_tool: Any = None
    vulnerability_ids: Any = None
    cwe: Any = None
    cvssv3: Any = None
    cvssv3_score: Any = None
    epss_score: Any = None
    known_exploited: Any = None
    url: Any = None
    endpoints: Any = None
    active: Any = None
    verified: Any = None
    false_p: Any = None
    duplicate: Any = None
    out_of_scope: Any = None
    risk_accepted: Any = None
    is_mitigated: Any = None


class Engagement(msgspec.Struct, frozen=True):
    """Where a test belongs."""

    product: Product | None = None


class Test(msgspec.Struct, frozen=True):
    """Where a finding belongs."""

    engagement: Engagement | None = None


class Related(msgspec.Struct, frozen=True):
    """What a finding belongs to, when it was asked for."""

    test: Test | None = None


class ChangedFinding(msgspec.Struct, frozen=True):
    """When the status of a finding changed last, and of which product it is."""

    id: int
    last_status_update: str | None = None
    related_fields: Related | None = None

    @property
    def product(self) -> int | None:
        """The id of its product; None when it does not say."""
        test = self.related_fields.test if self.related_fields else None
        engagement = test.engagement if test else None
        return engagement.product.id if engagement and engagement.product else None


class Note(msgspec.Struct, frozen=True):
    """What somebody wrote about a finding."""

    id: int
    entry: str = ""


class Standing(msgspec.Struct, frozen=True):
    """How one finding stands."""

    id: int
    active: bool = False
    false_p: bool = False
    duplicate: bool = False
    out_of_scope: bool = False
    risk_accepted: bool = False
    is_mitigated: bool = False
    notes: tuple[Note, ...] = ()


class RiskAcceptance(msgspec.Struct, frozen=True):
    """A risk that was accepted, for some findings, until a moment."""

    id: int
    accepted_findings: tuple[int, ...] = ()
    decision_details: str | None = None
    expiration_date_handled: str | None = None
    """When it ended; None: it holds."""


class KeptFinding(msgspec.Struct, frozen=True):
    """Which finding a kept record is."""

    id: int


class Account(msgspec.Struct, frozen=True):
    """An account."""

    id: int
    username: str = ""


class Profile(msgspec.Struct, frozen=True):
    """Who asks."""

    user: Account
