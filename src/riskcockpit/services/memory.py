"""What the cockpit remembers between its runs: drafts of forms and the history of commands.

Files of mode 0600 in the state directory. A draft outlives a crash and goes when its decision is
signed. What cannot be read is as if it had not been there: it never stops anybody from working.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec

from riskcockpit.config.paths import Paths, make_private
from riskcockpit.store.durable import write_whole

T = TypeVar("T")

MOST_COMMANDS = 200
_LONGEST = 1 << 16
_TOUR = "tour-is-over"


def draft(paths: Paths, form: str) -> Mapping[str, str]:
    """Return what was typed into a form and not sent, field → text; empty when nothing was."""
    return _read(_file(paths, form), dict[str, str]) or {}


def keep_draft(paths: Paths, form: str, fields: Mapping[str, str]) -> None:
    """Keep what is typed into a form; with nothing typed the draft goes."""
    if not any(fields.values()):
        drop_draft(paths, form)
        return
    make_private(paths.state)
    make_private(paths.state / "drafts")
    write_whole(_file(paths, form), msgspec.json.encode(dict(fields)))


def drop_draft(paths: Paths, form: str) -> None:
    """Forget what was typed into a form."""
    _file(paths, form).unlink(missing_ok=True)


def commands(paths: Paths) -> tuple[str, ...]:
    """Return the commands that were typed, the oldest first."""
    return tuple(_read(paths.state / "commands", list[str]) or ())


def remember_command(paths: Paths, text: str) -> None:
    """Add a command to the history; one that is there already moves to the end."""
    known = [one for one in commands(paths) if one != text]
    kept = [*known, text][-MOST_COMMANDS:]
    write_whole(make_private(paths.state) / "commands", msgspec.json.encode(kept))


def is_tour_over(paths: Paths) -> bool:
    """Return whether somebody said that the tour of the demo shall not come again."""
    return (paths.state / _TOUR).exists()


def end_tour(paths: Paths) -> None:
    """Remember that the tour of the demo shall not come again."""
    write_whole(make_private(paths.state) / _TOUR, b"")


def _file(paths: Paths, form: str) -> Path:
    return paths.state / "drafts" / f"{sha256(form.encode()).hexdigest()[:32]}.json"


def _read(file: Path, type_: type[T]) -> T | None:
    with contextlib.suppress(OSError, msgspec.DecodeError, msgspec.ValidationError):
        content = file.read_bytes()
        if len(content) <= _LONGEST:
            return msgspec.json.decode(content, type=type_)
    return None
