"""Waivers from asking to their end: rules, keys, doubt, and what the cache shows of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from riskcockpit.config.settings import IdentitySettings
from riskcockpit.decisions.roles import Deed
from riskcockpit.domain.decision import DecisionState, EntryType
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import InputError, LedgerError, RefusedError, UnknownNameError
from riskcockpit.present.text import money
from riskcockpit.services.decide import (
    approve,
    note,
    plan_approve,
    plan_undo,
    plan_waiver,
    reject,
    revoke,
    scope_of,
    undo,
    waive,
)
from riskcockpit.services.desk import Desk
from riskcockpit.services.endings import record_endings
from riskcockpit.services.gathering import gather
from riskcockpit.services.policy_files import policy_files, restore_policy, sign_policy
from riskcockpit.services.verify import ledger_rows, verify_ledger
from riskcockpit.services.waivers import waiver
from support.caches import NOW, finding, statement
from support.deciding import LATER, WHY, Bank, entry_types, findings, id_of, make_bank
from support.ledgers import key_for, signer_line

pytestmark = pytest.mark.usefixtures("without_policy")


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    return make_bank(tmp_path / "home", monkeypatch)


def ask(bank: Bank, what: str = "severity:high", name: str = "engineer") -> str:
    """Ask for a waiver of `what` and return its id."""
    return waive(bank.at(name), what, "risk_accepted", WHY, LATER).decision.id


def test_one_person_waives_a_medium_finding_alone(bank: Bank) -> None:
    result = waive(bank.at("engineer"), "severity:medium", "risk_accepted", WHY, LATER)

    assert result.decision.state is DecisionState.GRANTED
    assert result.decision.type is EntryType.WAIVER_GRANTED
    assert result.decision.rule == "waive-alone"
    assert result.message == ""
    assert bank.states()["medium"] == "waived"
    assert verify_ledger(bank.at("engineer")).is_ok


def test_a_high_finding_waits_for_a_second_person(bank: Bank) -> None:
    result = waive(bank.at("engineer"), "severity:high", "risk_accepted", WHY, LATER)

    assert result.decision.state is DecisionState.REQUESTED
    until = f"{LATER:%Y-%m-%d %H:%M} UTC"
    assert result.decision.summary == f"asked to waive 1 finding until {until}"
    assert result.decision.rule == "waive-four-eyes"
    assert result.decision.needs == (
        "another person with the role approver or risk_owner and a key of their own",
    )
    assert bank.states()["high"] == "pending_waiver"
    again = plan_waiver(bank.at("engineer"), "severity:high", "risk_accepted", WHY, LATER)
    name = result.decision.id[:10]
    assert again.warnings == (
        f"1 finding in the request {name} already, asked by you, which waits for a key",
    )
    other = plan_waiver(bank.at("approver"), "severity:high", "risk_accepted", WHY, LATER)
    assert other.warnings == (
        f"1 finding in the request {name} already, asked by engineer, which waits for a key",
    )

    answer = approve(bank.at("approver"), result.decision.id[:8], "agreed in the risk meeting")
    after = plan_waiver(bank.at("engineer"), "severity:high", "risk_accepted", WHY, LATER)
    assert after.warnings == ("1 finding waived already",)

    assert answer.decision.state is DecisionState.GRANTED
    assert bank.states()["high"] == "waived"
    rows = bank.rows("SELECT state, requester, approver, rule FROM waiver")
    assert rows == [("granted", "engineer", "approver", "waive-four-eyes")]


def test_findings_that_the_cache_of_an_approver_lacks_do_not_cost_nothing(bank: Bank) -> None:
    id_ = ask(bank)
    known = plan_approve(bank.at("approver"), id_)
    shutil.rmtree(bank.at("approver").paths.cache)
    unknown = plan_approve(bank.at("approver"), id_)
    assert known.exposure is not None
    assert unknown.exposure is None, "nobody here knows what they cost now"
    assert dict(unknown.facts)["exposure then"] == money(known.exposure)
    assert dict(unknown.facts)["not known here"].startswith("1 of 1 finding")


def test_nobody_signs_their_own_request_whatever_roles_they_have(bank: Bank) -> None:
    id_ = ask(bank)
    with pytest.raises(RefusedError, match="has signed this already") as caught:
        approve(bank.at("engineer"), id_)
    assert caught.value.rule == "waive-four-eyes"
    assert plan_approve(bank.at("engineer"), id_).blockers
    assert bank.states()["high"] == "pending_waiver"


def test_who_approves_is_shown_what_is_asked_for(bank: Bank) -> None:
    plan = plan_approve(bank.at("approver"), ask(bank))
    facts = dict(plan.facts)
    assert (facts["asked by"], facts["reason"]) == ("engineer", "risk accepted")
    assert (facts["because"], facts["query"]) == (WHY, "severity:high")
    assert facts["until"] == f"{LATER:%Y-%m-%d %H:%M} UTC"
    assert f"waive 1 finding until {LATER:%Y-%m-%d}: risk accepted" in plan.title
    assert [row.severity.word for row in plan.findings] == ["high"] * plan.finding_count
    assert plan.finding_count
    assert plan.exposure is not None
    assert {"kind", "treatment", "owner of the risk", "review on"} <= facts.keys()


def test_the_entries_say_who_cannot_add_a_key_and_what_was_checked_of_who_did(bank: Bank) -> None:
    id_ = ask(bank)
    facts = dict(plan_approve(bank.at("approver"), id_).facts)
    approve(bank.at("approver"), id_)
    entries = bank.at("engineer").reading_journal().entries()
    asked = next(entry for entry in entries if entry.hash == id_)
    answer = next(entry for entry in entries if entry.data.get("request") == id_)
    assert asked.data["duties"] == [
        {"check": "role", "of": ["engineer", "risk_owner"], "result": "passed"}
    ]
    assert asked.data["excluded"] == ["engineer"]
    assert {each["check"]: each["of"] for each in answer.data["duties"]} == {
        "name": ["engineer"], "key": [asked.key_fp], "person": ["engineer"], "author": [],
        "role": ["approver"],
    }  # fmt: skip
    words = (
        "not the name of engineer, not the key of anybody who signed, not one person with "
        "engineer, and acting for none of them, in the role approver"
    )
    assert facts["your key counts"] == words
    assert waiver(bank.at("auditor"), id_).duties == (("approver", words),)
    assert verify_ledger(bank.at("auditor")).is_ok


def test_an_approval_that_does_not_say_what_was_checked_counts_as_it_did(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("riskcockpit.services.answers.said_of_key", lambda _checks: {})
    monkeypatch.setattr("riskcockpit.services.desk.said_of_ask", lambda *_: {})
    id_ = ask(bank)
    approve(bank.at("approver"), id_)
    assert bank.states()["high"] == "waived"
    assert waiver(bank.at("auditor"), id_).duties == (("approver", "the entry does not say"),)
    assert verify_ledger(bank.at("auditor")).is_ok


def test_a_second_name_with_the_same_key_is_not_a_second_person(bank: Bank) -> None:
    id_ = ask(bank)
    key = (bank.root / "keys" / "engineer.pub").read_text().split()[:2]
    with (bank.ledger / "allowed_signers").open("a") as file:
        file.write(f"approver {key[0]} {key[1]}\n")
    (bank.root / "keys" / "approver").write_bytes((bank.root / "keys" / "engineer").read_bytes())
    (bank.root / "keys" / "approver.pub").write_bytes(
        (bank.root / "keys" / "engineer.pub").read_bytes()
    )
    with pytest.raises(RefusedError, match="signs with the key of engineer"):
        approve(bank.at("approver"), id_)


def test_an_auditor_decides_nothing(bank: Bank) -> None:
    id_ = ask(bank)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: waive(bank.at("auditor"), "severity:low", "deferred", WHY, LATER),
        lambda: approve(bank.at("auditor"), id_),
        lambda: reject(bank.at("auditor"), id_),
        lambda: revoke(bank.at("auditor"), id_),
        lambda: note(bank.at("auditor"), "fraud", "looked at it"),
    )
    for attempt in attempts:
        with pytest.raises(RefusedError):
            attempt()
    assert entry_types(bank) == ["waiver.requested"]


def test_a_rejected_request_leaves_the_finding_open(bank: Bank) -> None:
    id_ = ask(bank)
    reject(bank.at("approver"), id_, "fix it instead")
    assert bank.states()["high"] == "open"
    with pytest.raises(RefusedError, match="is rejected"):
        approve(bank.at("approver"), id_)


def test_a_revoked_waiver_makes_its_findings_count_again(bank: Bank) -> None:
    id_ = ask(bank, "severity:medium")
    revoke(bank.at("engineer"), id_, "the gateway is gone")
    assert bank.states()["medium"] == "open"
    kinds = bank.rows("SELECT e.kind FROM finding_event AS e ORDER BY e.at")
    assert kinds == [("waived",), ("undone",)]
    with pytest.raises(RefusedError, match="what was ended stays so"):
        undo(bank.at("engineer"))


def test_undo_takes_back_ones_own_last_decision_and_nobody_elses(bank: Bank) -> None:
    first = ask(bank, "severity:low")
    ask(bank, "severity:medium")
    with pytest.raises(RefusedError, match="approver has nothing to undo"):
        undo(bank.at("approver"))
    assert "1 finding waived" in plan_undo(bank.at("engineer")).title

    undo(bank.at("engineer"))
    assert (bank.states()["low"], bank.states()["medium"]) == ("waived", "open")
    undo(bank.at("engineer"), first[:6])
    assert bank.states()["low"] == "open"
    with pytest.raises(RefusedError, match="nothing to undo"):
        undo(bank.at("engineer"))


def test_what_is_older_than_a_day_is_undone_by_name_only(bank: Bank) -> None:
    old = ask(bank, "severity:low")
    bank.clock.at += timedelta(days=1, hours=1)
    with pytest.raises(RefusedError, match="is from 2026-11-24"):
        undo(bank.at("engineer"))
    undo(bank.at("engineer"), old[:8])
    assert bank.states()["low"] == "open"


def test_an_approval_taken_back_no_longer_counts(bank: Bank) -> None:
    id_ = ask(bank)
    approve(bank.at("approver"), id_)
    undo(bank.at("approver"))
    assert bank.states()["high"] == "pending_waiver"
    assert approve(bank.at("approver"), id_).decision.state is DecisionState.GRANTED


def test_a_waiver_ends_by_itself_and_loudly(bank: Bank) -> None:
    ask(bank, "severity:medium")
    bank.clock.at = LATER + timedelta(seconds=1)
    bank.publish()
    assert bank.states()["medium"] == "open"
    assert bank.rows("SELECT state FROM waiver") == [("expired",)]
    assert ("waiver_expired",) in bank.rows("SELECT kind FROM finding_event")


def test_the_end_of_a_waiver_is_written_once_by_whoever_comes_next(bank: Bank) -> None:
    waiver = waive(bank.at("engineer"), "severity:medium", "deferred", WHY, LATER).decision.id
    ask(bank)
    assert record_endings(bank.at("approver")) == ""
    assert "waiver.expired" not in entry_types(bank)

    bank.clock.at = LATER + timedelta(seconds=1)
    assert record_endings(bank.at("approver")) == ""
    assert record_endings(bank.at("engineer")) == ""

    ends = [row for row in ledger_rows(bank.at("engineer"), None) if row.type == "waiver.expired"]
    assert [(row.actor, row.subject) for row in ends] == [("approver", waiver)]
    assert verify_ledger(bank.at("engineer")).is_ok
    bank.publish()
    assert bank.rows("SELECT state FROM waiver WHERE reason = 'deferred'") == [("expired",)]


def test_new_matches_of_the_query_are_not_covered(bank: Bank) -> None:
    ask(bank, "severity:medium")
    with bank.at("engineer").store.writer() as tx:
        tx.append("finding", [finding("medium too", severity=2)])
    bank.publish()
    assert bank.states()["medium too"] == "open"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("severity = 4", "it became worse"),
        ("is_kev = true", "it is exploited by now"),
        ("reopened_at = TIMESTAMP '2027-01-01'", "it was fixed and came back"),
    ],
)
def test_a_finding_that_changed_for_the_worse_goes_to_review(
    bank: Bank, change: str, why: str
) -> None:
    ask(bank, "severity:medium")
    with bank.at("engineer").store.writer() as tx:
        tx.execute(statement(f"UPDATE finding SET {change} WHERE title = 'medium'"))
    bank.publish()
    bank.publish()
    assert bank.states()["medium"] == "open"
    details = bank.rows("SELECT detail FROM finding_event WHERE kind = 'waiver_review'")
    assert len(details) == 1
    assert why in details[0][0]


def test_a_false_positive_is_a_state_of_its_own(bank: Bank) -> None:
    waive(bank.at("engineer"), "severity:medium", "false-positive", WHY, LATER)
    assert bank.states()["medium"] == "false_positive"


def test_ids_and_their_prefixes_name_findings(bank: Bank) -> None:
    ids = [id_of("medium"), id_of("low")[:8]]
    waive(bank.at("engineer"), ids, "deferred", WHY, LATER)
    assert (bank.states()["medium"], bank.states()["low"]) == ("waived", "waived")
    with pytest.raises(UnknownNameError):
        waive(bank.at("engineer"), ["f" * 32], "deferred", WHY, LATER)


def test_the_preview_says_what_would_happen_and_changes_nothing(bank: Bank) -> None:
    plan = plan_waiver(bank.at("engineer"), "state:open or state:fixed", "deferred", WHY, LATER)
    assert plan.title == "Ask to waive 5 findings"
    assert plan.finding_count == 5
    assert plan.rule == "waive-four-eyes"
    assert len(plan.needs) == 1
    assert plan.blockers == ()
    assert "1 finding left out" in plan.warnings[0]
    assert plan.exposure is not None
    assert plan.exposure.amount == 5000
    assert not (bank.ledger / "chains").exists()


def test_what_a_form_lets_pass_is_what_the_bank_allows(bank: Bank) -> None:
    ids = [id_of(name) for name in ("medium", "critical")]
    scope = scope_of(bank.at("engineer"), ids)
    assert [scope.severity, scope.days, scope.min_justification] == ["critical", 30, 20]
    assert len(scope.first) == 2
    plan = plan_waiver(bank.at("engineer"), ids, "deferred", WHY, scope.latest)
    assert plan.rule != "waiver-max-days"
    late = scope.latest + timedelta(hours=1)
    assert plan_waiver(bank.at("engineer"), ids, "deferred", WHY, late).rule == "waiver-max-days"
    assert scope_of(bank.at("engineer"), ids[:1]).severity == "medium"
    with pytest.raises(UnknownNameError):
        scope_of(bank.at("engineer"), ["0" * 32])


def test_refusals_show_in_the_preview_with_their_rule(bank: Bank) -> None:
    far = NOW + timedelta(days=60)
    plan = plan_waiver(bank.at("engineer"), "severity:critical", "deferred", WHY, far)
    assert plan.rule == "waiver-max-days"
    assert plan.blockers
    with pytest.raises(RefusedError, match="30 days at most"):
        waive(bank.at("engineer"), "severity:critical", "deferred", WHY, far)


@pytest.mark.parametrize(
    ("reason", "justification", "days", "what"),
    [
        ("because", WHY, 5, "unknown reason"),
        ("deferred", "too short", 5, "justification"),
        ("deferred", WHY, -1, "in the past"),
    ],
)
def test_a_request_that_lacks_something_is_not_written(
    bank: Bank, reason: str, justification: str, days: int, what: str
) -> None:
    ends = NOW + timedelta(days=days)
    with pytest.raises(InputError, match=what):
        waive(bank.at("engineer"), "severity:low", reason, justification, ends)
    assert entry_types(bank) == []


def test_nothing_is_decided_while_the_ledger_does_not_verify(bank: Bank) -> None:
    ask(bank, "severity:medium")
    ask(bank, "severity:low")
    chain = bank.ledger / "chains" / "engineer@engineer-host.jsonl"
    whole, _, last = chain.read_bytes().rstrip(b"\n").rpartition(b"\n")
    chain.write_bytes(whole + b"\n" + last.replace(b"March", b"Marsh") + b"\n")
    with pytest.raises(LedgerError, match=r"engineer@engineer-host entry 4: its hash"):
        waive(bank.at("engineer"), "severity:low", "deferred", WHY, LATER)
    bank.publish()
    assert (bank.states()["medium"], bank.states()["low"]) == ("open", "open")
    assert bank.rows("SELECT state FROM waiver") == [("in_doubt",)]


def test_a_weaker_policy_that_nobody_signed_grants_nothing(bank: Bank) -> None:
    ctx = bank.at("engineer")
    desk = Desk(ctx)
    plan = plan_waiver(ctx, "severity:medium", "deferred", WHY, LATER)
    assert plan.blockers == ()
    id_ = ask(bank, "severity:high")
    request = next(e for e in ctx.reading_journal().entries() if e.hash == id_)
    forged = {**request.data, "rule": "waive-alone", "policy": "0" * 64}
    desk.journal.append(EntryType.WAIVER_GRANTED, forged)
    under_known_policy = {**request.data, "rule": "waive-alone"}
    desk.journal.append(EntryType.WAIVER_GRANTED, under_known_policy)
    desk.journal.append(EntryType.WAIVER_GRANTED, dict(request.data))
    bank.publish()
    assert bank.states()["high"] == "pending_waiver"
    states = [state for (state,) in bank.rows("SELECT state FROM waiver ORDER BY requested_at")]
    assert states == ["requested", "in_doubt", "in_doubt", "in_doubt"]


def weaker(text: str) -> str:
    """Write rules under which nobody needs a second person."""
    return text.replace("keys: 2", "keys: 1")


def changes_of_policy(bank: Bank) -> list[str]:
    """Return the hashes of the changes of the policy in the ledger, in order."""
    entries = bank.at("engineer").reading_journal().entries()
    return [entry.hash for entry in entries if entry.type is EntryType.POLICY_CHANGED]


def test_rules_that_were_edited_by_hand_stop_every_decision_and_are_named(bank: Bank) -> None:
    ask(bank, "severity:low")
    bank.write_roles(weaker)
    with pytest.raises(RefusedError, match=r"policy/roles\.yaml was edited") as caught:
        waive(bank.at("engineer"), "severity:high", "deferred", WHY, LATER)
    assert caught.value.rule == "policy-signed"
    (problem,) = verify_ledger(bank.at("engineer")).problems
    assert (problem.chain, problem.entry) == ("policy/roles.yaml", None)
    assert "edited by hand" in problem.why
    assert [row.state for row in policy_files(bank.at("engineer"))] == ["edited", "in_force"]
    restore_policy(bank.at("engineer"), "policy/roles.yaml")
    assert verify_ledger(bank.at("engineer")).is_ok
    assert ask(bank, "severity:high")


def test_nobody_writes_alone_the_rules_they_decide_by(bank: Bank) -> None:
    ask(bank, "severity:low")
    bank.write_roles(weaker)
    (result,) = sign_policy(bank.at("engineer"))
    assert result.decision.state is DecisionState.REQUESTED
    (change,) = changes_of_policy(bank)[-1:]
    assert f"policy/roles.yaml waits for another person: `riskcockpit approve {change[:10]}" in (
        result.message
    )
    assert waive(bank.at("engineer"), "severity:high", "deferred", WHY, LATER).decision.needs
    with pytest.raises(RefusedError, match="engineer has signed this already"):
        approve(bank.at("engineer"), change)
    with pytest.raises(InputError, match="nothing to sign"):
        sign_policy(bank.at("engineer"))
    assert changes_of_policy(bank)[-1] == change  # asked for once
    assert (bank.states()["high"], bank.states()["low"]) == ("pending_waiver", "waived")


def test_who_decides_nothing_signs_no_policy(bank: Bank) -> None:
    ask(bank, "severity:low")
    bank.write_roles(weaker)
    with pytest.raises(RefusedError, match="auditor may not change the policy"):
        sign_policy(bank.at("auditor"))


def test_a_second_person_sees_what_changes_and_puts_it_in_force(bank: Bank) -> None:
    ask(bank, "severity:low")
    bank.write_roles(weaker)
    sign_policy(bank.at("engineer"))
    ask(bank, "severity:high")
    change = changes_of_policy(bank)[-1]
    plan = plan_approve(bank.at("approver"), change)
    assert plan.rule == "policy-four-eyes"
    assert plan.warnings == ("-    keys: 2", "+    keys: 1") * 2
    approve(bank.at("approver"), change)
    result = waive(bank.at("engineer"), "severity:critical", "deferred", WHY, LATER)
    assert result.decision.state is DecisionState.GRANTED
    assert result.message == ""
    assert bank.states()["high"] == "pending_waiver"  # what was asked before keeps its rule
    assert verify_ledger(bank.at("engineer")).is_ok


def test_a_rejected_change_of_the_rules_is_never_in_force(bank: Bank) -> None:
    ask(bank, "severity:low")
    bank.write_roles(weaker)
    sign_policy(bank.at("engineer"))
    change = changes_of_policy(bank)[-1]
    reject(bank.at("approver"), change, "no")
    with pytest.raises(UnknownNameError):
        approve(bank.at("approver"), change)
    waits = waive(bank.at("engineer"), "severity:high", "deferred", WHY, LATER)
    assert waits.decision.state is DecisionState.REQUESTED  # by the rules that hold
    result = waive(bank.at("engineer"), "severity:critical", "deferred", WHY, LATER)
    assert result.decision.state is DecisionState.REQUESTED


def test_a_key_of_ones_own_under_the_name_of_an_approver_counts_for_nothing(bank: Bank) -> None:
    request = ask(bank)
    second = key_for("second", bank.root / "keys")
    with (bank.ledger / "allowed_signers").open("a") as file:
        file.write(signer_line("approver", second))
    identity = IdentitySettings(principal="approver", key=str(second))
    impostor = bank.at("approver", identity=identity)
    with pytest.raises(RefusedError, match="approver may not approve"):
        approve(impostor, request)
    with pytest.raises(RefusedError, match="is not in force"):
        note(impostor, "fraud", "hello")
    desk = Desk(impostor)
    rule = desk.roles.rule("waive-four-eyes")
    assert rule is not None
    key = {"request": request, "comment": "", **desk.grounds(rule)}
    impostor.journal().append(EntryType.APPROVAL_GRANTED, key)
    bank.publish()
    problems = verify_ledger(bank.at("engineer")).problems
    assert [problem.chain for problem in problems] == ["allowed_signers"]
    assert bank.states()["high"] == "pending_waiver"


def test_rules_that_were_replaced_grant_nothing_any_more(bank: Bank) -> None:
    bank.write_roles(weaker)
    ask(bank, "severity:low")
    desk = Desk(bank.at("engineer"))
    weak = desk.grounds(desk.permit(Deed.WAIVE, Severity.HIGH))
    bank.write_roles()
    sign_policy(bank.at("engineer"))
    approve(bank.at("approver"), changes_of_policy(bank)[-1])
    id_ = ask(bank, "severity:high")
    request = next(e for e in desk.ctx.reading_journal().entries() if e.hash == id_)
    bank.clock.at += timedelta(minutes=6)
    desk.journal.append(EntryType.WAIVER_GRANTED, {**request.data, **weak})
    bank.publish()
    assert bank.states()["high"] == "pending_waiver"


def test_who_is_alone_changes_the_rules_alone(tmp_path: Path) -> None:
    bank = Bank(tmp_path / "home", roles={"engineer": ["engineer", "risk_owner", "approver"]})
    bank.prepare()
    ask(bank, "severity:low")
    bank.write_roles(weaker)
    (signed,) = sign_policy(bank.at("engineer"))
    assert signed.decision.state is DecisionState.GRANTED
    result = waive(bank.at("engineer"), "severity:high", "deferred", WHY, LATER)
    assert result.decision.state is DecisionState.GRANTED
    bank.roles["approver"] = ["approver"]  # named, and a key added: two from now on
    bank.write_roles()
    with (bank.ledger / "allowed_signers").open("a") as file:
        file.write(signer_line("approver", key_for("approver", bank.root / "keys")))
    assert len(sign_policy(bank.at("engineer"))) == 2
    assert ask(bank, "severity:critical")
    bank.write_roles(weaker)
    (signed,) = sign_policy(bank.at("engineer"))
    assert signed.decision.state is DecisionState.REQUESTED
    assert "waits for another person" in signed.message


def test_a_broken_glass_waives_at_once_and_asks_for_its_review(bank: Bank) -> None:
    why = "payments stand still and nobody else is awake"
    terms = (bank.at("engineer"), "severity:high", "deferred", WHY, LATER)
    plan = plan_waiver(*terms, break_glass=why)
    assert (plan.needs, plan.blockers) == ((), ())
    assert "one key alone, to be reviewed" in plan.warnings[-1]
    result = waive(*terms, break_glass=why)
    assert result.decision.state is DecisionState.GRANTED
    assert "to be reviewed by another person until" in result.message
    assert bank.states()["high"] == "waived"
    with bank.at("engineer").store.reader() as reader:
        (glass,) = gather(reader, bank.clock.at, timedelta(days=7)).glasses
    assert (glass.id, glass.actor, glass.reason) == (result.decision.id, "engineer", why)
    bank.clock.at += timedelta(hours=25)
    bank.publish()
    assert bank.states()["high"] == "open"
    review = statement("SELECT reviewer, reviewed_at > review_by FROM glass_broken").text
    assert bank.rows(review) == [("", None)]
    with pytest.raises(RefusedError, match="has signed this already"):
        approve(bank.at("engineer"), result.decision.id)
    approve(bank.at("approver"), result.decision.id, "looked at it")
    assert bank.states()["high"] == "waived"
    assert bank.rows(review) == [("approver", True)]


def test_a_glass_is_broken_with_a_reason_and_only_where_it_is_in_the_way(bank: Bank) -> None:
    high = (bank.at("engineer"), "severity:high", "deferred", WHY, LATER)
    low = (bank.at("engineer"), "severity:low", "deferred", WHY, LATER)
    with pytest.raises(InputError, match="the reason has 4 characters"):
        waive(*high, break_glass="fire")
    with pytest.raises(InputError, match="one key is enough"):
        waive(*low, break_glass="the whole house is on fire")
    bank.roles = {**bank.roles, "engineer": ["engineer"]}
    action = "action: break-glass\n    request: ["
    bank.write_roles(lambda text: text.replace(f"{action}engineer, ", action))
    with pytest.raises(RefusedError, match="may not break the glass") as caught:
        waive(*high, break_glass="the whole house is on fire")
    assert caught.value.rule == "break-glass"


def test_a_note_acknowledges_the_alarm_of_a_model(bank: Bank) -> None:
    note(bank.at("engineer"), "fraud", "looking at the feature store")
    note(bank.at("engineer"), id_of("low")[:8], "owner told")
    rows = bank.rows("SELECT title FROM finding WHERE acknowledged_at IS NOT NULL ORDER BY title")
    assert rows == [("drop",), ("low",)]
    with pytest.raises(UnknownNameError):
        note(bank.at("engineer"), "churn", "no such model")


def test_the_cache_rebuilt_from_nothing_says_the_same(bank: Bank) -> None:
    approve(bank.at("approver"), ask(bank))
    ask(bank, "severity:low")
    ctx = bank.at("engineer")
    tables = ("waiver", "waiver_finding", "ledger_entry")
    before = [sorted(bank.rows(f"SELECT * EXCLUDE (rev) FROM {t}")) for t in tables]
    states = bank.states()
    ctx.store.discard_damaged()
    with ctx.store.writer() as tx:
        tx.append("finding", findings())
    bank.publish()
    assert [sorted(bank.rows(f"SELECT * EXCLUDE (rev) FROM {t}")) for t in tables] == before
    assert bank.states() == states


def test_who_trained_the_champion_does_not_approve_a_waiver_of_its_faults(bank: Bank) -> None:
    with bank.at("engineer").store.writer() as tx:
        tx.execute(statement("UPDATE model_version SET run_user = 'APPROVER' WHERE version = 7"))
    request = ask(bank, "class:model")
    with pytest.raises(RefusedError, match="approver made what this is about"):
        approve(bank.at("approver"), request)
    assert bank.states()["drop"] == "pending_waiver"
