"""Rules and keys: who may ask, whose key counts, and what is still missing."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from riskcockpit.config.paths import shipped
from riskcockpit.decisions.duties import permit_key
from riskcockpit.decisions.roles import (
    Deed,
    Role,
    Roles,
    Rule,
    Signature,
    counted,
    load_roles,
    needs,
)
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import ConfigError, RefusedError

ENGINEER = frozenset({Role.ENGINEER})
APPROVER = frozenset({Role.APPROVER})
SHIPPED: dict[str, Any] = yaml.safe_load(
    shipped("config", "roles.yaml").read_text("utf-8").replace("@PRINCIPAL@", "me")
)


def roles(**principals: list[str]) -> Roles:
    return load_roles({**SHIPPED, "principals": principals}, "0" * 64, "roles.yaml")


def signed(name: str, who: frozenset[Role], key: str = "") -> Signature:
    return Signature(name, key or f"key of {name}", who)


@pytest.mark.parametrize(
    ("deed", "severity", "is_production", "rule", "keys"),
    [
        (Deed.WAIVE, Severity.INFO, False, "waive-alone", 1),
        (Deed.WAIVE, Severity.MEDIUM, True, "waive-alone", 1),
        (Deed.WAIVE, Severity.HIGH, False, "waive-four-eyes", 2),
        (Deed.WAIVE, Severity.CRITICAL, True, "waive-four-eyes", 2),
        (Deed.ROLLBACK, Severity.INFO, False, "rollback-alone", 1),
        (Deed.ROLLBACK, Severity.INFO, True, "rollback-production-four-eyes", 2),
        (Deed.REVOKE, Severity.INFO, True, "revoke-alone", 1),
        (Deed.NOTE, Severity.INFO, True, "note-alone", 1),
    ],
)
def test_the_shipped_rules(
    deed: Deed, severity: Severity, is_production: bool, rule: str, keys: int
) -> None:
    me = roles(me=["engineer", "risk_owner", "approver"])
    found = me.permit("me", deed, severity, is_production=is_production)
    assert (found.id, found.keys) == (rule, keys)


def test_who_has_no_role_may_do_nothing() -> None:
    for deed in sorted(set(Deed) - {Deed.POLICY}):
        with pytest.raises(RefusedError, match="and they have none"):
            roles().permit("stranger", deed, Severity.LOW, is_production=False)


def test_without_a_rule_nobody_may() -> None:
    none = load_roles({"version": 1, "principals": {"me": ["engineer"]}, "rules": []}, "", "x")
    with pytest.raises(RefusedError) as caught:
        none.permit("me", Deed.WAIVE, Severity.LOW, is_production=False)
    assert caught.value.rule == "default-deny"


def four_eyes(keys: int = 2) -> Rule:
    return Rule(id="r", action=Deed.WAIVE, request=ENGINEER, keys=keys, approve=APPROVER)


@pytest.mark.parametrize(
    ("signatures", "counting"),
    [
        ([signed("a", ENGINEER)], 1),
        ([signed("a", ENGINEER), signed("b", APPROVER)], 2),
        ([signed("a", ENGINEER), signed("a", APPROVER, "another key")], 1),
        ([signed("a", ENGINEER), signed("b", APPROVER, "key of a")], 1),
        ([signed("a", ENGINEER), signed("b", ENGINEER)], 1),
        ([signed("a", ENGINEER), signed("b", APPROVER), signed("b", APPROVER)], 2),
        ([signed("a", APPROVER), signed("b", APPROVER)], 0),
        ([signed("a", frozenset()), signed("b", APPROVER), signed("c", ENGINEER)], 0),
    ],
)
def test_a_key_counts_once_and_so_does_a_person(signatures: list[Signature], counting: int) -> None:
    assert len(counted(four_eyes(), signatures)) == counting
    assert len(needs(four_eyes(), signatures)) == 2 - counting


def test_each_missing_key_is_a_sentence() -> None:
    sentence = "another person with the role approver and a key of their own"
    assert needs(four_eyes(3), [signed("a", ENGINEER)]) == (sentence, sentence)


@pytest.mark.parametrize(
    ("approver", "why"),
    [
        (signed("a", APPROVER, "another key"), "has signed this already"),
        (signed("b", APPROVER, "key of a"), "signs with the key of a"),
        (signed("b", ENGINEER), "may not approve"),
    ],
)
def test_a_key_that_would_not_count_is_refused_with_the_rule(approver: Signature, why: str) -> None:
    with pytest.raises(RefusedError, match=why) as caught:
        permit_key(four_eyes(), approver, [signed("a", ENGINEER)])
    assert caught.value.rule == "r"


def break_rule(**change: Any) -> Callable[[dict[str, Any]], None]:
    def apply(raw: dict[str, Any]) -> None:
        raw["rules"][0].update(change)

    return apply


@pytest.mark.parametrize(
    ("break_it", "why"),
    [
        (break_rule(severity="terrible"), 'unknown severity "terrible"'),
        (break_rule(keys=0), "keys must be 1 to 5"),
        (break_rule(keys=9), "keys must be 1 to 5"),
        (break_rule(approve=[]), "names nobody who could sign"),
        (break_rule(request=[]), "names nobody who could sign"),
        (break_rule(request=["auditor"]), "an auditor decides nothing"),
        (break_rule(id="waive-alone"), "needs an id of its own"),
        (break_rule(request=["boss"]), "boss"),
        (break_rule(action="delete"), "delete"),
        (break_rule(severty="high"), "severty"),
        (lambda raw: raw.update(waivers={"high_days": -1}), "high_days must be 0 to 3660"),
        (lambda raw: raw.update(waivers={"min_justification": 0}), "min_justification must be 1"),
        (lambda raw: raw.update(waivers={"highest_days": 1}), "highest_days"),
        (lambda raw: raw.update(version=2), "version"),
        (lambda raw: raw.pop("rules"), "rules"),
    ],
)
def test_a_roles_file_that_nobody_could_obey_is_refused(
    break_it: Callable[[dict[str, Any]], object], why: str
) -> None:
    raw = copy.deepcopy(SHIPPED)
    break_it(raw)
    with pytest.raises(ConfigError, match="cannot read roles from here") as caught:
        load_roles(raw, "", "here")
    assert why in caught.value.message


def test_the_rule_for_changes_of_the_policy_cannot_be_written_into_the_policy() -> None:
    rule = {"id": "x", "action": "policy", "request": ["engineer"], "keys": 1}
    with pytest.raises(ConfigError, match="is built in"):
        load_roles({**SHIPPED, "rules": [rule], "principals": {}}, "0" * 64, "roles.yaml")
