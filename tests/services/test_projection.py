"""The projection in the cache: idempotent, rebuilt from nothing, and never ahead of the ledger."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from riskcockpit.services.decide import approve, revoke, waive
from riskcockpit.services.rollback import rollback
from riskcockpit.services.staging import TABLES as STAGED
from riskcockpit.store.sql import sql
from support.caches import NOW, finding, statement
from support.deciding import LATER, WHY, Bank, id_of, make_bank

pytestmark = pytest.mark.usefixtures("without_policy")

TABLES = ("waiver", "waiver_finding", "action", "ledger_entry", "finding", "finding_event",
          "model_alias", "model_alias_move", "model_version", "waived_span")  # fmt: skip


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    return make_bank(tmp_path / "home", monkeypatch)


def content(bank: Bank) -> dict[str, list[str]]:
    return {t: sorted(map(str, bank.rows(f"SELECT * FROM {t}"))) for t in TABLES}


def without_rev(bank: Bank) -> dict[str, list[str]]:
    return {t: sorted(map(str, bank.rows(f"SELECT * EXCLUDE (rev) FROM {t}"))) for t in TABLES}


def test_publishing_again_changes_nothing(bank: Bank) -> None:
    ctx = bank.at("engineer")
    asked = waive(ctx, "severity:high", "risk_accepted", WHY, LATER)
    approve(bank.at("approver"), asked.decision.id)
    revoke(ctx, waive(ctx, "severity:low", "deferred", WHY, LATER).decision.id)
    rollback(ctx, "fraud")
    before = without_rev(bank)
    touched = content(bank)
    bank.publish()
    assert without_rev(bank) == before
    for table in ("finding", "finding_event", "model_alias", "model_alias_move", "ledger_entry"):
        assert content(bank)[table] == touched[table], f"{table} was written without need"


def test_time_under_several_waivers_counts_once(bank: Bank) -> None:
    ctx = bank.at("engineer")
    first = waive(ctx, "severity:medium", "deferred", WHY, LATER)
    bank.clock.at += timedelta(days=1)
    waive(ctx, "severity:medium", "deferred", WHY, LATER + timedelta(days=1))
    bank.clock.at += timedelta(days=1)
    revoke(ctx, first.decision.id)
    spans = bank.rows("SELECT s.since, s.until FROM waived_span AS s")
    assert [until for _, until in spans] == [LATER + timedelta(days=1)]
    granted = bank.rows("SELECT min(decided_at) FROM waiver")
    assert [(since,) for since, _ in spans] == granted


def test_without_a_ledger_nothing_is_waived_any_more(bank: Bank) -> None:
    waive(bank.at("engineer"), "severity:medium", "deferred", WHY, LATER)
    assert bank.states()["medium"] == "waived"
    shutil.rmtree(bank.ledger / "chains")
    shutil.rmtree(bank.ledger / "checkpoints")
    bank.publish()
    assert bank.states()["medium"] == "open"
    assert bank.rows("SELECT * FROM waiver") == []
    kept = bank.rows("SELECT chain FROM ledger_entry")
    assert set(kept) == {("engineer@engineer-host",)}  # the cache remembers what is gone
    assert bank.rows("SELECT * FROM waived_span") == []


def test_a_fixed_finding_keeps_its_state(bank: Bank) -> None:
    ctx = bank.at("engineer")
    waive(ctx, "severity:medium", "deferred", WHY, LATER)
    with ctx.store.writer() as tx:
        tx.execute(statement("UPDATE finding SET state = 'fixed' WHERE title = 'medium'"))
    bank.publish()
    assert bank.states()["medium"] == "fixed"
    assert bank.rows("SELECT waiver_id FROM finding WHERE title = 'medium'") == [("",)]


def test_the_longest_of_two_waivers_covers(bank: Bank) -> None:
    ctx = bank.at("engineer")
    long = waive(ctx, "severity:medium", "deferred", WHY, LATER).decision.id
    waive(ctx, "severity:medium", "deferred", WHY, LATER.replace(day=10))
    rows = bank.rows("SELECT waiver_id FROM finding WHERE title = 'medium'")
    assert rows == [(long,)]


def test_a_request_does_not_take_a_waived_finding_back(bank: Bank) -> None:
    ctx = bank.at("engineer")
    waive(ctx, "severity:medium", "deferred", WHY, LATER)
    waive(ctx, "severity:medium or severity:high", "deferred", WHY, LATER)
    assert (bank.states()["medium"], bank.states()["high"]) == ("waived", "pending_waiver")


def test_a_finding_known_by_another_id_today_is_still_covered(bank: Bank) -> None:
    ctx = bank.at("engineer")
    waive(ctx, "severity:medium", "deferred", WHY, LATER)
    ctx.store.discard_damaged()
    with ctx.store.writer() as tx:
        tx.append("finding", [finding("renamed", severity=2)])
        alias = {"key": id_of("medium"), "finding_id": id_of("renamed"), "kind": "exact"}
        tx.append("finding_alias", [{**alias, "seen_at": ctx.clock.now()}])
    bank.publish()
    assert bank.states() == {"renamed": "waived"}


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("not_affected", "suppressed_at_source"),
        ("under_investigation", "triage"),
        ("affected", "open"),
        ("fixed", "open"),
    ],
)
def test_where_a_waiver_ends_the_vex_statement_in_force_has_its_say(
    said: str, state: str, bank: Bank
) -> None:
    ctx = bank.at("engineer")
    granted = waive(ctx, "severity:medium", "deferred", WHY, LATER).decision.id
    spoken = {"finding_id": id_of("medium"), "statement_id": "1", "status": said, "words": said}
    with ctx.store.writer() as tx:
        tx.append("finding_vex", [{**spoken, "said_at": ctx.clock.now()}])
    bank.publish()
    assert bank.states()["medium"] == "waived"
    revoke(ctx, granted)
    assert bank.states()["medium"] == state


@pytest.mark.parametrize(
    ("decided", "seen_before", "explained"),
    [
        (((8, 7, 1), (7, 6, 2)), None, "a2"),
        (((8, 7, 1), (7, 6, 2), (6, 8, 3)), None, ""),  # somebody moved it back again
        (((8, 7, 1), (7, 6, 2)), 30, ""),  # long before it was seen to be 8
        (((8, 7, 1),), None, ""),
        (((8, 7, 1), (9, 6, 2)), None, ""),
        (((8, 7, 1), (7, 6, 90)), None, ""),  # after it was seen
        (((8, 9, 1), (9, 7, 2), (7, 6, 3)), -30, "a3"),
    ],
)
def test_moves_that_were_seen_as_one_are_explained_by_decisions_that_follow_each_other(
    bank: Bank,
    decided: tuple[tuple[int, int, int], ...],
    seen_before: int | None,
    explained: str,
) -> None:
    def at(minute: int) -> datetime:
        return NOW + timedelta(minutes=minute)

    moves = [(8, at(60), 2)] if seen_before is None else [(8, at(seen_before), 1), (8, at(60), 2)]
    with bank.at("engineer").store.writer() as tx:
        made = (
            (f"a{n}", "fraud", "champion", old, new, True, at(sent), at(sent))
            for n, (old, new, sent) in enumerate(decided, start=1)
        )
        tx.stage("projected_move", STAGED["projected_move"], made)
        tx.append("model_alias_move", (
            {"model": "fraud", "alias": "champion", "from_version": 8 if rev == 2 else 5,
             "to_version": 6 if rev == 2 else old, "at": moment, "decision_id": "", "rev": rev}
            for old, moment, rev in moves
        ))  # fmt: skip
        tx.execute(sql("services", "projection_moves_between"), rev=tx.generation)
    rows = bank.rows("SELECT decision_id FROM model_alias_move WHERE to_version = 6")
    assert rows == [(explained,)]
