"""A bank whose one source is a simulated upstream system that may be written to."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.config.settings import SourceSettings
from riskcockpit.connectors.api import Connector, SourceSpec
from riskcockpit.services.context import Context
from riskcockpit.services.importing import ImportOptions, import_reports
from riskcockpit.services.judging import Judgement
from riskcockpit.services.projection import project_ledger
from riskcockpit.services.sync import sync
from riskcockpit.store.database import Writer
from riskcockpit.views.reports import ImportReport, SyncReport
from support.deciding import Bank, make_bank
from support.sim_server import serving
from support.simulated import Simulator


class Office:
    """People in front of one simulated system."""

    def __init__(
        self, bank: Bank, kind: type[Connector], sim: Simulator, url: str, options: dict[str, Any]
    ) -> None:
        self.bank = bank
        self.kind = kind
        self.sim = sim
        self.url = url
        self.options = options
        self.may_write = True

    def connector(self) -> Connector:
        """Build the connector as the settings of this home would."""
        write = Credential(secrets.token_hex(16), "env W") if self.may_write else None
        read = Credential(secrets.token_hex(16), "env R")
        spec = SourceSpec("up", self.url, self.options, read=read, write=write)
        return self.kind.build(spec, self.bank.clock)

    def at(self, name: str = "engineer") -> Context:
        """Sit somebody down."""
        source = SourceSettings(name="up", kind=self.kind.kind, url=self.url)
        return self.bank.at(name, sources=(source,))

    def sync(self) -> SyncReport:
        """Pull."""
        return sync(self.at())

    def take_in(self, report: Path, **options: Any) -> ImportReport:
        """Import a report by hand."""
        return import_reports(self.at(), [report], ImportOptions(**options))

    def findings(self) -> dict[str, str]:
        """Return asset, tool and rule → state of the findings that are not the bank's own."""
        rows = self.bank.rows(
            "SELECT asset, tool, rule, state FROM finding WHERE source_id <> 'test'"
        )
        return {f"{asset} {tool} {rule}": state for asset, tool, rule, state in rows}

    def ids(self, what: str = "source_id = 'up'") -> list[str]:
        """Return the ids of findings."""
        return [
            id_ for (id_,) in self.bank.rows(f"SELECT id FROM finding WHERE {what} ORDER BY id")
        ]


@contextmanager
def office_of(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[Connector],
    sim: Simulator,
    options: dict[str, Any],
) -> Iterator[Office]:
    """Open an office whose publishes do the projection only."""
    bank = make_bank(home, monkeypatch)

    def judge(ctx: Context, tx: Writer, now: datetime) -> Judgement:
        project_ledger(ctx, tx, now)
        return Judgement(tx.generation, (), (), "", "")

    monkeypatch.setattr("riskcockpit.services.sync.judge", judge)
    judging = sys.modules["riskcockpit.services.judging"]
    monkeypatch.setattr(judging, "record_evaluation", lambda *_: "", raising=False)
    with serving(sim) as url:
        made = Office(bank, kind, sim, url, options)
        monkeypatch.setattr(
            Context, "connector", lambda _self, _source, _session=None: made.connector()
        )
        yield made
