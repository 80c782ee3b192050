"""Readers that take little memory: they answer all that others do, beside them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from riskcockpit.errors import CancelledError, DamagedError, RiskcockpitError
from riskcockpit.store.database import Reader
from riskcockpit.store.keys import MORE_ROWS, Keys
from riskcockpit.store.query.compiler import compile_query
from riskcockpit.store.query.parser import parse_query
from riskcockpit.store.snapshots import Store
from support.caches import COUNT, NOW, finding, open_store, publish, statement

LARGE = statement("SELECT len(list(range)) FROM range(6000000)")
"""48 MB in one value: more than a sparing reader may have at all."""
LIMIT = statement("SELECT current_setting('memory_limit')")
SPARING_LIMIT = "26.7 MiB"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A cache whose path has to be quoted, with more findings than a list begins with."""
    store = open_store(tmp_path_factory.mktemp("it's a cache") / "cache")
    publish(store, {"finding": [finding(f"{n:04}", line=n) for n in range(MORE_ROWS + 50)]})
    return store


def test_a_reader_of_either_kind_reads_beside_the_other_with_memory_of_its_own(
    store: Store,
) -> None:
    with store.sparing().reader() as one, store.reader() as other, store.sparing().reader() as last:
        limits = [reader.rows(LIMIT)[0][0] for reader in (one, other, last)]
        assert limits == [SPARING_LIMIT, "1.8 GiB", SPARING_LIMIT]
        assert len({reader.rows(COUNT)[0] for reader in (one, other, last)}) == 1


def test_each_thread_sees_the_generation(store: Store) -> None:
    seen: list[int] = []
    with store.sparing().reader() as reader:
        asking = [
            threading.Thread(target=lambda: seen.append(reader.rows(COUNT)[0][0])) for _ in range(2)
        ]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        with reader.apart() as cursor:
            seen.append(cursor.execute(COUNT.text).fetchall()[0][0])
    assert seen == [MORE_ROWS + 50] * 3


def test_an_old_reader_keeps_its_generation_when_another_is_published(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    publish(store, {"finding": [finding("one")]})
    with store.sparing().reader() as old:
        publish(store, {"finding": [finding("two")]})
        with store.sparing().reader() as new:
            assert (old.rows(COUNT), new.rows(COUNT)) == ([(1,)], [(2,)])


def test_what_its_memory_does_not_do_for_is_asked_with_more(store: Store) -> None:
    with store.sparing().reader() as reader:
        assert reader.rows(LARGE) == [(6_000_000,)]
        assert reader.one(LARGE) == (6_000_000,)
        assert reader.rows(LIMIT) == [(SPARING_LIMIT,)]


def test_a_question_with_more_memory_is_interrupted_too(store: Store) -> None:
    large = statement("SELECT len(list(a.range + b.range)) FROM range(40000) a, range(40000) b")
    failed: list[type[BaseException]] = []

    def ask(reader: Reader) -> None:
        try:
            reader.rows(large)
        except RiskcockpitError as error:
            failed.append(type(error))

    with store.sparing().reader() as reader:
        asking = threading.Thread(target=ask, args=(reader,))
        asking.start()
        while asking.is_alive() and not is_asking_again(reader):
            asking.join(0.01)
        while asking.is_alive():
            reader.interrupt()
            asking.join(0.01)
    assert failed == [CancelledError]


def is_asking_again(reader: Reader) -> bool:
    """Return whether a question is asked with more memory; a cursor is lent to it."""
    return bool(reader._lent)


def test_a_list_goes_on_beyond_its_first_rows(store: Store) -> None:
    with store.sparing().reader() as reader, store.reader() as other:
        clauses = compile_query(parse_query("sort:line"), NOW)
        assert Keys(reader, clauses).rows(MORE_ROWS, 50) == Keys(other, clauses).rows(MORE_ROWS, 50)


def test_a_file_that_is_no_cache_is_refused(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    publish(store, {})
    (tmp_path / "000001.duckdb").write_bytes(b"not a database at all" * 1_000)
    with pytest.raises(DamagedError, match=r"000001\.duckdb"):
        store.sparing().reader()


def test_what_a_killed_reader_spilt_goes_with_its_generation(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    publish(store, {})
    for generation in (1, 9):
        (tmp_path / f"{generation:06d}.duckdb.4711.tmp").mkdir()
    publish(store, {})
    assert [each.name for each in tmp_path.glob("*.tmp")] == ["000001.duckdb.4711.tmp"]
