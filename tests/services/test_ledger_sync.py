"""The ledger through git: two homes, one bare repository, and what a remote may not do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from threading import Thread

import pytest

from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import InputError, LedgerError, SourceError
from riskcockpit.ledger.journal import Journal
from riskcockpit.services.answers import approve
from riskcockpit.services.desk import Desk
from riskcockpit.services.ledger_sync import sync_ledger
from riskcockpit.services.policy_files import sign_policy
from riskcockpit.services.verify import verify_ledger
from support.clones import Home, found, hashes, note
from support.git import git
from support.ledgers import key_for, said, signer_line
from support.quick_signer import QuickSigner

ROLES = {"engineer": ["engineer"], "approver": ["approver"]}
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def homes(tmp_path: Path) -> tuple[Home, Home]:
    """Two homes of one bank with the same people, each with one of them, and a bare repository."""
    pair = (Home(tmp_path / "here", roles=ROLES), Home(tmp_path / "other", roles=ROLES))
    found(pair, tmp_path)
    return pair


def rewritten(home: Home, change: str) -> None:
    """Change the remote's branch by force, as its owner could."""
    place = home.root.parent / "work"
    shutil.rmtree(place, ignore_errors=True)
    git(home.root.parent, "clone", "--quiet", "--branch", "main", "there.git", "work")
    subprocess.run(["sh", "-c", change], cwd=place, check=True)
    git(place, "add", "-A")
    git(place, "commit", "--quiet", "-m", "rewritten")
    git(place, "push", "--quiet", "--force", "origin", "HEAD:refs/heads/main")


def test_what_one_signs_the_other_has_and_both_verify(homes: tuple[Home, Home]) -> None:
    here, other = homes
    first = note(here, "engineer")
    sent = here.sync("engineer")
    assert [(m.chain, m.pulled, m.pushed) for m in sent.chains] == [
        ("engineer@engineer-host", 0, 4)
    ]
    came = other.sync("approver")
    assert [(m.chain, m.pulled, m.pushed) for m in came.chains] == [
        ("engineer@engineer-host", 4, 0)
    ]
    second = note(other, "approver")
    other.journal("approver").checkpoint()
    other.sync("approver")
    assert here.sync("engineer").is_ok
    assert {first, second} <= hashes(here) == hashes(other)
    for home in homes:
        assert verify_ledger(home.context("engineer")).problems == ()
    assert here.sync("engineer").chains == ()
    assert git(here.root.parent / "there.git", "rev-list", "--count", "main").strip() == "2"


