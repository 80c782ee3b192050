"""The Jenkins connector keeps the contract, over a simulated Jenkins with pages of builds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.contract import HttpConnectorContract
from riskcockpit.connectors.jenkins import builds, client
from riskcockpit.connectors.jenkins.connector import JenkinsConnector
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import Action, ActionKind
from support.jenkins_sim import JenkinsSim


class TestJenkins(HttpConnectorContract):
    connector = JenkinsConnector
    options: Mapping[str, Any] = {
        "jobs": ["bank", "cards"],
        "artifacts": ["*.sarif"],
        "deploys": {"cards": "production"},
    }
    expected_items = 7 + 2 + 1 + 1 + 4  # with the builds of the job that deploys
    actions = tuple(
        Action("e" * 32, kind, "up", "cards@Deploy", {"run": "4", "comment": "agreed"})
        for kind in (ActionKind.DEPLOYMENT_APPROVE, ActionKind.DEPLOYMENT_REJECT)
    )

    @pytest.fixture(autouse=True)
    def small_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client, "PAGE", 3)
        monkeypatch.setattr(builds, "PAGE", 3)
        self.sim = JenkinsSim()
        for _ in range(7):
            self.sim.build("bank/payments/main")
        self.sim.build("cards", "FAILURE", files={"out/scan.sarif": b"{}"})
        self.sim.build("cards", "ABORTED")
        self.sim.build("cards", "UNSTABLE", is_pipeline=False)
        self.sim.wait("cards")

    def spec(self, **changes: object) -> SourceSpec:
        return super().spec(**{"read": Credential("token", "env T", username="me"), **changes})

    def answer(self, asked: Asked) -> Reply:
        return self.sim.reply(asked)
