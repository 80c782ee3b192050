"""Which lines a change adds, told by git: the difference to where it left another branch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from riskcockpit.config.programs import Ended, NotEndedError, NotStartedError, run
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import InputError

MAX_BYTES = 256 * 1024 * 1024
TIMEOUT_SECONDS = 120.0
_FILE = re.compile(rb'^\+\+\+ (?:"b/(?P<quoted>.*)"|b/(?P<plain>[^\t\n]*))\t?$')
_HUNK = re.compile(rb"^@@ -\S+ \+(?P<start>\d+)(?:,(?P<count>\d+))? @@")
_ESCAPE = re.compile(rb'\\([0-7]{3}|[abtnvfr"\\])')
_ESCAPES = {
    b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r",
    b'"': b'"', b"\\": b"\\",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """The lines of the working tree that another revision does not have."""

    lines: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    """Path in the repository → first and last added line of each run, one-based."""

    def has(self, path: str, line: int | None, end_line: int | None) -> bool:
        """Whether a place is in it; a place without a line is when its file has added lines."""
        added = self.lines.get(path, ())
        if line is None:
            return bool(added)
        last = max(line, end_line or line)
        return any(start <= last and line <= end for start, end in added)


def change_since(revision: str, directory: Path) -> Change:
    """Return what the working tree around `directory` adds since it left `revision`.

    Files that git does not know yet are left out. A file that was only renamed adds nothing.

    Raises:
        InputError: there is no git, no repository, or no such revision.
    """
    if revision.startswith("-"):
        raise InputError(f'"{clean_line(revision)}" is no revision', hint="as origin/main")
    known = _git(directory, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if known.status != 0:
        raise InputError(
            f'"{clean_line(revision)}" is neither a report nor a revision that git knows here',
            hint="fetch it first (`git fetch origin main`), or name the reports of the base",
        )
    base = _git(directory, "merge-base", "HEAD", known.output.decode("ascii").strip())
    if base.status != 0:
        raise InputError(
            f'the history that "{clean_line(revision)}" shares with this checkout is not here',
            hint="fetch more of it: a shallow clone ends before the two branches meet",
        )
    found = _git(
        directory, "-c", "core.quotePath=true", "-c", "diff.noprefix=false", "diff",
        "--no-ext-diff", "--no-textconv", "--no-color", "--unified=0", "--find-renames",
        "--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules", "--no-relative",
        base.output.decode("ascii").strip(), "--",
    )  # fmt: skip
    if found.status != 0 or len(found.output) > MAX_BYTES:
        why = clean_line(found.errors.decode("utf-8", "replace").strip()) or "it is too large"
        raise InputError(f"git cannot compare with {clean_line(revision)}: {why}")
    return Change(_lines(found.output))


def _git(directory: Path, *arguments: str) -> Ended:
    argv = ("git", "-C", str(directory), "--no-pager", *arguments)
    try:
        return run(argv, max_bytes=MAX_BYTES, timeout_seconds=TIMEOUT_SECONDS)
    except NotStartedError as error:
        raise InputError(
            f"cannot start git: {error}", hint="name the reports of the base instead of a revision"
        ) from None
    except NotEndedError:
        raise InputError(
            "git did not answer in time", hint="is the checkout on a slow disk?"
        ) from None


def _lines(diff: bytes) -> dict[str, tuple[tuple[int, int], ...]]:
    found: dict[str, list[tuple[int, int]]] = {}
    runs: list[tuple[int, int]] = []
    for path, start, count in _hunks(diff):
        if path is not None:
            runs = found.setdefault(path, [])
        elif count:
            runs.append((start, start + count - 1))
    return {path: tuple(added) for path, added in found.items() if added}


def _hunks(diff: bytes) -> Iterator[tuple[str | None, int, int]]:
    """Yield (path, 0, 0) for each file and (None, first line, lines) for each run added to it.

    The lines of a hunk are counted, so that no content is taken for a header.
    """
    left = 0
    for line in diff.split(b"\n"):
        if left and line[:1] in (b"+", b"-"):
            left -= 1
        elif match := _HUNK.match(line):
            count = int(match["count"] or 1)
            left = _removed(line) + count
            yield None, int(match["start"]), count
        elif match := _FILE.match(line):
            yield _unquoted(match["quoted"], match["plain"]), 0, 0


def _removed(header: bytes) -> int:
    """Return how many lines a hunk takes away."""
    _, _, count = header.split(b" ", 2)[1].partition(b",")
    return int(count) if count else 1


def _unquoted(quoted: bytes | None, plain: bytes | None) -> str:
    if quoted is None:
        return (plain or b"").decode("utf-8", "replace")

    def replaced(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8) & 0xFF]) if len(code) == 3 else _ESCAPES[code]  # noqa: PLR2004 - three octal digits

    return _ESCAPE.sub(replaced, quoted).decode("utf-8", "replace")
