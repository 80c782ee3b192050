"""A real MLflow: the registry read whole, a rollback read back, a race refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import Settings, SourceSettings
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.mlflow.client import MlflowClient
from riskcockpit.connectors.mlflow.connector import MlflowConnector
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.batch import Batch
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.model import (
    PROMOTED_TAG,
    REJECTED_TAG,
    ROLLED_BACK_TAG,
    DatasetRef,
    RegisteredModel,
    rollback_target,
)
from riskcockpit.domain.reading import Reading
from riskcockpit.services.context import Context
from riskcockpit.services.sync import sync
from riskcockpit.store.snapshots import Store
from riskcockpit.store.sql import Sql
from support.ledgers import TickingClock
from support.servers import Mlflow, running_mlflow

pytestmark = pytest.mark.server
CLOCK = FrozenClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
APPROVED = {"validation_status": "approved"}


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    with running_mlflow(tmp_path_factory.mktemp("mlflow")) as server:
        yield server


def connector(mlflow: Mlflow) -> MlflowConnector:
    """Without the auth app any credential does; one must be there for us to act."""
    write = Credential("any-token", "env W")
    return MlflowConnector.build(SourceSpec("registry", mlflow.url, write=write), CLOCK)


def pull(mlflow: Mlflow) -> tuple[dict[str, RegisteredModel], list[Batch]]:
    made = connector(mlflow)
    batches = list(made.pull("", CLOCK.now()))
    made.close()
    models = [i for batch in batches for i in batch.items if isinstance(i, RegisteredModel)]
    return {model.name: model for model in models}, batches


def rollback(model: str, before: int, after: int) -> Action:
    params = {"from": str(before), "to": str(after)}
    return Action("feed" * 16, ActionKind.MODEL_ROLLBACK, "registry", f"{model}@champion", params)


def test_the_registry_is_read_with_runs_data_and_aliases(mlflow: Mlflow, tmp_path: Path) -> None:
    mlflow.model("credit-default", owner="lending-ml", risk_tier="1")
    mlflow.version("credit-default", tags=APPROVED)
    mlflow.version(
        "credit-default",
        tags=APPROVED,
        metrics={"accuracy": 0.91, "auc": 0.93},
        run_tags={"mlflow.user": "ci", "validated_by": "second-line"},
        dataset=("loans", "a1b2"),
    )
    mlflow.set_alias("credit-default", "champion", 2)
    mlflow.model("empty-model")
    models, batches = pull(mlflow)
    model = models["credit-default"]
    assert (model.champion, model.owner, model.tier) == (2, "lending-ml", 1)
    assert [version.version for version in model.versions] == [2, 1]
    newest = model.versions[0]
    assert (newest.status, newest.run_user, newest.validated_by) == ("READY", "ci", "second-line")
    assert newest.metrics == {"accuracy": 0.91, "auc": 0.93}
    assert newest.params == {"max_depth": "6"}
    assert newest.datasets == (DatasetRef("loans", "a1b2", "training", "s3://bank/loans.parquet"),)
    assert newest.created_at.year >= 2026
    assert (models["empty-model"].versions, models["empty-model"].champion) == ((), None)
    assert batches[-1].is_complete
    assert not batches[-1].coverage.is_truncated
    target = rollback_target(model)
    assert target is not None
    assert target.version == 1


def test_every_page_is_read(mlflow: Mlflow) -> None:
    for number in range(5):
        mlflow.model(f"paged-{number}")
        mlflow.version(f"paged-{number}")
    http = HttpClient("registry", mlflow.url, CLOCK)
    client = MlflowClient(http, page_size=2)
    names = [model.name for page in client.model_pages() for model in page]
    versions = [version.name for page in client.version_pages() for version in page]
    http.close()
    for found in (names, versions):
        assert [name for name in found if name.startswith("paged-")] == [
            f"paged-{number}" for number in range(5)
        ]


def test_a_rollback_is_done_and_read_back(mlflow: Mlflow) -> None:
    mlflow.model("fraud")
    for _ in range(3):
        mlflow.version("fraud", tags=APPROVED)
    mlflow.set_alias("fraud", "champion", 3)
    made = connector(mlflow)
    preview = made.preview(rollback("fraud", 3, 2))
    assert preview.blockers == ()
    receipt = made.apply(rollback("fraud", 3, 2))
    assert (receipt.outcome, receipt.evidence) == (Outcome.DONE, {"champion": "2"})
    assert mlflow.aliased("fraud", "champion") == 2
    assert mlflow.version_tags("fraud", 3)[ROLLED_BACK_TAG].endswith("feed" * 16)
    assert made.observe(rollback("fraud", 3, 2)).outcome is Outcome.DONE
    assert made.apply(rollback("fraud", 3, 2)).outcome is Outcome.DONE, "the same again is harmless"
    back = Action(
        "beef" * 16,
        ActionKind.MODEL_PROMOTE,
        "registry",
        "fraud@champion",
        {"from": "2", "to": "3"},
    )
    assert made.apply(back).outcome is Outcome.DONE
    assert ROLLED_BACK_TAG not in mlflow.version_tags("fraud", 3)
    made.close()


def test_what_waits_by_an_alias_or_a_tag_is_promoted_or_rejected(mlflow: Mlflow) -> None:
    mlflow.model("credit")
    mlflow.version("credit", tags=APPROVED)
    mlflow.set_alias("credit", "challenger", 1)
    spec = SourceSpec(
        "registry", mlflow.url, {"waiting_tag": "stage=candidate"}, write=Credential("t", "env W")
    )
    made = MlflowConnector.build(spec, CLOCK)

    def waiting() -> list[Action]:
        offers = made.deployments()
        return [one.action for one in offers if one.action.target == "credit@champion"]

    first, _ = waiting()
    assert first.params == {"from": "", "to": "1"}
    assert made.preview(first).blockers == ()
    assert made.apply(replace(first, id="feed" * 16)).outcome is Outcome.DONE
    assert mlflow.aliased("credit", "champion") == 1
    assert mlflow.version_tags("credit", 1)[PROMOTED_TAG].endswith("feed" * 16)
    assert waiting() == []
    mlflow.version("credit", tags={**APPROVED, "stage": "candidate"})
    promotion, rejection = waiting()
    assert promotion.params == {"from": "1", "to": "2"}
    assert made.apply(replace(rejection, id="beef" * 16)).outcome is Outcome.DONE
    assert mlflow.version_tags("credit", 2)[REJECTED_TAG].endswith("beef" * 16)
    assert waiting() == []
    made.close()


def test_an_alias_that_moved_meanwhile_is_left_alone(mlflow: Mlflow) -> None:
    mlflow.model("aml")
    for _ in range(3):
        mlflow.version("aml", tags=APPROVED)
    mlflow.set_alias("aml", "champion", 3)
    made = connector(mlflow)
    assert made.preview(rollback("aml", 3, 2)).blockers == ()
    mlflow.set_alias("aml", "champion", 1)
    receipt = made.apply(rollback("aml", 3, 2))
    made.close()
    assert receipt.outcome is Outcome.REFUSED
    assert "is version 1, not 3" in receipt.message
    assert mlflow.aliased("aml", "champion") == 1
    assert ROLLED_BACK_TAG not in mlflow.version_tags("aml", 3)


def test_a_champion_without_a_version_points_nowhere(mlflow: Mlflow) -> None:
    """MLflow drops the aliases of a deleted version silently; then it answers 400."""
    mlflow.model("churn")
    mlflow.version("churn", tags=APPROVED)
    mlflow.version("churn", tags=APPROVED)
    mlflow.set_alias("churn", "champion", 2)
    body = {"name": "churn", "version": "2"}
    mlflow.call("model-versions/delete", body, method="DELETE")
    assert pull(mlflow)[0]["churn"].champion is None
    made = connector(mlflow)
    assert "points nowhere" in made.apply(rollback("churn", 2, 1)).message
    missing = made.apply(rollback("no-such-model", 2, 1))
    made.close()
    assert missing.outcome is Outcome.REFUSED


def test_the_history_of_a_metric_becomes_readings_of_its_version(mlflow: Mlflow) -> None:
    mlflow.model("curves")
    mlflow.version("curves", tags=APPROVED, metrics={"accuracy": 0.5})
    mlflow.set_alias("curves", "champion", 1)
    (run,) = {v.run_id for v in pull(mlflow)[0]["curves"].versions}
    for step, value in enumerate((0.7, 0.8, 0.9), 1):
        body = {"run_id": run, "key": "accuracy", "value": value, "step": step,
                "timestamp": 1_770_000_000_000 + step * 60_000}  # fmt: skip
        mlflow.call("runs/log-metric", body)
    spec = SourceSpec("registry", mlflow.url, {"history": {"accuracy": "accuracy"}})
    made = MlflowConnector.build(spec, CLOCK)
    items = [item for batch in made.pull("", CLOCK.now()) for item in batch.items]
    made.close()
    found = [i for i in items if isinstance(i, Reading) and i.subject == "curves"]
    assert [(one.value, one.version, one.metric_class.value) for one in found] == [
        (0.7, 1, "accuracy"), (0.8, 1, "accuracy"), (0.9, 1, "accuracy"), (0.5, 1, "accuracy"),
    ]  # fmt: skip
    assert found[2].at - found[1].at == timedelta(minutes=1)


def test_what_is_moved_or_deleted_there_is_seen_by_the_next_sync(
    mlflow: Mlflow, tmp_path: Path
) -> None:
    """A move nobody decided here becomes a finding; a deleted model leaves the live view."""
    mlflow.model("limits")
    for _ in range(2):
        mlflow.version("limits", tags=APPROVED)
    mlflow.set_alias("limits", "champion", 2)
    paths, clock = Paths.under(tmp_path), TickingClock(datetime.now(UTC))
    source = SourceSettings(name="registry", kind="mlflow", url=mlflow.url)
    ctx = Context(Settings(sources=(source,)), paths, clock, Store(paths.cache, clock), "")
    assert sync(ctx).sources[0].state == "ok"
    mlflow.set_alias("limits", "champion", 1)
    clock.at += timedelta(minutes=5)
    sync(ctx)
    query = Sql("test", "SELECT title, state FROM finding WHERE tool = 'riskcockpit.registry'")
    with ctx.store.reader() as reader:
        ((title, state),) = reader.rows(query)
    assert (state, "limits: the champion was moved from version 2 to version 1" in title) == (
        "open", True,
    )  # fmt: skip
    mlflow.call("registered-models/delete", {"name": "limits"}, method="DELETE")
    clock.at += timedelta(minutes=5)
    sync(ctx)
    with ctx.store.reader() as reader:
        assert ("limits",) not in reader.rows(Sql("test", "SELECT name FROM model"))
        moves = reader.rows(
            Sql("test", "SELECT to_version FROM model_alias_move WHERE model = 'limits' ORDER BY 1")
        )
    assert moves == [(1,), (None,)]


def test_the_check_tells_the_version(mlflow: Mlflow) -> None:
    made = connector(mlflow)
    assert made.check().startswith("MLflow 3.")
    made.close()
