"""The ledger's screen: every problem is told, its rows are marked, and all lines agree."""

from __future__ import annotations

from dataclasses import replace

from riskcockpit.views.governance import LedgerProblem, VerifyReport
from riskcockpit.views.posture import LedgerState
from support.bank_governance import ledger_rows
from support.bank_posture import posture
from support.fake_gateway import FakeGateway
from support.piloting import opened, press, seen

WHY = "the signature is not of this text"


def broken(count: int = 7) -> FakeGateway:
    """A ledger some of whose newest entries do not verify, and whose header says so."""
    rows = ledger_rows()
    problems = tuple(
        LedgerProblem(row.chain, row.seq, f"{WHY} {i}") for i, row in enumerate(rows[2 : 2 + count])
    )
    view = replace(posture(), ledger=LedgerState(False, 128, "", problems[0].why))
    return FakeGateway(view=view, verified=VerifyReport(1, 128, 2, problems, ()))


async def test_every_problem_is_told_and_its_row_is_marked() -> None:
    async with opened(broken(), "l", size=(120, 36)) as (app, pilot):
        before = seen(app)
        assert "LEDGER BROKEN" in before
        assert "DOES NOT VERIFY" in before
        assert "not verified" not in before
        await press(pilot, "V")
        text = seen(app)
        for number in range(7):
            assert f"{WHY} {number}" in text
        entries = text[text.rindex(f"{WHY} 6") :]
        assert entries.count("▲") == 7
        await press(pilot, "enter")
        assert f"{WHY} 0" in seen(app), "the cursor went to the first one"


async def test_many_problems_leave_room_for_the_entries() -> None:
    async with opened(broken(40), "l", "V", size=(80, 24)) as (app, _):
        text = seen(app)
        assert "40 problems" in text
        assert "and 35 more: riskcockpit ledger verify" in text


async def test_after_a_repair_all_lines_agree() -> None:
    gateway = broken()
    async with opened(gateway, "l", "V") as (app, pilot):
        gateway.view = posture()
        gateway.verified = VerifyReport(1, 128, 2, (), ())
        await press(pilot, "V")
        text = seen(app)
        assert "VERIFIED" in text
        assert "ledger ok" in text
        assert "BROKEN" not in text
        assert "DOES NOT" not in text


async def test_what_was_verified_before_is_void_when_the_header_learns_otherwise() -> None:
    gateway = FakeGateway()
    async with opened(gateway, "l", "V") as (app, pilot):
        assert "VERIFIED" in seen(app)
        gateway.view = broken().view
        await press(pilot, "ctrl+r")
        text = seen(app)
        assert "LEDGER BROKEN" in text
        assert "DOES NOT VERIFY" in text
        assert "VERIFIED" not in text


async def test_a_policy_edited_by_hand_stays_told_although_the_chains_verify() -> None:
    gateway = FakeGateway(
        verified=VerifyReport(1, 128, 2, (LedgerProblem("roles.yaml", None, "edited"),), ())
    )
    async with opened(gateway, "l", "V") as (app, pilot):
        for _ in range(2):
            gateway.view = replace(posture())
            await press(pilot, "ctrl+r")
            assert "roles.yaml: edited" in seen(app)


async def test_on_80_columns_the_ledger_still_says_when() -> None:
    async with opened(None, "l", size=(80, 24)) as (app, _):
        for row in app.gateway.ledger(3):
            assert f"{row.ts:%Y-%m-%d %H:%M} " in seen(app)


async def test_entries_that_are_not_listed_are_told_because_no_words_find_them() -> None:
    rows = tuple(replace(ledger_rows()[0], hash=f"{i:064x}", seq=i) for i in range(2_500))
    view = replace(posture(), ledger=LedgerState(True, 2_500, rows[0].hash))
    async with opened(FakeGateway(view=view, entries=rows), "l", size=(80, 24)) as (app, _):
        assert "newest 2,000 of 2,500" in seen(app)
    few = replace(view, ledger=LedgerState(True, 2_000, rows[0].hash))
    async with opened(FakeGateway(view=few, entries=rows[:2_000]), "l") as (app, _):
        assert "newest" not in seen(app)
