"""Descriptions are kept apart, and for everybody else they are a column of `finding`."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.config.paths import shipped
from riskcockpit.controls.cases import fill
from riskcockpit.controls.pack import load
from riskcockpit.controls.run import evaluate
from riskcockpit.errors import InputError, StoreError
from riskcockpit.kpis import catalogue
from riskcockpit.kpis.compute import measure
from riskcockpit.store import migrate
from riskcockpit.store.database import Reader
from riskcockpit.store.described import number_of
from riskcockpit.store.guard import run_query
from riskcockpit.store.parquet import fill_from_parquet, table_as_parquet
from riskcockpit.store.query.compiler import compile_query
from riskcockpit.store.query.parser import parse_query
from riskcockpit.store.scratch import scratch
from riskcockpit.store.snapshots import Store
from riskcockpit.store.sql import filled, sql, used_params
from riskcockpit.store.vetting import vet
from support.caches import NOW, finding, open_store, publish, statement

SHARED = "The query is built from input."
ROWS = [
    finding("a", description=SHARED), finding("b", description=SHARED),
    finding("c", description="Ünïcode \U0001f4a5 with 4.17; DROP TABLE finding; --"),
    finding("d", description=""),
]  # fmt: skip
BY_TITLE = [(row["title"], row["description"]) for row in ROWS]
TEXTS = statement("SELECT id, description FROM text_description ORDER BY description")
OURS = statement(
    "SELECT f.title, t.description FROM finding AS f "
    "JOIN text_description AS t ON t.id = f.description_id ORDER BY f.title"
)
READING = (
    "SELECT title, description FROM finding",
    "SELECT title, DESCRIPTION FROM finding",
    'SELECT title, "Description" FROM finding',
    "SELECT f.title, f.description FROM finding AS f",
    "SELECT title, description FROM main.finding",
    'SELECT title, description FROM main."Finding"',
    "SELECT title, description FROM (SELECT * FROM finding)",
    "WITH finding AS (SELECT * FROM finding) SELECT title, description FROM finding",
    "WITH x AS (FROM finding), y AS (FROM x) SELECT title, description FROM y",
    "SELECT f.title, f.description FROM asset RIGHT JOIN finding AS f ON asset.name = f.title",
    "SELECT a.title, b.description FROM finding AS a JOIN finding AS b USING (id)",
    "SELECT a.title, b.description FROM finding AS a JOIN finding AS b USING (id, description)",
    "SELECT title, (SELECT description FROM finding AS g WHERE g.id = f.id) FROM finding AS f",
    "SELECT COLUMNS('^(title|description)$') FROM finding",
    "SELECT COLUMNS(lambda c: c IN ('title', 'description')) FROM finding",
    "SELECT title, one.description FROM (SELECT title, finding AS one FROM finding)",
    "SELECT f.title, struct_extract(f, 'description') FROM finding AS f",
    "SELECT b, d FROM finding AS f(x1, x2, x3, x4, x5, x6, x7, x8, b, d)",
    "SELECT #9, #10 FROM finding",
    "SELECT title, description FROM finding WHERE id IN (SELECT id FROM finding) GROUP BY ALL",
    "SELECT title, description FROM finding NATURAL JOIN (SELECT id FROM finding)",
    "SELECT title, told FROM (SELECT title, description AS told FROM finding) AS finding",
)
COUNTING = {
    "SELECT count(*) FROM finding WHERE description LIKE '%built from%'": 2,
    "SELECT count(DISTINCT description) FROM finding": 3,
    "SELECT count(*) FROM finding WHERE description = ''": 1,
    "SELECT count(*) FROM (SELECT * FROM finding)": 4,
    "SELECT count(*) FROM finding AS f WHERE f IS NOT NULL": 4,
    "SELECT count(*) FROM finding WHERE EXISTS (SELECT * FROM finding WHERE description = '')": 4,
    "SELECT count(*) FROM finding": 4,
    "SELECT count(*) FROM main.finding WHERE severity = 3": 4,
}
NOT_READING = (
    "SELECT count(*) FROM finding",
    "SELECT id, f.title FROM finding AS f JOIN asset ON asset.name = f.asset",
    "SELECT asset FROM finding JOIN asset ON asset.name = finding.asset",
    "WITH x AS (SELECT id FROM finding) SELECT * FROM x ORDER BY #1",
    "SELECT description FROM model",
    "SELECT * FROM asset WHERE name IN (SELECT asset FROM finding)",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = open_store(tmp_path_factory.mktemp("a 'quoted\" name") / "cache")
    publish(made, {"finding": ROWS})
    return made


@pytest.fixture(scope="module")
def reader(store: Store) -> Iterator[Reader]:
    with store.reader() as opened:
        yield opened


@contextmanager
def seen_by(store: Store, kind: str) -> Iterator[Reader]:
    """Yield what sees the same findings: a reader, a sparing one, a writer, a cache in memory."""
    if kind == "memory":
        with scratch(NOW) as tx:
            fill(tx, {"finding": ROWS}, NOW)
            yield tx
    elif kind == "writer":
        with store.writer() as tx:
            yield tx
            tx.discard()
    else:
        with (store.sparing() if kind == "sparing" else store).reader() as opened:
            yield opened


KINDS = ("reader", "sparing", "writer", "memory")


def rows(reader: Reader, text: str) -> list[Any]:
    return sorted(run_query(reader, text, 100)[1])


@pytest.mark.parametrize("text", READING)
def test_a_description_is_a_column_of_findings_however_it_is_asked_for(
    reader: Reader, text: str
) -> None:
    assert rows(reader, text) == BY_TITLE


@pytest.mark.parametrize(("text", "expected"), COUNTING.items())
def test_findings_are_counted_by_their_descriptions(
    reader: Reader, text: str, expected: int
) -> None:
    assert rows(reader, text) == [(expected,)]


@pytest.mark.parametrize("kind", KINDS)
def test_everybody_who_may_ask_sees_the_column_where_it_was(store: Store, kind: str) -> None:
    with seen_by(store, kind) as reader:
        names, found = run_query(reader, "SELECT * FROM finding ORDER BY title", 100)
        assert names[8:11] == ("title", "description", "help_url")
        assert "description_id" not in names
        assert [row[8:10] for row in found] == BY_TITLE
        assert reader.rows(OURS) == BY_TITLE  # the table itself is as it was
        assert rows(reader, "SELECT count(*) FROM finding") == [(4,)]


@pytest.mark.parametrize("text", NOT_READING)
def test_who_reads_no_description_pays_for_none(reader: Reader, text: str) -> None:
    assert not vet(reader.cursor(), "the test", text).may_read_descriptions
    run_query(reader, text, 1)


def test_no_statement_of_ours_for_controls_and_kpis_pays_for_descriptions(reader: Reader) -> None:
    for kind in ("controls", "kpis"):
        files = sorted(shipped("config", kind).rglob("*.sql"))
        assert files
        for file in files:
            read = vet(reader.cursor(), file.name, file.read_text("utf-8"))
            assert not read.may_read_descriptions, file.name


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM text_description",
        "SELECT * FROM temp.finding",
        "SELECT * FROM temp.main.finding",
    ],
)
def test_how_descriptions_are_kept_is_nobodys_business(reader: Reader, text: str) -> None:
    with pytest.raises(InputError, match="which it may not"):
        run_query(reader, text, 1)


def test_a_statement_that_fails_leaves_the_findings_as_they_were(reader: Reader) -> None:
    with pytest.raises(InputError):
        run_query(reader, "SELECT description, CAST(title AS INTEGER) FROM finding", 100)
    assert rows(reader, READING[0]) == BY_TITLE
    assert reader.rows(OURS) == BY_TITLE


@pytest.mark.parametrize("kind", KINDS)
def test_own_and_foreign_controls_and_kpis_read_descriptions(store: Store, kind: str) -> None:
    text = "SELECT title AS resource, 'ok' AS status, description AS reason FROM finding"
    base = load(shipped("config", "controls"))[0]
    control = dataclasses.replace(base, sql=text, inputs={"finding": None}, params={}, id="own")
    foreign = dataclasses.replace(control, id="foreign", is_trusted=False)
    number = (
        "SELECT count(*)::DOUBLE AS value, 9 :: BIGINT AS sample, $as_of::TIMESTAMP AS as_of "
        "FROM finding WHERE description LIKE '%built from%'"
    )
    kpi = dataclasses.replace(catalogue.load()[0], sql=number, inputs=frozenset({"finding"}))
    of_a_home = dataclasses.replace(kpi, id="of-a-home", is_trusted=False)
    with seen_by(store, kind) as reader:
        for result in evaluate(reader, [control, foreign], NOW, {}):
            assert sorted((row.resource, row.reason) for row in result.rows) == BY_TITLE
        assert [one.value for one in measure(reader, [kpi, of_a_home], NOW)] == [2.0, 2.0]


def test_evidence_takes_descriptions_out_and_brings_them_back(
    store: Store, reader: Reader, tmp_path: Path
) -> None:
    content, count = table_as_parquet(reader, "finding")
    other = open_store(tmp_path)
    with other.writer() as tx:
        assert fill_from_parquet(tx, "finding", content, "finding.parquet") == count == 4
    with other.reader() as again:
        assert rows(again, READING[0]) == BY_TITLE
        assert again.rows(TEXTS) == reader.rows(TEXTS)
        assert table_as_parquet(again, "finding")[0] == content


def test_each_text_is_kept_once_under_a_number_made_of_it(store: Store, tmp_path: Path) -> None:
    other = open_store(tmp_path)
    for row in (*ROWS, *ROWS):
        publish(other, {"finding": [row]})
    with other.reader() as reader:
        assert reader.rows(TEXTS) == [
            (number_of(text), text) for text in sorted({text for _, text in BY_TITLE})
        ]


def test_a_finding_without_a_description_is_refused(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    with pytest.raises(StoreError):
        publish(store, {"finding": [finding("a", description=None)]})


def test_descriptions_that_no_finding_has_are_forgotten_before_they_are_more_than_findings(
    tmp_path: Path,
) -> None:
    store = open_store(tmp_path)
    for word in ("one", "two", "three"):
        with store.writer() as tx:
            tx.execute(statement("DELETE FROM finding"))
            tx.append("finding", [finding("a", description=word)])
    with store.reader() as reader:
        assert reader.rows(TEXTS) == [(number_of("three"), "three")]


@given(st.text())
def test_the_number_of_a_text_is_one_that_the_database_can_make(text: str) -> None:
    assert 0 <= number_of(text) < 2**64
    assert number_of(text) == number_of(str(text.encode(), "utf-8"))


def test_a_cache_of_an_older_schema_keeps_its_descriptions(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    older = [step for step in migrate.migrations() if step.name < "0024"]
    assert len(older) < len(migrate.migrations())
    with (
        patch.object(migrate, "migrations", return_value=older),
        patch("riskcockpit.store.listing.complete"),
    ):
        publish(store, {"finding": ROWS})
    with store.reader() as reader:
        assert rows(reader, READING[0]) == BY_TITLE
        assert reader.rows(TEXTS) == [
            (number_of(text), text) for text in sorted({text for _, text in BY_TITLE})
        ]
        assert found(reader, "description:query") == ["a", "b"]
        assert found(reader, "description:4.17") == ["c"]
    publish(store, {"finding": [finding("e", description=SHARED)]})
    with store.reader() as reader:
        assert found(reader, "description:query") == ["a", "b", "e"]
        assert len(reader.rows(TEXTS)) == 3


def found(reader: Reader, query: str) -> list[str]:
    clauses = compile_query(parse_query(query), NOW)
    base = sql("services", "finding_ids")
    ids = [
        row[0]
        for row in reader.rows(filled(base, clauses), count=100, **used_params(base, clauses))
    ]
    return sorted(row["title"] for row in (*ROWS, finding("e")) if row["id"] in ids)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("description:query", "ab"),
        ("description:QUERY*input", "ab"),
        ("description:4.17", "c"),
        ("description:\U0001f4a5", "c"),
        ("-description:4.17", "abd"),
        ('description~"^the .* input"', "ab"),
        (f'description="{SHARED}"', "ab"),
        (f'description="{SHARED.lower()}"', ""),
        ('description=""', "d"),
        ("4.17", "c"),
        ("4.17*finding", "c"),
        ("-4.17", "abd"),
        ('text:"c ünï"', "c"),
        ('text:"c*4.17"', "c"),
        ('text~"^a the"', "a"),
        ("text:4.17 or title:d", "cd"),
    ],
)
def test_descriptions_are_searched_as_before(reader: Reader, query: str, expected: str) -> None:
    assert found(reader, query) == list(expected)
