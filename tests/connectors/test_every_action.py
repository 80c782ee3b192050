"""Every action of every connector: declared, documented, and refused in words without a credential.

What each does with one, the contract suites hold over real HTTP: `support.acting_contract` for
alerts, `support.deploying_contract` for deployments, the pages of MLflow and AWS for models.
"""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import Acts, Declares, Refrains, SourceSpec
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.errors import SourceError
from support.caches import NOW

DISMISS, REOPEN = ActionKind.ALERT_DISMISS, ActionKind.ALERT_REOPEN
SILENCE, UNSILENCE = ActionKind.ALERT_SILENCE, ActionKind.ALERT_UNSILENCE
APPROVE, REJECT = ActionKind.DEPLOYMENT_APPROVE, ActionKind.DEPLOYMENT_REJECT
RETURN = ActionKind.DEPLOYMENT_ROLLBACK
BACK, FORTH = ActionKind.MODEL_ROLLBACK, ActionKind.MODEL_PROMOTE
TABLE: dict[str, set[ActionKind]] = {
    "alertmanager": {SILENCE, UNSILENCE},
    "argocd": {RETURN},
    "aws": {DISMISS, REOPEN, BACK, FORTH, APPROVE, REJECT, RETURN},
    "defectdojo": {DISMISS, REOPEN},
    "dependency_track": {DISMISS, REOPEN},
    "github": {DISMISS, REOPEN, APPROVE, REJECT, RETURN},
    "gitlab": {DISMISS, REOPEN, APPROVE, REJECT},
    "jenkins": {APPROVE, REJECT},
    "kubernetes": {RETURN},
    "mlflow": {BACK, FORTH, REJECT},
}
"""Which connector does what; whatever is not here only reads."""
_ANSWER = {"run": "5", "version": "4", "comment": "agreed"}
_MATRIX = "/".join(f"{n:08d}-0000-4000-8000-000000000000" for n in (1, 2, 3))
_ARN = "arn:aws:securityhub:eu-central-1:111122223333"
_HUB = f"securityhub/eu-central-1 {_ARN}:product/p {_ARN}:finding/1"
TARGETS: dict[tuple[str, ActionKind], tuple[str, dict[str, str]]] = {
    ("alertmanager", SILENCE): ("A of fraud", {"labels": '{"alertname":"A"}', "comment": "c"}),
    ("alertmanager", UNSILENCE): ("A", {"silenced_by": "f" * 32}),
    ("argocd", RETURN): (
        "payments@in-cluster/payments", {"from": "1", "to": "0", "revision": "a" * 40},
    ),
    ("aws", DISMISS): (_HUB, {"from": "NEW", "to": "suppressed"}),
    ("aws", REOPEN): (_HUB, {"from": "suppressed", "to": "NEW"}),
    ("aws", APPROVE): ("fraud-scoring@eu-central-1", _ANSWER),
    ("aws", REJECT): ("fraud-scoring@eu-central-1", _ANSWER),
    ("aws", RETURN): ("fraud-prod@eu-central-1", {"from": "v3", "to": "v2"}),
    ("defectdojo", DISMISS): ("finding/1", {"from": "active", "to": "false positive"}),
    ("defectdojo", REOPEN): ("finding/1", {"from": "accepted", "to": "active"}),
    ("dependency_track", DISMISS): (
        _MATRIX,
        {"analysis": "FALSE_POSITIVE", "justification": "NOT_SET", "response": "NOT_SET",
         "from": "NOT_SET"},
    ),
    ("dependency_track", REOPEN): (_MATRIX, {"from": "suppressed", "to": "NOT_SET"}),
    ("github", DISMISS): ("bank/payments#dependabot/1", {"from": "open", "reason": "inaccurate"}),
    ("github", REOPEN): ("bank/payments#dependabot/1", {"from": "dismissed", "to": "open"}),
    ("gitlab", DISMISS): ("bank/payments#1", {"from": "detected", "reason": "FALSE_POSITIVE"}),
    ("gitlab", REOPEN): ("bank/payments#1", {"from": "dismissed", "to": "detected"}),
    ("jenkins", APPROVE): ("bank/payments/main@Deploy", _ANSWER),
    ("jenkins", REJECT): ("bank/payments/main@Deploy", _ANSWER),
    ("kubernetes", RETURN): ("payments/api@prod", {"from": "2", "to": "1"}),
    ("mlflow", REJECT): ("fraud@champion", _ANSWER),
}  # fmt: skip
"""Where a deployment or a model is meant is left away."""
_USUAL = ("bank/payments@production", {**_ANSWER, "from": "b" * 40, "to": "a" * 40})
_MOVE = ("fraud@champion", {"from": "7", "to": "6"})
OPTIONS: dict[str, dict[str, Any]] = {
    "aws": {"regions": ["eu-central-1"], "services": ["securityhub", "sagemaker"]},
    "github": {"organization": "bank"},
    "gitlab": {"group": "bank"},
    "defectdojo": {"products": ["*"]},
    "dependency_track": {"projects": ["*"]},
    "jenkins": {"jobs": ["bank"]},
    "kubernetes": {"cluster": "prod"},
}
WITH_OPTION = set(TABLE) - {"alertmanager", "mlflow"}
"""Those that want `write: true` beside a credential."""
NOBODY = "http://127.0.0.1:9"
"""Nothing listens there: whoever asks is told so, and the test sees it."""


