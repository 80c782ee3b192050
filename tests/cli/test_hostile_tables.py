"""Every command that reads, over a cache in which every text is hostile: text stays text.

All free text columns of all tables hold the same words, so that what refers to a row finds it.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.controls.cases import fill
from riskcockpit.domain.untrusted import DANGEROUS
from riskcockpit.services.context import Context
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql
from support.cli import Ran, invoke
from support.hostile import HOSTILE

BY_IDS = "by ids that can be written"
"""The case in which rows have ids that a command takes; in the others ids are hostile, too."""
WORDS = {
    "acts": " ".join((HOSTILE[0], "\x9b31m", *HOSTILE[10:15:2], *HOSTILE[13:19:5], "[/] שלום")),
    "has lines": HOSTILE[20],
    BY_IDS: HOSTILE[9] + HOSTILE[11] + HOSTILE[20],
    "is long": "[red]\x1b[31m" + "W" * 10_000,
}
"""What all texts are, by the name of a case."""
MEANT: dict[str, dict[str, Any]] = {
    "action": {"kind": "model.rollback", "state": "done"},
    "control": {"pillar": "model_validation", "verdict": "alarm"},
    "control_row": {"status": "alarm"},
    "deployment": {"environment": "production", "status": "succeeded", "previous_id": None},
    "deployment_approval": {"answer": "approved"},
    "deployment_gap": {"link": "commit"},
    "enrichment": {"kind": "epss"},
    "exposure_reading": {"pillar": "model_validation"},
    "finding": {
        "class": "dependency", "severity": 4, "state": "open", "pillar": "infrastructure_hardening",
    },
    "finding_event": {"kind": "created"},
    "finding_vex": {"status": "affected"},
    "incident": {"state": "open"},
    "incident_event": {"kind": "opened"},
    "kpi": {"pillar": "model_validation", "direction": "at_most"},
    "kpi_reading": {"state": "alarm"},
    "model_version": {"status": "READY", "version": 0},
    "proposal": {"state": "open"},
    "reading": {"subject_kind": "model", "metric_class": "accuracy", "direction": "at_least"},
    "source": {"state": "failed"},
    "vex_statement": {"status": "affected"},
    "waiver": {"state": "granted", "reason": "deferred"},
}  # fmt: skip
"""Columns whose words are ours, by table."""
NAMED = {
    "findings show", "findings why", "models show", "models timeline", "watch explain", "trace",
    "alerts show", "kpis show", "controls explain", "actions may",
}  # fmt: skip
BY_NAME = {"models show", "models timeline", "watch explain", "actions may"}
BY_ID = {"findings show", "findings why"}
ID = "ab12" * 16
IDS = {"id", "finding_id", "waiver_id"}
OPEN = (
    "status", "findings list", "findings facets", "findings views", "models list", "incident list",
    "incident runbooks", "deployments list", "trace", "controls list", "actions list", "ledger log",
    "ledger verify", "kpis list", "alerts list", "alerts digest", "compliance", "waivers list",
    "requests list", "sources list", "report", "whoami", "watch health", "policy status",
)  # fmt: skip
TEXTS: dict[str, Any] = {
    "VARCHAR": str,
    "VARCHAR[]": lambda words: [words],
    "MAP(VARCHAR, VARCHAR)": lambda words: {words: words},
    "MAP(VARCHAR, DOUBLE)": lambda words: {words: 0.5},
}
"""What a column holds, by its type; others hold what is harmless."""
AS_JSON: dict[str, Any] = {
    "control.frameworks": lambda words: json.dumps({words: [words]}),
    "control_row.dimensions": lambda words: json.dumps({words: words}),
    "action.params": lambda words: json.dumps({words: words}),
}
"""Columns that hold a document."""
ESCAPES = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b\x07]*\x1b\\")
"""What our own writers may send: colours and the ends of links."""


class _Terminal(io.StringIO):
    """A stdout that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def rows(writer: Writer, words: str) -> dict[str, list[dict[str, Any]]]:
    """One row for every table, all of whose free texts are `words`."""
    whole: dict[str, dict[str, Any]] = {}
    for table, column, type_, _ in writer.rows(sql("controls", "case_columns")):
        value = _value(table, column, type_, words)
        if value is not None:
            whole.setdefault(table, {})[column] = value
    del whole["schema_step"], whole["ledger_entry"]  # of the latter nothing is in the ledger
    return {table: [row] for table, row in whole.items()}


def _value(table: str, column: str, type_: str, words: str) -> Any:
    if column in MEANT.get(table, {}):
        return MEANT[table][column]
    is_shown = table.startswith(("finding", "waiver"))
    if is_shown and column in IDS and words == WORDS[BY_IDS]:
        return ID
    write = AS_JSON.get(f"{table}.{column}") or TEXTS.get(type_)
    return write(words) if write else None


@pytest.fixture(scope="module", params=WORDS)
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set-up home whose cache holds nothing but hostile words."""
    home = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RISKCOCKPIT_HOME", str(home))
        patch.chdir(home)
        assert invoke("init").code == 0
        ctx = Context.open()
        with ctx.store.writer() as tx:
            fill(tx, rows(tx, WORDS[request.param]), ctx.clock.now())
        home.joinpath("words").write_bytes(WORDS[request.param].encode())
    return home


@pytest.fixture(autouse=True)
def sits(hostile: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sit down at that home."""
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(hostile))
    monkeypatch.chdir(hostile)
    return hostile


def harmless(ran: Ran, told: str) -> None:
    """A command ends as it should, and prints nothing that a terminal obeys but colours."""
    assert ran.code in (0, 1, 2, 3, 5), (told, ran.err)
    for text in (ran.out, ran.err):
        plain = ESCAPES.sub("", text)
        acting = {*map(ord, plain)} & DANGEROUS - {*map(ord, "\n\t")}
        assert not acting, (told, acting, plain[:2000])


def test_lists_draw_hostile_words_as_text() -> None:
    for command in OPEN:
        harmless(invoke(*command.split()), command)
        if command != "report":  # a file, whole, for a pipe
            harmless(invoke(*command.split(), stdout=_Terminal()), command)


def test_what_is_named_by_hostile_words_is_shown_as_text(hostile: Path) -> None:
    words = hostile.joinpath("words").read_bytes().decode()
    shown = {(name, to): invoke(*name.split(), to) for name in NAMED for to in (words, ID[:12])}
    for command, ran in shown.items():
        harmless(ran, command[0])
    found = {name for (name, _), ran in shown.items() if ran.code == 0}
    assert found >= (BY_ID if words == WORDS[BY_IDS] else BY_NAME)


def test_hostile_words_that_were_signed_are_shown_as_text(hostile: Path) -> None:
    words = hostile.joinpath("words").read_bytes().decode()
    noted = invoke("note", words, words[:500])
    assert noted.code == 0, noted.err
    entry = json.loads(invoke("ledger", "log", "--json").out)["entries"][0]["hash"]
    for command in (("ledger", "log"), ("ledger", "show", entry[:12]), ("models", "show", words)):
        ran = invoke(*command)
        assert ran.code == 0, ran.err
        harmless(ran, command[0])
