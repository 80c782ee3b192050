"""A key that was revoked: what it signs since is void, and the ledger goes on without it."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from riskcockpit.decisions.waivers import WaiverState
from riskcockpit.domain.decision import DecisionState, EntryType
from riskcockpit.errors import InputError, LedgerError, RefusedError
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.journal import Journal
from riskcockpit.services.answers import approve, plan_approve, reject
from riskcockpit.services.desk import Desk
from riskcockpit.services.identity import whoami
from riskcockpit.services.policy_files import policy_files, restore_policy, sign_policy
from riskcockpit.services.requests import requests
from riskcockpit.services.signing_keys import LEFT_RULE, add_key, revoke_key, signing_keys
from riskcockpit.services.verify import ledger_entry, verify_ledger
from support.clones import Home, found
from support.council import Council
from support.git import git
from support.ledgers import key_for, said, signer_line
from support.quick_signer import QuickSigner
from support.stock_tools import said_by_the_script, stock_tools

pytestmark = pytest.mark.usefixtures("without_policy")

ROLES = {"ann": ["engineer"], "ben": ["approver"], "cy": ["approver"], "eve": ["auditor"]}

HOME = {"engineer": ["engineer"], "approver": ["approver"], "third": ["approver"]}


@pytest.fixture
def council(tmp_path: Path) -> Council:
    made = Council(tmp_path / "home", roles=ROLES)
    made.begin()
    return made


def fingerprint(council: Council, name: str) -> str:
    return council.journal(name).fingerprint


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stock_tools(tmp_path_factory.mktemp("tools"))


def void_for_the_script(council: Council, tools: Path) -> set[tuple[str, int | None]]:
    """Return the same as the script for auditors has it; it has to find no fault."""
    said = said_by_the_script(council.ledger, tools)
    assert "FAULT" not in said, said
    lines = (line.split() for line in said.splitlines() if " is void: " in line)
    return {(words[1], int(words[3])) for words in lines if words[3] != "0"}


def void(council: Council) -> set[tuple[str, int | None]]:
    """Return what `ledger verify` calls void, beginnings aside; the ledger has to hold."""
    report = verify_ledger(council.at("ann"))
    assert report.problems == ()
    return {
        (each.chain, each.entry)
        for each in report.notices
        if each.why.startswith("void") and each.entry
    }


def place(entry: Entry) -> tuple[str, int]:
    return entry.chain, entry.seq


def restored(council: Council) -> Path:
    """Put the signers back as they are in force: the thief's way to have the key again."""
    return restore_policy(council.at("ben"), "allowed_signers")


def test_an_end_in_the_past_voids_what_came_since_and_a_second_person_approves_it(
    council: Council, tools: Path
) -> None:
    before = council.ask("ann")
    council.approve("ben", before)
    council.clock.at += timedelta(minutes=10)
    since = council.clock.at
    council.clock.at += timedelta(minutes=10)
    later = council.ask("ann")
    approved = council.approve("ben", later)
    ended = revoke_key(council.at("ann"), fingerprint(council, "ben"), "lost", since)
    assert "ends now; the earlier end" in ended.decision.summary
    assert "waits for another person" in ended.decision.summary
    assert void(council) == void_for_the_script(council, tools) == set()
    assert council.state(later) is WaiverState.GRANTED
    (waits,) = [row for row in requests(council.at("cy")) if row.kind == "policy"]
    assert (waits.id, waits.could) == (ended.decision.id, ("cy",))
    told = plan_approve(council.at("cy"), ended.decision.id).warnings
    assert any("counts for nothing then" in line for line in told)
    approve(council.at("cy"), ended.decision.id)
    assert council.state(before) is WaiverState.GRANTED
    assert council.state(later) is WaiverState.REQUESTED
    assert void_for_the_script(council, tools) == {place(approved)}
    assert [f.state for f in policy_files(council.at("ann"))] == ["in_force", "in_force"]
    assert void(council) == {place(approved)}
    (why,) = ledger_entry(council.at("ann"), approved.hash).notices
    assert why.startswith("void")
    council.approve("cy", later)
    assert council.state(later) is WaiverState.GRANTED


