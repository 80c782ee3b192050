"""Which documents an import is given: files, directories, stdin; and what asset each is about."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from riskcockpit.domain.batch import Document
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import FormatError, InputError

STDIN = "-"
_MAX_PARENTS = 40
_NOT_FOLLOWED = "hidden files are skipped, and symbolic links in a directory are not followed"


@dataclass(frozen=True, slots=True)
class Source:
    """A place where a document is; read only when its turn comes."""

    name: str
    """As given, or as found under a directory that was given; cleaned, for a name is foreign."""
    path: Path | None = None
    """None for stdin."""

    @property
    def asset(self) -> str:
        """The asset of a report that names none: the git repository around it, else its folder."""
        return "stdin" if self.path is None else asset_around(self.path)

    @property
    def place(self) -> str:
        """The file's path below the repository around it, else its name: the same from anywhere."""
        return STDIN if self.path is None else place_in_repository(self.path)


def find(paths: Sequence[Path]) -> list[Source]:
    """Return every document once, in a fixed order; directories are walked.

    Hidden entries are skipped and symbolic links inside directories are not followed. A directory
    without any document, or one that cannot be looked into, stands for itself: nothing read is no
    clean result.
    """
    found: dict[str, Source] = {}
    for path in paths:
        if str(path) == STDIN:
            found.setdefault(STDIN, Source(STDIN))
        elif path.is_dir():
            for file in list(_walk(path)) or [path]:
                found.setdefault(str(file.resolve()), _source(file))
        else:
            found.setdefault(str(path.resolve()), _source(path))
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
        raise _too_large(source.name, max_bytes)
    if not content or content.isspace():
        raise FormatError(
            f"{source.name} is empty, which does not say that a scan found nothing",
            hint="see whether the scanner failed; nothing was changed",
        )
    return Document(source.name, content, modified_at=modified_at)


def asset_around(path: Path) -> str:
    """Return the name of the git repository that holds `path`, else of its directory."""
    return clean_line(_repository(path).name) or "root"


def place_in_repository(path: Path) -> str:
    """Return `path` below the git repository that holds it, else below its directory."""
    return clean_line(path.resolve().relative_to(_repository(path)).as_posix())


def _repository(path: Path) -> Path:
    directory = path.resolve().parent
    parents = (directory, *directory.parents)[:_MAX_PARENTS]
    return next((parent for parent in parents if (parent / ".git").exists()), directory)


def _source(file: Path) -> Source:
    return Source(clean_line(str(file)), file)


def _walk(directory: Path) -> Iterator[Path]:
    try:
        entries = sorted(directory.iterdir())
    except OSError:
        yield directory
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from _walk(entry)
        elif entry.is_file():
            yield entry


def _read_file(path: Path, max_bytes: int) -> tuple[bytes, datetime]:
    """Read one byte too many at most: a file may grow, and some say that they have no size."""
    if path.is_dir() and os.access(path, os.R_OK | os.X_OK):
        raise InputError(f"{path} has no file to read in it", hint=_NOT_FOLLOWED)
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise _no_report(path, "is not a regular file")
            if status.st_size > max_bytes:
                raise _too_large(str(path), max_bytes)
            return file.read(max_bytes + 1), datetime.fromtimestamp(status.st_mtime, UTC)
    except FileNotFoundError as error:
        raise _no_report(path, "does not exist") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def _no_report(path: Path, why: str) -> InputError:
    return InputError(f"{path} {why}", hint="give a report, a directory, or `-` for stdin")


def _too_large(name: str, max_bytes: int) -> FormatError:
    return FormatError(
        f"{name} has more than the {max_bytes:,} bytes that are read",
        hint="raise imports.max_file_bytes, or split the report",
    )
