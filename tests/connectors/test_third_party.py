"""The connector that the page about connectors shows works: installed, known, in contract."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import riskcockpit
from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import Settings, SourceSettings
from riskcockpit.connectors import registry
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.services.context import Context
from riskcockpit.services.source_options import option_fields
from riskcockpit.services.sync import sync
from riskcockpit.store.snapshots import Store
from riskcockpit.store.sql import Sql
from support.ledgers import TickingClock

PAGE = Path(__file__).resolve().parents[2] / "docs/connectors.md"
_BLOCK = re.compile(r"```(?:python|toml)\n(.*?)```", re.DOTALL)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay the package of the page down as an installer does, where Python looks for packages."""
    text = PAGE.read_text(encoding="utf-8").partition("## Your own")[2]
    module, project, contract = _BLOCK.findall(text)
    about = tomllib.loads(project)["project"]
    (points,) = about["entry-points"].items()
    site = tmp_path / "site"
    information = site / "acme_tickets-1.0.dist-info"
    information.mkdir(parents=True)
    (site / "acme_tickets.py").write_text(module)
    (site / "test_acme_tickets.py").write_text(contract)
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {about['name']}\nVersion: {about['version']}\n"
    )
    lines = [f"[{points[0]}]", *(f"{name} = {value}" for name, value in points[1].items())]
    (information / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "acme_tickets", raising=False)
    return site


def test_it_is_a_kind_like_any_other(installed: Path) -> None:
    assert "acme-tickets" in registry.kinds()
    loaded = registry.load("acme-tickets")
    assert loaded.__module__ == "acme_tickets"
    assert "acme-tickets" in registry.load_all().connectors
    (field,) = option_fields("acme-tickets")
    assert field.name == "team"
    assert installed.is_dir()


def test_a_sync_reads_it_and_closes_what_it_shows_no_more(installed: Path, tmp_path: Path) -> None:
    assert installed.is_dir()
    tickets = [
        {"id": n, "title": f"Ticket {n}", "severity": "high", "service": "payments"}
        for n in (1, 2, 3)
    ]

    def answer(_asked: Asked) -> Reply:
        return Reply(200, json.dumps(tickets).encode())

    paths, clock = Paths.under(tmp_path / "home"), TickingClock()
    source = SourceSettings(name="acme", kind="acme-tickets", url="https://acme.example")
    ctx = Context(Settings(sources=(source,)), paths, clock, Store(paths.cache, clock), "")
    query = Sql("test", "SELECT title, state FROM finding ORDER BY title")
    with replayed(answer):
        assert sync(ctx).sources[0].counts.new == 3
        tickets[0]["is_closed"] = True
        del tickets[1]
        report = sync(ctx)
    assert (report.sources[0].state, report.sources[0].counts.fixed) == ("ok", 2)
    with ctx.store.reader() as reader:
        assert reader.rows(query) == [
            ("Ticket 1", "fixed"), ("Ticket 2", "fixed"), ("Ticket 3", "open"),
        ]  # fmt: skip


@pytest.mark.slow
def test_its_own_tests_pass_with_the_shipped_contract(installed: Path) -> None:
    """As its author runs them: in another directory, with nothing of ours but the package."""
    ours = str(Path(riskcockpit.__file__).parents[1])
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(installed)],
        cwd=installed,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), ours])},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout
    assert re.search(r"1[0-9] passed", ran.stdout)
