"""The command line as scripts see it: exit codes, documents, streams, hostile text."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import shutil
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from riskcockpit.cli.app import run
from riskcockpit.cli.decisions import stops_at
from riskcockpit.cli.output import json_document
from riskcockpit.config.credentials import remember
from riskcockpit.controls.cases import fill
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.untrusted import DANGEROUS
from riskcockpit.formats.writing.generic import COLUMNS
from riskcockpit.ledger import checkpoint, journal
from riskcockpit.ledger.tail import disk_error
from riskcockpit.services.context import Context
from riskcockpit.store import durable
from riskcockpit.views.governance import DecisionPreview
from support.cli import Ran, commands, invoke

SCHEMAS = Path(__file__).resolve().parents[2] / "docs/schemas"
HOSTILE = "[@click=app.quit]x[/] \x1b]52;c;ZXZpbA==\x07 \u202eevil\u200b \x9b31m"


def sarif(*results: dict[str, Any], tool: str = "probe") -> str:
    """A SARIF report of one successful run."""
    run = {
        "tool": {"driver": {"name": tool, "rules": []}},
        "invocations": [{"executionSuccessful": True}],
        "results": list(results),
    }
    return json.dumps({"version": "2.1.0", "runs": [run]})


def result(rule: str, path: str, line: int, text: str = "a fault") -> dict[str, Any]:
    """One SARIF result."""
    place = {"artifactLocation": {"uri": path}, "region": {"startLine": line}}
    return {
        "ruleId": rule,
        "level": "error",
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report of two faults, one of them with a hostile message."""
    file = tmp_path / "scan.sarif"
    file.write_text(sarif(result("R1", "src/a.py", 3), result("R2", "src/b.py", 9, HOSTILE)))
    return file


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set-up home with the report imported; made away from any repository with a remote."""
    folder = tmp_path_factory.mktemp("prepared")
    file = folder / "scan.sarif"
    file.write_text(sarif(result("R1", "src/a.py", 3), result("R2", "src/b.py", 9, HOSTILE)))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("RISKCOCKPIT_HOME", str(folder / "home"))
        assert invoke("init").code == 0
        assert invoke("import", str(file), "--asset", "payments-api").code == 0
    return folder / "home"


@pytest.fixture
def filled(home: Path, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The prepared home, for one test to change."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(prepared, home)
    return home


def document(ran: Ran, name: str) -> dict[str, Any]:
    """The one JSON document on stdout, valid by its schema."""
    found: dict[str, Any] = json.loads(ran.out)
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.validate(found, schema)
    return found


def first_id() -> str:
    """The id of some finding."""
    found = document(invoke("findings", "list", "--json"), "findings")
    return str(found["findings"][0]["id"])


def test_without_arguments_and_without_a_terminal_the_help_is_printed(home: Path) -> None:
    ran = invoke()
    assert ran.code == 0
    assert "Commands:" in ran.out
    assert not home.exists()


def test_init_makes_a_working_home_that_only_its_owner_can_read(home: Path) -> None:
    document(invoke("init", "--json"), "init")
    for path in (home, *home.rglob("*")):
        if path.suffix == ".pub":
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    assert invoke("config", "validate").code == 0
    checks = document(invoke("doctor", "--json"), "doctor")["checks"]
    assert {c["name"]: c["state"] for c in checks}["identity"] == "ok"


def test_init_again_keeps_everything(home: Path) -> None:
    invoke("init")
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    steps = document(invoke("init", "--json"), "init")["steps"]
    assert {step["word"] for step in steps} <= {"kept", "found"}
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_the_second_import_of_a_report_changes_nothing(filled: Path, report: Path) -> None:
    generation = document(invoke("status", "--json"), "status")["generation"]
    ran = invoke("import", str(report), "--asset", "payments-api", "--json")
    totals = document(ran, "import")["totals"]
    assert (totals["read"], totals["unchanged"], totals["new"], totals["fixed"]) == (2, 2, 0, 0)
    assert document(invoke("status", "--json"), "status")["generation"] == generation


def test_a_dry_run_counts_and_changes_nothing(home: Path, report: Path) -> None:
    ran = invoke("import", str(report), "--dry-run", "--json")
    found = document(ran, "import")
    assert found["dry_run"] is True
    assert found["totals"]["new"] == 2
    assert document(invoke("status", "--json"), "status")["generation"] == 0


def test_an_import_that_nobody_could_sign_says_so(home: Path, report: Path) -> None:
    found = document(invoke("import", str(report), "--json"), "import")
    assert "not in the ledger" in found["notes"][0]
    assert "not in the ledger" not in invoke("import", str(report)).err  # nothing was to sign
    report.write_text(sarif(result("R1", "src/a.py", 3)))
    assert "warning: this import is not in the ledger" in invoke("import", str(report)).err


def test_an_unknown_format_is_named_and_does_not_stop_the_others(
    home: Path, report: Path, tmp_path: Path
) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("nothing a scanner wrote")
    ran = invoke("import", str(other), str(report), "--json")
    assert ran.code == 3
    files = {Path(f["path"]).name: f for f in document(ran, "import")["files"]}
    assert files["notes.txt"]["error"]
    assert files["notes.txt"]["hint"]
    assert files["scan.sarif"]["new"] == 2


def test_a_report_is_read_from_stdin(home: Path, report: Path) -> None:
    ran = invoke("import", "-", "--asset", "payments-api", "--json", stdin=report.read_bytes())
    assert ran.code == 0
    assert document(ran, "import")["totals"]["new"] == 2


def test_a_set_up_on_a_full_disk_leaves_nothing_that_the_next_would_keep(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fchmod", full)
        ran = invoke("init")
    assert (ran.code, "No space left" in ran.err) == (2, True)
    assert [path for path in home.rglob("*") if path.is_file()] == []
    assert invoke("init").code == 0
    (home / "config" / "signing_key.pub").write_text("")
    ran = invoke("init")
    assert (ran.code, "ssh-keygen -y -f" in ran.err) == (2, True)


@pytest.mark.parametrize("option", ["--asset", "--scope"])
def test_a_name_that_is_empty_is_refused_and_others_are_cleaned(
    home: Path, report: Path, option: str
) -> None:
    ran = invoke("import", str(report), option, " ")
    assert (ran.code, f"{option} is empty" in ran.err) == (2, True)
    assert invoke("import", str(report), option, "a\x1b[31m").code == 0
    found = document(invoke("query", "SELECT asset, category FROM finding", "--json"), "query")
    assert "a\ufffd[31m" in found["rows"][0]


def test_a_file_that_is_not_there_is_named(home: Path) -> None:
    ran = invoke("import", "missing.sarif")
    assert ran.code in (2, 3)
    assert "missing.sarif" in ran.err


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("status",), "status"),
        (("findings", "list"), "findings"),
        (("findings", "list", "--explain", "severity>=high age>2d"), "compiled_query"),
        (("findings", "facets"), "facets"),
        (("models", "list"), "models"),
        (("controls", "list"), "controls"),
        (("controls", "test", "findings-owned"), "control_cases"),
        (("controls", "explain", "findings-owned"), "control"),
        (("controls", "run", "vex-reviewed"), "control_run"),
        (("kpis", "list"), "kpis"),
        (("kpis", "show", "open-critical"), "kpi"),
        (("compliance",), "compliance"),
        (("compliance", "dora"), "compliance"),
        (("sources", "list"), "sources"),
        (("actions", "list"), "actions"),
        (("waivers", "list"), "waivers"),
        (("requests", "list"), "requests"),
        (("ledger", "log"), "ledger"),
        (("ledger", "verify"), "ledger_verification"),
        (("doctor",), "doctor"),
        (("config", "show"), "config"),
        (("query", "select id, severity, first_seen from finding order by id"), "query"),
        (("sync",), "sync"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_every_read_command_prints_one_valid_document(
    filled: Path, arguments: tuple[str, ...], name: str
) -> None:
    ran = invoke(*arguments, "--json")
    assert ran.code == 0, ran.err
    document(ran, name)
    plain = invoke(*arguments)
    assert plain.code == 0, plain.err


@pytest.mark.parametrize("verb", ["show", "why"])
def test_one_finding_is_shown_and_explained_by_a_prefix_of_its_id(filled: Path, verb: str) -> None:
    known = first_id()
    ran = invoke("findings", verb, known[:8], "--json")
    assert document(ran, {"show": "finding", "why": "why"}[verb])["id"] == known
    assert invoke("findings", verb, known[:8]).code == 0


@pytest.mark.parametrize("verb", ["show", "timeline"])
def test_one_model_is_a_valid_document(filled: Path, verb: str) -> None:
    ctx = Context.open()
    with ctx.store.writer() as tx:
        fill(
            tx,
            {
                "model": [{"name": "fraud", "tier": 1}],
                "model_version": [{"model": "fraud", "version": 7, "status": "READY"}],
                "model_alias": [{"model": "fraud", "alias": "champion", "version": 7}],
            },
            ctx.clock.now(),
        )
    found = document(invoke("models", verb, "fraud", "--json"), "model")
    assert (found["name"], found["champion"]["version"]) == ("fraud", 7)
    assert invoke("models", verb, "fraud").code == 0


def test_a_refusal_is_a_document_too(filled: Path) -> None:
    ran = invoke("undo", "--yes", "--json")
    assert ran.code == 5
    decision = document(ran, "decision")["decision"]
    assert (decision["state"], decision["rule"], decision["id"]) == ("refused", "undo-own", "")
    assert "error: " in ran.err


class _Terminal(io.StringIO):
    """A stdout that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [60, 80, 120])
