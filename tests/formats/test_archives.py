"""Packed reports: zip archives with one report in them, zstd, and what is refused."""

from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc
import zipfile
from collections.abc import Mapping
from contextlib import suppress

import pyarrow as pa
import pytest

from riskcockpit.errors import FormatError
from riskcockpit.formats import archives
from riskcockpit.formats.artefacts import enclosed_in
from riskcockpit.formats.limits import CHUNK
from riskcockpit.formats.opening import plain
from riskcockpit.formats.registry import read_report
from support.sarif_logs import OPTIONS, log, result, run

LIMIT = 1 << 20
REPORT = log(run(result()))


def archive(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return buffer.getvalue()


def test_a_tar_archive_is_called_one() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        entry = tarfile.TarInfo("report.sarif")
        entry.size = len(REPORT)
        packed.addfile(entry, io.BytesIO(REPORT))
    with pytest.raises(FormatError, match="tar archive"):
        plain(buffer.getvalue(), LIMIT)


@pytest.mark.parametrize(
    "files",
    [
        {"report.sarif": REPORT},
        {"deep/er/no-suffix": REPORT},
        {"report.json": REPORT, "README.txt": b"hello", "logo.png": b"x"},
        {"report.json": REPORT, "__MACOSX/report.json": b"x", ".hidden.json": b"x"},
        {"report.json": REPORT, "empty.json": b"", "folder/": b""},
        {"..\\..\\report.json": REPORT},
        {"report.json.gz": gzip.compress(REPORT)},
    ],
)
def test_an_archive_with_one_report_is_that_report(files: dict[str, bytes]) -> None:
    assert plain(archive(files), LIMIT) == REPORT


def test_a_packed_archive_is_opened() -> None:
    assert plain(gzip.compress(archive({"a.json": REPORT})), LIMIT) == REPORT


def test_several_reports_are_refused_by_name() -> None:
    with pytest.raises(FormatError, match=r"2 reports \(a.json, b.xml") as caught:
        plain(archive({"a.json": REPORT, "b.xml": b"<a/>"}), LIMIT)
    assert caught.value.hint == "unpack it and import the reports inside"


def test_an_archive_of_other_things_is_refused() -> None:
    with pytest.raises(FormatError, match="no report"):
        plain(archive({"a.png": b"x", "b.txt": b"y"}), LIMIT)


def test_names_in_an_archive_are_cleaned() -> None:
    with pytest.raises(FormatError) as caught:
        plain(archive({"a\x1b[31m.json": REPORT, "b.json": REPORT}), LIMIT)
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize("files", [{}, {"folder/": b""}, {"a.json": b""}])
def test_an_empty_archive_is_read_only_under_a_name(files: dict[str, bytes]) -> None:
    content = archive(files)
    report = read_report(content, OPTIONS, name="bandit")
    (scan,) = report.scans
    assert (scan.observations, scan.is_partial, scan.is_successful) == ((), True, None)
    assert report.notes
    with pytest.raises(FormatError, match="no file in it"):
        read_report(content, OPTIONS)


def test_an_archive_in_an_archive_in_an_archive_is_refused() -> None:
    inner = archive({"a.json": REPORT})
    assert plain(archive({"b.zip": inner}), LIMIT) == REPORT
    with pytest.raises(FormatError, match="archive in an archive"):
        plain(archive({"c.zip": archive({"b.zip": inner})}), LIMIT)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = archive({"a.json": b"0" * (64 << 20)})
    with pytest.raises(FormatError, match="200 times"):
        plain(bomb, 1 << 30)
    with pytest.raises(FormatError, match="larger than"):
        plain(bomb, LIMIT)


def test_an_encrypted_archive_is_refused() -> None:
    content = bytearray(archive({"a.json": REPORT}, zipfile.ZIP_STORED))
    directory = content.rindex(b"PK\x01\x02")
    content[6] |= 1
    content[directory + 8] |= 1
    with pytest.raises(FormatError, match="encrypted"):
        plain(bytes(content), LIMIT)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_file_is_damage_however_it_is_packed(method: int) -> None:
    content = bytearray(archive({"a.json": REPORT * 9, "b.json": REPORT}, method))
    start = content.index(b"a.json") + len(b"a.json")
    content[start : start + 40] = b"\xff" * 40
    first, second = enclosed_in(bytes(content), LIMIT)
    assert "damaged" in str(first.fault)
    assert second.content == REPORT
    alone = bytearray(archive({"a.json": REPORT * 9}, method))
    alone[start : start + 40] = b"\xff" * 40
    with pytest.raises(FormatError, match="damaged"):
        plain(bytes(alone), LIMIT)


def test_a_method_nobody_reads_is_refused() -> None:
    content = bytearray(archive({"a.json": REPORT}, zipfile.ZIP_STORED))
    directory = content.rindex(b"PK\x01\x02")
    content[8] = content[directory + 10] = 99
    with pytest.raises(FormatError, match="not read"):
        plain(bytes(content), LIMIT)


def test_too_many_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRIES", 1)
    with pytest.raises(FormatError, match="2 entries"):
        plain(archive({"a.json": REPORT, "b.txt": b""}), LIMIT)


def test_an_entry_without_a_name_is_damage() -> None:
    packed = archive({"@": b"{}"}).replace(b"@", b"\0")
    with pytest.raises(FormatError, match="damaged"):
        plain(packed, LIMIT)


def test_a_damaged_archive_never_crashes() -> None:
    content = archive({"a.json": REPORT})
    for length in range(4, len(content), 7):
        with pytest.raises(FormatError):
            plain(content[:length], LIMIT)
    for place in range(0, len(content), 3):
        broken = bytearray(content)
        broken[place] ^= 0x55
        try:
            plain(bytes(broken), LIMIT)
        except FormatError as error:
            assert error.message


ZSTD = b"\x28\xb5\x2f\xfd"


def zstd(content: bytes) -> bytes:
    packed: bytes = pa.Codec("zstd").compress(content, asbytes=True)
    return packed


def test_zstd_is_opened_in_one_or_several_frames() -> None:
    assert plain(zstd(REPORT), LIMIT) == REPORT
    assert plain(zstd(REPORT[:50]) + zstd(REPORT[50:]), LIMIT) == REPORT


def test_damaged_cut_and_bomb_like_zstd_is_refused() -> None:
    packed = zstd(REPORT)
    with pytest.raises(FormatError, match="cut off"):
        plain(packed[:-5], LIMIT)
    with pytest.raises(FormatError, match="damaged"):
        plain(packed[:8] + b"\xff" * 40, LIMIT)
    with pytest.raises(FormatError, match="200 times"):
        plain(zstd(b"0" * (64 << 20)), 1 << 30)


def test_nothing_of_damaged_zstd_stays_in_memory() -> None:
    damaged = zstd(REPORT)[:-3]
    tracemalloc.start()
    try:
        for _ in range(8):
            with suppress(FormatError):
                plain(damaged, LIMIT)
        held, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < CHUNK
