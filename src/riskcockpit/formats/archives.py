"""A zip archive as a report: the one report in it, or the results of a Fortify project (FPR).

Entries are read in memory and within limits; no name in an archive is ever used as a path.
"""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath

from riskcockpit.errors import FormatError
from riskcockpit.formats import wording
from riskcockpit.formats.limits import Limit

ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
"""The second is that of an archive without entries."""
NO_REPORT = b"an archive without a report"
"""What an archive without any file is opened as: only who knows the format can read it."""
MAX_ENTRIES = 100_000
_ENCRYPTED = 0x1
_SUFFIXES = (
    ".json", ".jsonl", ".ndjson", ".sarif", ".xml", ".csv", ".tsv", ".html", ".fvdl", ".gz", ".zst",
    ".nessus", ".fpr",
)  # fmt: skip
_FORTIFY_RESULTS = "audit.fvdl"
_FORTIFY_AUDIT = "audit.xml"
_WEBINSPECT_RESULTS = "webinspect.xml"
_ENCODING = re.compile(rb"<\?xml[^<>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_DECLARATION = re.compile(r"\s*<\?xml\b[^<>]{0,300}\?>")
DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)
"""What the reading of a damaged archive raises, by the way in which its files are packed."""
_UNPACK_HINT = "unpack it and import the reports inside"


def report_in(content: bytes, max_bytes: int) -> bytes:
    """Return the report in the zip archive `content`; `NO_REPORT` when there is no file in it.

    Of a Fortify project both the results and the audit are taken, in one XML document `FPR`.

    Raises:
        FormatError: damaged, encrypted, too large, or with more than one report.
    """
    with opened(content) as archive:
        return _report(archive, _filled(_files_in(archive)), max_bytes)


@contextmanager
def opened(content: bytes) -> Iterator[zipfile.ZipFile]:
    """Open a zip archive.

    Raises:
        FormatError: damaged, with too many entries, or packed in a way that is not read.
    """
    with faults_named(), zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = len(archive.infolist())
        if entries > MAX_ENTRIES:
            raise FormatError(
                f"the archive has {entries:,} entries, more than {MAX_ENTRIES:,}",
                hint=_UNPACK_HINT,
            )
        yield archive


@contextmanager
def faults_named() -> Iterator[None]:
    """Turn what the reading of a zip archive raises into one error.

    Raises:
        FormatError: the archive is damaged, or packed in a way that is not read.
    """
    try:
        yield
    except DAMAGE as fault:
        raise FormatError("the zip archive is damaged", detail=wording.reason(fault)) from fault
    except (NotImplementedError, RuntimeError) as fault:
        raise FormatError(
            "the zip archive is packed in a way that is not read",
            hint=_UNPACK_HINT,
            detail=wording.reason(fault),
        ) from fault


def _files_in(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the entries that may be a report: no directories, nothing hidden.

    Raises:
        BadZipFile: an entry has no name.
    """
    entries = archive.infolist()
    if not all(entry.filename for entry in entries):
        raise zipfile.BadZipFile("an entry without a name")
    return [
        entry
        for entry in entries
        if not entry.is_dir() and not any(map(_is_hidden, _path(entry).parts))
    ]


def _is_hidden(name: str) -> bool:
    return name == "__MACOSX" or (name.startswith(".") and name != "..")


def _report(archive: zipfile.ZipFile, files: Sequence[zipfile.ZipInfo], max_bytes: int) -> bytes:
    if not files:
        return NO_REPORT
    chosen = _reports_among(files)
    if len(chosen) != 1:
        names = ", ".join(wording.name(_path(entry).name)[:60] for entry in (chosen or files)[:3])
        count = f"{len(chosen)} reports" if chosen else "no report"
        raise FormatError(f"the zip archive holds {count} ({names} …)", hint=_UNPACK_HINT)
    if _named(chosen, _FORTIFY_RESULTS):
        return _fortify(archive, chosen[0], _named(files, _FORTIFY_AUDIT), max_bytes)
    return _content(archive, chosen[0], max_bytes)


def _reports_among(files: Sequence[zipfile.ZipInfo]) -> Sequence[zipfile.ZipInfo]:
    """Return those of the files of an archive that may be reports.

    A file alone may have any name. In a Fortify project nothing but the results is one.
    """
    results = _project_results(files)
    if results or len(files) == 1:
        return results or files
    return [entry for entry in files if _is_named_as_report(entry)]


def _project_results(files: Sequence[zipfile.ZipInfo]) -> Sequence[zipfile.ZipInfo]:
    """Return the results of a Fortify project: of SCA, or of WebInspect beside an audit of them."""
    sessions = _named(files, _WEBINSPECT_RESULTS) if _named(files, _FORTIFY_AUDIT) else ()
    return _named(files, _FORTIFY_RESULTS) or sessions


def several_in(archive: zipfile.ZipFile) -> Sequence[zipfile.ZipInfo]:
    """Return the reports in an archive, in order of their names, when there is more than one.

    Empty files count that are named as reports are: each is of a scanner that did not run.
    """
    files = _files_in(archive)
    filled = _reports_among(_filled(files))
    if not filled or _project_results(files):
        return ()
    empty = [entry for entry in files if not entry.file_size and _is_named_as_report(entry)]
    found = sorted((*filled, *empty), key=inner_name)
    return found if len(found) > 1 else ()


def _filled(files: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    return [entry for entry in files if entry.file_size > 0]


def _is_named_as_report(entry: zipfile.ZipInfo) -> bool:
    return _path(entry).suffix.lower() in _SUFFIXES


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
    return content_of(archive, entry, Limit("the zip archive", entry.compress_size, max_bytes))


def content_of(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: Limit, before: int = 0
) -> bytes:
    """Return the content of a file, where `before` bytes were read of the archive already.

    Raises:
        FormatError: encrypted, or there is too much of it.
    """
    if entry.flag_bits & _ENCRYPTED:
        raise FormatError("the zip archive is encrypted", hint=_UNPACK_HINT)
    with archive.open(entry) as stream:
        return limit.read(stream, before)


def inner_name(entry: zipfile.ZipInfo) -> str:
    """Return the path of a file in its archive: a name for people, never a place."""
    return wording.name(_path(entry).as_posix())


def _named(files: Sequence[zipfile.ZipInfo], name: str) -> list[zipfile.ZipInfo]:
    return [entry for entry in files if _path(entry).name.lower() == name]


def _path(entry: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(entry.filename.replace("\\", "/"))
