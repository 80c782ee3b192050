"""docs/ledger-format.md is enough: its commands run, and a reader made from it alone agrees."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.objects import Objects
from riskcockpit.ledger.verify import verify
from support.ledgers import Ledger, said

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "ledger-format.md"
HOSTILE = 'é ,"h":"' + "0" * 64 + '","sig":"x"} \\n \u2028 \x1b[31m \x7f \ud7ff "}'


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A ledger as in the document: three entries, a checkpoint, an object, another writer."""
    made = Ledger(tmp_path / "ledger")
    journal = made.journal()
    digest = Objects(made.directory).put(b"what was in force")
    made.journal("approver", "bastion-2").append(EntryType.NOTE, said("first"))
    journal.append(
        EntryType.POLICY_CHANGED, {"file": "x", "before": "", "after": digest, "objects": [digest]}
    )
    journal.append(EntryType.NOTE, {"subject": "x", "text": HOSTILE, "n": -(2**53) + 1})
    journal.checkpoint()
    return made


def run_commands(ledger: Ledger, number: int, flags: str) -> subprocess.CompletedProcess[str]:
    """Run the commands of section 7 for the entry on line `number`."""
    script = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)[0]
    return subprocess.run(
        ["bash", flags, "-c", script.replace("N=2", f"N={number}")],
        cwd=ledger.directory.parent,
        capture_output=True,
        text=True,
        check=False,
    )


needs_sha256sum = pytest.mark.skipif(not shutil.which("sha256sum"), reason="needs sha256sum")


@needs_sha256sum
@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_auditors_commands_run_with_stock_tools(ledger: Ledger, number: int) -> None:
    ran = run_commands(ledger, number, "-eu")
    assert ran.returncode == 0, ran.stderr
    for word in ("PREFIX-OK", "HASH-OK", "OBJECTS-OK"):
        assert word in ran.stdout
    assert "CHANGED" not in ran.stdout
    assert ran.stdout.count('Good "riskcockpit-') == 2


@needs_sha256sum
def test_the_auditors_commands_find_a_changed_byte(ledger: Ledger) -> None:
    chain = ledger.chain()
    chain.write_bytes(chain.read_bytes().replace(b'"file":"x"', b'"file":"y"'))
    ran = run_commands(ledger, 2, "-u")
    assert "PREFIX-OK" not in ran.stdout
    assert "HASH-OK" not in ran.stdout
    assert ran.stdout.count('Good "riskcockpit-') == 1  # the checkpoint's own signature


def test_every_entry_type_is_in_the_document() -> None:
    text = DOCUMENT.read_text("utf-8")
    table = text[text.index("## 4.") : text.index("## 5.")]
    missing = [type_.value for type_ in EntryType if f"`{type_.value}`" not in table]
    assert missing == []


# --- a second reader, written from the document alone; it shares no code with the product ---------


def tokens(text: str) -> Iterator[str]:
    """Cut canonical JSON into tokens; anything that is not canonical fails."""
    escapes = r'\\["\\btnfr]|\\u00(?:0[0-7be-f]|1[0-9a-f])'
    string = rf'"(?:[^"\\\x00-\x1f]|{escapes})*"'
    pattern = re.compile(rf"{string}|-?[1-9][0-9]*|0|true|false|null|[{{}}\[\],:]")
    at = 0
    while at < len(text):
        match = pattern.match(text, at)
        assert match, f"not canonical at {at}: {text[at : at + 20]!r}"
        yield match[0]
        at = match.end()


def unquote(token: str) -> str:
    short = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}
    out = re.sub(
        r"\\(u00[0-9a-f]{2}|.)",
        lambda m: chr(int(m[1][1:], 16)) if m[1][0] == "u" else short[m[1]],
        token[1:-1],
    )
    out.encode("utf-8")  # a lone surrogate fails
    return out


def value(stream: list[str]) -> object:
    """Read one value off the front of `stream`."""
    token = stream.pop(0)
    if token == "{":
        return read_object(stream)
    if token == "[":
        return read_list(stream)
    if token.startswith('"'):
        return unquote(token)
    words = {"true": True, "false": False, "null": None}
    if token in words:
        return words[token]
    assert abs(int(token)) < 2**53
    return int(token)


