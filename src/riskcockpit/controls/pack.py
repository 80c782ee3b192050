"""Packs of controls: one YAML file and one SELECT a control, read strictly.

`DIRECTORY/<pack>/<id>.yaml` + `<id>.sql`, and `DIRECTORY/frameworks.yaml` for what the packs refer
to. Reading a pack runs nothing of it; the store's guard judges the SQL when it runs.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec

from riskcockpit.config.durations import parse_duration
from riskcockpit.config.settings import Struct
from riskcockpit.config.strict import Document, read_document
from riskcockpit.domain.control import RowStatus, Verdict
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import ConfigError
from riskcockpit.store.guard import CACHE_TABLES

DATED_TABLES = frozenset(
    {
        "asset", "control_evidence", "finding", "ledger_entry", "model", "model_alias",
        "model_version", "reading", "scan", "source",
    }
)  # fmt: skip
"""Tables whose newest row says how old they are (`sql/freshness.sql`)."""
AS_OF = "as_of"
"""The parameter every control gets: the moment it is judged for."""
Scalar = str | int | float | bool


class _Input(Struct, frozen=True):
    table: str
    max_age: str = ""


class _Case(Struct, frozen=True):
    name: str
    verdict: Verdict
    as_of: datetime
    rows: dict[str, tuple[dict[str, Any], ...]] = msgspec.field(default_factory=dict)
    statuses: dict[str, RowStatus] = msgspec.field(default_factory=dict)


class _ControlFile(Struct, frozen=True):
    id: str
    title: str
    pillar: Pillar
    severity: Literal["info", "low", "medium", "high", "critical"]
    rationale: str
    remediation: str
    frameworks: dict[str, tuple[str, ...]]
    inputs: tuple[_Input, ...]
    params: dict[str, Scalar] = msgspec.field(default_factory=dict)
    cases: tuple[_Case, ...] = ()


class _Framework(Struct, frozen=True):
    title: str
    link: str
    certainty: Literal["checked", "secondary", "unchecked"]
    note: str = ""


class _FrameworksFile(Struct, frozen=True):
    frameworks: dict[str, _Framework]


@dataclass(frozen=True, slots=True)
class Framework:
    """A regulation or standard that controls refer to."""

    id: str
    title: str
    link: str
    certainty: str
    """Of the references: `checked` against the text, `secondary`, or `unchecked`."""
    note: str


@dataclass(frozen=True, slots=True)
class Case:
    """A test case of a control: rows in, verdict out."""

    name: str
    as_of: datetime
    """Aware UTC."""
    rows: Mapping[str, tuple[Mapping[str, Any], ...]]
    """Table → rows; columns left out get a harmless value."""
    verdict: Verdict
    statuses: Mapping[str, RowStatus]
    """Resource → status it must have; resources left out are not looked at."""


@dataclass(frozen=True, slots=True)
class Control:
    """A requirement as executable policy."""

    id: str
    title: str
    pillar: Pillar
    severity: Severity
    rationale: str
    remediation: str
    frameworks: Mapping[str, tuple[str, ...]]
    """Framework id → references in it."""
    inputs: Mapping[str, timedelta | None]
    """Table it reads → how old its newest row may be; None: age does not matter."""
    params: Mapping[str, Scalar]
    sql: str
    cases: tuple[Case, ...]
    digest: str
    """SHA-256 of the two files, as hex."""


def load(*directories: Path) -> tuple[Control, ...]:
    """Read all controls of all packs under `directories`, in the order of pillar and id.

    Raises:
        ConfigError: a file cannot be used; the message names file, line and what to mend.
    """
    known = frameworks(*directories)
    found: dict[str, Control] = {}
    for directory in directories:
        for file in sorted(directory.glob("*/*.yaml")):
            control = _read(file, known)
            if control.id in found:
                raise ConfigError(f"cannot read controls from {file}: {control.id} is there twice")
            found[control.id] = control
        _refuse_orphans(directory)
    return tuple(sorted(found.values(), key=lambda c: (c.pillar.number, c.id)))


def frameworks(*directories: Path) -> dict[str, Framework]:
    """Read `frameworks.yaml` of all `directories`; later ones win. Raises as `load`."""
    found: dict[str, Framework] = {}
    for file in (directory / "frameworks.yaml" for directory in directories):
        if file.exists():
            listed = read_document(file, _FrameworksFile, "frameworks").value.frameworks
            for name, framework in listed.items():
                found[name] = Framework(
                    name, framework.title, framework.link, framework.certainty, framework.note
                )
    return found


def digest(controls: Iterable[Control]) -> str:
    """Return the SHA-256 over all controls, as hex: which policy was in force."""
    lines = sorted(f"{control.id} {control.digest}\n" for control in controls)
    return sha256("".join(lines).encode()).hexdigest()


def _read(file: Path, known: Mapping[str, Framework]) -> Control:
    document = read_document(file, _ControlFile, "controls")
    for path, why, hint in _faults(document, file, known):
        raise document.source.fault(path, why, hint)
    value = document.value
    statement = file.with_suffix(".sql")
    try:
        text = statement.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read controls from {statement}: {error}", hint="a control is a pair of files"
        ) from error
    return Control(
        id=value.id,
        title=value.title,
        pillar=value.pillar,
        severity=Severity[value.severity.upper()],
        rationale=value.rationale.strip(),
        remediation=value.remediation.strip(),
        frameworks=value.frameworks,
        inputs={i.table: parse_duration(i.max_age) if i.max_age else None for i in value.inputs},
        params=value.params,
        sql=text,
        cases=tuple(
            Case(case.name, case.as_of, case.rows, case.verdict, case.statuses)
            for case in value.cases
        ),
        digest=sha256(file.read_bytes() + b"\0" + statement.read_bytes()).hexdigest(),
    )


def _faults(
    document: Document[_ControlFile], file: Path, known: Mapping[str, Framework]
) -> Iterator[tuple[str, str, str | None]]:
    """Yield (path, what is wrong, hint) for each value that no type refuses."""
    value = document.value
    if value.id != file.stem:
        yield "id", f'"{value.id}" is not the name of the file', f"call it {file.stem}"
    if not value.inputs:
        yield "inputs", "a control reads at least one table", None
    if AS_OF in value.params:
        yield f"params.{AS_OF}", "is given to every control", None
    for name in value.frameworks:
        if name not in known:
            yield f"frameworks.{name}", "nobody describes it", _near(name, known)
    yield from _input_faults(value.inputs)
    yield from _case_faults(value.cases)


def _case_faults(cases: tuple[_Case, ...]) -> Iterator[tuple[str, str, str | None]]:
    for index, case in enumerate(cases):
        if case.as_of.tzinfo is None:
            yield f"cases[{index}].as_of", "has no time zone", "as 2026-01-15T12:00:00Z"
        for table in case.rows:
            if table not in CACHE_TABLES:
                yield f"cases[{index}].rows.{table}", "is no table", _near(table, CACHE_TABLES)


def _input_faults(inputs: tuple[_Input, ...]) -> Iterator[tuple[str, str, str | None]]:
    for index, given in enumerate(inputs):
        path = f"inputs[{index}]"
        if given.table not in CACHE_TABLES:
            yield f"{path}.table", f'"{given.table}" is no table', _near(given.table, CACHE_TABLES)
        if not given.max_age:
            continue
        try:
            parse_duration(given.max_age)
        except ValueError as error:
            yield f"{path}.max_age", str(error), "as 15m, 24h or 7d"
        if given.table not in DATED_TABLES:
            ages = ", ".join(sorted(DATED_TABLES))
            yield f"{path}.max_age", f"{given.table} has no age", f"these have: {ages}"


def _near(name: str, known: Collection[str]) -> str:
    nearest = difflib.get_close_matches(name, list(known), 1)
    return f'did you mean "{nearest[0]}"?' if nearest else f"known: {', '.join(sorted(known))}"


def _refuse_orphans(directory: Path) -> None:
    for statement in sorted(directory.glob("*/*.sql")):
        if not statement.with_suffix(".yaml").exists():
            raise ConfigError(
                f"cannot read controls from {statement}: there is no {statement.stem}.yaml",
                hint="a control is a pair of files",
            )
