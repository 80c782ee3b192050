"""Questions about findings: lists by query, pages, details, explanations, facets."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from riskcockpit.domain.severity import Severity
from riskcockpit.errors import UnknownNameError
from riskcockpit.services.context import Context
from riskcockpit.services.explaining import detail_of, why_of
from riskcockpit.services.rows import finding_rows
from riskcockpit.services.saved_views import views_in_force
from riskcockpit.store.keys import Keys
from riskcockpit.store.query.ast import Query
from riskcockpit.store.query.compiler import compile_query
from riskcockpit.store.query.parser import parse_query
from riskcockpit.store.query.printer import print_query
from riskcockpit.store.sql import Clauses, filled, sql, used_params
from riskcockpit.views.findings import (
    FacetView,
    FindingDetail,
    FindingPage,
    FindingRow,
    FindingSet,
    WhyView,
)

if TYPE_CHECKING:
    from riskcockpit.store.database import Reader

MIN_PREFIX = 4
"""Characters of an id that commands take at least."""
KEPT_SETS = 6
"""Lists kept at a time; 16 bytes a finding each. An older one is made again when asked for."""
MAX_AGE = timedelta(minutes=1)
"""How long a key list answers the same query again; `age`, `due` and `overdue` move on."""
_ALL = 2**62
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """A query as it will be run, for `findings list --explain`."""

    canonical: str
    where: str
    order: str
    params: tuple[tuple[str, Any], ...]


@dataclass(slots=True)
class _Held:
    """A set and where its rows are."""

    view: FindingSet
    clauses: Clauses
    built_at: datetime
    keys: Keys | None
    """None without a cache."""


class FindingReader:
    """Answers from one generation until `refresh`; any thread may ask.

    Without a cache every list is empty and `generation` is 0.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._currency = ctx.settings.currency
        self._lock = threading.RLock()
        self._sets: OrderedDict[str, _Held] = OrderedDict()
        self._count = 0
        self._reader: Reader | None = None
        self.refresh()

    @property
    def generation(self) -> int:
        """The generation that answers; 0 without a cache."""
        reader = self._reader
        return reader.generation if reader else 0

    def refresh(self) -> bool:
        """Go over to the published generation and return whether it is another one.

        Sets of the generation before are forgotten; open their queries again.

        Raises:
            StoreError: the cache is damaged, or of a newer riskcockpit.
        """
        with self._lock:
            if self._ctx.store.generation() == self.generation:
                return False
            fresh = self._ctx.store.reader()
            old, self._reader = self._reader, fresh
            self._sets.clear()
        if old is not None:
            old.close()
        return True

    def open(self, query: str = "") -> FindingSet:
        """Count the result of a query and find its first rows, or give what the last minute did.

        Raises:
            QueryError: the query does not parse.
            CancelledError: `interrupt` was called.
        """
        now = self._ctx.clock.now()
        parsed = self._parsed(query)
        canonical = print_query(parsed)
        with self._lock:
            for held in self._sets.values():
                if held.view.query == canonical and now - held.built_at < MAX_AGE:
                    self._sets.move_to_end(held.view.id)
                    return held.view
            reader = self._reader
        clauses = compile_query(parsed, now)
        keys = Keys(reader, clauses) if reader else None
        with self._lock:
            self._count += 1
            total = keys.total if keys else 0
            view = FindingSet(f"{self.generation}.{self._count}", self.generation, canonical, total)
            self._sets[view.id] = _Held(view, clauses, now, keys)
            self._forget_oldest()
        return view

    def page(self, found: FindingSet, start: int, count: int) -> FindingPage:
        """Return the rows at the positions `start <= position < start + count` of a set.

        Raises:
            UnknownNameError: the set belongs to a generation that is no longer read.
            CancelledError: `interrupt` was called.
        """
        held, reader = self._held(found)
        keys = held.keys
        if reader is None or keys is None or start >= found.total or count <= 0:
            return FindingPage(found.id, start, ())
        wanted = ",".join(map(str, keys.rows(start, count)))
        rows = reader.rows(sql("services", "finding_page"), rows=wanted) if wanted else []
        return FindingPage(found.id, start, finding_rows(rows, self._currency))

    def position(self, found: FindingSet, id_: str) -> int | None:
        """Return where a finding stands in a set; None when it is not in it. Raises as `page`."""
        held, reader = self._held(found)
        if reader is None or held.keys is None:
            return None
        base = sql("services", "finding_within")
        row = reader.one(filled(base, held.clauses), id=id_, **used_params(base, held.clauses))
        return None if row is None else held.keys.position(row[0])

    def rows(self, query: str = "", limit: int | None = None) -> tuple[FindingRow, ...]:
        """Return the first `limit` rows of a query, all without one; raises as `open`."""
        return finding_rows(self._ask("finding_rows", query, count=_most(limit)), self._currency)

    def ids(self, query: str = "", limit: int | None = None) -> tuple[str, ...]:
        """Return the ids of the first `limit` rows of a query; raises as `open`."""
        return tuple(row[0] for row in self._ask("finding_ids", query, count=_most(limit)))

    def facets(self, query: str = "", top: int = 50) -> tuple[FacetView, ...]:
        """Return how the rows of a query spread: the `top` values of each field; as `open`."""
        counts: dict[str, list[tuple[str, int]]] = {name: [] for name in _FACETS}
        for field, value, findings in self._ask("finding_facets", query, top=top):
            counts[field].append((_facet_value(field, value), findings))
        return tuple(FacetView(field, tuple(found)) for field, found in counts.items())

    def explain(self, query: str) -> CompiledQuery:
        """Return what a query compiles to; raises QueryError."""
        parsed = self._parsed(query)
        clauses = compile_query(parsed, self._ctx.clock.now())
        return CompiledQuery(
            print_query(parsed), clauses.where, clauses.order, tuple(clauses.params.items())
        )

    def resolve(self, id_prefix: str) -> str:
        """Return the id that starts with `id_prefix`.

        Raises:
            UnknownNameError: none does, several do, or it is shorter than four characters.
        """
        return self._find(id_prefix)[0]

    def show(self, id_prefix: str) -> FindingDetail:
        """Return all that is known of a finding; raises as `resolve`."""
        id_, row_id = self._find(id_prefix)
        return detail_of(self._open_reader(id_prefix), id_, row_id, self._currency)

    def why(self, id_prefix: str) -> WhyView:
        """Return why a finding is what it is; raises as `resolve`."""
        id_, row_id = self._find(id_prefix)
        reader, now = self._open_reader(id_prefix), self._ctx.clock.now()
        return why_of(reader, id_, row_id, self._currency, now)

    def interrupt(self) -> None:
        """Stop every query that runs now; those who asked get a CancelledError."""
        if reader := self._reader:
            reader.interrupt()

    def close(self) -> None:
        """Give the generation back; may be repeated."""
        with self._lock:
            reader, self._reader = self._reader, None
            self._sets.clear()
        if reader is not None:
            reader.close()

    def _find(self, id_prefix: str) -> tuple[str, int]:
        """Return the id and the row of a finding; the row holds for this generation."""
        prefix = id_prefix.strip().lower()
        if len(prefix) < MIN_PREFIX or not _HEX.issuperset(prefix):
            raise UnknownNameError(
                f"{id_prefix!r} is not the id of a finding",
                hint=f"give {MIN_PREFIX} or more of its hex digits",
            )
        found = self._starting_with(self._open_reader(id_prefix), prefix)
        if len(found) == 1:
            return found[0]
        if found:
            several = ", ".join(id_[: len(prefix) + 4] for id_, _ in found)
            raise UnknownNameError(
                f"several findings start with {prefix!r}", hint=f"give more digits: {several}"
            )
        near = self._starting_with(self._open_reader(id_prefix), prefix[:MIN_PREFIX])
        raise UnknownNameError(
            f"there is no finding {prefix!r}",
            hint=f"did you mean {near[0][0]}?"
            if near
            else "list them: `riskcockpit findings list`",
        )

    @staticmethod
    def _starting_with(reader: Reader, prefix: str) -> list[tuple[str, int]]:
        rows = reader.rows(sql("services", "finding_resolve"), prefix=prefix)
        return [(id_, row_id) for id_, row_id in rows]

    def _open_reader(self, wanted: str) -> Reader:
        if self._reader is None:
            raise UnknownNameError(
                f"there is no finding {wanted!r}", hint="there is no cache yet: `riskcockpit sync`"
            )
        return self._reader

    def _parsed(self, query: str) -> Query:
        return parse_query(query, views_in_force(self._ctx))

    def _ask(self, name: str, query: str, **params: Any) -> list[tuple[Any, ...]]:
        clauses = compile_query(self._parsed(query), self._ctx.clock.now())
        if self._reader is None:
            return []
        base = sql("services", name)
        return self._reader.rows(filled(base, clauses), **params, **used_params(base, clauses))

    def _held(self, found: FindingSet) -> tuple[_Held, Reader | None]:
        with self._lock:
            held = self._sets.get(found.id)
            if held is None:
                raise UnknownNameError(
                    f"the list {found.id} is no longer there", hint="open its query again"
                )
            self._sets.move_to_end(found.id)
            self._forget_oldest()
            return held, self._reader

    def _forget_oldest(self) -> None:
        """Give back what the lists beyond the newest few hold; they make it again when asked."""
        for held in list(self._sets.values())[:-KEPT_SETS]:
            if held.keys is not None:
                held.keys.drop()


_FACETS = ("severity", "state", "pillar", "class", "owner", "asset", "tool", "rule")


def _facet_value(field: str, value: str) -> str:
    return Severity(int(value)).word if field == "severity" else value


def _most(limit: int | None) -> int:
    return _ALL if limit is None else max(limit, 0)
