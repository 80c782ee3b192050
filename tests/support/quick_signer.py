"""Signing inside this process, for tests that sign hundreds of entries; Ed25519 only.

The product never does this: `ssh-keygen` signs there. `test_signing` holds that both make the same
bytes.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from riskcockpit.ledger.armor import EVIDENCE, FOOTER, HEADER
from riskcockpit.ledger.signing import Signer
from riskcockpit.ledger.wire import join_wire


class QuickSigner(Signer):
    """As `Signer`, without a process for each signature."""

    __slots__ = ()

    def sign(self, content: bytes, namespace: str = EVIDENCE) -> str:
        """Return what `ssh-keygen -Y sign` would."""
        return armored(_private(self.key), self.public_key, content, namespace)


def armored(key: Ed25519PrivateKey, public: bytes, content: bytes, namespace: str) -> str:
    """Sign as PROTOCOL.sshsig says."""
    space, name = namespace.encode(), b"sha512"
    digest = hashlib.sha512(content).digest()
    made = key.sign(b"SSHSIG" + join_wire(space, b"", name, digest))
    return armor(public, space, join_wire(b"ssh-ed25519", made))


def armor(public: bytes, space: bytes, raw: bytes) -> str:
    """Return the armour around a signature in wire format."""
    blob = b"SSHSIG" + (1).to_bytes(4, "big") + join_wire(public, space, b"", b"sha512", raw)
    text = base64.b64encode(blob).decode()
    lines = "".join(f"{text[at : at + 70]}\n" for at in range(0, len(text), 70))
    return f"{HEADER}{lines}{FOOTER}"


@cache
def _private(path: Path) -> Ed25519PrivateKey:
    key = load_ssh_private_key(path.read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return key
