"""The Argo CD connector keeps the contract, over a simulated Argo CD."""

from __future__ import annotations

from collections.abc import Iterable

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.argocd.connector import ArgocdConnector
from riskcockpit.connectors.contract import HttpConnectorContract
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import Action, ActionKind
from support.argocd_sim import ArgoSim


class TestArgocd(HttpConnectorContract):
    connector = ArgocdConnector
    expected_items = 3 * 3 + 4 + 3 * 3  # readings, deployments, settings
    least_answers = 1
    actions = (
        Action(
            "e" * 32,
            ActionKind.DEPLOYMENT_ROLLBACK,
            "up",
            "payments@in-cluster/payments",
            {"from": "1", "to": "0", "revision": "a" * 40},
        ),
    )

    def changes(self, asked: Iterable[Asked]) -> list[Asked]:
        return [one for one in asked if one.method != "GET" and b'"dryRun":true' not in one.body]

    def setup_method(self) -> None:
        self.sim = ArgoSim()
        self.sim.app("payments", "a" * 40, "b" * 40)
        self.sim.app("cards", "c" * 40, prune=True)
        self.sim.app("loans", "d" * 40, namespace="team-loans")

    def spec(self, **changes: object) -> SourceSpec:
        return super().spec(**{"read": Credential("token", "env T"), **changes})

    def answer(self, asked: Asked) -> Reply:
        return self.sim.reply(asked)
