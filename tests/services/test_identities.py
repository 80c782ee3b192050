"""What people say of identity: stronger than every match, remembered, undone, and rebuilt."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from riskcockpit.errors import InputError, RefusedError
from riskcockpit.services.decide import approve, undo, waive
from riskcockpit.services.identities import merge, plan_merge, plan_split, split
from riskcockpit.services.undoing import undo_import
from riskcockpit.services.verify import verify_ledger
from support.correcting import House, make_house
from support.deciding import LATER, WHY, entry_types
from support.listing import misfits

pytestmark = pytest.mark.usefixtures("without_policy")

WHY_SAME = "the function was rewritten and moved"
BEFORE = ("a@x.py:10 old_code()", "b@x.py:50 other()")
AFTER = ("a@y.py:90 rewritten_and_elsewhere()", "b@x.py:50 other()")
"""The first result has another path and other code: no pass may match it."""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    house = make_house(tmp_path, monkeypatch)
    yield house
    assert misfits(house.ctx.store) == []


def moved(house: House) -> tuple[str, str]:
    """Let a finding be lost and found elsewhere; return its id and the new one's."""
    house.take(*BEFORE)
    old = house.id("x.py:10")
    house.take(*AFTER)
    assert house.state("x.py:10") == "fixed"
    return old, house.id("y.py:90")


def snapshot(house: House) -> list[tuple[object, ...]]:
    return house.rows("SELECT id, path, line, state, first_seen, due_at FROM finding ORDER BY id")


# merge


def test_a_merged_finding_keeps_id_history_and_first_day(house: House) -> None:
    house.take(*BEFORE)
    first = house.rows("SELECT id, first_seen, due_at FROM finding WHERE line = 10")
    old, new = moved(house)
    merge(house.ctx, old, new, WHY_SAME)
    assert house.findings().keys() == {"y.py:90", "x.py:50"}
    assert house.findings()["y.py:90"] == (old, "open")
    assert house.rows("SELECT id, first_seen, due_at FROM finding WHERE line = 90") == first
    assert house.history(old) == ["created", "created", "fixed", "merged"]
    assert WHY_SAME in " ".join(house.why(old).sentences)
    assert verify_ledger(house.ctx).is_ok


def test_the_next_scans_recognise_what_was_merged_by_its_new_key(house: House) -> None:
    old, new = moved(house)
    merge(house.ctx, old, new, WHY_SAME)
    counts = house.take(*AFTER, "c@z.py:1 more()").totals
    assert (counts.new, counts.unchanged, counts.fixed) == (1, 2, 0)
    assert house.id("y.py:90") == old
    counts = house.take("b@x.py:50 other()", "c@z.py:1 more()").totals
    assert counts.fixed == 1
    counts = house.take(*AFTER).totals
    assert counts.reopened == 1
    assert house.findings()["y.py:90"] == (old, "open")


def test_a_waiver_follows_its_finding_into_a_merge(house: House) -> None:
    house.take(*BEFORE)
    old = house.id("x.py:10")
    waive(house.ctx, [old], "risk_accepted", WHY, LATER)
    house.take(*AFTER)
    merge(house.ctx, old, house.id("y.py:90"), WHY_SAME)
    assert house.findings()["y.py:90"] == (old, "waived")


def test_one_person_cannot_widen_by_a_merge_what_two_waived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make_house(tmp_path, monkeypatch)
    house.bank.write_roles(lambda text: text.replace("severity: high", "severity: low"))
    house.take(*BEFORE)
    old = house.id("x.py:10")
    asked = waive(house.ctx, [old], "risk_accepted", WHY, LATER).decision.id
    approve(house.bank.at("approver"), asked)
    assert house.state("x.py:10") == "waived"
    house.take(*AFTER)
    merge(house.ctx, old, house.id("y.py:90"), WHY_SAME)
    assert house.findings()["y.py:90"] == (old, "open")
    assert "waiver_review" in house.history(old)
    undo(house.ctx)
    house.take(*BEFORE)
    assert house.rows("SELECT state FROM waiver") == [("granted",)]


