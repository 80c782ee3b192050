"""The laws of identity over whole imports: idempotent, order-free, one to one, inside one asset.

A machine edits two code bases that look alike and scans them into two caches, one of which gets
every report in another order. Whatever it did, both caches agree with what it knows.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from riskcockpit.config.settings import ClosureSettings
from riskcockpit.domain.finding import Observation
from riskcockpit.ingest.policy import IngestPolicy, ScanReport
from support.ingesting import Bank, code, open_bank
from support.listing import misfits

POLICY = IngestPolicy(closure=ClosureSettings(max_count=1000))
ASSETS = ("payments", "lending")
PATHS = ("src/a.py", "src/b.py", "lib/c.py")
RULES = ("injection", "weak-hash")
assets, paths, rules = map(st.sampled_from, (ASSETS, PATHS, RULES))
lines = st.integers(1, 40)


@dataclass
class Fault:
    """A fault in the code, as only its author knows it."""

    number: int
    asset: str
    rule: str
    path: str
    line: int
    has_fingerprint: bool
    is_there: bool = True
    id: str = ""
    """Of its finding; empty until it was scanned."""
    was_seen: bool = False
    """Whether the last scan showed it."""
    seen_at: tuple[str, int] = ("", 0)

    @property
    def result(self) -> Observation:
        """What a scanner says of it."""
        snippet = f"transfer(account_{self.number}, amount)"
        fingerprint = f"fp{self.number}" if self.has_fingerprint else ""
        return code(self.rule, self.path, self.line, snippet=snippet, fingerprint=fingerprint)


@dataclass
class Caches:
    """The cache under test, and one that gets everything in another order."""

    directory: Path
    one: Bank = field(init=False)
    other: Bank = field(init=False)

    def __post_init__(self) -> None:
        self.one = open_bank(self.directory / "one", POLICY)
        self.other = open_bank(self.directory / "other", POLICY)

    def scan(self, asset: str, results: list[Observation]) -> ScanReport:
        """Scan into both and return what the first says."""
        report = self.one.scan(results, asset=asset)
        backwards = self.other.scan(results[::-1], asset=asset)
        assert report.counts == backwards.counts
        return report


_ROWS = """SELECT id, asset, rule, path, line, state, first_seen, last_seen, reopened_count, due_at
    FROM finding ORDER BY id"""


class Laws(RuleBasedStateMachine):
    """Edits and scans."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.caches = Caches(self.directory)
        self.faults: list[Fault] = []
        self.has_scanned = False
        """Whether the caches changed since the laws were looked at."""

    def teardown(self) -> None:
        """Remove the caches."""
        shutil.rmtree(self.directory)

    def known(self, index: int) -> Fault:
        """Return one of the faults."""
        return self.faults[index % len(self.faults)]

    @rule(asset=assets, name=rules, path=paths, line=lines, has_fingerprint=st.booleans())
    def write_a_fault(
        self, asset: str, name: str, path: str, line: int, *, has_fingerprint: bool
    ) -> None:
        fault = Fault(len(self.faults), asset, name, path, line, has_fingerprint)
        self.faults.append(fault)

    @precondition(lambda self: self.faults)
    @rule(index=st.integers(0, 30))
    def repair(self, index: int) -> None:
        self.known(index).is_there = False

    @precondition(lambda self: self.faults)
    @rule(index=st.integers(0, 30))
    def bring_back(self, index: int) -> None:
        fault = self.known(index)
        if not fault.is_there and fault.id:
            fault.path = fault.seen_at[0]  # elsewhere it would be a new one, and rightly
        fault.is_there = True

    @precondition(lambda self: self.faults)
    @rule(index=st.integers(0, 30), line=lines)
    def move(self, index: int, line: int) -> None:
        self.known(index).line = line

    @precondition(lambda self: self.faults)
    @rule(index=st.integers(0, 30), path=paths)
    def rename(self, index: int, path: str) -> None:
        fault = self.known(index)
        if fault.is_there and (fault.was_seen or not fault.id):
            fault.path = path

    @rule(asset=assets)
    def scan(self, asset: str) -> None:
        faults = [fault for fault in self.faults if fault.asset == asset]
        there = [fault for fault in faults if fault.is_there]
        report = self.caches.scan(asset, [fault.result for fault in there])
        self.has_scanned = True
        counts = report.counts
        new = [fault for fault in there if not fault.id]
        reopened = [fault for fault in there if fault.id and not fault.was_seen]
        gone = [fault for fault in faults if fault.was_seen and not fault.is_there]
        assert (counts.new, counts.reopened, counts.fixed) == (len(new), len(reopened), len(gone))
        ids = self._ids(asset)
        for fault in there:
            found = ids[fault.number]
            assert found == (fault.id or found)
            fault.id, fault.seen_at = found, (fault.path, fault.line)
        for fault in faults:
            fault.was_seen = fault.is_there

    @rule(asset=assets)
    def scan_twice(self, asset: str) -> None:
        self.scan(asset)
        before = self.caches.one.rows("SELECT id, state, due_at FROM finding ORDER BY id")
        events = self.caches.one.events()
        there = [fault.result for fault in self.faults if fault.asset == asset and fault.is_there]
        counts = self.caches.scan(asset, there).counts
        assert counts.unchanged == counts.read == len(there)
        assert before == self.caches.one.rows("SELECT id, state, due_at FROM finding ORDER BY id")
        assert events == self.caches.one.events()

    @invariant()
    def the_laws_hold(self) -> None:
        if self.has_scanned:
            self._each_fault_is_one_finding_of_its_asset()
            self._the_order_of_results_does_not_matter()
            assert misfits(self.caches.one.store) == [], "a finding has the kept texts of another"
            self.has_scanned = False

    def _each_fault_is_one_finding_of_its_asset(self) -> None:
        known = {fault.id: fault for fault in self.faults if fault.id}
        assert len(known) == sum(bool(fault.id) for fault in self.faults)
        rows = self.caches.one.rows("SELECT id, asset, rule, state FROM finding")
        assert sorted(row[0] for row in rows) == sorted(known)
        for id_, asset, name, state in rows:
            fault = known[id_]
            assert (asset, name) == (fault.asset, fault.rule)
            assert state == ("open" if fault.was_seen else "fixed")

    def _the_order_of_results_does_not_matter(self) -> None:
        assert self.caches.one.rows(_ROWS) == self.caches.other.rows(_ROWS)
        assert self.caches.one.events() == self.caches.other.events()

    def _ids(self, asset: str) -> dict[int, str]:
        rows = self.caches.one.rows("SELECT id, asset, snippet FROM finding WHERE state = 'open'")
        found = [
            (int(s.split("_")[1].split(",")[0]), id_) for id_, name, s in rows if name == asset
        ]
        assert len(found) == len(dict(found))
        return dict(found)


TestLaws = Laws.TestCase
TestLaws.settings = settings(
    max_examples=4,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
