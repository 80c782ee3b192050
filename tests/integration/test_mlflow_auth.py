"""A real MLflow behind its auth app: who are you, you may not, and what is known beforehand."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.mlflow.connector import MlflowConnector
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.model import ROLLED_BACK_TAG
from riskcockpit.errors import AuthenticationError
from support.servers import ADMIN, Mlflow, running_mlflow

pytestmark = pytest.mark.server
CLOCK = FrozenClock(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
ROLLBACK = Action(
    "feed" * 16, ActionKind.MODEL_ROLLBACK, "registry", "fraud@champion", {"from": "2", "to": "1"}
)
RETURN = Action(
    "beef" * 16, ActionKind.MODEL_PROMOTE, "registry", "fraud@champion", {"from": "1", "to": "2"}
)


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    with running_mlflow(tmp_path_factory.mktemp("mlflow"), admin=secrets.token_hex(12)) as server:
        server.model("fraud")
        for _ in range(2):
            server.version("fraud", tags={"validation_status": "approved"})
        server.set_alias("fraud", "champion", 2)
        yield server


def connector(url: str, login: tuple[str, str] | None) -> MlflowConnector:
    credential = Credential(login[1], "env PASSWORD", username=login[0]) if login else None
    spec = SourceSpec("registry", url, read=credential, write=credential)
    return MlflowConnector.build(spec, CLOCK)


def test_no_and_wrong_credentials_are_told_apart_from_a_broken_server(mlflow: Mlflow) -> None:
    for login, hint in ((None, "credential in the settings"), ((ADMIN, "x" * 12), "wrong")):
        made = connector(mlflow.url, login)
        with pytest.raises(AuthenticationError) as caught:
            list(made.pull("", CLOCK.now()))
        assert hint in (caught.value.hint or "")
        with pytest.raises(AuthenticationError):
            made.check()
        made.close()


def test_a_reader_sees_before_the_key_is_offered_that_it_may_not(mlflow: Mlflow) -> None:
    login = ("reader", secrets.token_hex(12))
    mlflow.user(*login)
    made = connector(mlflow.url, login)
    assert made.preview(ROLLBACK).blockers == ("our account has no EDIT permission on fraud",)
    receipt = made.apply(ROLLBACK)
    made.close()
    assert receipt.outcome is Outcome.REFUSED
    assert "Permission denied" in receipt.message
    assert "ask for permission" in receipt.message
    assert login[1] not in receipt.message
    assert mlflow.aliased("fraud", "champion") == 2


def test_an_editor_may_roll_back_mark_and_return(mlflow: Mlflow) -> None:
    """EDIT is enough for all of it; nothing we do needs to delete an alias."""
    login = ("editor", secrets.token_hex(12))
    mlflow.user(*login)
    mlflow.grant(login[0], "fraud", "EDIT")
    made = connector(mlflow.url, login)
    assert made.preview(ROLLBACK).blockers == ()
    assert made.apply(ROLLBACK).outcome is Outcome.DONE
    assert mlflow.aliased("fraud", "champion") == 1
    assert ROLLED_BACK_TAG in mlflow.version_tags("fraud", 2)
    returned = made.apply(RETURN)
    made.close()
    assert returned.outcome is Outcome.DONE
    assert mlflow.aliased("fraud", "champion") == 2
