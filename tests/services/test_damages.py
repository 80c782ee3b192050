"""One writer damages their own chain: everybody else goes on, and nobody gains by it.

What is expected of `ledger verify` is expected of the script for auditors too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.decisions.waivers import WaiverState
from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import InputError, LedgerError, RefusedError, UnknownNameError
from riskcockpit.ledger.chain import Entry, build_body, build_line, parse_line
from riskcockpit.services.damages import plan_set_aside, set_aside
from riskcockpit.services.desk import Desk
from riskcockpit.services.requests import requests
from riskcockpit.services.signing_keys import revoke_key
from riskcockpit.services.verify import ledger_entry, ledger_state, verify_ledger
from support.clones import Home, found, hashes, note
from support.council import Council
from support.ledgers import key_for, said, signer_line
from support.quick_signer import QuickSigner
from support.stock_tools import said_by_the_script, stock_tools

pytestmark = pytest.mark.usefixtures("without_policy")

ROLES = {
    "ann": ["engineer"],
    "ben": ["approver"],
    "cara": ["engineer", "approver"],
    "dan": ["approver"],
}
WHY = "a line of hers does not parse"
Damaging = Callable[[Council], None]


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stock_tools(tmp_path_factory.mktemp("tools"))


@pytest.fixture
def council(tmp_path: Path) -> Council:
    made = Council(tmp_path / "home", roles=ROLES)
    made.begin()
    return made


def chain(council: Council, name: str = "cara") -> Path:
    return council.ledger / "chains" / f"{name}@{council.at(name).host}.jsonl"


def last(council: Council, name: str = "cara") -> Entry:
    return parse_line(
        chain(council, name).stem, chain(council, name).read_bytes().splitlines(True)[-1]
    )


def add(council: Council, line: bytes) -> None:
    with chain(council).open("ab") as file:
        file.write(line)


def signed(council: Council, change: tuple[bytes, bytes]) -> bytes:
    """Return a note of cara behind her last good one, changed as no tool of ours writes it."""
    signer = council.journal("cara")._writer()
    body = build_body(
        last=last(council), now=council.clock.at, actor="cara", key_fp=signer.fingerprint,
        type_=EntryType.NOTE, data=said(), seen={},
    ).replace(*change)  # fmt: skip
    return build_line(body, signer.sign(body))


def garbage(council: Council) -> None:
    add(council, b"\x00\xff no entry at all\n")


def unknown_type(council: Council) -> None:
    add(council, signed(council, (b'"type":"note"', b'"type":"nota"')))


def a_float(council: Council) -> None:
    add(council, signed(council, (b'"text":"seen"', b'"text":1e999999')))


def says_it_twice(council: Council) -> None:
    add(council, chain(council).read_bytes().splitlines(True)[-1])


def wrong_signature(council: Council) -> None:
    line = signed(council, (b"seen", b"seen"))
    other = last(council).sig.replace("\n", "\\n").encode()
    at = line.index(b'"sig":"') + 7
    add(council, line[:at] + other + b'"}\n')


def strange_key(council: Council) -> None:
    stranger = key_for("stranger", council.root / "keys")
    signers = council.root / "theirs"
    signers.write_text(signer_line("cara", stranger))
    signer = QuickSigner.open(stranger, signers, "cara")
    body = build_body(
        last=last(council), now=council.clock.at, actor="cara", key_fp=signer.fingerprint,
        type_=EntryType.NOTE, data=said(), seen={},
    )  # fmt: skip
    add(council, build_line(body, signer.sign(body)))


def no_evidence(council: Council) -> None:
    council.journal("cara").append(EntryType.NOTE, said(objects=["0" * 64]))


def torn(council: Council) -> None:
    add(council, b'{"body":{"actor":"cara"')


DAMAGE = [
    garbage,
    unknown_type,
    a_float,
    says_it_twice,
    wrong_signature,
    strange_key,
    no_evidence,
    torn,
]


def faults(council: Council) -> set[str]:
    """Return the chains in which `ledger verify` finds faults."""
    return {problem.chain for problem in verify_ledger(council.at("ann")).problems}


def agree(council: Council, tools: Path) -> str:
    """Return what the script says; it finds faults where `ledger verify` does."""
    told = said_by_the_script(council.ledger, tools)
    named = {line.split()[1] for line in told.splitlines() if line.startswith("FAULT")}
    assert named == faults(council), told
    return told


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda how: how.__name__)
def test_one_writer_holds_up_nobody_else(council: Council, tools: Path, damage: Damaging) -> None:
    council.journal("cara").append(EntryType.NOTE, said())
    damage(council)
    request = council.ask("ann")
    council.approve("ben", request)
    assert council.state(request) is WaiverState.GRANTED
    assert requests(council.at("ben")) == ()
    report = verify_ledger(council.at("ann"))
    assert {(each.chain, each.entry) for each in report.problems} >= {(chain(council).stem, 2)}
    assert report.stops == ()
    assert ledger_state(council.at("ann")).is_confined
    if damage in (garbage, strange_key, no_evidence):  # the others stand in the tampering table
        assert f"{chain(council).stem} entry 2 " in agree(council, tools)
    with pytest.raises(LedgerError, match=r"your chain .* is damaged at entry 2"):
        Desk(council.at("cara"))


def test_what_stands_before_the_damage_counts_and_what_stands_behind_it_does_not(
    council: Council,
) -> None:
    before = council.ask("ann")
    council.approve("cara", before)
    between = council.ask("ann")
    add(council, b"garbage\n")
    grounds = council.grounds("ben")
    data = {"request": between.hash, "comment": "", **grounds}
    add(council, signed_behind(council, EntryType.APPROVAL_GRANTED, data))
    assert council.state(before) is WaiverState.GRANTED
    assert council.state(between) is WaiverState.REQUESTED


def signed_behind(council: Council, type_: EntryType, data: dict[str, Any]) -> bytes:
    """Return a good line of cara that follows the last of hers that parses."""
    lines = [each for each in chain(council).read_bytes().splitlines(True) if each[:1] == b"{"]
    signer = council.journal("cara")._writer()
    body = build_body(
        last=parse_line(chain(council).stem, lines[-1]), now=council.clock.at, actor="cara",
        key_fp=signer.fingerprint, type_=type_, data=data, seen={},
    )  # fmt: skip
    return build_line(body, signer.sign(body))


def test_what_takes_away_counts_behind_the_damage_too(council: Council, tools: Path) -> None:
    """And when it is set aside, still: so nobody gains by damaging what stands before it."""
    request = council.ask("ann")
    council.approve("cara", request)
    add(council, b"garbage\n")
    end = {"waiver": request.hash, "comment": "", **council.grounds("ann")}
    add(council, signed_behind(council, EntryType.WAIVER_REVOKED, end))
    assert council.state(request) is WaiverState.REVOKED
    set_aside(council.at("ben"), chain(council).stem, WHY)
    assert faults(council) == set()
    assert council.state(request) is WaiverState.REVOKED
    assert "the ledger holds" in agree(council, tools)


def test_hiding_ones_own_revocation_stops_everything(council: Council, tools: Path) -> None:
    """Garbage in its place, and good lines behind it that others have seen."""
    request = council.ask("ann")
    council.approve("cara", request)
    end = {"waiver": request.hash, "comment": "", **council.grounds("ann")}
    council.journal("cara").append(EntryType.WAIVER_REVOKED, end)
    council.journal("cara").append(EntryType.NOTE, said())
    council.journal("ben").append(EntryType.NOTE, said())
    lines = chain(council).read_bytes().splitlines(True)
    chain(council).write_bytes(b"".join([*lines[:-2], b"garbage\n", lines[-1]]))
    for file in council.ledger.glob("checkpoints/cara*/*"):
        file.unlink()
    for ctx in (council.at("ann"), council.at("ben")):
        for kept in ctx.paths.state.glob("ledger-proven.json"):
            kept.unlink()
    assert council.state(request) is WaiverState.IN_DOUBT
    with pytest.raises(LedgerError, match="good entries were replaced"):
        Desk(council.at("ann"))
    with pytest.raises(LedgerError, match="good entries were replaced"):
        set_aside(council.at("ben"), chain(council).stem, WHY)
    assert "FAULT" in said_by_the_script(council.ledger, tools)


def test_cutting_the_tail_is_still_a_fault_of_the_whole(council: Council) -> None:
    request = council.ask("ann")
    council.approve("cara", request)
    lines = chain(council).read_bytes().splitlines(True)
    council.journal("ben").append(EntryType.NOTE, said())
    chain(council).write_bytes(b"".join([*lines[:-1], b"garbage\n"]))
    with pytest.raises(LedgerError, match="does not verify"):
        Desk(council.at("ann"))


def test_nobody_vouches_for_what_stands_behind_damage(council: Council) -> None:
    """Else a good line behind garbage would look like good entries that were replaced."""
    good = council.journal("cara").append(EntryType.NOTE, said())
    add(council, b"garbage\n")
    add(council, signed_behind(council, EntryType.NOTE, said()))
    made = council.journal("ann").append(EntryType.NOTE, said())
    again = council.journal("ann").append(EntryType.NOTE, said())
    assert [each.seen[chain(council).stem] for each in (made, again)] == [good.hash, good.hash]
    assert verify_ledger(council.at("ben")).stops == ()


def test_who_says_to_have_seen_what_is_not_there_loses_their_key_for_it(
    council: Council, tools: Path
) -> None:
    """Nobody can tell a liar from a witness: a third person decides, and not who was accused."""
    journal = council.journal("cara")
    name = chain(council, "ann").stem
    journal._heads_of_others = lambda before: {name: "0" * 64}  # type: ignore[method-assign] # as a tool of one's own
    journal.append(EntryType.NOTE, said())
    assert faults(council) == {name}
    agree(council, tools)
    with pytest.raises(LedgerError, match="does not verify"):
        Desk(council.at("ben"))
    with pytest.raises(LedgerError, match="does not verify"):
        revoke_key(council.at("ann"), "cara", "she lies")
    revoke_key(council.at("ben"), "cara", "she lies")
    assert faults(council) == set()
    assert "the ledger holds" in agree(council, tools)


def test_the_line_of_a_key_is_not_taken_out_to_lose_what_it_revoked(council: Council) -> None:
    request = council.ask("ann")
    council.approve("cara", request)
    end = {"waiver": request.hash, "comment": "", **council.grounds("ann")}
    council.journal("cara").append(EntryType.WAIVER_REVOKED, end)
    signers = council.ledger / "allowed_signers"
    kept = [line for line in signers.read_text().splitlines(True) if not line.startswith("cara")]
    signers.write_text("".join(kept))
    assert council.state(request) in (WaiverState.IN_DOUBT, WaiverState.REVOKED)
    with pytest.raises(LedgerError, match="does not verify"):
        Desk(council.at("ann"))


def test_the_end_of_the_writers_key_makes_it_a_notice(council: Council, tools: Path) -> None:
    council.journal("cara").append(EntryType.NOTE, said())
    garbage(council)
    content = chain(council).read_bytes()
    revoke_key(council.at("ben"), "cara", "she left")
    assert faults(council) == set()
    assert "the ledger holds" in agree(council, tools)
    garbage(council)
    assert faults(council) == set()
    assert chain(council).read_bytes().startswith(content)
    notices = [each.why for each in verify_ledger(council.at("ann")).notices]
    assert any("ben ended its writer's key" in why for why in notices)


def test_a_writer_does_not_end_their_own_damage(council: Council, tools: Path) -> None:
    council.journal("cara").append(EntryType.NOTE, said())
    council.journal("ann").append(EntryType.NOTE, said())
    revoke_key(council.at("cara"), "cara", "mine")
    garbage(council)
    assert faults(council) == {chain(council).stem}
    assert "FAULT" in agree(council, tools)


def test_setting_aside_names_the_bytes_and_no_more(council: Council, tools: Path) -> None:
    council.journal("cara").append(EntryType.NOTE, said())
    garbage(council)
    set_aside(council.at("ann"), chain(council).stem, WHY)
    assert faults(council) == set()
    assert "set it aside" in agree(council, tools)
    garbage(council)
    assert faults(council) == {chain(council).stem}
    assert verify_ledger(council.at("ann")).stops == ()
    set_aside(council.at("ben"), chain(council).stem, WHY)
    assert faults(council) == set()
    assert "the ledger holds" in agree(council, tools)


def test_what_was_set_aside_stays(council: Council, tools: Path) -> None:
    council.journal("cara").append(EntryType.NOTE, said())
    good = chain(council).read_bytes()
    garbage(council)
    set_aside(council.at("ann"), chain(council).stem, WHY)
    chain(council).write_bytes(good)
    (problem,) = verify_ledger(council.at("ben")).problems
    assert "what ann set aside here" in problem.why
    assert verify_ledger(council.at("ben")).stops == ()
    assert "FAULT" in agree(council, tools)


def test_nobody_sets_good_entries_of_others_aside(council: Council, tools: Path) -> None:
    """Neither by the command nor by a note of their own making: it changes what is named only."""
    request = council.ask("ann")
    council.approve("cara", request)
    with pytest.raises(UnknownNameError, match="nothing of"):
        set_aside(council.at("ben"), chain(council).stem, WHY)
    rest = chain(council).read_bytes().splitlines(True)[-1]
    first = parse_line(chain(council).stem, chain(council).read_bytes().splitlines(True)[0])
    said_so = {"chain": chain(council).stem, "entries": 1, "last": first.hash, "size": len(rest),
               "digest": "0" * 64}  # fmt: skip
    council.journal("ben").append(EntryType.NOTE, said(set_aside=said_so))
    assert council.state(request) is WaiverState.GRANTED
    assert faults(council) == {chain(council).stem}
    agree(council, tools)


def test_who_may_set_aside(council: Council) -> None:
    garbage_after_note(council)
    name = chain(council).stem
    with pytest.raises(LedgerError, match="your chain"):
        set_aside(council.at("cara"), name, WHY)
    with pytest.raises(InputError, match="a reason has"):
        set_aside(council.at("ben"), name, " ")
    plan = plan_set_aside(council.at("ben"), name, WHY)
    assert plan.blockers == ()
    assert ("good entries", f"2, the last is {last_good(council).hash}") in plan.facts


def garbage_after_note(council: Council) -> None:
    council.journal("cara").append(EntryType.NOTE, said())
    garbage(council)


def last_good(council: Council) -> Entry:
    lines = chain(council).read_bytes().splitlines(True)
    return parse_line(chain(council).stem, lines[1])


def test_a_torn_line_is_for_its_writer_to_repair(council: Council) -> None:
    council.journal("cara").append(EntryType.NOTE, said())
    torn(council)
    with pytest.raises(InputError, match="its writer repairs that"):
        set_aside(council.at("ben"), chain(council).stem, WHY)
    council.journal("cara").repair()
    assert faults(council) == set()


def test_an_auditor_sets_nothing_aside(tmp_path: Path) -> None:
    council = Council(tmp_path / "home", roles={**ROLES, "eve": ["auditor"]})
    council.begin()
    garbage_after_note(council)
    with pytest.raises(RefusedError):
        set_aside(council.at("eve"), chain(council).stem, WHY)


def test_a_line_behind_damage_can_be_looked_at(council: Council) -> None:
    council.journal("cara").append(EntryType.NOTE, said())
    add(council, b"garbage\n")
    add(council, signed_behind(council, EntryType.NOTE, said("hidden")))
    shown = ledger_entry(council.at("ann"), f"{chain(council).stem}:2")
    assert "hidden" in shown.row.data


def test_a_damaged_chain_travels_and_stops_no_sync(tmp_path: Path) -> None:
    one, two = Home(tmp_path / "one"), Home(tmp_path / "two")
    found([one, two], tmp_path)
    first = note(one, "approver")
    assert one.sync("engineer").is_ok
    assert two.sync("engineer", accept=two.sync("engineer").accept).is_ok
    file = next((one.ledger / "chains").glob("approver@*"))
    with file.open("ab") as chain_:
        chain_.write(b"garbage\n")
    ours = note(one, "engineer")
    assert one.sync("engineer").is_ok
    done = two.sync("engineer")
    assert done.is_ok
    assert any("is damaged at entry" in each for each in done.notes)
    assert {first, ours} <= hashes(two)
    assert (two.ledger / "chains" / file.name).read_bytes() == file.read_bytes()
