"""What waits for its promotion in MLflow, by convention; promoting it and rejecting that."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import Deploys, SourceSpec
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.mlflow.connector import MlflowConnector
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import OFFERED_KINDS, Action, ActionKind, Offer, Outcome
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.model import PROMOTED_TAG, REJECTED_TAG, ROLLED_BACK_TAG
from riskcockpit.errors import ConfigError, SourceError
from support.caches import NOW
from support.fake_mlflow import FakeMlflow

ID = "feed" * 16
PROMOTE, REJECT = ActionKind.MODEL_PROMOTE, ActionKind.DEPLOYMENT_REJECT


def connector(*, may_write: bool = True, **options: Any) -> MlflowConnector:
    write = Credential("write-token", "env W") if may_write else None
    spec = SourceSpec("registry", "https://mlflow.example", options, write=write)
    return MlflowConnector.build(spec, FrozenClock(NOW))


def offered(fake: FakeMlflow, kind: ActionKind = PROMOTE, **options: Any) -> list[Offer]:
    made = connector(**options)
    assert isinstance(made, Deploys)
    with replayed(fake):
        return [one for one in made.deployments() if one.action.kind is kind]


def promotion(before: str = "7", after: str = "8") -> Action:
    return Action(ID, PROMOTE, "registry", "fraud@champion", {"from": before, "to": after})


def rejection(version: str = "8", **changes: Any) -> Action:
    given = {"target": "fraud@champion", "kind": REJECT, "params": {"version": version}}
    return Action(ID, source="registry", **{**given, **changes})


def test_a_version_under_the_alias_waits_until_it_is_promoted_or_rejected() -> None:
    fake = FakeMlflow(challenger=8)
    found = offered(fake)
    assert [(one.action, one.version) for one in found] == [
        (Action("", PROMOTE, "registry", "fraud@champion", {"from": "7", "to": "8"}), "8")
    ]
    assert found[0].what == "version 8 of fraud in place of version 7"
    assert found[0].since is not None
    assert [one.action.params for one in offered(fake, REJECT)] == [{"version": "8"}]
    fake.versions[8][REJECTED_TAG] = "x"
    assert offered(fake) == []
    del fake.versions[8][REJECTED_TAG]
    fake.champion = 8
    assert offered(fake) == []


def test_another_alias_or_a_tag_may_say_that_it_waits() -> None:
    fake = FakeMlflow(challenger=8)
    assert offered(fake, waiting_alias="staging") == []
    fake.versions[8]["stage"] = fake.versions[6]["stage"] = "candidate"
    fake.versions[9]["stage"] = "candidate"
    found = offered(fake, waiting_alias="", waiting_tag="stage=candidate")
    assert [one.version for one in found] == ["9", "8"]
    with pytest.raises(ConfigError, match="waiting_tag"):
        connector(waiting_tag="stage")


def test_what_is_not_wanted_is_not_asked_for() -> None:
    def never(_fake: FakeMlflow, asked: Asked) -> Reply | None:
        raise AssertionError(asked.path)

    with replayed(FakeMlflow(challenger=8, before=never)):
        assert list(connector().deployments(OFFERED_KINDS - {PROMOTE, REJECT})) == []


@pytest.mark.parametrize("before", ["7", ""])
def test_a_promotion_moves_reads_back_and_marks_the_version(before: str) -> None:
    fake = FakeMlflow(champion=7 if before else None, challenger=8)
    with replayed(fake):
        made = connector()
        preview = made.preview(promotion(before))
        assert preview.blockers == ()
        assert bool(preview.inverse) is bool(before)
        assert [call.split()[0] for call in preview.calls] == ["GET", "POST", "GET", "POST"]
        assert made.apply(promotion(before)).outcome is Outcome.DONE
        assert made.observe(promotion(before)).outcome is Outcome.DONE
    assert fake.champion == 8
    assert fake.versions[8][PROMOTED_TAG].endswith(ID)


def test_an_alias_that_points_somewhere_meanwhile_is_no_place_for_a_first_promotion() -> None:
    fake = FakeMlflow(champion=7)
    with replayed(fake):
        receipt = connector().apply(promotion(""))
    assert receipt.outcome is Outcome.REFUSED
    assert "is version 7" in receipt.message
    assert fake.writes == []


def test_the_preview_of_a_version_that_was_rolled_back_tells_that_the_mark_goes() -> None:
    fake = FakeMlflow()
    fake.versions[8][ROLLED_BACK_TAG] = "x"
    with replayed(fake):
        calls = connector().preview(promotion()).calls
        connector().apply(promotion())
    assert [call.split()[0] for call in calls if not call.startswith("GET")] == [
        method for method, _, _ in fake.writes
    ]


def test_a_rejection_is_a_mark_that_is_read_back_and_never_made_twice() -> None:
    fake = FakeMlflow(challenger=8)
    with replayed(fake):
        made = connector()
        preview = made.preview(rejection())
        assert preview.blockers == ()
        assert [call.split()[0] for call in preview.calls] == ["GET", "POST", "GET"]
        assert fake.writes == []
        assert made.observe(rejection()).outcome is Outcome.UNKNOWN
        assert [made.apply(rejection()).outcome for _ in "12"] == [Outcome.DONE] * 2
        assert made.observe(rejection()).outcome is Outcome.DONE
        assert "was rejected" in " ".join(made.preview(promotion()).blockers)
    assert [call for _, call, _ in fake.writes] == ["model-versions/set-tag"]
    assert fake.versions[8][REJECTED_TAG].endswith(ID)


@pytest.mark.parametrize(
    ("fake", "version", "why"),
    [
        (FakeMlflow(), "7", "is the champion"),
        (FakeMlflow(), "12", "is not there"),
    ],
)
def test_what_cannot_be_rejected_is_refused(fake: FakeMlflow, version: str, why: str) -> None:
    with replayed(fake):
        made = connector()
        assert why in " ".join(made.preview(rejection(version)).blockers)
        receipt = made.apply(rejection(version))
    assert (receipt.outcome, why in receipt.message) == (Outcome.REFUSED, True)
    assert fake.writes == []


def test_without_a_write_credential_nothing_is_rejected() -> None:
    fake = FakeMlflow()
    with replayed(fake):
        made = connector(may_write=False)
        assert "no write credential" in " ".join(made.preview(rejection()).blockers)
        assert made.apply(rejection()).outcome is Outcome.REFUSED
    assert fake.writes == []


@pytest.mark.parametrize(
    "given",
    [
        rejection(target="fraud@staging"),
        rejection(target="fraud"),
        rejection("x"),
        rejection(kind=ActionKind.DEPLOYMENT_APPROVE),
    ],
)
def test_what_means_nothing_there_is_an_error(given: Action) -> None:
    with pytest.raises(SourceError):
        connector().apply(given)
