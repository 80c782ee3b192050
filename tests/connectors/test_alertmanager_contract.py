"""The Alertmanager connector keeps the contract."""

from __future__ import annotations

import json

from riskcockpit.connectors.alertmanager.connector import AlertmanagerConnector
from riskcockpit.connectors.contract import HttpConnectorContract
from riskcockpit.connectors.reply import Asked, Reply
from support.alerting import alert


class TestAlertmanager(HttpConnectorContract):
    connector = AlertmanagerConnector
    expected_items = 1

    def answer(self, asked: Asked) -> Reply:
        assert asked.path == "/api/v2/alerts"
        return Reply(200, json.dumps([alert(), alert("DiskFull")]).encode())

    def test_nonsense_is_a_protocol_error(self) -> None:
        """`[]` is what a server without alerts answers; lists of anything else are refused."""
        super().test_nonsense_is_a_protocol_error()
        (batch,) = self.pull_from(lambda _asked: Reply(200, b"[]"))
        assert batch.is_complete