def test_who_ends_their_own_key_is_believed_and_the_ledger_holds(
    council: Council, tools: Path
) -> None:
    granted = council.ask("ann")
    council.approve("ben", granted)
    ended = revoke_key(council.at("ben"), fingerprint(council, "ben"), "lost my laptop")
    assert void(council) == set()
    approve(council.at("cy"), ended.decision.id)
    assert council.state(granted) is WaiverState.GRANTED
    assert void(council) == void_for_the_script(council, tools) == set()
    me = whoami(council.at("ben"))
    assert (me.is_key_in_force, me.roles) == (False, ())
    ends = {key.principal: key.valid_before for key in signing_keys(council.at("ann"))}
    assert ends["ben"] is not None
    with pytest.raises(LedgerError, match="had expired"):
        council.approve("ben", council.ask("ann"))


def test_a_thief_who_puts_the_file_back_grants_nothing(council: Council, tools: Path) -> None:
    request = council.ask("ann")
    ended = revoke_key(council.at("ann"), fingerprint(council, "ben"), "stolen")
    restored(council)
    for attempt in (request.hash, ended.decision.id):
        for answer_it in (approve, reject):
            with pytest.raises(RefusedError, match="was revoked by ann") as refused_it:
                answer_it(council.at("ben"), attempt)
            assert refused_it.value.rule == "key-revoked"
    granted = council.approve("ben", request)  # past the desk, with a tool of their own
    blessed = council.approve("ben", ended.decision.id, rule="policy-four-eyes")
    answer = {"request": ended.decision.id, "comment": "", **council.grounds("ann")}
    refused = council.journal("ben").append(EntryType.WAIVER_REJECTED, answer)
    assert void(council) == {place(granted), place(blessed), place(refused)}
    assert void_for_the_script(council, tools) == void(council)
    assert council.state(request) is WaiverState.REQUESTED
    states = {key.principal: key.state for key in signing_keys(council.at("ann"))}
    assert (states["ben"], states["cy"]) == ("ended", "valid")
    approve(council.at("cy"), ended.decision.id)
    assert council.state(request) is WaiverState.REQUESTED


def test_a_thief_who_dates_back_grants_nothing(council: Council) -> None:
    request = council.ask("ann")
    council.clock.at += timedelta(hours=1)
    revoke_key(council.at("ann"), fingerprint(council, "ben"), "stolen")
    restored(council)
    grounds = council.grounds("ann")
    now, council.clock.at = council.clock.at, council.clock.at - timedelta(minutes=50)
    for host in ("ben-host", "new"):
        signer = QuickSigner.open(council.root / "keys" / "ben", council.ledger / "allowed_signers")
        data = {"request": request.hash, "comment": "", **grounds}
        forged = Journal(council.ledger, council.clock, signer, host)
        forged._heads_of_others = dict  # type: ignore[method-assign] # as a tool of one's own
        forged.append(EntryType.APPROVAL_GRANTED, data)
    council.clock.at = now
    assert {chain for chain, _ in void(council)} == {"ben@ben-host", "ben@new"}
    assert council.state(request) is WaiverState.REQUESTED


def test_a_second_person_may_reject_the_end_of_a_key_and_its_owner_may_not(
    council: Council, tools: Path
) -> None:
    request = council.ask("ann")
    ended = revoke_key(council.at("ann"), fingerprint(council, "ben"), "out of spite")
    restored(council)
    granted = council.approve("ben", request)
    assert void(council) == {place(granted)}
    reject(council.at("cy"), ended.decision.id)
    assert void(council) == void_for_the_script(council, tools) == set()
    assert council.state(request) is WaiverState.GRANTED


def test_who_decides_nothing_ends_no_key(council: Council) -> None:
    with pytest.raises(RefusedError):
        revoke_key(council.at("eve"), fingerprint(council, "ben"), "for fun")
    data = {
        "principal": "ben", "key_fp": fingerprint(council, "ben"), "reason": "for fun",
        "signers": "0" * 64, "valid_before": "2020-01-01T00:00:00Z",
    }  # fmt: skip
    council.journal("eve").append(EntryType.KEY_REVOKED, data)
    request = council.ask("ann")
    council.approve("ben", request)
    assert void(council) == set()
    assert council.state(request) is WaiverState.GRANTED


