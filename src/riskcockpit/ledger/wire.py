"""Strings of the SSH protocol: each with its length before it (RFC 4251)."""

from __future__ import annotations


class BadSignatureError(ValueError):
    """A signature does not hold; the text says why."""


def split_wire(data: bytes, count: int) -> list[bytes]:
    """Cut exactly `count` length-prefixed strings (RFC 4251) out of `data`.

    Raises:
        BadSignatureError: it does not hold exactly that many.
    """
    found = []
    at, there = 0, len(data)
    for _ in range(count):
        start = at + 4
        at = start + int.from_bytes(data[at:start], "big")
        if there < at:
            raise BadSignatureError("its signature is cut short")
        found.append(data[start:at])
    if at < there:
        raise BadSignatureError("its signature has bytes too many")
    return found


def join_wire(*parts: bytes) -> bytes:
    """Put a length before each part, and the parts together."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
