"""Whether a key made a signature, for every key type that `ssh-keygen` signs with.

Formats: RFC 4253 and 8332 (RSA), RFC 5656 (ECDSA), RFC 8709 (Ed25519), PROTOCOL.u2f of
openssh-portable (hardware keys). Nothing here says whose a key is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import lru_cache

from riskcockpit.ledger.wire import BadSignatureError, split_wire

SMALLEST_RSA = 2048
_TAIL = 5
"""Bytes of flags and counter behind the signature of a hardware key."""

Check = Callable[[str, bytes, bytes], None]
"""(algorithm, signature, signed bytes) → nothing; raises when the signature does not fit."""


class UnsupportedKeyError(Exception):
    """The key is of a type that only ssh-keygen can verify."""


def check_signature(key: bytes, raw: bytes, signed: bytes) -> None:
    """Check that `raw`, a signature in SSH wire format, was made by `key` over `signed`.

    Raises:
        BadSignatureError: it was not, or key or signature cannot be read.
        UnsupportedKeyError: the type of the key is not known here.
    """
    check = _reader(key)
    is_hardware = key[4:7] == b"sk-"
    tail = raw[-_TAIL:] if is_hardware else b""
    name, signature = split_wire(raw[: len(raw) - len(tail)], 2)
    try:
        algorithm = name.decode("ascii")
        if is_hardware:
            signed = _by_hardware(key, tail, signed)
        check(algorithm, signature, signed)
    except BadSignatureError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the library says, it does not fit
        raise BadSignatureError("its signature does not fit its content") from error


def _by_hardware(key: bytes, tail: bytes, signed: bytes) -> bytes:
    """Return what a hardware key signs: the application, its flags and counter, a digest."""
    application = split_wire(key, 3 if key[7:14] == b"ssh-ed2" else 4)[-1]
    return hashlib.sha256(application).digest() + tail + hashlib.sha256(signed).digest()


@lru_cache(maxsize=64)
def _reader(key: bytes) -> Check:
    size = int.from_bytes(key[:4], "big")
    name = key[4 : 4 + size].decode("ascii", "replace")
    make = _TYPES.get(name)
    if make is None:
        raise UnsupportedKeyError(name)
    try:
        return make(key)
    except BadSignatureError:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        raise BadSignatureError("its signature carries no readable key") from error


def _ed25519(key: bytes) -> Check:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - 50 ms
        Ed25519PublicKey,
    )

    name, point, *_ = split_wire(key, 3 if key[4:6] == b"sk" else 2)
    public = Ed25519PublicKey.from_public_bytes(point)

    def check(algorithm: str, signature: bytes, signed: bytes) -> None:
        _same(algorithm, name.decode("ascii"))
        public.verify(signature, signed)

    return check


def _ecdsa(key: bytes) -> Check:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - 50 ms
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric.utils import (  # noqa: PLC0415 - as above
        encode_dss_signature,
    )

    name, curve, point, *_ = split_wire(key, 4 if key[4:6] == b"sk" else 3)
    known: Mapping[bytes, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
        b"nistp256": (ec.SECP256R1(), hashes.SHA256()),
        b"nistp384": (ec.SECP384R1(), hashes.SHA384()),
        b"nistp521": (ec.SECP521R1(), hashes.SHA512()),
    }
    if not name.removesuffix(b"@openssh.com").endswith(b"-" + curve):
        raise BadSignatureError("its signature carries no readable key")
    kind, digest = known[curve]
    public = ec.EllipticCurvePublicKey.from_encoded_point(kind, point)

    def check(algorithm: str, signature: bytes, signed: bytes) -> None:
        _same(algorithm, name.decode("ascii"))
        r, s = (_positive(part) for part in split_wire(signature, 2))
        public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(digest))

    return check


def _rsa(key: bytes) -> Check:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - 50 ms
    from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415 - as above

    _, e, n = split_wire(key, 3)
    numbers = rsa.RSAPublicNumbers(_positive(e), _positive(n))
    if numbers.n.bit_length() < SMALLEST_RSA:
        raise BadSignatureError(f"its RSA key is shorter than {SMALLEST_RSA} bits")
    public = numbers.public_key()
    digests = {"rsa-sha2-256": hashes.SHA256(), "rsa-sha2-512": hashes.SHA512()}

    def check(algorithm: str, signature: bytes, signed: bytes) -> None:
        digest = digests.get(algorithm)
        if digest is None:
            raise BadSignatureError("its signature is of a kind that is not safe any more")
        public.verify(signature, signed, padding.PKCS1v15(), digest)

    return check


def _same(algorithm: str, wanted: str) -> None:
    if algorithm != wanted:
        raise BadSignatureError("its signature is of another kind than its key")


def _positive(raw: bytes) -> int:
    """Read a positive number in its one spelling (RFC 4251, mpint)."""
    number = int.from_bytes(raw, "big", signed=True)
    if number <= 0 or raw != number.to_bytes(number.bit_length() // 8 + 1, "big"):
        raise BadSignatureError("its signature has a number in another spelling")
    return number


_TYPES: Mapping[str, Callable[[bytes], Check]] = {
    "ssh-ed25519": _ed25519,
    "sk-ssh-ed25519@openssh.com": _ed25519,
    "ssh-rsa": _rsa,
    "ecdsa-sha2-nistp256": _ecdsa,
    "ecdsa-sha2-nistp384": _ecdsa,
    "ecdsa-sha2-nistp521": _ecdsa,
    "sk-ecdsa-sha2-nistp256@openssh.com": _ecdsa,
}
