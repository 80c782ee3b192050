"""What the services say of the ledger, from nothing to a tampered one."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskcockpit.services.decide import note, waive
from riskcockpit.services.verify import ledger_rows, ledger_state, verify_ledger
from support.deciding import LATER, WHY, Bank, id_of, make_bank


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    return make_bank(tmp_path / "home", monkeypatch)


def test_an_empty_ledger_verifies(bank: Bank) -> None:
    ctx = bank.at("engineer")
    assert verify_ledger(ctx).is_ok
    assert ledger_rows(ctx) == ()
    assert ledger_state(ctx).entries == 0


def test_rows_are_the_newest_first_with_subject_and_words(bank: Bank) -> None:
    ctx = bank.at("engineer")
    waive(ctx, "severity:medium", "deferred", WHY, LATER)
    note(ctx, "fraud", "looking")
    newest, second = ledger_rows(ctx, 2)
    assert (newest.type, newest.subject, newest.summary) == ("note", "fraud", "looking")
    assert second.subject == id_of("medium")
    assert second.summary == "1 finding waived until 2026-12-14: deferred"
    assert ledger_state(ctx).head == newest.hash


def test_a_tampered_ledger_is_shown_as_such_with_the_entry(bank: Bank) -> None:
    ctx = bank.at("engineer")
    waive(ctx, "severity:medium", "deferred", WHY, LATER)
    assert ledger_state(ctx).is_ok
    chain = bank.ledger / "chains" / "engineer@engineer-host.jsonl"
    chain.write_bytes(chain.read_bytes().replace(b"March", b"Marsh"))
    state = ledger_state(ctx)
    assert not state.is_ok
    assert state.message == "engineer@engineer-host entry 3: its hash does not fit its body"
    assert {problem.entry for problem in verify_ledger(ctx).problems} == {3}
