"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import InputError

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

AsciiOption = Annotated[
    bool, typer.Option("--ascii", help="Draw without box and block characters.")
]
NoMouseOption = Annotated[bool, typer.Option("--no-mouse", help="Leave the mouse to the terminal.")]


def name_given(option: str, text: str | None) -> str:
    """Return what an option names, cleaned; empty when it was not given.

    Raises:
        InputError: it was given empty: mostly a variable that is not set.
    """
    if text is None:
        return ""
    if not (name := clean_line(text).strip()):
        raise InputError(f"{option} is empty", hint="is the variable set that it is from?")
    return name