def test_two_who_end_each_other_both_lose_their_keys_until_a_third_speaks(
    council: Council,
) -> None:
    first = revoke_key(council.at("ann"), fingerprint(council, "ben"), "stolen")
    restored(council)
    with pytest.raises(RefusedError):
        revoke_key(council.at("ben"), fingerprint(council, "ann"), "no, yours")
    data = {
        "principal": "ann", "key_fp": fingerprint(council, "ann"), "reason": "no, yours",
        "signers": "0" * 64,
    }  # fmt: skip
    knowing = council.journal("ben").append(EntryType.KEY_REVOKED, data)
    assert void(council) == {place(knowing)}  # it knew that its own key had ended
    approve(council.at("cy"), first.decision.id)
    assert Desk(council.at("ann")).signature().roles


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_what_a_revoked_key_signed_elsewhere_jams_no_remote(tmp_path: Path) -> None:
    here, other = (Home(tmp_path / name, roles=HOME) for name in ("here", "other"))
    found((here, other), tmp_path)
    here.sync("engineer")
    other.sync("approver")
    revoke_key(here.context("engineer"), here.journal("approver").fingerprint, "stolen")
    here.clock.at += timedelta(minutes=1)
    other.clock.at = here.clock.at
    late = other.journal("approver").append(EntryType.NOTE, said("I know of nothing"))
    assert other.sync("approver").is_ok
    came = here.sync("engineer")
    assert (came.is_ok, came.refused) == (True, ())
    for home in (here, other):
        home.sync("engineer" if home is here else "approver")
        report = verify_ledger(home.context("engineer"))
        assert report.problems == ()
        assert (late.chain, late.seq) in {(n.chain, n.entry) for n in report.notices}
    with pytest.raises(RefusedError, match="was revoked by engineer"):
        Desk(other.context("approver")).check_open()
    assert git(tmp_path / "there.git", "rev-list", "--count", "main").strip() == "3"


def test_the_end_of_a_key_does_not_take_the_policy_away_that_it_rests_on(
    council: Council, tools: Path
) -> None:
    founded = council.clock.at
    council.clock.at += timedelta(hours=1)
    early = founded - timedelta(hours=1)
    with pytest.raises(InputError, match="the first policy was signed with this key"):
        revoke_key(council.at("cy"), fingerprint(council, "ann"), "stolen", early)
    data = {
        "principal": "ann", "key_fp": fingerprint(council, "ann"), "reason": "stolen",
        "signers": "0" * 64, "valid_before": "2020-01-01T00:00:00Z",
    }  # fmt: skip
    council.journal("cy").append(EntryType.KEY_REVOKED, data)
    later = council.ask("ben", "low")
    council.clock.at += timedelta(minutes=1)
    stolen = council.journal("ann").append(EntryType.NOTE, said("with the stolen key"))
    assert void(council) == {place(stolen)}
    assert Desk(council.at("ben")).book.roles is not None
    assert later.hash in {w.id for w in council.meaning().waivers}
    assert "FAULT" not in said_by_the_script(council.ledger, tools)


def in_force(council: Council, name: str) -> bool:
    """Whether the key of somebody is, by the ledger."""
    return fingerprint(council, name) not in Desk(council.at("eve")).book.ended


def test_one_person_takes_no_policy_back_by_an_end_in_the_past(council: Council) -> None:
    since = council.clock.at + timedelta(minutes=1)
    council.clock.at += timedelta(minutes=10)
    council.write_roles(lambda text: text.replace("review: 24h", "review: 12h"))
    (asked,) = sign_policy(council.at("ann"))
    approve(council.at("ben"), asked.decision.id)
    tightened = Desk(council.at("eve")).roles.digest
    council.clock.at += timedelta(minutes=10)
    ended = revoke_key(council.at("ben"), fingerprint(council, "ann"), "lost", since)
    assert Desk(council.at("eve")).roles.digest == tightened
    approve(council.at("cy"), ended.decision.id)  # nor do two: the version stays, until another
    assert Desk(council.at("eve")).roles.digest == tightened
    assert void(council) == set()


