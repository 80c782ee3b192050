"""What is known from elsewhere, on the command line: taken, and never green when it is stale."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from support.cli import Ran, invoke

SCHEMAS = Path(__file__).resolve().parents[2] / "docs/schemas"
SCAN = {
    "tool": "scanner",
    "complete": True,
    "findings": [
        {"title": "xz", "severity": "high", "cve": "CVE-2024-3094", "file_path": "src/a.lock"}
    ],
}


def document(ran: Ran, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(found, json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))
    return found


def put(folder: Path, name: str, text: str) -> str:
    file = folder / name
    file.write_text(text)
    return str(file)


def scores(age: int) -> str:
    on = datetime.now(UTC) - timedelta(days=age)
    head = f"#model_version:v2025.03.14,score_date:{on:%Y-%m-%d}T00:00:00+0000\n"
    return f"{head}cve,epss,percentile\nCVE-2024-3094,0.94,0.99\nCVE-bad,1,1\n"


def listing(age: int) -> str:
    on = datetime.now(UTC) - timedelta(days=age)
    entry = {"cveID": "CVE-2024-3094", "dateAdded": "2026-01-02",
             "knownRansomwareCampaignUse": "Known"}  # fmt: skip
    about = {"catalogVersion": "1", "dateReleased": f"{on:%Y-%m-%dT%H:%M:%SZ}"}
    return json.dumps({**about, "vulnerabilities": [entry]})


@pytest.fixture
def loaded(home: Path, tmp_path: Path) -> Path:
    """A home with a finding, scores of 9 days ago and a catalogue of yesterday."""
    assert not home.exists()
    files = [
        put(tmp_path, "scan.json", json.dumps(SCAN)),
        put(tmp_path, "epss.csv", scores(9)),
        put(tmp_path, "kev.json", listing(1)),
        put(tmp_path, "CODEOWNERS", "* @bank/all @bank/second\n"),
    ]
    ran = invoke("import", *files, "--asset", "payments", "--json")
    assert ran.code == 0, ran.err
    report = document(ran, "import")
    taken = {one["kind"]: one for file in report["files"] for one in file["enrichment"]}
    assert {kind: one["rows"] for kind, one in taken.items()} == {
        "epss": 1, "kev": 1, "codeowners": 1,
    }  # fmt: skip
    assert taken["codeowners"]["subject"] == "payments"
    assert [p["where"] for p in report["files"][1]["problems"]] == ["row 3"]
    assert report["totals"]["read"] == 1
    return tmp_path


def test_stale_scores_are_nowhere_well(loaded: Path) -> None:
    for command, name in ((("status",), "status"), (("sources", "list"), "sources")):
        found = document(invoke(*command, "--json"), name)["enrichment"]
        assert {one["kind"]: one["state"] for one in found} == {
            "epss": "stale", "kev": "ok", "codeowners": "ok",
        }  # fmt: skip
        text = invoke(*command).out
        assert "EPSS scores" in text
        assert "9 days old, STALE" in text
    checks = {c["name"]: c for c in document(invoke("doctor", "--json"), "doctor")["checks"]}
    assert (checks["EPSS scores"]["state"], checks["KEV catalogue"]["state"]) == ("warn", "ok")
    assert checks["service catalogue"]["state"] == "note"


def test_an_older_file_is_told_and_is_no_fault(loaded: Path) -> None:
    ran = invoke("import", put(loaded, "old.csv", scores(20)))
    assert ran.code == 0
    assert "1 score, NOT TAKEN" in ran.out
    assert "older than that of" in ran.err


def test_a_finding_shows_what_is_known_and_how_old_it_is(loaded: Path) -> None:
    (found,) = document(invoke("findings", "list", "--json"), "findings")["findings"]
    shown = document(invoke("findings", "show", found["id"], "--json"), "finding")
    assert (shown["epss"], shown["epss_percentile"], shown["ransomware"]) == (0.94, 0.99, True)
    assert shown["owners"] == ["@bank/all", "@bank/second"]
    assert shown["kev_added"] == "2026-01-02T00:00:00Z"
    text = invoke("findings", "show", found["id"]).out
    assert "known exploited · " in text
    assert "0.94, 99th percentile, scores of" in text
    assert "(9 days old, stale)" in text
    assert "@bank/all, @bank/second" in text
    assert "exploited since 2026-01-02, by ransomware; catalogue of" in text
    document(invoke("findings", "why", found["id"], "--json"), "why")