@pytest.mark.parametrize("which", ["both present", "itself", "asset", "tool", "no reason"])
def test_what_cannot_be_one_is_refused_and_nothing_is_signed(house: House, which: str) -> None:
    house.take(*BEFORE)
    house.take("a@x.py:10 old_code()", name="web", asset="web")
    house.take("a@x.py:10 old_code()", name="lint", tool="lint")
    ids = dict(house.rows("SELECT asset || ' ' || tool || ' ' || line, id FROM finding"))
    one, other = {
        "both present": ("pay scanner 10", "pay scanner 50"),
        "itself": ("pay scanner 10", "pay scanner 10"),
        "asset": ("pay scanner 10", "web scanner 10"),
        "tool": ("pay scanner 10", "pay lint 10"),
        "no reason": ("pay scanner 10", "web scanner 10"),
    }[which]
    before = snapshot(house)
    reason = " " if which == "no reason" else WHY_SAME
    with pytest.raises(InputError if which == "no reason" else RefusedError):
        merge(house.ctx, ids[one], ids[other], reason)
    if which != "no reason":
        assert plan_merge(house.ctx, ids[one], ids[other], reason).blockers
    assert snapshot(house) == before
    assert entry_types(house.bank) == []


def test_a_scan_that_shows_both_again_shows_two(house: House) -> None:
    old, new = moved(house)
    merge(house.ctx, old, new, WHY_SAME)
    counts = house.take(*BEFORE, *AFTER[:1]).totals
    assert counts.read == 3
    assert len({id_ for id_, _ in house.findings().values()}) == 3
    again = house.take(*BEFORE, *AFTER[:1], name="again").totals
    assert (again.unchanged, again.new, again.fixed) == (3, 0, 0)


def test_an_undone_merge_leaves_two_as_before(house: House) -> None:
    old, new = moved(house)
    before = snapshot(house)
    merge(house.ctx, old, new, WHY_SAME)
    undo(house.ctx)
    assert snapshot(house) == before
    assert house.history(old)[-1] == "undone"
    counts = house.take(*AFTER, name="again").totals
    assert (counts.new, counts.unchanged, counts.fixed) == (0, 2, 0)
    assert house.id("y.py:90") == new


# split


def test_a_split_finding_goes_on_absent_and_what_is_seen_is_new(house: House) -> None:
    house.take("a@x.py:10 call_with(a_long_argument)")
    old = house.id("x.py:10")
    house.take("a@y.py:20 call_with(a_long_argument)")
    assert house.findings() == {"y.py:20": (old, "open")}
    split(house.ctx, old, "another service with the same line")
    assert house.rows(
        f"SELECT path, line, is_unconfirmed_absent FROM finding WHERE id = '{old}'"
    ) == [  # noqa: S608 - an id
        ("x.py", None, True)
    ]
    new, state = house.findings()["y.py:20"]
    assert state == "open"
    assert new != old
    assert house.history(old)[-1] == house.history(new)[-1] == "split"
    counts = house.take("a@y.py:20 call_with(a_long_argument)", name="again").totals
    assert (counts.new, counts.fixed, counts.unchanged) == (0, 1, 1)
    assert house.rows("SELECT id, state FROM finding ORDER BY path") == [
        (old, "fixed"), (new, "open"),
    ]  # fmt: skip


def test_a_split_pair_is_never_matched_again_by_a_pass(house: House) -> None:
    house.take("a@x.py:10 call_with(a_long_argument)")
    old = house.id("x.py:10")
    house.take("a@y.py:20 call_with(a_long_argument)")
    split(house.ctx, old, "another service with the same line")
    # the new one moves on: the old one, still absent, looks just as much like it
    counts = house.take("a@z.py:30 call_with(a_long_argument)", success=True).totals
    assert house.id("z.py:30") != old
    assert counts.reopened == 0
    counts = house.take("a@x.py:10 call_with(a_long_argument)", name="back").totals
    assert house.id("x.py:10") == old


