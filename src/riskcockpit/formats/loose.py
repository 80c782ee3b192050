"""Values of JSON whose type differs from version to version, taken without ever failing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from riskcockpit.formats.wording import scalar


def at(value: Any, *names: str | int) -> Any:
    """Return what stands under `names`, one inside the other; None where one is missing."""
    for name in names:
        if isinstance(value, dict) and isinstance(name, str):
            value = value.get(name)
        elif isinstance(value, list) and isinstance(name, int) and -len(value) <= name < len(value):
            value = value[name]
        else:
            return None
    return value


def text(value: Any, *names: str | int) -> str:
    """Return the text or number under `names` as text, stripped; empty for anything else."""
    return scalar(at(value, *names)).strip()


def first_text(value: Any, *names: str) -> str:
    """Return the first text that is not empty among the members `names` of `value`."""
    return next((found for name in names if (found := text(value, name))), "")


def items(value: Any, *names: str | int) -> list[Any]:
    """Return the list under `names`; empty for anything else."""
    found = at(value, *names)
    return found if isinstance(found, list) else []


def objects(value: Any, *names: str | int) -> list[dict[str, Any]]:
    """Return the objects in the list under `names`; a single object counts as a list of one."""
    found = at(value, *names)
    if isinstance(found, dict):
        return [found]
    return [item for item in items(found) if isinstance(item, dict)]


def texts(value: Any, *names: str | int) -> list[str]:
    """Return the texts and numbers in the list under `names`; a single one counts as a list."""
    found = at(value, *names)
    listed = found if isinstance(found, list) else [found]
    return [one for item in listed if (one := scalar(item).strip())]


def members(value: Any, *names: str | int) -> Iterator[tuple[str, Any]]:
    """Yield the members of the object under `names`; none for anything else."""
    found = at(value, *names)
    if isinstance(found, dict):
        yield from found.items()


def number(value: Any, *names: str | int) -> float | None:
    """Return the number under `names`, written as one or as text; None for anything else."""
    try:
        found = float(text(value, *names))
    except ValueError:
        return None
    return found if abs(found) < float("inf") else None


def is_true(value: Any, *names: str | int) -> bool:
    """Whether a boolean true stands under `names`, or its word."""
    found = at(value, *names)
    return found is True or scalar(found).strip().lower() == "true"