def test_two_homes_that_push_at_once_keep_every_entry(homes: tuple[Home, Home]) -> None:
    here, other = homes
    here.sync("engineer")
    other.sync("approver")
    told: dict[str, list[str]] = {"engineer": [], "approver": []}
    failures: list[BaseException] = []

    def work(home: Home, name: str) -> None:
        try:
            for number in range(50):
                told[name].append(note(home, name, f"{number}"))
                if number % 10 == 9:
                    assert home.sync(name).is_ok
        except BaseException as error:  # noqa: BLE001 - told by the test
            failures.append(error)

    threads = [Thread(target=work, args=pair) for pair in ((here, "engineer"), (other, "approver"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=240)
    assert failures == []
    here.sync("engineer")
    other.sync("approver")
    assert len(told["engineer"]) == len(told["approver"]) == 50
    assert {*told["engineer"], *told["approver"]} <= hashes(here) == hashes(other)
    for home in homes:
        assert verify_ledger(home.context("engineer")).problems == ()


@pytest.mark.parametrize(
    ("change", "entry", "why"),
    [
        ("f=chains/approver*; head -n 2 $f > x; mv x $f", 2, "lost entries: it has 2, it had 3"),
        ("rm chains/approver*", None, "lost the whole chain"),
        ("sed -i s/seen/done/ chains/approver*", None, "rewrote what it had"),
        (
            "git checkout --quiet HEAD~1 -- . && rm -f chains/approver*",
            None,
            "lost the whole chain",
        ),
    ],
)
def test_a_remote_that_lost_or_rewrote_is_named_and_nothing_is_taken(
    homes: tuple[Home, Home], change: str, entry: int | None, why: str
) -> None:
    here, other = homes
    here.sync("engineer")
    other.sync("approver")
    note(other, "approver")
    note(other, "approver")
    other.sync("approver")
    here.sync("engineer")
    before = hashes(here)
    rewritten(here, change)
    note(here, "engineer")
    refused = here.sync("engineer")
    assert not refused.is_ok
    assert [(p.chain, p.entry) for p in refused.refused] == [("approver@approver-host", entry)]
    assert why in refused.refused[0].why
    assert before < hashes(here)
    assert "rewritten" in git(here.root.parent / "there.git", "log", "-1", "--format=%s", "main")


def test_a_remote_that_lost_entries_is_mended_as_the_hint_says(homes: tuple[Home, Home]) -> None:
    here, _ = homes
    note(here, "engineer")
    here.sync("engineer")
    rewritten(here, "rm chains/*")
    hint = here.sync("engineer").hint
    place = hint.partition("copy the chain from ")[2].partition(" over ")[0]
    assert place == f"{here.ledger}/chains"
    rewritten(here, f"mkdir -p chains && cp {place}/*.jsonl chains/")
    assert here.sync("engineer").is_ok


def test_bytes_without_a_newline_on_the_remote_stop_nobody(homes: tuple[Home, Home]) -> None:
    """They are no entry: they are told of and left out, whoever's chain they stand behind."""
    here, other = homes
    here.sync("engineer")
    other.sync("approver")
    note(other, "approver")
    other.sync("approver")
    good = (other.ledger / "chains" / "approver@approver-host.jsonl").read_bytes()
    rewritten(here, "printf %08d 0 | tee -a chains/approver* > chains/new@host.jsonl")
    waits = note(here, "engineer", "unsent")
    came = here.sync("engineer")
    assert (came.is_ok, came.refused) == (True, ())
    told = [line for line in came.notes if "no entry" in line]
    assert [line.split(" there ")[0] for line in told] == [
        "8 bytes behind approver@approver-host", "8 bytes behind new@host",
    ]  # fmt: skip
    assert [(each.chain, each.pushed) for each in came.chains][-1] == ("engineer@engineer-host", 1)
    assert (here.ledger / "chains" / "approver@approver-host.jsonl").read_bytes() == good
    note(other, "approver", "and on")
    assert other.sync("approver").is_ok
    assert here.sync("engineer").is_ok
    assert waits in hashes(here) == hashes(other)
    assert verify_ledger(here.context("engineer")).problems == ()


def test_who_syncs_before_the_policy_was_signed_is_told_and_so_are_the_others(
    tmp_path: Path,
) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "there.git")
    here, other = (Home(tmp_path / name, roles={name: ["engineer"]}) for name in ("ann", "ben"))
    here.hire()
    other.hire()
    note(here, "ann")
    assert any("`riskcockpit policy sign`" in line for line in here.sync("ann").notes)
    refused = other.sync("ben")
    assert not refused.is_ok
    assert "`riskcockpit policy sign`" in refused.hint
    rewritten(here, "echo garbage | tee -a chains/ann*")
    assert "`git revert` their commit" in here.sync("ann").hint
    rewritten(here, "sed -i '$d' chains/ann*")
    desk = Desk(here.context("ann"))
    desk.change_policy("policy/roles.yaml")
    desk.change_policy("allowed_signers")
    assert not any("policy sign" in line for line in here.sync("ann").notes)
    refused = other.sync("ben")
    assert [key.split()[0] for key in refused.offered] == ["ann"]
    assert refused.accept


def test_a_chain_that_parted_is_named_with_its_entry(homes: tuple[Home, Home]) -> None:
    here, other = homes
    here.sync("engineer")
    other.sync("approver")
    shutil.copytree(other.ledger, other.root / "backup")
    note(other, "approver", "one")
    other.sync("approver")
    shutil.rmtree(other.ledger)
    shutil.copytree(other.root / "backup", other.ledger)  # an old backup, and on it goes
    note(other, "approver", "another")
    refused = other.sync("approver")
    assert [(p.chain, p.entry) for p in refused.refused] == [("approver@approver-host", 0)]
    assert "another entry here" in refused.refused[0].why


def test_entries_of_a_stranger_are_not_taken_however_the_remote_vouches(
    homes: tuple[Home, Home],
) -> None:
    here, other = homes
    here.sync("engineer")
    thief = key_for("thief", other.root / "keys")
    with (other.ledger / "allowed_signers").open("a") as file:
        file.write(signer_line("mallory", thief))
    other.roles = {**ROLES, "mallory": ["approver"]}
    evil = QuickSigner.open(thief, other.ledger / "allowed_signers", "mallory")
    for path in ("chains", "objects"):
        shutil.copytree(here.ledger / path, other.ledger / path, dirs_exist_ok=True)
    Journal(other.ledger, other.clock, evil, "x").append(EntryType.NOTE, said("trust me"))
    rewritten(here, f"cp -r '{other.ledger}'/chains '{other.ledger}'/allowed_signers .")
    refused = here.sync("engineer")
    assert not refused.is_ok
    assert {problem.chain for problem in refused.refused} == {"mallory@x"}
    assert any(key.startswith("mallory SHA256:") for key in refused.offered)
    assert not (here.ledger / "chains" / "mallory@x.jsonl").exists()
    assert "mallory" not in (here.ledger / "allowed_signers").read_text()
    with pytest.raises(InputError, match="has a signed policy"):
        here.sync("engineer", accept=refused.accept)


def test_a_new_home_takes_the_keys_only_when_somebody_compared_them(
    homes: tuple[Home, Home], tmp_path: Path
) -> None:
    here, _ = homes
    here.sync("engineer")
    fresh = Home(tmp_path / "fresh", roles={"newcomer": ["engineer"]})
    fresh.hire()
    refused = fresh.sync("newcomer")
    assert not refused.is_ok
    assert {key.split()[0] for key in refused.offered} == set(ROLES)
    with pytest.raises(InputError, match="not 0000"):
        fresh.sync("newcomer", accept="0" * 16)
    done = fresh.sync("newcomer", accept=refused.accept)
    assert done.is_ok
    taken = {text.split()[0] for text in done.policy}
    assert taken == {"allowed_signers", "policy/roles.yaml"}
    assert "approver" in (fresh.ledger / "allowed_signers").read_text()
    assert hashes(fresh) == hashes(here)


def test_a_home_without_a_folder_for_the_policy_takes_it_and_can_begin_again(
    homes: tuple[Home, Home], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = homes
    here.sync("engineer")
    fresh = Home(tmp_path / "fresh", roles={"engineer": ["engineer"]})
    key_for("engineer", fresh.root / "keys")
    offered = fresh.sync("engineer")
    assert (offered.is_ok, fresh.ledger.exists()) == (False, False)

    def full(*_: object) -> None:
        raise LedgerError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr("riskcockpit.services.ledger_sync.take", full)
        with pytest.raises(LedgerError):
            fresh.sync("engineer", accept=offered.accept)
    assert fresh.sync("engineer", accept=offered.accept).is_ok
    assert hashes(fresh) == hashes(here)
    assert verify_ledger(fresh.context("engineer")).problems == ()
    shutil.rmtree(fresh.ledger / "policy")  # as an older version left it
    again = fresh.sync("engineer", accept=offered.accept)
    assert (again.is_ok, verify_ledger(fresh.context("engineer")).problems) == (True, ())
    with pytest.raises(InputError, match="has a signed policy"):
        fresh.sync("engineer", accept=offered.accept)


def test_a_change_of_the_policy_comes_into_force_by_its_signatures(
    homes: tuple[Home, Home],
) -> None:
    here, other = homes
    here.sync("engineer")
    other.sync("approver")
    newcomer = key_for("newcomer", here.root / "keys")
    with (here.ledger / "allowed_signers").open("a") as file:
        file.write(signer_line("newcomer", newcomer))
    desk = Desk(here.context("engineer"))
    change = desk.change_policy("allowed_signers")
    assert change is not None
    here.sync("engineer")
    other.sync("approver")
    assert "newcomer" not in (other.ledger / "allowed_signers").read_text()  # one key is not two
    assert "is the version" in approve(other.context("approver"), change.hash).message
    other.sync("approver")
    came = here.sync("engineer")
    assert came.is_ok
    third = other.sync("approver")
    assert third.is_ok
    for home in homes:
        assert "newcomer" in (home.ledger / "allowed_signers").read_text()
        assert verify_ledger(home.context("engineer")).problems == ()


@pytest.mark.parametrize(
    "remote",
    ["ext::sh -c touch% owned", "-u./evil", "", "a\x1b[31m", "fd::3"],
)
def test_a_remote_that_could_act_is_no_remote(homes: tuple[Home, Home], remote: str) -> None:
    ctx = homes[0].at("engineer")
    with pytest.raises(InputError):
        sync_ledger(ctx, remote)


def test_a_remote_that_is_not_there_is_told_and_changes_nothing(homes: tuple[Home, Home]) -> None:
    here, _ = homes
    before = hashes(here)
    with pytest.raises(SourceError, match=r"cannot fetch .*not appear to be"):
        sync_ledger(here.context("engineer"), str(here.root / "nowhere.git"))
    assert hashes(here) == before


def test_files_that_are_none_of_a_ledger_stay_where_they_are(homes: tuple[Home, Home]) -> None:
    here, other = homes
    here.sync("engineer")
    hook = "mkdir -p hooks .git-evil 'chains/sub'; echo hi > README.md; echo x > chains/sub/y"
    rewritten(here, f"{hook}; ln -s /etc/passwd 'chains/evil@x.jsonl'; echo z > 'chains/no chain'")
    done = here.sync("engineer")
    assert done.is_ok
    assert "3 files there are none of a ledger" in done.notes
    assert sorted(p.name for p in (here.ledger / "chains").iterdir()) == [
        "engineer@engineer-host.jsonl"
    ]
    assert other.sync("approver").is_ok


def test_signing_the_policy_needs_no_remote(homes: tuple[Home, Home]) -> None:
    with pytest.raises(InputError, match="nothing to sign"):
        sign_policy(homes[0].context("engineer"))
