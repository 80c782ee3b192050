"""The query grammar: what parses, what it selects, what is refused and where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from riskcockpit.domain.ids import digest
from riskcockpit.errors import QueryError
from riskcockpit.store.database import Reader
from riskcockpit.store.query.ast import (
    And,
    Node,
    Not,
    Operator,
    Or,
    Query,
    SortKey,
    Term,
    Word,
    all_of,
    any_of,
)
from riskcockpit.store.query.compiler import compile_query
from riskcockpit.store.query.fields import Field, Kind, field_named, fields, groupable, sortable
from riskcockpit.store.query.parser import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, parse_query
from riskcockpit.store.query.printer import print_query
from riskcockpit.store.sql import filled, sql, used_params
from support.caches import NOW, finding, open_store, publish

FINDINGS = (
    finding("injection", title="SQL injection in login", severity=4, is_kev=True, cwes=[89, 20],
            due_at=NOW - timedelta(days=1), exposure=Decimal("250000.00"), owner="payments",
            vulnerability="CVE-2024-3094", vulnerability_ids=["CVE-2024-3094", "GHSA-aaaa"]),
    finding("vendored", path="vendor/lib/x.py", tool="grype", severity=1, state="fixed",
            first_seen=NOW - timedelta(hours=3), detected_at=NOW - timedelta(hours=3), owner="",
            fixed_at=NOW, exposure=Decimal(0), **{"class": "dependency"}),
    finding("waived", tool="trivy", state="waived", waived_until=NOW + timedelta(days=5),
            asset="Core-Ledger", package_name="openssl", package_version="3.0", epss=0.97,
            cvss=9.8, severity=2, due_at=NOW + timedelta(days=3)),
    finding("odd", title="100% of_all \"quotes\" and \\ back (paren)", path="src/a b.py", line=None,
            state="triage", severity=0, is_unconfirmed_absent=True, reopened_count=2, rule="%_'",
            description="multi\nline; DROP TABLE finding; --", due_at=None),
    finding("model", pillar="model_validation", model="fraud-scoring", metric="psi",
            state="pending_waiver", due_at=NOW - timedelta(hours=1), severity=3,
            first_seen=NOW - timedelta(days=400), **{"class": "model"}),
)  # fmt: skip
NAMES = {row["id"]: row["rule"] and name for row, name in zip(
    FINDINGS, ("injection", "vendored", "waived", "odd", "model"), strict=True)}  # fmt: skip
ALL = set(NAMES.values())


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    store = open_store(tmp_path_factory.mktemp("query") / "cache")
    publish(store, {"finding": FINDINGS})
    with store.reader() as reader:
        yield reader


def ordered(reader: Reader, query: Query) -> list[str]:
    clauses = compile_query(query, NOW)
    base = sql("services", "finding_ids")
    rows = reader.rows(filled(base, clauses), count=100, **used_params(base, clauses))
    return [NAMES[id_] for (id_,) in rows]


def selected(reader: Reader, text: str) -> set[str]:
    return set(ordered(reader, parse_query(text)))


OPEN_ENDED = "leave it out, or quote it to search for it"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ALL),
        ("severity>=high", {"injection", "model"}),
        ("sev:critical,moderate", {"injection", "waived"}),
        ("severity!=critical,info", {"vendored", "waived", "model"}),
        ("severity<low", {"odd"}),
        ("state:open", {"injection", "odd", "model"}),
        ("state=open", {"injection"}),
        ("state:fixed,waived", {"vendored", "waived"}),
        ("-state:open", {"vendored", "waived"}),
        ("pillar:model_validation", {"model"}),
        ("class:dependency or class:model", {"vendored", "model"}),
        ("owner:PAYMENTS tool:semgrep", {"injection", "odd", "model"}),
        ('owner:""', {"vendored"}),
        ("owner:*", ALL),
        ("asset:core-*", {"waived"}),
        ("asset=core-ledger", set()),
        ("path:vendor/*", {"vendored"}),
        ("path!=vendor/* -kev", {"waived", "odd", "model"}),
        ('path:"src/a b.py"', {"odd"}),
        ("rule:%_'", {"odd"}),
        ("rule:%*", {"odd"}),
        (r'title:"back (paren)"', {"odd"}),
        (r'title:"\"quotes\" and \\ back"', {"odd"}),
        ("title:100%*\\", {"odd"}),
        ("title:*%of%*", set()),
        ("title:100%*\\*", {"odd"}),
        ('text~"sql\\s+injection"', {"injection"}),
        ("text~^multi", set()),
        ("text:line;", {"odd"}),
        ("cve:CVE-2024-3094", {"injection"}),
        ("cve:cve-2024-3094", {"injection"}),
        ("vulnerability:ghsa-*", {"injection"}),
        ("cve~2024", {"injection"}),
        ("cve=cve-2024-3094", set()),
        ("package:openssl version:3*", {"waived"}),
        ("cwe:89", {"injection"}),
        ("cwe:CWE-20 cwe!=79", {"injection"}),
        ("epss>0.5", {"waived"}),
        ("epss<=0.5", set()),
        ("-epss>0.5", ALL - {"waived"}),
        ("cvss>=9.8", {"waived"}),
        ("line:10", ALL - {"odd"}),
        ("line!=10", {"odd"}),
        ("reopens>1", {"odd"}),
        ("exposure>100k", {"injection"}),
        ("exposure>=0.25m exposure<1bn", {"injection"}),
        ("exposure:0", {"vendored"}),
        ("age>48h", ALL - {"vendored"}),
        ("age<4h", {"vendored"}),
        ("age>1y", {"model"}),
        ("due<7d", {"injection", "waived", "model"}),
        ("due>today", {"waived"}),
        ("due:2026-11-23", {"injection"}),
        ("due!=2026-11-23", ALL - {"injection"}),
        ("overdue", {"injection", "model"}),
        ("-overdue", {"vendored", "waived", "odd"}),
        ("kev", {"injection"}),
        ("kev:no new", {"vendored"}),
        ("waived", {"waived"}),
        ("unconfirmed", {"odd"}),
        ("waived_until<7d", {"waived"}),
        ("fixed_at>=-1h", {"vendored"}),
        ("first_seen<2026-01-01", {"model"}),
        ("first_seen>2026-11-23", {"vendored"}),
        ("first_seen<=2026-11-24T09:00:00Z first_seen>=2026-11-24", {"vendored"}),
        ("model:fraud-* metric:psi", {"model"}),
        ("login", {"injection"}),
        ("INJECTION LOGIN", {"injection"}),
        ("openssl or vendor/lib", {"waived", "vendored"}),
        ("cve-2024", {"injection"}),
        ('"drop table finding"', {"odd"}),
        ("sql*login", {"injection"}),
        ("(tool:trivy or tool:grype) and not path:vendor/*", {"waived"}),
        ("tool:trivy or tool:grype state:fixed", {"waived", "vendored"}),
        ("not (kev or waived)", {"vendored", "odd", "model"}),
        ("--kev", {"injection"}),
        ("id:" + digest(["odd"])[:8] + "*", {"odd"}),
        ("NOT kev AND NOT waived", {"vendored", "odd", "model"}),
    ],
)
def test_a_query_selects(reader: Reader, query: str, expected: set[str]) -> None:
    assert selected(reader, query) == expected


@pytest.mark.parametrize(
    ("query", "position", "hint"),
    [
        ("severty:high", 0, "did you mean 'severity'?"),
        ("kev and ownr:x", 8, "did you mean 'owner'?"),
        ("severity>=hgh", 10, "did you mean 'high'?"),
        ("severity:high state:opn", 20, "did you mean 'open'?"),
        ("state>open", 5, "it takes : = !="),
        ("age:4", 3, "it takes > >= < <="),
        ("age>soon", 4, "write a duration, as 48h, 7d or 2w"),
        ("exposure>many", 9, "write an amount, as 250, 100k, 1.5m or 2bn"),
        ("due<someday", 4, "write a date, as 2026-01-31, or a duration from now, as 7d or -7d"),
        ("due<2026-02-30", 4, "write a date, as 2026-01-31, or a duration from now, as 7d or -7d"),
        ("first_seen>7d", 11, "write -7d"),
        ("epss>high", 5, "write a number, as 0.5"),
        ("cwe:x", 4, "write a number, as 89 or CWE-89"),
        ('text~"("', 5, "RE2 syntax"),
        ("owner~(?=x)", 6, None),
        ("kev (waived", 11, None),
        ("kev)", 3, "no parenthesis is open here"),
        ("()", 1, "something must stand in it"),
        (
            "owner:pay AND",
            10,
            OPEN_ENDED,
        ),
        (
            "owner:pay AND sort:-age",
            10,
            "leave 'AND' out: sort: stands behind the terms",
        ),
        ("kev && age>1d", 4, "write `and`, or quote it to search for it"),
        ('title:"open', 6, "close the quotes"),
        ("owner: kev", 6, 'write it right behind the sign, "" for empty'),
        ("kev or", 4, OPEN_ENDED),
        ("kev not", 4, OPEN_ENDED),
        ("or kev", 0, None),
        ("sort:age or kev", 0, "put it at the end of the query"),
        ("kev -sort:age", 5, "put it at the end of the query"),
        ("sort:kevin", 5, "did you mean 'kev'?"),
        ("sort:-exposure,agee", 15, "did you mean 'age'?"),
        ("group:exposure", 6, None),
        ("group:asset group:tool", 12, None),
        ("https://example.org", 0, 'to search for the text, quote it: "https…"'),
        ('kev ""', 4, None),
    ],
)
def test_a_fault_says_where_it_is_and_what_is_near(
    query: str, position: int, hint: str | None
) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(query)
    assert caught.value.position == position
    if hint is not None:
        assert caught.value.hint == hint


@pytest.mark.parametrize(
    "query",
    [
        "a" * (MAX_LENGTH + 1),
        "(" * (MAX_DEPTH + 1) + "kev" + ")" * (MAX_DEPTH + 1),
        "-" * (MAX_DEPTH + 1) + "kev",
        "not " * 900 + "kev",
        "kev " * (MAX_TERMS + 1),
        "title~" + "a" * 501,
        "title~(a{1000}){1000}",
    ],
    ids=["length", "parentheses", "minus", "not", "terms", "pattern", "repetition"],
)
def test_a_query_that_would_cost_too_much_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        parse_query(query)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["injection", "model", "waived", "vendored", "odd"]),
        ("sort:-severity", ["injection", "model", "waived", "vendored", "odd"]),
        ("sort:severity", ["odd", "vendored", "waived", "model", "injection"]),
        ("state:open sort:due", ["injection", "model", "odd"]),
        ("sort:-exposure,-age", ["injection", "model", None, None, "vendored"]),
        ("-age<5d sort:age", [None, None, None, "model"]),
        ("sort:-priority", ["odd", "vendored", "waived", "model", "injection"]),
    ],
)
def test_a_query_orders(reader: Reader, query: str, expected: list[str | None]) -> None:
    found = ordered(reader, parse_query(query))
    assert len(found) == len(expected)
    assert [name for name, wanted in zip(found, expected, strict=True) if wanted] == [
        wanted for wanted in expected if wanted
    ]


def test_a_group_comes_before_the_sort_order(reader: Reader) -> None:
    found = ordered(reader, parse_query("group:tool sort:severity"))
    assert found == ["vendored", "odd", "model", "injection", "waived"]


def test_every_field_can_be_completed_and_every_example_parses() -> None:
    for field in fields():
        assert field.meaning
        assert field.operators
        assert field_named(field.name) is field
        if field.example:
            assert parse_query(field.example).where is not None
    assert {"severity", "asset", "owner"} <= set(groupable())
    assert {"age", "exposure", "priority"} <= set(sortable())


# Random trees. Values are drawn to be hostile to whatever might take them for syntax.

HOSTILE = st.one_of(
    st.sampled_from([
        "'", '"', "\\", "%", "_", "*", "--", ";", "$q0", "$1", "?", "{value}", "{", "}", "or",
        "'; DROP TABLE finding; --", "x' OR '1'='1", "\\'", "kev", "-kev", "sort:age", "a b",
        "(", ")", "\n", "\u202e", "\U0001f600", "severity:high", "/*where*/ TRUE", "ß", "İ",
    ]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12),
)  # fmt: skip
VALUES = {
    Kind.TEXT: HOSTILE,
    Kind.PROSE: HOSTILE,
    Kind.IDS: HOSTILE,
    Kind.NUMBER: st.sampled_from(["0", "-3", "9.8", "10"]),
    Kind.MONEY: st.sampled_from(["0", "1.5k", "2M", "3bn", "250000"]),
    Kind.AGE: st.sampled_from(["48h", "7d", "999999y", "90m", "0s"]),
    Kind.MOMENT: st.sampled_from(["7d", "-7d", "2026-11-23", "today", "2026-11-24T11:00:00+01:00"]),
    Kind.PAST: st.sampled_from(["-7d", "-999999y", "2026-11-24", "yesterday", "0001-01-02"]),
    Kind.CWES: st.sampled_from(["89", "CWE-20", "0"]),
}


def values_of(field: Field) -> st.SearchStrategy[str]:
    return st.sampled_from(field.values) if field.values else VALUES[field.kind]


@st.composite
def terms(draw: st.DrawFn) -> Term:
    field = draw(st.sampled_from(fields()))
    operator = draw(st.sampled_from([op for op in field.operators if op is not Operator.MATCHES]))
    return Term(field.name, operator, draw(values_of(field)))


words = HOSTILE.filter(bool).map(Word)
nodes: st.SearchStrategy[Node] = st.recursive(
    terms() | words,
    lambda children: st.one_of(
        children.map(Not),
        st.lists(children, min_size=2, max_size=3).map(lambda items: _sure(all_of(items))),
        st.lists(children, min_size=2, max_size=3).map(lambda items: _sure(any_of(items))),
    ),
    max_leaves=6,
)
queries = st.builds(
    Query,
    st.none() | nodes,
    st.lists(st.builds(SortKey, st.sampled_from(sortable()), st.booleans()), max_size=2).map(tuple),
    st.sampled_from(["", *groupable()]),
)


def _sure(node: Node | None) -> Node:
    assert node is not None
    return node


@given(queries)
def test_what_is_printed_parses_back_to_the_same_query(query: Query) -> None:
    assert parse_query(print_query(query)) == query


@settings(max_examples=150, deadline=None)
@given(nodes)
def test_a_query_and_its_negation_part_the_findings(reader: Reader, node: Node) -> None:
    chosen = ordered(reader, Query(node))
    others = ordered(reader, Query(Not(node)))
    assert sorted([*chosen, *others]) == sorted(ALL)


@settings(max_examples=100, deadline=None)
@given(nodes, nodes)
def test_and_and_or_are_intersection_and_union(reader: Reader, one: Node, two: Node) -> None:
    first, second = set(ordered(reader, Query(one))), set(ordered(reader, Query(two)))
    assert set(ordered(reader, Query(And((one, two))))) == first & second
    assert set(ordered(reader, Query(Or((one, two))))) == first | second


@settings(max_examples=200, deadline=None)
@given(HOSTILE)
def test_any_text_is_a_query_or_a_query_error_and_never_sql(reader: Reader, text: str) -> None:
    try:
        query = parse_query(text)
    except QueryError as error:
        assert 0 <= error.position <= max(len(text), 1)
        return
    assert set(ordered(reader, query)) <= ALL
    assert len(ordered(reader, Query())) == len(ALL)


@settings(max_examples=100, deadline=None)
@given(HOSTILE)
def test_a_literal_finds_exactly_the_field_that_equals_it(reader: Reader, text: str) -> None:
    query = parse_query(print_query(Query(Term("rule", Operator.EQUAL, text))))
    expected = {NAMES[row["id"]] for row in FINDINGS if row["rule"] == text}
    assert set(ordered(reader, query)) == expected


@settings(max_examples=150, deadline=None)
@given(HOSTILE)
@example("\n)")
def test_any_regular_expression_is_refused_or_runs(reader: Reader, pattern: str) -> None:
    query = print_query(Query(Term("text", Operator.MATCHES, pattern)))
    try:
        parsed = parse_query(query)
    except QueryError:
        return
    assert set(ordered(reader, parsed)) <= ALL


VIEWS = {
    "hot": "severity>=high state:open sort:-exposure",
    "either": "tool:trivy or tool:grype",
    "mine": "@hot owner:payments",
    "all": "",
    "circle": "@circle",
    "broken": "severty:high",
}


@pytest.mark.parametrize(
    ("query", "same"),
    [
        ("@hot", "severity>=high state:open sort:-exposure"),
        ("@hot kev", "severity>=high state:open kev sort:-exposure"),
        ("@hot sort:age", "severity>=high state:open sort:age"),
        ("kev @hot", "kev severity>=high state:open"),
        ("@either state:open", "(tool:trivy or tool:grype) state:open"),
        ("-@either", "-(tool:trivy or tool:grype)"),
        ("@mine", "severity>=high state:open owner:payments sort:-exposure"),
        ("@all kev", "kev"),
        ("kev or @all", ""),
        ('"@hot"', '"@hot"'),
        ("@", '"@"'),
    ],
)
def test_a_saved_view_stands_for_its_query(query: str, same: str) -> None:
    assert parse_query(query, VIEWS) == parse_query(same)
    assert parse_query(print_query(parse_query(query, VIEWS))) == parse_query(same)


@pytest.mark.parametrize(
    ("query", "words", "position"),
    [
        ("kev @hott", "no saved view 'hott'", 4),
        ("@circle", "names itself", 0),
        ("@broken", "unknown field 'severty'", 0),
        ("-@all", "nothing is left", 0),
    ],
)
def test_a_view_that_cannot_be_used_is_refused(query: str, words: str, position: int) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(query, VIEWS)
    assert words in caught.value.message
    assert caught.value.position == position
