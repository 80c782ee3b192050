"""Judges the text of a foreign statement by its syntax tree, before anything of it is bound.

The tree is DuckDB's own (`json_serialize_sql`). Types of nodes and table functions are allowed by
list, so that new syntax of a new DuckDB is refused until somebody looked at it; scalar functions
are denied by list, and a test compares that list with DuckDB's catalogue.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from riskcockpit.errors import InputError
from riskcockpit.store.connecting import translated
from riskcockpit.store.described import DESCRIBED, TEXT
from riskcockpit.store.sql import sql

if TYPE_CHECKING:
    import duckdb

MOST_CHARACTERS = 100_000
QUERY_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE"})
TABLE_REFERENCES = frozenset(
    {"BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY"}
)
MODIFIERS = frozenset(
    {
        "ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER",
        "ORDER_DEFAULT", "ASCENDING", "DESCENDING",
    }
)  # fmt: skip
KNOWN_NODES = QUERY_NODES | TABLE_REFERENCES | MODIFIERS
TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
DENIED_FUNCTIONS = frozenset(
    {
        # side effects
        "truncate_duckdb_logs", "write_log", "checkpoint", "force_checkpoint", "setseed",
        "sleep_ms", "pg_sleep", "enable_logging", "disable_logging", "nextval", "setval",
        # another answer at another time or in another session
        "age", "ago", "current_catalog", "current_connection_id", "current_database",
        "current_date", "current_localtime", "current_localtimestamp", "current_query",
        "current_query_id", "current_role", "current_schema", "current_schemas", "current_setting",
        "current_time", "current_timestamp", "current_transaction_id", "current_user", "currval",
        "error", "format_type", "gen_random_uuid", "get_current_time", "get_current_timestamp",
        "getvariable",
        "in_search_path", "inet_client_addr", "inet_client_port", "inet_server_addr",
        "inet_server_port", "now", "pg_conf_load_time", "pg_my_temp_schema",
        "pg_postmaster_start_time", "random", "session_user", "stats", "today",
        "transaction_timestamp", "txid_current", "user", "uuid", "uuidv4", "uuidv7",
        "vector_type", "version", "get_block_size",
        # files, other statements, the engine itself
        "glob", "query", "query_table", "json_execute_serialized_sql", "json_serialize_sql",
        "json_serialize_plan", "json_deserialize_sql", "duckdb_logs", "duckdb_secrets",
        "which_secret", "duckdb_settings", "pragma_storage_info", "getenv", "sniff_csv",
        "list_reduce", "array_reduce", "reduce",  # one row of it cannot be interrupted
        "histogram_values", "has_sequence_privilege", "pg_get_viewdef", "pg_get_constraintdef",
    }
)  # fmt: skip
DENIED_PREFIXES = ("read_", "parquet_", "pragma_", "duckdb_", "python_", "pandas_", "arrow_")
CLOCK_WORDS = frozenset(
    {
        "current_catalog", "current_date", "current_role", "current_schema", "current_time",
        "current_timestamp", "current_user", "localtime", "localtimestamp", "session_user", "user",
    }
)  # fmt: skip
"""Words that are functions without parentheses; in the tree they look like columns."""


@dataclass(frozen=True, slots=True)
class Vetted:
    """What a statement reads and what it must be given."""

    tables: frozenset[str]
    """Tables it names, as it names them; a name with a schema keeps it, as `pg_catalog.pg_type`."""
    parameters: frozenset[str]
    may_read_descriptions: bool
    """Whether it may read the descriptions of findings, by their name or with all columns."""


@dataclass(slots=True)
class _Found:
    tables: set[str] = field(default_factory=set)
    parameters: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    """Every part of the name of a column, in lower case."""
    alone: set[str] = field(default_factory=set)
    """Names of columns without their table; that of a table itself means all of its columns."""
    named: set[str] = field(default_factory=set)
    """What the findings are called in it."""
    is_open: bool = False
    """Whether it may read columns of findings that it does not name."""

    @property
    def may_read_descriptions(self) -> bool:
        """See `Vetted`; in doubt it may."""
        is_whole = self.is_open or not self.alone.isdisjoint(self.named)
        return DESCRIBED in self.tables and (is_whole or TEXT in self.parts)


_OF_ALL_COLUMNS = frozenset({"STAR", "POSITIONAL_REFERENCE"})
"""Expressions that mean columns without naming them."""
_passed: dict[str, Vetted] = {}  # a tree follows from the text alone
_MOST_PASSED = 256
_foreseen: dict[str, str] = {}


def foresee(cursor: duckdb.DuckDBPyConnection, texts: Iterable[str]) -> None:
    """Get the trees of statements that `vet` will be asked about, all at once; judges nothing."""
    _foreseen.clear()
    wanted = [text for text in dict.fromkeys(texts) if text not in _passed]
    if any(len(text) > MOST_CHARACTERS for text in wanted):
        return
    with suppress(InputError), translated("the syntax trees"):
        found = cursor.execute(sql("store", "syntax_trees").text, {"texts": wanted}).fetchall()
        _foreseen.update(found)


def vet(cursor: duckdb.DuckDBPyConnection, name: str, text: str) -> Vetted:
    """Judge one statement; nothing of it is bound or run. `name` is for messages.

    Raises:
        InputError: it is not exactly one SELECT, or uses what nobody may.
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"{name} is longer than {MOST_CHARACTERS:,} characters")
    if (known := _passed.get(text)) is not None:
        return known
    found = _Found()
    _walk(name, _tree(cursor, name, text), frozenset(), found)
    if len(_passed) >= _MOST_PASSED:
        _passed.clear()
    vetted = Vetted(
        frozenset(found.tables), frozenset(found.parameters), found.may_read_descriptions
    )
    _passed[text] = vetted
    return vetted


