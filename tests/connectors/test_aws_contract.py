"""The AWS connector keeps the contract; AWS's API models are kept by both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.aws.connector import AwsConnector
from riskcockpit.connectors.contract import HttpConnectorContract
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import Action, ActionKind
from support.aws_sim import AwsSim
from support.aws_state import bank_models

HERE, THERE = "eu-central-1", "eu-west-1"


def bank(count: int = 130) -> AwsSim:
    """Return an account with `count` findings of each kind in two regions, and some models."""
    sim = AwsSim()
    for name in (HERE, THERE):
        region = sim.region(name)
        for number in range(1, count + 1):
            region.hub(number)
            region.inspect(number)
        region.rule("bucket-closed", *(f"bucket-{number}" for number in range(count)))
        region.rule("bucket-named")
    bank_models(sim.region(HERE))
    return sim


class _OverTheSimulator(HttpConnectorContract):
    connector = AwsConnector
    actions = (
        *(
            Action(
                "e" * 32, kind, "up", f"config/{HERE} bucket-closed AWS::S3::Bucket bucket-1", why
            )
            for kind, why in (
                (ActionKind.ALERT_DISMISS, {"from": "none", "to": "excepted", "comment": "ok"}),
                (ActionKind.ALERT_REOPEN, {"from": "excepted", "to": "none", "comment": "ok"}),
            )
        ),
        *(
            Action("d" * 32, kind, "up", "fraud-scoring@champion", {"from": "3", "to": "2"})
            for kind in (ActionKind.MODEL_ROLLBACK, ActionKind.MODEL_PROMOTE)
        ),
        *(
            Action("c" * 32, kind, "up", f"fraud-scoring@{HERE}", {"version": "4", "comment": "ok"})
            for kind in (ActionKind.DEPLOYMENT_APPROVE, ActionKind.DEPLOYMENT_REJECT)
        ),
    )
    sim: AwsSim

    def setup_method(self) -> None:
        self.sim = bank()

    def spec(self, **changes: Any) -> SourceSpec:
        """Let the one user of the simulator ask, with the secret that a test gives."""
        read = changes.pop("read", None) or self.sim.credential
        self.sim.secret = read.value
        whose = type(read)(read.value, read.source, username=self.sim.access_key)
        return super().spec(read=whose, **changes)

    def answer(self, asked: Asked) -> Reply:
        query = f"?{urlencode(asked.params)}" if asked.params else ""
        made = self.sim.answer(asked.method, f"{asked.path}{query}", asked.headers, asked.body)
        return Reply(made.status, made.body, made.headers)

    def changes(self, asked: Iterable[Asked]) -> list[Asked]:
        """Nearly all of AWS's API is posted: what took effect there says what changes."""
        return list(asked) if self.sim.region(HERE).writes else []

    def test_every_exchange_is_as_aws_describes_it(self) -> None:
        first = self.pull()
        self.pull(first[-1].cursor)
        assert self.sim.exchanges
        self.sim.check()


class TestFindings(_OverTheSimulator):
    options: Mapping[str, Any] = {
        "regions": [HERE, THERE],
        "services": ["securityhub", "securityhub_v2", "inspector"],
    }
    expected_items = 12


class TestRules(_OverTheSimulator):
    options: Mapping[str, Any] = {"regions": [HERE, THERE], "services": ["config"]}
    expected_items = 2


class TestModels(_OverTheSimulator):
    options: Mapping[str, Any] = {"regions": [HERE], "services": ["sagemaker"]}
    expected_items = 1 + 1 + 3 + 2  # with the configuration of the endpoint, and since when
