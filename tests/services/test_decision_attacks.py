"""The attack table: one person who wants to decide alone, and the rule that stops each way.

Each is tried at the desk, where it is refused with its rule, and past it, by entries that a tool of
somebody's own wrote into the ledger: those grant nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.config.settings import IdentitySettings
from riskcockpit.decisions.roles import Deed
from riskcockpit.decisions.waivers import WaiverState
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import ConfigError, LedgerError, RefusedError, UnknownNameError
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.journal import Journal
from riskcockpit.ledger.objects import Objects
from riskcockpit.services.answers import approve, plan_approve, plan_reject
from riskcockpit.services.desk import Desk
from riskcockpit.services.policy_files import restore_policy, sign_policy
from riskcockpit.services.record import examined, parse_roles
from riskcockpit.services.requests import request as show_request
from riskcockpit.services.requests import requests
from riskcockpit.services.signing_keys import add_key, revoke_key
from riskcockpit.services.verify import accept_clock, verify_ledger
from support.caches import NOW
from support.council import Council, terms
from support.ledgers import key_for, said, signer_line
from support.quick_signer import QuickSigner

pytestmark = pytest.mark.usefixtures("without_policy")

RULE = "waive-four-eyes"
ROLES = {
    "ann": ["engineer", "approver"], "ben": ["approver"], "ann-admin": ["approver"],
    "Ann@bank": ["approver"], "dora": ["engineer"], "eve": ["auditor"],
}  # fmt: skip
EXTRA = """persons:
  ann: [ann, ann-admin]
delegations:
  - {from: ben, to: dora, roles: [approver], until: 2026-11-24T18:00Z, why: on leave}
