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
