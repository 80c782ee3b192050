"""The Alertmanager connector keeps the contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from riskcockpit.connectors.alertmanager.connector import AlertmanagerConnector
from riskcockpit.connectors.contract import HttpConnectorContract
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import Action, ActionKind
from support.alerting import alert

SILENCE = {"labels": '{"alertname": "A"}', "until": "2026-04-01T00:00:00Z", "comment": "accepted"}


class TestAlertmanager(HttpConnectorContract):
    connector = AlertmanagerConnector
    expected_items = 1
    least_answers = 1
    acting_options: Mapping[str, Any] = {}
    actions = (
        Action("e" * 32, ActionKind.ALERT_SILENCE, "up", "A", SILENCE),
        Action("f" * 32, ActionKind.ALERT_UNSILENCE, "up", "A", {"silenced_by": "e" * 32}),
    )

    def answer(self, asked: Asked) -> Reply:
        if asked.path == "/api/v2/silences":
            return Reply(200, b"[]")
        assert asked.path == "/api/v2/alerts"
        return Reply(200, json.dumps([alert(), alert("DiskFull")]).encode())

    def test_nonsense_is_a_protocol_error(self) -> None:
        """`[]` is what a server without alerts answers; lists of anything else are refused."""
        super().test_nonsense_is_a_protocol_error()
        (batch,) = self.pull_from(lambda _asked: Reply(200, b"[]"))
        assert batch.is_complete
