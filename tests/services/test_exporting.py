"""Exports: what comes back from them, and what never does."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import Settings
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.finding import (
    FindingClass,
    Location,
    ModelSignal,
    Observation,
    Package,
    State,
)
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import InputError
from riskcockpit.services.context import Context
from riskcockpit.services.exporting import KINDS, export
from riskcockpit.services.findings import FindingReader
from riskcockpit.services.importing import ImportOptions, import_reports
from riskcockpit.store.snapshots import Store
from support.ingesting import START, Bank, code, dependency

pytestmark = pytest.mark.usefixtures("without_policy")

AT = START + timedelta(days=30)


def observations() -> list[Observation]:
    """One of every class, and what is hard to carry: repeats, several places, hostile text."""
    repeat = code("repeat", "src/a b.py", 3, snippet="x = 1")
    monitored = {"tool": "scanner", "rule": "m", "title": "m", "record": "0"}
    return [
        repeat,
        replace(repeat, locations=(Location("src/a b.py", 9, snippet="x = 1"),)),
        code("claimed", "src/Übung.py", 1, fingerprint="a1b2c3", cwes=(79, 89)),
        code("nowhere", locations=()),
        code("many", locations=(Location("a.py", 1, 2, 3), Location("b.py"))),
        code("hostile", title="=cmd|' /C calc'!A1 [@click=app.quit]x[/]", description="-1\nb"),
        dependency("CVE-2026-0001", "GHSA-2345-6789-cfgh", name="requests", epss=0.5, is_kev=True),
        dependency(
            "CVE-2026-0002",
            package=Package("npm", "core", "@angular", "1.0", "1.1", "lang"),
            cvss=9.8,
            severity=Severity.CRITICAL,
        ),
        replace(
            code("leak", "src/keys.py"),
            finding_class=FindingClass.SECRET,
            secret_digest="d" * 32,
        ),
        code("web", finding_class=FindingClass.DAST, resource="GET https://x/y/1", locations=()),
        code("bucket", finding_class=FindingClass.CLOUD, resource="arn:aws:s3:::b", locations=()),
        Observation(
            finding_class=FindingClass.MODEL,
            severity=Severity.HIGH,
            signal=ModelSignal("fraud", "acc-7d", "accuracy", "new"),
            onset_at=START - timedelta(hours=2),
            pillar=Pillar.INCIDENT_RESPONSE,
            **monitored,  # type: ignore[arg-type]  # texts all
        ),
        code("looked-at", "src/t.py", needs_triage=True),
        code("excused", "src/s.py", is_suppressed=True),
    ]


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return Bank(Store(tmp_path / "home/cache", FrozenClock(START)))


def context(home: Path) -> Context:
    paths = Paths.under(home)
    paths.state.mkdir(parents=True, exist_ok=True)
    clock = FrozenClock(AT)
    return Context(Settings(), paths, clock, Store(paths.cache, clock), "host")


@contextmanager
def findings(ctx: Context) -> Iterator[FindingReader]:
    reader = FindingReader(ctx)
    try:
        yield reader
    finally:
        reader.close()


def essence(ctx: Context) -> dict[str, Any]:
    """Return id → what must survive a round trip."""
    with findings(ctx) as reader:
        rows = reader.rows("sort:title")
        shown = [reader.show(row.id) for row in rows]
    return {
        one.row.id: (
            one.row.finding_class, one.row.asset, one.row.tool, one.row.rule, one.row.title,
            one.row.severity, one.row.location, one.row.package, one.row.vulnerability,
            one.row.pillar, one.row.is_kev, one.description, one.locations, one.resource,
            one.cwes, one.vulnerability_ids, one.onset_at, one.metric, one.segment,
        )
        for one in shown
    }  # fmt: skip


def imported(home: Path, content: bytes, tmp_path: Path) -> Context:
    file = tmp_path / "export.sarif"
    file.write_bytes(content)
    ctx = context(home)
    report = import_reports(ctx, [file], ImportOptions())
    assert report.failed == 0
    assert report.totals.quarantined == 0
    return ctx


def test_sarif_into_an_empty_home_gives_the_same_findings(bank: Bank, tmp_path: Path) -> None:
    bank.scan(observations())
    ctx = context(tmp_path / "home")
    content = export(ctx, "", "sarif").content
    other = imported(tmp_path / "other", content, tmp_path)
    assert essence(other) == essence(ctx)
    assert len(essence(other)) == len(observations())
    assert export(other, "", "sarif").content == content


def test_sarif_keeps_when_a_finding_was_first_seen_and_is_due(bank: Bank, tmp_path: Path) -> None:
    bank.scan([code("old", fingerprint="f1")])
    bank.scan([code("old", fingerprint="f1"), code("new", fingerprint="f2")])
    content = export(context(tmp_path / "home"), "", "sarif").content
    foreign = json.loads(content)
    foreign["runs"][0]["properties"].clear()
    for name, log, days in (("own", content, 1), ("foreign", json.dumps(foreign).encode(), 2)):
        ctx = imported(tmp_path / name, log, tmp_path)
        with findings(ctx) as reader:
            rows = {row.rule: reader.show(row.id) for row in reader.rows("")}
        assert [rows[rule].row.first_seen for rule in ("old", "new")] == [
            START + timedelta(days=days), START + timedelta(days=2),
        ]  # fmt: skip
        due = [rows[rule].row.due_at for rule in ("old", "new")]
        assert due == [START + timedelta(days=days + 30), START + timedelta(days=2 + 30)]


def test_sarif_into_its_own_home_changes_no_finding(bank: Bank, tmp_path: Path) -> None:
    bank.scan(observations())
    ctx = context(tmp_path / "home")
    before = essence(ctx)
    after = essence(imported(tmp_path / "home", export(ctx, "", "sarif").content, tmp_path))
    assert after == before


def test_identity_survives_a_move_an_export_and_a_later_scan(bank: Bank, tmp_path: Path) -> None:
    """What moved has another id than its key; the export brings the id, a scan still knows it."""
    first = code("r", "src/a.py", 3, fingerprint="a1b2c3")
    moved = code("r", "lib/a.py", 8, fingerprint="a1b2c3")
    bank.scan([first])
    (id_,) = essence(context(tmp_path / "home"))
    bank.scan([moved])
    assert list(essence(context(tmp_path / "home"))) == [id_]
    content = export(context(tmp_path / "home"), "", "sarif").content
    other = imported(tmp_path / "other", content, tmp_path)
    again = Bank(other.store, now=AT + timedelta(days=1))
    report = again.scan([moved])
    assert (report.counts.new, report.counts.fixed) == (0, 0)
    assert list(essence(other)) == [id_]


def test_a_query_selects_and_what_it_leaves_out_is_not_gone(bank: Bank, tmp_path: Path) -> None:
    bank.scan(observations())
    ctx = context(tmp_path / "home")
    content = export(ctx, "rule:bucket", "sarif").content
    assert len(json.loads(content)["runs"][0]["results"]) == 1
    imported(tmp_path / "home", content, tmp_path)
    with findings(ctx) as reader:
        assert reader.open("state:fixed").total == 0


def test_a_claim_on_a_finding_of_another_asset_is_worth_nothing(bank: Bank, tmp_path: Path) -> None:
    bank.scan([code("r", title="honest")])
    ctx = context(tmp_path / "home")
    (id_,) = essence(ctx)
    log = json.loads(export(ctx, "", "sarif").content)
    log["runs"][0]["properties"]["riskcockpit"]["asset"] = "evil"
    log["runs"][0]["results"][0]["properties"]["riskcockpit"]["title"] = "taken over"
    imported(tmp_path / "home", json.dumps(log).encode(), tmp_path)
    found = essence(ctx)
    assert found[id_][4] == "honest"
    assert len(found) == 2


def test_a_claim_that_two_results_make_counts_for_neither(bank: Bank, tmp_path: Path) -> None:
    bank.scan([code("r", "a.py"), code("r", "b.py")])
    ctx = context(tmp_path / "home")
    log = json.loads(export(ctx, "", "sarif").content)
    for result in log["runs"][0]["results"]:
        result["properties"]["riskcockpit"]["id"] = "0" * 32
    other = imported(tmp_path / "other", json.dumps(log).encode(), tmp_path)
    assert set(essence(other)) == set(essence(ctx))


@pytest.mark.parametrize(
    "own",
    [None, 7, {}, {"id": "../etc"}, {"id": "0" * 32, "class": "none", "severity": "high"}],
)
def test_a_bag_of_another_shape_leaves_plain_sarif(own: Any, bank: Bank, tmp_path: Path) -> None:
    bank.scan([code("r", "a.py")])
    ctx = context(tmp_path / "home")
    log = json.loads(export(ctx, "", "sarif").content)
    log["runs"][0]["results"][0]["properties"]["riskcockpit"] = own
    other = imported(tmp_path / "other", json.dumps(log).encode(), tmp_path)
    ((_, essentials),) = essence(other).items()
    assert essentials[3:5] == ("r", "r in a.py")


def test_the_order_of_findings_never_changes_the_file(tmp_path: Path) -> None:
    files = []
    for name, seed in (("x", 1), ("y", 2)):
        shuffled = observations()
        random.Random(seed).shuffle(shuffled)
        Bank(Store(tmp_path / name / "cache", FrozenClock(START))).scan(shuffled)
        files.append(export(context(tmp_path / name), "", "sarif").content)
    assert files[0] == files[1]


def test_csv_has_no_formula_and_is_read_back(bank: Bank, tmp_path: Path) -> None:
    bank.scan(observations())
    content = export(context(tmp_path / "home"), "", "csv").content
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert len(rows) == len(observations())
    assert not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "-", "@")]
    file = tmp_path / "export.csv"
    file.write_bytes(content)
    report = import_reports(context(tmp_path / "other"), [file], ImportOptions())
    assert (report.totals.read, report.totals.quarantined) == (len(rows), 0)


def test_json_is_read_back(bank: Bank, tmp_path: Path) -> None:
    bank.scan(observations())
    file = tmp_path / "export.json"
    file.write_bytes(export(context(tmp_path / "home"), "", "json").content)
    report = import_reports(context(tmp_path / "other"), [file], ImportOptions())
    assert (report.totals.read, report.totals.quarantined) == (len(observations()), 0)


def test_parquet_holds_the_same_rows_with_types(bank: Bank, tmp_path: Path) -> None:
    bank.scan(observations())
    content = export(context(tmp_path / "home"), "severity:critical", "parquet").content
    table = pyarrow.parquet.read_table(io.BytesIO(content))
    (row,) = table.to_pylist()
    assert row["purl"] == "pkg:npm/%40angular/core@1.0"
    assert row["cvssv3_score"] == 9.8
    assert row["known_exploited"] is False


def test_openvex_says_of_each_vulnerability_what_we_think(bank: Bank, tmp_path: Path) -> None:
    bank.scan(
        [
            dependency("CVE-2026-0001"),
            dependency("CVE-2026-0002", needs_triage=True),
            dependency("CVE-2026-0003", is_suppressed=True),
            dependency("CVE-2026-0004"),
            code("no-vulnerability"),
        ]
    )
    bank.scan(
        [
            dependency("CVE-2026-0001"),
            dependency("CVE-2026-0002", needs_triage=True),
            dependency("CVE-2026-0003", is_suppressed=True),
            code("no-vulnerability"),
        ]
    )
    ctx = context(tmp_path / "home")
    with findings(ctx) as reader:
        assert [row.state for row in reader.rows("cve:CVE-2026-0004")] == [State.FIXED]
    document = json.loads(export(ctx, "", "openvex").content)
    found = {one["vulnerability"]["name"]: one["status"] for one in document["statements"]}
    assert found == {
        "CVE-2026-0001": "affected",
        "CVE-2026-0002": "under_investigation",
        "CVE-2026-0003": "not_affected",
        "CVE-2026-0004": "fixed",
    }
    for statement in document["statements"]:
        assert statement["products"][0]["subcomponents"][0]["@id"].startswith("pkg:pypi/requests")
        if statement["status"] == "affected":
            assert statement["action_statement"]
        if statement["status"] == "not_affected":
            assert statement["impact_statement"]


def test_an_empty_home_exports_empty_files(tmp_path: Path) -> None:
    for kind in KINDS:
        assert export(context(tmp_path / "none"), "", kind).content
    with pytest.raises(InputError, match="unknown form"):
        export(context(tmp_path / "none"), "", "xlsx")


def test_sarif_has_the_shape_that_others_expect(bank: Bank, tmp_path: Path) -> None:
    bank.scan(observations())
    log = json.loads(export(context(tmp_path / "home"), "", "sarif").content)
    assert log["version"] == "2.1.0"
    for run in log["runs"]:
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        for result in run["results"]:
            assert rules[result["ruleIndex"]] == result["ruleId"]
