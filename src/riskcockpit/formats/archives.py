"""A zip archive as reports: those in it, or the results of a Fortify project (FPR).

Entries are read in memory and within limits; no name in an archive is ever used as a path.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from riskcockpit.errors import FormatError
from riskcockpit.formats import wording
from riskcockpit.formats.limits import Limit

ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
"""The second is that of an archive without entries."""
NO_REPORT = b"an archive without a report"
"""What an archive without any file is opened as: only who knows the format can read it."""
MAX_ENTRIES = 100_000
MOST_REPORTS = 100
"""An archive with more is a folder of reports, and not one that was cut in parts."""
_ENCRYPTED = 0x1
_SUFFIXES = (
    ".json", ".jsonl", ".ndjson", ".sarif", ".xml", ".csv", ".tsv", ".html", ".fvdl", ".gz", ".zst",
)  # fmt: skip
_FORTIFY_RESULTS = "audit.fvdl"
_WEBINSPECT_RESULTS = "webinspect.xml"
_FORTIFY_AUDIT = "audit.xml"
_ENCODING = re.compile(rb"<\?xml[^<>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_DECLARATION = re.compile(r"\s*<\?xml\b[^<>]{0,300}\?>")
_UNPACK_HINT = "unpack it and import the reports inside"


def report_in(content: bytes, max_bytes: int) -> bytes:
    """Return the one report in the zip archive `content`; `NO_REPORT` when there is no file in it.

    Of a Fortify project both the results and the audit are taken, in one XML document `FPR`.

    Raises:
        FormatError: damaged, encrypted, too large, or with more than one report.
    """
    ((_, report),) = reports_in(content, max_bytes, most=1)
    return report


def reports_in(
    content: bytes, max_bytes: int, *, most: int = MOST_REPORTS
) -> tuple[tuple[str, bytes], ...]:
    """Return the reports in the zip archive `content`, each with its name there, at least one.

    Raises:
        FormatError: damaged, encrypted, too large together, or with more than `most` reports.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise FormatError(
                    f"the archive has {len(entries):,} entries, more than {MAX_ENTRIES:,}",
                    hint=_UNPACK_HINT,
                )
            return tuple(_reports(archive, _files(entries), max_bytes, most))
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as fault:
        raise FormatError("the zip archive is damaged", detail=wording.reason(fault)) from fault
    except (NotImplementedError, RuntimeError) as fault:
        raise FormatError(
            "the zip archive is packed in a way that is not read",
            hint=_UNPACK_HINT,
            detail=wording.reason(fault),
        ) from fault


def _files(entries: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Return the entries that may be a report: no directories, nothing hidden or empty.

    Raises:
        BadZipFile: an entry has no name.
    """
    if not all(entry.filename for entry in entries):
        raise zipfile.BadZipFile("an entry without a name")
    return [
        entry
        for entry in entries
        if not entry.is_dir()
        and entry.file_size > 0
        and not any(map(_is_hidden, _path(entry).parts))
    ]


def _is_hidden(name: str) -> bool:
    return name == "__MACOSX" or (name.startswith(".") and name != "..")


def _reports(
    archive: zipfile.ZipFile, files: Sequence[zipfile.ZipInfo], max_bytes: int, most: int
) -> Iterator[tuple[str, bytes]]:
    results = _named(files, _FORTIFY_RESULTS)
    if len(results) == 1:
        yield "", _fortify(archive, results[0], _named(files, _FORTIFY_AUDIT), max_bytes)
        return
    reports = [entry for entry in files if _path(entry).suffix.lower() in _SUFFIXES]
    if len(sessions := _named(files, _WEBINSPECT_RESULTS)) == 1:
        reports = sessions  # beside it lies an audit, which is no report
    chosen = results or (files if len(files) == 1 else reports)
    if not files:
        yield "", NO_REPORT
        return
    most = 1 if results else most  # which audit belongs to which results, nobody can tell
    if not 0 < len(chosen) <= most:
        names = ", ".join(wording.name(_path(entry).name)[:60] for entry in (chosen or files)[:3])
        count = f"{len(chosen)} reports" if chosen else "no report"
        raise FormatError(f"the zip archive holds {count} ({names} …)", hint=_UNPACK_HINT)
    left = max_bytes
    for entry in chosen:
        report = _content(archive, entry, left)
        left -= len(report)
        yield wording.name(_path(entry).name), report


def _fortify(
    archive: zipfile.ZipFile,
    results: zipfile.ZipInfo,
    audits: Sequence[zipfile.ZipInfo],
    max_bytes: int,
) -> bytes:
    beside = [entry for entry in audits if _path(entry).parent == _path(results).parent]
    content = _content(archive, results, max_bytes)
    if not beside:
        return content
    audit = _content(archive, beside[0], max_bytes)
    return b"".join(
        (b"<FPR>", _without_declaration(content), _without_declaration(audit), b"</FPR>")
    )


def _without_declaration(content: bytes) -> bytes:
    """Return an XML document in UTF-8, without its declaration, to stand inside another."""
    declared = _ENCODING.match(content.removeprefix(b"\xef\xbb\xbf").lstrip()[:300])
    try:
        text = content.decode(declared[1].decode() if declared else "utf-8").lstrip("\ufeff")
    except (UnicodeDecodeError, LookupError) as fault:
        raise FormatError(
            "the results of the Fortify project are not in the encoding they declare",
            detail=wording.reason(fault),
        ) from fault
    return _DECLARATION.sub("", text, count=1).encode("utf-8", "replace")


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, max_bytes: int) -> bytes:
    if entry.flag_bits & _ENCRYPTED:
        raise FormatError("the zip archive is encrypted", hint=_UNPACK_HINT)
    limit = Limit("the zip archive", entry.compress_size, max_bytes)
    with archive.open(entry) as stream:
        return limit.read(stream)


def _named(files: Sequence[zipfile.ZipInfo], name: str) -> list[zipfile.ZipInfo]:
    return [entry for entry in files if _path(entry).name.lower() == name]


def _path(entry: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(entry.filename.replace("\\", "/"))
