"""What is published follows decisions that were signed elsewhere: granted and revoked alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import cast

import pytest

from riskcockpit.config.settings import LedgerSettings
from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import StoreError
from riskcockpit.services.context import Context
from riskcockpit.services.decide import revoke, waive
from riskcockpit.services.following import BEHIND, CAME, LAPSED, behind, is_behind
from riskcockpit.services.gathering import gather
from riskcockpit.services.gating import GateOptions, gate
from riskcockpit.services.importing import ImportOptions, import_reports
from riskcockpit.services.ledger_sync import sync_ledger
from riskcockpit.services.sync import sync
from riskcockpit.services.waivers import waiver, waivers
from riskcockpit.store.database import Reader
from riskcockpit.store.snapshots import Store
from riskcockpit.views.waivers import WaiverStanding
from support.caches import statement
from support.deciding import LATER, WHY, Bank, make_bank
from support.git import git
from support.ledgers import TickingClock

pytestmark = pytest.mark.usefixtures("without_policy")

GATE = GateOptions(query="severity:medium -waived")


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    made = make_bank(tmp_path / "home", monkeypatch)
    made.publish()
    return made


def colleague(bank: Bank) -> Context:
    """Sit the approver down at a home of their own, with the same ledger and their own cache."""
    paths = bank.at("approver").paths
    own = replace(paths, cache=bank.root.parent / "theirs", state=bank.root.parent / "state")
    if not own.cache.exists():
        copytree(paths.cache, own.cache)
    ctx = bank.at("approver", sources=())
    return replace(ctx, paths=own, store=type(ctx.store)(own.cache, bank.clock))


def state(ctx: Context) -> str:
    """Return what the cache of somebody says of the finding that is decided on."""
    with ctx.store.reader() as reader:
        found = reader.rows(statement("SELECT state FROM finding WHERE title = 'medium'"))
    return str(found[0][0])


def quiet(_text: str) -> None:
    """Tell nobody."""


def is_passed(ctx: Context) -> bool:
    """Whether the gate of somebody passes over the cache."""
    return gate(ctx, GATE, quiet).view.is_passed


def test_the_gate_never_counts_a_waiver_that_was_revoked_elsewhere(bank: Bank) -> None:
    theirs = colleague(bank)
    assert not is_passed(theirs)
    done = waive(bank.at("engineer"), "severity:medium", "deferred", WHY, LATER)
    assert not behind(bank.at("engineer"))
    assert behind(theirs) == BEHIND
    assert is_passed(theirs)
    assert state(theirs) == "waived"
    assert not behind(theirs)
    revoke(bank.at("engineer"), done.decision.id, WHY)
    assert behind(theirs) == BEHIND
    found = gate(theirs, GATE, quiet).view
    assert not found.is_passed
    assert CAME in found.notes
    assert state(theirs) == "open"
    generation = theirs.store.generation()
    assert not is_passed(theirs)
    assert theirs.store.generation() == generation


@pytest.fixture(params=["", "of the summary"])
def readers(bank: Bank, request: pytest.FixtureRequest) -> Callable[[], Context]:
    """Sit the engineer down, with a summary beside each generation or without."""

    def summarise(reader: Reader, now: datetime) -> bytes:
        return gather(reader, now, timedelta(days=7)).encoded()

    def sit_down() -> Context:
        ctx = bank.at("engineer", sources=())
        store = Store(ctx.paths.cache, bank.clock, summarise=summarise if request.param else None)
        return replace(ctx, store=store)

    return sit_down


def test_a_waiver_that_ran_out_is_told_and_passes_no_gate(readers: Callable[[], Context]) -> None:
    ctx = readers()
    done = waive(ctx, "severity:medium", "deferred", WHY, LATER)
    assert is_passed(ctx)
    assert behind(ctx) == ""
    clock = cast("TickingClock", ctx.clock)
    clock.at = LATER
    assert behind(ctx) == LAPSED
    (row,) = waivers(ctx)
    assert (row.id, row.standing, row.covered) == (done.decision.id, WaiverStanding.EXPIRED, 0)
    found = gate(ctx, GATE, quiet).view
    assert not found.is_passed
    assert "1 waiver ran out, what was covered counts again" in found.notes
    assert behind(ctx) == ""


def test_a_waiver_of_one_key_that_nobody_reviewed_covers_nothing_wherever_it_is_shown(
    readers: Callable[[], Context],
) -> None:
    ctx = readers()
    why = "payments stand still and nobody else is awake"
    waive(ctx, "severity:high", "deferred", WHY, LATER, break_glass=why)
    assert (waivers(ctx)[0].covered, behind(ctx)) == (1, "")
    clock = cast("TickingClock", ctx.clock)
    clock.at += timedelta(hours=25)
    (row,) = waivers(ctx)
    assert (row.standing, row.covered) == (WaiverStanding.IN_DOUBT, 0)
    assert not row.exposure.amount
    (covered,) = waiver(ctx, row.id).findings
    assert not covered.is_covered
    assert behind(ctx) == LAPSED
    assert sync(ctx).notes == (
        "1 waiver not reviewed in time, what was covered counts again",
        "1 review of broken glasses missed: `riskcockpit findings list rule:glass-review-missed`",
    )
    assert behind(ctx) == ""
    assert sync(ctx).notes == ()
    with ctx.store.reader() as reader:
        high = statement("SELECT state FROM finding WHERE title = 'high'")
        assert reader.rows(high) == [("open",)]


def test_a_gate_that_cannot_publish_what_was_revoked_judges_nothing(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = waive(bank.at("engineer"), "severity:medium", "deferred", WHY, LATER)
    theirs = colleague(bank)
    assert is_passed(theirs)
    revoke(bank.at("engineer"), done.decision.id, WHY)
    monkeypatch.setattr("riskcockpit.services.following.settle", lambda *_: ("the disk is full",))
    with pytest.raises(StoreError, match="the disk is full"):
        gate(theirs, GATE, quiet)


def test_a_sync_without_sources_and_a_known_report_publish_what_others_decided(
    bank: Bank, tmp_path: Path
) -> None:
    report = tmp_path / "findings.csv"
    report.write_text("title,severity,asset\nopen port,high,edge\n")
    theirs = colleague(bank)
    import_reports(theirs, [report], ImportOptions())
    done = waive(bank.at("engineer"), "severity:medium", "deferred", WHY, LATER)
    assert sync(theirs, dry_run=True).notes == ()
    assert sync(theirs).notes == (CAME,)
    assert state(theirs) == "waived"
    assert sync(theirs).notes == ()
    revoke(bank.at("engineer"), done.decision.id, WHY)
    again = import_reports(theirs, [report], ImportOptions())
    assert (again.totals.new, again.notes) == (0, (CAME,))
    assert state(theirs) == "open"


def test_a_sync_of_the_ledger_publishes_what_came(bank: Bank, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "there.git")
    other = Bank(tmp_path / "other", clock=bank.clock)
    other.hire()
    copytree(bank.at("engineer").paths.cache, other.at("approver").paths.cache)
    remote = LedgerSettings(remote=str(tmp_path / "there.git"))
    ours = bank.at("engineer", ledger=remote, sources=())
    done = waive(ours, "severity:medium", "deferred", WHY, LATER)
    sync_ledger(ours)
    theirs = other.at("approver", ledger=remote, sources=())
    assert CAME in sync_ledger(theirs).notes
    assert state(theirs) == "waived"
    revoke(ours, done.decision.id, WHY)
    sync_ledger(ours)
    assert CAME in sync_ledger(theirs).notes
    assert state(theirs) == "open"
    assert CAME not in sync_ledger(theirs).notes
    assert not is_behind(theirs)


def test_a_decision_behind_a_long_tail_is_seen(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = colleague(bank)
    monkeypatch.setattr("riskcockpit.services.following._TAIL_BYTES", 300)
    assert not is_behind(theirs)
    waive(bank.at("engineer"), "severity:medium", "deferred", WHY, LATER)
    for generation in range(3):
        data = {"generation": generation, "controls": 0, "failed": 0}
        digests = {"policy_digest": "", "results_digest": ""}
        bank.at("engineer").journal().append(EntryType.CONTROLS_EVALUATED, {**data, **digests})
    assert is_behind(theirs)
