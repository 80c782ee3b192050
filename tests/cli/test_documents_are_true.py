"""docs/cli.md names every command and every option, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from support.cli import commands

TEXT = (Path(__file__).resolve().parents[2] / "docs/cli.md").read_text(encoding="utf-8")
HEADING = re.compile(r"^### `riskcockpit ([a-z ]+[a-z])", re.MULTILINE)


def section(path: str) -> str:
    """The part of the document about one command."""
    start = re.search(rf"^### `riskcockpit {re.escape(path)}[ `].*$", TEXT, re.MULTILINE)
    assert start, path
    rest = TEXT[start.end() :]
    return rest[: nearest.start()] if (nearest := re.search(r"^##", rest, re.MULTILINE)) else rest


def test_every_command_and_option_is_documented() -> None:
    for path, command in commands():
        text = section(path)
        for parameter in command.params:
            if parameter.param_type_name == "option":
                for name in (*parameter.opts, *parameter.secondary_opts):
                    assert f"`{name}`" in text, f"{path} {name}"


def test_no_command_is_documented_that_does_not_exist() -> None:
    existing = {path for path, _ in commands()}
    assert {match.strip() for match in HEADING.findall(TEXT)} == existing


def test_every_command_says_what_it_does() -> None:
    for path, command in commands():
        assert command.help, path
