"""The KPI catalogue: `kpis.yaml` and two SELECTs a KPI beside it, read strictly.

`kpis/<id>.sql` is the number, `kpis/<id>.rows.sql`, which may be left out, what is behind it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Literal

from riskcockpit.config.durations import parse_duration
from riskcockpit.config.paths import shipped
from riskcockpit.config.settings import Struct
from riskcockpit.config.strict import Document, read_document
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.reading import Direction
from riskcockpit.errors import ConfigError
from riskcockpit.store.guard import CACHE_TABLES


class _Entry(Struct, frozen=True):
    id: str
    pillar: Pillar
    title: str
    definition: str
    unit: Literal["percent", "seconds", "minutes", "hours", "days", "count"]
    target: float
    warning: float
    direction: Direction
    window: str
    inputs: tuple[str, ...]
    minimum_sample: int = 1
    max_age: str = ""


class _CatalogueFile(Struct, frozen=True):
    kpis: tuple[_Entry, ...]


@dataclass(frozen=True, slots=True)
class Kpi:
    """One number with a target, and how it is computed."""

    id: str
    pillar: Pillar
    title: str
    definition: str
    """In words, for the screen and the auditor."""
    unit: str
    """Of value, target and warning: `percent`, `seconds`, `minutes`, `hours`, `days`, `count`."""
    target: float
    warning: float
    """Far edge of the band in which a missed target is a warning."""
    direction: Direction
    window: timedelta
    """The span before `$as_of` that it looks at; `$since` is its start."""
    inputs: frozenset[str]
    """Tables it may read."""
    minimum_sample: int
    """With fewer items there is no value."""
    max_age: timedelta | None
    """How old its newest input may be; None: the age does not matter."""
    sql: str
    rows_sql: str
    """The SELECT of the rows behind the number; empty when there is none."""
    is_trusted: bool = True
    """Its SELECTs are ours: they run in this process. Others run in one of their own."""


def load(file: Path | None = None) -> tuple[Kpi, ...]:
    """Read a catalogue, by default the shipped one; the first KPI of a pillar is its headline.

    Raises:
        ConfigError: it cannot be used; the message names file, line and what to mend.
    """
    place = file or shipped("config", "kpis.yaml")
    document = read_document(place, _CatalogueFile, "KPIs")
    for path, why, hint in _faults(document):
        raise document.source.fault(path, why, hint)
    return tuple(_kpi(entry, place) for entry in document.value.kpis)


def digest(catalogue: Iterable[Kpi]) -> str:
    """Return the SHA-256 over the whole catalogue, as hex: what was measured, and how."""
    state = sha256()
    for kpi in sorted(catalogue, key=lambda kpi: kpi.id):
        names = (field.name for field in fields(kpi) if field.name != "is_trusted")
        values = (getattr(kpi, name) for name in names)
        words = [str(sorted(v)) if isinstance(v, frozenset) else str(v) for v in values]
        state.update(f"{words}\n".encode())
    return state.hexdigest()


def _kpi(entry: _Entry, file: Path) -> Kpi:
    statement = file.parent / "kpis" / f"{entry.id}.sql"
    behind = statement.with_suffix(".rows.sql")
    try:
        text = statement.read_text(encoding="utf-8")
        rows = behind.read_text(encoding="utf-8") if behind.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read KPIs from {statement}: {error}", hint="every KPI has one SELECT"
        ) from error
    return Kpi(
        id=entry.id,
        pillar=entry.pillar,
        title=entry.title,
        definition=entry.definition.strip(),
        unit=entry.unit,
        target=entry.target,
        warning=entry.warning,
        direction=entry.direction,
        window=parse_duration(entry.window),
        inputs=frozenset(entry.inputs),
        minimum_sample=entry.minimum_sample,
        max_age=parse_duration(entry.max_age) if entry.max_age else None,
        sql=text,
        rows_sql=rows,
        is_trusted=_is_ours(entry.id, text, rows),
    )


def _is_ours(id_: str, text: str, rows: str) -> bool:
    """Return whether these are the SELECTs that ship under the same name."""
    ours = shipped("config", "kpis") / f"{id_}.sql"
    behind = ours.with_suffix(".rows.sql")
    kept = (file.read_text(encoding="utf-8") if file.exists() else "" for file in (ours, behind))
    return (text, rows) == tuple(kept)


def _faults(document: Document[_CatalogueFile]) -> Iterator[tuple[str, str, str | None]]:
    """Yield (path, what is wrong, hint) for each value that no type refuses."""
    seen: set[str] = set()
    for index, entry in enumerate(document.value.kpis):
        path = f"kpis[{index}]"
        if entry.id in seen:
            yield f"{path}.id", f'"{entry.id}" is there twice', None
        seen.add(entry.id)
        if not entry.id.replace("-", "").isalnum():
            yield f"{path}.id", f'"{entry.id}" is not an id', "letters, digits and hyphens"
        if not entry.direction.holds(entry.target, entry.warning):
            yield f"{path}.warning", "lies on the good side of the target", None
        if entry.minimum_sample < 1:
            yield f"{path}.minimum_sample", "is below 1: no data is never green", None
        yield from _input_faults(path, entry)


def _input_faults(path: str, entry: _Entry) -> Iterator[tuple[str, str, str | None]]:
    for number, table in enumerate(entry.inputs):
        if table not in CACHE_TABLES:
            near = difflib.get_close_matches(table, list(CACHE_TABLES), 1)
            hint = f'did you mean "{near[0]}"?' if near else None
            yield f"{path}.inputs[{number}]", f'"{table}" is no table', hint
    for name, text in (("window", entry.window), ("max_age", entry.max_age)):
        try:
            parse_duration(text or "1d")
        except ValueError as error:
            yield f"{path}.{name}", str(error), "as 15m, 24h or 7d"
