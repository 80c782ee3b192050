"""`alerts` on the command line: documents, texts and exit codes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from riskcockpit.controls.cases import fill
from riskcockpit.services.context import Context
from support.cli import Ran, invoke

SCHEMAS = Path(__file__).resolve().parents[2] / "docs/schemas"
HOSTILE = "[red]x[/] \x1b]52;c;ZXZpbA==\x07 |<b>*a*"


def document(ran: Ran, name: str) -> dict[str, Any]:
    """Return the document, which its schema takes."""
    found: dict[str, Any] = json.loads(ran.out)
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    return found


@pytest.fixture
def alarmed(home: Path, tmp_path: Path) -> Path:
    """A home with one data alarm of a hostile title, told by a program that writes a file."""
    assert invoke("init").code == 0
    ctx = Context.open()
    with ctx.store.writer() as tx:
        row = {"id": "f1", "class": "data", "model": "cards", "severity": 3, "state": "open",
               "title": HOSTILE, "owner": "data-team", "pillar": "data_integrity",
               "first_seen": "-2h", "last_seen": "-1h", "detected_at": "-2h"}  # fmt: skip
        fill(tx, {"finding": [row]}, ctx.clock.now())
    told = tmp_path / "told.jsonl"
    code = f"import sys; open({str(told)!r}, 'a').write(sys.stdin.read())"
    rules = {
        "channels": [{"name": "file", "kind": "command", "argv": [sys.executable, "-c", code]}],
        "routes": [{"to": ["file"]}],
    }
    (home / "config" / "alerts.yaml").write_text(json.dumps(rules))
    (home / "config" / "alerts.yaml").chmod(0o600)
    return told


def test_from_looking_over_sending_to_acknowledging(alarmed: Path) -> None:
    listed = document(invoke("alerts", "list", "--json"), "alerts")["alerts"]
    assert [(row["key"], row["fate"], row["times"]) for row in listed] == [
        ("data:cards", "sent", 0)
    ]
    dry = invoke("alerts", "send", "--dry-run", "--json")
    assert document(dry, "alert_sending")["dry_run"] is True
    assert not alarmed.exists()

    sent = document(invoke("alerts", "send", "--json"), "alert_sending")
    assert [row["state"] for row in sent["deliveries"]] == ["done"]
    (line,) = alarmed.read_text().splitlines()
    assert [each["key"] for each in json.loads(line)["alerts"]] == ["data:cards"]
    assert "\x1b" not in line

    shown = document(invoke("alerts", "show", listed[0]["id"][:4], "--json"), "alert")
    assert (shown["times"], len(shown["deliveries"])) == (1, 1)
    acked = invoke("alerts", "ack", "data:cards", "The feed is being repaired")
    assert acked.code == 0, acked.err
    again = document(invoke("alerts", "send", "--json"), "alert_sending")
    assert all("data:cards" not in row["alerts"] for row in again["deliveries"])
    assert again["fates"]["acknowledged"] == 1
    digest = document(invoke("alerts", "digest", "--json"), "alert_digest")
    assert digest["fates"]["sent"] == 1 + len(again["deliveries"])
    assert digest["fates"]["acknowledged"] == 1


def test_texts_are_harmless_and_say_the_same(alarmed: Path) -> None:
    for arguments in (("list",), ("show", "data:cards"), ("digest",), ("send", "--dry-run")):
        ran = invoke("alerts", *arguments)
        assert ran.code == 0, ran.err
        assert "\x1b" not in ran.out
        assert "cards" in ran.out
    markdown = invoke("alerts", "digest", "--format", "markdown").out
    assert "&lt;b&gt;" in markdown
    assert "<b>" not in markdown


def test_what_cannot_be_delivered_ends_with_3_and_a_bad_name_with_2(alarmed: Path) -> None:
    file = Path(os.environ["RISKCOCKPIT_HOME"]) / "config" / "alerts.yaml"
    file.write_text(file.read_text().replace(sys.executable, "/nowhere/python"))
    ran = invoke("alerts", "send")
    assert ran.code == 3
    assert "cannot be started" in ran.out
    assert invoke("alerts", "show", "zzzz").code == 2
    assert invoke("alerts", "digest", "--format", "xml").code == 2
    assert invoke("alerts", "ack", "data:cards", "  ").code == 2
    file.write_text("chanels: []\n")
    bad = invoke("alerts", "list")
    assert bad.code == 2
    assert 'did you mean "channels"?' in bad.err
    assert invoke("doctor").code == 2


def test_an_import_tells_when_channels_are_configured_and_says_so(
    alarmed: Path, tmp_path: Path
) -> None:
    report = tmp_path / "r.sarif"
    run = {"tool": {"driver": {"name": "probe", "rules": []}}, "results": []}
    report.write_text(json.dumps({"version": "2.1.0", "runs": [run]}))
    ran = invoke("import", str(report), "--asset", "payments-api")
    assert ran.code == 0, ran.err
    assert "alerts: file: done: " in ran.err
    assert "warning: alerts" not in ran.err
    keys = {each["key"] for line in alarmed.read_text().splitlines()
            for each in json.loads(line)["alerts"]}  # fmt: skip
    assert "data:cards" in keys
    before = alarmed.read_text()
    invoke("import", str(report), "--asset", "payments-api")
    assert alarmed.read_text() == before
