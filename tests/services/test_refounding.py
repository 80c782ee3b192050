"""Four eyes by a new beginning: a ledger that was removed is missed, here and elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import LedgerError
from riskcockpit.services.desk import Desk
from riskcockpit.services.ledger_pulse import was_there
from riskcockpit.services.policy_files import policy_files
from riskcockpit.services.projection import project_ledger
from riskcockpit.services.record import examined
from riskcockpit.services.verify import ledger_state, verify_ledger
from support.clones import Home, found, note
from support.council import Council
from support.ledgers import said

pytestmark = pytest.mark.usefixtures("without_policy")

PROVEN = "ledger-proven.json"
CHAINS = {"ann@ann-host", "ben@ben-host"}


@pytest.fixture
def council(tmp_path: Path) -> Council:
    made = Council(tmp_path / "home", roles={"ann": ["engineer"], "ben": ["approver"]})
    made.begin()
    made.journal("ben").append(EntryType.NOTE, said("I was here"))
    examined(made.at("ann"))
    return made


def removed(council: Council) -> None:
    for name in ("chains", "checkpoints"):
        shutil.rmtree(council.ledger / name, ignore_errors=True)


def removed_and_founded_anew(council: Council) -> None:
    removed(council)
    council.journal("ann").append(EntryType.NOTE, said("it was always so"))


def cut(council: Council) -> None:
    """Cut ben's chain, which nobody else has seen; no checkpoint covers it."""
    file = council.ledger / "chains" / "ben@ben-host.jsonl"
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])


def missed(council: Council) -> set[str]:
    """Return the chains that are named as gone, by everybody who says anything of the ledger."""
    ctx = council.at("ann")
    gone = {p.chain for p in verify_ledger(ctx).problems if "removed, cut" in p.why}
    assert ledger_state(ctx).is_ok is not bool(gone)
    assert was_there(ctx)
    return gone


@pytest.mark.parametrize(
    ("deed", "chains"),
    [(removed, CHAINS), (removed_and_founded_anew, CHAINS), (cut, {"ben@ben-host"})],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_ledger_that_was_verified_here_is_missed(
    council: Council, deed: Callable[[Council], None], chains: set[str]
) -> None:
    assert missed(council) == set()
    kept = (council.at("ann").paths.state / PROVEN).read_bytes()
    deed(council)
    for _ in range(2):  # what is kept of it is not overwritten by looking
        assert missed(council) == chains
        assert (council.at("ann").paths.state / PROVEN).read_bytes() == kept
    for name in council.roles:
        with pytest.raises(LedgerError, match="removed, cut or replaced"):
            Desk(council.at(name))


def test_a_policy_that_was_signed_never_becomes_one_that_nobody_signed(council: Council) -> None:
    assert {row.state for row in policy_files(council.at("ann"))} == {"in_force"}
    removed(council)
    assert {row.state for row in policy_files(council.at("ann"))} == {"unknown"}


def test_the_cache_remembers_what_the_state_directory_forgot(council: Council) -> None:
    ctx = council.at("ann")
    with ctx.store.writer() as tx:
        project_ledger(ctx, tx, council.clock.at)
    (ctx.paths.state / PROVEN).unlink()
    removed(council)
    assert missed(council) == CHAINS
    with pytest.raises(LedgerError, match="the cache has its entry"):
        Desk(council.at("ann"))
    with ctx.store.writer() as tx:
        project_ledger(ctx, tx, council.clock.at)
    assert missed(council) == CHAINS
    assert not (ctx.paths.state / PROVEN).exists()


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_who_removes_all_that_remembers_is_found_out_by_the_remote_and_by_colleagues(
    tmp_path: Path,
) -> None:
    roles = {"engineer": ["engineer"], "approver": ["approver"]}
    here, other = (Home(tmp_path / name, roles=roles) for name in ("here", "other"))
    found((here, other), tmp_path)
    here.sync("engineer")
    other.sync("approver")
    shutil.rmtree(here.ledger / "chains")
    sent = {p.chain for p in verify_ledger(here.context("engineer")).problems}
    assert sent == {"engineer@engineer-host"}
    shutil.rmtree(here.context("engineer").paths.state)
    assert verify_ledger(here.context("engineer")).is_ok  # nothing here remembers
    desk = Desk(here.context("engineer"))
    desk.change_policy("policy/roles.yaml")
    note(here, "engineer", "a new world")
    refused = here.sync("engineer")
    assert [(p.chain, p.entry) for p in refused.refused] == [("engineer@engineer-host", 0)]
    shutil.copytree(here.ledger / "chains", other.ledger / "chains", dirs_exist_ok=True)
    gone = {p.chain for p in verify_ledger(other.context("approver")).problems}
    assert "engineer@engineer-host" in gone
