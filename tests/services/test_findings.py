"""The finding reader: sets, pages, details, explanations, facets, generations, threads."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from riskcockpit.domain.finding import FindingClass, Location, State
from riskcockpit.domain.ids import digest
from riskcockpit.domain.money import Money
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import CancelledError, QueryError, UnknownNameError
from riskcockpit.ingest.raw import pack
from riskcockpit.present.knowledge import counted_with
from riskcockpit.services.context import Context
from riskcockpit.services.findings import KEPT_SETS, FindingReader
from support.caches import NOW, context, finding, publish

pytestmark = pytest.mark.usefixtures("without_policy")

COUNT = 500
MAIN = digest(["main"])
OTHER = digest(["other"])


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return context(tmp_path)


@pytest.fixture
def many(ctx: Context) -> Iterator[FindingReader]:
    rows = (
        finding(str(n), severity=n % 5, exposure=Decimal(n), asset=f"asset-{n % 7}")
        for n in range(COUNT)
    )
    publish(ctx.store, {"finding": rows})
    reader = FindingReader(ctx)
    yield reader
    reader.close()


@pytest.fixture
def one(ctx: Context) -> Iterator[FindingReader]:
    """One finding with everything about it, and one that correlates with it."""
    record = json.dumps({"rule": "x", "note": "é"}).encode()
    main = finding(
        "main", description="bad", help_url="https://example.org/x", severity_raw="9.1",
        severity_source="security-severity", vulnerability="CVE-1", cvss=9.1, epss=0.5,
        vulnerability_ids=["CVE-1", "GHSA-1"], cwes=[79], package_name="openssl",
        package_version="3.0", fixed_version="3.1", correlation="group", raw_hash="s:0",
        is_unconfirmed_absent=True, due_at=NOW, reopened_count=1, waiver_id="w" * 32,
    )  # fmt: skip
    scan = {
        "id": "s", "scope": main["scope"], "asset": "payments-api", "tool": "semgrep",
        "tool_version": "1", "category": "", "branch": "main", "format": "sarif", "document": "f",
        "content_hash": "c", "scanned_at": NOW - timedelta(hours=1), "imported_at": NOW,
        "outcome": "applied", "is_complete": False, "incomplete_because": "2 files were skipped",
        "read_count": 1, "quarantined": 0, "suppressed": 0, "evidence": 0, "created": 1,
        "updated": 0, "moved": 0, "reopened": 0, "unchanged": 0, "fixed": 0, "held": 0,
        "source_id": "test", "seen_at": NOW,
    }  # fmt: skip
    waiver = {
        "id": "w" * 32, "state": "requested", "reason": "deferred", "justification": "later",
        "requester": "engineer", "approver": "", "requested_at": NOW, "rule": "r", "query": "kev",
        "expires_at": NOW + timedelta(days=3), "finding_count": 1,
    }  # fmt: skip
    event = {"finding_id": main["id"], "scan_id": "s", "detail": ""}
    publish(
        ctx.store,
        {
            "finding": [main, finding("other", tool="codeql", correlation="group")],
            "scan": [scan],
            "finding_event": [
                event | {"at": NOW - timedelta(days=2), "kind": "created"},
                event | {"at": NOW - timedelta(days=1), "kind": "moved", "detail": "line 9 to 10"},
            ],
            "finding_alias": [
                {"key": "k1", "finding_id": main["id"], "kind": "exact", "seen_at": NOW},
                {"key": "k2", "finding_id": main["id"], "kind": "vulnerability", "seen_at": NOW},
            ],
            "finding_location": [
                {"finding_id": main["id"], "ordinal": 1, "path": "b.py", "line": 2, "snippet": ""},
                {"finding_id": main["id"], "ordinal": 0, "path": "a.py", "line": 1, "snippet": "x"},
            ],
            "waiver": [waiver],
            "waiver_finding": [{"waiver_id": waiver["id"], "finding_id": main["id"]}],
            "control_row": [
                _control_row("C-1", "payments-api", "alarm"),
                _control_row("C-2", main["id"], "error"),
                _control_row("C-3", "payments-api", "ok"),
                _control_row("C-4", "another", "alarm"),
            ],
            "raw_record": pack("s", [record], [0]),
        },
    )
    reader = FindingReader(ctx)
    yield reader
    reader.close()


def test_without_a_cache_everything_is_empty(ctx: Context) -> None:
    reader = FindingReader(ctx)
    found = reader.open("severity>=high")
    assert (found.total, found.generation) == (0, 0)
    assert reader.page(found, 0, 10).rows == ()
    assert reader.rows() == ()
    assert reader.ids() == ()
    assert all(facet.counts == () for facet in reader.facets())
    with pytest.raises(UnknownNameError, match="there is no finding") as caught:
        reader.show(MAIN)
    assert "riskcockpit sync" in str(caught.value.hint)


def test_pages_put_together_are_the_rows_of_the_query_in_its_order(many: FindingReader) -> None:
    query = "severity>=medium sort:-severity,exposure"
    found = many.open(query)
    pages = [many.page(found, start, 70).rows for start in range(0, found.total + 70, 70)]
    joined = [row for page in pages for row in page]
    assert tuple(joined) == many.rows(query)
    assert found.total == len(joined) == COUNT * 3 // 5
    keys = [(-row.severity, row.exposure.amount) for row in joined]
    assert keys == sorted(keys)
    assert many.ids(query) == tuple(row.id for row in joined)


def test_the_order_holds_beyond_one_row_group(ctx: Context) -> None:
    rows = (finding(str(n), exposure=Decimal(n * 7919 % 130_003)) for n in range(130_003))
    publish(ctx.store, {"finding": rows})
    reader = FindingReader(ctx)
    found = reader.open("sort:-exposure")
    for start in (0, 60_000, 129_900):
        amounts = [int(row.exposure.amount) for row in reader.page(found, start, 50).rows]
        assert amounts == [130_002 - n for n in range(start, start + 50)]
    reader.close()


@pytest.mark.parametrize(
    ("start", "count", "length"), [(0, 10, 10), (495, 10, 5), (500, 10, 0), (0, 0, 0), (9, -1, 0)]
)
def test_a_page_ends_with_its_set(many: FindingReader, start: int, count: int, length: int) -> None:
    assert len(many.page(many.open(), start, count).rows) == length


def test_limits_cut_lists_and_ids(many: FindingReader) -> None:
    assert len(many.rows(limit=3)) == 3
    assert many.ids("sort:exposure", limit=2) == many.ids("sort:exposure")[:2]
    assert many.ids(limit=0) == ()


def test_a_row_carries_everything_a_list_shows(one: FindingReader) -> None:
    (row,) = one.rows("tool:semgrep")
    assert (row.id, row.title, row.severity, row.state) == (MAIN, "main", Severity.HIGH, State.OPEN)
    assert (row.pillar, row.finding_class) == (Pillar.INFRASTRUCTURE_HARDENING, FindingClass.CODE)
    assert (row.package, row.location, row.vulnerability) == (
        "openssl 3.0",
        "src/app.py:10",
        "CVE-1",
    )
    assert row.exposure == Money(Decimal("1000.00"), "EUR")
    assert (row.first_seen, row.due_at) == (NOW - timedelta(days=10), NOW)


def test_a_bad_query_is_a_query_error_everywhere(many: FindingReader) -> None:
    for ask in (many.open, many.rows, many.ids, many.facets, many.explain):
        with pytest.raises(QueryError):
            ask("severty:high")


def test_the_same_query_is_built_once_however_it_is_written(many: FindingReader) -> None:
    assert many.open("severity>=high and not kev") == many.open("severity>=high  -kev")


def test_forgotten_key_lists_are_built_again(many: FindingReader) -> None:
    first = many.open("exposure<10 sort:exposure")
    for n in range(KEPT_SETS + 2):
        many.open(f"exposure>{n}")
    assert [int(row.exposure.amount) for row in many.page(first, 0, 20).rows] == list(range(10))


def test_facets_count_the_rows_of_the_query(many: FindingReader) -> None:
    facets = {facet.field: facet.counts for facet in many.facets("severity>=high")}
    assert dict(facets["severity"]) == {"high": COUNT // 5, "critical": COUNT // 5}
    assert sum(count for _, count in facets["asset"]) == COUNT * 2 // 5
    assert [count for _, count in facets["asset"]] == sorted(
        (count for _, count in facets["asset"]), reverse=True
    )
    assert facets["state"] == (("open", COUNT * 2 // 5),)
    assert len(dict(many.facets(top=3)[5:6][0].counts)) == 3


def test_explaining_a_query_shows_constants_and_parameters_apart(many: FindingReader) -> None:
    explained = many.explain('owner:"x\'; DROP TABLE finding"')
    assert "DROP" not in explained.where
    assert ("q0", "x'; DROP TABLE finding") in explained.params


def test_a_new_generation_is_read_after_refresh_only(ctx: Context, many: FindingReader) -> None:
    old = many.open()
    publish(ctx.store, {"finding": [finding("newest")]})
    assert many.open("owner:payments").total == COUNT
    assert many.refresh()
    assert not many.refresh()
    assert many.open().total == COUNT + 1
    with pytest.raises(UnknownNameError, match="no longer there"):
        many.page(old, 0, 10)


def test_any_unique_prefix_of_four_digits_names_a_finding(one: FindingReader) -> None:
    assert one.resolve(MAIN) == MAIN
    assert one.resolve(f" {MAIN[:4].upper()} ") == MAIN
    assert one.show(MAIN[:10]).row.id == MAIN


@pytest.mark.parametrize("text", ["", "abc", "xyz1", "' OR 1=1", "%", "*" * 8])
def test_what_is_not_an_id_is_refused(one: FindingReader, text: str) -> None:
    with pytest.raises(UnknownNameError, match="is not the id"):
        one.resolve(text)


def test_an_unknown_id_names_the_nearest(one: FindingReader) -> None:
    with pytest.raises(UnknownNameError) as caught:
        one.resolve(MAIN[:6] + "0" * 20)
    assert caught.value.hint == f"did you mean {MAIN}?"


def test_an_ambiguous_prefix_shows_the_choices(ctx: Context) -> None:
    twins = [finding("a", id="abcd1" + "0" * 27), finding("b", id="abcd2" + "0" * 27)]
    publish(ctx.store, {"finding": twins})
    with pytest.raises(UnknownNameError, match="several") as caught:
        FindingReader(ctx).resolve("abcd")
    assert "abcd1000, abcd2000" in str(caught.value.hint)


def test_a_detail_has_all_that_is_known(one: FindingReader) -> None:
    detail = one.show(MAIN)
    assert detail.locations == (Location("a.py", 1, snippet="x"), Location("b.py", 2))
    assert (detail.cwes, detail.vulnerability_ids) == ((79,), ("CVE-1", "GHSA-1"))
    assert [event.kind for event in detail.history] == ["created", "moved"]
    assert [waiver.requester for waiver in detail.waivers] == ["engineer"]
    assert [row.id for row in detail.correlated] == [OTHER]
    assert detail.controls == ("C-1", "C-2")
    assert json.loads(detail.raw) == {"rule": "x", "note": "é"}
    assert (detail.fixed_version, detail.reopened_count) == ("3.1", 1)


def test_whose_findings_carry_the_money_is_said_where_it_is_nothing(one: FindingReader) -> None:
    detail = one.show(MAIN)
    assert counted_with(detail) == ""
    free = replace(detail, row=replace(detail.row, exposure=Money(Decimal(0), "EUR")))
    assert counted_with(free) == "counted once, with what codeql sees of it"
    assert counted_with(replace(free, correlated=())) == ""
    fixed = replace(free, row=replace(free.row, state=State.FIXED))
    assert counted_with(fixed) == ""


def test_a_finding_without_extras_has_its_own_place_and_no_raw_record(one: FindingReader) -> None:
    detail = one.show(OTHER)
    assert detail.locations == (Location("src/app.py", 10),)
    assert (detail.raw, detail.waivers, detail.history) == ("", (), ())


def test_why_explains_identity_history_gate_and_state(one: FindingReader) -> None:
    view = one.why(MAIN)
    assert view.keys == (("exact", MAIN), ("exact", "k1"), ("vulnerability", "k2"))
    text = "\n".join(view.sentences)
    for part in (
        "rule sql-injection",
        "3 keys (exact, vulnerability)",
        "matched although it moved: line 9 to 10",
        "could not close anything: 2 files were skipped",
        "proves nothing, so it stays open",
        "severity high: security-severity says '9.1'",
        "is requested until",
        "state open",
    ):
        assert part in text


def test_many_threads_share_one_reader(many: FindingReader) -> None:
    found = many.open("sort:exposure")
    failures: list[object] = []

    def work(seed: int) -> None:
        try:
            for start in range(seed, COUNT, 50):
                rows = many.page(found, start, 5).rows
                assert [int(row.exposure.amount) for row in rows] == [
                    n for n in range(start, start + 5) if n < COUNT
                ]
                many.open(f"exposure>{start}")
                many.facets("kev")
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test must see it
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_two_readers_of_one_generation_do_not_disturb_each_other(
    ctx: Context, many: FindingReader
) -> None:
    other = FindingReader(ctx)
    mine, theirs = many.open("severity:low"), other.open("severity:high")
    other.close()
    assert theirs.total == COUNT // 5
    assert {row.severity for row in many.page(mine, 0, 50).rows} == {Severity.LOW}


def test_a_closed_reader_answers_nothing_and_closing_again_is_harmless(
    many: FindingReader,
) -> None:
    many.close()
    many.close()
    many.interrupt()
    assert many.generation == 0


def test_refresh_cancels_whoever_is_still_asking_the_old_generation(ctx: Context) -> None:
    publish(ctx.store, {"finding": [finding("a")]})
    reader = FindingReader(ctx)
    old = reader._reader
    assert old is not None
    publish(ctx.store, {"finding": [finding("b")]})
    reader.refresh()
    with pytest.raises(CancelledError):
        old.cursor()
    reader.close()


def _control_row(control: str, resource: str, status: str) -> dict[str, object]:
    return {
        "control_id": control, "ordinal": 0, "resource": resource, "status": status,
        "reason": "", "dimensions": "{}",
    }  # fmt: skip
