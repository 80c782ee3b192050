"""How much packed data may grow when it is unpacked."""

from __future__ import annotations

from typing import Protocol

from riskcockpit.errors import FormatError
from riskcockpit.formats.api import MIB

MAX_RATIO = 200
"""How many times larger than the file its content may be, beyond `RATIO_FREE_BYTES`."""
RATIO_FREE_BYTES = 16 * MIB
CHUNK = MIB


class Stream(Protocol):
    """What is read from in chunks."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end."""
        ...


class Limit:
    """Guards the unpacking of one piece of data: told every size, it stops what grows too far."""

    def __init__(self, what: str, packed_bytes: int, max_bytes: int) -> None:
        self._what = what
        self._packed = packed_bytes
        self._max = max_bytes
        self._bytes = min(max_bytes, max(RATIO_FREE_BYTES, MAX_RATIO * packed_bytes))
        self.is_exceeded = False
        """Whether too much came."""

    def check(self, size: int) -> None:
        """Refuse `size` bytes when that is too much.

        Raises:
            FormatError: larger than the settings allow, or than honest data would be.
        """
        self.is_exceeded = size > self._bytes
        if size > self._max:
            raise too_large(self._max)
        if size > self._bytes:
            raise FormatError(
                f"{self._what} grows to more than {MAX_RATIO} times its {self._packed:,} bytes",
                hint="if the report is honest, unpack it yourself and import the result",
            )

    def read(self, stream: Stream, before: int = 0) -> bytes:
        """Return all of `stream`; `before` bytes of the same data were read already.

        Raises:
            FormatError: there is too much of it.
        """
        parts: list[bytes] = []
        size = before
        while part := stream.read(CHUNK):
            size += len(part)
            self.check(size)
            parts.append(part)
        return b"".join(parts)


def too_large(max_bytes: int) -> FormatError:
    """Return the error for a report above the limit of the settings."""
    return FormatError(
        f"the report is larger than {max_bytes:,} bytes",
        hint="split it, or raise imports.max_file_bytes in the settings",
    )
