"""Observations column by column, for scans with a hundred thousand of them.

What several rows have in common is kept once, as their kind. Whoever asks for a row gets an
`Observation`; the bulk is done on the columns. A sheet is filled by a reader and read by ingest;
nobody changes one in between.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

from riskcockpit.domain.finding import FindingClass, Location, Observation

Claims = tuple[tuple[str, str], ...]
"""(name, value) of fingerprints, the best first."""
_NOWHERE = Location("")
_TEXTS = (
    "titles", "descriptions", "paths", "lines", "columns", "end_lines", "snippets", "claims",
    "raws",
)  # fmt: skip
"""The lists of a sheet besides `kind`."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows to be appended to a sheet; what its attributes of the same name say."""

    kind: Sequence[int]
    titles: Sequence[str]
    descriptions: Sequence[str]
    paths: Sequence[str]
    lines: Sequence[int | None]
    columns: Sequence[int | None]
    end_lines: Sequence[int | None]
    snippets: Sequence[str]
    places: Mapping[int, tuple[Location, ...]]
    claims: Sequence[Claims]
    raws: Sequence[Any]
    ordinals: Sequence[int]
    """Where the records stand in their list of the report."""


class Sheet(Sequence[Observation]):
    """The observations of one scan; each list has one value a row."""

    __slots__ = (
        "_known",
        "_place",
        "_rows",
        "claims",
        "columns",
        "descriptions",
        "end_lines",
        "is_disposable",
        "kind",
        "kinds",
        "lines",
        "paths",
        "places",
        "raws",
        "snippets",
        "titles",
    )  # fmt: skip

    def __init__(self, place: str = "") -> None:
        """`place` is the list of the report in which the rows stand, as `runs[0].results`."""
        self.kinds: list[Observation] = []
        """What rows have in common: of each kind an observation, of which the rest is no word."""
        self.kind: list[int] = []
        """The index in `kinds`."""
        self.titles: list[str] = []
        self.descriptions: list[str] = []
        self.paths: list[str] = []
        """Of the first place; empty without one. So are the next four."""
        self.lines: list[int | None] = []
        self.columns: list[int | None] = []
        self.end_lines: list[int | None] = []
        self.snippets: list[str] = []
        self.places: dict[int, tuple[Location, ...]] = {}
        """All places of those rows that have none or several."""
        self.claims: list[Claims] = []
        self.raws: list[Any] = []
        """The redacted records: `bytes`, or what `bytes.join` takes; empty where none is kept."""
        self.is_disposable = False
        """Whether nobody reads the rows again once they are stored."""
        self._place = place
        self._rows: list[int | str | Observation] = []
        self._known: dict[tuple[Any, ...], int] = {}

    @classmethod
    def of(cls, observations: Sequence[Observation]) -> Sheet:
        """Return `observations` as a sheet; one is returned as it is."""
        if isinstance(observations, cls):
            return observations
        sheet = cls()
        for seen in observations:
            sheet.add(seen)
        return sheet

    @classmethod
    def joined(cls, parts: Iterable[Sequence[Observation]]) -> Sheet:
        """Return the rows of all `parts`, one after the other."""
        whole = cls()
        for part in map(cls.of, parts):
            first = len(whole)
            kinds = list(map(whole.kind_of, part.kinds))
            whole.kind += [kinds[kind] for kind in part.kind]
            for name in _TEXTS:
                getattr(whole, name).extend(getattr(part, name))
            whole.places |= {first + row: places for row, places in part.places.items()}
            whole._rows += part._named()  # noqa: SLF001 - one of its own class
        return whole

    def staged(self) -> None:
        """Forget what the rows of a disposable sheet say; records, places and kinds stay."""
        if self.is_disposable:
            self._rows = []
            for name in _TEXTS:
                if name != "raws":
                    setattr(self, name, [])

    def stored(self) -> None:
        """Forget the rest too; their number and kinds stay known."""
        if self.is_disposable:
            self.staged()
            self.raws = []
            self.places = {}

    def add(self, seen: Observation) -> None:
        """Append a row."""
        places = seen.locations
        first = places[0] if places else _NOWHERE
        if len(places) != 1:
            self.places[len(self.kind)] = places
        self.kind.append(self.kind_of(seen))
        self.titles.append(seen.title)
        self.descriptions.append(seen.description)
        self.paths.append(first.path)
        self.lines.append(first.line)
        self.columns.append(first.column)
        self.end_lines.append(first.end_line)
        self.snippets.append(first.snippet)
        self.claims.append(seen.fingerprints)
        self.raws.append(seen.raw)
        self._rows.append(seen)

    def extend(self, rows: Columns, start: int, stop: int) -> None:
        """Append a part of `rows`, whose columns were filled by hand."""
        first = len(self.kind)
        if rows.places:
            for row in range(start, stop):
                if (places := rows.places.get(row)) is not None:
                    self.places[first + row - start] = places
        self.kind += rows.kind[start:stop]
        for name in _TEXTS:
            getattr(self, name).extend(getattr(rows, name)[start:stop])
        self._rows += rows.ordinals[start:stop]

    def kind_of(self, seen: Observation) -> int:
        """Return the index of the kind of `seen`; members of enums are told by identity."""
        key = (
            id(seen.finding_class), seen.tool, seen.rule, id(seen.severity), seen.severity_raw,
            seen.severity_source, seen.needs_triage, seen.is_suppressed, seen.vulnerability_ids,
            seen.package, seen.signal, seen.resource, seen.secret_digest, seen.asset, seen.cwes,
            seen.cvss, seen.epss, seen.is_kev, seen.help_url, id(seen.pillar), seen.onset_at,
            seen.claimed_id, seen.first_seen, seen.former_rule,
        )  # fmt: skip
        index = self._known.get(key)
        if index is None:
            index = self._known[key] = len(self.kinds)
            self.kinds.append(seen)
        return index

    def without_claims(self, names: Collection[str]) -> None:
        """Leave out the fingerprints of these names."""
        self.claims = [tuple(c for c in claims if c[0] not in names) for claims in self.claims]
        self._rows = [
            replace(row, fingerprints=claims) if isinstance(row, Observation) else row
            for row, claims in zip(self._rows, self.claims, strict=True)
        ]

    def has_class(self, class_: FindingClass) -> bool:
        """Whether any row is of `class_`."""
        return any(kind.finding_class is class_ for kind in self.kinds)

    def rules(self) -> set[str]:
        """Return the rules that have a row."""
        return {kind.rule for kind in self.kinds}

    def suppressed(self) -> int:
        """Return how many rows are suppressed in the source."""
        of_kind = [kind.is_suppressed for kind in self.kinds]
        return sum(map(of_kind.__getitem__, self.kind)) if any(of_kind) else 0

    def locations(self, row: int) -> tuple[Location, ...]:
        """Return all places of a row."""
        if (found := self.places.get(row)) is not None:
            return found
        place = Location(
            self.paths[row], self.lines[row], self.columns[row], self.end_lines[row],
            self.snippets[row],
        )  # fmt: skip
        return (place,)

    @overload
    def __getitem__(self, row: int) -> Observation: ...

    @overload
    def __getitem__(self, row: slice) -> tuple[Observation, ...]: ...

    def __getitem__(self, row: int | slice) -> Observation | tuple[Observation, ...]:
        """Return the observation of a row, or those of several."""
        if isinstance(row, slice):
            return tuple(self[each] for each in range(len(self))[row])
        known = self._rows[row]
        if isinstance(known, Observation):
            return known
        row %= len(self)
        return replace(
            self.kinds[self.kind[row]],
            title=self.titles[row],
            description=self.descriptions[row],
            record=self._record(known) if isinstance(known, int) else known,
            locations=self.locations(row),
            fingerprints=self.claims[row],
            raw=bytes(self.raws[row]),
        )

    def _named(self) -> list[int | str | Observation]:
        return [self._record(row) if isinstance(row, int) else row for row in self._rows]

    def _record(self, ordinal: int) -> str:
        return f"{self._place}[{ordinal}]"

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.kind)

    def __iter__(self) -> Iterator[Observation]:
        """Yield the observations of all rows."""
        return map(self.__getitem__, range(len(self)))

    def __eq__(self, other: object) -> bool:
        """Whether `other` is a sheet or a tuple of the same observations."""
        if not isinstance(other, Sheet | tuple):
            return NotImplemented
        return tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # as of a list: it is filled step by step

    def __repr__(self) -> str:
        """Return what a tuple of the observations would be shown as."""
        return repr(tuple(self))
