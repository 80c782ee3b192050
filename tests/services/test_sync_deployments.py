"""Deployments and settings through a whole sync: taken over once; what changed is journalled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.connectors.github.connector import GithubConnector
from support import github_objects
from support.caches import NOW
from support.github_sim import GithubSim
from support.github_state import World
from support.office import Office, office_of

pytestmark = pytest.mark.usefixtures("without_policy")


@dataclass(frozen=True)
class Desk:
    """An office, and what the system in front of it knows."""

    office: Office
    world: World

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        return self.office.bank.rows(text)


OPTIONS = {"repositories": ["bank/payments"], "alerts": [], "watch": ["bank/payments"]}


@pytest.fixture
def desk(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    sim = GithubSim()
    world = sim.world
    world.at = NOW - timedelta(hours=1)
    world.run("bank/payments", 77)
    world.deploy("bank/payments", 5, "a" * 40, "production", "in_progress", run=77)
    environment = github_objects.pending(1, "production")["environment"]
    world.repos["bank/payments"].approvals[77] = [
        {"state": "approved", "user": github_objects.user("risk"), "comment": "",
         "environments": [environment]},
    ]  # fmt: skip
    with office_of(home, monkeypatch, GithubConnector, sim, OPTIONS) as made:
        yield Desk(made, world)


def test_a_deployment_is_one_record_however_often_it_is_read(desk: Desk) -> None:
    report = desk.office.sync()
    assert [source.state for source in report.sources] == ["ok"], report.sources[0].message
    asked = "SELECT upstream_id, status, pipeline, rev FROM deployment"
    ((upstream, status, pipeline, first),) = desk.rows(asked)
    assert (upstream, status, pipeline) == ("bank/payments#5", "running", "77")
    desk.office.sync()
    assert desk.rows(asked) == [("bank/payments#5", "running", "77", first)]
    desk.world.status("bank/payments", 5, "success", run=77)
    desk.office.sync()
    ((_, status, _, rev),) = desk.rows(asked)
    assert (status, rev > first) == ("succeeded", True)
    assert desk.rows("SELECT actor, answer FROM deployment_approval") == [("risk", "approved")]


def test_a_changed_protection_is_journalled_and_an_unreadable_one_stands(desk: Desk) -> None:
    settings = "SELECT name, value FROM setting ORDER BY name"
    desk.office.sync()
    known = [("protection of main", "none"), ("rules of main", "none")]
    assert desk.rows(settings) == known
    repo = desk.world.repos["bank/payments"]
    repo.off = {"protection": 403}
    report = desk.office.sync()
    assert report.sources[0].state == "ok"
    assert "not all is readable" in report.sources[0].message
    assert desk.rows(settings) == known
    repo.off = {}
    repo.rules = [{"type": "deletion", "ruleset_id": 1}]
    desk.office.sync()
    changes = desk.rows("SELECT name, from_value, to_value FROM setting_change")
    assert changes == [("rules of main", "none", "deletion")]
