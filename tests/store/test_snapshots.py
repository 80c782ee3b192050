"""Generations: publishing, reading beside a writer, damage, crashes, what is kept and removed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest

from riskcockpit.errors import BusyError, DamagedError, StoreError
from riskcockpit.store import listing, migrate
from riskcockpit.store.durable import exclusive
from riskcockpit.store.snapshots import Store
from support.caches import COUNT, NOW, finding, open_store, publish, statement

PROBE = Path(__file__).parents[1] / "support" / "store_probe.py"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "cache")


def count(store: Store) -> int:
    with store.reader() as reader:
        row = reader.one(COUNT)
    assert row is not None
    return int(row[0])


def fail_inside(store: Store) -> None:
    with store.writer() as tx:
        tx.append("finding", [finding("two")])
        raise StoreError("after two")


def names(store: Store) -> set[str]:
    return {file.name for file in store.directory.iterdir()}


def generations(store: Store) -> list[int]:
    return sorted(int(file.stem) for file in store.directory.glob("*.duckdb"))


def test_without_a_cache_the_generation_is_zero_and_reading_says_what_to_do(store: Store) -> None:
    assert store.generation() == 0
    assert not store.exists()
    with pytest.raises(StoreError, match="no cache yet") as caught:
        store.reader()
    assert "riskcockpit sync" in str(caught.value.hint)


def test_a_publish_is_seen_by_the_next_reader_and_not_by_one_that_is_open(store: Store) -> None:
    publish(store, {"finding": [finding("one")]})
    with store.reader() as old:
        publish(store, {"finding": [finding("two")]})
        assert old.one(COUNT) == (1,)
        assert old.generation == 1
        assert store.generation() == 2
        assert count(store) == 2


def test_an_exception_discards_everything_the_writer_did(store: Store) -> None:
    publish(store, {"finding": [finding("one")]})
    before = names(store)
    with pytest.raises(StoreError, match="two"):
        fail_inside(store)
    assert names(store) == before
    assert count(store) == 1


def test_a_discarded_change_publishes_nothing(store: Store) -> None:
    publish(store, {"finding": [finding("one")]})
    with store.writer() as tx:
        tx.append("finding", [finding("two")])
        assert tx.one(COUNT) == (2,)
        tx.discard()
    assert store.generation() == 1
    assert count(store) == 1


def test_nobody_else_can_read_the_files(store: Store) -> None:
    publish(store, {"finding": [finding("one")]})
    assert store.directory.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in store.directory.iterdir()} == {0o600}


def test_the_two_newest_generations_are_kept(store: Store) -> None:
    for name in "abcde":
        publish(store, {"finding": [finding(name)]})
    assert generations(store) == [4, 5]


def test_a_generation_is_removed_only_when_nobody_reads_it(store: Store) -> None:
    publish(store, {"finding": [finding("one")]})
    with store.reader() as first, store.reader() as second:
        for name in "abc":
            publish(store, {"finding": [finding(name)]})
        assert generations(store) == [1, 3, 4]
        first.close()
        publish(store, {"finding": [finding("d")]})
        assert second.one(COUNT) == (1,)
        assert generations(store) == [1, 4, 5]
    publish(store, {"finding": [finding("e")]})
    assert generations(store) == [5, 6]


def test_a_reader_in_another_process_keeps_its_generation(store: Store) -> None:
    publish(store, {"finding": [finding("one")]})
    with _probe("hold", store) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        for name in "abc":
            publish(store, {"finding": [finding(name)]})
        assert 1 in generations(store)
        child.kill()
    publish(store, {"finding": [finding("d")]})
    assert generations(store) == [4, 5]


def test_a_second_writer_waits_and_says_busy_when_it_takes_too_long(store: Store) -> None:
    impatient = open_store(store.directory, lock_timeout_seconds=0.1)
    with (
        store.writer(),
        pytest.raises(BusyError, match=r"more than 0\.1 s"),
        impatient.writer(),
    ):
        pass


def test_the_lock_is_free_after_the_holder(tmp_path: Path) -> None:
    for _ in range(2):
        with exclusive(tmp_path / "lock", 0.1):
            pass


@pytest.mark.parametrize("content", [b"", b"x", b"000001", b"1\n", b"\xff\xfe", b"000001\n\n"])
def test_a_pointer_that_holds_no_number_is_refused(store: Store, content: bytes) -> None:
    publish(store, {"finding": [finding("one")]})
    (store.directory / "CURRENT").write_bytes(content)
    for attempt in (store.generation, store.reader):
        with pytest.raises(DamagedError, match="pointer"):
            attempt()
    with pytest.raises(DamagedError), store.writer():
        pass


def test_a_lost_pointer_is_refused_by_a_writer_instead_of_starting_again(store: Store) -> None:
    for name in "ab":
        publish(store, {"finding": [finding(name)]})
    (store.directory / "CURRENT").unlink()
    with pytest.raises(DamagedError, match="pointer"), store.writer():
        pass
    assert generations(store) == [1, 2]


@pytest.mark.parametrize("damage", ["garbage", "empty", "cut", "missing", "foreign"])
def test_a_damaged_file_is_refused_moved_aside_and_built_again(store: Store, damage: str) -> None:
    for name in "ab":
        publish(store, {"finding": [finding(name)]})
    file = store.directory / "000002.duckdb"
    match damage:
        case "garbage":
            file.write_bytes(b"x" * 50_000)
        case "empty":
            file.write_bytes(b"")
        case "cut":
            os.truncate(file, 20_000)
        case "missing":
            file.unlink()
        case "foreign":
            file.unlink()
            duckdb.connect(str(file)).close()
        case _:
            raise AssertionError(damage)
    with pytest.raises(DamagedError) as caught:
        store.reader()
    assert caught.value.hint
    moved = store.discard_damaged()
    assert all(path.name.endswith(".aside") and path.exists() for path in moved)
    assert store.generation() == 0
    assert publish(store, {"finding": [finding("c")]}) > 2
    assert count(store) == 1


def test_a_damaged_block_is_an_error_and_never_a_wrong_answer(store: Store) -> None:
    publish(store, {"finding": [finding(str(n), description="x" * 50) for n in range(20_000)]})
    file = store.directory / "000001.duckdb"
    content = bytearray(file.read_bytes())
    for place in range(3 * 4096, len(content), 65_536):
        content[place] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(DamagedError), store.reader() as reader:
        reader.rows(statement("SELECT * FROM finding"))


def test_a_cache_of_a_newer_program_is_refused(store: Store) -> None:
    with store.writer() as tx:
        tx.append("schema_step", [{"version": 99, "name": "0099_later", "applied_at": NOW}])
    with pytest.raises(StoreError, match="schema 99") as caught:
        store.reader()
    assert not isinstance(caught.value, DamagedError)
    with pytest.raises(StoreError, match="schema 99"), store.writer():
        pass


def test_a_cache_of_an_older_program_is_brought_up_to_date_by_its_first_reader(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, {"finding": [finding("one")]})
    later = migrate.Migration(
        len(migrate.migrations()) + 1, "later", "CREATE TABLE later (x INTEGER);"
    )
    both = (*migrate.migrations(), later)
    monkeypatch.setattr(migrate, "migrations", lambda: both)
    with store.reader() as reader:
        assert reader.generation == 2
        assert reader.one(COUNT) == (1,)
        assert reader.rows(statement("SELECT * FROM later")) == []


def test_what_tools_said_before_enrichment_is_kept_as_their_word(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tuple(step for step in migrate.migrations() if step.name < "0008")
    row = finding("one", epss=0.5, is_kev=True, due_at=NOW, owner="house")
    with monkeypatch.context() as then:
        then.setattr(migrate, "migrations", lambda: before)
        then.setattr(listing, "complete", lambda _: None)
        publish(store, {"finding": [row]})
    with store.reader() as reader:
        columns = "tool_epss, tool_is_kev, sla_due_at, settings_owner, is_ransomware, kev_added"
        rows = reader.rows(statement(f"SELECT {columns} FROM finding"))
    assert rows == [(0.5, True, NOW, "house", False, None)]


def test_leftovers_of_killed_writers_are_swept(store: Store) -> None:
    publish(store, {"finding": [finding("one")]})
    for name in ("000002.abcd.part", "000002.abcd.part.wal", "000002.duckdb", "CURRENT.part"):
        (store.directory / name).write_bytes(b"half")
    (store.directory / "000002.abcd.part.tmp").mkdir()
    publish(store, {"finding": [finding("two")]})
    assert names(store) == {"000001.duckdb", "000002.duckdb", "CURRENT", "writer.lock"}
    assert count(store) == 2


def test_eight_processes_lose_nothing_and_see_no_error(store: Store) -> None:
    publish(store, {"finding": []})
    writers = [_probe("write", store, str(n), "5") for n in range(4)]
    readers = [_probe("read", store, "20") for _ in range(4)]
    for child in (*writers, *readers):
        _, errors = child.communicate(timeout=120)
        assert (child.returncode, errors) == (0, "")
    with store.reader() as reader:
        rows = reader.rows(
            statement("SELECT rule, count(*) FROM finding GROUP BY ALL ORDER BY ALL")
        )
    assert rows == [(f"writer-{n}", 5 * 100) for n in range(4)]


@pytest.mark.slow
def test_fifty_kills_during_publishes_always_leave_a_whole_cache(store: Store) -> None:
    publish(store, {"finding": []})
    killed_inside = 0
    for attempt in range(50):
        child = _probe("endless", store)
        assert child.stdout is not None
        assert child.stdout.readline() == "go\n"
        time.sleep(0.004 * attempt)
        child.kill()
        child.communicate()
        killed_inside += any(store.directory.glob("*.part"))
        with store.reader() as reader:
            generation = reader.generation
            findings, aliases, marks = reader.rows(statement(_CONSISTENT))[0]
        assert findings == aliases == marks * 100, f"generation {generation}"
    assert killed_inside, "no kill hit a publish: the test proves nothing"
    publish(store, {"finding": []})
    assert not list(store.directory.glob("*.part*"))


_CONSISTENT = """
SELECT
    (SELECT count(*) FROM finding), (SELECT count(*) FROM finding_alias),
    (SELECT count(*) FROM quarantine)
