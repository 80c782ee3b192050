"""Packs of controls: one YAML file and one SELECT a control, read strictly.

`DIRECTORY/<pack>/<id>.yaml` + `<id>.sql`, and `DIRECTORY/frameworks.yaml` for what the packs refer
to. Controls of one pack that ask the same question of other things share a SELECT by `query`.
Reading a pack runs nothing of it; the store's guard judges the SQL when it runs.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec

from riskcockpit.config.durations import parse_duration
from riskcockpit.config.paths import shipped
from riskcockpit.config.settings import Struct
from riskcockpit.config.strict import Document, read_document
from riskcockpit.controls.frameworks import Framework, frameworks
from riskcockpit.controls.seal import SIGNATURE, controls_signed, signer_of
from riskcockpit.domain.control import RowStatus, Verdict
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import ConfigError
from riskcockpit.ledger.signers import AllowedSigners
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
NOBODY = AllowedSigners()
ABSENT = "absent"
"""In a case, of a resource that the control must not judge at all."""
Scalar = str | int | float | bool


class _Input(Struct, frozen=True):
    table: str
    max_age: str = ""


class _Case(Struct, frozen=True):
    name: str
    verdict: Verdict
    as_of: datetime
    rows: dict[str, tuple[dict[str, Any], ...]] = msgspec.field(default_factory=dict)
    statuses: dict[str, Literal["ok", "alarm", "info", "skip", "error", "absent"]] = msgspec.field(
        default_factory=dict
    )


class _ControlFile(Struct, frozen=True):
    id: str
    title: str
    pillar: Pillar
    severity: Literal["info", "low", "medium", "high", "critical"]
    rationale: str
    remediation: str
    frameworks: dict[str, tuple[str, ...]]
    inputs: tuple[_Input, ...]
    query: str = ""
    params: dict[str, Scalar] = msgspec.field(default_factory=dict)
    cases: tuple[_Case, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A test case of a control: rows in, verdict out."""

    name: str
    as_of: datetime
    """Aware UTC."""
    rows: Mapping[str, tuple[Mapping[str, Any], ...]]
    """Table → rows; columns left out get a harmless value."""
    verdict: Verdict
    statuses: Mapping[str, RowStatus | None]
    """Resource → status it must have, None: it must not be judged; others are not looked at."""


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
    statement: Path
    """The file of its SELECT."""
    pack: str
    """The name of the directory it lies in."""
    is_trusted: bool
    """Whether it may run in this process: it ships with us, or somebody allowed has signed it."""
    why_set: Mapping[str, str] = field(default_factory=dict)
    """Parameters that a home sets otherwise → why, and who decided it."""

    @property
    def basis(self) -> str:
        """What its verdicts follow from beside the data: its digest and its parameters."""
        said = [self.digest, dict(self.params), dict(self.why_set)]
        return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Invalid:
    """A control that cannot be read. It judges nothing, and it is no reason to judge nothing."""

    id: str
    """The name of its file; with that of its pack when another control has that id."""
    error: ConfigError
    """Names file, line and what to mend."""


@dataclass(frozen=True, slots=True)
class Packs:
    """What was read of some packs."""

    controls: tuple[Control, ...]
    """In the order of pillar and id."""
    invalid: tuple[Invalid, ...] = ()
    """By id."""


def load(*directories: Path, signers: AllowedSigners = NOBODY) -> tuple[Control, ...]:
    """Read all controls of all packs under `directories`, in the order of pillar and id.

    `signers` are those who may sign packs that do not ship with us.

    Raises:
        ConfigError: a file cannot be used; the message names file, line and what to mend.
        LedgerError: a signature cannot be verified here.
    """
    packs = read_packs(*directories, signers=signers)
    if packs.invalid:
        raise packs.invalid[0].error
    return packs.controls


def read_packs(*directories: Path, signers: AllowedSigners = NOBODY) -> Packs:
    """Read packs as `load` does; a control that cannot be read stands beside the others.

    So do those of a signed pack that is not as it was when it was signed: none of them is read.

    Raises:
        ConfigError: the frameworks cannot be read.
        LedgerError: a signature cannot be verified here.
    """
    known = frameworks(*directories)
    found: dict[str, Control] = {}
    faults: list[tuple[Path, ConfigError]] = []
    for directory in directories:
        ours = directory == shipped("config", "controls")
        trusted, refused = (set(), {}) if ours else _seals(directory, signers)
        faults.extend(refused.items())
        for file in sorted(directory.glob("*/*.yaml")):
            if file in refused:
                continue
            try:
                control = _read(file, known, is_trusted=ours or file.parent in trusted)
            except ConfigError as error:
                faults.append((file, error))
                continue
            if control.id in found:
                why = f"cannot read controls from {file}: {control.id} is there twice"
                faults.append((file, ConfigError(why)))
                continue
            found[control.id] = control
        faults.extend(_orphans(directory, [*(c.statement for c in found.values()), *_of(faults)]))
    controls = sorted(found.values(), key=lambda c: (c.pillar.number, c.id))
    invalid = (
        Invalid(f"{file.parent.name}/{file.stem}" if file.stem in found else file.stem, error)
        for file, error in faults
    )
    return Packs(tuple(controls), tuple(sorted(invalid, key=lambda each: each.id)))


