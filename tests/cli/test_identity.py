"""People, roles, keys, policy and the ledger from the command line, in one home that grows."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from riskcockpit.decisions.roles import Deed
from support.cli import Ran, invoke
from support.ledgers import key_for

SCHEMAS = Path(__file__).resolve().parents[2] / "docs/schemas"


def document(ran: Ran, name: str, code: int = 0) -> dict[str, Any]:
    assert ran.code == code, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(found, json.loads((SCHEMAS / f"{name}.json").read_text("utf-8")))
    return found


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert invoke("init").code == 0
    return tmp_path / "home"


def edit(home: Path, before: str, after: str) -> None:
    file = home / "ledger" / "policy" / "roles.yaml"
    file.write_text(file.read_text().replace(before, after))


def states() -> dict[str, str]:
    files = document(invoke("policy", "status", "--json"), "policy")["files"]
    return {file["file"]: file["state"] for file in files}


def test_the_policy_is_signed_edited_named_and_restored(home: Path) -> None:
    me = document(invoke("whoami", "--json"), "whoami")
    assert me["roles"] == ["approver", "engineer", "risk_owner"]
    assert me["key_in_force"]
    assert set(states().values()) == {"unsigned"}
    signed = document(invoke("policy", "sign", "--yes", "--json"), "policy_change")["changes"]
    assert [change["state"] for change in signed] == ["granted", "granted"]
    assert set(states().values()) == {"in_force"}
    assert invoke("policy", "sign", "--yes").code == 2
    edit(home, "keys: 2", "keys: 1")
    assert states()["policy/roles.yaml"] == "edited"
    assert "+    keys: 1" in invoke("policy", "status").out
    refused = invoke("ledger", "verify", "--json")
    (problem,) = document(refused, "ledger_verification", code=4)["problems"]
    assert problem["chain"] == "policy/roles.yaml"
    path = document(invoke("policy", "restore", "policy/roles.yaml", "--json"), "policy_restored")
    assert "keys: 2" in Path(path["file"]).read_text()
    assert document(invoke("ledger", "verify", "--json"), "ledger_verification")["ok"]
    assert invoke("policy", "restore", "nothing").code == 2
    rulings = [
        document(invoke("roles", "explain", deed.value, "--json"), "roles_explain")["rulings"]
        for deed in Deed
    ]
    assert all(rulings)
    (critical, medium) = next(r for r in rulings if r[0]["action"] == "waive")
    assert (critical["keys"], medium["keys"], critical["approvers"]) == (2, 1, [])
    assert "waive-four-eyes" in invoke("roles", "explain", "waive", "--severity", "high").out
    assert document(invoke("roles", "show", "--json"), "roles")["digest"] == me["policy"]
    for words in (("roles", "show"), ("whoami",), ("keys", "list"), ("policy", "status")):
        assert invoke(*words).code == 0
    assert invoke("roles", "explain", "fly").code == 2


@pytest.mark.parametrize("is_signed", [False, True])
def test_what_lacks_its_policy_is_told_what_brings_it_back(home: Path, *, is_signed: bool) -> None:
    if is_signed:
        invoke("policy", "sign", "--yes")
    (home / "ledger/allowed_signers").unlink()
    way = "policy restore allowed_signers" if is_signed else "init"
    assert f"`riskcockpit {way}`" in invoke("policy", "status").out
    assert f"hint: `riskcockpit {way}`" in invoke("keys", "list").err
    invoke(*way.split())
    assert states()["allowed_signers"] == ("in_force" if is_signed else "unsigned")


def changes_nothing(home: Path, *command: str) -> str:
    """Return the title of a dry run: it writes no byte, nor does who cannot be asked."""
    (ledger,) = home.rglob("ledger")
    files = {file: file.read_bytes() for file in ledger.rglob("*") if file.is_file()}
    plan = document(invoke(*command, "--dry-run", "--json"), "preview")
    assert plan["blockers"] == []
    asked = invoke(*command)
    assert asked.code == 2
    assert "say --yes" in asked.err
    assert {file: file.read_bytes() for file in ledger.rglob("*") if file.is_file()} == files
    return str(plan["title"])


def test_keys_come_and_go_and_the_chain_goes_on(home: Path, tmp_path: Path) -> None:
    before = changes_nothing(home, "policy", "sign")
    assert "Sign policy/roles.yaml, allowed_signers" in before
    invoke("policy", "sign", "--yes")
    public = f"{key_for('second', tmp_path / 'keys')}.pub"
    who = document(invoke("whoami", "--json"), "whoami")["principal"]
    changes_nothing(home, "keys", "add", who, public, "--reason", "a new token")
    added = invoke("keys", "add", "--yes", who, public, "--reason", "a new token", "--json")
    assert document(added, "policy_change")["changes"][0]["state"] == "granted"
    assert invoke("keys", "add", "--yes", who, public, "--reason", "again").code == 2
    plan = invoke("keys", "add", "ann", public, "--reason", "new here", "--dry-run").out
    assert "none yet: `policy/roles.yaml`" in plan, "a key alone decides nothing"
    listed = document(invoke("keys", "list", "--json"), "keys")["keys"]
    assert [key["state"] for key in listed] == ["valid", "valid"]
    second = listed[1]["fingerprint"]
    assert invoke("keys", "revoke", "--yes", second, "--reason", "").code == 2
    changes_nothing(home, "keys", "revoke", second, "--reason", "lost")
    ended = invoke("keys", "revoke", "--yes", second, "--reason", "lost", "--at", "1s", "--json")
    document(ended, "policy_change")
    assert invoke("keys", "revoke", "--yes", "SHA256:none", "--reason", "x").code == 2
    entries = json.loads(invoke("ledger", "log", "--json").out)["entries"]
    assert {"key.added", "key.revoked"} <= {entry["type"] for entry in entries}
    chain = entries[0]["chain"]
    shown = document(invoke("ledger", "show", f"{chain}:0", "--json"), "ledger_entry")
    assert (shown["type"], shown["data"]["chain"], shown["problems"]) == ("genesis", chain, [])
    assert shown["hash"] in invoke("ledger", "show", shown["hash"][:8]).out
    assert invoke("ledger", "show", "ffff").code == 2
    invoke("ledger", "checkpoint")
    quick = invoke("ledger", "verify", "--checkpoints", "--json")
    assert document(quick, "ledger_verification")["checkpoints"]
    file = home / "ledger" / "chains" / f"{chain}.jsonl"
    with file.open("ab") as torn:
        torn.write(b"torn")
    (home / "ledger" / "objects" / ".half.part").write_text("x")
    done = document(invoke("ledger", "repair", "--json"), "ledger_repair")["done"]
    assert len(done) == 2
    assert invoke("ledger", "repair").out == "nothing to repair\n"
    assert invoke("ledger", "verify").code == 0


def test_the_ledger_travels_from_the_command_line(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = tmp_path / "there.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(remote)], check=True)
    assert invoke("ledger", "sync").code == 2
    invoke("policy", "sign", "--yes")
    sent = document(invoke("ledger", "sync", str(remote), "--json"), "ledger_sync")
    assert sent["chains"][0]["pushed"] >= 3
    assert invoke("ledger", "sync", str(remote)).code == 0

    monkeypatch.setenv("RISKCOCKPIT_HOME", str(tmp_path / "fresh"))
    stranger = invoke("ledger", "sync", str(remote))
    reasons, offered = stranger.out.split("  the remote names ", 1)
    assert "--accept" in offered
    found = document(invoke("ledger", "sync", str(remote), "--json"), "ledger_sync", code=4)
    assert len(found["refused"]) > 3 > len(reasons.splitlines()) - 1, "what is alike is one line"
    assert f"and {len(found['refused']) - 2} more" in reasons
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(home))

    chain = next((home / "ledger" / "chains").iterdir())
    whole = chain.read_bytes()
    chain.write_bytes(whole.replace(b"roles.yaml", b"roles.yamm", 1))
    refused = invoke("ledger", "sync", str(remote), "--json")
    assert document(refused, "ledger_sync", code=4)["refused"][0]["entry"] == 1
    assert "REFUSED" in invoke("ledger", "sync", str(remote)).out


def test_production_is_unlocked_by_its_name_for_a_time(home: Path) -> None:
    settings = home / "config" / "riskcockpit.yaml"
    text = settings.read_text().replace("name: local ", "name: bank ")
    settings.write_text(text.replace("production: false", "production: true"))
    refused = invoke("policy", "sign", "--yes")
    assert refused.code == 5
    assert "rule: production-locked" in refused.err
    assert document(invoke("whoami", "--json"), "whoami")["unlocked_until"] is None
    for wrong in (("unlock", "local"), ("unlock", "bank", "--for", "9h")):
        assert invoke(*wrong).code == 2
    until = document(invoke("unlock", "bank", "--for", "10m", "--json"), "lock")["unlocked_until"]
    assert document(invoke("whoami", "--json"), "whoami")["unlocked_until"] == until
    assert invoke("policy", "sign", "--yes").code == 0
    assert document(invoke("lock", "--json"), "lock")["unlocked_until"] is None
    edit(home, "keys: 2", "keys: 3")
    assert invoke("policy", "sign", "--yes").code == 5


def test_a_second_home_joins_a_shared_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        monkeypatch.setenv("RISKCOCKPIT_HOME", str(tmp_path / name))
        made = invoke("init", "--shared", str(tmp_path / "ledger"))
        assert made.code == 0, made.err
        assert ("riskcockpit keys add" in made.out) is (name == "two")
        assert f"shared by a group; {tmp_path}" not in invoke("doctor").out
    assert (tmp_path / "ledger" / "allowed_signers").stat().st_mode & 0o777 == 0o660
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(tmp_path / "one"))
    assert invoke("policy", "sign", "--yes").code == 0
    assert len(list((tmp_path / "ledger" / "chains").iterdir())) == 1
    (tmp_path / "ledger" / "chains").chmod(0o777)
    assert "ledger/chains has mode 777, not 3770" in invoke("doctor").out
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(tmp_path / "three"))
    private = tmp_path / "private"
    private.mkdir()
    (private / "x").write_text("")
    assert "is there and is not shared" in invoke("init", "--shared", str(private)).err
