"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

AsciiOption = Annotated[
    bool, typer.Option("--ascii", help="Draw without box and block characters.")
]
NoMouseOption = Annotated[bool, typer.Option("--no-mouse", help="Leave the mouse to the terminal.")]
