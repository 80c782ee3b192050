"""A whole import taken back: the cache is as if it had not been, and the ledger says so."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from riskcockpit.domain.finding import Scan
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.errors import RefusedError
from riskcockpit.ingest.pipeline import ingest
from riskcockpit.ingest.policy import IngestPolicy, ScopeSpec
from riskcockpit.ingest.readings import record_readings
from riskcockpit.services.decide import approve, waive
from riskcockpit.services.importing import ImportOptions, import_reports
from riskcockpit.services.undoing import plan_undo_import, undo_import
from riskcockpit.services.verify import verify_ledger
from riskcockpit.views.reports import ImportCounts
from support.caches import NOW, statement
from support.correcting import House, make_house
from support.deciding import LATER, WHY, entry_types
from support.ingesting import code
from support.listing import misfits

pytestmark = pytest.mark.usefixtures("without_policy")

FIRST = ("a@x.py:1 one()", "b@x.py:5 two()", "c@y.py:9 a_long_call(of_its_own)")
SECOND = ("a@x.py:4 one()", "c@z.py:9 a_long_call(of_its_own)", "d@x.py:7 new()")
"""One moved, one renamed, one new, one fixed."""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    return make_house(tmp_path, monkeypatch)


def test_new_findings_go_closed_ones_open_and_moved_ones_are_where_they_were(house: House) -> None:
    house.take(*FIRST)
    before = house.contents()
    counts = house.take(*SECOND).totals
    assert (counts.new, counts.moved, counts.fixed) == (1, 2, 1)

    result = undo_import(house.ctx)

    after = house.contents()
    undone = [row for row in after["finding_event"] if "'undone'" in row]
    after["finding_event"] = [row for row in after["finding_event"] if row not in undone]
    assert after == before
    assert len(undone) == 3
    assert result.message == ""
    assert verify_ledger(house.ctx).is_ok


def test_why_tells_that_an_import_was_taken_back_and_what_it_had_done(house: House) -> None:
    house.take(*FIRST)
    house.take(*SECOND)
    undo_import(house.ctx)
    words = " ".join(house.why(house.id("x.py:5")).sentences)
    assert "undone: the import of" in words
    assert "was taken back: fixed" in words
    assert house.history(house.id("x.py:1")) == ["created", "undone"]


def test_the_entry_names_scans_with_the_hashes_of_their_contents(house: House) -> None:
    house.take(*FIRST)
    scans = house.rows("SELECT id, content_hash FROM scan")
    undo_import(house.ctx)
    entry = next(e for e in house.ctx.reading_journal().entries() if e.type == "undo")
    assert entry.data["scans"] == dict(scans)
    assert entry.data["removed"] == 3
    assert entry.data["rule"] == "correct-alone"


def test_the_same_report_again_is_applied_anew(house: House) -> None:
    house.take(*FIRST)
    house.take(*SECOND, name="s", same=True)
    once = house.findings()
    undo_import(house.ctx)
    assert house.take(*SECOND, name="s", same=True).totals == ImportCounts(
        read=3, new=1, moved=2, fixed=1
    )
    assert house.findings() == once


def test_imports_are_taken_back_last_first_to_an_empty_cache(house: House) -> None:
    for n in range(3):
        house.take(f"a@x.py:{n + 1} call{n}()", name=f"r{n}", scope=f"s{n}")
    for left in (2, 1, 0):
        undo_import(house.ctx)
        assert len(house.findings()) == left
    with pytest.raises(RefusedError, match="nothing was imported"):
        undo_import(house.ctx)


def test_only_the_last_three_are_kept_and_what_is_gone_is_said(house: House) -> None:
    for n in range(4):
        house.take(f"a@x.py:{n + 1} call{n}()", name=f"r{n}", scope=f"s{n}")
    for _ in range(3):
        undo_import(house.ctx)
    plan = plan_undo_import(house.ctx)
    assert "no longer kept" in plan.blockers[0]
    count = len(entry_types(house.bank))
    with pytest.raises(RefusedError, match="no longer kept"):
        undo_import(house.ctx)
    assert len(entry_types(house.bank)) == count
    assert len(house.findings()) == 1


def test_without_the_kept_file_nothing_is_signed_or_changed(house: House) -> None:
    house.take(*FIRST)
    shutil.rmtree(house.ctx.store.directory / "undo")
    before = house.contents()
    with pytest.raises(RefusedError):
        undo_import(house.ctx)
    assert house.contents() == before
    assert "undo" not in entry_types(house.bank)


def test_a_preview_says_what_would_happen_and_changes_nothing(house: House) -> None:
    house.take(*FIRST)
    house.take(*SECOND)
    before, generation = house.contents(), house.ctx.store.generation()
    plan = plan_undo_import(house.ctx)
    assert plan.finding_count == 4
    facts = dict(plan.facts)
    assert facts["findings"] == "1 are gone, 1 open again, 2 where they were"
    assert (house.contents(), house.ctx.store.generation()) == (before, generation)
    assert entry_types(house.bank) == []


def test_a_repeated_import_and_a_dry_run_are_no_imports_to_take_back(house: House) -> None:
    house.take(*FIRST)
    house.take(*SECOND, name="s", same=True)
    house.take(*SECOND, name="s", same=True)
    house.take(*FIRST, dry_run=True)
    undo_import(house.ctx)
    assert set(house.findings()) == {"x.py:1", "x.py:5", "y.py:9"}


def test_an_auditor_takes_nothing_back(house: House) -> None:
    house.take(*FIRST)
    with pytest.raises(RefusedError, match="may not correct"):
        undo_import(house.bank.at("auditor"))
    assert len(house.findings()) == 3


# what came since


def readings(house: House, *values: float) -> None:
    """Publish readings as a sync does, a second apart and newer each time."""
    ctx = house.ctx
    now = ctx.clock.now()
    with ctx.store.writer() as tx:
        made = [
            Reading(
                SubjectKind.DATASET, "cards", "completeness", MetricClass.QUALITY,
                value, now - timedelta(seconds=len(values) - n), threshold=0.9,
                direction=Direction.AT_LEAST,
            )
            for n, value in enumerate(values)
        ]  # fmt: skip
        record_readings(tx, made, "metrics", now)


def source(name: str, now: object) -> dict[str, object]:
    return {
        "name": name, "kind": "files", "state": "ok", "last_attempt": now, "last_success": now,
        "cursor": f"after {now}", "rows": 1, "pages": 1, "is_truncated": False, "message": "",
        "hint": "",
    }  # fmt: skip


def test_readings_and_breaches_that_came_since_stay(house: House) -> None:
    house.take(*FIRST)
    house.take(*SECOND)
    readings(house, 0.95, 0.5)
    with house.ctx.store.writer() as tx:
        tx.append("source", [source("metrics", NOW)])
    monitored = "FROM finding WHERE tool = 'riskcockpit.monitor'"
    asked = (
        f"SELECT * EXCLUDE (wording_id, place_id) {monitored}", "FROM reading", "FROM source",
    )  # fmt: skip
    before = [house.rows(text) for text in asked]
    assert len(before[0]) == 1
    undo_import(house.ctx)
    assert [house.rows(text) for text in asked] == before
    assert misfits(house.ctx.store) == []
    assert house.state("x.py:5") == "open"
    assert house.rows("SELECT count(*) FROM asset WHERE name = 'cards'") == [(1,)]
    house.bank.clock.at += timedelta(minutes=1)
    readings(house, 0.97)
    assert house.rows(f"SELECT state {monitored}") == [("fixed",)]


def test_a_missed_review_and_its_history_stay_whatever_import_is_taken_back(house: House) -> None:
    house.take(*FIRST)
    with house.ctx.store.writer() as tx:
        tx.execute(statement("UPDATE finding SET severity = 3"))
    fire = "payments stand still and nobody else is awake"
    done = waive(house.ctx, [house.id("x.py:5")], "deferred", WHY, LATER, break_glass=fire)
    house.take(*SECOND)
    house.bank.clock.at += timedelta(days=2)
    house.bank.publish()
    approve(house.bank.at("approver"), done.decision.id)
    about = "FROM finding WHERE tool = 'riskcockpit.ledger'"
    asked = (
        f"SELECT * EXCLUDE (wording_id, place_id) {about}",
        f"SELECT kind, detail FROM finding_event WHERE finding_id IN (SELECT id {about})",
    )
    before = [house.rows(text) for text in asked]
    assert [kind for kind, _ in before[1]] == ["created", "fixed"]
    undo_import(house.ctx)
    assert [house.rows(text) for text in asked] == before
    assert misfits(house.ctx.store) == []


def test_a_source_that_gave_reports_since_reads_them_again(house: House) -> None:
    ctx = house.ctx
    with ctx.store.writer() as tx:
        tx.append("source", [source("repo", NOW), source("quiet", NOW)])
    house.take(*FIRST)
    now = ctx.clock.now()
    scope = ScopeSpec("web", "lint", "repo", "l.json", "sarif", "hash")
    with ctx.store.writer() as tx:
        scan = Scan("lint", (code(tool="lint"),), is_successful=True)
        ingest(tx, scan, scope, IngestPolicy(), now)
        tx.execute(statement("UPDATE source SET cursor = 'newer'"))
    plan = plan_undo_import(ctx)
    assert any("riskcockpit sync repo" in warning for warning in plan.warnings)
    message = undo_import(ctx).message
    assert "riskcockpit sync repo" in message
    cursors = dict(house.rows("SELECT name, cursor FROM source"))
    assert cursors == {"repo": f"after {NOW}", "quiet": "newer"}
    assert house.findings() == {}


def test_a_waiver_over_findings_that_go_is_told_and_covers_them_when_they_are_back(
    house: House,
) -> None:
    house.take(*FIRST)
    waive(house.ctx, [house.id("x.py:1")], "risk_accepted", WHY, LATER)
    assert house.state("x.py:1") == "waived"
    plan = plan_undo_import(house.ctx)
    assert any("loses 1 finding" in warning for warning in plan.warnings)
    undo_import(house.ctx)
    assert house.rows("SELECT state FROM waiver") == [("granted",)]
    entry = [e for e in house.ctx.reading_journal().entries() if e.type == "undo"][-1]
    assert len(entry.data["waivers"]) == 1
    house.take(*FIRST)
    assert house.state("x.py:1") == "waived"


def test_decisions_taken_since_stay(house: House) -> None:
    house.take(*FIRST)
    house.take(*SECOND)
    waive(house.ctx, [house.id("x.py:4")], "risk_accepted", WHY, LATER)
    undo_import(house.ctx)
    assert house.state("x.py:1") == "waived"


def test_what_is_known_from_elsewhere_stays(house: House, tmp_path: Path) -> None:
    house.take(*FIRST)
    house.take(*SECOND)
    file = tmp_path / "epss.csv"
    file.write_text(
        "#model_version:v1,score_date:2026-01-02T00:00:00+0000\ncve,epss\nCVE-2024-3094,1\n"
    )
    import_reports(house.ctx, [file], ImportOptions())
    undo_import(house.ctx)
    with house.ctx.store.reader() as reader:
        known = reader.rows(statement("SELECT kind, rows, rev FROM enrichment"))
        assert known == [("epss", 1, reader.generation)]
        assert reader.rows(statement("SELECT vulnerability FROM epss_score")) == [
            ("CVE-2024-3094",)
        ]
