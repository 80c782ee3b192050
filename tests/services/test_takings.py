"""What only takes away stays: no end of a key, and nobody who looks away, undoes it."""

from __future__ import annotations

import fcntl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.decisions.waivers import WaiverState
from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger import journal, tail
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.journal import Journal
from riskcockpit.services.desk import Desk
from riskcockpit.services.policy_files import restore_policy, sign_policy
from riskcockpit.services.signing_keys import revoke_key
from riskcockpit.services.verify import ledger_entry, verify_ledger
from support.council import Council
from support.ledgers import said
from support.quick_signer import QuickSigner
from support.stock_tools import said_by_the_script, stock_tools

pytestmark = pytest.mark.usefixtures("without_policy")

ROLES = {"ann": ["engineer"], "ben": ["approver"], "cy": ["approver"], "mal": ["approver"]}
HERS = "mal@mal-host"


@pytest.fixture
def council(tmp_path: Path) -> Council:
    made = Council(tmp_path / "home", roles=ROLES)
    made.begin()
    return made


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stock_tools(tmp_path_factory.mktemp("tools"))


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever her trick is: nobody witnesses what she writes."""

    def others(file: Path) -> Entry | None:
        return None if file.stem == HERS else tail.last_whole_entry(file)

    monkeypatch.setattr(journal, "last_whole_entry", others)


def granted(council: Council, by: str = "cy") -> Entry:
    request = council.ask("ann")
    council.approve(by, request)
    assert council.state(request) is WaiverState.GRANTED
    return request


def end(council: Council, type_: EntryType, **named: str) -> Entry:
    """Sign as mal what ends something."""
    data: dict[str, Any] = {"comment": "no", **named, **council.grounds("ben")}
    return council.journal("mal").append(type_, data)


def go_on(council: Council) -> None:
    """Let the others sign for half a day without her."""
    for name in ("ann", "ben", "cy"):
        council.clock.at += timedelta(hours=4)
        council.journal(name).append(EntryType.NOTE, said("another day"))


def end_her_key(council: Council) -> None:
    revoke_key(council.at("ben"), council.journal("mal").fingerprint, "left")


def notices(council: Council, entry: Entry) -> tuple[str, ...]:
    return ledger_entry(council.at("ann"), entry.hash).notices


def test_who_holds_the_lock_of_her_chain_hides_no_revocation(council: Council) -> None:
    request = granted(council)
    revoked = end(council, EntryType.WAIVER_REVOKED, waiver=request.hash)
    with (council.ledger / "chains" / f"{HERS}.jsonl").open() as chain:
        fcntl.flock(chain, fcntl.LOCK_EX)
        go_on(council)
        end_her_key(council)
        witnesses = ledger_entry(council.at("ann"), revoked.hash).witnesses
        assert {each.partition("@")[0] for each in witnesses} == {"ann", "ben", "cy"}
        assert council.state(request) is WaiverState.REVOKED
    assert notices(council, revoked) == ()


@pytest.mark.usefixtures("unseen")
def test_what_takes_away_and_nobody_saw_counts_after_the_end_of_its_key(
    council: Council, tools: Path
) -> None:
    one, hers, two, kept = (
        granted(council),
        granted(council, "mal"),
        granted(council),
        council.ask("ann"),
    )
    (approval,) = [
        e for e in council.journal("mal").entries() if e.data.get("request") == hers.hash
    ]
    ends = [
        end(council, EntryType.WAIVER_REVOKED, waiver=one.hash),
        end(council, EntryType.UNDO, decision=approval.hash),
        end(council, EntryType.WAIVER_SUSPENDED, waiver=two.hash),
        end(council, EntryType.WAIVER_REJECTED, request=kept.hash),
    ]  # fmt: skip
    open_still = council.ask("ann")
    allowed = end(council, EntryType.APPROVAL_GRANTED, request=open_still.hash)
    go_on(council)
    end_her_key(council)
    council.approve("cy", kept)
    assert [council.state(each) for each in (one, hers, two, kept)] == [
        WaiverState.REVOKED, WaiverState.REQUESTED, WaiverState.SUSPENDED, WaiverState.REVOKED,
    ]  # fmt: skip
    assert council.state(open_still) is WaiverState.REQUESTED
    assert verify_ledger(council.at("ann")).problems == ()
    for each in ends:
        (why,) = notices(council, each)
        assert why.startswith("signed with a key that ben revoked as of ")
        assert why.endswith("it only takes away, so it counts")
    assert notices(council, allowed)[0].startswith("void")
    told = said_by_the_script(council.ledger, tools)
    assert "FAULT" not in told, told
    for each in ends:
        assert f"note   {HERS} entry {each.seq} only takes away, so it counts: " in told
    assert f"note   {HERS} entry {allowed.seq} is void: " in told


def forged(council: Council, at: timedelta, type_: EntryType, **data: Any) -> Entry:
    """Sign with her key in a new chain, with a time of the past, as a tool of one's own could."""
    data |= {"comment": "", **council.grounds("ben")}
    now, council.clock.at = council.clock.at, council.clock.at - at
    signer = QuickSigner.open(council.root / "keys" / "mal", council.ledger / "allowed_signers")
    made = Journal(council.ledger, council.clock, signer, f"new{at.seconds}")
    made._heads_of_others = dict  # type: ignore[method-assign]  # a forger names nothing
    made_entry = made.append(type_, data)
    council.clock.at = now
    return made_entry


