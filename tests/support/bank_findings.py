"""An ordinary morning at a bank: findings, and the same made hostile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from riskcockpit.domain.finding import FindingClass, Location, State
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.views.findings import (
    FindingDetail,
    FindingEventView,
    FindingRow,
    Known,
    WaiverView,
)
from support.bank_posture import NOW, euros, finding_id
from support.hostile import HOSTILE

_SNIPPET = """def find(name):
    query = f"select * from t where n = '{name}'"
    return run(query)"""
_TITLES = (
    ("CVE-2024-3094 in liblzma5: malicious code in xz", Severity.CRITICAL, "trivy", "pkg"),
    ("SQL statement built from request parameter", Severity.HIGH, "semgrep", "code"),
    ("S3 bucket allows public reads", Severity.HIGH, "checkov", "code"),
    ("fraud-scoring: accuracy below threshold", Severity.HIGH, "monitor", "model"),
    ("Jinja2 template without autoescape", Severity.MEDIUM, "bandit", "code"),
    ("CVE-2023-45853 in zlib1g: integer overflow", Severity.MEDIUM, "trivy", "pkg"),
    ("container runs as root", Severity.LOW, "checkov", "code"),
    ("debug endpoint answers without authentication", Severity.HIGH, "zap", "code"),
)
_ASSETS = ("payments-api", "lending-web", "onboarding-face-match", "core-ledger")
_OWNERS = ("payments", "lending", "platform", "")


def finding_row(index: int) -> FindingRow:
    title, severity, tool, kind = _TITLES[index % len(_TITLES)]
    seen = NOW - timedelta(hours=3 + index * 7)
    state = (State.OPEN, State.OPEN, State.TRIAGE, State.OPEN, State.WAIVED)[index % 5]
    return FindingRow(
        finding_id(index),
        title,
        severity,
        state,
        Pillar.MODEL_VALIDATION if kind == "model" else Pillar.INFRASTRUCTURE_HARDENING,
        FindingClass.DEPENDENCY if kind == "pkg" else FindingClass.CODE,
        _ASSETS[index % 4],
        _OWNERS[index % 4],
        tool,
        f"{tool}.rule-{index % 8}",
        "" if kind == "pkg" else f"src/{_ASSETS[index % 4]}/handlers/h{index % 17}.py",
        None if kind == "pkg" else 12 + index % 300,
        "liblzma5 5.6.0-0.2" if kind == "pkg" else "",
        "CVE-2024-3094" if kind == "pkg" else "",
        seen,
        NOW - timedelta(hours=1),
        seen + timedelta(days=7),
        NOW + timedelta(days=20) if state is State.WAIVED else None,
        euros(900_000 / (1 + index)),
        index % 8 == 0,
        index % 23 == 5,
    )


def hostile_row(index: int) -> FindingRow:
    text = HOSTILE[index % len(HOSTILE)]
    return replace(
        finding_row(index),
        title=text,
        asset=text,
        owner=text,
        tool=text,
        rule=text,
        path=text,
        package=text,
        vulnerability=text,
    )


def detail_of(row: FindingRow) -> FindingDetail:
    extra = row.title if row.title in HOSTILE else ""
    return FindingDetail(
        row,
        extra
        or "A value from the request reaches the statement without being bound. "
        "An attacker can read or change any row the service may see.",
        extra or "https://example.org/rules/sql",
        extra or "ERROR",
        extra or "rule.properties.security-severity",
        (row.vulnerability,) if row.vulnerability else (),
        "5.6.1" if row.package else "",
        (89, 20),
        9.8,
        0.87,
        (
            Location(
                row.path,
                row.line,
                9,
                None,
                extra or _SNIPPET,
            ),
        ),
        "",
        "",
        "",
        row.first_seen,
        None,
        None,
        1,
        (
            FindingEventView(row.last_seen, "seen", extra or "scan of main"),
            FindingEventView(NOW - timedelta(days=2), "reopened", extra or "seen again after 9 d"),
            FindingEventView(row.first_seen, "created", extra or "first import"),
        ),
        (
            WaiverView(
                "c0ffee" * 5,
                "expired",
                "risk_accepted",
                extra or "behind the gateway until the release",
                extra or "dev-3",
                extra or "risk-1",
                NOW - timedelta(days=40),
                NOW - timedelta(days=10),
                14,
            ),
        ),
        (finding_row(8),),
        (extra or "infra.kev-open",),
        '{"ruleId": "x"}',
        Known(0.99912, NOW - timedelta(days=5), owners=(row.owner, extra or "security")),
    )