def test_an_end_in_the_past_drops_no_third_person_and_founds_nothing_anew(
    council: Council,
) -> None:
    founded = Desk(council.at("eve")).book.digests
    council.roles = {**ROLES, "dee": ["approver"]}
    since = council.clock.at + timedelta(minutes=1)
    council.clock.at += timedelta(minutes=10)
    asked = add_key(council.at("ann"), "dee", public_key(council, "dee"), "new")
    approve(council.at("ben"), asked.decision.id)
    present = Desk(council.at("eve")).book.digests
    data = {
        "principal": "ann", "key_fp": fingerprint(council, "ann"), "reason": "mine now",
        "signers": "0" * 64, "valid_before": "2020-01-01T00:00:00Z",
    }  # fmt: skip
    council.journal("ben").append(EntryType.KEY_REVOKED, data)
    revoke_key(council.at("ben"), fingerprint(council, "cy"), "mine now", since)
    assert Desk(council.at("dee")).book.digests == present != founded
    assert (in_force(council, "ann"), in_force(council, "dee")) == (False, True)
    assert void(council) == set()


@pytest.mark.parametrize(("thief", "owner"), [("ben", "ann"), ("ben", "ben"), ("cy", "ann")])
def test_an_end_that_is_signed_with_a_false_time_takes_no_policy_back(
    council: Council, thief: str, owner: str
) -> None:
    since = council.clock.at
    council.clock.at += timedelta(minutes=10)
    council.write_roles(lambda text: text.replace("review: 24h", "review: 12h"))
    (asked,) = sign_policy(council.at("ann"))
    approve(council.at("ben"), asked.decision.id)
    tightened = Desk(council.at("eve")).roles.digest
    council.journal("eve").append(EntryType.NOTE, said("I saw that"))
    now, council.clock.at = council.clock.at, since
    signer = QuickSigner.open(council.root / "keys" / thief, council.ledger / "allowed_signers")
    forged = Journal(council.ledger, council.clock, signer, "new")
    forged._heads_of_others = dict  # type: ignore[method-assign] # as a tool of one's own
    data = {
        "principal": owner, "key_fp": fingerprint(council, owner), "reason": "long ago",
        "signers": "0" * 64,
    }  # fmt: skip
    forged.append(EntryType.KEY_REVOKED, data)
    council.clock.at = now
    assert not in_force(council, owner)
    assert Desk(council.at("eve")).roles.digest == tightened
    assert void(council) == set()


def test_what_another_approved_stays_though_the_key_ended_before(council: Council) -> None:
    since = council.clock.at
    council.clock.at += timedelta(minutes=10)
    seen, alone = council.ask("ann"), council.ask("ann", "low")
    council.approve("ben", seen)
    ended = revoke_key(council.at("ben"), fingerprint(council, "ann"), "lost", since)
    approve(council.at("cy"), ended.decision.id)
    assert void(council) == {place(alone)}
    assert council.state(seen) is WaiverState.GRANTED


def test_neither_of_two_ends_the_key_of_the_other_alone_and_each_their_own(
    tmp_path: Path,
) -> None:
    two = Council(tmp_path / "home", roles={"ann": ["engineer"], "ben": ["approver"], "eve": []})
    two.begin()
    asked = revoke_key(two.at("ann"), fingerprint(two, "ben"), "mine now")
    assert (asked.decision.state, asked.decision.rule) == (DecisionState.REQUESTED, LEFT_RULE)
    assert in_force(two, "ben")
    request = two.ask("ann")
    two.approve("ben", request)
    reject(two.at("ben"), asked.decision.id)
    assert in_force(two, "ben")
    assert two.state(request) is WaiverState.GRANTED
    own = revoke_key(two.at("ben"), fingerprint(two, "ben"), "lost")
    assert own.decision.state is DecisionState.GRANTED
    assert not in_force(two, "ben")


def test_a_stolen_key_ends_not_everybody_and_who_is_left_gives_back(tmp_path: Path) -> None:
    roles = {"ann": ["engineer"], "ben": ["approver"], "cy": ["approver"], "dee": ["approver"]}
    four = Council(tmp_path / "home", roles={**roles, "eve": ["auditor"]})
    four.begin()
    made = []
    for name in ("ben", "cy", "dee"):
        made.append(revoke_key(four.at("ann"), fingerprint(four, name), "mine").decision)
        four.clock.at += timedelta(minutes=1)
    assert [in_force(four, name) for name in ("ben", "cy", "dee")] == [False, False, True]
    for ended in made[:2]:
        reject(four.at("dee"), ended.id)
    thief = revoke_key(four.at("dee"), fingerprint(four, "ann"), "stolen")
    assert thief.decision.state is DecisionState.GRANTED
    states = [in_force(four, name) for name in ("ann", "ben", "cy", "dee")]
    assert states == [False, True, True, True]
    assert void(four) == set()


