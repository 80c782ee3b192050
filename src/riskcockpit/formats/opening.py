"""From the bytes of a file to plain UTF-8: gzip, zstd, zip, byte-order marks, UTF-16, size limits.

`plain` is idempotent and costs nothing for content that is plain already, so every reader calls it.
"""

from __future__ import annotations

import codecs
import zlib

from riskcockpit.errors import FormatError
from riskcockpit.formats import wording
from riskcockpit.formats.archives import ZIP_MAGICS, report_in
from riskcockpit.formats.limits import CHUNK, Limit, too_large

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_PACKED = (GZIP_MAGIC, ZSTD_MAGIC, *ZIP_MAGICS)
_TAR_MARK, _TAR_MARK_AT = b"ustar", 257
_MAX_LAYERS = 2
"""A report may be packed and lie in an archive; what is packed again is no report."""
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
        FormatError: empty (the scanner did not run), too large, damaged, or an archive with more
            than one report.
    """
    for _ in range(_MAX_LAYERS):
        content = _unpacked(content, max_bytes)
    if content.startswith(_PACKED):
        raise FormatError(
            "the file is an archive in an archive", hint="unpack it and import the reports inside"
        )
    if content.startswith(_TAR_MARK, _TAR_MARK_AT):
        raise FormatError(
            "the file is a tar archive", hint="unpack it and import the reports inside"
        )
    if len(content) > max_bytes:
        raise too_large(max_bytes)
    content = _utf8(content)
    if not content or content.isspace():
        raise FormatError(
            "the file is empty: the scanner did not run, or its output was lost",
            hint="an empty file is no proof of a clean scan; look at the scanner's own messages",
        )
    return content


def _unpacked(content: bytes, max_bytes: int) -> bytes:
    if content.startswith(GZIP_MAGIC):
        return _gunzip(content, max_bytes)
    if content.startswith(ZSTD_MAGIC):
        return _unzstd(content, max_bytes)
    if content.startswith(ZIP_MAGICS):
        return report_in(content, max_bytes)
    return content


def _utf8(content: bytes) -> bytes:
    if content.startswith(codecs.BOM_UTF8):
        while content.startswith(codecs.BOM_UTF8):  # of files put together, each may have one
            content = content[len(codecs.BOM_UTF8) :]
        return content
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
    limit = Limit("the gzip data", len(content), max_bytes)
    parts: list[bytes] = []
    size = 0
    rest = content
    while rest.startswith(GZIP_MAGIC):
        member = zlib.decompressobj(_GZIP_WINDOW)
        while not member.eof:
            try:
                part = member.decompress(rest, CHUNK)
            except zlib.error as error:
                raise FormatError(
                    f"the gzip data is damaged after {size:,} bytes", detail=str(error)
                ) from error
            rest = member.unconsumed_tail
            size += len(part)
            limit.check(size)
            parts.append(part)
            if not rest and not part and not member.eof:
                raise FormatError(f"the gzip data is cut off after {size:,} bytes")
        rest = member.unused_data
    return b"".join(parts)


def _unzstd(content: bytes, max_bytes: int) -> bytes:
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and few reports are packed so

    limit = Limit("the zstd data", len(content), max_bytes)
    parts: list[pa.Buffer] = []
    size = 0
    try:
        with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
            while part := stream.read_buffer(CHUNK):  # `read` never frees a chunk it fails to fill
                size += len(part)
                limit.check(size)
                parts.append(part)
    except OSError as error:
        why = "cut off" if "Truncated" in str(error) else "damaged"
        raise FormatError(
            f"the zstd data is {why} after {size:,} bytes", detail=wording.reason(error)
        ) from error
    return b"".join(parts)
