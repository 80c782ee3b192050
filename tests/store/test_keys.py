"""Pages of a key list: what they cost does not grow with the list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.store.connecting import TooLargeError
from riskcockpit.store.keys import Keys
from riskcockpit.store.query.compiler import compile_query
from riskcockpit.store.query.parser import parse_query
from riskcockpit.store.snapshots import Store
from riskcockpit.store.sql import Sql, sql
from riskcockpit.tui.paging import PAGE
from support.caches import NOW, finding, open_store, statement

BLOCK = 2_048
"""Rows the database reads at least."""
MANY = 12 * BLOCK
FILL = statement(
    "INSERT INTO finding SELECT finding.* REPLACE (md5(CAST(n AS VARCHAR)) AS id, "
    "'title ' || lpad(CAST(least(n, $count - n) AS VARCHAR), 8, '0') AS title) "
    "FROM finding, range(1, $count) AS r(n)",
    "count",
)


def filled(directory: Path) -> Store:
    """Return a cache of many findings; those whose titles are first lie at both of its ends."""
    store = open_store(directory)
    with store.writer() as tx:
        tx.append("finding", [finding("title")])
        tx.execute(FILL, count=MANY)
    return store


def test_a_page_reads_only_the_blocks_in_which_its_rows_lie(tmp_path: Path) -> None:
    with filled(tmp_path).reader() as reader:
        wanted = Keys(reader, compile_query(parse_query("sort:title"), NOW)).rows(0, PAGE)
        page = sql("services", "finding_page")
        explained = Sql(page.name, f"EXPLAIN (ANALYZE, FORMAT json) {page.text}", page.params)
        rows = reader.rows(explained, rows=",".join(map(str, wanted)))
    assert 0 < read_from_finding(json.loads(rows[0][1])) <= 2 * BLOCK


def read_from_finding(operator: dict[str, Any]) -> int:
    """Return how many rows a plan took out of the table of findings; both major versions' names."""
    about = operator.get("extra_info", {})
    own = 0
    if about.get("Table", "").endswith("finding"):
        own = operator.get("operator_cardinality") or operator["intermediate_rows"]
    below = operator.get("children") or operator.get("operator") or []
    return int(own) + sum(read_from_finding(child) for child in below)


def test_a_long_text_is_kept_so_that_one_row_is_read_without_its_whole_segment(
    tmp_path: Path,
) -> None:
    encodings = statement(
        "SELECT DISTINCT compression FROM pragma_storage_info('finding') "
        "WHERE column_name IN ('id', 'title') AND segment_type = 'VARCHAR'"
    )
    with filled(tmp_path).reader() as reader:
        assert {row[0] for row in reader.rows(encodings)} <= {"FSST", "Uncompressed"}


def test_what_little_memory_cannot_sort_is_sorted_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filled(tmp_path).reader() as reader:
        clauses = compile_query(parse_query("sort:title"), NOW)
        wanted = Keys(reader, clauses)
        expected, last = wanted.rows(MANY - 60, 50), wanted.rows(MANY - 1, 1)[0]
        rows = reader.rows

        def refusing(query: Sql, **params: Any) -> list[tuple[Any, ...]]:
            if query.name == "store/key_build":
                raise TooLargeError("too large")
            return rows(query, **params)

        monkeypatch.setattr(reader, "rows", refusing)
        keys = Keys(reader, clauses)
        assert keys.rows(MANY - 60, 50) == expected
        assert keys.position(last) == MANY - 1
        keys.drop()
        assert keys.rows(MANY - 60, 50) == expected
