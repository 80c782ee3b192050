"""Runs SQL that is not ours: controls, KPIs, and what an analyst types.

A guard rail for reviewed policy and for slips of the hand, not a sandbox for hostile tenants. Every
statement passes all of: exactly one SELECT, a syntax tree of known node types, no function that
has a side effect, tells the time or differs from run to run, only tables that were declared, a
READ ONLY transaction on a cursor of its own with a limit on time and rows, and only then, before a
row of it is taken, its columns. What each of them stops is measured in the tests, which any other
DuckDB must pass.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from riskcockpit.errors import CancelledError, InputError
from riskcockpit.store.connecting import translated
from riskcockpit.store.conversion import as_utc_rows, to_store
from riskcockpit.store.database import Reader, moment_columns
from riskcockpit.store.described import joined
from riskcockpit.store.sql import sql
from riskcockpit.store.vetting import Vetted, foresee, vet

if TYPE_CHECKING:  # duckdb takes 60 ms to import: only who opens a cache pays
    import duckdb

TIME_LIMIT_SECONDS = 10.0
QUERY_LIMIT_SECONDS = 60.0
MOST_ROWS = 10_000
_AGAIN_SECONDS = 0.1
_ZONED = "TIMESTAMP WITH TIME ZONE"
"""A type that duckdb gives to Python in one way or another, by its version."""
CACHE_TABLES = frozenset(
    {
        "action", "asset", "catalogue_entry", "control", "control_evidence", "control_row",
        "deployment", "deployment_approval", "deployment_gap", "deployment_link",
        "deployment_subject", "document", "drill", "enrichment", "epss_score",
        "exposure_reading", "finding", "finding_alias", "finding_event", "finding_location",
        "finding_sighting", "finding_vex", "glass_broken", "held_closure", "http_validator",
        "identity_decision", "identity_past", "incident", "incident_alert", "incident_event",
        "kev_entry", "kpi", "kpi_reading", "ledger_entry", "model", "model_alias",
        "model_alias_move", "model_version", "owner_rule", "past_deadline", "path_owner",
        "proposal", "quarantine", "raw_record", "reading", "scan", "setting", "setting_change",
        "source", "text_place", "text_wording", "vex_statement", "vex_target", "waived_span",
        "waiver", "waiver_finding",
    }
)  # fmt: skip
"""Every table of the cache that a guarded statement may read."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One foreign statement and what it is allowed."""

    name: str
    """What it is, as `the control data-checks-pass`; for messages."""
    text: str
    tables: frozenset[str] = CACHE_TABLES
    """The tables it may read."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Columns it must return → DuckDB type; empty: any."""
    has_scalars_only: bool = False
    """Whether lists, structs and maps are refused in the result."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement returned; times are aware UTC."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    is_truncated: bool
    """There are more rows than were asked for."""


class Guard:
    """Runs foreign statements over one generation, for one thread; made by `guarding`."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, watch: _Watch) -> None:
        self._cursor = cursor
        self._watch = watch

    def expect(self, texts: Iterable[str]) -> None:
        """Get ready to judge statements that will be run; takes less together than one by one."""
        foresee(self._cursor, texts)

    def run(
        self,
        statement: Statement,
        parameters: Mapping[str, Any] | None = None,
        most_rows: int = MOST_ROWS,
    ) -> Answer:
        """Run `statement` and return at most `most_rows` rows.

        Of `parameters` those are bound that the statement uses.

        Raises:
            InputError: it is not allowed, does not fit the tables or its declared columns, fails
                while running, or runs longer than the time limit.
            CancelledError: the reader was interrupted.
            StoreError: it needs too much memory, or the cache cannot be read.
        """
        vetted = self._vet(statement)
        values = _bound(statement, vetted, parameters or {})
        # a finding is one with its description only for those who read it: the others pay no join
        whole = joined(self._cursor) if vetted.may_read_descriptions else nullcontext()
        with translated(statement.name), whole:
            self._cursor.execute(sql("store", "read_only_begin").text)
            try:
                with self._watch:
                    return self._fetch(statement, values, most_rows)
            except CancelledError as error:
                if not self._watch.has_fired:
                    raise
                raise InputError(
                    f"{statement.name} ran longer than {self._watch.seconds:g} s",
                    hint="make it read less",
                ) from error
            finally:
                self._cursor.execute(sql("store", "read_only_end").text)

    def _vet(self, statement: Statement) -> Vetted:
        vetted = vet(self._cursor, statement.name, statement.text)
        if stranger := min(vetted.tables - statement.tables, default=None):
            near = get_close_matches(stranger, statement.tables, 1)
            known = ", ".join(sorted(statement.tables))
            raise InputError(
                f"{statement.name} reads {stranger!r}, which it may not",
                hint=f"did you mean {near[0]!r}?" if near else f"it may read: {known}",
            )
        return vetted

    def _fetch(self, statement: Statement, values: Mapping[str, Any], most_rows: int) -> Answer:
        with translated(statement.name, self._cursor):
            cursor = self._cursor.execute(statement.text, dict(values) or None)
            columns = [(column[0], str(column[1])) for column in cursor.description or ()]
            _check_columns(statement, dict(columns))
            rows = as_utc_rows(cursor.fetchmany(most_rows + 1), moment_columns(cursor))
        names = tuple(name for name, _ in columns)
        return Answer(names, tuple(rows[:most_rows]), len(rows) > most_rows)


