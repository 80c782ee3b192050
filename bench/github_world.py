"""An organisation with 100,000 alerts that are written down only when somebody asks for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any, overload

from bench.github import ALERTS, REPOSITORIES
from support import github_objects
from support.github_state import START, World

Row = tuple[tuple[str, str, int], bytes]
_MAKE = {
    "code-scanning": github_objects.code_alert,
    "dependabot": github_objects.dependabot_alert,
    "secret-scanning": github_objects.secret_alert,
}


class Vast(World):
    """All alerts of a kind, in order, without keeping any."""

    def listed(self, owner: str, kind: str, sort: str, direction: str) -> Any:
        """Return the alerts of the organisation; repositories have no lists of their own."""
        return _Rows(kind, is_down=direction == "desc")


class _Rows(Sequence[Row]):
    def __init__(self, kind: str, *, is_down: bool) -> None:
        self._kind = kind
        self._is_down = is_down

    def __len__(self) -> int:
        return ALERTS[self._kind]

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self._row(number) for number in range(*index.indices(len(self)))]
        return self._row(index)

    def _row(self, index: int) -> Row:
        number = len(self) - index if self._is_down else index + 1
        name = f"bank/service-{number % REPOSITORIES:03d}"
        at = (START + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        alert = _MAKE[self._kind](name, number, at)
        alert.pop("secret", None)
        content = json.dumps(alert)[:-1] + f', "repository": {_repository(name)}}}'
        return (at, name, number), content.encode()


@cache
def _repository(name: str) -> str:
    return json.dumps(github_objects.repository(name))
