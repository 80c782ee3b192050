"""From the bytes of a file to plain UTF-8: gzip, byte-order marks, UTF-16, and the size limit.

`plain` is idempotent and costs nothing for content that is plain already, so every reader calls it.
"""

from __future__ import annotations

import codecs
import zlib

from riskcockpit.errors import FormatError
from riskcockpit.formats.api import MIB

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"
MAX_RATIO = 200
"""How many times larger than the file its content may be, beyond `RATIO_FREE_BYTES`."""
RATIO_FREE_BYTES = 16 * MIB
_CHUNK = MIB
_GZIP_WINDOW = 31  # zlib's number for "gzip header, largest window"
_WIDE_MARKS = (  # the longer mark first: the UTF-32 one starts with the UTF-16 one
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def plain(content: bytes, max_bytes: int) -> bytes:
    """Return `content` unpacked, in UTF-8 and without a byte-order mark.

    Raises:
        FormatError: empty (the scanner did not run), too large, an archive, or damaged.
    """
    if content.startswith(GZIP_MAGIC):
        content = _gunzip(content, max_bytes)
    if len(content) > max_bytes:
        raise _too_large(max_bytes)
    if content.startswith(ZIP_MAGIC):
        raise FormatError(
            "the file is a zip archive", hint="unpack it and import the reports inside"
        )
    content = _utf8(content)
    if not content or content.isspace():
        raise FormatError(
            "the file is empty: the scanner did not run, or its output was lost",
            hint="an empty file is no proof of a clean scan; look at the scanner's own messages",
        )
    return content


def _utf8(content: bytes) -> bytes:
    if content.startswith(codecs.BOM_UTF8):
        return content[len(codecs.BOM_UTF8) :]
    encoding = _wide_encoding(content[:4])
    if not encoding:
        return content
    try:
        return content.decode(encoding).encode("utf-8", "replace")
    except UnicodeDecodeError as error:
        raise FormatError(
            f"the file starts like {encoding.upper()} and is not: byte {error.start}"
        ) from error


def _wide_encoding(head: bytes) -> str:
    for mark, encoding in _WIDE_MARKS:
        if head.startswith(mark):
            return encoding
    if len(head) == 4 and head[1] == head[3] == 0 != head[0]:  # noqa: PLR2004 - two characters
        return "utf-16-le"
    if len(head) == 4 and head[0] == head[2] == 0 != head[1]:  # noqa: PLR2004 - two characters
        return "utf-16-be"
    return ""


def _gunzip(content: bytes, max_bytes: int) -> bytes:
    limit = min(max_bytes, max(RATIO_FREE_BYTES, MAX_RATIO * len(content)))
    parts: list[bytes] = []
    size = 0
    rest = content
    while rest.startswith(GZIP_MAGIC):
        member = zlib.decompressobj(_GZIP_WINDOW)
        while not member.eof:
            try:
                part = member.decompress(rest, _CHUNK)
            except zlib.error as error:
                raise FormatError(
                    f"the gzip data is damaged after {size:,} bytes", detail=str(error)
                ) from error
            rest = member.unconsumed_tail
            size += len(part)
            if size > limit:
                raise _too_large(max_bytes) if size > max_bytes else _bomb(len(content))
            parts.append(part)
            if not rest and not part and not member.eof:
                raise FormatError(f"the gzip data is cut off after {size:,} bytes")
        rest = member.unused_data
    return b"".join(parts)


def _too_large(max_bytes: int) -> FormatError:
    return FormatError(
        f"the report is larger than {max_bytes:,} bytes",
        hint="split it, or raise imports.max_file_bytes in the settings",
    )


def _bomb(size: int) -> FormatError:
    return FormatError(
        f"the gzip data grows to more than {MAX_RATIO} times its {size:,} bytes",
        hint="if the report is honest, unpack it yourself and import the result",
    )
