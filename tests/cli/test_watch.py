"""`watch` and `incident` as scripts see them: documents by their schemas, exit codes, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from riskcockpit.services.context import Context
from riskcockpit.services.incident_rules import advance
from support.caches import finding
from support.cli import Ran, invoke
from support.deciding import model_rows

SCHEMAS = Path(__file__).resolve().parents[2] / "docs/schemas"
HOSTILE = "[@click=app.quit]x[/] \x1b]52;c;ZXZpbA==\x07"


def document(ran: Ran, name: str, code: int = 0) -> dict[str, Any]:
    assert ran.code == code, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(found, json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")))
    return found


@pytest.fixture
def incident(home: Path) -> str:
    """The id of an incident of a home with a model beyond its limit."""
    assert invoke("init").code == 0
    ctx = Context.open()
    drop = finding(
        f"drop {HOSTILE}", severity=4, model="fraud", asset="fraud", **{"class": "model"}
    )
    with ctx.store.writer() as tx:
        tx.append("finding", [drop])
        for table, rows in model_rows().items():
            tx.append(table, rows)
    assert advance(ctx) == ""
    (found,) = document(invoke("incident", "list", "--json"), "incidents")["incidents"]
    return str(found["id"])


def test_a_model_is_explained_guard_by_guard(incident: str) -> None:
    del incident
    found = document(invoke("watch", "explain", "fraud", "--json"), "automation")
    (rule,) = found["rules"]
    assert (rule["rule"], rule["metric"]) == ("accuracy-lost", "accuracy")
    assert [check["name"] for check in rule["conditions"]][:2] == ["measured", "fresh"]
    ran = invoke("watch", "explain", "fraud")
    assert "STALE" in ran.out, "the readings of the home are old"
    assert "NO  fresh" in ran.out
    assert invoke("watch", "explain", "frauds").code == 2


def test_the_switch_is_turned_off_and_on(home: Path) -> None:
    assert invoke("init").code == 0
    plan = document(invoke("watch", "stop", "-m", "tests", "--dry-run", "--json"), "preview")
    assert plan["title"] == "Stop all automation"
    assert document(invoke("watch", "health", "--json"), "watch_health", 1)["stopped"] == ""
    assert (
        document(invoke("watch", "stop", "-m", "tests", "--json"), "watch_policy")["missing"] == ""
    )
    assert document(invoke("watch", "health", "--json"), "watch_health", 1)["stopped"]
    assert invoke("watch", "resume", "--yes", "-m", "").code == 2
    assert "Let automation go on" in invoke("watch", "resume", "-m", "over", "--dry-run").out
    assert invoke("watch", "resume", "-m", "over").code == 2
    assert invoke("watch", "resume", "--yes", "-m", "over").code == 0
    assert document(invoke("watch", "health", "--json"), "watch_health", 1)["stopped"] == ""

    ctx = Context.open()
    key = ctx.paths.config / ctx.settings.identity.key
    key.rename(key.with_name("away"))
    told = document(invoke("watch", "stop", "-m", "tests", "--json"), "watch_policy", 5)
    assert told["done"] == "stopped on this computer"
    assert "others that share it are not told" in told["missing"]
    assert "tests" in document(invoke("watch", "health", "--json"), "watch_health", 1)["stopped"]


def test_rules_edited_by_hand_are_named_refused_restored_or_signed(incident: str) -> None:
    file = Context.open().paths.ledger / "policy" / "automation.yaml"

    def state() -> dict[str, Any]:
        files = document(invoke("policy", "status", "--json"), "policy")["files"]
        by_name: dict[str, dict[str, Any]] = {each["file"]: each for each in files}
        return by_name.get("policy/automation.yaml", {})

    assert state() == {}
    assert invoke("watch", "adopt", "--yes").code == 0
    assert state()["state"] == "in_force"
    signed = file.read_bytes()
    file.write_bytes(signed.replace(b"windows: 2", b"windows: 1"))
    assert (state()["state"], state()["lines"][:2]) == (
        "edited", ["-    windows: 2", "+    windows: 1"],
    )  # fmt: skip
    refused = invoke("incident", "ack", incident)
    assert refused.code == 5
    assert "policy/automation.yaml was edited, and nobody signed the change" in refused.err
    assert "policy-signed" in refused.err
    assert "policy-signed" in invoke("watch", "explain", "fraud").out
    assert "policy-signed" in invoke("watch", "resume", "-m", "tests", "--yes").err
    assert invoke("policy", "restore", "policy/automation.yaml").code == 0
    assert file.read_bytes() == signed
    assert invoke("incident", "ack", incident).code == 0
    file.write_bytes(signed.replace(b"windows: 2", b"windows: 1"))
    (change,) = document(invoke("policy", "sign", "--yes", "--json"), "policy_change")["changes"]
    assert change["summary"] == "changes policy/automation.yaml"
    assert state()["state"] == "in_force"


def test_one_cycle_is_told_event_by_event(home: Path) -> None:
    assert invoke("init").code == 0
    lines = invoke("watch", "run", "--once", "--json").out.splitlines()
    schema = json.loads((SCHEMAS / "watch_event.json").read_text(encoding="utf-8"))
    for line in lines:
        jsonschema.validate(json.loads(line), schema)
    assert [json.loads(line)["kind"] for line in lines] == ["started", "stopping"]
    assert invoke("watch", "run", "--once", "--cycle", "soon").code == 2
    assert json.loads(invoke("watch", "schema").out)["title"] == "riskcockpit automation"


def test_an_incident_is_looked_after_to_its_end(incident: str) -> None:
    assert "\x1b" not in invoke("incident", "show", incident).out
    shown = document(invoke("incident", "show", incident, "--json"), "incident")
    assert (shown["state"], shown["severity"]) == ("open", "critical")
    me = Context.open().signer().principal
    for how in ([], ["--dry-run"]):
        nobody = invoke("incident", "assign", incident, f"{me}x", *how)
        assert (nobody.code, f"did you mean {me}?" in nobody.err) == (2, True)
    for way in ("--yes", "--dry-run"):
        stands = invoke("incident", "resolve", incident, "-m", "over", way)
        assert (stands.code, "--despite-alarms" in stands.err) == (5, True)
    word = invoke("incident", "contain", incident, "-m", "unused", "--dry-run")
    assert (word.code, "its alarm stands: drop" in word.err) == (0, True)
    for arguments, state in (
        (("ack", incident), "acknowledged"),
        (("assign", incident, me), "acknowledged"),
        (("resolve", incident, "--yes", "--despite-alarms", "-m", "unused"), "resolved"),
        (
            ("review", incident, "--yes", "-m", "a second load is refused by the loader now"),
            "reviewed",
        ),
    ):
        document(invoke("incident", *arguments, "--dry-run", "--json"), "preview")
        if "--yes" in arguments:
            assert invoke("incident", *(each for each in arguments if each != "--yes")).code == 2
        found = document(invoke("incident", *arguments, "--json"), "incident")
        assert found["state"] == state
    shown = document(invoke("incident", "show", incident, "--json"), "incident")
    assert shown["owner"] == me
    assert invoke("incident", "ack", incident).code == 5
    assert document(invoke("incident", "list", "--json"), "incidents")["incidents"] == []
    assert "reviewed" in invoke("incident", "list", "--all").out


def test_a_runbook_waits_for_a_person_and_says_how_to_go_on(incident: str) -> None:
    books = document(invoke("incident", "runbooks", "--json"), "runbooks")["runbooks"]
    assert {book["id"] for book in books} == {"model-breach", "data-breach"}
    look = invoke("incident", "run", "model-breach", "--incident", incident, "--dry-run")
    assert (look.code, "would failed  contain" in look.out) == (0, True), "its readings are old"
    wrong = invoke("incident", "run", "data-breach", "--incident", incident, "--yes")
    assert (wrong.code, "for this one: model-breach" in wrong.err) == (5, True)
    own = Context.open().paths.config / "runbooks"
    own.mkdir()
    steps = (
        "[{id: look, title: a, do: ledger}, {id: stop, title: b, say: pause}, "
        "{id: repair, title: c, say: load}]"
    )
    (own / "own.yaml").write_text(f"id: own\ntitle: t\nrules: [model-breach]\nsteps: {steps}\n")
    asked = ("incident", "run", "own", "--incident", incident)
    ahead = document(invoke(*asked, "--dry-run", "--json"), "runbook_run")
    assert [step["state"] for step in ahead["steps"]] == ["would", "would", "would"]
    assert invoke(*asked).code == 2, "nobody can be asked"
    found = document(invoke(*asked, "--yes", "--json"), "runbook_run", 5)
    assert [(step["id"], step["done"]) for step in found["steps"]] == [
        ("look", True), ("stop", False),
    ]  # fmt: skip
    done = ("--done", "stop=paused the jobs", "--done", "repair=loaded it again")
    found = document(invoke(*asked, *done, "--yes", "--json"), "runbook_run")
    assert found["complete"]
    again = invoke(*asked, "--yes", "--json")
    assert document(again, "runbook_run")["steps"] == []
    assert "every step was taken already" in again.err
    assert invoke(*asked, "--done", "stop", "--yes").code == 2


def test_a_drill_on_simulators_counts_for_the_kpi(home: Path) -> None:
    assert invoke("init").code == 0
    found = document(invoke("incident", "drill", "--yes", "--json"), "runbook_run")
    assert [step["id"] for step in found["steps"]] == [
        "look", "explain", "data", "contain", "verify", "tell",
    ]  # fmt: skip
    assert found["complete"]
    kpi = json.loads(invoke("kpis", "show", "rollback-drill-age", "--json").out)
    assert "drill passed" in json.dumps(kpi)
