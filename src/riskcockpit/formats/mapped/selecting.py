"""Paths into a record, as `location.file` or `issues[*]."x.y".id`: parsed once, then followed.

A step is a name, a number in brackets, or `[*]` for every item; a name with a dot or bracket in
it stands in double quotes. What is not there selects nothing, and `[*]` of a single value is that
value, since XML and some scanners write one item without a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_STEP = re.compile(r'\.?(?:"(?P<quoted>[^"]*)"|(?P<name>[^."\[\]]+)|\[(?P<index>\d{1,6}|\*)\])')
EVERY = "*"
Path = tuple[str | int, ...]


def parsed_path(text: str) -> Path:
    """Return the steps of `text`; the empty text is the record itself.

    Raises:
        ValueError: it is not a path; the message names the position.
    """
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None or (position == 0 and text.startswith(".")):
            raise ValueError(f'"{text}" is not a path: position {position + 1} cannot be read')
        if match["index"] == EVERY:
            steps.append(-1)
        elif match["index"] is not None:
            steps.append(int(match["index"]))
        else:
            steps.append(match["quoted"] if match["quoted"] is not None else match["name"])
        position = match.end()
    return tuple(steps)


def selected(value: Any, path: Path) -> Iterator[Any]:
    """Yield everything in the JSON value `value` that `path` leads to, in order."""
    if not path:
        yield value
        return
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        if isinstance(value, dict) and step in value:
            yield from selected(value[step], rest)
    elif step < 0:
        for item in value if isinstance(value, list) else [value]:
            yield from selected(item, rest)
    elif isinstance(value, list) and step < len(value):
        yield from selected(value[step], rest)