def test_a_thief_with_an_ended_key_only_stops_things_and_by_name(council: Council) -> None:
    council.write_roles(lambda text: text.replace("review: 24h", "review: 12h"))
    (asked,) = sign_policy(council.at("ann"))
    council.approve("cy", asked.decision.id, rule="policy-four-eyes")
    roles = Desk(council.at("ann")).roles.digest
    request, other = granted(council), council.ask("ann")
    go_on(council)
    fingerprints = {name: council.journal(name).fingerprint for name in ("ben", "mal")}
    end_her_key(council)
    restore_policy(council.at("ben"), "allowed_signers")  # the thief has the key again
    (ending,) = [e for e in council.journal("ben").entries() if e.type is EntryType.KEY_REVOKED]
    go_on(council)
    refused = forged(council, timedelta(hours=20), EntryType.APPROVAL_REJECTED,
                     request=asked.decision.id, model="")  # fmt: skip
    back = forged(council, timedelta(hours=1), EntryType.WAIVER_REJECTED, request=ending.hash)
    allows = forged(council, timedelta(hours=19), EntryType.APPROVAL_GRANTED, request=other.hash)
    theirs = end(council, EntryType.KEY_REVOKED, principal="ben", key_fp=fingerprints["ben"],
                 reason="mine", signers="0" * 64)  # fmt: skip
    stops = forged(council, timedelta(hours=18), EntryType.WAIVER_REVOKED, waiver=request.hash)
    for void in (refused, back, allows, theirs):
        assert notices(council, void)[0].startswith("void"), void.type
    book = Desk(council.at("ann")).book
    assert set(book.ended) == {fingerprints["mal"]}
    assert Desk(council.at("ann")).roles.digest == roles
    assert council.state(other) is WaiverState.REQUESTED
    found = council.meaning().waiver(request.hash)
    assert found is not None
    assert (found.state, found.why) == (WaiverState.REVOKED, "revoked by mal")
    assert notices(council, stops)[0].endswith("it only takes away, so it counts")


@pytest.mark.usefixtures("unseen")
def test_undoing_what_may_be_the_stricter_is_void_with_its_key(
    council: Council, tools: Path
) -> None:
    """Taking a merge back, or a key of a renewal, gives a waiver back that these had ended."""
    merge = {
        "finding": "f" * 20, "other": "e" * 20, "keys": ["e" * 20], "reason": "one", "asset": "a",
        "tool": "t", **council.grounds("ben"),
    }  # fmt: skip
    merged = council.journal("ann").append(EntryType.IDENTITY_MERGED, merge)
    renewal = council.ask("ann", record={"renews": granted(council).hash})
    approval = council.approve("mal", renewal)
    undone = [end(council, EntryType.UNDO, decision=each.hash) for each in (merged, approval)]
    go_on(council)
    end_her_key(council)
    told = said_by_the_script(council.ledger, tools)
    for each in undone:
        assert notices(council, each)[0].startswith("void")
        assert f"note   {HERS} entry {each.seq} is void: " in told


def test_a_lone_entry_of_today_puts_no_end_of_a_key_before_what_it_rests_on(
    council: Council,
) -> None:
    """It knows nobody, so everybody went on without it and it without everybody."""
    go_on(council)
    key = council.journal("mal").fingerprint
    end_her_key(council)
    restore_policy(council.at("ben"), "allowed_signers")
    council.clock.at += timedelta(hours=4)
    forged(council, timedelta(hours=1), EntryType.NOTE, **said("I am new here"))
    for name in ("ann", "ben"):
        assert set(Desk(council.at(name)).book.ended) == {key}
        council.journal(name).append(EntryType.NOTE, said("who else?"))
        assert set(Desk(council.at(name)).book.ended) == {key}
