"""Automation in a bank: what it may do by itself, what it asks a person, and what stops it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from riskcockpit.actions.automation import Evaluation, judge
from riskcockpit.config.automation import Automation, Enforcement, Rule, Silence
from riskcockpit.config.settings import CredentialRef, SourceSettings
from riskcockpit.decisions.automation import PROPOSAL
from riskcockpit.decisions.automations import KEY as AUTOMATION
from riskcockpit.domain.action import ActionKind, ActionState
from riskcockpit.domain.automation import ProposalState, Verdict
from riskcockpit.domain.decision import DecisionState, EntryType
from riskcockpit.domain.reading import MetricClass
from riskcockpit.errors import ConfigError, InputError, RefusedError, UnknownNameError
from riskcockpit.services.adopting import adopt, enforce, propose, rules_file, with_enforcement
from riskcockpit.services.answers import approve, note, plan_approve, plan_reject, reject, undo
from riskcockpit.services.automatic import act, prove, silences
from riskcockpit.services.automation import explain, standing
from riskcockpit.services.desk import Desk
from riskcockpit.services.kill_switch import resume, stop, switch_file
from riskcockpit.services.policy_files import restore_policy, sign_policy
from riskcockpit.services.requests import requests
from riskcockpit.services.unlocking import lock
from riskcockpit.services.verify import verify_ledger
from riskcockpit.services.watch_world import World
from riskcockpit.views.automation import WatchEvent
from support.caches import NOW, statement
from support.deciding import Bank, entry_types, make_bank

pytestmark = pytest.mark.usefixtures("without_policy")

RULE = Rule(id="lost", class_=MetricClass.ACCURACY, windows=1, action="rollback")


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    made = make_bank(tmp_path / "home", monkeypatch)
    made.roles["engineer"] = ["engineer", "risk_owner"]
    made.roles["watch"] = ["automation"]
    made.is_production = True
    made.hire()
    return made


def write(bank: Bank, automation: Automation) -> None:
    rules_file(bank.at("engineer")).write_text(msgspec.yaml.encode(automation).decode())


def signed(bank: Bank, *, is_enforced: bool = True) -> None:
    """Put rules in force with two keys."""
    who = {"fraud": Enforcement(approver="approver")} if is_enforced else {}
    write(bank, Automation(rules=(RULE,), enforce=who))
    adopt(bank.at("engineer"))
    approve(bank.at("approver"), waiting(bank))


def waiting(bank: Bank) -> str:
    (change,) = standing(bank.at("engineer")).book.waiting
    return change.entry.hash


def judged(bank: Bank, name: str = "watch") -> Evaluation:
    ctx = bank.at(name)
    world = World(ctx)
    stands = world.refresh()
    (facts,) = world.facts((), ctx.clock.now()).values()
    (found,) = judge(stands.rules.automation, facts.facts)
    return found


def acted(bank: Bank, name: str = "watch") -> WatchEvent:
    ctx = bank.at(name)
    return act(ctx, standing(ctx).rules, judged(bank, name))


def test_what_two_persons_signed_for_is_rolled_back_without_asking(bank: Bank) -> None:
    signed(bank)
    event = acted(bank)
    assert event.kind == "rolled back"
    assert bank.registry.champion == 6
    assert entry_types(bank)[-4:] == [
        "rollback.requested", "action.sent", "action.confirmed", "rollback.executed",
    ]  # fmt: skip
    entry = next(
        e for e in bank.at("watch").reading_journal().entries() if e.hash == event.decision
    )
    assert entry.actor == "watch"
    assert entry.data["rule"] == "rollback-enforced"
    assert {each["check"] for each in entry.data["evidence"]} >= {"beyond", "target", "switch"}
    assert verify_ledger(bank.at("engineer")).is_ok
    assert judged(bank).verdict is Verdict.HELD, "one rollback of this version is enough"


def test_a_person_puts_back_what_automation_rolled_back(bank: Bank) -> None:
    signed(bank)
    event = acted(bank)
    with pytest.raises(RefusedError, match="nothing to undo"):
        undo(bank.at("engineer"))  # only by its name
    back = undo(bank.at("engineer"), event.decision[:12])
    assert back.decision.state is DecisionState.REQUESTED, "in production it takes two"
    approve(bank.at("approver"), back.decision.id)
    assert bank.registry.champion == 7
    assert judged(bank).verdict is Verdict.HELD, "the rule does not start again"


def test_one_key_puts_nothing_in_force_not_even_the_first_rules(bank: Bank) -> None:
    write(bank, Automation(rules=(RULE,), enforce={"fraud": Enforcement(approver="engineer")}))
    assert "waits for another person" in adopt(bank.at("engineer"))
    assert standing(bank.at("watch")).rules.digest == ""
    assert standing(bank.at("watch")).rules.origin == "the rules that ship"


def test_rules_edited_by_hand_stop_it_and_every_decision_until_they_are_put_back(
    bank: Bank,
) -> None:
    signed(bank)
    file = rules_file(bank.at("engineer"))
    before = file.read_bytes()
    for edit in (before.replace(b"windows: 1", b"windows: 2"), None):
        file.unlink() if edit is None else file.write_bytes(edit)
        found = judged(bank)
        assert found.verdict is Verdict.HELD
        assert "policy/automation.yaml is not what was signed (rule policy-signed)" in found.reason
        assert bank.registry.sent == []
        with pytest.raises(RefusedError) as refused:
            note(bank.at("engineer"), "fraud", "looked at")
        assert refused.value.rule == "policy-signed"
        assert "policy restore" in str(refused.value.hint)
        assert not verify_ledger(bank.at("engineer")).is_ok
        restore_policy(bank.at("engineer"), "policy/automation.yaml")
        assert file.read_bytes() == before
    assert acted(bank).kind == "rolled back"


def test_nobody_asks_for_an_edit_of_another_by_enforcing_a_model(bank: Bank) -> None:
    signed(bank)
    file = rules_file(bank.at("engineer"))
    file.write_bytes(file.read_bytes().replace(b"windows: 1", b"windows: 2"))
    edited = file.read_bytes()
    changes: tuple[Callable[[], str], ...] = (
        lambda: enforce(bank.at("engineer"), "fraud", "approver", ""),
        lambda: propose(bank.at("engineer"), "fraud"),
    )
    for change in changes:
        with pytest.raises(RefusedError, match="nobody signed the change") as refused:
            change()
        assert refused.value.rule == "policy-signed"
    assert file.read_bytes() == edited
    (first, *_) = sign_policy(bank.at("engineer"))
    assert first.decision.state is DecisionState.REQUESTED, "signing it on purpose asks for it"
    approve(bank.at("approver"), waiting(bank))
    assert standing(bank.at("engineer")).rules.automation.rules[0].windows == 2


def test_a_change_of_the_rules_that_is_turned_down_leaves_the_signed_ones_in_place(
    bank: Bank,
) -> None:
    signed(bank)
    file = rules_file(bank.at("engineer"))
    before = file.read_bytes()
    propose(bank.at("engineer"), "fraud")
    assert file.read_bytes() != before
    assert judged(bank).verdict is Verdict.ENFORCE, "what waits changes nothing"
    answer = reject(bank.at("approver"), waiting(bank), "it is to be enforced")
    assert "policy/automation.yaml is what is in force again" in answer.message
    assert file.read_bytes() == before
    note(bank.at("engineer"), "fraud", "agreed")
    assert judged(bank).verdict is Verdict.ENFORCE


def test_the_first_rules_lie_wherever_the_second_key_was_added(bank: Bank) -> None:
    write(bank, Automation(rules=(RULE,)))
    adopt(bank.at("engineer"))
    request, file = waiting(bank), rules_file(bank.at("engineer"))
    before = file.read_bytes()
    file.unlink()  # the chains came by git into a home without the file
    approve(bank.at("approver"), request)
    assert file.read_bytes() == before
    assert verify_ledger(bank.at("engineer")).is_ok


def test_the_watch_changes_no_rules_and_asks_for_no_change(bank: Bank) -> None:
    stop(bank.at("engineer"), "so that the roles are in force")
    write(bank, Automation(rules=(RULE,)))
    with pytest.raises(RefusedError, match="may not change the policy"):
        adopt(bank.at("watch"))
    stop(bank.at("watch"), "to sign something")
    entries = bank.at("engineer").reading_journal().entries()
    files = [e.data["file"] for e in entries if e.type is EntryType.POLICY_CHANGED]
    assert "policy/automation.yaml" not in files


def test_who_answers_for_it_has_signed_it_and_may_approve(bank: Bank) -> None:
    bank.roles["other"] = ["approver"]
    bank.hire()
    for approver in ("other", "engineer"):
        write(bank, Automation(rules=(RULE,), enforce={"fraud": Enforcement(approver=approver)}))
        adopt(bank.at("engineer"))
        approve(bank.at("approver"), waiting(bank))
        found = judged(bank)
        is_enforced = approver == "engineer"  # a risk owner, who signed it
        assert found.verdict is (Verdict.ENFORCE if is_enforced else Verdict.PROPOSE)


def test_an_enforcement_ends_on_its_day(bank: Bank) -> None:
    until = (NOW + timedelta(minutes=30)).isoformat()
    enforced = {"fraud": Enforcement(approver="approver", until=until)}
    rule = msgspec.structs.replace(RULE, max_age="2h")
    write(bank, Automation(rules=(rule,), enforce=enforced))
    adopt(bank.at("engineer"))
    approve(bank.at("approver"), waiting(bank))
    assert judged(bank).verdict is Verdict.ENFORCE
    bank.clock.at += timedelta(hours=1)
    assert judged(bank).verdict is Verdict.PROPOSE


def test_only_automation_rolls_back_without_asking(bank: Bank) -> None:
    signed(bank)
    assert judged(bank, "engineer").verdict is Verdict.PROPOSE
    assert acted(bank, "engineer").kind == "proposed"
    assert bank.registry.sent == []


def test_an_entry_that_only_says_it_is_enforced_allows_nothing(bank: Bank) -> None:
    signed(bank)
    made = {}
    for name, who, forged in (
        ("by a person", "engineer", {}),
        ("another model", "watch", {"model": "aml", "target": "aml@champion"}),
        ("forward", "watch", {"kind": "model.promote"}),
        ("rules nobody signed", "watch", {AUTOMATION: "0" * 64}),
        ("another rule", "watch", {"rule": "rollback-alone"}),
        ("as it is meant", "watch", {}),
    ):
        desk = Desk(bank.at(who))
        data = {
            "kind": "model.rollback", "model": "fraud", "source": "registry",
            "target": "fraud@champion", "params": {"from": "7", "to": "6"}, "reasons": [],
            "undoes": "", "authors": [], "rule": "rollback-enforced",
            "policy": desk.roles.digest, "production": True, "context": "bank",
            AUTOMATION: standing(bank.at(who)).rules.digest,
        }  # fmt: skip
        made[name] = desk.sign(EntryType.ROLLBACK_REQUESTED, {**data, **forged}).hash
    projection = standing(bank.at("engineer")).projection
    states = {name: action.state for name, hash_ in made.items()
              if (action := projection.action(hash_)) is not None}  # fmt: skip
    assert states.pop("as it is meant") is ActionState.PENDING
    assert len(states) == 5
    assert set(states.values()) <= {ActionState.IN_DOUBT, ActionState.REQUESTED}


def test_a_proposal_waits_with_everything_prepared_and_a_person_takes_it_up(bank: Bank) -> None:
    signed(bank, is_enforced=False)
    event = acted(bank)
    assert event.kind == "proposed"
    assert bank.registry.sent == []
    (row,) = requests(bank.at("engineer"))
    assert (row.id, row.kind, row.may_approve) == (event.decision, "proposal", True)
    assert not requests(bank.at("approver"))[0].may_approve
    plan = plan_approve(bank.at("engineer"), event.decision[:10])
    assert plan.calls == ("POST alias fraud@champion 6",)
    assert len(plan.needs) == 1, "in production a second person signs as well"
    result = approve(bank.at("engineer"), event.decision[:10])
    assert result.decision.state is DecisionState.REQUESTED
    assert approve(bank.at("approver"), result.decision.id).actions[0].state == "done"
    assert bank.registry.champion == 6
    (proposal,) = standing(bank.at("engineer")).projection.automation.proposals
    assert proposal.state is ProposalState.TAKEN
    with pytest.raises(RefusedError, match="is taken"):
        approve(bank.at("engineer"), event.decision)


def test_who_may_not_ask_takes_no_proposal_up_and_stands_in_no_way(bank: Bank) -> None:
    signed(bank, is_enforced=False)
    event = acted(bank)
    auditor = Desk(bank.at("auditor"))
    forged = {
        "kind": "model.rollback", "model": "fraud", "source": "registry", "undoes": "",
        "target": "fraud@champion", "params": {"from": "7", "to": "6"}, "reasons": [],
        "rule": "rollback-production-four-eyes", "policy": auditor.roles.digest,
        "production": True, "context": "bank", PROPOSAL: event.decision,
    }  # fmt: skip
    asked = auditor.sign(EntryType.ROLLBACK_REQUESTED, forged).hash
    projection = standing(bank.at("engineer")).projection
    action = projection.action(asked)
    assert action is not None
    assert (action.state, action.message) == (
        ActionState.IN_DOUBT, "auditor may not ask for it"
    )  # fmt: skip
    assert projection.in_flight("fraud") == ()
    assert [row.id for row in requests(bank.at("engineer"))] == [event.decision]
    result = approve(bank.at("engineer"), event.decision)
    assert approve(bank.at("approver"), result.decision.id).actions[0].state == "done"


def test_a_proposal_that_was_turned_down_is_not_made_again(bank: Bank) -> None:
    signed(bank, is_enforced=False)
    event = acted(bank)
    assert "proposed by watch" in plan_reject(bank.at("engineer"), event.decision).title
    reject(bank.at("engineer"), event.decision, "retraining is under way")
    with pytest.raises(RefusedError, match="is rejected"):
        approve(bank.at("engineer"), event.decision)
    bank.clock.at += timedelta(hours=5)
    found = judged(bank)
    assert found.verdict is not Verdict.PROPOSE
    (proposal,) = standing(bank.at("engineer")).projection.automation.proposals
    assert proposal.state is ProposalState.REJECTED


def test_nobody_answers_a_proposal_for_a_day(bank: Bank) -> None:
    signed(bank, is_enforced=False)
    event = acted(bank)
    bank.clock.at += timedelta(hours=25)
    with pytest.raises(RefusedError, match="is lapsed"):
        approve(bank.at("engineer"), event.decision)


def test_nothing_is_proposed_that_the_registry_would_refuse(bank: Bank) -> None:
    signed(bank, is_enforced=False)
    bank.registry.champion = 8
    event = acted(bank)
    assert event.kind == "refused"
    assert "champion is version 8" in event.detail
    assert "note" not in entry_types(bank)


def test_the_kill_switch_stops_it_by_file_or_by_word_and_only_a_person_lets_it_go_on(
    bank: Bank,
) -> None:
    signed(bank)
    assert stop(bank.at("watch"), "the registry is moved") == ""
    assert judged(bank).verdict is Verdict.HELD
    switch_file(bank.at("watch")).unlink()
    found = judged(bank)
    assert found.verdict is Verdict.HELD, "the signed word holds without the file"
    assert "stopped by watch" in found.reason
    with pytest.raises(RefusedError, match="not let it go on"):
        resume(bank.at("watch"), "done")
    assert resume(bank.at("engineer"), "the registry was moved") == ""
    assert judged(bank).verdict is Verdict.ENFORCE
    switch_file(bank.at("watch")).write_text("\x1b[31mby hand")
    assert "by hand" in judged(bank).reason
    assert "\x1b" not in judged(bank).reason


def test_stopping_is_signed_in_locked_production_and_over_an_edited_policy(bank: Bank) -> None:
    signed(bank)
    bank.is_unlocked = False
    lock(bank.at("engineer"))
    rules = rules_file(bank.at("engineer"))
    rules.write_bytes(rules.read_bytes().replace(b"windows: 1", b"windows: 2"))
    with pytest.raises(RefusedError, match="locked"):
        note(bank.at("engineer"), "fraud", "looked at")
    assert stop(bank.at("engineer"), "the registry is moved") == ""
    switch_file(bank.at("engineer")).unlink()
    restore_policy(bank.at("engineer"), "policy/automation.yaml")
    assert "stopped by engineer" in judged(bank).reason, "the word is told wherever it is read"
    with pytest.raises(RefusedError) as refused:
        resume(bank.at("engineer"), "over")
    assert refused.value.rule == "production-locked"


def test_without_a_key_the_file_stops_it_all_the_same(bank: Bank) -> None:
    signed(bank)
    nobody = bank.at("watch")
    (bank.root / "keys" / "watch").rename(bank.root / "keys" / "away")
    assert "not in the ledger" in stop(nobody, "a stranger pulls it")
    (bank.root / "keys" / "away").rename(bank.root / "keys" / "watch")
    assert judged(bank).verdict is Verdict.HELD


def test_a_refusal_upstream_is_signed_and_not_tried_again(bank: Bank) -> None:
    signed(bank)

    def somebody_moves_it() -> None:
        bank.registry.champion = 8

    bank.registry.before_apply = somebody_moves_it
    assert acted(bank).kind == "refused"
    assert bank.registry.champion == 8
    assert entry_types(bank)[-1] == "action.refused"
    assert "not said yet" in judged(bank).reason


def test_the_version_that_took_over_proves_itself_or_somebody_is_told(bank: Bank) -> None:
    signed(bank)
    acted(bank)
    ctx = bank.at("watch")
    (trial,) = standing(ctx).projection.automation.trials
    assert (trial.model, trial.version, trial.told) == ("fraud", 6, "")
    rules = standing(ctx).rules.automation
    soon, late = trial.since + timedelta(minutes=1), trial.since + timedelta(minutes=16)
    assert prove(ctx, rules, trial, (), soon) is None
    event = prove(ctx, rules, trial, (), late)
    assert event is not None
    assert event.kind == "not recovered"
    (trial,) = standing(ctx).projection.automation.trials
    assert (trial.told, trial.is_over) == ("missed", False)
    assert prove(ctx, rules, trial, (), late) is None, "it is told once"
    newest = judged(bank).newest
    assert newest is not None
    well = replace(newest, version=6, value=0.95, at=late)
    event = prove(ctx, rules, trial, (well,), late)
    assert event is not None
    assert event.kind == "recovered"
    (trial,) = standing(ctx).projection.automation.trials
    assert trial.is_over


def test_a_version_that_somebody_replaced_has_nothing_left_to_prove(bank: Bank) -> None:
    signed(bank)
    acted(bank)
    world = World(bank.at("watch"))
    world.refresh()
    assert [each.version for each in world.trials({"fraud"})] == [6], "the cache may lag behind"
    bank.publish()
    world.refresh()
    assert [each.version for each in world.trials(())] == [6]
    with bank.at("engineer").store.writer() as tx:
        tx.execute(statement("UPDATE model_alias SET version = 8 WHERE model = 'fraud'"))
    world.refresh()
    assert world.trials(()) == ()


def test_explain_names_every_rule_and_guard_with_its_value(bank: Bank) -> None:
    signed(bank)
    view = explain(bank.at("watch"), "fraud")
    assert (view.champion, view.is_enforced, view.stopped) == (7, True, "")
    assert "signed by approver, engineer" in view.origin
    (rule,) = view.rules
    assert rule.verdict is Verdict.ENFORCE
    assert rule.target == 6
    assert {c.name: c.value for c in rule.conditions}["limit"] == "0.9"
    assert "engineer is not automation" in explain(bank.at("engineer"), "fraud").why
    with pytest.raises(UnknownNameError) as caught:
        explain(bank.at("engineer"), "frauds")
    assert caught.value.hint == "did you mean fraud?"


def test_a_model_is_enforced_and_proposed_by_name_and_all_else_in_the_file_stays(
    bank: Bank,
) -> None:
    assert "waits for another person" in enforce(bank.at("engineer"), "fraud", "approver", "")
    approve(bank.at("approver"), waiting(bank))
    stands = standing(bank.at("watch"))
    assert stands.rules.automation.enforce["fraud"].approver == "approver"
    text = rules_file(bank.at("engineer")).read_text()
    assert "# A rule speaks when" in text
    assert "waits for another person" in propose(bank.at("engineer"), "fraud")
    approve(bank.at("approver"), waiting(bank))
    assert standing(bank.at("watch")).rules.automation.enforce == {}
    with pytest.raises(UnknownNameError, match='no model "frauds"'):
        enforce(bank.at("engineer"), "frauds", "approver", "")
    with pytest.raises(UnknownNameError, match='no principal "nobody"'):
        enforce(bank.at("engineer"), "fraud", "nobody", "")
    with pytest.raises(InputError, match="2020-01-01 is over"):
        enforce(bank.at("engineer"), "fraud", "approver", "2020-01-01")


def test_a_name_is_always_text_in_the_file(tmp_path: Path) -> None:
    who = Enforcement(approver="on: {x}", until="2027-01-31")
    text = with_enforcement("rules: []\n", tmp_path / "a.yaml", "null # {}", who)
    assert with_enforcement(text, tmp_path / "a.yaml", "null # {}", None).count("enforce") == 1
    with pytest.raises(ConfigError, match="line 1"):
        with_enforcement("rulez: []\n", tmp_path / "a.yaml", "x", who)


def test_a_broken_file_of_rules_stops_no_other_decision(bank: Bank) -> None:
    signed(bank)
    rules_file(bank.at("engineer")).write_text("rules: [{id: x}]\n")
    stop(bank.at("engineer"), "to sign something")
    assert "the file was changed since" in standing(bank.at("engineer")).rules.origin
    with pytest.raises(ConfigError):
        adopt(bank.at("engineer"))


def test_silences_name_model_and_version_and_end_within_a_day(bank: Bank) -> None:
    source = SourceSettings(
        name="alerts", kind="alertmanager", url="https://a.example",
        write_credential=CredentialRef(env="X"),
    )  # fmt: skip
    silent = SourceSettings(name="other", kind="alertmanager", url="https://b.example")
    desk = Desk(bank.at("watch", sources=(source, silent)))
    wide = Silence(duration="9d", version_format="v{version}")
    (order,) = silences(desk, wide, "fraud", 7)["upstream"]
    assert (order["kind"], order["source"]) == (ActionKind.ALERT_SILENCE.value, "alerts")
    assert json.loads(order["params"]["labels"]) == {"model": "fraud", "version": "v7"}
    assert order["params"]["until"] <= (desk.now + timedelta(hours=24, seconds=1)).isoformat()
    assert silences(desk, Silence(duration=""), "fraud", 7) == {}
