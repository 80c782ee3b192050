"""Quick lists: kept texts find what the texts themselves do, ranks begin the order itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import riskcockpit
from riskcockpit.store import keys, migrate
from riskcockpit.store.database import Reader
from riskcockpit.store.keys import Keys
from riskcockpit.store.query import compiler
from riskcockpit.store.query.ast import Not, Operator, Query, SortKey, Term, Word
from riskcockpit.store.query.compiler import compile_query
from riskcockpit.store.query.fields import sortable
from riskcockpit.store.query.parser import parse_query
from riskcockpit.store.sql import Clauses, filled, sql, used_params
from support.caches import NOW, finding, open_store, publish, statement
from support.listing import misfits

WORD = re.compile(r"\b(title|rule|package_name|vulnerability|description_id)\b *=")
PLACE = re.compile(r"\b(asset|path)\b *=")
TEXTS = ("title", "rule", "package_name", "vulnerability", "description", "asset", "path")

WHOLE = statement("SELECT rowid FROM finding WHERE /*where*/ TRUE ORDER BY /*order*/ id")

# Texts of few letters, so that parts of them meet; digits, and what becomes or looks like one.
letters = st.sampled_from([*"aAbK.-_/ #", "1", "2", "10", "md5", "ß", "İ", "\u212a", "٣", "\x1f"])
texts = st.lists(letters, max_size=6).map("".join)
parts = st.lists(letters, min_size=1, max_size=3).map("".join)
globs = st.lists(letters | st.just("*"), min_size=1, max_size=4).map("".join)
wanted = st.one_of(
    (parts | globs).map(Word),
    st.builds(
        Term,
        st.sampled_from(["title", "description", "text", "rule", "package", "path", "asset"]),
        st.just(Operator.HAS),
        parts | globs,
    ),
)


def world(rows: list[dict[str, Any]]) -> Iterator[Reader]:
    """Yield a reader of a cache of findings."""
    with TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        publish(store, {"finding": [finding(str(n), **row) for n, row in enumerate(rows)]})
        with store.reader() as reader:
            yield reader


def found(reader: Reader, query: Query) -> list[str]:
    clauses = compile_query(query, NOW)
    base = sql("services", "finding_ids")
    rows = reader.rows(filled(base, clauses), count=1000, **used_params(base, clauses))
    return [id_ for (id_,) in rows]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.fixed_dictionaries(dict.fromkeys(TEXTS, texts)), min_size=1, max_size=8),
    st.lists(wanted, min_size=20, max_size=20),
)
def test_kept_texts_find_exactly_what_the_texts_themselves_do(
    rows: list[dict[str, Any]], searches: list[Word | Term]
) -> None:
    for reader in world(rows):
        for node in searches:
            with patch.object(compiler, "is_kept_alike", return_value=False):
                expected = found(reader, Query(node))
            assert found(reader, Query(node)) == expected
            others = found(reader, Query(Not(node)))
            assert sorted([*expected, *others]) == sorted(found(reader, Query()))


@pytest.mark.parametrize(
    ("word", "is_kept"),
    [("lodash", True), ("md5", True), ("sql*login", True), ("log4j2", True), ("4j", False),
     ("cve-2024", False), ("a*1", False), ("\u212a9", False), ("\x1f", False)],
)  # fmt: skip
def test_only_a_number_on_its_own_is_looked_for_in_the_texts_themselves(
    word: str, is_kept: bool
) -> None:
    assert ("text_wording" in compile_query(Query(Word(word)), NOW).where) is is_kept


amounts = st.sampled_from([Decimal(0), Decimal("0.01"), Decimal("999.99"), Decimal(10**13)])
scores = st.sampled_from([None, 0.0, 0.5, 0.5 + 1e-12, 1.0, 97.3, float("nan")])
moments = st.sampled_from([timedelta(days=days) for days in (-400, -1, 0, 3, 7, 90)])
ranked = st.fixed_dictionaries(
    {
        "severity": st.integers(0, 4), "is_kev": st.booleans(), "epss": scores, "cvss": scores,
        "exposure": amounts, "title": st.sampled_from("ab"), "line": st.sampled_from([None, 1, 2]),
        "state": st.sampled_from(["open", "triage", "waived", "fixed"]),
        "due_at": st.none() | moments.map(lambda away: NOW + away),
        "first_seen": moments.map(lambda away: NOW - away),
    }
)  # fmt: skip
orders = st.builds(
    Query,
    st.none() | st.sampled_from([Term("severity", Operator.AT_LEAST, "high"), Word("a")]),
    st.lists(st.builds(SortKey, st.sampled_from(sortable()), st.booleans()), max_size=2).map(tuple),
    st.sampled_from(["", "", "severity", "state"]),
)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(ranked, min_size=1, max_size=24),
    st.lists(st.tuples(orders, st.integers(0, 20), st.integers(1, 9)), min_size=12, max_size=12),
    st.integers(0, 3),
)
def test_every_part_of_a_list_is_as_in_the_whole_order(
    rows: list[dict[str, Any]], asked: list[tuple[Query, int, int]], few: int
) -> None:
    with (
        patch.object(keys, "_FEW", few), patch.object(keys, "_SPARE", few + 1),
        patch.object(keys, "FIRST_ROWS", few + 1), patch.object(keys, "MORE_ROWS", 2 * few + 1),
        patch.object(keys, "MOST_AROUND", 3 * few + 1),
    ):  # fmt: skip
        for reader in world(rows):
            for query, start, count in asked:
                clauses = compile_query(query, NOW)
                whole = [row[0] for row in reader.rows(filled(WHOLE, clauses), **bound(clauses))]
                found = Keys(reader, clauses)
                assert found.total == len(whole)
                assert found.rows(0, count) == whole[:count]
                assert found.rows(start, count) == whole[start : start + count]
                assert [found.position(row) for row in whole[-3:]] == [
                    *range(max(found.total - 3, 0), found.total)
                ]
                found.drop()
                assert found.rows(start, count) == whole[start : start + count]


def bound(clauses: Clauses) -> dict[str, Any]:
    return used_params(WHOLE, clauses)


def test_every_statement_that_changes_a_text_takes_its_number_away() -> None:
    folder = Path(riskcockpit.__file__).parent
    changing = 0
    for file in folder.glob("*/sql/*.sql"):
        text = file.read_text("utf-8")
        if "UPDATE finding\n" not in text:
            continue
        sets = text.partition("UPDATE finding\n")[2].partition("\nFROM")[0].partition("\nWHERE")[0]
        for pattern, number in ((WORD, "wording_id"), (PLACE, "place_id")):
            if pattern.search(sets):
                changing += 1
                assert re.search(rf"\b{number} = (NULL|CASE WHEN)\b", sets), file.name
    assert changing > 3


def test_a_changed_text_is_found_and_the_old_one_is_not(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    publish(store, {"finding": [finding("before"), finding("other")]})
    change = "UPDATE finding SET title = 'after', wording_id = NULL WHERE title = 'before'"
    with store.writer() as tx:
        tx.execute(statement(change))
    with store.reader() as reader:
        assert len(found(reader, parse_query("title:after"))) == 1
        assert found(reader, parse_query("title:before")) == []
    assert misfits(store) == []


def test_texts_that_no_finding_has_are_forgotten_before_there_are_more_than_findings(
    tmp_path: Path,
) -> None:
    store = open_store(tmp_path)
    publish(store, {"finding": [finding("a"), finding("b")]})
    for word in ("one", "two", "three", "four"):
        with store.writer() as tx:
            change = "UPDATE finding SET title = $word, wording_id = NULL"
            tx.execute(statement(change, "word"), word=word)
    with store.reader() as reader:
        assert reader.rows(statement("SELECT count(*) <= 2 FROM text_wording")) == [(True,)]
        assert len(found(reader, parse_query("four"))) == 2
    assert misfits(store) == []


def test_a_cache_of_an_older_schema_is_listed_and_searched_alike(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    older = [step for step in migrate.migrations() if step.name < "0011"]
    with (
        patch.object(migrate, "migrations", return_value=older),
        patch("riskcockpit.store.listing.complete"),
    ):
        publish(store, {"finding": [finding("needle"), finding("hay")]})
    with store.reader() as reader:
        assert len(found(reader, parse_query("needle"))) == 1
        assert len(Keys(reader, compile_query(Query(), NOW)).rows(0, 5)) == 2
    assert misfits(store) == []
