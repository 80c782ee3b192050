"""Regulations and standards as data: their parts, and the requirements in them.

`DIRECTORY/frameworks.yaml`. The requirements are in our own words, and each says how far its number
can be trusted and how it is shown to be met.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from riskcockpit.config.settings import Struct
from riskcockpit.config.strict import read_document

_Certainty = Literal["checked", "secondary", "unchecked"]


class Assessment(StrEnum):
    """How a requirement is shown to be met."""

    AUTOMATED = "automated"
    """Controls give evidence."""
    MANUAL = "manual"
    """People must look."""
    NOT_COVERED = "not_covered"
    """Nothing here speaks of it."""


class _Requirement(Struct, frozen=True):
    id: str
    title: str
    assessment: Assessment
    certainty: _Certainty | None = None
    link: str = ""


class _Part(Struct, frozen=True):
    title: str
    requirements: tuple[_Requirement, ...]


class _Framework(Struct, frozen=True):
    title: str
    link: str
    certainty: _Certainty
    note: str = ""
    parts: tuple[_Part, ...] = ()


class _FrameworksFile(Struct, frozen=True):
    frameworks: dict[str, _Framework]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing a framework asks for."""

    id: str
    """As the framework numbers it, as `9(4)(e)`."""
    title: str
    """In our own words."""
    assessment: Assessment
    certainty: str
    """Of the number: `checked` against the text, `secondary`, or `unchecked`."""
    link: str
    """The text itself where it can be linked, else that of the framework."""


@dataclass(frozen=True, slots=True)
class Part:
    """A chapter, a principle or an annex."""

    title: str
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Framework:
    """A regulation or standard that controls refer to."""

    id: str
    title: str
    link: str
    certainty: str
    """Of the references: `checked` against the text, `secondary`, or `unchecked`."""
    note: str
    parts: tuple[Part, ...]
    """Empty when only its name is known: then controls may refer to anything in it."""

    @property
    def requirements(self) -> Iterator[Requirement]:
        """All requirements in the order of the framework."""
        return (requirement for part in self.parts for requirement in part.requirements)


def frameworks(*directories: Path) -> dict[str, Framework]:
    """Read `frameworks.yaml` of all `directories`; later ones win.

    Raises:
        ConfigError: a file cannot be used; the message names file, line and what to mend.
    """
    found: dict[str, Framework] = {}
    for file in (directory / "frameworks.yaml" for directory in directories):
        if not file.exists():
            continue
        document = read_document(file, _FrameworksFile, "frameworks")
        for name, listed in document.value.frameworks.items():
            for path, why in _faults(name, listed):
                raise document.source.fault(path, why)
            found[name] = _framework(name, listed)
    return found


def _faults(name: str, framework: _Framework) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for part, listed in enumerate(framework.parts):
        for index, requirement in enumerate(listed.requirements):
            path = f"frameworks.{name}.parts[{part}].requirements[{index}].id"
            if requirement.id in seen:
                yield path, f'"{requirement.id}" is there twice'
            seen.add(requirement.id)


def _framework(name: str, listed: _Framework) -> Framework:
    parts = tuple(
        Part(
            part.title,
            tuple(
                Requirement(
                    one.id, one.title, one.assessment, one.certainty or listed.certainty,
                    one.link or listed.link,
                )
                for one in part.requirements
            ),
        )
        for part in listed.parts
    )  # fmt: skip
    return Framework(name, listed.title, listed.link, listed.certainty, listed.note, parts)