def digest(controls: Iterable[Control]) -> str:
    """Return the SHA-256 over all controls, as hex: which policy was in force."""
    lines = sorted(f"{control.id} {control.digest}\n" for control in controls)
    return sha256("".join(lines).encode()).hexdigest()


def control_schema() -> dict[str, Any]:
    """Return the JSON Schema of a control's YAML file, for editors."""
    schema = msgspec.json.schema(_ControlFile)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A control of riskcockpit"
    return schema


def _seals(directory: Path, signers: AllowedSigners) -> tuple[set[Path], dict[Path, ConfigError]]:
    """Return the packs that somebody allowed has signed, and the files of those refused.

    Of a refused pack that is every control it has or had when it was signed.
    """
    trusted: set[Path] = set()
    refused: dict[Path, ConfigError] = {}
    for pack in sorted({file.parent for file in directory.glob(f"*/{SIGNATURE}")}):
        try:
            if signer_of(pack, signers):
                trusted.add(pack)
        except ConfigError as error:
            files = {*pack.glob("*.yaml"), *controls_signed(pack)} or {pack / SIGNATURE}
            refused.update(dict.fromkeys(files, error))
    return trusted, refused


def _read(file: Path, known: Mapping[str, Framework], *, is_trusted: bool) -> Control:
    document = read_document(file, _ControlFile, "controls")
    for path, why, hint in _faults(document, file, known):
        raise document.source.fault(path, why, hint)
    value = document.value
    statement = file.with_name(f"{value.query or value.id}.sql")
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
        cases=tuple(_case(case) for case in value.cases),
        digest=sha256(file.read_bytes() + b"\0" + statement.read_bytes()).hexdigest(),
        statement=statement,
        pack=file.parent.name,
        is_trusted=is_trusted,
    )


def _case(case: _Case) -> Case:
    statuses = {
        resource: None if word == ABSENT else RowStatus(word)
        for resource, word in case.statuses.items()
    }
    return Case(case.name, case.as_of, case.rows, case.verdict, statuses)


def _faults(
    document: Document[_ControlFile], file: Path, known: Mapping[str, Framework]
) -> Iterator[tuple[str, str, str | None]]:
    """Yield (path, what is wrong, hint) for each value that no type refuses."""
    value = document.value
    if value.id != file.stem:
        yield "id", f'"{value.id}" is not the name of the file', f"call it {file.stem}"
    if not value.inputs:
        yield "inputs", "a control reads at least one table", None
    if value.query and not value.query.replace("-", "").isalnum():
        yield "query", f'"{value.query}" is no name of a SELECT', "letters, digits and hyphens"
    if AS_OF in value.params:
        yield f"params.{AS_OF}", "is given to every control", None
    yield from _reference_faults(value.frameworks, known)
    yield from _input_faults(value.inputs)
    yield from _case_faults(value.cases)


def _reference_faults(
    references: Mapping[str, tuple[str, ...]], known: Mapping[str, Framework]
) -> Iterator[tuple[str, str, str | None]]:
    for name, ids in references.items():
        if name not in known:
            yield f"frameworks.{name}", "nobody describes it", _near(name, known)
            continue
        there = {requirement.id for requirement in known[name].requirements}
        for index, id_ in enumerate(ids):
            if there and id_ not in there:
                why = f'{name} has no requirement "{id_}"'
                yield f"frameworks.{name}[{index}]", why, _near(id_, there)


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


def _of(faults: Iterable[tuple[Path, ConfigError]]) -> Iterator[Path]:
    """Yield the SELECTs of controls that cannot be read: what is wrong with them is said once."""
    yield from (file.with_suffix(".sql") for file, _ in faults)


def _orphans(directory: Path, used: Collection[Path]) -> Iterator[tuple[Path, ConfigError]]:
    for statement in sorted(directory.glob("*/*.sql")):
        if statement not in used:
            yield (
                statement,
                ConfigError(
                    f"cannot read controls from {statement}: there is no {statement.stem}.yaml, "
                    "and no other control names it as its query",
                    hint="a control is a pair of files",
                ),
            )
