"""SSHSIG signatures: strict reading of the armour, and bulk verification without a process.

Stricter than OpenSSH on purpose: a signature has exactly one spelling, so that no byte of a
chain can be changed unseen. Format: PROTOCOL.sshsig of openssh-portable.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

EVIDENCE = "riskcockpit-evidence"
"""Namespace of entries."""
CHECKPOINT = "riskcockpit-checkpoint"
"""Namespace of checkpoints."""

HEADER = "-----BEGIN SSH SIGNATURE-----\n"
FOOTER = "-----END SSH SIGNATURE-----\n"
_WRAP = 70
_MAGIC = b"SSHSIG\x00\x00\x00\x01"
_FIELDS = 5
_KEY_PARTS = {b"ssh-ed25519": 2, b"ssh-rsa": 3}
_HASHES = (b"sha256", b"sha512")


class BadSignatureError(ValueError):
    """A signature does not hold; the text says why."""


class UnsupportedKeyError(Exception):
    """The key is of a type that only ssh-keygen can verify."""


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


def fingerprint(key: bytes) -> str:
    """Return the fingerprint of a public key in SSH wire format, as `ssh-keygen -l` writes it."""
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode("ascii")
    return f"SHA256:{digest.rstrip('=')}"


def read_signature(armored: str) -> Signature:
    """Read a signature in the one spelling that `ssh-keygen -Y sign` writes.

    Raises:
        BadSignatureError: any other spelling.
    """
    blob = _dearmor(armored)
    if not blob.startswith(_MAGIC):
        raise BadSignatureError("its signature is not SSHSIG version 1")
    key, namespace, reserved, hash_name, raw = split_wire(blob[len(_MAGIC) :], _FIELDS)
    if reserved or hash_name not in _HASHES:
        raise BadSignatureError("its signature has a field of no known meaning")
    _refuse_slack(key, raw)
    try:
        return Signature(key, namespace.decode("ascii"))
    except UnicodeDecodeError as error:
        raise BadSignatureError("its signature has no readable namespace") from error


def verify_signature(message: bytes, armored: str, namespace: str) -> Signature:
    """Verify that `armored` is a good signature over `message`, by the key it carries.

    Whether that key may sign is the business of `signers`.

    Raises:
        BadSignatureError: it is not.
        UnsupportedKeyError: the key is neither Ed25519 nor RSA.
    """
    import sshsig  # noqa: PLC0415 - cryptography takes 50 ms that proven ledgers do not need
    from sshsig.ssh_public_key import PublicKey  # noqa: PLC0415 - as above

    signature = read_signature(armored)
    if signature.namespace != namespace:
        raise BadSignatureError(f"it is signed for {signature.namespace[:40]!r}, not {namespace!r}")
    try:
        key = PublicKey.from_ssh_encoding(signature.key)
    except NotImplementedError as error:
        raise UnsupportedKeyError(str(error)) from error
    except (ValueError, AssertionError) as error:
        raise BadSignatureError("its signature carries no readable key") from error
    try:
        sshsig.verify(message, armored, [key], namespace)
    except Exception as error:  # noqa: BLE001 - foreign library: any failure is a bad signature
        raise BadSignatureError("its signature does not fit its content") from error
    return signature


def _refuse_slack(key: bytes, raw: bytes) -> None:
    """Refuse wrong lengths inside key and signature, which the library reads over."""
    for name, parts in _KEY_PARTS.items():
        if key.startswith(len(name).to_bytes(4, "big") + name):
            split_wire(key, parts)
            split_wire(raw, len(("algorithm", "signature")))


def split_wire(data: bytes, count: int) -> list[bytes]:
    """Cut exactly `count` length-prefixed strings (RFC 4251) out of `data`.

    Raises:
        BadSignatureError: it does not hold exactly that many.
    """
    found = []
    for _ in range(count):
        size = int.from_bytes(data[:4], "big")
        if len(data) < size + 4:
            raise BadSignatureError("its signature is cut short")
        found.append(data[4 : 4 + size])
        data = data[4 + size :]
    if data:
        raise BadSignatureError("its signature has bytes too many")
    return found


def _dearmor(armored: str) -> bytes:
    if not (armored.startswith(HEADER) and armored.endswith(FOOTER)):
        raise BadSignatureError("its signature has no SSH armour")
    text = armored[len(HEADER) : -len(FOOTER)]
    try:
        blob = base64.b64decode(text.replace("\n", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSignatureError("its signature is not base64") from error
    if _armor_body(blob) != text:
        raise BadSignatureError("its signature is spelt in another way than ssh-keygen does")
    return blob


def _armor_body(blob: bytes) -> str:
    text = base64.b64encode(blob).decode("ascii")
    return "".join(f"{text[at : at + _WRAP]}\n" for at in range(0, len(text), _WRAP))
