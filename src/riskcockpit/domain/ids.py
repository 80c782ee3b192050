"""The one digest function behind every identity, and how ids are shown."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

SHORT = 10
"""How many characters of an id are shown; commands accept any unique prefix of at least 4."""
LAST = "@last"
"""In the place of an id: this person's own last decision, for `undo`."""


def digest(parts: Iterable[str]) -> str:
    """Return 128 bits of blake2b, as 32 hex digits, over `parts` with length prefixes.

    Each part is encoded as its UTF-8 length (8 bytes, big endian) and its bytes, so that no two
    different tuples share an encoding. Lone surrogates are kept apart from all valid text.
    """
    state = blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        state.update(len(data).to_bytes(8, "big"))
        state.update(data)
    return state.hexdigest()


def short(identifier: str) -> str:
    """Return the part of an id that is shown to people."""
    return identifier[:SHORT]
