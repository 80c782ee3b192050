"""Classes whose methods are compiled late are what the standard library makes of them."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, field, fields, replace
from pathlib import Path
from typing import Any

import pytest

import riskcockpit
from riskcockpit.domain.values import dataclass


def family(decorator: Callable[..., Any]) -> tuple[type[Any], type[Any]]:
    """Return a class and one that inherits of it, both made by `decorator`."""

    @decorator(frozen=True, slots=True)
    class Place:
        """Where."""

        path: str
        line: int | None = None
        tags: tuple[str, ...] = field(default_factory=tuple)
        seen: list[str] = field(default_factory=list, compare=False, repr=False)

    @decorator(frozen=True, slots=True, kw_only=True)
    class Span(Place):
        """From where to where."""

        end: int

        def __post_init__(self) -> None:
            if self.end < 0:
                raise ValueError("before the beginning")

    return Place, Span


Place, Span = family(dataclass)
STANDARD = family(dataclasses.dataclass)


@dataclass(frozen=True, slots=True)
class Pickled:
    """At the top of a module, where pickle finds it."""

    word: str
    parts: tuple[int, ...] = ()


@pytest.mark.parametrize(
    ("args", "more"),
    [(("a",), {"end": 3}), (("a", 1, ("t",)), {"end": 0, "seen": ["x"]}), (("a", 1), {"end": -1}),
     ((), {"end": 1}), (("a",), {}), (("a",), {"end": 1, "odd": 2}), (("a", 1, (), [], 4), {})],
)  # fmt: skip
def test_a_class_is_made_as_by_the_standard_library(
    args: tuple[Any, ...], more: dict[str, Any]
) -> None:
    def outcome(make: type[Any]) -> object:
        try:
            made = make(*args, **more)
        except (TypeError, ValueError) as fault:
            return type(fault), str(fault)
        return repr(made), hash(made), asdict(made), made == make(*args, **more), made == 1

    _, standard = STANDARD
    assert outcome(Span) == outcome(standard)
    assert Span.__match_args__ == standard.__match_args__
    assert [each.name for each in fields(Span)] == [each.name for each in fields(standard)]


def test_values_are_equal_by_what_counts_and_by_class() -> None:
    assert Place("a", seen=["x"]) == Place("a", seen=["y"])
    assert Place("a") != Place("b")
    assert Place("a") != Span("a", end=1)
    assert len({Place("a"), Place("a"), Place("b")}) == 2
    assert replace(Span("a", end=1), path="b") == Span("b", end=1)


@pytest.mark.parametrize("name", ["path", "unknown"])
def test_a_value_does_not_change(name: str) -> None:
    value = Place("a")
    with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{name}'"):
        setattr(value, name, "b")
    with pytest.raises(FrozenInstanceError, match=f"cannot delete field '{name}'"):
        delattr(value, name)
    assert not hasattr(Place("a"), "__dict__")


def test_a_value_is_copied_and_pickled() -> None:
    value = Pickled("a", (1, 2))
    assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value  # noqa: S301 - ours


def test_a_module_is_imported_without_compiling_what_nobody_calls() -> None:
    program = (
        "import builtins; real = builtins.exec; ran = []\n"
        "builtins.exec = lambda *a: (ran.append(a), real(*a))\n"
        "from riskcockpit.domain.values import dataclass; ran.clear()\n"
        "@dataclass(frozen=True, slots=True)\nclass A:\n    'An A.'\n    x: int\n"
        "before = len(ran); assert A(1).x == 1; print(before, len(ran))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    before, after = map(int, done.stdout.split())
    assert (before, after > before) == (0, True)


def test_no_other_module_takes_the_standard_decorator() -> None:
    root = Path(riskcockpit.__file__).parent
    others = [file for file in root.rglob("*.py") if file != root / "domain" / "values.py"]
    standard = re.compile(
        r"^ *from dataclasses import .*\bdataclass\b|dataclasses\.dataclass", re.MULTILINE
    )
    assert [str(file) for file in others if standard.search(file.read_text("utf-8"))] == []
