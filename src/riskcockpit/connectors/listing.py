"""Which files the paths of a source name. Reads no content."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

REPORT_SUFFIXES = (
    *(".sarif", ".json", ".jsonl", ".ndjson", ".xml", ".csv", ".fpr", ".fvdl"),
    *(".gz", ".zst", ".zip"),
)
"""What is taken from a directory; a pattern or a path takes any name."""
REPORT_NAMES = frozenset({"CODEOWNERS", "catalog-info.yaml", "catalog-info.yml"})
"""Files without such an ending that are taken with reports: most YAML beside them is none."""
_FORGES = frozenset({".github", ".gitlab"})
"""Hidden directories in which files of those names may lie; nothing else of them is taken."""


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file that a path of the source names."""

    path: Path
    root: Path
    """The directory the path of the settings starts from; nothing outside it is read."""
    size: int
    modified_ns: int

    @property
    def below_root(self) -> Path:
        """The path relative to `root`, as it is named, not as symbolic links resolve."""
        return self.path.relative_to(self.root)


@dataclass(frozen=True, slots=True)
class Listing:
    """What the paths of a source name, in the order of their names, each file once."""

    files: tuple[Found, ...]
    notes: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    """Paths of the settings that name nothing."""


def list_files(
    paths: Sequence[str], start: Path | None, suffixes: tuple[str, ...] = REPORT_SUFFIXES
) -> Listing:
    """List what `paths` name; relative ones lie under `start`.

    A path is a file, a directory (everything below it that ends as `suffixes`, for reports also
    `REPORT_NAMES`) or a glob pattern, in which `**` crosses directories.
    """
    files: dict[Path, Found] = {}
    notes: list[str] = []
    unmatched: list[str] = []
    for text in paths:
        path = Path(text).expanduser()
        whole = path if start is None or path.is_absolute() else start / path
        names = list(_expand(whole, suffixes))
        root = _root(whole)
        for name in names:
            found = _examine(name, root)
            if isinstance(found, Found):
                files.setdefault(found.path, found)
            elif found:
                notes.append(f"{name}: {found}")
        if not names:
            unmatched.append(text)
    return Listing(tuple(files[path] for path in sorted(files)), tuple(notes), tuple(unmatched))


def _expand(path: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    if path.is_dir():
        yield from _walk(path, suffixes)
    elif path.exists() or path.is_symlink():
        yield path
    elif _is_pattern(str(path)):
        root = _root(path)
        try:
            yield from (
                found for found in root.glob(str(path.relative_to(root))) if not found.is_dir()
            )
        except ValueError:  # pathlib refuses `**` beside other text
            return


def _is_pattern(text: str) -> bool:
    return any(mark in text for mark in "*?[")


def _walk(directory: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    for place, directories, names in os.walk(directory):
        is_forge = Path(place) != directory and Path(place).name in _FORGES
        directories[:] = sorted(name for name in directories if not is_forge and _is_walked(name))
        for name in sorted(names):
            is_named = suffixes is REPORT_SUFFIXES and name in REPORT_NAMES
            is_report = name.lower().endswith(suffixes) and not is_forge
            if (is_named or is_report) and not name.startswith("."):
                yield Path(place, name)


def _is_walked(name: str) -> bool:
    return not name.startswith(".") or name in _FORGES


def _root(path: Path) -> Path:
    """Return the part of `path` before any pattern: the directory that bounds what is read."""
    if path.is_dir():
        return path
    fixed: list[str] = []
    for part in path.parts[:-1]:
        if _is_pattern(part):
            break
        fixed.append(part)
    return Path(*fixed) if fixed else Path()


def _examine(path: Path, root: Path) -> Found | str:
    """Return the file, or why it is left out (empty: nothing to say)."""
    try:
        if not path.resolve(strict=True).is_relative_to(root.resolve()):
            return "left out: it is a link that leads out of its directory"
        status = path.stat()
    except (OSError, RuntimeError):
        return "left out: it cannot be read"
    if not stat.S_ISREG(status.st_mode):
        return "left out: it is not a regular file"
    return Found(path, root, status.st_size, status.st_mtime_ns)
