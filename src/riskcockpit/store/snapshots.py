"""Generations of the cache: immutable files, a pointer to the newest, one writer at a time.

`NNNNNN.duckdb` are the generations, `NNNNNN.summary` says of one what its owner's `summarise` made
of it, `CURRENT` names the published one, `writer.lock` is held by the writer, `*.part` is work that
was never published, `undo/` is the `Shelf`. Readers never wait for a writer, nor a
writer for readers. Importing this module does not import duckdb.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from riskcockpit.domain.clock import Clock
from riskcockpit.errors import DamagedError, StoreError, UnavailableStoreError
from riskcockpit.store.durable import (
    Lease,
    copy_file,
    exclusive,
    remove_unread,
    sync_directory,
    sync_file,
    write_whole,
    writing,
)
from riskcockpit.store.shelf import Shelf

if TYPE_CHECKING:  # they import duckdb or lead to it: only who opens a cache pays
    import duckdb

    from riskcockpit.store.database import Reader, Writer
    from riskcockpit.store.kept import Kept

KEPT_GENERATIONS = 2
_POINTER = re.compile(r"(?P<number>\d{6,12})\n")
_NUMBERED = re.compile(r"(?P<number>\d{6,12})\.(?:duckdb|pointer)(?:\.aside)?")
_REBUILD = "move it aside and build it again: `riskcockpit sync`"
_LEASE_TRIES = 50
_LEASE_PAUSE_SECONDS = 0.01


class Store:
    """The cache of one riskcockpit home. Opening it touches no file.

    `summarise` is asked at the end of every change what `summary` shall say of it; without one
    nothing is kept beside the generations. The readers of a sparing one take little memory.
    """

    def __init__(
        self,
        directory: Path,
        clock: Clock,
        *,
        summarise: Callable[[Reader, datetime], bytes] | None = None,
        lock_timeout_seconds: float = 30.0,
        is_sparing: bool = False,
    ) -> None:
        self.directory = directory
        self._pointer = directory / "CURRENT"
        self._clock = clock
        self._summarise = summarise
        self._lock_timeout_seconds = lock_timeout_seconds
        self._shelf = Shelf(directory)
        self._is_sparing = is_sparing
        self._lender: Kept | None = None

    def sparing(self) -> Store:
        """Return a store of the same cache whose readers keep little of it in memory.

        For a program that stays open: a question costs a little more than it would.
        """
        return Store(
            self.directory,
            self._clock,
            summarise=self._summarise,
            lock_timeout_seconds=self._lock_timeout_seconds,
            is_sparing=True,
        )

    def generation(self) -> int:
        """Return the number of the published generation, 0 when there is no cache.

        Reads one small file: cheap enough to ask every second.

        Raises:
            DamagedError: the pointer does not hold a number.
        """
        try:
            text = self._pointer.read_bytes()[:64].decode("ascii", "replace")
        except FileNotFoundError:
            return 0
        match = _POINTER.fullmatch(text)
        if match is None:
            raise DamagedError(f"the cache pointer {self._pointer} is damaged", hint=_REBUILD)
        return int(match["number"])

    def stamp(self) -> Hashable:
        """Return another value when another generation was published; reads nothing."""
        try:
            status = self._pointer.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def exists(self) -> bool:
        """Return whether anything was ever published here."""
        return self._pointer.exists()

    def summary(self) -> tuple[int, bytes] | None:
        """Return the number of the published generation and its summary; None without one.

        Nothing is opened but a small file, which must fit the generation's own. A reader tells
        what is wrong when it does not.

        Raises:
            DamagedError: the pointer does not hold a number.
        """
        number = self.generation()
        try:
            head, _, content = self._summary_file(number).read_bytes().partition(b"\n")
            size = self._file(number).stat().st_size
        except OSError:
            return None
        return (number, content) if head == _summary_head(size) else None

    def reader(self) -> Reader:
        """Open the published generation; the reader keeps it until it is closed.

        A cache of an older schema is brought up to date first.

        Raises:
            StoreError: there is no cache yet, or it was written by a newer riskcockpit.
            DamagedError: the published file is damaged or missing.
        """
        from riskcockpit.store.migrate import newest_version  # noqa: PLC0415 - leads to duckdb

        reader, version = self._open_published()
        if version == newest_version():
            return reader
        reader.close()
        with self.writer():
            pass  # opening a writer migrates
        return self._open_published()[0]

    def can_take_back(self, number: int) -> bool:
        """Whether it is known what generation `number` was made from."""
        return self._shelf.find(number) is not None

    @contextmanager
    def writer(self, *, is_reversible: bool = False, takes_back: int = 0) -> Iterator[Writer]:
        """Open the next generation; published on a clean exit, discarded on an exception.

        It starts from the published one, which is kept for a while when the change is to be
        reversible. With `takes_back` it starts from what that generation was made from.

        Raises:
            BusyError: another process writes for longer than the lock timeout.
            DamagedError: the published file is damaged; nothing is written on top of it.
            StoreError: it cannot be written, or it is not known what `takes_back` was made from.
        """
        with writing():
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with exclusive(self.directory / "writer.lock", self._lock_timeout_seconds):
            current = self.generation()
            self._refuse_lost_pointer(current)
            self._sweep(current)
            number = self._next_number(current)
            part = self.directory / f"{number:06d}.{os.urandom(4).hex()}.part"
            published = self._file(current) if current else None
            base = self._kept(takes_back) if takes_back else published
            try:
                if base is not None:
                    self._copy(base, part)
                summary: bytes | None = None
                with self._transaction(part, number) as writer:
                    yield writer
                    if self._summarise is not None and not writer.is_discarded:
                        summary = self._summarise(writer, self._clock.now())
                if not writer.is_discarded:
                    if is_reversible:
                        self._shelf.keep(number, published)
                    self._publish(part, number, summary)
                    self._sweep(number)
                    if takes_back:
                        self._shelf.drop(takes_back)
            finally:
                _remove_part(part)

    def discard_damaged(self) -> tuple[Path, ...]:
        """Move all generations aside, so that the next writer starts from nothing.

        Nothing is deleted. Readers that are open go on. Returns where the files are now.
        """
        if not self.directory.is_dir():
            return ()
        with exclusive(self.directory / "writer.lock", self._lock_timeout_seconds):
            files = sorted(self.directory.glob("*.duckdb"))
            moved = [_move_aside(file, file.name) for file in files]
            if self._pointer.exists():
                moved.append(_move_aside(self._pointer, self._pointer_name()))
            sync_directory(self.directory)
        return tuple(moved)

    def _pointer_name(self) -> str:
        """What the pointer is called once it is aside: with its number, which is not used again."""
        try:
            return f"{self.generation():06d}.pointer"
        except DamagedError:
            return self._pointer.name

    def _file(self, number: int) -> Path:
        return self.directory / f"{number:06d}.duckdb"

    def _summary_file(self, number: int) -> Path:
        return self.directory / f"{number:06d}.summary"

    def _kept(self, number: int) -> Path | None:
        """Return what a generation was made from; None when it was the first."""
        file = self._shelf.find(number)
        if file is None:
            raise StoreError(f"it is not kept what generation {number} was made from")
        return file if file.stat().st_size else None

    def _open_published(self) -> tuple[Reader, int]:
        from riskcockpit.store.connecting import connect  # noqa: PLC0415 - duckdb
        from riskcockpit.store.database import Reader  # noqa: PLC0415 - as above

        number, lease = self._lease()
        file = self._file(number)
        try:
            connection, version = self._connect(file)
        except BaseException:
            lease.release()
            raise
        if not self._is_sparing:
            return Reader(connection, number, lease.release), version
        roomy = partial(connect, file, is_writing=False)
        return Reader(connection, number, lease.release, roomy), version

    def _connect(self, file: Path) -> tuple[duckdb.DuckDBPyConnection, int]:
        from riskcockpit.store.connecting import connect_sparing  # noqa: PLC0415 - duckdb
        from riskcockpit.store.kept import Kept  # noqa: PLC0415 - as above
        from riskcockpit.store.migrate import version_or_close  # noqa: PLC0415 - as above

        if not self._is_sparing:
            self._lender = self._lender or Kept()
            return self._lender.connection(file)
        connection = connect_sparing(file)
        return connection, version_or_close(connection)

    def _lease(self) -> tuple[int, Lease]:
        """Take a lease of the published generation, which may change in the meantime."""
        for _ in range(_LEASE_TRIES):
            number = self.generation()
            if number == 0:
                raise UnavailableStoreError(
                    "there is no cache yet", hint="fill it: `riskcockpit sync` or `import FILE`"
                )
            if lease := Lease.take(self._file(number)):
                return number, lease
            time.sleep(_LEASE_PAUSE_SECONDS)
        raise DamagedError(
            f"the file of the published cache in {self.directory} is missing", hint=_REBUILD
        )

    @contextmanager
    def _transaction(self, part: Path, number: int) -> Iterator[Writer]:
        from riskcockpit.store.connecting import connect  # noqa: PLC0415 - imports duckdb
        from riskcockpit.store.database import (  # noqa: PLC0415 - as above
            Writer,
            begin,
            commit,
            rollback,
        )
        from riskcockpit.store.listing import complete  # noqa: PLC0415 - as above
        from riskcockpit.store.migrate import migrate  # noqa: PLC0415 - as above

        connection = connect(part, is_writing=True)
        part.chmod(0o600)
        writer = Writer(connection, number)
        try:
            begin(connection)
            migrate(connection, self._clock.now())
            yield writer
            if writer.is_discarded:
                rollback(connection)
            else:
                complete(writer)
                commit(connection)
        finally:
            writer.close()

    def _copy(self, source: Path, part: Path) -> None:
        if not source.is_file():
            raise DamagedError(f"the published cache file {source} is missing", hint=_REBUILD)
        with writing():
            copy_file(source, part)

    def _publish(self, part: Path, number: int, summary: bytes | None) -> None:
        with writing():
            sync_file(part)
            if summary is not None:
                head = _summary_head(part.stat().st_size)
                write_whole(self._summary_file(number), head + b"\n" + summary)
            part.replace(self._file(number))
            sync_directory(self.directory)
            write_whole(self._pointer, f"{number:06d}\n".encode())

    def _numbers(self) -> dict[Path, int]:
        return {
            file: int(match["number"])
            for file in self.directory.iterdir()
            if (match := _NUMBERED.fullmatch(file.name))
        }

    def _next_number(self, current: int) -> int:
        return max((current, *self._numbers().values())) + 1

    def _refuse_lost_pointer(self, current: int) -> None:
        """Generations without a pointer: somebody removed it, we do not guess."""
        published = [
            f for f, number in self._numbers().items() if number > 1 and f.suffix == ".duckdb"
        ]
        if current == 0 and published:
            raise DamagedError(f"the cache pointer {self._pointer} is missing", hint=_REBUILD)

    def _sweep(self, current: int) -> None:
        """Remove what killed writers left, and old generations that nobody reads."""
        for file in self.directory.glob("*.part*"):
            _remove_part(file)
        for file, number in self._numbers().items():
            is_old = 0 < number <= current - KEPT_GENERATIONS
            if file.suffix == ".duckdb" and (is_old or number > current):
                remove_unread(file)
        for file in self.directory.glob("*.summary"):
            if not file.with_suffix(".duckdb").exists():
                file.unlink(missing_ok=True)
        for spilt in self.directory.glob("*.duckdb.*tmp"):  # what a killed reader had no room for
            if (
                not (self.directory / spilt.name.partition(".duckdb")[0])
                .with_suffix(".duckdb")
                .exists()
            ):
                shutil.rmtree(spilt, ignore_errors=True)


def _summary_head(size: int) -> bytes:
    """Return the first line of a summary, which ties it to a generation's file of `size` bytes."""
    return f"summary of {size} bytes".encode()


def _remove_part(part: Path) -> None:
    for file in (part, part.with_name(f"{part.name}.wal"), part.with_name(f"{part.name}.tmp")):
        if file.is_dir():  # where duckdb spills to
            shutil.rmtree(file, ignore_errors=True)
        else:
            file.unlink(missing_ok=True)


def _move_aside(file: Path, name: str) -> Path:
    target = file.with_name(f"{name}.aside")
    file.replace(target)
    return target