def test_on_a_terminal_no_line_wraps_and_ids_stay(
    filled: Path, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    known = first_id()
    shown = {
        command: invoke(*command, stdout=_Terminal()).out.splitlines()
        for command in (("findings", "list"), ("ledger", "log"), ("status",))
    }
    for command, lines in shown.items():
        kpis = [line for line in lines if "≤" in line or "≥" in line]
        for line in lines if command != ("status",) else kpis:
            assert len(line) <= max(80, width), line
    assert any(line.startswith(known[:10]) for line in shown["findings", "list"])
    entry = document(invoke("ledger", "log", "--json"), "ledger")["entries"][0]["hash"]
    assert shown["ledger", "log"][1].startswith(entry[:10])


def test_an_unknown_id_is_a_usage_error_with_a_hint(filled: Path) -> None:
    ran = invoke("findings", "show", "ffffffff")
    assert ran.code == 2
    assert "ffffffff" in ran.err
    assert "hint:" in ran.err


def test_a_bad_query_names_the_position_and_the_nearest_field(filled: Path) -> None:
    ran = invoke("findings", "list", "state:open severty>=high")
    assert ran.code == 2
    assert "severty" in ran.err
    assert "severity" in ran.err
    lines = ran.err.splitlines()
    caret = next(line for line in lines if line.strip() == "^")
    query = lines[lines.index(caret) - 1]
    assert query[caret.index("^") :].startswith("severty")


def test_a_negated_term_is_a_query_and_a_mistyped_option_is_not(filled: Path) -> None:
    assert invoke("findings", "list", "-waived", "--json").code == 0
    for mistyped in (("--jsn",), ("-kev", "--limit")):
        ran = invoke("findings", "list", *mistyped)
        assert ran.code == 2
        assert mistyped[-1] in ran.err


def test_a_negated_term_says_yes_to_no_question(filled: Path) -> None:
    ran = invoke(
        "waive", "severity:high", "-severity:critical", "--reason", "deferred",
        "--justification", "mended in the next release", "--expires", "7d",
    )  # fmt: skip
    assert ran.code == 2
    assert "--yes" in ran.err


def test_hostile_text_reaches_no_terminal_and_no_spreadsheet_as_anything_but_text(
    filled: Path,
) -> None:
    known = [f["id"] for f in json.loads(invoke("findings", "list", "--json").out)["findings"]]
    runs = [
        invoke("findings", "list"),
        invoke("findings", "list", "--format", "csv"),
        invoke("findings", "list", "--format", "markdown"),
        invoke("status"),
        *(invoke("findings", "show", each) for each in known),
        *(invoke("findings", "why", each) for each in known),
        invoke("query", "select title, description from finding"),
    ]
    for ran in runs:
        assert ran.code == 0, ran.err
        for refused in "\x1b\x07\x9b\u202e\u200b":
            assert refused not in ran.out + ran.err
    assert any("[@click=app.quit]x[/]" in ran.out for ran in runs)


def test_csv_cells_are_never_formulas(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "formula.sarif"
    file.write_text(sarif(result("R1", "a.py", 1, "=HYPERLINK(1)")))
    assert invoke("import", str(file)).code == 0
    rows = list(csv.reader(io.StringIO(invoke("findings", "list", "--format", "csv").out)))
    assert len(rows) == 2
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize(
    "sql",
    ["delete from finding", "select 1; drop table finding", "copy finding to 'x.csv'",
     "select * from read_text('/etc/hostname')", "attach 'x.duckdb'",
     "with x as (delete from finding returning *) select * from x"],
)  # fmt: skip
def test_query_reads_the_cache_and_does_nothing_else(filled: Path, sql: str) -> None:
    ran = invoke("query", sql)
    assert ran.code == 2
    assert ran.err.startswith("error: ")
    assert document(invoke("findings", "list", "--json"), "findings")["total"] == 2


def test_csv_is_for_machines(filled: Path) -> None:
    known = document(invoke("findings", "list", "--json"), "findings")["findings"]
    listed = ("findings", "list", "--format", "csv")
    for command, keys in ((("findings", "export"), set(COLUMNS)), (listed, set(known[0]))):
        rows = list(csv.DictReader(io.StringIO(invoke(*command).out)))
        assert [row["id"] for row in rows] == [each["id"] for each in known]
        for row, each in zip(rows, known, strict=True):
            assert set(row) == keys
            assert row["first_seen"] == each["first_seen"]
            assert float(row["exposure"]) == each["exposure"]
    nothing = invoke(*listed, "tool:nobody")
    assert nothing.out.splitlines() == [",".join(known[0])]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("findings", "list", "tool:nobody"), "nothing is in the cache yet"),
        (("findings", "facets"), "nothing is in the cache yet"),
        (("models", "list"), "no model is known"),
        (("actions", "list"), "no decision"),
        (("ledger", "log"), "no entry"),
    ],
)
def test_an_empty_list_is_said_on_stderr(
    home: Path, arguments: tuple[str, ...], words: str
) -> None:
    ran = invoke(*arguments)
    assert (ran.code, ran.out) == (0, "")
    assert words in ran.err


