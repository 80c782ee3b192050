"""The reports in a zipped artefact, taken out one by one in memory: no path of it is ever used."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from riskcockpit.domain.untrusted import clean_line

ENDINGS = (".sarif", ".json", ".jsonl", ".ndjson", ".xml", ".csv", ".fpr")
"""Files of an artefact that may be reports; others are passed over."""
MAX_ZIP_BYTES = 64 * 1024 * 1024
MAX_FILES = 200
MAX_BYTES = 256 * 1024 * 1024
"""Of all files of one artefact, unpacked."""
_PIECE = 1 << 20
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError,
    NotImplementedError, RuntimeError,
)  # fmt: skip
"""What the reading of a zip raises, by the way in which its files are packed."""


@dataclass(slots=True)
class Unzipped:
    """What was taken out of an artefact."""

    files: list[tuple[str, bytes]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Why something was left out, one sentence each; with any, it is not all there is."""


def reports(content: bytes) -> Unzipped:
    """Return the files of a zip that may be reports, by name; never raises for a bad zip."""
    taken = Unzipped()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _take(archive, taken)
    except _DAMAGE as fault:
        taken.notes.append(f"the zip is damaged: {clean_line(str(fault))[:80]}")
    return taken


def _take(archive: zipfile.ZipFile, taken: Unzipped) -> None:
    room = MAX_BYTES
    entries = [entry for entry in archive.infolist() if _may_be_report(entry)]
    if len(entries) > MAX_FILES:
        taken.notes.append(f"only {MAX_FILES} of its {len(entries)} files are read")
    for entry in sorted(entries, key=lambda entry: entry.filename)[:MAX_FILES]:
        name = clean_line(entry.filename)
        if entry.flag_bits & 1:
            taken.notes.append(f"{name} is encrypted")
            continue
        content = b"".join(_pieces(archive, entry, room))
        if len(content) > room:
            taken.notes.append(f"{name} and what follows are left out: more than {MAX_BYTES} bytes")
            return
        room -= len(content)
        taken.files.append((name, content))


def _may_be_report(entry: zipfile.ZipInfo) -> bool:
    return not entry.is_dir() and entry.filename.lower().endswith(ENDINGS)


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> Iterator[bytes]:
    """Yield the content piece by piece; stops as soon as it is more than there is room for."""
    with archive.open(entry) as file:
        while room >= 0 and (piece := file.read(_PIECE)):
            room -= len(piece)
            yield piece
