"""Files that a command writes where its user says: whole, or not at all. `-` is stdout."""

from __future__ import annotations

from pathlib import Path

from riskcockpit.cli import output
from riskcockpit.cli.diagnostics import say
from riskcockpit.config.placing import place_file
from riskcockpit.errors import InputError

STDOUT = Path("-")


def goes_to_stdout(**files: Path | None) -> bool:
    """Return whether one of the files is `-`; the names are those of their options.

    Raises:
        InputError: several are.
    """
    names = [f"--{name}" for name, file in files.items() if file == STDOUT]
    if len(names) > 1:
        raise InputError(
            f"{' and '.join(names)} would mix on standard output",
            hint="one of them at most goes to `-`: name files for the others",
        )
    return bool(names)


def write_file(file: Path, content: bytes, said: str = "") -> None:
    """Write a whole file; say so, and what is `said` of it.

    Raises:
        InputError: it cannot be written; the message names it. What was there is still there.
    """
    if file == STDOUT:
        output.raw(content)
        say(f"wrote standard output{said}")
        return
    try:
        place_file(file, content)
    except OSError as error:
        raise InputError(f"cannot write {file}: {error.strerror or error}") from error
    say(f"wrote {file}{said}")
