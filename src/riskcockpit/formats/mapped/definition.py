"""A report format described in YAML: which records, which fields, which words; docs/formats.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import msgspec

from riskcockpit.config.settings import Struct
from riskcockpit.config.strict import Document, read_document
from riskcockpit.domain.finding import FindingClass
from riskcockpit.errors import ConfigError
from riskcockpit.formats import wording
from riskcockpit.formats.generic.fields import FLAGS, LISTS, NUMBERS, TEXTS
from riskcockpit.formats.mapped.selecting import Path as Steps
from riskcockpit.formats.mapped.selecting import parsed_path

WHAT = "a report format"
FIELDS = frozenset((*TEXTS, *NUMBERS, *FLAGS, *LISTS))
"""What a mapping may fill: the fields of the generic format."""


class Signs(Struct, frozen=True):
    """By what content is known; all that is given must hold."""

    has: tuple[str, ...] = ()
    """Names at the top of JSON, or of the first object of a list."""
    inner: tuple[str, ...] = ()
    """Names one object further in."""
    columns: tuple[str, ...] = ()
    """Columns of a table."""
    root: str = ""
    """Root element of XML, without its namespace."""


Word = str | int | bool
"""As the tool writes it: YAML makes numbers and truth values of such words without quotes."""
Words = tuple[Word, ...]


class States(Struct, frozen=True):
    """A field whose words say what became of a record."""

    field: str
    suppressed: Words = ()
    absent: Words = ()
    evidence: Words = ()
    """Words for a check that passed."""
    triage: Words = ()


class About(Struct, frozen=True):
    """Where the document says something of the whole scan; paths from its top."""

    tool_version: str = ""
    asset: str = ""
    branch: str = ""
    scanned_at: str = ""


class Case(Struct, frozen=True):
    """A test of the mapping: a small report, and what must come of it."""

    name: str
    content: str
    read: int
    """Records that state a fault."""
    quarantined: int = 0
    suppressed: int = 0
    evidence: int = 0
    absent: int = 0
    first: dict[str, Any] = msgspec.field(default_factory=dict)
    """Fields of the first finding, as `formats test` prints them."""


class _File(Struct, frozen=True):
    name: str
    title: str
    kind: Literal["json", "csv", "xml"]
    when: Signs
    tool: str
    fields: dict[str, str | tuple[str, ...]]
    records: str = ""
    class_: FindingClass | None = msgspec.field(name="class", default=None)
    constants: dict[str, str | int | float | bool] = msgspec.field(default_factory=dict)
    severity: dict[str | int, Literal["critical", "high", "medium", "low", "info"]] = msgspec.field(
        default_factory=dict
    )
    default_severity: Literal["critical", "high", "medium", "low", "info"] | None = None
    states: States | None = None
    scan: About = About()
    category: str = ""
    cases: tuple[Case, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """A format as a home describes it, with its paths parsed."""

    name: str
    title: str
    kind: str
    when: Signs
    tool: str
    records: Steps
    fields: dict[str, tuple[Steps, ...]]
    """Generic field → paths, of which the first that leads to something counts."""
    constants: dict[str, Any]
    severity: dict[str, str]
    """The tool's word, lower-case → ours."""
    default_severity: str
    states: States | None
    state_field: Steps
    scan: dict[str, Steps]
    category: str
    cases: tuple[Case, ...]
    file: Path


def load(directory: Path) -> tuple[Mapping, ...]:
    """Read every `*.yaml` and `*.yml` in `directory`, in the order of their names.

    Raises:
        ConfigError: a file cannot be used; the message names file, line and what to mend.
    """
    found: dict[str, Mapping] = {}
    for file in sorted((*directory.glob("*.yaml"), *directory.glob("*.yml"))):
        mapping = read_mapping(file)
        if mapping.name in found:
            raise ConfigError(f'cannot read {WHAT} from {file}: "{mapping.name}" is there twice')
        found[mapping.name] = mapping
    return tuple(found.values())


def read_mapping(file: Path) -> Mapping:
    """Read one mapping; raises as `load`."""
    document = read_document(file, _File, WHAT)
    for path, why, hint in _faults(document):
        raise document.source.fault(path, why, hint)
    value = document.value
    constants = dict(value.constants)
    if value.class_ is not None:
        constants["class"] = value.class_.value
    about = msgspec.structs.asdict(value.scan)
    return Mapping(
        name=value.name,
        title=value.title,
        kind=value.kind,
        when=value.when,
        tool=value.tool,
        records=parsed_path(value.records),
        fields={
            name: tuple(map(parsed_path, (paths,) if isinstance(paths, str) else paths))
            for name, paths in value.fields.items()
        },
        constants=constants,
        severity={written(word): level for word, level in value.severity.items()},
        default_severity=value.default_severity or "",
        states=value.states,
        state_field=parsed_path(value.states.field) if value.states else (),
        scan={name: parsed_path(path) for name, path in about.items() if path},
        category=value.category,
        cases=value.cases,
        file=file,
    )


def written(word: Any) -> str:
    """Return a word of a record or a mapping as they are compared: text, lower-case."""
    return str(word).lower() if isinstance(word, bool) else wording.scalar(word).strip().lower()


def _faults(document: Document[_File]) -> Iterator[tuple[str, str, str | None]]:
    """Yield (path, what is wrong, hint) for each value that no type refuses."""
    value = document.value
    if not any((value.when.has, value.when.inner, value.when.columns, value.when.root)):
        yield "when", "nothing says by what the format is known", "as `has: [acme_version]`"
    known = ", ".join(sorted(FIELDS))
    names = [*(f"fields.{name}" for name in value.fields)]
    names += [f"constants.{name}" for name in value.constants]
    for place in names:
        if place.partition(".")[2] not in FIELDS:
            near = get_close_matches(place.partition(".")[2], FIELDS, 1)
            hint = f'did you mean "{near[0]}"?' if near else f"known: {known}"
            yield place, "is no field of a finding", hint
    given = value.fields.keys() | value.constants.keys()
    if "title" not in given:
        yield "fields", "no title", "name the path of a text for people"
    if "severity" not in given and value.default_severity is None:
        yield "fields", "no severity", "name its path, or give default_severity"
    yield from _path_faults(value)


def _path_faults(value: _File) -> Iterator[tuple[str, str, str | None]]:
    paths = [("records", value.records)]
    for name, given in value.fields.items():
        paths += [
            (f"fields.{name}", path) for path in ((given,) if isinstance(given, str) else given)
        ]
    paths += [(f"scan.{name}", path) for name, path in msgspec.structs.asdict(value.scan).items()]
    if value.states:
        paths.append(("states.field", value.states.field))
    for place, path in paths:
        try:
            parsed_path(path)
        except ValueError as fault:
            yield place, str(fault), "as `location.file` or `issues[*].rule`"
