"""What a pack that nobody has signed may try: each attempt is stopped with a clear error."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from riskcockpit.config.paths import shipped
from riskcockpit.controls.pack import Control, load
from riskcockpit.controls.run import evaluate
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.control import ControlResult, Verdict
from riskcockpit.store.confined import LIMIT_SECONDS
from riskcockpit.store.database import Reader
from riskcockpit.store.scratch import scratch
from riskcockpit.store.snapshots import Store

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BASE = load(shipped("config", "controls"))[0]
ROW = "SELECT 'x' AS resource, 'ok' AS status, 'fine' AS reason"
GOOD = "SELECT name AS resource, 'ok' AS status, 'seen ' || seen_at AS reason FROM asset"
LOOP = "SELECT 1 AS n UNION ALL SELECT n + 1 FROM r"
MANY = "range(100000) AS"
CELL = "AS resource, 'ok' AS status, '' AS reason"
HEAVY = f"{ROW} FROM range(100000000) AS a(n), range(100000) AS b(m) WHERE a.n * b.m = -1"
ATTACKS = {
    "delete in a common table expression": (
        f"WITH x AS (DELETE FROM asset RETURNING name) {ROW} FROM x", ""),
    "update in a common table expression": (
        f"WITH x AS (UPDATE asset SET tier = 1 RETURNING name) {ROW} FROM x", ""),
    "insert in a common table expression": (
        f"WITH x AS (INSERT INTO asset SELECT * FROM asset RETURNING name) {ROW} FROM x",
        ""),
    "copy in a common table expression": (
        f"WITH x AS (COPY asset TO 'stolen.csv') {ROW} FROM x", ""),
    "a second statement": (f"{ROW}; DELETE FROM asset", "exactly one SELECT"),
    "ending the transaction first": (
        f"{ROW}; COMMIT; DROP TABLE asset", "exactly one SELECT"),
    "a table of its own": ("CREATE TABLE mine AS SELECT 1", "exactly one SELECT"),
    "another database": ("ATTACH ':memory:' AS other", "exactly one SELECT"),
    "loosening a setting": ("SET memory_limit = '90GB'", "exactly one SELECT"),
    "an extension": ("INSTALL httpfs", "exactly one SELECT"),
    "reading a file": (f"{ROW} FROM read_text('/etc/passwd')", "not allowed"),
    "reading a file by its name": (f"{ROW} FROM '/etc/passwd'", "which it may not"),
    "listing files": (f"{ROW} FROM glob('/etc/*')", "not allowed"),
    "a file in a scalar": ("SELECT getenv('HOME') AS resource, 'ok' AS status, '' AS reason",
                           "not allowed"),
    "a statement in a text": (f"{ROW} FROM query('DELETE FROM asset')", "not allowed"),
    "a table by its name in a text": (f"{ROW} FROM query_table('finding')", "not allowed"),
    "settings": (f"{ROW} FROM duckdb_settings()", "not allowed"),
    "secrets": (f"{ROW} FROM duckdb_secrets()", "not allowed"),
    "an undeclared table": (f"{ROW} FROM ledger_entry", "which it may not"),
    "a table in another schema": (f"{ROW} FROM pg_catalog.pg_type", "which it may not"),
    "the clock": (f"{ROW} WHERE now() > $as_of", "calls now()"),
    "the clock without parentheses": (f"{ROW} WHERE current_timestamp > $as_of", "calls"),
    "chance": (f"{ROW} WHERE random() > 0.5", "calls random()"),
    "a sample": (f"{ROW} FROM asset USING SAMPLE 5", "differs from run to run"),
    "a sequence": (f"{ROW} WHERE nextval('s') > 0", "calls nextval()"),
    "the log": (f"{ROW} WHERE write_log('x') IS NULL", "calls write_log()"),
    "sleeping": (f"{ROW} WHERE sleep_ms(60000) IS NULL", "calls sleep_ms()"),
    "a loop for ever": (f"WITH RECURSIVE r AS ({LOOP}) {ROW} FROM r", ""),
    "an endless join": (HEAVY, ""),
    "one huge value": (
        "SELECT repeat('a', 2000000000) AS resource, 'ok' AS status, '' AS reason", ""),
    "huge values all at once": (
        f"SELECT string_agg(repeat('a', 1000000), '') {CELL} FROM range(100000)", ""),
    "a list that fills the memory": (
        f"SELECT CAST(len(list(a.n || b.m)) AS VARCHAR) {CELL} FROM {MANY} a(n), {MANY} b(m)", ""),
    "too many rows": (f"{ROW} FROM range(1000000)", "more than 10,000 rows"),
    "a list as a dimension": (f"{ROW}, [1] AS more", "returns the column more"),
    "another contract": ("SELECT 1 AS resource, 'ok' AS status, '' AS reason", "VARCHAR"),
    "nesting without end": ("SELECT " + "(" * 5000 + "1" + ")" * 5000, ""),
    "a text without end": (f"{ROW} WHERE '{'a' * 200_000}' = ''", "longer than"),
}  # fmt: skip
ENDED = {
    "a loop for ever", "an endless join", "one huge value", "huge values all at once",
    "a list that fills the memory", "sleeping",
}  # fmt: skip
LATE_SECONDS = 1.5
"""What ending a process may take on a busy machine, beside the limit itself."""


def foreign(sql: str, **changes: object) -> Control:
    control = dataclasses.replace(
        BASE, sql=sql, inputs={"asset": None}, params={}, is_trusted=False
    )
    return dataclasses.replace(control, **changes)  # type: ignore[arg-type] # any field


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    store = Store(tmp_path_factory.mktemp("cache"), FrozenClock(NOW))
    with store.writer() as tx:
        tx.append("asset", [ASSET])
    with store.reader() as opened:
        yield opened


ASSET = {
    "name": "payments", "kind": "repository", "domain": "", "owner": "", "environment": "",
    "tier": 1, "source_id": "test", "seen_at": NOW,
}  # fmt: skip


def run(reader: Reader, *statements: str) -> tuple[ControlResult, ...]:
    return evaluate(reader, [foreign(sql) for sql in statements], NOW, {})


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_stopped_with_a_clear_error(reader: Reader, name: str) -> None:
    sql, word = ATTACKS[name]
    begun = time.monotonic()
    warm, attacked, after = run(reader, GOOD, sql, GOOD)
    taken = time.monotonic() - begun
    assert (warm.verdict, after.verdict) == (Verdict.OK, Verdict.OK)
    assert attacked.verdict is Verdict.ERROR
    assert word in attacked.message, attacked.message
    assert len(attacked.message) > len("it failed")
    assert [row.resource for row in after.rows] == ["payments"], "nothing was changed"
    if name not in ENDED:
        return
    started = time.monotonic()
    run(reader, GOOD, GOOD)
    without = time.monotonic() - started
    assert taken - 2 * without < LIMIT_SECONDS + LATE_SECONDS


def test_there_are_enough_attacks_and_a_writing_expression_comes_first() -> None:
    assert len(ATTACKS) >= 20
    assert "DELETE" in next(iter(ATTACKS.values()))[0]


def test_nothing_leaves_the_process_but_its_answer(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_TOKEN", "known only here")
    run(reader, *(sql for name, (sql, _) in ATTACKS.items() if name not in ENDED))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["published", "written", "in memory"])
def test_a_foreign_control_sees_what_ours_see(tmp_path: Path, kind: str) -> None:
    store = Store(tmp_path, FrozenClock(NOW))
    both = (foreign(GOOD, id="a"), foreign(GOOD, id="b", is_trusted=True))
    if kind == "in memory":
        with scratch(NOW) as tx:
            tx.append("asset", [ASSET])
            theirs, ours = evaluate(tx, both, NOW)
    else:
        with store.writer() as tx:
            tx.append("asset", [ASSET])
            theirs, ours = evaluate(tx, both, NOW)
        if kind == "published":
            with store.reader() as opened:
                theirs, ours = evaluate(opened, both, NOW)
    assert theirs.rows == ours.rows
    assert len(theirs.rows) == 1
