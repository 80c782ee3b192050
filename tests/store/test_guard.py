"""What foreign SQL may do, line by line; the list must hold on every DuckDB we support."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from riskcockpit.domain.clock import FrozenClock
from riskcockpit.errors import CancelledError, InputError, StoreError
from riskcockpit.store.connecting import translated
from riskcockpit.store.database import Reader, Writer
from riskcockpit.store.guard import CACHE_TABLES, Answer, Statement, guarding, run_query
from riskcockpit.store.scratch import scratch
from riskcockpit.store.snapshots import Store
from riskcockpit.store.vetting import CLOCK_WORDS, DENIED_FUNCTIONS, TABLE_FUNCTIONS, vet

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ASSET = {
    "kind": "repository", "domain": "", "owner": "team", "environment": "", "tier": 1,
    "source_id": "test", "seen_at": NOW,
}  # fmt: skip
WRITING_CTES = (
    "WITH x AS (DELETE FROM asset RETURNING *) SELECT * FROM x",
    "WITH x AS (UPDATE asset SET tier = 3 RETURNING *) SELECT * FROM x",
    "WITH x AS (INSERT INTO waiver_finding VALUES ('a', 'b', 1) RETURNING *) SELECT * FROM x",
    "SELECT * FROM (WITH x AS (DELETE FROM asset RETURNING *) SELECT * FROM x)",
    "WITH x AS (COPY asset TO 'stolen.csv') SELECT 1 FROM x",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = Store(tmp_path_factory.mktemp("cache"), FrozenClock(NOW))
    with made.writer() as writer:
        writer.append("asset", [{"name": f"asset-{n}", **ASSET} for n in range(20)])
    return made


@pytest.fixture
def reader(store: Store) -> Iterator[Reader]:
    with store.reader() as opened:
        yield opened


@pytest.fixture
def writer() -> Iterator[Writer]:
    with scratch(NOW) as opened:
        opened.append("asset", [{"name": f"asset-{n}", **ASSET} for n in range(20)])
        yield opened


def ask(reader: Reader, text: str, **parameters: object) -> Answer:
    with guarding(reader) as guard:
        return guard.run(Statement("the test", text), parameters)


def count(reader: Reader) -> int:
    return int(ask(reader, "SELECT count(*) FROM asset").rows[0][0])


@pytest.mark.parametrize(
    "text",
    [
        "SELECT name FROM asset WHERE tier = 1 ORDER BY name LIMIT 3",
        "FROM asset",
        "SELECT name FROM main.asset",
        "VALUES (1), (2)",
        "SELECT 1 UNION ALL SELECT 2 EXCEPT SELECT 3",
        "WITH a AS (SELECT * FROM asset), b AS MATERIALIZED (SELECT * FROM a) SELECT * FROM b",
        "WITH asset AS (SELECT * FROM asset) SELECT count(*) FROM asset",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) FROM r",
        "SELECT row_number() OVER (PARTITION BY tier ORDER BY name) FROM asset QUALIFY true",
        "SELECT max(name) FILTER (tier > 1), quantile_cont(tier, 0.5) FROM asset GROUP BY ALL",
        "SELECT name FROM asset a WHERE EXISTS (SELECT 1 FROM finding f WHERE f.asset = a.name)",
        "SELECT unnest(rules), list_transform([1], lambda x: x + 1) FROM scan",
        "SELECT n FROM range(3) AS t(n)",
        "SELECT tags['owner'] FROM model",
        "SELECT date_diff('day', seen_at, TIMESTAMP '2026-03-01') FROM asset",
        "SELECT strftime(seen_at, '%d'), coalesce(nullif(owner, ''), 'nobody') FROM asset",
        "SELECT CASE WHEN tier IN (1, 2) THEN 'a' ELSE 'b' END AS word FROM asset",
        "SELECT json_extract_string(data, '$.x') FROM ledger_entry",
        "SELECT DISTINCT ON (tier) name FROM asset ORDER BY tier, name DESC",
        "SELECT a.name FROM asset a LEFT JOIN finding f ON f.asset = a.name, LATERAL (SELECT 1)",
        "-- a comment first\nSELECT 1;",
    ],
)  # fmt: skip
def test_what_a_policy_needs_is_allowed(reader: Reader, writer: Writer, text: str) -> None:
    assert ask(reader, text).columns
    assert ask(writer, text).columns


@pytest.mark.parametrize("text", WRITING_CTES)
def test_a_common_table_expression_cannot_write(reader: Reader, writer: Writer, text: str) -> None:
    for opened in (reader, writer):
        with pytest.raises(InputError):
            ask(opened, text)
        assert count(opened) == 20


@pytest.mark.parametrize("text", WRITING_CTES)
def test_each_guard_alone_stops_a_writing_expression(writer: Writer, text: str) -> None:
    with writer.apart() as cursor:
        with pytest.raises(InputError):
            vet(cursor, "the test", text)
        with pytest.raises(duckdb.Error):
            cursor.execute(f"DESCRIBE {text}")
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        with pytest.raises(duckdb.Error):
            cursor.execute(text)
        cursor.execute("ROLLBACK")
    assert count(writer) == 20


@pytest.mark.parametrize(
    "text",
    [
        "", " ; ", "SELECT 1; SELECT 2", "SELECT 1; COMMIT; DELETE FROM asset",
        "DELETE FROM asset", "INSERT INTO asset SELECT * FROM asset", "CREATE TABLE t (a INTEGER)",
        "CREATE TEMP TABLE t (a INTEGER)", "CREATE MACRO m() AS 1", "CREATE TEMP MACRO m() AS 1",
        "DROP TABLE asset", "CHECKPOINT", "SET schema = 'main'", "SET VARIABLE x = 1",
        "RESET threads", "ATTACH ':memory:' AS other", "PRAGMA database_list", "CALL checkpoint()",
        "USE main", "EXPLAIN ANALYZE INSERT INTO asset SELECT * FROM asset", "EXPLAIN SELECT 1",
        "COPY asset TO 'stolen.csv'", "COPY asset FROM 'x.csv'", "EXPORT DATABASE 'x'",
        "IMPORT DATABASE 'x'", "INSTALL httpfs", "LOAD httpfs", "VACUUM", "BEGIN", "COMMIT",
        "ROLLBACK", "PREPARE p AS SELECT 1", "EXECUTE p", "COMMENT ON TABLE asset IS 'x'",
        "MERGE INTO asset USING asset a ON false WHEN NOT MATCHED THEN INSERT BY NAME",
        "PIVOT asset ON tier USING count(*)", "UPDATE EXTENSIONS", "CREATE SECRET s (TYPE s3)",
        "DESCRIBE asset", "SUMMARIZE asset", "SHOW TABLES", "SHOW ALL TABLES",
        "SELECT * FROM (DESCRIBE asset)", "SELECT * FROM (PIVOT asset ON tier USING count(*))",
        "SELECT * FROM asset USING SAMPLE 2", "SELECT * FROM asset TABLESAMPLE 10%",
        "not sql at all", "SELECT (" + "1+" * 2_000 + "1)" * 2_000,
    ],
)  # fmt: skip
def test_anything_but_one_plain_select_is_refused(reader: Reader, text: str) -> None:
    with pytest.raises(InputError):
        ask(reader, text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM 'secrets.csv'", "SELECT * FROM 'x.parquet'", "SELECT * FROM read_csv('x')",
        "SELECT * FROM read_text('x')", "SELECT * FROM read_blob('x')", "SELECT * FROM glob('*')",
        "SELECT * FROM sniff_csv('x')", "SELECT * FROM parquet_metadata('x')",
        "SELECT * FROM duckdb_secrets()", "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_logs", "SELECT * FROM pragma_storage_info('asset')",
        "SELECT * FROM query('SELECT 1')", "SELECT * FROM query_table('asset')",
        "SELECT * FROM query('WITH x AS (DELETE FROM asset RETURNING *) SELECT * FROM x')",
        "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
        "SELECT * FROM truncate_duckdb_logs()", "SELECT * FROM checkpoint()",
        "SELECT * FROM information_schema.tables", "SELECT * FROM pg_catalog.pg_type",
        "SELECT * FROM sqlite_master", "SELECT * FROM temp.asset",
        "SELECT * FROM system.main.asset",
        "SELECT * FROM histogram_values(asset, tier)", "SELECT * FROM schema_step",
        "WITH t AS (WITH sqlite_master AS (SELECT 1) FROM sqlite_master) FROM t, sqlite_master",
        "WITH sqlite_master AS (SELECT * FROM sqlite_master) SELECT * FROM sqlite_master",
        "SELECT * FROM a_python_variable",
    ],
)  # fmt: skip
def test_only_declared_tables_can_be_read(reader: Reader, text: str) -> None:
    a_python_variable = [1]
    assert a_python_variable
    with pytest.raises(InputError):
        ask(reader, text)


@pytest.mark.parametrize(
    "expression",
    [
        "write_log('x')", "setseed(0.5)", "sleep_ms(1)", "nextval('s')", "random()", "uuid()",
        "gen_random_uuid()", "now()", "NOW()", '"now"()', "current_timestamp", "current_date",
        "CURRENT_DATE", "localtime", "localtimestamp", "current_time", "today()",
        "ago(INTERVAL 1 DAY)",
        "age(TIMESTAMP '2020-01-01')", "current_localtimestamp()", "get_current_timestamp()",
        "transaction_timestamp()", "txid_current()", "current_setting('threads')", "current_user",
        "current_schema()", "current_database()", "getvariable('x')", "getenv('HOME')",
        "error('x')",
        "current_query()", "version()", "which_secret('x', 's3')", "pg_catalog.now()",
        "json_serialize_sql('SELECT 1')", "(SELECT random())",
        "list_transform([1], lambda x: random())",
        "list_reduce([1, 2], lambda x, y: x + y)", "reduce([1], lambda x, y: x)",
        "count(*) FILTER (random() > 0.5)", "sum(1) OVER (ORDER BY random())",
    ],
)  # fmt: skip
def test_functions_with_side_effects_or_a_clock_are_refused(
    reader: Reader, expression: str
) -> None:
    with pytest.raises(InputError, match="not allowed"):
        ask(reader, f"SELECT {expression}")


@pytest.mark.parametrize("is_sparing", [False, True])
def test_a_moment_means_the_same_in_every_zone(store: Store, is_sparing: bool) -> None:
    """An auditor elsewhere runs a control again and gets what we got."""
    text = "SELECT current_setting('TimeZone')"
    with (store.sparing() if is_sparing else store).reader() as reader, reader.apart() as cursor:
        assert cursor.execute(text).fetchall() == [("UTC",)]
    with scratch(NOW) as writer, writer.apart() as cursor:
        assert cursor.execute(text).fetchall() == [("UTC",)]


@pytest.mark.parametrize("moment", ["seen", "[seen]", "{'at': seen}"])
def test_a_moment_with_a_zone_is_named_before_a_row_is_taken(reader: Reader, moment: str) -> None:
    seen = "CAST(seen_at AS TIMESTAMPTZ)"
    with pytest.raises(InputError, match="returns the column at of type") as refused:
        ask(reader, f"SELECT {moment.replace('seen', seen)} AS at FROM asset")
    assert refused.value.hint == "cast it, the zone is UTC: `… :: TIMESTAMP AS at`"
    assert ask(reader, f"SELECT max(hour({seen})) AS hour FROM asset").rows == ((12,),)


def test_the_deny_list_covers_what_this_duckdb_calls_changing(writer: Writer) -> None:
    """A DuckDB with a new volatile function, or a macro that hides one, fails here.

    What takes or makes a moment with a zone changes with that of a connection: ours has one.
    """
    with writer.apart() as cursor:
        changing = cursor.execute(
            "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE function_type IN "
            "('scalar', 'aggregate', 'macro') AND (stability = 'VOLATILE' "
            "OR starts_with(stability, 'CONSISTENT_WITHIN') AND NOT (len(parameter_types) > 0 "
            "AND regexp_matches(concat(CAST(parameter_types AS VARCHAR), return_type), $zoned)))",
            {"zoned": "WITH TIME ZONE|TZ_NS"},
        ).fetchall()
        macros = cursor.execute(
            "SELECT lower(function_name), macro_definition FROM duckdb_functions() "
            "WHERE function_type = 'macro'"
        ).fetchall()
        assert {name for (name,) in changing} <= DENIED_FUNCTIONS
        for name, definition in macros:
            if name in ("assert_true", "json_group_object"):  # they call error(), nothing else
                continue
            try:
                vet(cursor, name, f"SELECT {definition}")
            except InputError:
                assert name in DENIED_FUNCTIONS, f"{name} is {definition}"


def test_table_functions_are_allowed_by_name_only(writer: Writer) -> None:
    with writer.apart() as cursor:
        known = cursor.execute(
            "SELECT DISTINCT function_name FROM duckdb_functions() "
            "WHERE function_type IN ('table', 'table_macro', 'pragma')"
        ).fetchall()
        for (name,) in known:
            if name in TABLE_FUNCTIONS:
                continue
            with pytest.raises(InputError):
                vet(cursor, "the test", f"SELECT * FROM {name}('x')")


def test_words_that_are_functions_without_parentheses_are_all_known(writer: Writer) -> None:
    with writer.apart() as cursor:
        words = {
            row[0]
            for row in cursor.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()
        }
        words |= {name for name in DENIED_FUNCTIONS if name.isidentifier()}
        for word in sorted(words - CLOCK_WORDS):
            try:
                vet(cursor, "the test", f"SELECT {word}")
                cursor.execute(f"DESCRIBE SELECT {word}")
            except Exception:  # noqa: BLE001, S112 - refused by anybody is what we want
                continue
            bound = json.loads(
                cursor.execute("SELECT json_serialize_sql($1)", [f"SELECT {word}"]).fetchall()[0][0]
            )
            shown = bound["statements"][0]["node"]["select_list"][0]
            assert shown["class"] in ("CONSTANT", "CAST"), f"{word} is bound to something"


def test_a_guarded_statement_sees_what_the_writer_wrote(writer: Writer) -> None:
    assert count(writer) == 20
    writer.append("asset", [{"name": "one more", **ASSET}])
    assert count(writer) == 21


def test_a_failing_statement_does_not_end_the_writers_work(store: Store) -> None:
    before = store.generation()
    with store.writer() as writer:
        writer.append("asset", [{"name": "before", **ASSET}])
        with guarding(writer) as guard:
            with pytest.raises(InputError):
                guard.run(Statement("bad", "SELECT CAST(name AS INTEGER) FROM asset"))
            assert guard.run(Statement("good", "SELECT 1")).rows == ((1,),)
        writer.append("asset", [{"name": "after", **ASSET}])
    assert store.generation() == before + 1
    with store.reader() as reader:
        assert count(reader) == 22


def test_what_was_settled_is_still_discarded_by_an_exception(store: Store) -> None:
    before = store.generation()
    with store.reader() as reader:
        assets = count(reader)
    with pytest.raises(InputError), store.writer() as writer:  # noqa: PT012 - the publish is meant
        writer.append("asset", [{"name": "lost", **ASSET}])
        assert count(writer) == assets + 1
        ask(writer, "SELECT CAST(name AS INTEGER) FROM asset")
    assert store.generation() == before
    with store.reader() as reader:
        assert count(reader) == assets


@pytest.mark.parametrize(
    "text",
    [
        "SELECT count(*) FROM range(10000000) a, range(10000000) b",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
    ],
)
def test_a_statement_that_does_not_end_is_stopped(writer: Writer, text: str) -> None:
    with guarding(writer, seconds=0.2) as guard:
        with pytest.raises(InputError, match=r"longer than 0\.2 s"):
            guard.run(Statement("the test", text))
        assert guard.run(Statement("next", "SELECT 1")).rows == ((1,),)


def test_the_reader_can_stop_a_guarded_statement(reader: Reader) -> None:
    timer = threading.Timer(0.2, reader.interrupt)
    timer.start()
    with pytest.raises(CancelledError):
        ask(reader, "SELECT count(*) FROM range(10000000) a, range(10000000) b")
    timer.join()


def test_rows_are_capped_and_the_cap_is_told(reader: Reader) -> None:
    with guarding(reader) as guard:
        answer = guard.run(Statement("the test", "FROM range(10)"), most_rows=3)
    assert (len(answer.rows), answer.is_truncated) == (3, True)
    assert run_query(reader, "SELECT n FROM range(2) t(n)", 5) == (("n",), [(0,), (1,)])


def test_columns_must_be_as_declared(reader: Reader) -> None:
    def run(text: str) -> None:
        statement = Statement(
            "the test", text, columns={"resource": "VARCHAR"}, has_scalars_only=True
        )
        with guarding(reader) as guard:
            guard.run(statement)

    run("SELECT name AS resource FROM asset")
    with pytest.raises(InputError, match="column resource of type VARCHAR, not none"):
        run("SELECT name FROM asset")
    with pytest.raises(InputError, match="not TINYINT"):
        run("SELECT tier AS resource FROM asset")
    for nested in ("[1]", "{'a': 1}", "MAP {'a': 1}"):
        with pytest.raises(InputError, match="returns the column more"):
            run(f"SELECT 'x' AS resource, {nested} AS more")


def test_parameters_are_bound_never_formatted(reader: Reader) -> None:
    hostile = "x'; DELETE FROM asset; --"
    assert ask(reader, "SELECT $p AS p", p=hostile, unused=1).rows == ((hostile,),)
    assert ask(reader, "SELECT $as_of::TIMESTAMP AS t", as_of=NOW).rows == ((NOW,),)
    with pytest.raises(InputError, match=r"\$as_off") as caught:
        ask(reader, "SELECT $as_off", as_of=NOW)
    assert caught.value.hint == "did you mean $as_of?"


def test_a_misspelt_table_is_told_its_neighbour(reader: Reader) -> None:
    with pytest.raises(InputError, match="findings") as caught:
        ask(reader, "SELECT * FROM findings")
    assert caught.value.hint == "did you mean 'finding'?"


def test_a_misspelt_column_is_told_its_neighbour_and_its_line(reader: Reader) -> None:
    with pytest.raises(InputError, match='"tierr"') as caught:
        ask(reader, "SELECT name\nFROM asset\nWHERE tierr = 1")
    hint = caught.value.hint or ""
    assert hint.startswith('did you mean "tier"')
    assert hint.endswith("?; look at line 3")


def test_the_list_of_cache_tables_is_the_schema(writer: Writer) -> None:
    with writer.apart() as cursor:
        names = {
            row[0] for row in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        }
    assert names - {"schema_step", "text_description"} == CACHE_TABLES  # see finding.description


def test_the_cache_on_disk_is_left_alone_by_refused_statements(
    store: Store, tmp_path: Path
) -> None:
    files = sorted(p.name for p in store.directory.iterdir() if p.suffix == ".duckdb")
    with store.reader() as reader, pytest.raises(InputError):
        ask(reader, f"COPY asset TO '{tmp_path / 'x.csv'}'")
    assert not (tmp_path / "x.csv").exists()
    assert sorted(p.name for p in store.directory.iterdir() if p.suffix == ".duckdb") == files


def test_a_value_that_python_cannot_hold_is_no_bug() -> None:
    with (
        pytest.raises(StoreError, match="the query needs too much memory"),
        translated("the query"),
    ):
        raise MemoryError
