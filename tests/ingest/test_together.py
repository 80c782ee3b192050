"""Scans that are ingested together come to the same as scan by scan."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskcockpit.config.settings import ClosureSettings
from riskcockpit.domain.finding import Observation, Package, Scan, VexStatement, VexStatus
from riskcockpit.domain.ids import digest
from riskcockpit.domain.severity import Severity
from riskcockpit.ingest import batching
from riskcockpit.ingest.batching import batches
from riskcockpit.ingest.pipeline import ingest, ingest_all
from riskcockpit.ingest.policy import IngestPolicy, Parts, ScanReport, ScopeSpec
from support.canonical import canonical_export
from support.ingesting import START, Bank, code, dependency, open_bank

POLICY = IngestPolicy(closure=ClosureSettings(max_count=2, max_share=0.5))
ASSETS = ("payments", "lending", "cards")
TOOLS = ("scanner", "other")
Given = list[tuple[Scan, ScopeSpec]]


@dataclass(frozen=True)
class Wish:
    """One scan as it is drawn."""

    asset: str
    tool: str
    branch: str
    results: tuple[Observation, ...]
    gone: tuple[Observation, ...]
    is_partial: bool
    has_rules: bool
    older: bool
    content: int


def results() -> st.SearchStrategy[Observation]:
    """Return results that are often the same fault elsewhere, or told otherwise."""
    faults = st.builds(
        code,
        st.sampled_from(("injection", "weak-hash")),
        st.sampled_from(("src/a.py", "src/b.py")),
        st.integers(1, 4),
        snippet=st.sampled_from(("transfer(account, amount)", "hash(secret, salt_of_it)")),
        severity=st.sampled_from((Severity.HIGH, Severity.LOW)),
        asset=st.sampled_from(("", "", "", *ASSETS)),
        cwes=st.sampled_from(((), (89,))),
        raw=st.sampled_from((b"", b'{"a":1}', b'{"b":2}')),
    )
    packages = st.builds(
        lambda id_, version, more: dependency(id_, *more, version=version),
        st.sampled_from(("CVE-2026-0001", "CVE-2026-0002")),
        st.sampled_from(("1.0", "2.0")),
        st.sampled_from(((), ("GHSA-aaaa-bbbb-cccc",))),
    )
    return st.one_of(faults, faults, packages)


wishes = st.builds(
    Wish,
    asset=st.sampled_from(ASSETS),
    tool=st.sampled_from(TOOLS),
    branch=st.sampled_from(("", "", "next")),
    results=st.lists(results(), max_size=4).map(tuple),
    gone=st.lists(results(), max_size=1).map(tuple),
    is_partial=st.booleans(),
    has_rules=st.booleans(),
    older=st.sampled_from((False, False, True)),
    content=st.integers(0, 3),
)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(wishes, min_size=1, max_size=6), min_size=2, max_size=3), st.booleans())
def test_scans_given_together_come_to_the_same_as_scan_by_scan(
    imports: list[list[Wish]], has_vex: bool
) -> None:
    """The same cache, and the same words about every scan."""
    directory = Path(tempfile.mkdtemp())
    try:
        one, other = (open_bank(directory / name, POLICY) for name in ("one", "other"))
        for number, drawn in enumerate(imports):
            now = START + timedelta(days=number + 1)
            single, together = (_scans(drawn, number, has_vex=has_vex) for _ in range(2))
            with one.writing() as tx:
                apart = [ingest(tx, *each, POLICY, now) for each in single]
            with other.writing() as tx:
                joint = ingest_all(tx, together, POLICY, now)
            assert list(map(_told, joint)) == list(map(_told, apart))
            assert _said(other) == _said(one)
    finally:
        shutil.rmtree(directory)


def _scans(drawn: list[Wish], number: int, *, has_vex: bool) -> Given:
    """Return the scans of one import; documents of one scope are parts of one scan."""
    found: Given = []
    for ordinal, wish in enumerate(drawn):
        seen, gone = (
            tuple(replace(one, tool=wish.tool) for one in given)
            for given in (wish.results, wish.gone)
        )
        at = START + timedelta(days=0 if wish.older else number + 1)
        scan = Scan(
            wish.tool,
            seen,
            gone=gone,
            absent=len(gone),
            is_successful=True,
            is_partial=wish.is_partial,
            scanned_at=at,
            rules=frozenset({"injection", "silent"}) if wish.has_rules else None,
        )
        spec = ScopeSpec(
            wish.asset, wish.tool, "import", f"{ordinal}.sarif", "sarif",
            digest((str(wish), str(wish.content))), branch=wish.branch,
        )  # fmt: skip
        found.append((scan, spec))
    if has_vex and number == 1:
        found.insert(len(found) // 2, _vex())
    contents: dict[str, set[str]] = {}
    for _, spec in found:
        contents.setdefault(spec.id, set()).add(spec.content_hash)
    parts = {scope: Parts(frozenset(all_)) for scope, all_ in contents.items() if len(all_) > 1}
    return [(scan, replace(spec, parts=parts.get(spec.id))) for scan, spec in found]


def _vex() -> tuple[Scan, ScopeSpec]:
    said = VexStatement(
        ("CVE-2026-0001",),
        VexStatus.NOT_AFFECTED,
        "statements[0]",
        packages=(Package("pypi", "requests"),),
    )
    spec = ScopeSpec("", "vex", "import", "vex.json", "openvex", digest(("vex",)))
    return Scan("vex", statements=(said,), is_vex=True), spec


def _told(report: ScanReport) -> tuple[Any, ...]:
    return report.scope, report.outcome, report.is_complete, report.counts, report.notes


def _said(bank: Bank) -> tuple[Any, ...]:
    """Return what the cache says, with the raw record of each finding and what is held."""
    raw = bank.rows("SELECT id, raw_hash, scan_id, rev FROM finding ORDER BY id")
    held = bank.rows("SELECT scope, finding_id, state FROM held_closure ORDER BY ALL")
    scans = bank.rows(
        "SELECT id, scope, outcome, incomplete_because, created, fixed, held FROM scan ORDER BY ALL"
    )
    packed = bank.rows("SELECT hash, md5(content) FROM raw_record ORDER BY ALL")
    late = bank.rows("SELECT finding_id, due_at, ended_at FROM past_deadline ORDER BY ALL")
    return canonical_export(bank.store), raw, held, scans, packed, late


def test_scans_of_different_assets_are_one_batch(tmp_path: Path) -> None:
    """So are those of two tools over one asset; two scans of one scope never are."""
    given = [
        (Scan(tool, (code(tool=tool),)), _spec(asset, tool, str(number)))
        for number, (asset, tool) in enumerate(
            [("payments", "scanner"), ("payments", "other"), ("cards", "scanner")]
        )
    ]
    again = (Scan("scanner"), _spec("payments", "scanner", "later"))
    with open_bank(tmp_path).writing() as tx:
        assert list(batches(tx, given)) == [[0, 1, 2]]
        assert list(batches(tx, [*given, again])) == [[0, 1, 2], [3]]


def test_a_scan_waits_for_one_that_may_be_about_the_same_finding(tmp_path: Path) -> None:
    """One scan names the asset of another; a third scope owns a finding of it since before."""
    bank = open_bank(tmp_path)
    bank.scan([code(asset="lending")], asset="payments", branch="old")
    owner = (Scan("scanner"), _spec("payments", "scanner", "a", branch="old"))
    about = (Scan("scanner", (code(asset="lending"),)), _spec("cards", "scanner", "b"))
    with bank.writing() as tx:
        assert list(batches(tx, [owner, about])) == [[0], [1]]
        assert list(batches(tx, [about, owner])) == [[0], [1]]


def test_what_may_be_about_any_finding_stands_alone_and_in_its_place(tmp_path: Path) -> None:
    """Statements are, and results that claim to be a finding."""
    plain = [(Scan("scanner"), _spec(asset, "scanner", asset)) for asset in ASSETS]
    claim = (Scan("x", (code(claimed_id="0" * 32),)), _spec("elsewhere", "x", "claim"))
    with open_bank(tmp_path).writing() as tx:
        assert list(batches(tx, [plain[0], _vex(), plain[1]])) == [[0], [1], [2]]
        assert list(batches(tx, [plain[0], plain[1], claim, plain[2]])) == [[0, 1], [2], [3]]


def test_batches_stay_small_enough_for_the_memory(tmp_path: Path, monkeypatch: Any) -> None:
    """A batch ends before the scan that would make it too large; no scan is split."""
    monkeypatch.setattr(batching, "MOST_RESULTS", 3)
    given = [
        (Scan("scanner", (code(), code(line=2))), _spec(asset, "scanner", asset))
        for asset in ASSETS
    ]
    with open_bank(tmp_path).writing() as tx:
        assert list(batches(tx, given)) == [[0], [1], [2]]


def _spec(asset: str, tool: str, content: str, branch: str = "") -> ScopeSpec:
    return ScopeSpec(asset, tool, "import", "r.sarif", "sarif", content, branch=branch)
