"""Several changes of the policy wait at once: approved in turn, overtaken, rejected."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from riskcockpit.config.settings import IdentitySettings
from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import InputError, LedgerError, RefusedError
from riskcockpit.ledger.objects import Objects
from riskcockpit.services.answers import approve, in_turn, plan_approve, reject
from riskcockpit.services.desk import Desk
from riskcockpit.services.policy_files import policy_files, sign_policy
from riskcockpit.services.requests import requests
from riskcockpit.services.signing_keys import add_key, revoke_key
from riskcockpit.services.verify import ledger_state, verify_ledger
from support.council import Council
from support.ledgers import key_for

pytestmark = pytest.mark.usefixtures("without_policy")

ROLES = {"ann": ["engineer"], "ben": ["approver"]}
SIGNERS, RULES = "allowed_signers", "policy/roles.yaml"


@pytest.fixture
def council(tmp_path: Path) -> Council:
    made = Council(tmp_path / "home", roles=ROLES)
    made.begin()
    return made


def asked(council: Council, name: str) -> str:
    """Ask for a key for somebody; return the request."""
    key = key_for(name, council.root / "keys")
    public = key.with_name(f"{name}.pub").read_text()
    council.clock.at += timedelta(minutes=1)
    return add_key(council.at("ann"), name, public, "a new colleague").decision.id


def edited(council: Council, before: str, after: str) -> str:
    """Edit the roles, and ask for it; return the request."""
    file = council.ledger / RULES
    file.write_text(file.read_text().replace(before, after))
    (change,) = sign_policy(council.at("ann"))
    return change.decision.id


def stands(council: Council) -> dict[str, str]:
    """Return how the files stand; everybody who says something of the ledger agrees."""
    states = {row.file: row.state for row in policy_files(council.at("ann"))}
    is_ok = verify_ledger(council.at("ann")).is_ok
    assert is_ok is ledger_state(council.at("ann")).is_ok is ("edited" not in states.values())
    return states


def waiting(council: Council) -> set[str]:
    return {row.id for row in requests(council.at("ben")) if row.kind == "policy"}


def text(council: Council, file: str = SIGNERS) -> str:
    return (council.ledger / file).read_text()


def test_keys_that_were_asked_for_in_turn_are_approved_in_turn(council: Council) -> None:
    first, second, third = (asked(council, name) for name in ("carol", "dave", "erin"))
    assert waiting(council) == {first, second, third}
    approve(council.at("ben"), first)
    assert stands(council)[SIGNERS] == "waits"
    assert waiting(council) == {second, third}
    approve(council.at("ben"), second)
    approve(council.at("ben"), third)
    assert stands(council)[SIGNERS] == "in_force"
    assert waiting(council) == set()
    assert all(f"\n{name} " in text(council) for name in ("carol", "dave", "erin"))
    council.ask("ann")


def test_a_later_change_that_holds_an_earlier_one_brings_both(council: Council) -> None:
    first, second = asked(council, "carol"), asked(council, "dave")
    approve(council.at("ben"), second)
    assert stands(council)[SIGNERS] == "in_force"
    assert waiting(council) == set()
    assert "\ncarol " in text(council)
    with pytest.raises(RefusedError, match="is overtaken"):
        approve(council.at("ben"), first)


def test_several_are_put_in_turn_and_all_are_approved(council: Council) -> None:
    first, second = asked(council, "carol"), asked(council, "dave")
    turns = in_turn(council.at("ben"), [second[:12], first[:12], second[:12]])
    assert turns == (first[:12], second[:12])
    for id_ in turns:
        approve(council.at("ben"), id_)
    assert (stands(council)[SIGNERS], waiting(council)) == ("in_force", set())


def test_two_changes_of_one_line_are_not_approved_together_and_the_other_is_put_aside(
    council: Council,
) -> None:
    first = edited(council, "ann: [engineer]", "ann: [engineer, risk_owner]")
    council.clock.at += timedelta(minutes=1)
    second = edited(council, "ann: [engineer, risk_owner]", "ann: [approver]")
    with pytest.raises(InputError, match="cannot both be approved"):
        in_turn(council.at("ben"), [first, second])
    assert waiting(council) == {first, second}  # none was decided
    said = approve(council.at("ben"), first).message
    assert "ask again" in said
    assert stands(council)[RULES] == "in_force"
    assert "ann: [engineer, risk_owner]" in text(council, RULES)
    (place,) = (word.rstrip(".;") for word in said.split() if word.startswith("objects/sha256/"))
    aside = Objects(council.ledger).get(place[-64:]).decode()
    assert "ann: [approver]" in aside
    (council.ledger / RULES).write_text(aside)
    (again,) = sign_policy(council.at("ann"))
    assert waiting(council) == {again.decision.id}


@pytest.mark.parametrize("who", ["ben", "ann"])
def test_a_change_that_was_rejected_leaves_what_is_in_force(council: Council, who: str) -> None:
    before = text(council)
    request = asked(council, "carol")
    said = reject(council.at(who), request).message
    assert text(council) == before
    assert "objects/sha256/" in said
    assert set(stands(council).values()) == {"in_force"}
    council.ask("ann")


def test_a_rejected_version_that_lies_here_stops_nothing_and_is_put_back(council: Council) -> None:
    before = text(council)
    request = asked(council, "carol")
    rejected = text(council)
    reject(council.at("ben"), request)
    (council.ledger / SIGNERS).write_text(rejected)  # as in the home of whoever asked
    assert stands(council)[SIGNERS] == "set_aside"
    asked(council, "dave")
    assert "\ncarol " not in text(council)
    assert text(council).startswith(before)


def test_what_nobody_signed_stops_the_ledger_in_every_place_that_says_so(council: Council) -> None:
    with (council.ledger / SIGNERS).open("a") as file:
        file.write("# nothing\n")
    assert stands(council)[SIGNERS] == "edited"
    with pytest.raises((RefusedError, LedgerError)):
        Desk(council.at("ann")).check_open()


def test_a_key_is_rotated_in_a_new_home_of_one_person_before_anything_was_decided(
    tmp_path: Path,
) -> None:
    alone = Council(tmp_path / "home", roles={"ann": ["engineer", "approver"]})
    alone.hire()
    old = alone.journal("ann").fingerprint
    assert not asked_alone(alone)
    identity = IdentitySettings(principal="ann", key=str(alone.root / "keys" / "new"))
    ended = revoke_key(alone.at("ann", identity=identity), old, "rotation")
    assert ended.decision.needs == ()
    assert set(stands(alone).values()) == {"in_force"}
    approved = Desk(alone.at("ann", identity=identity)).signature()
    assert approved.roles


def asked_alone(council: Council) -> tuple[str, ...]:
    """Add the key `new`; return what it still needs."""
    public = key_for("new", council.root / "keys").with_name("new.pub").read_text()
    return add_key(council.at("ann"), "ann", public, "rotation").decision.needs


def test_who_signs_sees_a_change_against_what_is_in_force(council: Council) -> None:
    """A request may claim to hold what is in force; what it would really change is shown."""
    first = asked(council, "carol")
    weak = text(council).replace("\ncarol ", "\ncarla ")
    data = {
        "file": SIGNERS, "before": Desk(council.at("ann")).book.digests[SIGNERS],
        "after": Objects(council.ledger).put(weak.encode()),
    }  # fmt: skip
    claims = {
        **data,
        "objects": [data["after"]],
        "holds": [sha256(text(council).encode()).hexdigest()],
    }
    forged = council.journal("ann").append(EntryType.POLICY_CHANGED, claims)
    approve(council.at("ben"), first)
    lines = plan_approve(council.at("ben"), forged.hash).warnings
    assert [line[:6] for line in lines if line[:1] in "+-"] == ["-carol", "+carla"]


def test_a_rejected_key_comes_in_with_no_other(council: Council) -> None:
    carol, dave = asked(council, "carol"), asked(council, "dave")
    reject(council.at("ben"), carol)
    assert waiting(council) == set()
    assert "\ncarol " not in text(council)
    with pytest.raises(RefusedError, match="is overtaken") as refused:
        approve(council.at("ben"), dave)
    assert "ask for it anew" in str(refused.value.hint)
    council.approve("ben", dave, rule="policy-four-eyes")  # past the desk
    keys = Desk(council.at("ann")).roles.keys or frozenset()
    assert {name for name, _ in keys} == {"ann", "ben"}
    approve(council.at("ben"), asked(council, "dave"))
    assert "\ndave " in text(council)
    assert "\ncarol " not in text(council)
