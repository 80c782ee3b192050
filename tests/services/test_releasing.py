"""Held closures: exactly those that a scan would have made, released by one decision."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskcockpit.errors import RefusedError, UnknownNameError
from riskcockpit.services.decide import undo, waive
from riskcockpit.services.gathering import gather
from riskcockpit.services.queue import queue
from riskcockpit.services.releasing import held, plan_release, release
from riskcockpit.services.verify import verify_ledger
from riskcockpit.views.posture import QueueItem, QueueKind
from support.caches import NOW
from support.correcting import House, make_house
from support.deciding import LATER, WHY, entry_types

pytestmark = pytest.mark.usefixtures("without_policy")

MANY = tuple(f"r@a.py:{n} call_{n}()" for n in range(1, 61))


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    made = make_house(tmp_path, monkeypatch)
    made.take(*MANY)
    return made


def states(house: House) -> dict[str, int]:
    rows = house.rows("""SELECT CASE WHEN is_unconfirmed_absent THEN 'absent' ELSE state END,
        count(*) FROM finding GROUP BY 1""")
    return dict(rows)


def waiting(house: House) -> list[QueueItem]:
    ctx = house.ctx
    now, notice = ctx.clock.now(), LATER - NOW
    with ctx.store.reader() as reader:
        items = queue(gather(reader, now, notice), now, notice, "EUR")
    return [item for item in items if item.kind is QueueKind.IMPORT_HELD]


def test_a_held_import_waits_in_the_queue_with_its_numbers_and_a_key(house: House) -> None:
    house.take(*MANY[:3], "n@b.py:1 new()")
    (item,) = waiting(house)
    assert "+1 new, 0 moved, 0 reopened, 57 would close (95 %)" in item.detail
    assert item.keys == ("a",)
    assert item.subject == held(house.ctx)[0].id


def test_a_release_closes_exactly_what_the_scan_would_have_closed(house: House) -> None:
    house.take(*MANY[:3])
    assert states(house) == {"absent": 57, "open": 3}
    (plan,) = plan_release(house.ctx, "pay")
    assert plan.finding_count == 57
    assert "57 would close (95 %)" in dict(plan.facts)["the import"]
    assert states(house) == {"absent": 57, "open": 3}

    (result,) = release(house.ctx, "pay")

    assert states(house) == {"fixed": 57, "open": 3}
    assert waiting(house) == []
    assert result.decision.rule == "correct-alone"
    assert house.rows("SELECT DISTINCT f.fixed_at = s.scanned_at FROM finding f, scan s "
                      "WHERE f.state = 'fixed' AND s.held > 0") == [(True,)]  # fmt: skip
    entry = next(e for e in house.ctx.reading_journal().entries() if e.type == "closure.released")
    assert len(entry.data["findings"]) == 57
    (fixed,) = house.rows("SELECT id FROM finding WHERE line = 60")[0]
    assert "released by engineer" in " ".join(house.why(fixed).sentences)
    assert verify_ledger(house.ctx).is_ok


def test_what_was_seen_since_stays_and_a_newer_scan_replaces_what_is_held(house: House) -> None:
    house.take(*MANY[:3])
    house.take(*MANY[:30])
    assert [len(one.findings) for one in held(house.ctx)] == [30]
    release(house.ctx, "all")
    assert states(house) == {"fixed": 30, "open": 30}


def test_a_complete_scan_that_closes_ends_the_hold(house: House) -> None:
    house.take(*MANY[:3])
    house.take(*MANY[:55])
    assert states(house) == {"fixed": 5, "open": 55}
    assert held(house.ctx) == ()
    with pytest.raises(UnknownNameError, match="nothing is held"):
        release(house.ctx, "all")


def test_an_undone_release_opens_what_it_closed_and_holds_it_again(house: House) -> None:
    (waived,) = house.rows("SELECT id FROM finding WHERE line = 60")[0]
    waive(house.ctx, [waived], "risk_accepted", WHY, LATER)
    house.take(*MANY[:3])
    release(house.ctx, "pay")
    assert states(house) == {"fixed": 57, "open": 3}
    undo(house.ctx)
    assert states(house) == {"absent": 57, "open": 3}
    assert house.rows("SELECT state FROM finding WHERE line = 60") == [("waived",)]
    assert len(waiting(house)) == 1
    release(house.ctx, "pay")
    assert states(house) == {"fixed": 57, "open": 3}


def test_an_undo_after_the_findings_came_back_changes_nothing(house: House) -> None:
    house.take(*MANY[:3])
    release(house.ctx, "pay")
    assert house.take(*MANY).totals.reopened == 57
    undo(house.ctx)
    assert states(house) == {"open": 60}


def test_a_finding_is_released_once_and_a_later_fix_is_not_taken_back(house: House) -> None:
    house.take(*MANY[:3])
    release(house.ctx, "pay")
    house.take(*MANY)
    house.take(*MANY[:50])
    house.bank.publish()
    assert states(house) == {"fixed": 10, "open": 50}
    undo(house.ctx)
    assert states(house) == {"fixed": 10, "open": 50}


def test_scopes_are_released_one_by_one_or_all(house: House) -> None:
    house.take(*MANY, name="w", asset="web")
    house.take(*MANY[:3], name="w", asset="web")
    house.take(*MANY[:3])
    by_asset = {one.asset: one for one in held(house.ctx)}
    assert set(by_asset) == {"pay", "web"}
    release(house.ctx, by_asset["web"].scope[:10])
    assert [one.asset for one in held(house.ctx)] == ["pay"]
    release(house.ctx, by_asset["pay"].id)
    assert held(house.ctx) == ()


def test_an_auditor_releases_nothing(house: House) -> None:
    house.take(*MANY[:3])
    auditor = house.bank.at("auditor")
    assert plan_release(auditor, "pay")[0].blockers
    with pytest.raises(RefusedError, match="may not correct"):
        release(auditor, "pay")
    assert entry_types(house.bank) == []
