"""The GitLab connector keeps the contract, for a group and for single projects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from riskcockpit.connectors.contract import HttpConnectorContract
from riskcockpit.connectors.gitlab.connector import GitlabConnector
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import Action, ActionKind
from support.gitlab_sim import GitlabSim
from support.gitlab_state import World, code, package, secret


def bank(count: int = 130) -> World:
    """Return a group with `count` vulnerabilities in two projects, and deliveries of one."""
    world = World()
    for number in range(1, count + 1):
        path = ("bank/cards", "bank/payments")[number % 2]
        world.found(path, number, (code, package, secret)[number % 3](number))
    world.set_state("bank/cards", 2, "RESOLVED")
    world.set_state("bank/payments", 1, "DISMISSED", dismissalReason="NOT_APPLICABLE")
    world.pipeline("bank/payments", 1)
    world.pipeline("bank/payments", 2, "failed")
    world.deploy("bank/payments", 5, "production", "success")
    return world


class _OverTheSimulator(HttpConnectorContract):
    connector = GitlabConnector
    actions = (
        Action(
            "e" * 32,
            ActionKind.ALERT_DISMISS,
            "up",
            "bank/cards#4",
            {
                "from": "detected",
                "to": "dismissed",
                "reason": "FALSE_POSITIVE",
                "comment": "harmless",
            },
        ),
        Action(
            "f" * 32,
            ActionKind.ALERT_REOPEN,
            "up",
            "bank/cards#4",
            {"from": "dismissed", "to": "detected"},
        ),
        *(
            Action("d" * 32, kind, "up", "bank/payments@production", {"run": "5", "comment": "ok"})
            for kind in (ActionKind.DEPLOYMENT_APPROVE, ActionKind.DEPLOYMENT_REJECT)
        ),
    )

    def changes(self, asked: Iterable[Asked]) -> list[Asked]:
        """Questions of GraphQL are posted, too."""
        sent = [one for one in asked if one.method != "GET"]
        return [one for one in sent if one.path != "/api/graphql" or b"mutation" in one.body]

    sim: GitlabSim

    def setup_method(self) -> None:
        self.sim = GitlabSim(bank())

    def answer(self, asked: Asked) -> Reply:
        return self.sim.reply(asked)


class TestGroup(_OverTheSimulator):
    options: Mapping[str, Any] = {"group": "bank"}
    expected_items = 2


class TestProjects(_OverTheSimulator):
    options: Mapping[str, Any] = {
        "projects": ["bank/cards", "bank/payments"],
        "watch": ["bank/payments"],
    }
    expected_items = 2 + 2 + 1 + 1 + 2  # with the deployment, a branch, and what is not told
