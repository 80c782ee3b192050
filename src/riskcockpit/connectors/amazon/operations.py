"""What an operation of a service is called and where it is asked for. Pure."""

from __future__ import annotations

from dataclasses import dataclass

_TARGET = "X-Amz-Target"
_JSON_11 = "application/x-amz-json-1.1"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a service."""

    name: str
    """As AWS calls it."""
    path: str = "/"
    method: str = "POST"
    target: str = ""
    """What names the operation where all share one path."""
    token: str = "NextToken"  # noqa: S105 - the name of a member
    """The member of the question that takes the token of a page."""

    @property
    def headers(self) -> dict[str, str]:
        """The headers of its requests."""
        return {_TARGET: self.target, "Content-Type": _JSON_11} if self.target else {}


def operation(prefix: str, name: str) -> Operation:
    """Return an operation of a service whose operations share one path."""
    return Operation(name, target=f"{prefix}.{name}")