def test_a_query_that_matches_nothing_of_what_is_there_says_so(filled: Path) -> None:
    for arguments in (("findings", "list", "tool:nobody"), ("findings", "facets", "tool:nobody")):
        assert "no finding matches" in invoke(*arguments).err


def test_a_control_that_is_being_written_is_judged_row_by_row_before_it_is_published(
    filled: Path,
) -> None:
    assert invoke("controls", "new", "own-thing").code == 0
    file = filled / "config" / "controls" / "own" / "own-thing.sql"
    file.write_text(file.read_text().replace("WHERE tier <= $tier", "WHERE tier >= $tier"))
    ran = invoke("controls", "run", "own-thing")
    assert ran.code == 1
    row = next(line.split() for line in ran.out.splitlines() if "payments-api" in line)
    assert row == ["own-thing", "alarm", "payments-api", "nobody", "owns", "it"]


def test_a_note_is_part_of_the_history_of_its_finding(filled: Path) -> None:
    known = first_id()
    assert invoke("note", known, "seen with the team").code == 0
    history = document(invoke("findings", "show", known, "--json"), "finding")["history"]
    assert [each["kind"] for each in history] == ["created", "note"]
    assert "seen with the team" in history[-1]["detail"]


@pytest.mark.parametrize("arguments", [("status",), ("init",), ("findings", "list")])
def test_a_home_that_cannot_be_used_is_named_and_is_no_bug(
    home: Path, arguments: tuple[str, ...]
) -> None:
    home.write_text("a file where the home should be")
    ran = invoke(*arguments)
    assert ran.code == 2
    assert str(home) in ran.err
    assert "Traceback" not in ran.err
    doctor = document(invoke("doctor", "--json"), "doctor")["checks"]
    assert "fail" in {check["state"] for check in doctor}