def test_an_end_that_waited_acts_from_its_approval(tmp_path: Path) -> None:
    roles = {"ann": ["approver"], "ben": ["approver"], "eve": ["engineer"]}
    bank = Council(tmp_path / "home", roles=roles)
    bank.begin()
    asked = revoke_key(bank.at("ann"), fingerprint(bank, "ben"), "left")
    assert asked.decision.state is DecisionState.REQUESTED
    request = bank.ask("eve")
    bank.clock.at += timedelta(minutes=10)
    bank.approve("ben", request)
    approve(bank.at("ben"), asked.decision.id)
    assert not in_force(bank, "ben")
    assert bank.state(request) is WaiverState.GRANTED
    report = verify_ledger(bank.at("eve"))
    assert report.problems == ()
    assert {n.entry for n in report.notices} == {3}, "what ben signed after his approval"


def test_who_ended_a_key_does_not_give_it_back_alone(council: Council) -> None:
    ended = revoke_key(council.at("cy"), fingerprint(council, "ann"), "spite")
    with pytest.raises(RefusedError, match="does not give the key"):
        reject(council.at("cy"), ended.decision.id)
    answer = {"request": ended.decision.id, "comment": "", **council.grounds("cy")}
    council.journal("cy").append(EntryType.WAIVER_REJECTED, answer)
    assert not in_force(council, "ann")
    assert [w.entry.hash for w in Desk(council.at("ben")).book.waiting] == [ended.decision.id]


def test_a_key_whose_entry_lies_far_ahead_can_be_ended(council: Council, tools: Path) -> None:
    now = council.clock.at
    council.clock.at += timedelta(days=3650)
    ahead = council.journal("ben").append(EntryType.NOTE, said("from 2036"))
    council.clock.at = now
    with pytest.raises(LedgerError, match="future"):
        revoke_key(council.at("ann"), fingerprint(council, "cy"), "another key")
    said_now = said_by_the_script(council.ledger, tools)
    assert f"FAULT  {ahead.chain} entry {ahead.seq} lies in the future" in said_now
    ended = revoke_key(council.at("ann"), fingerprint(council, "ben"), "stolen")
    assert ended.decision.state is DecisionState.GRANTED
    assert void(council) == void_for_the_script(council, tools) == {place(ahead)}
    approve(council.at("cy"), ended.decision.id)
    assert void(council) == void_for_the_script(council, tools) == {place(ahead)}


def test_what_an_end_knew_counts_whatever_a_wrong_clock_has_put_ahead(council: Council) -> None:
    now = council.clock.at
    council.clock.at += timedelta(minutes=4)
    council.journal("eve").append(EntryType.NOTE, said("my clock is ahead"))
    council.clock.at = now
    request = council.ask("ann")
    council.approve("ben", request)
    revoke_key(council.at("ann"), fingerprint(council, "ben"), "left the bank")
    assert void(council) == set()
    assert council.state(request) is WaiverState.GRANTED


def test_nobody_founds_a_policy_that_nobody_could_change(tmp_path: Path) -> None:
    bank = Council(tmp_path / "home", roles={"eve": ["auditor"]})
    bank.hire()
    with pytest.raises(RefusedError, match="it would stay for ever"):
        sign_policy(bank.at("eve"))


def test_an_end_for_which_no_file_was_asked_is_given_back_too(council: Council) -> None:
    data = {
        "principal": "cy", "key_fp": fingerprint(council, "ben"), "reason": "mine",
        "signers": "0" * 64,
    }  # fmt: skip
    end = council.journal("ann").append(EntryType.KEY_REVOKED, data)
    assert not in_force(council, "ben")
    (row,) = requests(council.at("cy"))
    assert row.id == end.hash
    with pytest.raises(RefusedError, match="is overtaken"):
        approve(council.at("cy"), end.hash)
    with pytest.raises(RefusedError, match="was revoked"):
        reject(council.at("ben"), end.hash)
    reject(council.at("cy"), end.hash)
    assert in_force(council, "ben")
    assert requests(council.at("cy")) == ()


def public_key(council: Council, name: str) -> str:
    """Make a key of somebody and return what its .pub file says."""
    line = signer_line(name, key_for(name, council.root / "keys"))
    return " ".join(line.split()[-2:])