def _tree(cursor: duckdb.DuckDBPyConnection, name: str, text: str) -> Any:
    try:
        with translated(name):
            kinds = [statement.type.name for statement in cursor.extract_statements(text)]
            found = _foreseen.pop(text, None)
            if found is None:
                rows = cursor.execute(sql("store", "syntax_trees").text, {"texts": [text]})
                found = rows.fetchall()[0][1]
    except ValueError as error:  # a statement type that this client has no name for
        raise InputError(f"{name} must be exactly one SELECT", detail=str(error)) from error
    if kinds != ["SELECT"]:
        what = " and ".join(kinds) if kinds else "nothing"
        raise InputError(f"{name} must be exactly one SELECT, not {what}", hint="only reading")
    tree: Any = json.loads(found)
    if tree.get("error") or len(tree.get("statements", ())) != 1:
        raise InputError(
            f"{name} cannot be taken apart: {tree.get('error_message', 'unknown syntax')}",
            hint="write it as a plain SELECT",
        )
    return tree["statements"][0]


def _walk(name: str, node: Any, known: frozenset[str], found: _Found) -> None:
    if isinstance(node, list):
        for item in node:
            _walk(name, item, known, found)
    elif isinstance(node, dict):
        if isinstance(node.get("type"), str):
            for fault in _faults(node):
                raise InputError(f"{name} {fault}", hint=_HINTS.get(fault.partition(" ")[0]))
            _note(node, known, found)
            _note_columns(node, found)
        _descend(name, node, known, found)


def _descend(name: str, node: dict[str, Any], known: frozenset[str], found: _Found) -> None:
    """Walk on, with the names of common table expressions where they hold and nowhere else."""
    expressions = (node.get("cte_map") or {}).get("map", ())
    for expression in expressions:
        key = expression["key"].lower()
        body = expression["value"]
        root = body.get("query_node") or body.get("query", {}).get("node", {})  # 2.0, 1.5
        is_recursive = root.get("type") == "RECURSIVE_CTE_NODE"
        _walk(name, body, known | {key} if is_recursive else known, found)
        known |= {key}
    for part, inner in node.items():
        if part != "cte_map" and isinstance(inner, list | dict):
            _walk(name, inner, known, found)


_HINTS = {
    "calls": "the same data must give the same answer; a policy takes the time from $as_of",
    "reads": "name a table of the cache",
}


def _faults(node: dict[str, Any]) -> Iterator[str]:
    type_ = node["type"]
    if "class" not in node and not (type_ in KNOWN_NODES or type_.endswith("_TYPE_INFO")):
        yield f"uses {type_.lower().replace('_', ' ')}, which is not allowed"
    if node.get("sample") is not None:
        yield "calls for a sample, which differs from run to run"
    function = node.get("function_name")
    if isinstance(function, str) and _is_denied(function.lower()):
        yield f"calls {function}(), which is not allowed"
    if type_ == "TABLE_FUNCTION":
        called = str(node.get("function", {}).get("function_name", "")).lower()
        if called not in TABLE_FUNCTIONS:
            yield f"reads from {called or 'a function'}(), which is not allowed"
    words = node.get("column_names")
    if isinstance(words, list) and len(words) == 1 and str(words[0]).lower() in CLOCK_WORDS:
        yield f"calls {words[0]}, which is not allowed"


def _note(node: dict[str, Any], known: frozenset[str], found: _Found) -> None:
    if node["type"] == "BASE_TABLE":
        table = str(node.get("table_name", "")).lower()
        places = [str(node.get(key) or "") for key in ("catalog_name", "schema_name")]
        if any(places) and places != ["", "main"]:
            found.tables.add(".".join([*filter(None, places), table]))
        elif places[1] or table not in known:
            found.tables.add(table)
    elif node.get("class") == "PARAMETER":
        found.parameters.add(str(node.get("identifier", "")))


def _note_columns(node: dict[str, Any], found: _Found) -> None:
    class_, names = node.get("class"), node.get("column_names")
    if class_ == "COLUMN_REF" and isinstance(names, list):
        words = [str(name).lower() for name in names]
        found.parts.update(words)
        if len(words) == 1:
            found.alone.update(words)
    elif node["type"] == "SELECT_NODE":
        found.is_open |= _is_open(node)
    elif node["type"] in TABLE_REFERENCES:
        if str(node.get("table_name", "")).lower() == DESCRIBED:
            found.named.add(str(node.get("alias") or DESCRIBED).lower())
        found.parts.update(str(name).lower() for name in node.get("using_columns") or ())


def _is_open(query: dict[str, Any]) -> bool:
    """Whether a SELECT, queries inside of it aside, may read findings by columns without a name."""
    own = list(_own(query))
    has_findings = any(str(node.get("table_name", "")).lower() == DESCRIBED for node in own)
    return has_findings and any(
        node.get("class") in _OF_ALL_COLUMNS
        or node.get("ref_type") == "NATURAL"
        or (node.get("type") == "BASE_TABLE" and node.get("column_name_alias"))  # by their order
        for node in own
    )


def _own(node: Any) -> Iterator[dict[str, Any]]:
    """Yield all that stands below a node but not in a query inside of it."""
    for part in node if isinstance(node, list) else node.values():
        if isinstance(part, dict):
            if str(part.get("type")) in QUERY_NODES:
                continue
            yield part
        if isinstance(part, list | dict):
            yield from _own(part)


def _is_denied(function: str) -> bool:
    return function in DENIED_FUNCTIONS or function.startswith(DENIED_PREFIXES)