"""


def test_a_full_disk_is_no_damage_and_leaves_the_published_generation(store: Store) -> None:
    publish(store, {"finding": [finding("one")]})
    output, errors = _probe("full", store).communicate(timeout=120)
    assert (output, errors) == ("UnavailableStoreError\n", "")
    assert store.generation() == 1
    assert count(store) == 1
    assert not list(store.directory.glob("*.part*"))


def test_a_directory_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(StoreError, match="cannot write the cache"),
        open_store(tmp_path / "file" / "cache").writer(),
    ):
        pass


def test_many_threads_read_while_one_writes(store: Store) -> None:
    publish(store, {"finding": [finding("one")]})
    failures: list[BaseException] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                assert count(store) >= 1
            except BaseException as error:  # noqa: BLE001 - whatever it is, the test must see it
                failures.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in range(10):
        publish(store, {"finding": [finding(f"more {n}")]})
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert count(store) == 11


def test_importing_the_store_does_not_import_duckdb() -> None:
    code = "import riskcockpit.store.snapshots, sys; sys.exit('duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _probe(task: str, store: Store, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(
        [sys.executable, str(PROBE), task, str(store.directory), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip


def summed(directory: Path) -> Store:
    """Return a store that notes the number of findings beside each generation."""
    return open_store(directory, summarise=lambda tx, _: str(tx.one(COUNT)).encode())


def test_a_generation_is_published_with_its_summary_and_both_are_removed(tmp_path: Path) -> None:
    store = summed(tmp_path)
    assert store.summary() is None
    for number, name in enumerate("abcd", start=1):
        publish(store, {"finding": [finding(name)]})
        assert store.summary() == (number, f"({number},)".encode())
    assert {n for n in names(store) if n.endswith(".summary")} == {
        "000003.summary", "000004.summary"
    }  # fmt: skip


@pytest.mark.parametrize("damage", ["cut", "missing", "no summary", "other summary"])
def test_a_summary_that_does_not_fit_its_generation_is_not_used(
    tmp_path: Path, damage: str
) -> None:
    store = summed(tmp_path)
    publish(store, {"finding": [finding("a")]})
    file, summary = tmp_path / "000001.duckdb", tmp_path / "000001.summary"
    match damage:
        case "cut":
            os.truncate(file, 20_000)
        case "missing":
            file.unlink()
        case "no summary":
            summary.unlink()
        case _:
            summary.write_bytes(b"summary of 7 bytes\n(1,)")
    assert store.summary() is None


def test_a_summary_without_a_generation_is_swept(tmp_path: Path) -> None:
    store = summed(tmp_path)
    publish(store, {"finding": [finding("a")]})
    store.discard_damaged()
    assert (tmp_path / "000001.summary").exists()
    publish(store, {"finding": [finding("b")]})
    assert not (tmp_path / "000001.summary").exists()
    assert store.summary() == (store.generation(), b"(1,)")


# going back


def test_a_reversible_change_is_taken_back_to_what_it_was_made_from(store: Store) -> None:
    publish(store, {"finding": [finding("one")]})
    with store.writer(is_reversible=True) as tx:
        tx.append("finding", [finding("two")])
    changed = store.generation()
    publish(store, {"finding": [finding("three")]})
    assert store.can_take_back(changed)
    with store.writer(takes_back=changed):
        pass
    assert count(store) == 1
    assert store.generation() == 4
    assert not store.can_take_back(changed)


def test_the_first_change_is_taken_back_to_nothing(store: Store) -> None:
    with store.writer(is_reversible=True) as tx:
        tx.append("finding", [finding("one")])
    with store.writer(takes_back=1):
        pass
    assert (store.generation(), count(store)) == (2, 0)


def test_only_the_newest_predecessors_are_kept_and_each_costs_no_copy(store: Store) -> None:
    publish(store, {"finding": [finding("first")]})
    published = store.directory / "000001.duckdb"
    with store.writer(is_reversible=True):
        pass
    kept = store.directory / "undo" / "000002.duckdb"
    assert kept.samefile(published)
    for _ in range(3):
        with store.writer(is_reversible=True):
            pass
    assert [store.can_take_back(n) for n in range(1, 6)] == [False, False, True, True, True]
    assert len(list((store.directory / "undo").iterdir())) == 3


def test_what_is_thrown_away_keeps_nothing_and_takes_nothing_back(store: Store) -> None:
    publish(store, {"finding": [finding("one")]})
    with store.writer(is_reversible=True) as tx:
        tx.append("finding", [finding("two")])
    with store.writer(is_reversible=True) as tx:
        tx.discard()
    with store.writer(takes_back=2) as tx:
        tx.discard()
    assert (store.generation(), count(store), store.can_take_back(2)) == (2, 2, True)
    with pytest.raises(StoreError, match="not kept"), store.writer(takes_back=1):
        pass
    assert store.generation() == 2


def test_a_table_is_taken_over_from_another_generation(store: Store) -> None:
    publish(store, {"finding": [finding("one", vulnerability_ids=["CVE-1"], cwes=[79])]})
    with store.writer(is_reversible=True) as tx:
        tx.append("finding", [finding(f"more {n}") for n in range(3)])
    with store.reader() as present:
        rows = statement("SELECT * FROM finding ORDER BY id")
        before = present.rows(rows)
        with store.writer(takes_back=2) as tx:
            tx.take_over("finding", present)
            assert tx.rows(rows) == before