def test_a_finding_seen_under_its_first_key_is_split_as_well(house: House) -> None:
    house.take("a@x.py:10 code()")
    old = house.id("x.py:10")
    waive(house.ctx, [old], "risk_accepted", WHY, LATER)
    split(house.ctx, old, "the code was replaced by other code that looks the same")
    states = house.rows("SELECT id = ?, state, is_unconfirmed_absent FROM finding".replace(
        "?", f"'{old}'"))  # fmt: skip
    assert sorted(states) == [(False, "open", False), (True, "waived", True)]
    counts = house.take("a@x.py:10 code()", name="again").totals
    assert (counts.new, counts.fixed, counts.unchanged) == (0, 1, 1)


def test_an_absent_finding_cannot_be_split(house: House) -> None:
    old, _ = moved(house)
    assert plan_split(house.ctx, old, "why not").blockers
    with pytest.raises(RefusedError, match="does not show"):
        split(house.ctx, old, "why not")


def test_an_undone_split_is_one_again(house: House) -> None:
    house.take("a@x.py:10 call_with(a_long_argument)")
    house.take("a@y.py:20 call_with(a_long_argument)")
    before = snapshot(house)
    split(house.ctx, before[0][0], "wrong")  # type: ignore[arg-type] # an id
    undo(house.ctx)
    assert snapshot(house) == before
    counts = house.take("a@y.py:20 call_with(a_long_argument)", name="again").totals
    assert (counts.unchanged, counts.new, counts.fixed) == (1, 0, 0)


# both, remembered


def test_a_cache_that_is_built_anew_has_the_same_identities(house: House) -> None:
    old, new = moved(house)
    merge(house.ctx, old, new, WHY_SAME)
    house.take("k@k.py:1 code()", name="k", scope="k")
    split(house.ctx, house.id("k.py:1"), "it is other code now")
    present = sorted(
        house.rows("SELECT id, path, line FROM finding WHERE NOT is_unconfirmed_absent")
    )
    shutil.rmtree(house.ctx.store.directory)
    house.take("k@k.py:1 code()", name="k", scope="k")
    house.take(*AFTER)
    assert sorted(house.rows("SELECT id, path, line FROM finding")) == present
    assert new not in {id_ for id_, _, _ in present}
    counts = house.take(*AFTER, name="again").totals
    assert (counts.unchanged, counts.new) == (2, 0)


def test_decisions_are_followed_again_after_an_import_was_taken_back(house: House) -> None:
    old, new = moved(house)
    merge(house.ctx, old, new, WHY_SAME)
    house.take(*AFTER, "c@z.py:1 more()", name="more")
    undo_import(house.ctx)
    assert house.id("y.py:90") == old
    undo_import(house.ctx)
    assert house.findings()["x.py:10"] == (old, "open")
    house.take(*AFTER)
    assert house.id("y.py:90") == old


def test_an_older_decision_is_undone_under_a_newer_one(house: House) -> None:
    old, new = moved(house)
    first = merge(house.ctx, old, new, WHY_SAME).decision.id
    house.take("a@y.py:90 rewritten_and_elsewhere()", "b@w.py:77 also_rewritten(here)")
    gone = next(id_ for id_, state in house.findings().values() if state == "fixed")
    merge(house.ctx, gone, house.id("w.py:77"), WHY_SAME)
    undo(house.ctx, first)
    found = house.findings()
    assert found["w.py:77"] == (gone, "open")
    assert found["y.py:90"] == (new, "open")
    assert found["x.py:10"] == (old, "fixed")


def test_an_entry_that_nobody_may_make_corrects_nothing(house: House) -> None:
    old, new = moved(house)
    before = snapshot(house)
    merge(house.ctx, old, new, WHY_SAME)
    chain = next((house.bank.ledger / "chains").glob("engineer@*.jsonl"))
    chain.write_bytes(chain.read_bytes().replace(b"rewritten", b"unwritten"))
    house.bank.publish()
    assert snapshot(house) == before
