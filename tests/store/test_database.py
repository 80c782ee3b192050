"""Rows in and out, the sandbox of every connection, errors, interrupting, closing."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest

from riskcockpit.errors import CancelledError, FatalError, InputError, StoreError
from riskcockpit.services.ending import ended_by_signals
from riskcockpit.store import stopping
from riskcockpit.store.database import Reader
from riskcockpit.store.snapshots import Store
from support.caches import COUNT, NOW, finding, open_store, publish, statement

ENDLESS = statement("SELECT count(*) FROM range(1000000000000) a, range(1000000) b")
EVERY_TYPE = {
    "a_text": "VARCHAR",
    "a_flag": "BOOLEAN",
    "a_tiny": "TINYINT",
    "a_small": "SMALLINT",
    "an_int": "INTEGER",
    "a_big": "BIGINT",
    "a_real": "DOUBLE",
    "an_amount": "DECIMAL(18, 2)",
    "a_moment": "TIMESTAMP",
    "a_day": "DATE",
    "bytes": "BLOB",
    "texts": "VARCHAR[]",
    "numbers": "INTEGER[]",
    "moments": "TIMESTAMP[]",
    "words": "MAP(VARCHAR, VARCHAR)",
    "measures": "MAP(VARCHAR, DOUBLE)",
    "records": "STRUCT(name VARCHAR, digest VARCHAR)[]",
}
ROW: tuple[Any, ...] = (
    'a \'quoted\' "text" \\ with ünïcode \U0001f600 \u202e', True, -7, -30_000, 2_000_000_000,
    9_000_000_000_000_000_000, 0.1, Decimal("-1234567890123456.78"),
    datetime(2026, 3, 29, 1, 30, 15, 123456, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC).date(),
    b"\x00\xff", ["a", "", "b"], [1, 2], [NOW], {"k": "v", "": ""}, {"auc": 0.97},
    [{"name": "train", "digest": "abc"}],
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(tmp_path / "cache")
    publish(store, {"finding": [finding("one")]})
    return store


@pytest.fixture(params=["roomy", "sparing"])
def reader(store: Store, request: pytest.FixtureRequest) -> Iterator[Reader]:
    with (store.sparing() if request.param == "sparing" else store).reader() as reader:
        yield reader


def test_every_type_comes_back_as_it_went_in(store: Store) -> None:
    nothing = (None,) * len(ROW)
    with store.writer() as tx:
        tx.stage("every_type", EVERY_TYPE, [ROW, nothing])
        assert tx.rows(statement("SELECT * FROM every_type")) == [ROW, nothing]
        assert tx.records(statement("SELECT * FROM every_type"))[0] == dict(
            zip(EVERY_TYPE, ROW, strict=True)
        )


def test_every_column_of_every_table_comes_back_as_it_went_in(store: Store) -> None:
    columns = statement(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
        " AND table_name <> 'schema_step' AND column_name <> 'priority'"
        " ORDER BY table_name, column_index"
    )
    with store.reader() as reader:
        tables: dict[str, dict[str, Any]] = {}
        for table, column, type_ in reader.rows(columns):
            tables.setdefault(table, {})[column] = _sample(type_)
    assert len(tables) > 15
    with store.writer() as tx:
        for table, row in tables.items():
            tx.append(table, [row])
    with store.reader() as reader:
        for table, row in tables.items():
            found = reader.records(statement(f'SELECT * FROM "{table}"'))
            assert any(row.items() <= one.items() for one in found), table


def test_an_appended_row_gets_the_generation_as_its_revision(store: Store) -> None:
    publish(store, {"quarantine": [{"scan_id": "a", "place": "", "reason": "", "seen_at": NOW}]})
    with store.reader() as reader:
        assert reader.rows(statement("SELECT rev FROM quarantine")) == [(2,)]


def test_moments_are_stored_in_utc_whatever_the_zone_of_writer_and_process(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Zurich")
    time.tzset()
    try:
        there = datetime(2026, 7, 1, 14, 0, tzinfo=timezone(timedelta(hours=2)))
        publish(store, {"finding": [finding("two", first_seen=there)]})
        with store.reader() as reader:
            query = statement("SELECT first_seen FROM finding WHERE first_seen = $t", "t")
            assert reader.one(query, t=there) == (datetime(2026, 7, 1, 12, 0, tzinfo=UTC),)
            stored = statement(
                "SELECT CAST(max(first_seen) AS VARCHAR) FROM finding WHERE title = 'two'"
            )
            assert reader.one(stored) == ("2026-07-01 12:00:00",)
    finally:
        monkeypatch.setenv("TZ", "UTC")
        time.tzset()


def test_a_moment_without_a_zone_is_refused_everywhere(store: Store, reader: Reader) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the point of the test
    with pytest.raises(ValueError, match="without a time zone"):
        reader.rows(statement("SELECT $t", "t"), t=naive)
    with pytest.raises(ValueError, match="without a time zone"):
        publish(store, {"finding": [finding("two", first_seen=naive)]})
    assert store.generation() == 1


def test_more_rows_than_a_batch_arrive_in_their_order(store: Store) -> None:
    with store.writer() as tx:
        tx.stage("many", {"n": "INTEGER"}, ((n,) for n in range(50_001)))
        assert tx.rows(statement("SELECT n FROM many")) == [(n,) for n in range(50_001)]


def test_staging_again_starts_from_nothing(store: Store) -> None:
    with store.writer() as tx:
        tx.stage("few", {"n": "INTEGER"}, [(1,)])
        tx.stage("few", {"n": "INTEGER", "m": "VARCHAR"}, [(2, "b")])
        assert tx.rows(statement("SELECT * FROM few")) == [(2, "b")]


def test_many_small_stagings_of_one_table_do_not_grow_with_their_number(store: Store) -> None:
    """A table that is replaced is kept until the commit, whatever it holds."""
    used = statement("SELECT sum(memory_usage_bytes) FROM duckdb_memory()")
    columns = {f"c{n}": "VARCHAR" for n in range(20)}
    with store.writer() as tx:
        sizes = []
        for number in range(60):
            tx.stage("wide", columns, [tuple(str(number) for _ in columns)])
            sizes.append(tx.rows(used)[0][0])
        assert tx.rows(statement("SELECT c0, c19 FROM wide")) == [("59", "59")]
        assert sizes[-1] - sizes[5] < 2_000_000
        tx.stage("wide", columns, [("x",) * 20] * 3000)
        tx.stage("wide", columns, [("y",) * 20])
        assert tx.rows(statement("SELECT count(*), min(c0) FROM wide")) == [(1, "y")]


def test_columns_are_staged_as_rows_are(store: Store) -> None:
    count = 130_000  # more than go over in one piece
    with store.writer() as tx:
        tx.stage_columns("many", {"n": "INTEGER", "t": "VARCHAR"}, (range(count), ["x"] * count))
        assert tx.rows(statement("SELECT count(*), sum(n), min(t) FROM many")) == [
            (count, count * (count - 1) // 2, "x")
        ]
        tx.stage_columns("many", {"n": "INTEGER"}, ([],))
        assert tx.rows(statement("SELECT n FROM many")) == []


@pytest.mark.parametrize("columns", [([1, 2],), ([1, 2], ["a"]), ([1, "x"], ["a", "b"])])
def test_columns_that_do_not_fit_are_refused(store: Store, columns: tuple[list[Any], ...]) -> None:
    with pytest.raises(FatalError, match="some"), store.writer() as tx:
        tx.stage_columns("some", {"n": "INTEGER", "t": "VARCHAR"}, columns)


def test_execute_says_how_many_rows_changed(store: Store) -> None:
    with store.writer() as tx:
        update = statement("UPDATE finding SET owner = $owner", "owner")
        assert tx.execute(update, owner="lending") == 1
        assert tx.execute(statement("CREATE TEMP TABLE t (n INTEGER)")) == 0


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ('x"; DROP TABLE finding', {"n": "INTEGER"}),
        ("x", {'n" INTEGER); DROP TABLE finding; --': "INTEGER"}),
        ("x", {"n": "INTEGER); DROP TABLE finding; --"}),
    ],
)
def test_names_and_types_of_staged_tables_cannot_smuggle_sql(
    store: Store, name: str, columns: dict[str, str]
) -> None:
    with pytest.raises(FatalError), store.writer() as tx:
        tx.stage(name, columns, [(1,)])


@pytest.mark.parametrize(
    "row",
    [{"no_such_column": 1}, finding("two", severity="high"), finding("two", severity=1000)],
)
def test_a_row_that_does_not_fit_its_table_is_refused(store: Store, row: dict[str, Any]) -> None:
    with pytest.raises(FatalError, match="finding"):
        publish(store, {"finding": [row]})


def test_a_broken_constraint_names_the_rows_and_publishes_nothing(store: Store) -> None:
    quarantine = {"scan_id": None, "place": "", "reason": "", "seen_at": NOW}
    with pytest.raises(StoreError, match="rows for quarantine"):
        publish(store, {"quarantine": [quarantine]})
    assert store.generation() == 1


def test_parameters_must_be_those_declared(reader: Reader) -> None:
    with pytest.raises(FatalError, match="misses the parameter 'id'"):
        reader.rows(statement("SELECT $id", "id"))
    with pytest.raises(FatalError, match="does not know the parameter 'di'"):
        reader.rows(statement("SELECT 1"), di=1)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/hostname'",
        "SELECT * FROM glob('/*')",
        "COPY finding TO '/tmp/out.csv'",
        "COPY (SELECT 1) TO '/tmp/out.csv'",
        "ATTACH '/tmp/other.duckdb' AS other",
        "EXPORT DATABASE '/tmp/out'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET threads = 1",
        "RESET lock_configuration",
        "SET memory_limit = '100GB'",
        "SET profiling_output = '/tmp/out.json'",
    ],
)
@pytest.mark.parametrize("is_writing", [False, True], ids=["reader", "writer"])
def test_nothing_leaves_the_sandbox(store: Store, text: str, is_writing: bool) -> None:
    if is_writing:
        with pytest.raises(InputError), store.writer() as tx:
            tx.rows(statement(text))
    else:
        with store.reader() as reader, pytest.raises(InputError):
            reader.rows(statement(text))


@pytest.mark.parametrize(
    "text", ["DELETE FROM finding", "CREATE TABLE t (n INTEGER)", "DROP TABLE finding"]
)
def test_a_reader_changes_nothing(reader: Reader, text: str) -> None:
    with pytest.raises(InputError):
        reader.rows(statement(text))
    assert reader.one(COUNT) == (1,)


def test_local_variables_are_not_tables(reader: Reader) -> None:
    numbers = [1, 2]
    with pytest.raises(InputError):
        reader.rows(statement("SELECT * FROM numbers"))
    assert numbers


def test_interrupting_stops_the_queries_of_all_threads_and_the_reader_lives_on(
    reader: Reader,
) -> None:
    outcomes = [_in_thread(lambda: reader.rows(ENDLESS)) for _ in range(3)]
    _interrupt_until(reader, outcomes)
    assert all(isinstance(outcome.error, CancelledError) for outcome in outcomes)
    assert reader.one(COUNT) == (1,)


@pytest.mark.parametrize(
    ("number", "end", "code"),
    [(signal.SIGINT, KeyboardInterrupt, None), (signal.SIGTERM, SystemExit, 143)],
)
def test_a_signal_ends_a_statement_as_it_ends_everything_else(
    store: Store, number: signal.Signals, end: type[BaseException], code: int | None
) -> None:
    with store.reader() as reader:
        with _ended(number, end, code):
            reader.rows(ENDLESS)
        assert reader.one(COUNT) == (1,)
    with _ended(number, end, code), store.writer() as tx:
        tx.rows(ENDLESS)
    assert store.generation() == 1


def test_nobody_listens_before_something_can_be_asked(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cockpit forks before that, and a thread would not come along."""
    monkeypatch.setattr(stopping, "_known", WeakSet())  # without the readers of other tests
    with ended_by_signals():
        assert "signals" not in _threads()
        with store.reader():
            assert "signals" in _threads()
    assert "signals" not in _threads()


