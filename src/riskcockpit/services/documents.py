"""Which documents an import is given: files, directories, stdin; and what asset each is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from riskcockpit.domain.batch import Document
from riskcockpit.errors import FormatError, InputError

STDIN = "-"
_MAX_PARENTS = 40


@dataclass(frozen=True, slots=True)
class Source:
    """A place where a document is; read only when its turn comes."""

    name: str
    """As given, or as found under a directory that was given."""
    path: Path | None = None
    """None for stdin."""

    @property
    def asset(self) -> str:
        """The asset of a report that names none: the git repository around it, else its folder."""
        return "stdin" if self.path is None else asset_around(self.path)


def find(paths: Sequence[Path]) -> list[Source]:
    """Return every document once, in a fixed order; directories are walked.

    Hidden entries are skipped and symbolic links inside directories are not followed.
    """
    found: dict[str, Source] = {}
    for path in paths:
        if str(path) == STDIN:
            found.setdefault(STDIN, Source(STDIN))
        elif path.is_dir():
            for file in _walk(path):
                found.setdefault(str(file.resolve()), Source(str(file), file))
        else:
            found.setdefault(str(path.resolve()), Source(str(path), path))
    return list(found.values())


def read(source: Source, stdin: bytes | None, max_bytes: int) -> Document:
    """Read one document.

    Raises:
        InputError: it is not there, may not be read, or is no regular file.
        FormatError: it is larger than `max_bytes`, or it is empty.
    """
    if source.path is None:
        content, modified_at = stdin or b"", None
    else:
        content, modified_at = _read_file(source.path, max_bytes)
    if len(content) > max_bytes:
        raise _too_large(source.name, len(content), max_bytes)
    if not content or content.isspace():
        raise FormatError(
            f"{source.name} is empty, which does not say that a scan found nothing",
            hint="see whether the scanner failed; nothing was changed",
        )
    return Document(source.name, content, modified_at=modified_at)


def asset_around(path: Path) -> str:
    """Return the name of the git repository that holds `path`, else of its directory."""
    directory = path.resolve().parent
    for parent in (directory, *directory.parents)[:_MAX_PARENTS]:
        if (parent / ".git").exists():
            return parent.name or "root"
    return directory.name or "root"


def _walk(directory: Path) -> Iterator[Path]:
    try:
        entries = sorted(directory.iterdir())
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _walk(entry)
        elif entry.is_file():
            yield entry


def _read_file(path: Path, max_bytes: int) -> tuple[bytes, datetime]:
    try:
        if not path.is_file():
            kind = "is not a regular file" if path.exists() else "does not exist"
            raise InputError(f"{path} {kind}", hint="give a report, a directory, or `-` for stdin")
        status = path.stat()
        if status.st_size > max_bytes:
            raise _too_large(str(path), status.st_size, max_bytes)
        return path.read_bytes(), datetime.fromtimestamp(status.st_mtime, UTC)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def _too_large(name: str, size: int, max_bytes: int) -> FormatError:
    return FormatError(
        f"{name} has {size:,} bytes, more than the {max_bytes:,} that are read",
        hint="raise imports.max_file_bytes, or split the report",
    )