def test_a_report_into_a_home_without_permission_is_refused_in_words(
    home: Path, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(home / "state"))

    monkeypatch.setattr(Path, "mkdir", refused)
    ran = invoke("import", str(report))
    assert ran.code == 2
    assert f"cannot use {home / 'state'}: Permission denied" in ran.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_device_is_said_and_is_no_bug(filled: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "riskcockpit", "status"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert ran.returncode == 3
    assert ran.stderr.startswith("error: cannot write the output: No space left on device")
    assert "Traceback" not in ran.stderr


def test_a_full_disk_takes_no_decision_back_and_is_no_ledger_that_does_not_verify(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_room = OSError(errno.ENOSPC, "No space left on device")

    def full(*_: object) -> None:
        raise no_room

    def cut(*_: object) -> None:
        raise disk_error("cannot write to the ledger", no_room)

    known = first_id()
    assert invoke("note", known, "there is room").code == 0
    monkeypatch.setattr(checkpoint, "write", full)
    ran = invoke("note", known, "no room for a checkpoint", "--json")
    assert ran.code == 0, "the entry stands: a script that repeats it would decide twice"
    entry = document(ran, "decision")["decision"]["id"]
    assert "no checkpoint was signed" in ran.out + ran.err
    assert invoke("ledger", "show", entry[:12]).code == 0
    assert invoke("ledger", "verify").code == 0
    chain = next((filled / "ledger" / "chains").iterdir())
    before = chain.read_bytes()
    monkeypatch.setattr(journal, "append_line", cut)
    ran = invoke("note", known, "no room at all")
    assert (ran.code, chain.read_bytes()) == (2, before)
    assert "make room: nothing was written" in ran.err


def test_the_clock_is_held_against_the_ledger(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clock() -> dict[str, str]:
        checks = document(invoke("doctor", "--json"), "doctor")["checks"]
        return next(check for check in checks if check["name"] == "clock")

    assert clock()["state"] == "ok"
    early = FrozenClock(datetime(2020, 1, 1, tzinfo=UTC))
    monkeypatch.setattr("riskcockpit.services.context.SystemClock", lambda: early)
    assert clock()["state"] == "fail"
    assert "set the clock" in clock()["hint"]


def test_settings_are_shown_as_they_are_written(filled: Path) -> None:
    rows = document(invoke("config", "show", "--json"), "config")["settings"]
    values = {row["path"]: row["value"] for row in rows}
    assert values["context.production"] == "false"
    assert (values["assets"], values["cockpit.keys"]) == ("[]", "{}")
    assert values["sla.kev_days"] == "14"


def test_an_explained_query_has_no_word_of_python(filled: Path) -> None:
    ran = invoke("findings", "list", "--explain", "age>48h title:a*")
    assert ran.code == 0
    assert "datetime" not in ran.out


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("1.25::decimal(9, 2)", 1.25),
        ("12345678901234567890::hugeint", 12345678901234567890),
        ("'nan'::double", None),
        ("date '2026-02-01'", "2026-02-01"),
        ("time '10:30:00'", "10:30:00"),
        ("interval 36 hour", "1 day, 12:00:00"),
        ("'ab'::blob", "6162"),
        ("[1.5::decimal(3, 1)]", [1.5]),
        ("{'a': date '2026-02-01'}", {"a": "2026-02-01"}),
        ("chr(155) || chr(127) || chr(8238) || 'ü'", "\x9b\x7f\u202eü"),
    ],
)
def test_a_query_of_any_type_is_one_valid_document_without_an_escape(
    filled: Path, sql: str, value: object
) -> None:
    ran = invoke("query", f"select {sql} as x", "--json")
    assert ran.code == 0, ran.err
    assert document(ran, "query")["rows"] == [[value]]
    assert not set("\x9b\x7f\u202e") & set(ran.out)
    assert "NaN" not in ran.out
    for kind in ("table", "csv", "markdown"):
        assert invoke("query", f"select {sql} as x", "--format", kind).code == 0


@pytest.mark.parametrize(
    "arguments",
    [("rollback", "fraud"), ("waive", "a1b2c3", "--reason", "deferred", "--justification",
      "the scanner reads a test fixture as code", "--expires", "3d")],
)  # fmt: skip
def test_a_decision_before_anything_was_read_is_no_bug(
    home: Path, arguments: tuple[str, ...]
) -> None:
    assert invoke("init").code == 0
    ran = invoke(*arguments, "--yes")
    assert ran.code == 2
    assert "there is no cache yet" in ran.err


def test_a_waiver_is_previewed_decided_and_undone(filled: Path) -> None:
    known = first_id()
    arguments = ["waive", known, "--reason", "false_positive", "--expires", "20d",
                 "--justification", "the scanner reads a test fixture as code"]  # fmt: skip
    ran = invoke(*arguments, "--dry-run", "--json")
    assert document(ran, "preview")["finding_count"] == 1
    unasked = invoke(*arguments)
    assert unasked.code == 2
    assert "--yes" in unasked.err
    decided = document(invoke(*arguments, "--yes", "--json"), "decision")["decision"]
    assert decided["state"] in ("granted", "requested")
    assert invoke("ledger", "verify").code == 0
    shown = document(invoke("waivers", "show", decided["id"][:10], "--json"), "waiver")
    assert (shown["standing"], shown["kind"]) == ("requested", "false_positive")
    assert [each["why_not"] for each in shown["list"]] == ["the waiver is requested"]
    (waiting,) = document(invoke("requests", "list", "--json"), "requests")["requests"]
    assert (waiting["id"], waiting["may_approve"]) == (decided["id"], False)
    told = document(invoke("requests", "show", decided["id"][:10], "--json"), "request")
    assert (told["state"], told["facts"]["request"]) == ("requested", decided["id"])
    assert [each["id"] for each in told["findings"]] == [known]
    assert decided["id"] in invoke("requests", "show", decided["id"][:10]).out
    found = document(invoke("actions", "may", decided["id"], "--json"), "permissions")
    assert {each["deed"]: each["allowed"] for each in found["permissions"]}["revoke"] is True
    undone = invoke("undo", "--yes", "--json")
    assert undone.code == 0, undone.err
    state = document(invoke("findings", "show", known, "--json"), "finding")["state"]
    assert state == "open"
    assert document(invoke("ledger", "verify", "--json"), "ledger_verification")["ok"] is True


def test_no_line_break_in_a_note_draws_a_line_of_its_own(filled: Path) -> None:
    breaks = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\r"
    text = "".join(f"seen{each}[ok] approved by ben" for each in breaks)
    noted = document(invoke("note", first_id(), text, "--json"), "decision")["decision"]
    shown = invoke("ledger", "show", noted["id"]).out
    assert "[ok] approved" in shown
    assert not any(line.startswith("[ok]") for line in shown.splitlines())
    assert shown.splitlines() == shown.rstrip("\n").split("\n")


def test_what_an_openvex_has_no_place_for_is_counted(filled: Path) -> None:
    ran = invoke("findings", "export", "--format", "openvex")
    assert json.loads(ran.out)["statements"] == []
    assert "2 of 2 findings name no vulnerability and are not in the OpenVEX" in ran.err
    assert "OpenVEX" not in invoke("findings", "export", "--format", "sarif").err


def test_a_ledger_whose_signers_are_no_text_is_told_in_one_document(filled: Path) -> None:
    with (filled / "ledger" / "allowed_signers").open("ab") as file:
        file.write(b"# \xff\n")
    ran = invoke("ledger", "verify", "--json")
    assert ran.code == 4
    found = document(ran, "ledger_verification")
    assert any("not UTF-8" in each["why"] for each in found["problems"])


def test_a_form_is_opened_refused_by_its_line_kept_and_handed_in(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, editor = first_id(), tmp_path / "editor"
    assert invoke("waive", known, "--reason", "deferred").code == 2  # no end, no justification
    monkeypatch.delenv("VISUAL", raising=False)
    editor.write_text("#!/bin/sh\nsed -i 's/^reason:.*/reason: false_positive/' \"$1\"\n")
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    refused = invoke("waive", known, "--edit", "--expires", "20d", "--yes")
    assert refused.code == 2
    (draft,) = (filled / "state" / "drafts").iterdir()
    assert stat.S_IMODE(draft.stat().st_mode) == 0o600
    line = draft.read_text().splitlines().index("justification:") + 1
    assert f"line {line}: justification is empty" in refused.err
    assert f"--form {draft}" in refused.err
    editor.write_text("#!/bin/sh\nsed -i 's/^justification:.*/&a fixture of the tests/' \"$1\"\n")
    done = invoke("waive", "--edit", "--form", str(draft), "--yes", "--json")
    assert document(done, "decision")["decision"]["state"] in ("granted", "requested")
    assert draft.exists()  # named by its owner, it is theirs
    monkeypatch.setenv("EDITOR", "false")
    assert "ended with 1" in invoke("waive", known, "--edit").err


def test_an_import_is_taken_back_after_a_preview_and_can_be_made_again(
    filled: Path, report: Path
) -> None:
    seen = document(invoke("import", "--undo", "--dry-run", "--json"), "preview")
    assert seen["finding_count"] == 2
    assert invoke("import", "--undo").code == 2  # nobody can be asked
    assert invoke("import", "--undo", str(report)).code == 2
    decided = document(invoke("import", "--undo", "--yes", "--json"), "decision")["decision"]
    assert (decided["type"], decided["state"]) == ("undo", "granted")
    assert document(invoke("findings", "list", "--json"), "findings")["total"] == 0
    refused = invoke("import", "--undo", "--yes", "--json")
    assert refused.code == 5
    assert document(refused, "decision")["decision"]["rule"] == "undo-import-last"
    again = invoke("import", str(report), "--asset", "payments-api", "--json")
    assert document(again, "import")["totals"]["new"] == 2
    assert document(invoke("ledger", "verify", "--json"), "ledger_verification")["ok"] is True


def test_an_import_of_nothing_says_what_is_missing(home: Path) -> None:
    ran = invoke("import")
    assert ran.code == 2
    assert "no report was named" in ran.err


def test_a_finding_is_split_and_one_again(filled: Path) -> None:
    known = first_id()
    arguments = ["findings", "split", known, "--reason", "it is other code by now"]
    assert document(invoke(*arguments, "--dry-run", "--json"), "preview")["finding_count"] == 1
    decided = document(invoke(*arguments, "--yes", "--json"), "decision")["decision"]
    assert decided["type"] == "identity.split"
    assert document(invoke("findings", "list", "--json"), "findings")["total"] == 3
    why = document(invoke("findings", "why", known, "--json"), "why")
    assert "split" in {event["kind"] for event in why["events"]}
    assert invoke("undo", "--yes").code == 0
    assert document(invoke("findings", "list", "--json"), "findings")["total"] == 2
    both = [
        row["id"] for row in document(invoke("findings", "list", "--json"), "findings")["findings"]
    ]
    refused = invoke("findings", "merge", *both, "--reason", "no", "--yes", "--json")
    assert refused.code == 5
    assert document(refused, "decision")["decision"]["rule"] == "merge-absent-one"


def test_held_closures_are_released_from_the_command_line(filled: Path, tmp_path: Path) -> None:
    assert filled.exists()
    file = tmp_path / "many.sarif"
    file.write_text(sarif(*(result(f"r{n}", "a.py", n + 1) for n in range(50))))
    assert invoke("import", str(file), "--asset", "pay").code == 0
    file.write_text(sarif(result("r0", "a.py", 1)))
    ran = invoke("import", str(file), "--asset", "pay", "--complete")
    assert "riskcockpit findings release" in ran.err
    assert "49 would close (98 %)" in ran.err
    assert (
        document(invoke("findings", "release", "pay", "--dry-run", "--json"), "preview")[
            "finding_count"
        ]
        == 49
    )
    ran = invoke("findings", "release", "all", "--yes", "--json")
    assert document(ran, "decision")["decision"]["type"] == "closure.released"
    total = document(invoke("findings", "list", "state:fixed", "--json"), "findings")["total"]
    assert total == 49
    assert invoke("findings", "release", "all", "--yes").code == 2


@pytest.mark.parametrize("as_json", [False, True])
def test_a_dry_run_says_what_will_not_happen_too(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    """What a plan warns of is no less true when nothing is decided yet."""
    plan = DecisionPreview("Waive", "It ends.", "x", "local", False, (), "r", (), (),  # noqa: FBT003 - as the view has it
                           warnings=("github is not told: no credential",))  # fmt: skip
    assert stops_at(plan, dry_run=True, yes=False, as_json=as_json)
    assert "warning: github is not told: no credential" in capsys.readouterr().err


def test_an_answer_says_what_it_answers_and_is_all_or_nothing(filled: Path) -> None:
    why = "the scanner reads a test fixture as code"
    asked = [
        document(
            invoke("waive", known["id"], "--reason", "risk_accepted", "--expires", "20d",
                   "--justification", why, "--yes", "--json"),
            "decision",
        )["decision"]
        for known in document(invoke("findings", "list", "--json"), "findings")["findings"]
    ]  # fmt: skip
    assert {each["state"] for each in asked} == {"requested"}
    first, second = (each["id"] for each in asked)

    look = document(invoke("approve", first, "--dry-run", "--json"), "preview")
    assert look["facts"]["because"] == why
    assert look["finding_count"] == len(look["findings"]) == 1
    unasked = invoke("reject", first)
    assert unasked.code == 2
    assert why in unasked.err

    assert invoke("reject", first, second, "--yes", "--json").code == 2
    assert invoke("reject", first, "ffffffff", "--yes").code == 2
    refused = invoke("approve", first, second, "--yes")
    assert refused.code == 5
    assert "rule: waive-four-eyes" in refused.err
    waiting = "select count(*) from waiver where state = 'requested'"
    assert document(invoke("query", waiting, "--json"), "query")["rows"] == [[2]]

    done = invoke("reject", first, second, "--yes")
    assert done.code == 0
    assert done.out.count("rejected: waive 1 finding until") == 2
    assert "granted" not in done.out


def test_a_waiver_without_an_end_or_beyond_the_longest_is_refused(filled: Path) -> None:
    arguments = ["waive", first_id(), "--reason", "deferred", "--justification", "x" * 40, "--yes"]
    assert invoke(*arguments).code == 2
    assert invoke(*arguments, "--expires", "whenever").code == 2
    ran = invoke(*arguments, "--expires", "4000d")
    assert ran.code == 5
    assert "hint:" in ran.err
    tried = invoke(*arguments, "--expires", "4000d", "--dry-run", "--json")
    assert tried.code == 5, "a script that tries first is told no"
    assert document(tried, "preview")["blockers"]


def test_a_note_is_signed_and_listed(filled: Path) -> None:
    assert invoke("note", first_id(), "looked at it").code == 0
    entries = document(invoke("ledger", "log", "--json"), "ledger")["entries"]
    assert "note" in {entry["type"] for entry in entries}


def test_a_changed_ledger_does_not_verify(filled: Path) -> None:
    assert invoke("note", first_id(), "looked at it").code == 0
    chain = next((filled / "ledger/chains").glob("*.jsonl"))
    data = bytearray(chain.read_bytes())
    data[len(data) // 2] ^= 1
    chain.write_bytes(data)
    ran = invoke("ledger", "verify", "--json")
    assert ran.code == 4
    problems = document(ran, "ledger_verification")["problems"]
    assert problems
    listed = invoke("waivers", "list")
    assert listed.code == 0
    assert "the ledger does not verify, so nothing it says of waivers counts" in listed.err


def test_a_glass_is_not_broken_without_a_reason(filled: Path) -> None:
    ran = invoke("waive", first_id(), "--break-glass", " ", "--dry-run")
    assert ran.code == 2
    assert "say why it cannot wait for a second person" in ran.err


def test_a_cache_that_is_not_there_or_takes_nothing_is_no_bug(
    home: Path, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = invoke("query", "SELECT 1")
    assert empty.code == 2
    assert "there is no cache yet" in empty.err

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(durable, "_create", full)
    ran = invoke("import", str(report))
    assert ran.code == 2
    assert "cannot write the cache: No space left on device" in ran.err


def test_what_no_shell_should_hand_over_is_no_bug(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = invoke("findings", "list", "text:\udce9")  # a byte that is no UTF-8
    assert ran.code == 2
    assert "no UTF-8" in ran.err
    monkeypatch.setattr(sys, "argv", ["riskcockpit", "findings", "list"])
    monkeypatch.setattr(sys, "stdout", None)  # as `>&-` leaves it
    with pytest.raises(SystemExit) as ended:
        run()
    sys.stdout.close()
    assert ended.value.code in (0, None)


def test_looking_at_an_incident_wants_no_key(home: Path) -> None:
    ran = invoke("incident", "show", "abcd")
    assert ran.code == 2
    assert "there is no incident 'abcd'" in ran.err


def test_a_catalogue_of_kpis_that_cannot_be_used_is_told_by_doctor(filled: Path) -> None:
    (filled / "config" / "kpis.yaml").write_text("kpis: [{id: x}]\n")
    ran = invoke("doctor", "--json")
    assert ran.code == 2
    (check,) = [one for one in document(ran, "doctor")["checks"] if one["name"] == "KPIs"]
    assert check["state"] == "fail"
    assert "kpis.yaml" in check["detail"]


def test_a_list_without_rows_says_so(filled: Path) -> None:
    assert "no view is saved" in invoke("findings", "views").err
    assert "no finding matches" in invoke("findings", "facets", "tool:nope").err


def test_a_bug_ends_with_70_and_names_the_file_with_the_traceback(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr("riskcockpit.services.posture.posture", fail)
    ran = invoke("status")
    assert ran.code == 70
    crash = next((filled / "state").glob("crash-*.txt"))
    assert str(crash) in ran.err
    assert "ZeroDivisionError" in crash.read_text(encoding="utf-8")
    assert stat.S_IMODE(crash.stat().st_mode) == 0o600


def test_a_bug_that_names_a_credential_does_not_print_or_keep_it(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = "-".join(["a", "made", "up", "credential"])
    remember(value)

    def fail(_: object) -> None:
        raise ZeroDivisionError(f"sent {value} \udcff")

    monkeypatch.setattr("riskcockpit.services.posture.posture", fail)
    ran = invoke("status")
    crash = next((filled / "state").glob("crash-*.txt")).read_text(encoding="utf-8")
    assert (ran.code, value in ran.err, value in crash) == (70, False, False)
    assert "sent ***" in crash


def test_broken_settings_are_a_usage_error_with_the_line(home: Path) -> None:
    invoke("init")
    (home / "config/riskcockpit.yaml").write_text("context:\n  nmae: x\n")
    for arguments in (("status",), ("config", "validate")):
        ran = invoke(*arguments)
        assert ran.code == 2
        assert "line 2" in ran.err
    assert invoke("doctor").code == 2


def test_the_help_of_a_group_looks_like_all_help() -> None:
    ran = invoke("findings", "--help")
    assert ran.code == 0
    assert ran.out.isascii()
    assert "Commands:" in ran.out


def test_every_command_that_reads_or_decides_has_json() -> None:
    without = {path for path, command in commands() if "--json" not in
               {name for p in command.params for name in p.opts}}  # fmt: skip
    # JSON itself; has --format json; say one line on stderr; is a screen
    assert without == {
        "config schema",
        "findings export",
        "findings save",
        "findings forget",
        "tui",
        "watch schema",
    }


def test_a_mapping_of_ones_own_is_tested_listed_detected_and_imported(
    home: Path, tmp_path: Path
) -> None:
    assert invoke("init").code == 0
    mapping = home / "config/formats/tiny.yaml"
    mapping.parent.mkdir()
    mapping.write_text(
        "name: tiny\ntitle: Tiny\nkind: json\nwhen: {has: [tiny]}\ntool: Tiny\n"
        "records: tiny[*]\nfields: {title: t, severity: s, file_path: f}\n"
        'cases:\n  - {name: one, content: \'{"tiny": [{"t": "x", "s": "low"}]}\', read: 1}\n'
        "  - {name: wrong, content: '{\"tiny\": []}', read: 1}\n"
    )
    assert "none was named" in invoke("formats", "test", "auto").err
    tried = invoke("formats", "test", str(mapping))
    assert tried.code == 1
    assert "ok    one: read 1" in tried.out
    assert "read is 0, not 1" in tried.out
    report = tmp_path / "r.json"
    report.write_text('{"tiny": [{"t": "a fault", "s": "high", "f": "a.py"}]}')
    assert document(invoke("formats", "list", "--json"), "formats")["formats"][0]["name"] == "tiny"
    seen = document(invoke("formats", "detect", str(report), "--json"), "detected")
    assert seen["files"][0]["format"] == "tiny"
    shown = document(invoke("formats", "test", "tiny", str(report), "--json"), "format_test")
    assert shown["readings"][0]["findings"][0]["path"] == "a.py"
    files = document(invoke("import", str(report), "--json"), "import")["files"]
    assert (files[0]["format"], files[0]["new"]) == ("tiny", 1)
    assert "Tiny" in invoke("formats", "show", "tiny").out


def test_a_mapping_of_the_name_of_a_format_of_ours_stands_in_its_place(
    home: Path, tmp_path: Path
) -> None:
    assert invoke("init").code == 0
    mapping = home / "config/formats/bandit.yaml"
    mapping.parent.mkdir()
    mapping.write_text(
        "name: bandit\ntitle: Our own\nkind: json\nwhen: {has: [ours]}\ntool: Ours\n"
        "records: ours[*]\nfields: {title: t, severity: s}\n"
    )
    listed = document(invoke("formats", "list", "--json"), "formats")["formats"]
    (one,) = [each for each in listed if each["name"] == "bandit"]
    assert one["title"] == "Our own"
    assert one["origin"] == f"{mapping}, in place of the built-in one"
    report = tmp_path / "r.json"
    report.write_text('{"ours": [{"t": "a fault", "s": "high"}]}')
    files = document(invoke("import", str(report), "--format", "bandit", "--json"), "import")[
        "files"
    ]
    assert (files[0]["tool"], files[0]["new"]) == ("Ours", 1)


def test_a_file_of_no_format_is_a_usage_error_for_detect(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.txt"
    file.write_text("hello")
    ran = invoke("formats", "detect", str(file))
    assert ran.code == 2
    assert "hint:" in ran.out


def test_views_are_saved_used_listed_and_forgotten(filled: Path) -> None:
    assert invoke("findings", "save", "b-files", "path:src/b.py").code == 0
    listed = invoke("findings", "list", "@b-files").out
    assert "src/b.py:9" in listed
    assert "src/a.py" not in listed
    (view,) = document(invoke("findings", "views", "--json"), "views")["views"]
    assert (view["name"], view["query"]) == ("b-files", "path:src/b.py")
    assert invoke("findings", "save", "self", "@self").code == 2
    assert invoke("findings", "save", "no/name", "kev").code == 2
    assert "did you mean @b-files?" in invoke("findings", "list", "@b-file").err
    assert invoke("findings", "forget", "b-files").code == 0
    assert invoke("findings", "forget", "b-files").code == 2
    assert invoke("findings", "list", "@b-files").code == 2


ACTING = ("\x9b31m", "\x7f", "\u202e", "\u200b", "\ud800", "\u3164", "\U000e0041", "\U000e0100")


@pytest.mark.parametrize("sign", ACTING, ids=ascii)
def test_a_document_holds_no_character_that_could_act_and_still_says_it(
    sign: str, capsys: pytest.CaptureFixture[str]
) -> None:
    json_document({"text": f"a{sign}é漢"})
    printed = capsys.readouterr().out
    assert not {ord(letter) for letter in printed} & (DANGEROUS - {ord("\n")})
    assert json.loads(printed) == {"text": f"a{sign}é漢"}


def test_the_titles_of_a_csv_are_no_formula_either(filled: Path) -> None:
    assert filled.exists()
    ran = invoke("query", 'SELECT 1 AS "=cmd|x", 2 AS "b\x1b]0;x"', "--format", "csv")
    assert ran.out.splitlines()[0] == "'=cmd|x,b�]0;x"


def test_a_terminal_of_few_letters_is_no_bug(filled: Path) -> None:
    narrow = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "riskcockpit", "findings", "list"]
    ran = subprocess.run(command, env=narrow, capture_output=True, check=False, text=True)  # noqa: S603 - our own program
    assert filled.exists()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "payments-api" in ran.stdout


@pytest.mark.usefixtures("home")
def test_a_file_whose_name_is_no_text_is_read_beside_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    odd = os.fsencode(folder) + b"/bad\xff\x1b]52;c;x\x07.sarif"
    Path(os.fsdecode(odd)).write_text(sarif(result("R1", "a.py", 1)))
    (folder / "good.sarif").write_text(sarif(result("R2", "b.py", 1), tool="other"))
    ran = invoke("import", str(folder), "--json")
    files = json.loads(ran.out)["files"]
    assert (ran.code, [Path(file["path"]).name for file in files]) == (
        0,
        ["bad��]52;c;x�.sarif", "good.sarif"],
    )
