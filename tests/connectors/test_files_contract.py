"""The files connector keeps the contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.connectors.contract import ConnectorContract
from riskcockpit.connectors.files.connector import FilesConnector


class TestFiles(ConnectorContract):
    connector = FilesConnector
    expected_items = 3
    options: Mapping[str, Any] = {}

    @pytest.fixture(autouse=True)
    def _reports(self, tmp_path: Path) -> None:
        for name in ("a.sarif", "b/c.json", "b/d/e.xml", "b/readme.txt", ".hidden.json"):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
        self.options = {"paths": [str(tmp_path)]}
