"""The Kubernetes connector keeps the contract, over a simulated cluster with two pages."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.contract import HttpConnectorContract
from riskcockpit.connectors.kubernetes import client
from riskcockpit.connectors.kubernetes.connector import KubernetesConnector
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import Action, ActionKind
from support.kube_sim import KubeSim


class TestKubernetes(HttpConnectorContract):
    connector = KubernetesConnector
    expected_items = 5 * (2 + 1 + 1)  # readings, a rollout and its images
    actions = (
        Action(
            "e" * 32,
            ActionKind.DEPLOYMENT_ROLLBACK,
            "up",
            "team-0/api-0@under-test",
            {"from": "1", "to": "2"},
        ),
    )

    def changes(self, asked: Iterable[Asked]) -> list[Asked]:
        return [one for one in asked if one.method != "GET" and one.params.get("dryRun") != "All"]

    @pytest.fixture(autouse=True)
    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client, "PAGE", 3)
        self.sim = KubeSim()
        for number in range(5):
            self.sim.deploy(f"team-{number % 2}", f"api-{number}", "registry.example/api:1")

    def spec(self, **changes: object) -> SourceSpec:
        return super().spec(**{"read": Credential("token", "env T"), **changes})

    def answer(self, asked: Asked) -> Reply:
        return self.sim.reply(asked)

    def test_it_is_read_over_two_pages(self) -> None:
        batches = self.pull()
        assert batches[-1].coverage.pages == 2 * 2
        assert [one.query["limit"] for one in self.sim.exchanges] == ["3"] * 4
