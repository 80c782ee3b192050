"""Promoting a version that waits in MLflow: listed, previewed, signed by two, read back, undone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.config.settings import SourceSettings
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.mlflow.connector import MlflowConnector
from riskcockpit.domain.action import ActionKind
from riskcockpit.domain.decision import DecisionState
from riskcockpit.errors import RefusedError
from riskcockpit.services.answers import approve, plan_approve, undo
from riskcockpit.services.context import Context
from riskcockpit.services.deployments import decide_deployment, deployments, plan_deployment
from riskcockpit.services.verify import verify_ledger
from support.caches import statement
from support.cli import invoke
from support.deciding import Bank, entry_types, make_bank
from support.fake_mlflow import FakeMlflow

pytestmark = pytest.mark.usefixtures("without_policy")

PLACE = "fraud@champion"
APPROVE, REJECT = ActionKind.DEPLOYMENT_APPROVE, ActionKind.DEPLOYMENT_REJECT


class Registry:
    """A bank whose one source is an MLflow in which version 8 waits."""

    def __init__(self, bank: Bank, mlflow: FakeMlflow) -> None:
        self.bank = bank
        self.mlflow = mlflow

    def at(self, name: str = "engineer") -> Context:
        """Sit somebody down."""
        source = SourceSettings(name="registry", kind="mlflow", url="https://m.example")
        return self.bank.at(name, sources=(source,))

    def forget(self) -> None:
        """Let no version serve, there and here."""
        self.mlflow.champion = None
        self.change("DELETE FROM model_alias")

    def change(self, text: str) -> None:
        """Change the published cache."""
        with self.at().store.writer() as tx:
            tx.execute(statement(text))


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    mlflow = FakeMlflow(name="fraud", champion=7, challenger=8)
    made = Registry(make_bank(tmp_path / "home", monkeypatch), mlflow)
    made.change(
        "INSERT INTO model_version SELECT * REPLACE (8 AS version, 'carol' AS run_user)"
        " FROM model_version WHERE version = 6"
    )
    spec = SourceSpec("registry", "https://m.example", write=Credential("t", "env W"))
    monkeypatch.setattr(
        Context, "connector", lambda self, _source: MlflowConnector.build(spec, self.clock)
    )
    monkeypatch.setattr(Context, "open", made.at)
    with replayed(mlflow):
        yield made


def test_by_command_it_is_listed_promoted_marked_and_undone(registry: Registry) -> None:
    listed = json.loads(invoke("deployments", "list", "--json").out)["deployments"]
    assert [(row["kind"], row["target"], row["version"]) for row in listed] == [
        ("model.promote", PLACE, "8"), ("deployment.reject", PLACE, "8"),
    ]  # fmt: skip
    assert "promoted" in invoke("deployments", "list").out
    shown = invoke("approve", PLACE, "--dry-run").out
    assert "Promote version 8 of fraud" in shown
    assert registry.mlflow.writes == []
    said = json.loads(invoke("approve", PLACE, "-m", "change 4711", "--yes", "--json").out)
    assert [row["outcome"] for row in said["actions"]] == ["done"]
    assert registry.mlflow.champion == 8
    assert "riskcockpit.promoted" in registry.mlflow.versions[8]
    assert registry.bank.rows("SELECT version FROM model_alias") == [(8,)]
    moves = "SELECT from_version, to_version, decision_id <> '' FROM model_alias_move"
    assert registry.bank.rows(moves) == [(7, 8, True)]
    assert entry_types(registry.bank)[:3] == [
        "rollback.requested", "action.sent", "action.confirmed",
    ]  # fmt: skip
    assert invoke("approve", PLACE, "--yes").code != 0
    undone = undo(registry.at())
    assert [row.state for row in undone.actions] == ["done"]
    assert registry.mlflow.champion == 7
    assert "riskcockpit.rolled_back" in registry.mlflow.versions[8]
    assert verify_ledger(registry.at()).is_ok


def test_in_production_another_person_signs_and_not_who_trained_it(registry: Registry) -> None:
    registry.bank.is_production = True
    result = decide_deployment(registry.at(), APPROVE, f"{PLACE}#8", "change 4711")
    assert result.decision.state is DecisionState.REQUESTED
    assert registry.mlflow.writes == []
    with pytest.raises(RefusedError, match="on its way"):
        decide_deployment(registry.at(), APPROVE, PLACE)
    registry.change("UPDATE model_version SET run_user = 'approver' WHERE version = 8")
    with pytest.raises(RefusedError):
        approve(registry.at("approver"), result.decision.id)
    registry.change("UPDATE model_version SET run_user = 'carol' WHERE version = 8")
    plan = plan_approve(registry.at("approver"), result.decision.id)
    assert ("comment", "change 4711") in plan.facts
    answer = approve(registry.at("approver"), result.decision.id)
    assert [row.state for row in answer.actions] == ["done"]
    assert registry.mlflow.champion == 8


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("DELETE FROM model_version WHERE version = 8", "sync first"),
        ("UPDATE model_version SET status = 'PENDING' WHERE version = 8", "not READY"),
        ("UPDATE model_version SET tags = MAP {} WHERE version = 8", "not approved"),
        ("UPDATE model_version SET is_rolled_back = true WHERE version = 8", "was rolled back"),
        ("UPDATE reading SET version = 8", "beyond its limit"),
        ("UPDATE model SET source_id = 'other'", "belongs to the source other"),
    ],
)
def test_each_guard_blocks_before_anything_is_signed(
    registry: Registry, text: str, why: str
) -> None:
    registry.change(text)
    assert why in " ".join(plan_deployment(registry.at(), APPROVE, PLACE).blockers)
    with pytest.raises(RefusedError, match=why) as caught:
        decide_deployment(registry.at(), APPROVE, PLACE)
    assert caught.value.rule == "promotion-guards"
    assert entry_types(registry.bank) == []
    assert registry.mlflow.writes == []


def test_a_first_promotion_sets_the_alias_and_there_is_no_way_back(registry: Registry) -> None:
    registry.forget()
    plan = plan_deployment(registry.at(), APPROVE, PLACE)
    assert plan.blockers == ()
    assert plan.consequence == "Version 8 serves production where none did yet."
    assert dict(plan.facts)["undone by"] == ""
    result = decide_deployment(registry.at(), APPROVE, PLACE)
    assert [row.state for row in result.actions] == ["done"]
    assert registry.mlflow.champion == 8
    assert registry.bank.rows("SELECT from_version, to_version FROM model_alias_move") == [
        (None, 8)
    ]
    with pytest.raises(RefusedError, match="nothing to go back to"):
        undo(registry.at())


def test_a_rejected_version_waits_no_longer(registry: Registry) -> None:
    result = decide_deployment(registry.at(), REJECT, PLACE, "not explained")
    assert [row.state for row in result.actions] == ["done"]
    assert deployments(registry.at()).offers == ()
    assert registry.mlflow.champion == 7
    assert registry.bank.rows("SELECT count(*) FROM model_alias_move") == [(0,)]
