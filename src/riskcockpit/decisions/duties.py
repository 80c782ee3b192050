"""Separation of duties: what is checked of who signs, and how an entry says that it was. Pure.

What an entry says of its checks is for whoever reads it. Nothing rests on it: what a key is worth
is computed from the policy and from who signed (`requests.stand`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from riskcockpit.decisions.people import names_of_all
from riskcockpit.decisions.roles import Roles, Rule, Signature, lacking, missing_key
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import RefusedError

KEY = "duties"
"""Where an entry says what was checked of who signed it."""
EXCLUDED = "excluded"
"""Where an ask names who cannot add a key to it."""
_PASSED = "passed"
_WORDS = {
    "name": "not the name of {of}",
    "key": "not the key of anybody who signed",
    "person": "not one person with {of}, and acting for none of them",
    "author": "not among the authors {of}",
    "role": "in the role {of}",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold of who adds a key."""

    name: str
    """`name`, `key`, `person`, `author` or `role`."""
    of: tuple[str, ...]
    """Whom or what it was held against; the requester first. Empty: nobody is known."""
    refusal: str
    """Why it does not hold; empty when it does."""
    is_about_role: bool = False


def checks_of(
    rule: Rule, approver: Signature, signed: Sequence[Signature], authors: Iterable[str]
) -> tuple[Check, ...]:
    """Return all that is checked of `approver`, who adds a key to what `signed` did.

    The requester is the first of `signed`; `authors` made what the decision is about.
    """
    who = approver.principal
    same = [one for one in signed if one.principal == who]
    shared = [one for one in signed if one.key_fp == approver.key_fp]
    one_person = [one for one in signed if one.names & approver.names]
    made_by = tuple(dict.fromkeys(authors))
    is_author = bool(approver.names & names_of_all(made_by))
    fitting = approver.roles & rule.approve
    may_not = lacking(approver.roles, rule.approve)
    return (
        Check("name", tuple(one.principal for one in signed),
              f"{who} has signed this already" if same else ""),
        Check("key", tuple(one.key_fp for one in signed),
              f"{who} signs with the key of {shared[0].principal}" if shared else ""),
        Check("person", _names(signed),
              f"{who} and {one_person[0].principal} are one person, or act for one"
              if one_person else ""),
        Check("author", made_by,
              f"{who} made what this is about, and so may not approve it" if is_author else ""),
        Check("role", tuple(sorted(role.value for role in fitting)),
              "" if fitting else f"{who} may not approve: {may_not}", is_about_role=True),
    )  # fmt: skip


def permit_key(
    rule: Rule, approver: Signature, signed: Iterable[Signature], authors: Iterable[str] = ()
) -> tuple[Check, ...]:
    """Return what was checked of `approver`, who may add a key to what the others signed.

    Raises:
        RefusedError: the same person, the same key, an author, or a role that may not approve.
    """
    checks = checks_of(rule, approver, tuple(signed), authors)
    for check in checks:
        if check.refusal:
            hint = rule.why or None if check.is_about_role else f"it takes {missing_key(rule)}"
            raise RefusedError(check.refusal, rule=rule.id, hint=hint)
    return checks


def could_sign(
    roles: Roles, rule: Rule, signed: Sequence[Signature], authors: Iterable[str], at: datetime
) -> tuple[str, ...]:
    """Name who could add a key at `at`: another person, with a role for it and a key in force."""
    made_by = tuple(authors)
    names = roles.principals.keys() | {each.to for each in roles.delegations}
    return tuple(
        name
        for name in sorted(names)
        if any(
            all(not check.refusal for check in checks_of(rule, one, signed, made_by))
            for one in _signatures(roles, name, at)
        )
    )


def _signatures(roles: Roles, name: str, at: datetime) -> Iterator[Signature]:
    """Yield how a principal could sign; before keys are in force, by one that nobody else has."""
    keys = [key for who, key in roles.keys or () if who == name]
    for key in keys or [f"the key of {name}"]:
        yield roles.signature(name, key, at)


def said_of_key(checks: Iterable[Check]) -> dict[str, Any]:
    """Return what the entry of somebody who adds a key says of the checks."""
    return {KEY: [{"check": each.name, "of": list(each.of), "result": _PASSED} for each in checks]}


def said_of_ask(rule: Rule, requester: Signature, authors: Iterable[str]) -> dict[str, Any]:
    """Return what the entry of somebody who asks says: by which role, and who cannot add a key."""
    roles = sorted(role.value for role in requester.roles & rule.request)
    return {
        KEY: [{"check": "role", "of": roles, "result": _PASSED}],
        EXCLUDED: sorted(requester.names | names_of_all(authors)),
    }


def in_words(data: Mapping[str, Any]) -> str:
    """Say what an entry says was checked; empty when it says nothing, as older ones do."""
    told = data.get(KEY)
    words = [_in_words(each) for each in told] if isinstance(told, list) else []
    return clean_line(", ".join(filter(None, words)))


def _in_words(told: object) -> str:
    if not isinstance(told, Mapping) or not isinstance(told.get("of"), list):
        return ""
    of = " or ".join(map(str, told["of"]))
    text = _WORDS.get(str(told.get("check")), "") if of else ""
    return text.format(of=of) if told.get("result") == _PASSED else ""


def _names(signed: Iterable[Signature]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for one in signed for name in sorted(one.names)))
