"""Keys and signers: what ssh-keygen does for us, what we refuse, and that both verifiers agree."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import LedgerError
from riskcockpit.ledger.agent import NoAgentError, held_keys
from riskcockpit.ledger.armor import CHECKPOINT, EVIDENCE, read_signature
from riskcockpit.ledger.signers import parse_signers, read_public_key
from riskcockpit.ledger.signing import Signer, make_key, prove
from riskcockpit.ledger.verify import verify
from riskcockpit.ledger.wire import BadSignatureError, join_wire
from support.ledgers import START, Ledger, key_for, said, signer_line
from support.quick_signer import QuickSigner, armor

MESSAGE = b'{"a":"\xc3\xa9"}'


def keygen(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["ssh-keygen", *arguments], input=stdin, capture_output=True, check=False)


def signer_with(tmp_path: Path, key: Path, options: str = "") -> Signer:
    file = tmp_path / "signers"
    file.write_text(signer_line("engineer", key, options))
    return Signer.open(key, file)


def test_a_made_key_is_ours_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key"
    make_key(path, "engineer@bastion")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kind, _, comment = path.with_name("key.pub").read_text().split()
    assert (kind, comment) == ("ssh-ed25519", "engineer@bastion")
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="there is a key already"):
        make_key(path, "again")
    assert path.read_bytes() == before


def test_the_fingerprint_is_the_one_ssh_keygen_shows(tmp_path: Path) -> None:
    key = key_for("engineer", tmp_path)
    shown = keygen("-l", "-f", str(key)).stdout.decode().split()[1]
    assert signer_with(tmp_path, key).fingerprint == shown


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa", "ecdsa-384", "ecdsa-521"])
def test_python_and_ssh_keygen_agree_on_every_kind_of_key(tmp_path: Path, kind: str) -> None:
    key = tmp_path / "key"
    type_, _, bits = kind.partition("-")
    bits = bits or {"rsa": "2048"}.get(type_, "256")
    keygen("-q", "-t", type_, "-b", bits, "-N", "", "-f", str(key))
    signer = signer_with(tmp_path, key)
    armored = signer.sign(MESSAGE)
    sig = tmp_path / "sig"
    for content, text, namespace in (
        (MESSAGE, armored, EVIDENCE),
        (MESSAGE + b" ", armored, EVIDENCE),
        (MESSAGE, armored, CHECKPOINT),
        (MESSAGE, armored.replace("A", "B", 3), EVIDENCE),
        (MESSAGE, "", EVIDENCE),
    ):
        sig.write_text(text)
        theirs = keygen(
            "-Y", "verify", "-f", str(tmp_path / "signers"), "-I", "engineer", "-n", namespace,
            "-s", str(sig), stdin=content,
        ).returncode == 0  # fmt: skip
        assert _holds(content, text, namespace) is theirs


def _holds(content: bytes, armored: str, namespace: str) -> bool:
    try:
        prove(content, armored, namespace)
    except BadSignatureError:
        return False
    return True


def hardware_signature(
    message: bytes, *, application: bytes = b"ssh:", flags: int = 1
) -> tuple[str, str]:
    """Return (public key, armour) as a FIDO key would make them: PROTOCOL.u2f, in software."""
    private = Ed25519PrivateKey.generate()
    point = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    name = b"sk-ssh-ed25519@openssh.com"
    public = join_wire(name, point, application)
    digest = hashlib.sha512(message).digest()
    signed = b"SSHSIG" + join_wire(EVIDENCE.encode(), b"", b"sha512", digest)
    tail = bytes([flags]) + (7).to_bytes(4, "big")
    asked = hashlib.sha256(application).digest() + tail + hashlib.sha256(signed).digest()
    raw = join_wire(name, private.sign(asked)) + tail
    line = f"{name.decode()} {base64.b64encode(public).decode()}"
    return line, armor(public, EVIDENCE.encode(), raw)


@pytest.mark.parametrize("flags", [0, 1, 5])
def test_signatures_of_hardware_keys_are_judged_as_ssh_keygen_does(
    tmp_path: Path, flags: int
) -> None:
    line, text = hardware_signature(MESSAGE, flags=flags)
    signers, sig = tmp_path / "signers", tmp_path / "sig"
    signers.write_text(f"engineer {line}\n")
    for content, armored in (
        (MESSAGE, text), (MESSAGE + b" ", text), (MESSAGE, text.replace("AAAA", "AAAB", 1)),
    ):  # fmt: skip
        sig.write_text(armored)
        theirs = keygen(
            "-Y", "verify", "-f", str(signers), "-I", "engineer", "-n", EVIDENCE,
            "-s", str(sig), stdin=content,
        ).returncode == 0  # fmt: skip
        assert _holds(content, armored, EVIDENCE) is theirs
    assert _holds(MESSAGE, text, EVIDENCE)  # ssh-keygen asks for no touch, so we cannot either


def test_signing_in_process_makes_the_bytes_that_ssh_keygen_makes(tmp_path: Path) -> None:
    key = key_for("engineer", tmp_path)
    signers = tmp_path / "signers"
    quick = signer_with(tmp_path, key).sign(MESSAGE)
    assert QuickSigner.open(key, signers).sign(MESSAGE) == quick


def test_a_key_of_a_type_nobody_knows_here_is_left_to_ssh_keygen(tmp_path: Path) -> None:
    key = key_for("engineer", tmp_path)
    good = signer_with(tmp_path, key).sign(MESSAGE)
    blob = read_signature(good).key.replace(b"ssh-ed25519", b"ssh-ed99999")
    strange = armor(blob, EVIDENCE.encode(), join_wire(b"ssh-ed99999", b"x" * 64))
    with pytest.raises(BadSignatureError, match="does not fit"):
        prove(MESSAGE, strange, EVIDENCE)


def test_a_locked_key_is_refused_at_once_with_its_reason(tmp_path: Path) -> None:
    key = tmp_path / "key"
    keygen("-q", "-t", "ed25519", "-N", "a phrase", "-f", str(key))
    started = time.monotonic()
    with pytest.raises(LedgerError, match="cannot sign with") as caught:
        signer_with(tmp_path, key).sign(MESSAGE)
    assert time.monotonic() - started < 10
    assert caught.value.hint


def test_a_key_open_to_others_is_refused_with_its_reason(tmp_path: Path) -> None:
    key = key_for("engineer", tmp_path)
    key.chmod(0o644)
    with pytest.raises(LedgerError, match="too open"):
        signer_with(tmp_path, key).sign(MESSAGE)


def test_a_public_half_that_belongs_to_another_key_is_noticed(tmp_path: Path) -> None:
    key, other = key_for("engineer", tmp_path), key_for("approver", tmp_path)
    signer = signer_with(tmp_path, other)
    with pytest.raises(LedgerError):
        Signer(signer.principal, key, signer.public_key, signer.allowed).sign(MESSAGE)


def test_no_key_and_unknown_keys_say_what_to_do(tmp_path: Path) -> None:
    key = key_for("engineer", tmp_path)
    with pytest.raises(LedgerError, match="no signing key") as caught:
        Signer.open(tmp_path / "nothing", tmp_path / "signers")
    assert caught.value.hint == "`riskcockpit init` makes one"
    with pytest.raises(LedgerError, match="does not name anybody"):
        Signer.open(key, tmp_path / "signers")
    (tmp_path / "signers").write_text(signer_line("a", key, "") + signer_line("b", key, ""))
    with pytest.raises(LedgerError, match="several principals: a, b"):
        Signer.open(key, tmp_path / "signers")
    assert Signer.open(key, tmp_path / "signers", "b").principal == "b"
    with pytest.raises(LedgerError, match="does not name c"):
        Signer.open(key, tmp_path / "signers", "c")


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if shutil.which("ssh-agent") is None:
        pytest.skip("ssh-agent is not installed")
    place = tmp_path / "s"
    process = subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(place)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            if place.exists():
                break
            time.sleep(0.02)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(place))
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.mark.usefixtures("agent")
def test_an_agent_signs_and_the_private_key_need_not_be_here(tmp_path: Path) -> None:
    key = key_for("engineer", tmp_path)
    subprocess.run(["ssh-add", "-q", str(key)], check=True, env=dict(os.environ))
    by_file = signer_with(tmp_path, key).sign(MESSAGE)
    key.unlink()
    public = tmp_path / "engineer.pub"
    signers = tmp_path / "signers"
    by_agent = Signer.open(public, signers).sign(MESSAGE)
    assert by_agent == by_file
    assert Signer.open(public, signers).why_not() == ""
    subprocess.run(["ssh-add", "-q", "-D"], check=True, env=dict(os.environ))
    with pytest.raises(LedgerError, match="cannot sign"):
        Signer.open(public, signers).sign(MESSAGE)
    assert "does not hold" in Signer.open(public, signers).why_not()


def test_a_key_that_no_agent_holds_is_named_without_signing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = key_for("engineer", tmp_path)
    signer = signer_with(tmp_path, key)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    assert signer.why_not() == "", "the private key is here"
    public = replace(signer, key=tmp_path / "engineer.pub")
    assert public.why_not() == "", "ssh-keygen takes the private key beside it"
    public.sign(MESSAGE)
    key.unlink()
    assert "SSH_AUTH_SOCK is not set" in public.why_not()
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "nobody"))
    assert "cannot be asked" in public.why_not()


@pytest.mark.parametrize(
    "answer",
    [b"", b"\x00\x00\x00\x01\x05", b"\x00\x00\x00\x09\x0c\x00\x00\x00\x01\xff\xff\xff\xff",
     b"\xff\xff\xff\xff\x0c"],
)  # fmt: skip
def test_an_agent_that_answers_nonsense_holds_nothing_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "s"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()

        def serve() -> None:
            with server.accept()[0] as client:
                client.recv(5)
                client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(NoAgentError, match="ssh-agent"):
            held_keys()
        thread.join()


GOOD = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF+bY/4u4i4gJ/xQWTYBumkfwrx3u1l7TPMd1Wn0wTe3"


@pytest.mark.parametrize(
    "line",
    [
        f"* {GOOD}",
        f"*@bank {GOOD}",
        f"eng?neer {GOOD}",
        f"!engineer {GOOD}",
        f"engineer,* {GOOD}",
        f'"engineer" {GOOD}',
        f"engineer cert-authority {GOOD}",
        f'engineer namespaces="*" {GOOD}',
        f'engineer namespaces="" {GOOD}',
        f'engineer valid-after="20260101" {GOOD}',
        f'engineer valid-after="2026-01-01Z" {GOOD}',
        f'engineer valid-before="20261301Z" {GOOD}',
        f'engineer namespaces="a",namespaces="b" {GOOD}',
        f'engineer nonsense="a" {GOOD}',
        "engineer ssh-ed25519",
        "engineer ssh-ed25519 !!!!",
        f"engineer {GOOD.replace('ssh-ed25519', 'ssh-rsa')}",
        GOOD,
    ],
)
def test_a_line_that_could_mean_more_than_it_says_is_not_used(line: str) -> None:
    signers = parse_signers(f"# a comment\n\n{line}\n")
    assert signers.keys == ()
    assert signers.faults[0].startswith("line 3: ")


def test_options_limit_what_for_and_when() -> None:
    text = f'a,b namespaces="x,y",valid-after="20260101Z",valid-before="202602010830Z" {GOOD} c d'
    signers = parse_signers(text)
    key = read_public_key(GOOD)

    def why(who: str, space: str, moment: str) -> str:
        return signers.refusal(who, key, space, parse_utc(f"2026-{moment}"))

    assert signers.principals(key) == {"a", "b"}
    assert why("a", "x", "01-15") == why("b", "y", "02-01T08:30") == ""
    assert "not sign in the namespace z" in why("a", "z", "01-15")
    assert "had expired" in why("a", "x", "02-01T08:31")
    assert "not a key of 'c'" in why("c", "x", "01-15")
    assert "not valid yet" in signers.refusal("a", key, "x", datetime(2025, 12, 31, tzinfo=UTC))


@pytest.mark.parametrize(
    ("options", "is_good"),
    [
        ("", True),
        (f'namespaces="{EVIDENCE}"', True),
        ('namespaces="other"', False),
        ('valid-after="20200101Z"', True),
        ('valid-after="20990101Z"', False),
        ('valid-before="20200101Z"', False),
        ('valid-before="20990101000000Z"', True),
    ],
)
def test_our_reading_of_allowed_signers_agrees_with_ssh_keygen(
    tmp_path: Path, options: str, is_good: bool
) -> None:
    key = key_for("engineer", tmp_path)
    armored = signer_with(tmp_path, key).sign(MESSAGE)
    file, sig = tmp_path / "signers", tmp_path / "sig"
    file.write_text(signer_line("engineer", key, options))
    sig.write_text(armored)
    ran = keygen(
        "-Y", "verify", "-Overify-time=20261102090000", "-f", str(file), "-I", "engineer",
        "-n", EVIDENCE, "-s", str(sig), stdin=MESSAGE,
    )  # fmt: skip
    signers = parse_signers(file.read_text())
    ours = signers.refusal("engineer", read_signature(armored).key, EVIDENCE, START) == ""
    assert (ran.returncode == 0) is is_good
    assert ours is is_good


def test_a_fault_in_allowed_signers_is_a_problem_of_the_ledger(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.journal().append(EntryType.NOTE, said())
    with ledger.signers_file.open("a") as file:
        file.write(f"* {GOOD}\n")
    report = verify(ledger.directory, ledger.clock.at)
    assert [problem.chain for problem in report.problems] == ["allowed_signers"]
    assert "wildcards" in report.problems[0].why
