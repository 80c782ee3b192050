"""What is decided in the history is there to be decided about, whatever the seed threw."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskcockpit.demo.clock import ReplayClock
from riskcockpit.demo.replay import Replay
from riskcockpit.services.decide import plan_waiver
from support.caches import NOW, finding, publish
from support.deciding import LATER, WHY, Bank, make_bank


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    return make_bank(tmp_path / "home", monkeypatch)


def unused(bank: Bank) -> str | list[str]:
    ctx = bank.at("engineer")
    return Replay(ctx, ReplayClock(ctx.clock), NOW, lambda _: None)._unused_package()


def test_an_image_without_the_client_gives_way_to_another(bank: Bank) -> None:
    store = bank.at("engineer").store
    publish(store, {"finding": [finding("curl", asset="kyc-image", tool="Trivy", severity=3)]})
    plan = plan_waiver(bank.at("engineer"), unused(bank), "deferred", WHY, LATER)
    assert [row.title for row in plan.findings] == ["curl"]
    client = finding("openssh client", asset="payments-api-image", tool="Trivy", severity=3)
    publish(store, {"finding": [client]})
    assert "openssh" in unused(bank)
