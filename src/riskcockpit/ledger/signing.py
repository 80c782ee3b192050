"""Signing through `ssh-keygen -Y`: the only module that runs it. Never reads a private key.

The key is a file, or a `.pub` file whose key an agent holds (hardware keys work that way). Every
call goes over stdin and stdout, in a session of its own, and may not ask for anything: a question
on the terminal would damage the cockpit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from riskcockpit.errors import LedgerError, SigningKeyError
from riskcockpit.ledger.agent import NoAgentError, held_keys
from riskcockpit.ledger.armor import (
    EVIDENCE,
    HEADER,
    Signature,
    fingerprint,
    read_signature,
    verify_signature,
)
from riskcockpit.ledger.publickeys import UnsupportedKeyError
from riskcockpit.ledger.regular import read_regular
from riskcockpit.ledger.signers import (
    AllowedSigners,
    SignersError,
    parse_signers,
    read_public_key,
)
from riskcockpit.ledger.wire import BadSignatureError

TIMEOUT_SECONDS = 60.0
"""How long a signature may take: a hardware key waits for a touch."""
_PUBLIC = ".pub"


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who signs here, with one key."""

    principal: str
    """As in `allowed_signers`."""
    key: Path
    """A private key file, or a `.pub` file whose key the agent holds."""
    public_key: bytes
    """In SSH wire format."""
    allowed: AllowedSigners

    @classmethod
    def open(cls, key: Path, allowed_signers: Path, principal: str = "") -> Signer:
        """Find out who signs with `key`; `principal` decides when the key has several owners.

        Raises:
            SigningKeyError: there is no key, or `allowed_signers` does not know it.
        """
        public_key = public_half(key)
        allowed = load_signers(allowed_signers)
        names = allowed.principals(public_key)
        who = principal or (next(iter(names)) if len(names) == 1 else "")
        if not names or (who and who not in names):
            raise SigningKeyError(
                f"{allowed_signers} does not name {principal or 'anybody'} with the key {key}",
                hint="identity.principal and identity.key of the settings say who you are here; a "
                f"colleague lets {fingerprint(public_key)} sign by `riskcockpit keys add`",
            )
        if not who:
            raise SigningKeyError(
                f"the key {key} has several principals: {', '.join(sorted(names))}",
                hint="set identity.principal in the settings",
            )
        return cls(who, key, public_key, allowed)

    @property
    def fingerprint(self) -> str:
        """`SHA256:…` of the key."""
        return fingerprint(self.public_key)

    def refusal(self, namespace: str, at: datetime) -> str:
        """Say why this key may not sign in `namespace` at `at`; empty when it may."""
        return self.allowed.refusal(self.principal, self.public_key, namespace, at)

    @property
    def is_in_agent(self) -> bool:
        """Whether only an agent can sign: the private key is not here."""
        return self.key.suffix == _PUBLIC and not self.key.with_suffix("").exists()

    def why_not(self) -> str:
        """Say why this key cannot sign now; empty when nothing speaks against it.

        It is looked at, and tried on nothing: what is held in hardware would want a touch.
        """
        if not self.is_in_agent:
            return ""
        try:
            is_held = self.public_key in held_keys()
        except NoAgentError as error:
            return f"{self.key} is signed with through an agent, and {error}"
        return "" if is_held else f"the ssh-agent does not hold {self.key} ({self.fingerprint})"

    def sign(self, content: bytes, namespace: str = EVIDENCE) -> str:
        """Return an armoured signature over `content` that was verified after it was made.

        Raises:
            SigningKeyError: the key is gone, locked, not in the agent, or has too open a mode.
        """
        arguments = ["-q", "-Y", "sign", "-f", str(self.key), "-n", namespace]
        result = _run(arguments, content)
        armored = result.stdout.decode("ascii", "replace")
        if result.returncode != 0 or not armored.startswith(HEADER):
            raise SigningKeyError(
                f"cannot sign with {self.key}: {_reason(result)}",
                hint="load the key into ssh-agent, or check its passphrase and mode (0600)",
            )
        try:
            made = prove(content, armored, namespace)
        except BadSignatureError as error:
            raise LedgerError(f"ssh-keygen made a signature that does not verify: {error}") from (
                error
            )
        if made.key != self.public_key:
            raise SigningKeyError(
                f"{self.key} signs with another key than its public half: {made.fingerprint}",
                hint=f"write the public half anew: ssh-keygen -y -f {self.key}",
            )
        return armored


