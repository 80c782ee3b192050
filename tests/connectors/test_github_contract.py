"""The GitHub connector keeps the contract; GitHub's description is kept by both sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from riskcockpit.connectors.contract import HttpConnectorContract
from riskcockpit.connectors.github.connector import GithubConnector
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import Action, ActionKind
from support.github_sim import GithubSim
from support.github_state import KINDS, World


def bank(count: int = 130) -> World:
    """Return an organisation with `count` alerts of each kind in two repositories."""
    world = World()
    for kind in KINDS:
        for number in range(1, count + 1):
            world.alert(("bank/cards", "bank/payments")[number % 2], kind, number)
    world.set_state("bank/cards", "code-scanning", 2, "fixed")
    world.set_state("bank/payments", "dependabot", 1, "dismissed", dismissed_reason="not_used")
    world.run("bank/payments", 1)
    world.run("bank/payments", 2, conclusion="failure")
    world.deploy("bank/payments", 5, "a" * 40, "production", "in_progress", "success", run=1)
    return world


class _OverTheSimulator(HttpConnectorContract):
    connector = GithubConnector
    actions = (
        Action(
            "e" * 32,
            ActionKind.ALERT_DISMISS,
            "up",
            "bank/cards#code-scanning/4",
            {"from": "open", "to": "dismissed", "reason": "false positive", "comment": "harmless"},
        ),
        Action(
            "f" * 32,
            ActionKind.ALERT_REOPEN,
            "up",
            "bank/cards#code-scanning/4",
            {"from": "dismissed", "to": "open"},
        ),
        *(
            Action("d" * 32, kind, "up", "bank/payments@production", {"run": "5", "comment": "ok"})
            for kind in (ActionKind.DEPLOYMENT_APPROVE, ActionKind.DEPLOYMENT_REJECT)
        ),
        Action(
            "c" * 32,
            ActionKind.DEPLOYMENT_ROLLBACK,
            "up",
            "bank/payments@production",
            {"from": "a" * 40, "to": "b" * 40},
        ),
    )
    sim: GithubSim

    def setup_method(self) -> None:
        self.sim = GithubSim(bank())

    def answer(self, asked: Asked) -> Reply:
        return self.sim.reply(asked)

    def test_every_exchange_is_as_github_describes_it(self) -> None:
        first = self.pull()
        self.sim.world.alert("bank/payments", "dependabot", 900)
        self.pull(first[-1].cursor)
        assert len(self.sim.exchanges) > 6
        self.sim.check()


class TestOrganization(_OverTheSimulator):
    options: Mapping[str, Any] = {"organization": "bank"}
    expected_items = 6


class TestRepositories(_OverTheSimulator):
    options: Mapping[str, Any] = {
        "repositories": ["bank/cards", "bank/payments"],
        "watch": ["bank/payments"],
    }
    expected_items = 6 + 2 + 1 + 1 + 2  # alerts, runs, how it went, the deployment, protections