def kinds() -> dict[str, Any]:
    """Every connector that is installed, by its kind."""
    found = entry_points(group="riskcockpit.connectors")
    return {point.name: point.load() for point in found if point.value.startswith("riskcockpit.")}


def built(name: str, *, may_write: bool = False) -> Any:
    """A connector that reads, and writes or has no credential for it."""
    key = Credential("r" * 20, "env R", username="reader" if name == "aws" else "")
    options = OPTIONS.get(name, {}) | ({"write": True} if name in WITH_OPTION else {})
    spec = SourceSpec("up", NOBODY, options, read=key, write=key if may_write else None)
    return kinds()[name].build(spec, FrozenClock(NOW))


def action_of(name: str, kind: ActionKind) -> Action:
    """An action that this connector could do."""
    usual = _MOVE if kind in (BACK, FORTH) else _USUAL
    target, params = TARGETS.get((name, kind), usual)
    given = {"comment": "c", "until": "2026-06-01T00:00:00Z", "to": "dismissed", **params}
    return Action("feed" * 16, kind, "up", target, given)


def test_what_connectors_do_is_declared_and_is_all_they_do() -> None:
    declared = {
        name: set(made.acts) for name, made in kinds().items() if getattr(made, "acts", None)
    }
    assert declared == TABLE
    acting = {name for name, made in kinds().items() if hasattr(made, "apply")}
    assert acting == set(TABLE), "a connector acts and does not say how"


def test_the_page_about_connectors_names_every_one_that_acts() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/connectors.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|$", page, re.MULTILINE)
    told = {name: set(re.findall(r"`([a-z]+\.[a-z]+)`", kinds_)) for name, kinds_ in rows}
    expected = {name: {kind.value for kind in does} for name, does in TABLE.items()}
    assert {name: told.get(name, set()) for name in expected} == expected


@pytest.mark.parametrize(
    ("name", "kind"), [(n, k) for n, does in TABLE.items() for k in sorted(does)]
)
def test_without_a_credential_it_is_refused_with_the_reason_and_nobody_is_asked(
    name: str, kind: ActionKind
) -> None:
    made = built(name)
    try:
        for capability in (Acts, Declares, Refrains):
            assert isinstance(made, capability)
        receipt = made.apply(action_of(name, kind))
    finally:
        made.close()
    assert receipt.outcome is Outcome.REFUSED
    assert made.why_not() in receipt.message
    assert made.why_not()


@pytest.mark.parametrize("name", sorted(TABLE))
def test_what_a_connector_does_not_do_is_refused_before_anybody_is_asked(name: str) -> None:
    made = built(name, may_write=True)
    try:
        for kind in set(ActionKind) - TABLE[name]:
            try:
                receipt = made.apply(action_of(name, kind))
            except SourceError:
                continue
            assert receipt.outcome is Outcome.REFUSED, kind
    finally:
        made.close()