def test_blocks_within_each_other_leave_signals_as_they_were(store: Store) -> None:
    before = signal.set_wakeup_fd(-1)
    with ended_by_signals():
        with ended_by_signals(), store.reader() as reader:
            assert reader.one(COUNT) == (1,)
        with store.reader() as reader:
            assert reader.one(COUNT) == (1,)
            assert "signals" in _threads()
    assert signal.set_wakeup_fd(before) == -1


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


@contextmanager
def _ended(number: signal.Signals, end: type[BaseException], code: int | None) -> Iterator[None]:
    """Send the signal `number` in a while, and expect it to raise `end`."""
    threading.Timer(0.3, os.kill, (os.getpid(), number)).start()
    with pytest.raises(end) as ended, ended_by_signals():
        yield
    assert getattr(ended.value, "code", None) == code


def test_closing_stops_what_runs_and_later_questions_are_cancelled(store: Store) -> None:
    reader = store.reader()
    outcome = _in_thread(lambda: reader.rows(ENDLESS))
    time.sleep(0.2)
    reader.close()
    outcome.thread.join(10)
    assert isinstance(outcome.error, CancelledError)
    with pytest.raises(CancelledError):
        reader.rows(COUNT)
    reader.close()


class _Outcome:
    thread: threading.Thread
    error: BaseException | None = None


