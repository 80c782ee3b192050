"""`dataclass`, whose methods are compiled when they are first called; the rest is the standard's.

The standard one writes and compiles seven methods for each frozen class while its module is
imported: half a millisecond each time, a fifth of a short command, and most of these classes are
never made in it (ADR 29). What such a class does is the same, and `dataclasses.replace`, `fields`
and the like take it. Classes of other kinds are left to the standard library.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass

__all__ = ["dataclass"]

_LATE = {"frozen", "slots", "kw_only"}
"""Options of classes whose methods wait."""
_COMPARED = ("__eq__", "__hash__", "__repr__")
_COMPILED = frozenset(("__init__", "__setattr__", "__delattr__", "__getstate__", *_COMPARED))


def _decorated(cls: Any = None, /, **options: bool) -> Any:
    if cls is None:
        return partial(_decorated, **options)
    is_usual = options.get("frozen") and options.get("slots") and options.keys() <= _LATE
    if not is_usual or not _COMPILED.isdisjoint(vars(cls)):
        return dataclasses.dataclass(**options)(cls)
    bare = {**options, "frozen": False, "init": False, "repr": False, "eq": False}
    made = dataclasses.dataclass(**bare)(cls)
    made.__init__ = _late(made, "__init__", ("__init__",), eq=False, repr=False, frozen=True)
    for name in _COMPARED:
        setattr(made, name, _late(made, name, _COMPARED, init=False, unsafe_hash=True))
    made.__setattr__, made.__delattr__ = _refusing(made)
    for name, method in (("__getstate__", _state), ("__setstate__", _restore)):
        setattr(made, name, method)
    return made


def _late(made: Any, name: str, all_of_it: tuple[str, ...], **options: bool) -> Callable[..., Any]:
    """Return a method that puts the standard ones in its place, then does what its own does."""

    def method(self: Any, /, *args: Any, **more: Any) -> Any:
        members: dict[str, Any] = {field.name: field for field in dataclasses.fields(made)}
        types = {name: field.type for name, field in members.items()}
        for each in ("__post_init__", "__module__", "__qualname__"):
            if hasattr(made, each):
                members[each] = getattr(made, each)
        model = type(made.__name__, (), {**members, "__annotations__": types, "__doc__": ""})
        dataclasses.dataclass(**options)(model)
        for each in all_of_it:
            setattr(made, each, getattr(model, each))
        return getattr(made, name)(self, *args, **more)

    return method


def _refusing(made: Any) -> tuple[Callable[..., None], Callable[..., None]]:
    """Return what keeps the fields of a class as they are."""
    names = frozenset(made.__dataclass_fields__)

    def set_(self: Any, name: str, value: Any) -> None:
        if type(self) is made or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(made, self).__setattr__(name, value)

    def delete(self: Any, name: str) -> None:
        if type(self) is made or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(made, self).__delattr__(name)

    return set_, delete


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


if not TYPE_CHECKING:
    dataclass = _decorated
