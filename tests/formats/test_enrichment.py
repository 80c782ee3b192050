"""What is known from elsewhere: EPSS, KEV, CODEOWNERS, a service catalogue; and what is none."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from riskcockpit.domain.enrichment import (
    EpssScore,
    EpssScores,
    KevCatalogue,
    OwnerRule,
    Ownership,
    ServiceCatalogue,
)
from riskcockpit.errors import FormatError
from riskcockpit.formats.api import Report
from riskcockpit.formats.registry import detect, named, read_report
from support.sarif_logs import OPTIONS

EPSS = b"""#model_version:v2025.03.14,score_date:2026-11-20T00:00:00+0000
cve,epss,percentile
CVE-2024-3094,0.94321,0.99912
CVE-2026-0001,0.00042,0.05
CVE-broken,0.1,0.1
CVE-2026-0002,7,0.1
"""
KEV: dict[str, Any] = {
    "title": "CISA Catalog of Known Exploited Vulnerabilities",
    "catalogVersion": "2026.11.19",
    "dateReleased": "2026-11-19T17:00:00.000Z",
    "count": 3,
    "vulnerabilities": [
        {
            "cveID": "CVE-2024-3094",
            "vendorProject": "x",
            "dateAdded": "2026-11-01",
            "dueDate": "2026-11-22",
            "knownRansomwareCampaignUse": "Known",
        },
        {"cveID": "cve-2026-0001", "dateAdded": "2026-11-02", "dueDate": None},
        {"cveID": "CVE-2026-0002"},
    ],
}
CODEOWNERS = b"""# who answers for what
*                  @bank/platform
/src/payments/     @bank/payments @lead   # a comment
docs/*.md          docs@bank.example
/vendor/
[Security][2] @bank/security
a\\ b.py
"""
BACKSTAGE = b"""# the catalogue
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: payments-api
  annotations:
    github.com/project-slug: bank/payments
  labels: {tier: "1"}
spec: {type: service, lifecycle: production, owner: group:default/payments, system: cards}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: payments}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {}
"""


def read(content: bytes) -> Report:
    return read_report(content, OPTIONS)


def test_epss_scores_with_model_and_day() -> None:
    for content in (EPSS, gzip.compress(EPSS)):
        report = read(content)
        (scores,) = report.enrichments
        assert isinstance(scores, EpssScores)
        assert scores.model == "v2025.03.14"
        assert scores.dated == datetime(2026, 11, 20, tzinfo=UTC)
        assert scores.scores["CVE-2024-3094"] == EpssScore(0.94321, 0.99912)
        assert len(scores.scores) == 2
        assert [problem.where for problem in report.problems] == ["row 4", "row 5"]
        assert report.scans == ()


def test_the_catalogue_of_exploited_vulnerabilities() -> None:
    report = read(json.dumps(KEV).encode())
    (catalogue,) = report.enrichments
    assert isinstance(catalogue, KevCatalogue)
    entry = catalogue.entries["CVE-2024-3094"]
    assert entry.is_ransomware
    assert entry.due == datetime(2026, 11, 22, tzinfo=UTC)
    assert catalogue.entries["CVE-2026-0001"].due is None
    assert catalogue.dated == datetime(2026, 11, 19, 17, tzinfo=UTC)
    assert [problem.where for problem in report.problems] == ["vulnerabilities[2]"]


def test_code_owners_with_sections_comments_and_nobody() -> None:
    (ownership,) = read(CODEOWNERS).enrichments
    assert isinstance(ownership, Ownership)
    assert ownership.rules == (
        OwnerRule("*", ("@bank/platform",)),
        OwnerRule("/src/payments/", ("@bank/payments", "@lead")),
        OwnerRule("docs/*.md", ("docs@bank.example",)),
        OwnerRule("/vendor/", ()),
        OwnerRule("a b.py", ("@bank/security",)),
    )


def test_the_service_catalogue() -> None:
    report = read(BACKSTAGE)
    (catalogue,) = report.enrichments
    assert isinstance(catalogue, ServiceCatalogue)
    (entry,) = catalogue.entries
    assert (entry.name, entry.owner, entry.tier) == ("payments-api", "payments", 1)
    assert entry.aliases == ("bank/payments", "payments")
    assert (entry.domain, entry.environment) == ("cards", "production")
    assert [problem.where for problem in report.problems] == ["document 3"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (EPSS, "epss"),
        (b"cve,epss\nCVE-2026-0001,0.5\n", "epss"),
        (json.dumps(KEV).encode(), "kev"),
        (json.dumps(KEV, indent=2).encode(), "kev"),
        (CODEOWNERS, "codeowners"),
        (b"* @a/b", "codeowners"),
        (BACKSTAGE, "backstage"),
    ],
)
def test_each_is_known_by_its_content(content: bytes, name: str) -> None:
    assert detect(content, OPTIONS).name == name


@pytest.mark.parametrize(
    "content",
    [
        b"hello world",
        b"mail me @home\nor not",
        b"apiVersion: v1\nkind: Pod",
        b"a,b\n1,2",
        b"* nobody",
    ],
)
def test_what_is_none_is_not_taken_for_one(content: bytes) -> None:
    with pytest.raises(FormatError):
        detect(content, OPTIONS)


def test_yaml_bombs_and_objects_are_refused() -> None:
    bomb = b"apiVersion: backstage.io/v1\na: &a [x, x]\nb: [*a, *a]\n"
    for content in (bomb, b"apiVersion: backstage.io/v1\nk: !!python/name:os.system\n"):
        with pytest.raises(FormatError):
            named("backstage").read(content, OPTIONS)