def _in_thread(work: Any) -> _Outcome:
    outcome = _Outcome()

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - kept for the test to judge
            outcome.error = error

    outcome.thread = threading.Thread(target=run, daemon=True)
    outcome.thread.start()
    return outcome


def _interrupt_until(reader: Reader, outcomes: list[_Outcome]) -> None:
    until = time.monotonic() + 20
    while any(outcome.thread.is_alive() for outcome in outcomes) and time.monotonic() < until:
        time.sleep(0.05)
        reader.interrupt()


def _sample(type_: str) -> Any:
    samples: dict[str, Any] = {
        "VARCHAR": "text", "BOOLEAN": True, "TINYINT": 3, "INTEGER": 7, "BIGINT": 2**40,
        "UBIGINT": 2**63 + 1, "DOUBLE": 0.25, "DECIMAL(18,2)": Decimal("12.34"), "TIMESTAMP": NOW,
        "BLOB": b"\x00x", "VARCHAR[]": ["a", "b"], "INTEGER[]": [1, 2],
        "MAP(VARCHAR, VARCHAR)": {"k": "v"}, "MAP(VARCHAR, DOUBLE)": {"auc": 0.9},
    }  # fmt: skip
    if type_.startswith("STRUCT"):
        return [{"name": "n", "digest": "d", "context": "c", "source": "s"}]
    return samples[type_]
