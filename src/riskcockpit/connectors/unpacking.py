"""Unpacks the body of an answer piece by piece, never further than there is room for. No I/O.

The HTTP library unpacks whole pieces, and as many layers as the answer names: two kilobytes of
gzip inside gzip would take gigabytes before anybody could count them.
"""

from __future__ import annotations

import zlib

ACCEPTED = "gzip"
"""What a request offers to take."""
_GZIP_WINDOW = 31  # zlib's number for "gzip header, largest window"


class BadEncodingError(ValueError):
    """The body is packed in a way nobody asked for, damaged, or cut off."""


class Unpacker:
    """Turns the pieces of one body into plain bytes."""

    def __init__(self, encoding: str) -> None:
        """Prepare for the `Content-Encoding` of an answer; empty and `identity` are plain.

        Raises:
            BadEncodingError: it is neither plain nor gzip once.
        """
        word = encoding.strip().lower()
        if word not in ("", "identity", "gzip", "x-gzip"):
            raise BadEncodingError("is packed in a way that was not asked for")
        is_packed = word not in ("", "identity")
        self._stream = zlib.decompressobj(_GZIP_WINDOW) if is_packed else None

    def feed(self, part: bytes, room: int) -> bytes:
        """Return what `part` unpacks to, at most `room` + 1 bytes: enough to see it is too much.

        Raises:
            BadEncodingError: the bytes do not decompress.
        """
        if self._stream is None:
            return part
        try:
            return self._stream.decompress(part, room + 1)
        except zlib.error as error:
            raise BadEncodingError("sent bytes that do not decompress") from error

    def end(self) -> None:
        """Say that the body has ended.

        Raises:
            BadEncodingError: packed data goes on.
        """
        if self._stream is not None and not self._stream.eof:
            raise BadEncodingError("sent packed bytes that are cut off")