def read_object(stream: list[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    while stream[0] != "}":
        assert not found or stream.pop(0) == ","
        key = unquote(stream.pop(0))
        assert key.isascii()
        assert not found or key > max(found), "keys ascend and differ"
        assert stream.pop(0) == ":"
        found[key] = value(stream)
    stream.pop(0)
    return found


def read_list(stream: list[str]) -> list[object]:
    items: list[object] = []
    while stream[0] != "]":
        assert not items or stream.pop(0) == ","
        items.append(value(stream))
    stream.pop(0)
    return items


def string(text: bytes) -> bytes:
    return len(text).to_bytes(4, "big") + text


def check_sshsig(message: bytes, armor: str, namespace: bytes, keys: list[bytes]) -> None:
    """Check one Ed25519 SSHSIG by PROTOCOL.sshsig."""
    lines = armor.split("\n")
    assert (lines[0], lines[-2:]) == (
        "-----BEGIN SSH SIGNATURE-----",
        ["-----END SSH SIGNATURE-----", ""],
    )
    assert all(len(line) == 70 for line in lines[1:-3])
    blob = base64.b64decode("".join(lines[1:-2]), validate=True)
    assert blob[:10] == b"SSHSIG\x00\x00\x00\x01"
    rest, parts = blob[10:], []
    while rest:
        size = int.from_bytes(rest[:4], "big")
        parts.append(rest[4 : 4 + size])
        rest = rest[4 + size :]
    key, space, reserved, name, signature = parts
    assert (space, reserved) == (namespace, b"")
    assert key in keys
    digest = hashlib.new(name.decode(), message).digest()
    signed = b"SSHSIG" + string(namespace) + string(b"") + string(name) + string(digest)
    raw = signature[len(string(b"ssh-ed25519")) + 4 :]
    line = b"ssh-ed25519 " + base64.b64encode(key)
    load_ssh_public_key(line).verify(raw, signed)  # type: ignore[call-arg] # Ed25519


BODY_KEYS = ["actor", "data", "key_fp", "prev", "seen", "seq", "ts", "type", "v"]


def read_ledger(directory: Path) -> dict[str, list[dict[str, object]]]:
    """Read and check a whole ledger of keys without dates; an assertion fails on any fault."""
    keys: dict[str, list[bytes]] = {}
    for line in (directory / "allowed_signers").read_text().splitlines():
        who, *_, blob = line.split()
        keys.setdefault(who, []).append(base64.b64decode(blob))
    chains: dict[str, list[dict[str, object]]] = {}
    for file in (directory / "chains").iterdir():
        lines = file.read_bytes().decode("utf-8").split("\n")
        assert lines.pop() == ""
        chains[file.stem] = []
        for number, line in enumerate(lines):
            stream = list(tokens(line))
            entry = value(stream)
            assert isinstance(entry, dict)
            assert list(entry) == ["body", "h", "sig"]
            body = entry["body"]
            raw = line[len('{"body":') : line.rindex(',"h":"')].encode()
            assert list(body) == BODY_KEYS
            assert body["v"] == 1
            assert body["seq"] == number
            before = chains[file.stem][-1]["h"] if number else "0" * 64
            assert body["prev"] == before
            assert (body["type"] == "genesis") == (number == 0)
            assert hashlib.sha256(raw).hexdigest() == entry["h"]
            actor = file.stem.rpartition("@")[0]
            assert body["actor"] == actor
            check_sshsig(raw, entry["sig"], b"riskcockpit-evidence", keys[actor])
            chains[file.stem].append(entry)
    known = {name: {entry["h"] for entry in entries} for name, entries in chains.items()}
    for entries in chains.values():
        for entry in entries:
            assert isinstance(entry["body"], dict)
            assert all(head in known[name] for name, head in entry["body"]["seen"].items())
    for file in (directory / "checkpoints").glob("*/*.cp"):
        origin, count, size, digest, end = file.read_text().split("\n")
        assert (end, origin) == ("", f"riskcockpit.ledger/1 {file.parent.name}")
        armor = file.with_name(f"{file.name}.sig").read_text()
        actor = file.parent.name.rpartition("@")[0]
        check_sshsig(file.read_bytes(), armor, b"riskcockpit-checkpoint", keys[actor])
        prefix = (directory / "chains" / f"{file.parent.name}.jsonl").read_bytes()[: int(size)]
        assert hashlib.sha256(prefix).hexdigest() == digest
        assert prefix.count(b"\n") == int(count)
    return chains


def test_a_second_reader_made_from_the_document_agrees(ledger: Ledger) -> None:
    chains = read_ledger(ledger.directory)
    ours = ledger.journal().entries()
    assert {name: [e["h"] for e in entries] for name, entries in chains.items()} == {
        name: [e.hash for e in ours if e.chain == name] for name in chains
    }
    last = chains["engineer@bastion"][-1]["body"]
    assert isinstance(last, dict)
    assert last["data"]["text"] == HOSTILE
    assert verify(ledger.directory, ledger.clock.now()).is_ok


@pytest.mark.parametrize("seed", range(12))
def test_both_readers_refuse_what_was_changed(ledger: Ledger, seed: int) -> None:
    chain = ledger.chain()
    content = bytearray(chain.read_bytes())
    content[seed * 7919 % len(content)] ^= 1
    chain.write_bytes(content)
    with pytest.raises((AssertionError, InvalidSignature, ValueError, KeyError, IndexError)):
        read_ledger(ledger.directory)
    assert not verify(ledger.directory, ledger.clock.now()).is_ok
