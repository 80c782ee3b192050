"""SSHSIG signatures: strict reading of the armour, and bulk verification without a process.

Stricter than OpenSSH on purpose: a signature has exactly one spelling, so that no byte of a
chain can be changed unseen. Format: PROTOCOL.sshsig of openssh-portable.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from functools import lru_cache

from riskcockpit.ledger.publickeys import check_signature
from riskcockpit.ledger.wire import BadSignatureError, join_wire, split_wire

EVIDENCE = "riskcockpit-evidence"
"""Namespace of entries."""
CHECKPOINT = "riskcockpit-checkpoint"
"""Namespace of checkpoints."""

HEADER = "-----BEGIN SSH SIGNATURE-----\n"
FOOTER = "-----END SSH SIGNATURE-----\n"
_WRAP = 70
_PREAMBLE = b"SSHSIG"
_MAGIC = _PREAMBLE + (1).to_bytes(4, "big")
_FIELDS = 5
_HASHES = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as it says itself, before anything is verified."""

    key: bytes
    """The public key in SSH wire format."""
    namespace: str

    @property
    def fingerprint(self) -> str:
        """`SHA256:…`, as `ssh-keygen -l` writes it."""
        return fingerprint(self.key)


@lru_cache(maxsize=256)
def fingerprint(key: bytes) -> str:
    """Return the fingerprint of a public key in SSH wire format, as `ssh-keygen -l` writes it."""
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode("ascii")
    return f"SHA256:{digest.rstrip('=')}"


def read_signature(armored: str) -> Signature:
    """Read a signature in the one spelling that `ssh-keygen -Y sign` writes.

    Raises:
        BadSignatureError: any other spelling.
    """
    return _read(armored)[0]


def verify_signature(message: bytes, armored: str, namespace: str) -> Signature:
    """Verify that `armored` is a good signature over `message`, by the key it carries.

    Whether that key may sign is the business of `signers`.

    Raises:
        BadSignatureError: it is not.
        UnsupportedKeyError: the type of the key is one that only ssh-keygen knows.
    """
    signature, hash_name, raw = _read(armored)
    if signature.namespace != namespace:
        raise BadSignatureError(f"it is signed for {signature.namespace[:40]!r}, not {namespace!r}")
    digest = _HASHES[hash_name](message).digest()
    signed = _PREAMBLE + join_wire(namespace.encode("ascii"), b"", hash_name, digest)
    check_signature(signature.key, raw, signed)
    return signature


def _read(armored: str) -> tuple[Signature, bytes, bytes]:
    """Return a signature, the name of its hash, and what the key made."""
    blob = _dearmor(armored)
    if not blob.startswith(_MAGIC):
        raise BadSignatureError("its signature is not SSHSIG version 1")
    key, namespace, reserved, hash_name, raw = split_wire(blob[len(_MAGIC) :], _FIELDS)
    if reserved or hash_name not in _HASHES:
        raise BadSignatureError("its signature has a field of no known meaning")
    try:
        return Signature(key, namespace.decode("ascii")), hash_name, raw
    except UnicodeDecodeError as error:
        raise BadSignatureError("its signature has no readable namespace") from error


def _dearmor(armored: str) -> bytes:
    if not (armored.startswith(HEADER) and armored.endswith(FOOTER)):
        raise BadSignatureError("its signature has no SSH armour")
    text = armored[len(HEADER) : -len(FOOTER)]
    try:
        blob = binascii.a2b_base64(text.replace("\n", ""), strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise BadSignatureError("its signature is not base64") from error
    if _armor_body(blob) != text:
        raise BadSignatureError("its signature is spelt in another way than ssh-keygen does")
    return blob


def _armor_body(blob: bytes) -> str:
    text = base64.b64encode(blob).decode("ascii")
    lines = [text[at : at + _WRAP] for at in range(0, len(text), _WRAP)]
    return "\n".join([*lines, ""])
