"""A file that is written for people is the old one or the new one, never a part."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from riskcockpit.config.placing import place_file


def test_a_full_disk_leaves_what_was_there_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "report.html"
    file.write_text("before")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for target in (file, tmp_path / "new.html"):
        with pytest.raises(OSError, match="No space left"):
            place_file(target, b"after")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert file.read_text() == "before"


def test_links_and_rights_of_a_file_stay_as_they_were(tmp_path: Path) -> None:
    file, link = tmp_path / "kept" / "r.json", tmp_path / "r.json"
    file.parent.mkdir()
    file.write_text("before")
    file.chmod(0o640)
    link.symlink_to(file)
    place_file(link, b"after")
    assert link.is_symlink()
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"after", 0o640)


def test_what_cannot_be_replaced_is_written_as_it_stands(tmp_path: Path) -> None:
    place_file(Path(os.devnull), b"after")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
    reading, writing = os.pipe()
    place_file(Path(f"/dev/fd/{writing}"), b"after")
    assert os.read(reading, 10) == b"after"
    os.close(reading)
    os.close(writing)
    with pytest.raises(IsADirectoryError):
        place_file(tmp_path, b"after")


def test_a_closed_directory_still_takes_a_file_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "r.json"
    file.write_text("before")
    opened = os.open

    def closed(path: str | Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_EXCL:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, flags, mode)

    monkeypatch.setattr(os, "open", closed)
    place_file(file, b"after")
    assert file.read_bytes() == b"after"
    with pytest.raises(PermissionError):
        place_file(tmp_path / "new.json", b"after")


def test_a_file_that_cannot_be_another_takes_the_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mounted.md"
    file.write_text("before")

    def mounted(*_: object) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    monkeypatch.setattr(Path, "replace", mounted)
    place_file(file, b"after")
    assert file.read_bytes() == b"after"
    assert [path.name for path in tmp_path.iterdir()] == ["mounted.md"]