@contextmanager
def guarding(reader: Reader, *, seconds: float = TIME_LIMIT_SECONDS) -> Iterator[Guard]:
    """Lend a guard over what `reader` sees; `seconds` is the limit of each statement.

    On a `Writer` that is everything written so far: it is settled into the unpublished file first,
    and the statements read it from outside the writer's transaction, so that one that fails cannot
    take the publish down with it (docs/adr/0002).
    """
    with reader.apart() as cursor:
        watch = _Watch(cursor, seconds)
        try:
            yield Guard(cursor, watch)
        finally:
            watch.close()


def run_query(
    reader: Reader, text: str, most_rows: int
) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Run what an analyst typed; return its columns and at most `most_rows` rows.

    Raises:
        InputError: it is not one SELECT over the tables of the cache, or it fails.
    """
    with guarding(reader, seconds=QUERY_LIMIT_SECONDS) as guard:
        answer = guard.run(Statement("the query", text), most_rows=most_rows)
    return answer.columns, list(answer.rows)


class _Watch:
    """Interrupts a cursor when a statement runs too long; one thread for all statements."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, seconds: float) -> None:
        self.has_fired = False
        """Whether the statement that ran last was interrupted."""
        self._cursor = cursor
        self.seconds = seconds
        self._changed = threading.Condition()
        self._until: float | None = None
        self._is_asleep = False
        """Whether the thread waits without end; else it wakes by itself and looks again."""
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="guard-watch", daemon=True)
        self._thread.start()

    def __enter__(self) -> None:
        with self._changed:
            self.has_fired = False
            self._until = time.monotonic() + self.seconds
            if self._is_asleep:  # waking it for each statement costs more than most statements
                self._changed.notify()

    def __exit__(self, *_: object) -> None:
        with self._changed:  # whoever holds it is not interrupting
            self._until = None

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        with self._changed:
            while not self._is_closed:
                left = None if self._until is None else self._until - time.monotonic()
                if left is None or left > 0:
                    self._is_asleep = left is None
                    self._changed.wait(left)
                    self._is_asleep = False
                    continue
                self.has_fired = True
                self._until = time.monotonic() + _AGAIN_SECONDS  # it may have hit the gap between
                self._cursor.interrupt()  # two statements, and then stopped nothing


def _check_columns(statement: Statement, types: Mapping[str, str]) -> None:
    for name, type_ in statement.columns.items():
        if types.get(name) != type_:
            raise InputError(
                f"{statement.name} must return a column {name} of type {type_}, "
                f"not {types.get(name, 'none')}",
                hint=f"cast it: `… :: {type_} AS {name}`",
            )
    zoned = next((name for name, type_ in types.items() if _ZONED in type_), None)
    if zoned is not None:
        raise InputError(
            f"{statement.name} returns the column {zoned} of type {types[zoned]}",
            hint=f"cast it, the zone is UTC: `… :: TIMESTAMP AS {zoned}`",
        )
    nested = next((name for name, type_ in types.items() if _is_nested(type_)), None)
    if statement.has_scalars_only and nested is not None:
        raise InputError(
            f"{statement.name} returns the column {nested} of type {types[nested]}",
            hint="return single values, as text or numbers",
        )


def _bound(statement: Statement, vetted: Vetted, parameters: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := min(vetted.parameters - parameters.keys(), default=None):
        near: Sequence[str] = get_close_matches(unknown, list(parameters), 1)
        known = ", ".join(f"${name}" for name in sorted(parameters)) or "none"
        raise InputError(
            f"{statement.name} uses the parameter ${unknown}, which nobody gives",
            hint=f"did you mean ${near[0]}?" if near else f"there are: {known}",
        )
    return {name: to_store(parameters[name]) for name in vetted.parameters}


def _is_nested(type_: str) -> bool:
    return type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "UNION", "VARIANT", "JSON"))
