"""Run the command line inside this process, and walk its commands."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import typer

from riskcockpit.cli.app import app, run


@dataclass(frozen=True)
class Ran:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


def invoke(*arguments: str, stdin: bytes = b"", stdout: io.StringIO | None = None) -> Ran:
    """Run `riskcockpit` with `arguments`; stdin is no terminal, stdout only when it is given."""
    with pytest.MonkeyPatch.context() as patch:
        pipe, err = io.BytesIO(), io.StringIO()
        out = io.TextIOWrapper(pipe, "utf-8", newline="") if stdout is None else stdout
        patch.setattr(sys, "argv", ["riskcockpit", *arguments])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) as ended:
            run()
    out.flush()
    text = pipe.getvalue().decode() if stdout is None else stdout.getvalue()
    return Ran(int(ended.value.code or 0), text, err.getvalue())


def commands() -> Iterator[tuple[str, Any]]:
    """Yield (`findings list`, its click command) for every command there is."""

    def walk(group: Any, path: str) -> Iterator[tuple[str, Any]]:
        for name in group.list_commands(None):
            command = group.get_command(None, name)
            full = f"{path} {name}".strip()
            if hasattr(command, "list_commands"):
                yield from walk(command, full)
            else:
                yield full, command

    yield from walk(typer.main.get_command(app), "")
