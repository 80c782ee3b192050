"""VEX documents as files: imported beside reports, told, and explained."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import Settings
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.services.context import Context
from riskcockpit.services.exporting import export
from riskcockpit.services.findings import FindingReader
from riskcockpit.services.importing import ImportOptions, import_reports
from riskcockpit.store.snapshots import Store
from riskcockpit.views.reports import ImportReport

pytestmark = pytest.mark.usefixtures("without_policy")

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
IMAGE = "registry.example.invalid/bank/app"


@pytest.fixture
def ctx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    module = ModuleType("riskcockpit.services.judging")
    module.judge = lambda *_: None  # type: ignore[attr-defined] # a stand-in
    module.record_evaluation = lambda *_: ""  # type: ignore[attr-defined] # as above
    monkeypatch.setitem(sys.modules, "riskcockpit.services.judging", module)
    clock = FrozenClock(NOW)
    paths = Paths.under(tmp_path / "home")
    return Context(Settings(), paths, clock, Store(paths.cache, clock), "here")


def grype(file: Path, *ids: str, image: str = IMAGE) -> Path:
    matches = [
        {
            "vulnerability": {"id": id_, "severity": "High"},
            "artifact": {"name": "parser", "version": "1.0", "purl": "pkg:npm/parser@1.0"},
        }
        for id_ in ids
    ]
    source = {"type": "image", "target": {"userInput": f"{image}:1.2"}}
    return written(file, {"matches": matches, "source": source})


def openvex(file: Path, *ids: str, product: Any = "pkg:npm/parser@1.0", **more: Any) -> Path:
    statements = [
        {
            "vulnerability": {"name": id_},
            "products": [product if isinstance(product, dict) else {"@id": product}],
            "status": "not_affected",
            "justification": "vulnerable_code_not_present",
        }
        | more
        for id_ in ids
    ]
    head = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "urn:vex:1",
        "author": "Example Org",
    }
    return written(file, head | {"timestamp": "2026-03-01T00:00:00Z", "statements": statements})


def written(file: Path, content: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
    return file


def take(ctx: Context, *paths: Path, **options: Any) -> ImportReport:
    return import_reports(ctx, list(paths), ImportOptions(**options))


def states(ctx: Context) -> dict[str, str]:
    with closing(FindingReader(ctx)) as findings:
        return {row.asset: row.state.value for row in findings.rows()}


def test_reports_and_vex_in_one_import_meet_in_any_order(ctx: Context, tmp_path: Path) -> None:
    files = (
        openvex(tmp_path / "a.json", "CVE-2026-0001", "CVE-2026-0009"),
        grype(tmp_path / "b.json", "CVE-2026-0001"),
        openvex(tmp_path / "c" / "d.json", "CVE-2026-0001"),
    )
    report = take(ctx, *files)
    assert report.failed == 0
    assert states(ctx) == {IMAGE: "suppressed_at_source"}
    assert (report.totals.read, report.totals.new) == (4, 1)
    assert report.totals.vex_applied + report.totals.vex_unmatched == 3


def test_why_tells_the_statement_in_force_and_what_it_changed(ctx: Context, tmp_path: Path) -> None:
    take(ctx, grype(tmp_path / "grype.json", "CVE-2026-0001"))
    report = take(ctx, openvex(tmp_path / "vex.json", "CVE-2026-0001"))
    assert report.totals.vex_applied == 1
    with closing(FindingReader(ctx)) as findings:
        (id_,) = findings.ids()
        sentences = findings.why(id_).sentences
    words = "not_affected (vulnerable_code_not_present), says Example Org"
    moment = "2026-03-02T08:00:00Z"
    change = "open → suppressed_at_source"
    assert f"{moment} a VEX statement speaks of it: {words}; {change}" in sentences
    assert any(
        sentence.startswith("the VEX statement of 2026-03-01T00:00:00Z in ")
        and sentence.endswith(f"is in force: {words}")
        for sentence in sentences
    )


def test_the_same_document_from_another_directory_is_the_same_document(
    ctx: Context, tmp_path: Path
) -> None:
    take(ctx, grype(tmp_path / "grype.json", "CVE-2026-0001"))
    take(ctx, openvex(tmp_path / "one" / "vex.json", "CVE-2026-0001"))
    newer = openvex(tmp_path / "two" / "vex.json")
    take(ctx, newer)
    assert states(ctx) == {IMAGE: "open"}


def test_a_given_asset_binds_the_statements(ctx: Context, tmp_path: Path) -> None:
    other = "registry.example.invalid/bank/other"
    take(
        ctx,
        grype(tmp_path / "one.json", "CVE-2026-0001"),
        grype(tmp_path / "two.json", "CVE-2026-0001", image=other),
    )
    take(ctx, openvex(tmp_path / "vex.json", "CVE-2026-0001"), asset=other)
    assert states(ctx) == {IMAGE: "open", other: "suppressed_at_source"}


def test_an_image_and_its_parts_bind_the_statement_whatever_the_tag(
    ctx: Context, tmp_path: Path
) -> None:
    other = "registry.example.invalid/bank/other"
    take(
        ctx,
        grype(tmp_path / "one.json", "CVE-2026-0001"),
        grype(tmp_path / "two.json", "CVE-2026-0001", image=other),
    )
    product = {
        "@id": f"pkg:oci/app@sha256:00?repository_url={IMAGE}",
        "subcomponents": [{"@id": "pkg:npm/parser"}],
    }
    take(ctx, openvex(tmp_path / "vex.json", "CVE-2026-0001", product=product))
    assert states(ctx) == {IMAGE: "suppressed_at_source", other: "open"}


def test_a_dry_run_leaves_everything_as_it_is(ctx: Context, tmp_path: Path) -> None:
    take(ctx, grype(tmp_path / "grype.json", "CVE-2026-0001"))
    report = take(ctx, openvex(tmp_path / "vex.json", "CVE-2026-0001"), dry_run=True)
    assert report.totals.vex_applied == 1
    assert states(ctx) == {IMAGE: "open"}


def test_a_record_a_report_calls_gone_is_read_too(ctx: Context, tmp_path: Path) -> None:
    vulnerability = {
        "id": "CVE-2026-0001", "affects": [{"ref": "one"}], "analysis": {"state": "resolved"},
    }  # fmt: skip
    bom = {
        "bomFormat": "CycloneDX",
        "components": [{"bom-ref": "one", "name": "x"}],
        "vulnerabilities": [vulnerability],
    }
    report = take(ctx, written(tmp_path / "bom.json", bom))
    assert (report.totals.read, report.totals.new) == (1, 0)


def test_an_export_hands_on_the_justification(ctx: Context, tmp_path: Path) -> None:
    take(ctx, grype(tmp_path / "scan.json", "CVE-2026-0001", "CVE-2026-0002"))
    take(ctx, openvex(tmp_path / "vex.json", "CVE-2026-0001"))
    said = {
        one["vulnerability"]["name"]: one
        for one in json.loads(export(ctx, "", "openvex").content)["statements"]
    }
    harmless = said["CVE-2026-0001"]
    assert harmless["status"] == "not_affected"
    assert harmless["justification"] == "vulnerable_code_not_present"
    assert "impact_statement" in harmless
    assert said["CVE-2026-0002"]["status"] == "affected"
