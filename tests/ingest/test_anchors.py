"""The promises of an import, scan after scan: what stays the same, what changes, what closes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.domain.asset import Asset, AssetKind
from riskcockpit.domain.finding import FindingClass, Location, Observation, Problem
from riskcockpit.domain.severity import Severity
from riskcockpit.domain.sheet import Sheet
from riskcockpit.ingest.policy import IngestPolicy, ScanOutcome
from riskcockpit.ingest.raw import raw_record
from riskcockpit.views.reports import ImportCounts
from support.ingesting import START, Bank, at_line, at_path, code, dependency, open_bank

WHITE_SPACE = "".join(each for each in map(chr, range(sys.maxunicode)) if each.isspace())
SHARED = Path(__file__).resolve().parents[2].parent / "shared"


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return open_bank(tmp_path)


def many(count: int = 30, **more: Any) -> list[Observation]:
    return [code(line=10 * n + 1, fingerprint=f"f{n}", **more) for n in range(count)]


def ids(bank: Bank) -> list[str]:
    return [row[0] for row in bank.rows("SELECT id FROM finding ORDER BY id")]


def changes(counts: ImportCounts) -> tuple[int, int, int, int]:
    return counts.new, counts.reopened, counts.fixed, counts.held


def test_a_the_same_content_again_writes_nothing(bank: Bank) -> None:
    bank.scan(many(), content_hash="same")
    before = bank.rows("FROM finding ORDER BY id"), bank.events(), bank.rows("FROM scan")
    report = bank.scan(many(), content_hash="same")
    assert report.outcome is ScanOutcome.REPEATED
    assert report.counts == ImportCounts(read=30, unchanged=30)
    assert (bank.rows("FROM finding ORDER BY id"), bank.events(), bank.rows("FROM scan")) == before


def test_a_new_scan_with_the_same_results_only_says_that_they_were_seen(bank: Bank) -> None:
    bank.scan(many())
    report = bank.scan(reversed(many()))
    assert report.counts == ImportCounts(read=30, unchanged=30)
    assert {kind for kind, _ in bank.events()} == {"created"}
    assert bank.rows("SELECT DISTINCT first_seen, last_seen FROM finding") == [
        (START + timedelta(days=1), START + timedelta(days=2))
    ]


@pytest.mark.parametrize("claim", ["f{}", ""])
def test_b_moved_lines_are_moved_events_and_nothing_else(bank: Bank, claim: str) -> None:
    seen = [code(line=10 * n + 1, fingerprint=claim.format(n)) for n in range(30)]
    bank.scan(seen)
    report = bank.scan([at_line(one, (one.locations[0].line or 0) + 7) for one in seen])
    assert report.counts == ImportCounts(read=30, moved=30)
    assert {kind for kind, _ in bank.events()} == {"created", "moved"}
    assert ("moved", "line 11 → 18") in bank.events()


def test_b_a_renamed_file_keeps_its_findings(bank: Bank) -> None:
    bank.scan([*many(), code("other", "src/stays.py", fingerprint="z")])
    before = ids(bank)
    renamed = [at_path(one, "src/cards.py") for one in many()]
    report = bank.scan([*renamed, code("other", "src/stays.py", fingerprint="z")])
    assert report.counts == ImportCounts(read=31, moved=30, unchanged=1)
    assert ids(bank) == before
    assert set(bank.events("renamed")) == {("renamed", "src/pay.py → src/cards.py")}
    assert bank.scan([*renamed, code("other", "src/stays.py", fingerprint="z")]).counts.moved == 0


@pytest.mark.parametrize(
    ("elsewhere", "renamed"),
    [
        (code(path="src/stays.py", snippet="execute(query, others)"), 1),
        (code(path="src/stays.py", snippet=f"execute(query,{WHITE_SPACE}values)"), 0),
        (code(path="src/stays.py", snippet="execute(query, values)", fingerprint="own"), 1),
    ],
)
def test_b_code_that_stands_in_several_files_shows_no_rename(
    bank: Bank, elsewhere: Observation, renamed: int
) -> None:
    moved = code(path="src/pay.py", snippet="execute(query, values)")
    bank.scan([moved, elsewhere])
    sheet = Sheet.of([at_path(moved, "lib/cards.py"), elsewhere])
    sheet.is_disposable = True
    report = bank.scan(sheet)
    new = 1 - renamed
    assert report.counts == ImportCounts(read=2, unchanged=1, moved=renamed, new=new, fixed=new)


def test_c_75_and_then_74_results_are_exactly_one_fixed(bank: Bank) -> None:
    bank.scan(many(75))
    report = bank.scan(many(75)[:40] + many(75)[41:])
    assert report.counts == ImportCounts(read=74, unchanged=74, fixed=1)
    assert bank.states() == {"open": 74, "fixed": 1}
    assert bank.rows("SELECT line, fixed_at FROM finding WHERE state = 'fixed'") == [
        (401, START + timedelta(days=2))
    ]


def test_d_a_new_image_tag_keeps_false_positives_and_waivers(bank: Bank) -> None:
    old = [dependency("CVE-2024-1", name=f"lib{n}", asset="reg/app:1.0") for n in range(3)]
    bank.scan(old, asset="reg/app")
    bank.decide("false_positive")
    new = [dependency("CVE-2024-1", name=f"lib{n}", version="2.1", asset="reg/app:1.1")
           for n in range(3)]  # fmt: skip
    assert bank.scan(new, asset="reg/app").counts == ImportCounts(read=3, updated=3)
    assert bank.states() == {"false_positive": 3}
    assert bank.events("bumped") == [("bumped", "2.0 → 2.1")] * 3


def test_e_a_constant_fingerprint_merges_nothing(bank: Bank) -> None:
    seen = [code(f"r{n % 3}", f"src/{n}.py", fingerprint="requires login") for n in range(9)]
    seen += [code(f"r{n % 3}", f"lib/{n}.py", fingerprint="one for all") for n in range(9)]
    report = bank.scan(seen)
    assert report.counts.new == 18
    assert len(set(ids(bank))) == 18


@pytest.mark.parametrize("claim", ["f{}", ""])
def test_f_a_new_checkout_prefix_keeps_dismissals_and_is_proposed_as_a_setting(
    bank: Bank, claim: str
) -> None:
    seen = [code(path=f"src/{n % 5}.py", line=n + 1, fingerprint=claim.format(n))
            for n in range(30)]  # fmt: skip
    bank.scan(seen)
    bank.decide("false_positive")
    moved = [at_path(one, f"build/7/{one.locations[0].path}") for one in seen]
    report = bank.scan(moved)
    assert changes(report.counts) == (0, 0, 0, 0)
    assert bank.states() == {"false_positive": 30}
    assert any("build/7/" in note and "checkout_prefixes" in note for note in report.notes)
    assert bank.events("renamed") == []
    told = bank.events("moved")
    assert len(told) == 30
    assert ("moved", "other checkout: src/0.py → build/7/src/0.py") in told
    assert changes(bank.scan(moved).counts) == (0, 0, 0, 0)
    assert changes(bank.scan(seen).counts) == (0, 0, 0, 0)
    assert bank.events("renamed") == []


@pytest.mark.parametrize(
    "how",
    [
        {"is_successful": None},
        {"is_successful": False},
        {"is_partial": True},
        {"tool_errors": ("crashed",)},
        {"problems": (Problem("runs[0]", "bad"),)},
        {"is_complete": False},
    ],
)
def test_g_an_empty_or_failed_scan_closes_nothing_and_says_why(
    bank: Bank, how: dict[str, object]
) -> None:
    bank.scan(many(3))
    report = bank.scan([], **how)
    assert changes(report.counts) == (0, 0, 0, 0)
    assert not report.is_complete
    assert any(note.startswith("nothing was closed: ") for note in report.notes)
    assert bank.states() == {"open": 3}
    assert bank.rows("SELECT count(*) FROM finding WHERE is_unconfirmed_absent") == [(3,)]
    bank.scan([], **how)
    assert len(bank.events("absent")) == 3
    bank.scan(many(3))
    assert bank.rows("SELECT count(*) FROM finding WHERE is_unconfirmed_absent") == [(0,)]


def test_a_document_whose_siblings_are_not_here_says_nothing_about_absence(bank: Bank) -> None:
    bank.scan(many(3))
    assert not bank.scan(many(1), may_close=False).is_complete
    assert {kind for kind, _ in bank.events()} == {"created"}
    assert bank.states() == {"open": 3}


def test_k_450_findings_replaced_by_450_others_are_450_new_and_450_absent(bank: Bank) -> None:
    bank.scan([code(f"r{n % 9}", f"src/{n % 45}.py", n + 1, fingerprint=f"a{n}")
               for n in range(450)])  # fmt: skip
    others = [code(f"r{n % 9}", f"src/{n % 45}.py", n + 1, fingerprint=f"b{n}")
              for n in range(450)]  # fmt: skip
    report = bank.scan(others, content_hash="others")
    assert report.outcome is ScanOutcome.HELD
    assert changes(report.counts) == (450, 0, 0, 450)
    assert any("450 would close (100 %)" in note for note in report.notes)
    assert bank.states() == {"open": 900}
    report = bank.scan(others, content_hash="others", accepts_held=True)
    assert changes(report.counts) == (0, 0, 450, 0)
    assert bank.states() == {"open": 450, "fixed": 450}


def test_l_a_waived_finding_that_is_gone_is_fixed_and_its_waiver_closed(bank: Bank) -> None:
    bank.scan(many(3))
    bank.decide("waived", waiver_id="w1")
    assert bank.scan(many(3)).counts.unchanged == 3
    assert bank.states() == {"waived": 3}
    bank.scan(many(3)[:2])
    assert bank.states() == {"waived": 2, "fixed": 1}
    assert bank.events("fixed") == [("fixed", "waiver closed: w1")]
    assert bank.rows("SELECT waiver_id, waived_until FROM finding WHERE state = 'fixed'") == [
        ("", None)
    ]


@pytest.mark.parametrize("snippet", ["", "run(query_{})"])
def test_m_a_tool_that_starts_to_write_fingerprints_makes_nothing_new(
    bank: Bank, snippet: str
) -> None:
    without = [code(f"r{n % 3}", line=n + 1, snippet=snippet.format(n)) for n in range(20)]
    bank.scan(without)
    claimed = [replace(one, fingerprints=(("contextHash/v1", f"f{n}"),))
               for n, one in enumerate(without)]  # fmt: skip
    assert changes(bank.scan(claimed).counts) == (0, 0, 0, 0)
    moved = [at_line(one, 400 + (one.locations[0].line or 0)) for one in claimed]
    assert changes(bank.scan(moved).counts) == (0, 0, 0, 0)
    assert changes(bank.scan(without).counts) == (0, 0, 0, 0)


def test_a_finding_that_comes_back_is_reopened_with_its_history_and_a_new_deadline(
    bank: Bank,
) -> None:
    bank.scan(many(3))
    bank.scan(many(3)[:2])
    report = bank.scan(many(3))
    assert changes(report.counts) == (0, 1, 0, 0)
    assert bank.rows(
        "SELECT state, first_seen, reopened_at, reopened_count, due_at, fixed_at FROM finding"
        " WHERE reopened_count > 0"
    ) == [
        ("open", START + timedelta(days=1), START + timedelta(days=3), 1,
         START + timedelta(days=33), None)
    ]  # fmt: skip


def test_a_change_of_severity_is_an_event_and_a_rise_takes_the_shorter_deadline(
    bank: Bank,
) -> None:
    bank.scan([code(severity=Severity.HIGH)])
    report = bank.scan([code(severity=Severity.CRITICAL)])
    assert report.counts == ImportCounts(read=1, updated=1)
    assert bank.events("severity_changed") == [("severity_changed", "high → critical")]
    assert bank.rows("SELECT due_at FROM finding") == [(START + timedelta(days=9),)]
    bank.scan([code(severity=Severity.LOW)])
    assert bank.rows("SELECT due_at FROM finding") == [(START + timedelta(days=121),)]


def test_an_older_report_changes_no_state(bank: Bank) -> None:
    bank.scan(many(3), scanned_at=START + timedelta(hours=5))
    report = bank.scan(many(5), scanned_at=START, content_hash="older")
    assert report.outcome is ScanOutcome.OLDER
    assert bank.states() == {"open": 3}
    again = bank.scan(many(5), scanned_at=START, content_hash="older")
    assert again.outcome is ScanOutcome.REPEATED


def test_a_scan_from_the_future_is_taken_as_of_now(bank: Bank) -> None:
    bank.scan(many(1), scanned_at=START + timedelta(days=900))
    assert bank.rows("SELECT first_seen FROM finding") == [(START + timedelta(days=1),)]


def test_a_finding_whose_rule_did_not_run_is_not_closed(bank: Bank) -> None:
    bank.scan([code("r1"), code("r2")])
    report = bank.scan([code("r3")], rules=frozenset({"r1", "r3"}))
    assert changes(report.counts) == (1, 0, 1, 0)
    assert bank.rows("SELECT rule FROM finding WHERE is_unconfirmed_absent") == [("r2",)]
    assert bank.events("absent") == [("absent", "its rule did not run")]


def test_two_scopes_that_see_one_finding_close_it_only_together(bank: Bank) -> None:
    one = code(fingerprint="f1")
    bank.scan([one], branch="main")
    assert changes(bank.scan([one], branch="feature").counts) == (0, 0, 0, 0)
    bank.scan([], branch="feature")
    assert bank.states() == {"open": 1}
    bank.scan([one], branch="feature")
    assert changes(bank.scan([], branch="main").counts) == (0, 0, 0, 0)
    assert bank.states() == {"open": 1}
    assert changes(bank.scan([], branch="feature").counts) == (0, 0, 1, 0)


def test_other_scopes_and_assets_are_never_closed(bank: Bank) -> None:
    bank.scan(many(3))
    bank.scan(many(3), asset="lending")
    bank.scan([code("x")], category="weekly")
    bank.scan([], asset="lending", accepts_held=True)
    assert bank.rows("SELECT asset, state, count(*) FROM finding GROUP BY ALL ORDER BY ALL") == [
        ("lending", "fixed", 3), ("payments", "open", 4),
    ]  # fmt: skip


def test_something_new_where_a_moved_finding_was_gets_an_id_of_its_own(bank: Bank) -> None:
    bank.scan([code(fingerprint="f1"), code("keep", "src/keep.py", fingerprint="k")])
    bank.scan(
        [code(path="src/new.py", fingerprint="f1"), code("keep", "src/keep.py", fingerprint="k")]
    )
    both = [code(path="src/new.py", fingerprint="f1"), code(fingerprint="f1"),
            code("keep", "src/keep.py", fingerprint="k")]  # fmt: skip
    assert changes(bank.scan(both).counts) == (1, 0, 0, 0)
    assert changes(bank.scan(both).counts) == (0, 0, 0, 0)
    assert len(set(ids(bank))) == 3
    assert changes(bank.scan(both[1:]).counts) == (0, 0, 1, 0)
    assert bank.rows("SELECT path FROM finding WHERE state = 'fixed'") == [("src/new.py",)]


def test_an_id_of_a_vulnerability_that_is_learned_later_is_not_a_new_finding(bank: Bank) -> None:
    bank.scan([dependency("GHSA-2222-3333-4444")])
    assert bank.scan([dependency("GHSA-2222-3333-4444", "CVE-2024-1111")]).counts.updated == 1
    assert changes(bank.scan([dependency("CVE-2024-1111")]).counts) == (0, 0, 0, 0)
    assert len(ids(bank)) == 1


def test_an_advisory_that_two_vulnerabilities_share_merges_nothing(bank: Bank) -> None:
    bank.scan([dependency("RHSA-1")])
    two = [dependency("CVE-2024-1111", "RHSA-1"), dependency("CVE-2024-2222", "RHSA-1")]
    assert bank.scan(two).counts.new == 2


def test_tools_are_never_merged_but_grouped(bank: Bank) -> None:
    one = dependency("CVE-2024-1111")
    near = code("sqli", line=10, cwes=(89,))
    bank.scan([one, near, code("far", line=90, cwes=(89,))])
    other = [replace(one, tool="grype"), replace(near, tool="grype", rule="x")]
    report = bank.scan([other[0], at_line(other[1], 12)], tool="grype")
    assert report.counts.new == 2
    groups = bank.rows(
        "SELECT count(*), count(DISTINCT tool) FROM finding WHERE correlation <> ''"
        " GROUP BY correlation"
    )
    assert groups == [(2, 2), (2, 2)]
    bank.scan([], tool="grype")
    assert bank.rows("SELECT count(*) FROM finding WHERE correlation <> ''"
                     " AND state = 'open'") == [(0,)]  # fmt: skip


def test_owner_and_tier_come_from_the_settings(tmp_path: Path) -> None:
    asset = Asset("payments", AssetKind.REPOSITORY, "retail", "team-pay", "production", 1)
    bank = open_bank(tmp_path, IngestPolicy(assets={"payments": asset}))
    bank.scan([code()])
    assert bank.rows("SELECT owner, pillar FROM finding") == [
        ("team-pay", "infrastructure_hardening")
    ]
    assert bank.rows("SELECT kind, domain, owner, environment, tier FROM asset") == [
        ("repository", "retail", "team-pay", "production", 1)
    ]


def test_several_places_of_one_result_are_one_finding(bank: Bank) -> None:
    places = (Location("a.py", 1), Location("b.py", 2))
    bank.scan([replace(code(), locations=places), code("one")])
    text = "SELECT ordinal, path, line FROM finding_location ORDER BY ordinal"
    assert bank.rows(text) == [(0, "a.py", 1), (1, "b.py", 2)]
    bank.scan([replace(code(), locations=(*places, Location("c.py"))), code("one")])
    assert len(bank.rows(text)) == 3


def test_raw_records_are_found_again(bank: Bank) -> None:
    seen = [replace(one, raw=json.dumps({"n": n}).encode()) for n, one in enumerate(many(300))]
    bank.scan(seen)
    rows = bank.rows("SELECT raw_hash, line FROM finding")
    with bank.store.reader() as reader:
        for raw_hash, line in rows:
            assert raw_record(reader, raw_hash) == json.dumps({"n": line // 10}).encode()
        assert raw_record(reader, "") is None
        assert raw_record(reader, "nowhere:7") is None


def test_suppressed_at_the_source_is_counted_apart_and_triage_waits(bank: Bank) -> None:
    report = bank.scan([code("a", is_suppressed=True), code("b", needs_triage=True), code("c")])
    assert report.counts.suppressed_at_source == 1
    assert bank.states() == {"suppressed_at_source": 1, "triage": 1, "open": 1}
    bank.scan([code("a"), code("b", is_suppressed=True), code("c")])
    assert bank.states() == {"open": 2, "suppressed_at_source": 1}
    assert bank.events("suppressed") == [("suppressed", "")]
    assert bank.events("state_changed") == [("state_changed", "suppressed_at_source → open")]


def test_a_renamed_rule_keeps_its_findings(tmp_path: Path) -> None:
    bank = open_bank(tmp_path, IngestPolicy(rule_aliases={"scanner": {"B324": "B303"}}))
    bank.scan([code("B303", line=n, fingerprint=f"f{n}") for n in range(5)])
    report = bank.scan([code("B324", line=n, fingerprint=f"f{n}") for n in range(5)])
    assert report.counts == ImportCounts(read=5, updated=5)
    assert set(bank.events("rule_renamed")) == {("rule_renamed", "B303 → B324")}


@pytest.mark.parametrize(
    ("option", "check"),
    [
        ("--move", lambda counts: counts.new == counts.fixed == 0 and counts.moved > 100),
        ("--refactor", lambda counts: counts.new == counts.fixed == 0 and counts.moved > 100),
        ("--churn", lambda counts: counts.unchanged > 700 and counts.moved == 0),
    ],
)
def test_a_second_synthetic_scan_changes_what_it_changed(
    bank: Bank, tmp_path: Path, option: str, check: Callable[[ImportCounts], bool]
) -> None:
    generator = SHARED / "tools" / "gen_sarif.py"
    if not generator.exists():
        pytest.skip("the generator of synthetic reports is not here")
    first = _synthetic(generator, tmp_path / "1.sarif")
    second = _synthetic(generator, tmp_path / "2.sarif", option, "0.2")
    assert bank.scan(first).counts.new == len(first)
    report = bank.scan(second)
    counts = report.counts
    assert check(counts), report
    assert counts.read - counts.new == len(first) - counts.fixed == counts.moved + counts.unchanged


def _synthetic(generator: Path, out: Path, *more: str) -> list[Observation]:
    command = [sys.executable, str(generator), "--results", "1000", "--out", str(out), *more]
    subprocess.run(command, check=True)
    results = json.loads(out.read_text())["runs"][0]["results"]
    return [_observation(result) for result in results if result.get("kind") != "pass"]


def _observation(result: dict[str, object]) -> Observation:
    place = result["locations"][0]["physicalLocation"]  # type: ignore[index] # raw JSON
    region = place["region"]
    snippet = region.get("snippet", {}).get("text", "")
    where = Location(place["artifactLocation"]["uri"], region["startLine"], snippet=snippet)
    claims = tuple(result["partialFingerprints"].items())  # type: ignore[attr-defined] # raw JSON
    return replace(code(str(result["ruleId"])), locations=(where,), fingerprints=claims)


def test_a_scan_of_one_host_says_nothing_of_another(bank: Bank) -> None:
    def port(host: str) -> Observation:
        return replace(
            code(), finding_class=FindingClass.DAST, asset=host, resource=f"tcp://{host}:22"
        )

    bank.scan([port("10.0.0.1")], assets=frozenset({"10.0.0.1"}))
    bank.scan([port("10.0.0.2")], assets=frozenset({"10.0.0.2"}))
    assert bank.states() == {"open": 2}
    assert bank.events("absent") == []
    bank.scan([port("10.0.0.2")], assets=frozenset({"10.0.0.1", "10.0.0.2"}))
    assert bank.states() == {"open": 1, "fixed": 1}
