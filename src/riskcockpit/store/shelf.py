"""What generations were built upon, kept for a while so that a change can be taken back.

`undo/NNNNNN.duckdb` is the file that generation NNNNNN was made from; it is empty when that was
the first one. A file is a second name of the generation's own, so it costs its blocks, no copy.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from riskcockpit.store.durable import copy_file, sync_directory, writing

KEPT = 3
"""How many changes can be taken back, one after the other."""
_NAME = re.compile(r"\d{6,12}\.duckdb")


class Shelf:
    """The predecessors of the newest changes of one cache; the caller holds the writer's lock."""

    def __init__(self, cache: Path) -> None:
        self.directory = cache / "undo"

    def find(self, number: int) -> Path | None:
        """Return what generation `number` was made from; None when it is not kept."""
        file = self._file(number)
        return file if file.is_file() else None

    def keep(self, number: int, predecessor: Path | None) -> None:
        """Keep `predecessor` (None: there was none) for generation `number`; drop the oldest.

        Raises:
            StoreError: it cannot be written.
        """
        file = self._file(number)
        with writing():
            self.directory.mkdir(mode=0o700, exist_ok=True)
            file.unlink(missing_ok=True)
            if predecessor is None:
                file.touch(mode=0o600)
            else:
                _second_name(predecessor, file)
            sync_directory(self.directory)
        for old in self._files()[:-KEPT]:
            old.unlink(missing_ok=True)

    def drop(self, number: int) -> None:
        """Forget what generation `number` was made from: it was taken back."""
        self._file(number).unlink(missing_ok=True)

    def _file(self, number: int) -> Path:
        return self.directory / f"{number:06d}.duckdb"

    def _files(self) -> list[Path]:
        found = (file for file in self.directory.iterdir() if _NAME.fullmatch(file.name))
        return sorted(found, key=lambda file: int(file.stem))


def _second_name(file: Path, name: Path) -> None:
    try:
        os.link(file, name)
    except OSError:  # a file system without links
        copy_file(file, name)