def prove(content: bytes, armored: str, namespace: str) -> Signature:
    """Verify a signature by the key it carries, in Python or, for other key types, by OpenSSH.

    Raises:
        BadSignatureError: it does not hold.
        LedgerError: ssh-keygen is needed and cannot be run.
    """
    try:
        return verify_signature(content, armored, namespace)
    except UnsupportedKeyError:
        return _prove_with_openssh(content, armored, namespace)


_NO_UTF8 = (
    "it is not UTF-8; `riskcockpit policy restore allowed_signers` puts back what is in force"
)


def load_signers(file: Path) -> AllowedSigners:
    """Read `allowed_signers`; without the file nobody may sign. That it is no UTF-8 is a fault.

    Raises:
        LedgerError: it cannot be read.
    """
    try:
        content = read_regular(file)
    except FileNotFoundError:
        return AllowedSigners()
    except OSError as error:
        raise LedgerError(f"cannot read {file}: {error}") from error
    try:
        return parse_signers(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        found = parse_signers(content.decode("utf-8", "replace"))
        line = content.count(b"\n", 0, error.start) + 1
        return replace(found, faults=(f"line {line}: {_NO_UTF8}", *found.faults))


def make_key(path: Path, comment: str) -> None:
    """Make an Ed25519 key without a passphrase: `path` (mode 0600) and `path.pub`.

    Raises:
        LedgerError: there is a key already, or ssh-keygen cannot make one.
    """
    halves = path, path.with_name(f"{path.name}{_PUBLIC}")
    if any(half.exists() for half in halves):
        raise LedgerError(f"there is a key already: {path}", hint="keep it, or move it away")
    result = _run(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)], b"")
    if result.returncode != 0:
        for half in halves:
            half.unlink(missing_ok=True)
        raise LedgerError(f"cannot make a key at {path}: {_reason(result)}")
    path.chmod(0o600)


def public_half(key: Path) -> bytes:
    """Return the public half of a key in wire format, without touching the private one.

    Raises:
        SigningKeyError: there is no such key, or its public half cannot be read.
    """
    file = key if key.suffix == _PUBLIC else key.with_name(f"{key.name}{_PUBLIC}")
    if not key.exists():
        raise SigningKeyError(
            f"there is no signing key at {key}", hint="`riskcockpit init` makes one"
        )
    try:
        return read_public_key(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, SignersError) as error:
        raise SigningKeyError(
            f"cannot read the public key {file}: {error}",
            hint=f"write it anew: ssh-keygen -y -f {key} > {file}",
        ) from error


def _prove_with_openssh(content: bytes, armored: str, namespace: str) -> Signature:
    signature = read_signature(armored)
    with tempfile.NamedTemporaryFile("w", suffix=".sig", encoding="ascii") as file:
        file.write(armored)
        file.flush()
        result = _run(["-Y", "check-novalidate", "-n", namespace, "-s", file.name], content)
    if result.returncode != 0 or signature.namespace != namespace:
        raise BadSignatureError("its signature does not fit its content")
    return signature


def _run(arguments: Sequence[str], content: bytes) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise SigningKeyError("ssh-keygen is not installed", hint="install OpenSSH's client")
    try:
        return subprocess.run(  # noqa: S603 - fixed program, no shell
            [program, *arguments],
            input=content,
            capture_output=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
            start_new_session=True,
            env={**os.environ, "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired as error:
        raise SigningKeyError(
            f"the key did not answer within {TIMEOUT_SECONDS:.0f} seconds",
            hint="touch the hardware key when it blinks, or check the agent",
        ) from error


def _reason(result: subprocess.CompletedProcess[bytes]) -> str:
    text = result.stderr.decode("utf-8", "replace").strip()
    return " ".join(text.split())[:300] or f"ssh-keygen ended with {result.returncode}"
