"""Opens a cache file with everything locked that can be locked, for writing, for reading, and for
reading with little memory; turns the errors of duckdb into ours. Runs no statement of others.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from riskcockpit.errors import (
    CancelledError,
    DamagedError,
    InputError,
    RiskcockpitError,
    StoreError,
    UnavailableStoreError,
)
from riskcockpit.store.conversion import settle_pandas
from riskcockpit.store.memory import give_back_early
from riskcockpit.store.sql import sql
from riskcockpit.store.stopping import was_stopped

if TYPE_CHECKING:  # duckdb takes 60 ms to import: only who opens a cache pays
    import duckdb

_LOCKED = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "memory_limit": "2GB",
    "lock_configuration": "true",
}
_WRITING = {
    **_LOCKED,
    # readable by every duckdb we allow, and strings as FSST: the encoding of later versions unpacks
    # a whole segment for one row, so that a page of a list costs three times as much
    "storage_compatibility_version": "v1.2.0",
    "checkpoint_threshold": "0b",  # the commit is the checkpoint: no detour through a WAL
    "write_buffer_row_group_count": "1",  # else five are held in memory before they are packed
    "threads": "1",  # a second thread costs an import 40 % more CPU and gains no time
}
_SPARING = {
    **_LOCKED,
    # what a page of a list reads of a million findings is twice as much: it is read again, from
    # the memory of the system
    "memory_limit": "28MB",
    "threads": "1",  # each has memory of its own
    "allocator_background_threads": "true",  # what is freed is given back while nobody asks
}
_LOCK = "lock_configuration"
"""Set last, once for a file however often a process opens it."""
_LOCKED_LAST = ("enable_external_access", _LOCK)
"""Settings a sparing connection gets when its file is attached."""
_opening = threading.Lock()
_NO_DAMAGE = (
    "No space left", "quota exceeded", "File too large", "Too many open files",
    "Permission denied", "Read-only file system", "Could not set lock", "Cannot allocate memory",
)  # fmt: skip
_SIGNALLED = "Query interrupted"
"""What duckdb says in place of what the handler of a signal raised."""
_DAMAGE_HINT = "move it aside and build it again: `riskcockpit sync`"


class TooLargeError(StoreError):
    """A question needs more memory than the connection may have."""


@contextmanager
def translated(what: str, cursor: duckdb.DuckDBPyConnection | None = None) -> Iterator[None]:
    """Turn duckdb's errors into ours; `what` names the statement or the file.

    A signal ends a statement for who waits, and not for duckdb's threads, which hide what it raised
    in an error: those of `cursor` are stopped, for its next statement would wait for them.

    Raises:
        CancelledError: the query was interrupted.
        InputError: the statement or a value in it is wrong.
        DamagedError: the file is damaged.
        TooLargeError: it needs too much memory.
        UnavailableStoreError: the disk takes nothing.
        StoreError: anything else, as a constraint.
        KeyboardInterrupt: a signal came while duckdb was at work, which hides what it raised.
    """
    import duckdb  # noqa: PLC0415 - see above

    try:
        yield
    except duckdb.Error as error:
        if isinstance(error, duckdb.InterruptException) and was_stopped():
            raise KeyboardInterrupt from error
        raise _ours(error, what) from error
    except MemoryError as error:  # a value too large for Python, whatever duckdb's limit says
        raise _too_large(what) from error
    except RuntimeError as error:
        if str(error) != _SIGNALLED:
            raise
        if cursor is not None:
            cursor.interrupt()
        raise KeyboardInterrupt from error


def _ours(error: duckdb.Error, what: str) -> RiskcockpitError:
    import duckdb  # noqa: PLC0415 - see above

    first, _, rest = str(error).partition("\n")
    if isinstance(error, duckdb.InterruptException | duckdb.ConnectionException):
        return CancelledError(f"{what} was interrupted")  # or its reader was closed
    if isinstance(error, duckdb.OutOfMemoryException):
        return _too_large(what, first)
    is_internal = isinstance(error, duckdb.InternalException | duckdb.FatalException)
    is_file = isinstance(error, duckdb.IOException | duckdb.SerializationException)
    if is_internal or is_file or type(error) is duckdb.Error:  # 2.0 reports a bad checksum so
        return _failed(what, str(error), is_internal=is_internal)
    if isinstance(error, duckdb.ConstraintException | duckdb.TransactionException):
        return StoreError(f"cannot write {what}: {first}", detail=rest or None)
    return InputError(f"cannot run {what}: {first}", hint=_pointer(rest), detail=rest or None)


def _pointer(rest: str) -> str | None:
    """Return which names duckdb takes to be meant, and the line it points to if not the first."""
    near = _NEAR.search(rest)
    line = _LINE.search(rest)
    said = [f"did you mean {near[1].strip()}?"] if near else []
    if line and line[1] != "1":
        said.append(f"look at line {line[1]}")
    return "; ".join(said) or None


_NEAR = re.compile(r"^(?:Candidate bindings:(?: :)?|Did you mean) ([^\n?]{1,200})", re.MULTILINE)
_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)


def _too_large(what: str, detail: str | None = None) -> TooLargeError:
    return TooLargeError(f"{what} needs too much memory", hint="narrow the query", detail=detail)


def _failed(what: str, text: str, *, is_internal: bool) -> StoreError:
    """Tell a damaged file, which may be built again, from a full disk and from a bug of duckdb."""
    first, _, rest = text.partition("\n")
    if any(word in text for word in _NO_DAMAGE):
        return UnavailableStoreError(f"cannot write {what}: {first}", hint="make room or allow it")
    if is_internal and "orrupt" not in text:
        return StoreError(f"duckdb failed on {what}: {first}", detail=rest or None)
    return DamagedError(f"cannot read {what}: {first}", hint=_DAMAGE_HINT, detail=rest or None)


def connect(file: Path, *, is_writing: bool) -> duckdb.DuckDBPyConnection:
    """Open `file` with everything locked that can be locked (facts 4.1).

    Raises:
        DamagedError: it is not a DuckDB file, or a damaged one.
    """
    import duckdb  # noqa: PLC0415 - see above

    settle_pandas()
    with translated(f"the cache file {file.name}"), _opening:
        config: dict[str, str | bool | int | float | list[str]] = {
            name: value
            for name, value in (_WRITING if is_writing else _LOCKED).items()
            if name != _LOCK
        }
        connection = duckdb.connect(str(file), read_only=not is_writing, config=config)
        try:
            if connection.execute(sql("store", "lock_missing").text).fetchall():
                connection.execute(sql("store", "time_zone").text)
                connection.execute(f"SET {_LOCK} = {_LOCKED[_LOCK]}")
        except BaseException:
            connection.close()
            raise
        return connection


def connect_sparing(file: Path) -> duckdb.DuckDBPyConnection:
    """Open `file` for reading with little memory, locked as by `connect`.

    duckdb has one set of settings for each file it opens, and others may have this one open with
    theirs. So the file is attached to a database in memory, which all sparing connections to it
    share; a cursor sees the file once it has run `store/generation_use`.

    Raises:
        DamagedError: it is not a DuckDB file, or a damaged one.
    """
    import duckdb  # noqa: PLC0415 - see above

    settle_pandas()
    give_back_early()
    settings: dict[str, str | bool | int | float | list[str]] = {
        name: value for name, value in _SPARING.items() if name not in _LOCKED_LAST
    }
    settings["temp_directory"] = f"{file}.{os.getpid()}.tmp"
    with translated(f"the cache file {file.name}"), _opening:
        connection = duckdb.connect(f":memory:{file}", config=settings)
        try:
            if not connection.execute(sql("store", "generation_attached").text).fetchall():
                path = str(file).replace("'", "''")
                connection.execute(f"ATTACH '{path}' AS generation (READ_ONLY)")
                connection.execute(sql("store", "time_zone").text)
                for name in _LOCKED_LAST:
                    connection.execute(f"SET {name} = {_SPARING[name]}")
            connection.execute(sql("store", "generation_use").text)
        except BaseException:
            connection.close()
            raise
        return connection