"""


@pytest.fixture
def council(tmp_path: Path) -> Council:
    made = Council(tmp_path / "home", roles=ROLES, extra=EXTRA)
    made.begin()
    return made


def refused(council: Council, name: str, request: str, **changes: object) -> RefusedError:
    """Try to approve at the desk, and return the refusal."""
    with pytest.raises(RefusedError) as caught:
        approve(council.at(name, **changes), request)
    return caught.value


def test_two_persons_with_two_keys_are_what_it_takes(council: Council) -> None:
    request = council.ask("ann")
    assert council.state(request) is WaiverState.REQUESTED
    council.approve("ben", request)
    assert council.state(request) is WaiverState.GRANTED


def test_ones_own_second_key_is_no_second_person(council: Council) -> None:
    request = council.ask("ann")
    second = key_for("second", council.root / "keys")
    with (council.ledger / "allowed_signers").open("a") as file:
        file.write(signer_line("ann", second))
    (change,) = sign_policy(council.at("ann"))
    council.approve("ben", change.decision.id, rule="policy-four-eyes")
    identity = IdentitySettings(principal="ann", key=str(second))
    error = refused(council, "ann", request.hash, identity=identity)
    assert (error.rule, "signed this already" in error.message) == (RULE, True)
    council.approve("ann", request, key=second)
    assert council.state(request) is WaiverState.REQUESTED


@pytest.mark.parametrize("alias", ["ann-admin", "Ann@bank"])
def test_ones_own_second_name_is_no_second_person(council: Council, alias: str) -> None:
    request = council.ask("ann")
    error = refused(council, alias, request.hash)
    assert (error.rule, "are one person" in error.message) == (RULE, True)
    council.approve(alias, request)
    assert council.state(request) is WaiverState.REQUESTED


def test_names_that_share_a_key_are_one_person(council: Council) -> None:
    with (council.ledger / "allowed_signers").open("a") as file:
        file.write(signer_line("dora", council.root / "keys" / "eve"))
    (change,) = sign_policy(council.at("ann"))
    council.approve("ben", change.decision.id, rule="policy-four-eyes")
    council.roles = {**council.roles, "eve": ["approver"]}
    council.write_roles()
    (change,) = sign_policy(council.at("ann"))
    council.approve("ben", change.decision.id, rule="policy-four-eyes")
    request = council.ask("dora")
    assert refused(council, "eve", request.hash).rule == RULE
    council.approve("eve", request)
    assert council.state(request) is WaiverState.REQUESTED


@pytest.mark.parametrize("name", ["policy/roles.yaml", "allowed_signers"])
def test_a_policy_edited_by_hand_decides_nothing_and_is_named(council: Council, name: str) -> None:
    request = council.ask("ann")
    file = council.ledger / name
    weak = file.read_text().replace("keys: 2", "keys: 1")
    thief = key_for("thief", council.root / "keys")
    file.write_text(weak if name.endswith("yaml") else weak + signer_line("ben", thief))
    assert refused(council, "ben", request.hash).rule == "policy-signed"
    assert [p.chain for p in verify_ledger(council.at("ann")).problems] == [name]
    assert council.state(request) is WaiverState.REQUESTED


def test_an_old_approval_said_again_approves_nothing(council: Council) -> None:
    first = council.ask("ann")
    old = council.approve("ben", first)
    withdraw = {"request": first.hash, "comment": "", **council.grounds("ann")}
    council.journal("ann").append(EntryType.WAIVER_REJECTED, withdraw)
    again = council.ask("ann")  # the same terms, another entry
    assert council.state(again) is WaiverState.REQUESTED
    chain = council.ledger / "chains" / "ben@ben-host.jsonl"
    lines = chain.read_bytes().splitlines(keepends=True)
    assert old.hash.encode() in lines[-1]
    chain.write_bytes(b"".join([*lines, lines[-1]]))
    assert not verify_ledger(council.at("ann")).is_ok
    assert council.state(again) is WaiverState.IN_DOUBT
    with pytest.raises(LedgerError, match="does not verify"):
        Desk(council.at("ben"))


def test_an_approval_by_rules_that_were_replaced_approves_nothing(council: Council) -> None:
    old = council.grounds("ben")
    council.roles = {**council.roles, "ben": ["engineer"], "dora": ["approver"]}
    council.extra = ""
    council.write_roles()
    (change,) = sign_policy(council.at("ann"))
    council.approve("ben", change.decision.id, rule="policy-four-eyes")
    council.clock.at += timedelta(minutes=6)
    request = council.ask("ann")
    assert refused(council, "ben", request.hash).rule == RULE
    council.approve("ben", request, policy=old["policy"])
    assert council.state(request) is WaiverState.REQUESTED


def weakened_for_a_moment(council: Council) -> tuple[dict[str, Any], datetime]:
    """One key was enough for a quarter of a minute; return the grounds of then, and when."""
    council.write_roles(lambda text: text.replace("keys: 2", "keys: 1"))
    (change,) = sign_policy(council.at("ann"))
    council.approve("ben", change.decision.id, rule="policy-four-eyes")
    Desk(council.at("ann")).settle()
    grounds, then = council.grounds("ann"), council.clock.at
    council.clock.at += timedelta(seconds=14)
    council.write_roles()
    (change,) = sign_policy(council.at("ann"))
    council.approve("ben", change.decision.id, rule="policy-four-eyes")
    return grounds, then


def forged_at(
    council: Council,
    host: str,
    at: datetime,
    type_: EntryType,
    data: Mapping[str, Any],
    *,
    who: str = "ann",
    saw: Entry | None = None,
) -> Entry:
    """Sign on a computer that says it saw nothing, with the time it likes."""
    now, council.clock.at = council.clock.at, at
    journal = council.journal(who)
    forged = Journal(council.ledger, council.clock, journal._writer(), host)
    heads = {saw.chain: saw.hash} if saw else {}
    forged._heads_of_others = lambda: heads  # type: ignore[method-assign] # as a tool of one's own
    try:
        return forged.append(type_, data)
    finally:
        council.clock.at = now


@pytest.mark.parametrize("is_going_on", [True, False])
def test_a_new_chain_with_old_times_in_it_decides_by_no_rules_that_were_replaced(
    council: Council, *, is_going_on: bool
) -> None:
    grounds, then = weakened_for_a_moment(council)
    council.clock.at += timedelta(minutes=6)
    if is_going_on:
        council.journal("ben").append(EntryType.NOTE, said("the ledger goes on"))
    granted = {**terms("high"), **grounds, "rule": RULE}
    alone = forged_at(council, "lap2", then, EntryType.WAIVER_GRANTED, granted)
    seen = said("my other name was there", alone="witness")
    forged_at(council, "lap2", then, EntryType.NOTE, seen, who="ann-admin", saw=alone)
    assert verify_ledger(council.at("ann")).problems == ()
    assert council.state(alone) is WaiverState.IN_DOUBT
    council.journal("ben").append(EntryType.NOTE, said("saw it, six minutes late"))
    assert council.state(alone) is WaiverState.IN_DOUBT


def test_what_was_signed_by_the_rules_of_then_stays_when_somebody_saw_it_in_time(
    council: Council,
) -> None:
    council.write_roles(lambda text: text.replace("keys: 2", "keys: 1"))
    (change,) = sign_policy(council.at("ann"))
    council.approve("ben", change.decision.id, rule="policy-four-eyes")
    Desk(council.at("ann")).settle()
    granted = {**terms("high"), **council.grounds("ann"), "rule": RULE}
    seen = council.journal("ann").append(EntryType.WAIVER_GRANTED, granted)
    council.write_roles()
    (change,) = sign_policy(council.at("ann"))
    council.approve("ben", change.decision.id, rule="policy-four-eyes")
    council.clock.at += timedelta(hours=1)
    council.journal("ben").append(EntryType.NOTE, said("the ledger goes on"))
    assert council.state(seen) is WaiverState.GRANTED


def test_who_knew_of_newer_rules_decides_by_no_older_ones(council: Council) -> None:
    """Within the five minutes by which clocks may differ, in a chain that saw the change."""
    grounds, _ = weakened_for_a_moment(council)
    granted = {**terms("high"), **grounds, "rule": RULE}
    alone = council.journal("ann").append(EntryType.WAIVER_GRANTED, granted)
    assert council.state(alone) is WaiverState.IN_DOUBT


def test_a_new_chain_with_old_times_in_it_rewrites_no_history_of_the_policy(
    tmp_path: Path,
) -> None:
    """Before ben came ann changed the rules alone; afterwards she dates a change back to then."""
    council = Council(tmp_path / "home", roles={"ann": ["engineer"]})
    council.begin()
    first, then = Desk(council.at("ann")).book.digests["policy/roles.yaml"], council.clock.at
    council.clock.at += timedelta(hours=1)
    council.roles = {"ann": ["engineer"], "ben": ["approver"]}
    council.hire()
    sign_policy(council.at("ann"))
    council.clock.at += timedelta(hours=1)
    council.journal("ben").append(EntryType.NOTE, said("I am here"))
    in_force = Desk(council.at("ann")).book.digests["policy/roles.yaml"]
    file = council.ledger / "policy" / "roles.yaml"
    weak = file.read_bytes().replace(b"keys: 2", b"keys: 1")
    after = Objects(council.ledger).put(weak)
    data = {"file": "policy/roles.yaml", "before": first, "after": after, "objects": [after]}
    forged_at(council, "lap2", then, EntryType.POLICY_CHANGED, data)
    assert Desk(council.at("ann")).book.digests["policy/roles.yaml"] == in_force
    assert verify_ledger(council.at("ann")).problems == ()


def test_a_clock_that_is_put_back_lengthens_no_delegation(council: Council) -> None:
    council.clock.at = NOW.replace(year=2026, month=11, day=24, hour=17)
    in_time = council.ask("ann")
    council.approve("dora", in_time)
    assert council.state(in_time) is WaiverState.GRANTED
    council.clock.at = council.clock.at.replace(hour=20)
    late = council.ask("ann")
    assert refused(council, "dora", late.hash).rule == RULE
    grounds = council.grounds("dora")
    council.clock.at = council.clock.at.replace(hour=17, minute=30)  # before the end again
    council.approve("dora", late, grounds=grounds)
    council.clock.at = council.clock.at.replace(hour=21)
    assert council.state(late) is WaiverState.REQUESTED


def test_a_new_chain_with_old_times_in_it_lengthens_no_delegation(council: Council) -> None:
    council.clock.at = NOW.replace(year=2026, month=11, day=24, hour=17)
    request, in_time = council.ask("ann"), council.clock.at
    grounds = council.grounds("dora")
    council.clock.at = council.clock.at.replace(hour=20)
    data = {"request": request.hash, "comment": "", **grounds}
    forged_at(council, "lap2", in_time, EntryType.APPROVAL_GRANTED, data, who="dora")
    council.journal("ann").append(EntryType.NOTE, said("saw it when it was over"))
    assert council.state(request) is WaiverState.REQUESTED


def test_a_clock_that_is_put_back_lengthens_no_waiver(council: Council) -> None:
    until = NOW + timedelta(days=1)
    request = council.ask("ann", expires_at=rfc3339(until.replace(microsecond=0)))
    council.approve("ben", request)
    council.clock.at = until + timedelta(hours=1)
    council.journal("ben").append(EntryType.NOTE, said("it is over"))
    assert council.state(request) is WaiverState.EXPIRED
    council.clock.at = NOW + timedelta(minutes=30)
    assert council.state(request) is not WaiverState.GRANTED
    with pytest.raises(LedgerError, match="lies in the future"):
        Desk(council.at("ann"))


def test_a_chain_that_was_forged_grants_nothing_and_stops_all(council: Council) -> None:
    request = council.ask("ann")
    forger = council.root / "forger"
    forger.mkdir()
    thief = key_for("thief", council.root / "keys")
    (forger / "allowed_signers").write_text(signer_line("ben", thief))
    signer = QuickSigner.open(thief, forger / "allowed_signers", "ben")
    data = {"request": request.hash, "comment": "", **council.grounds("ben")}
    Journal(forger, council.clock, signer, "ben-host").append(EntryType.APPROVAL_GRANTED, data)
    shutil.copytree(forger / "chains", council.ledger / "chains", dirs_exist_ok=True)
    problems = verify_ledger(council.at("ann")).problems
    assert {problem.chain for problem in problems} == {"ben@ben-host"}
    assert council.state(request) is WaiverState.IN_DOUBT
    with pytest.raises(LedgerError, match="not a key of 'ben'"):
        Desk(council.at("ann"))


def test_who_acts_for_the_requester_is_no_second_person(council: Council) -> None:
    request = council.ask("dora")
    error = refused(council, "ben", request.hash)
    assert (error.rule, "act for one" in error.message) == (RULE, True)
    council.approve("ben", request)
    assert council.state(request) is WaiverState.REQUESTED


def test_who_made_it_does_not_approve_it_by_any_name(council: Council) -> None:
    request = council.ask("dora", authors=["Ann-Admin"])
    council.roles = {**ROLES}
    for name in ("ann", "ann-admin", "Ann@bank"):
        assert refused(council, name, request.hash).rule == RULE
        council.approve(name, request)
    assert council.state(request) is WaiverState.REQUESTED


def test_what_is_production_is_signed_and_no_setting_of_ones_own(tmp_path: Path) -> None:
    council = Council(tmp_path / "home", roles=ROLES, extra=f"{EXTRA}production: true\n")
    council.begin()
    council.is_production = False
    desk = Desk(council.at("ann"))
    assert (desk.is_production, desk.permit(Deed.ROLLBACK).id) == (
        True,
        "rollback-production-four-eyes",
    )
    by_others = desk.roles.rule_for(Deed.ROLLBACK, Severity.INFO, is_production=False)
    assert by_others == desk.permit(Deed.ROLLBACK)


def test_an_auditor_and_a_stranger_to_the_roles_approve_nothing(council: Council) -> None:
    request = council.ask("ann")
    assert refused(council, "eve", request.hash).rule == RULE
    council.approve("eve", request)
    assert council.state(request) is WaiverState.REQUESTED


def test_a_key_that_was_ended_signs_nothing_more_and_what_it_signed_stays(
    council: Council,
) -> None:
    request = council.ask("ann")
    council.approve("ben", request)
    council.clock.at += timedelta(minutes=1)
    council.journal("ann").append(EntryType.NOTE, said("saw it"))
    second = key_for("second", council.root / "keys")
    public = second.with_name("second.pub").read_text()
    added = add_key(council.at("ann"), "ben", public, "rotation")
    council.approve("ben", added.decision.id, rule="policy-four-eyes")
    council.clock.at += timedelta(minutes=1)
    new = council.at("ben", identity=IdentitySettings(principal="ben", key=str(second)))
    ended = revoke_key(new, council.journal("ben").fingerprint, "lost laptop")
    council.clock.at += timedelta(days=30)
    types = [entry.type for entry in examined(council.at("ann")).entries]
    assert {EntryType.KEY_ADDED, EntryType.KEY_REVOKED} <= set(types)
    assert ended.decision.needs
    assert council.state(request, council.clock.at) is WaiverState.EXPIRED  # and never in doubt
    with pytest.raises(LedgerError, match="had expired"):
        council.approve("ben", council.ask("ann"))
    assert verify_ledger(council.at("ann")).problems == ()


def glass(council: Council, **more: object) -> dict[str, Any]:
    due = council.clock.at + timedelta(hours=24)
    said_so = {"rule": "break-glass", "reason": "the bank stands still", "review_by": rfc3339(due)}
    return {"break_glass": {**said_so, **more}}


def test_a_broken_glass_counts_at_once_and_no_longer_when_nobody_reviewed_it(
    council: Council,
) -> None:
    request = council.ask("ann", **glass(council))
    assert council.state(request) is WaiverState.GRANTED
    (broken,) = council.meaning().glasses
    assert (broken.actor, broken.reviewer, broken.review.is_owed(council.clock.at)) == (
        "ann", "", False,
    )  # fmt: skip
    late = council.clock.at + timedelta(hours=25)
    assert council.state(request, late) is WaiverState.IN_DOUBT
    assert refused(council, "ann-admin", request.hash).rule == RULE
    council.approve("ann-admin", request)
    assert council.state(request, late) is WaiverState.IN_DOUBT
    council.approve("ben", request)
    assert council.state(request, late) is WaiverState.GRANTED
    assert council.meaning().glasses[0].reviewer == "ben"


def test_a_broken_glass_that_is_rejected_was_reviewed_and_is_no_conflict(council: Council) -> None:
    request = council.ask("ann", **glass(council))
    data = {"request": request.hash, "comment": "no", **council.grounds("ben")}
    council.journal("ben").append(EntryType.WAIVER_REJECTED, data)
    found = council.meaning().waiver(request.hash)
    assert found is not None
    assert (found.state, found.why) == (WaiverState.REVOKED, "reviewed and rejected by ben: no")
    assert requests(council.at("ben")) == ()
    shown = show_request(council.at("ben"), request.hash[:12])
    assert (shown.state, shown.row.conflict) == ("revoked", "")


def test_a_glass_that_one_reviewed_and_another_rejected_is_a_conflict(council: Council) -> None:
    request = council.ask("ann", **glass(council))
    council.approve("ben", request)
    data = {"request": request.hash, "comment": "no", **council.grounds("dora")}
    council.journal("dora").append(EntryType.WAIVER_REJECTED, data)
    (row,) = requests(council.at("ben"))
    assert row.conflict.startswith("ben approved and dora rejected")


def test_a_signers_file_that_is_no_utf8_is_named_and_put_back(council: Council) -> None:
    file = council.ledger / "allowed_signers"
    before = file.read_bytes()
    file.write_bytes(before + b"# \xff\n")
    report = verify_ledger(council.at("ben"))
    assert any("it is not UTF-8; `riskcockpit policy restore" in p.why for p in report.problems)
    restore_policy(council.at("ben"), "allowed_signers")
    assert file.read_bytes() == before
    assert verify_ledger(council.at("ben")).is_ok


def test_who_answers_sees_the_whole_hash_and_the_head_of_the_chain(council: Council) -> None:
    request = council.ask("ann")
    council.journal("ann").append(EntryType.NOTE, said())
    head = max(
        (e for e in council.at("ben").reading_journal().entries() if e.chain == request.chain),
        key=lambda entry: entry.seq,
    )
    wanted = {
        "request": request.hash, "place": f"{request.chain}:{request.seq}",
        "head seen": f"{head.chain}:{head.seq} {head.hash}",
    }  # fmt: skip
    for plan in (plan_approve, plan_reject):
        assert wanted.items() <= dict(plan(council.at("ben"), request.hash[:8]).facts).items()
    shown = show_request(council.at("eve"), request.hash[:8])
    assert wanted.items() <= dict(shown.facts).items()
    assert (shown.row.id, shown.finding_count) == (request.hash, 1)
    with pytest.raises(UnknownNameError, match="there is no request"):
        show_request(council.at("eve"), "0" * 12)
    with pytest.raises(UnknownNameError, match="several requests"):
        show_request(council.at("eve"), "")


@pytest.mark.parametrize(
    ("who", "change"),
    [
        ("ann", {"rule": "waive-alone"}),
        ("ann", {"review_by": "2027-01-31T00:00:00Z"}),
        ("ann", {"review_by": "soon"}),
        ("ann", {"reason": ""}),
    ],
)
def test_a_glass_that_no_rule_lets_break_grants_nothing(
    council: Council, who: str, change: dict[str, object]
) -> None:
    request = council.ask(who, **glass(council, **change))
    assert council.state(request) is WaiverState.IN_DOUBT


def test_a_clock_that_was_ahead_once_stops_nobody_who_says_that_theirs_is_right(
    council: Council,
) -> None:
    now = council.clock.at
    council.clock.at = now + timedelta(hours=25)
    council.journal("ann").append(EntryType.NOTE, said("my clock is a day ahead"))
    council.clock.at = now + timedelta(minutes=1)
    with pytest.raises(LedgerError, match="lies in the future") as caught:
        Desk(council.at("ben"))
    assert "--clock-is-right" in (caught.value.hint or "")
    assert [text.split()[3] for text in accept_clock(council.at("ben"))] == ["ann@ann-host"]
    report = verify_ledger(council.at("ben"))
    assert (report.problems, len(report.notices)) == ((), 1)
    request = council.ask("ann")  # its time is the later one still
    council.approve("ben", request)
    assert council.state(request) is WaiverState.GRANTED
    council.clock.at = now + timedelta(hours=26)
    council.journal("ann").append(EntryType.NOTE, said("later than that is in the future again"))
    council.clock.at = now + timedelta(minutes=20)
    assert [p.why for p in verify_ledger(council.at("ben")).problems] == [
        "its time lies in the future"
    ]


def test_no_clock_is_years_ahead_and_a_revoked_key_in_the_future_stops_nothing(
    council: Council,
) -> None:
    now, key = council.clock.at, council.journal("ben").fingerprint
    revoked = {
        "principal": "ben", "key_fp": key, "reason": "stolen", "signers": "0" * 64,
    }  # fmt: skip
    council.journal("ben").append(EntryType.KEY_REVOKED, revoked)
    council.clock.at = now + timedelta(days=900)
    council.journal("ben").append(EntryType.NOTE, said("I come from the future"))
    council.clock.at = now + timedelta(minutes=1)
    assert verify_ledger(council.at("ann")).problems == ()
    council.clock.at = now + timedelta(days=900)
    council.journal("dora").append(EntryType.NOTE, said("and so do I"))
    council.clock.at = now + timedelta(minutes=1)
    with pytest.raises(LedgerError, match="no clock is that far ahead"):
        accept_clock(council.at("ann"))


def test_roles_that_say_a_thing_twice_are_refused() -> None:
    with pytest.raises(ConfigError, match='cannot read roles from x: line 3: "people" is there'):
        parse_roles(b"people: {}\nrules: []\npeople: {ann@bank: engineer}\n", "x")
