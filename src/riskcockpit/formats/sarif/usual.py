"""Results of the usual shape, read many at a time into the columns of a sheet.

The usual shape is what nearly all results of nearly all tools have: a text, a place with a region,
and nothing that has to be taken out or looked up for one result alone. It comes to the same as
reading them one by one (`runs.RunReader`), as is done with all others; ADR 8 says why there are two
ways.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import msgspec

from riskcockpit.domain.sheet import Columns
from riskcockpit.formats.documents import may_be_deep
from riskcockpit.formats.fingerprints import FingerprintReader
from riskcockpit.formats.sarif.locations import Locator
from riskcockpit.formats.sarif.messages import without_links
from riskcockpit.formats.sarif.model import Result, UsualResult
from riskcockpit.formats.titles import Words, titles_and_descriptions

MAX_PROPERTIES = 200
"""Bytes of a property bag that several results may share; a longer one is one result's own."""
_DECODER = msgspec.json.Decoder(UsualResult)
_NAMES = len('"message""text""locations""physicalLocation""artifactLocation""region"')
"""Bytes of the names of members that every usual result has."""
_SHARED = (
    "rule_id", "rule_index", "rule", "level", "kind", "suppressions", "baseline_state",
)  # fmt: skip
"""What says of what kind a result is, beside its properties."""


@dataclass(frozen=True, slots=True)
class Facet:
    """What results with the same rule, level and the like have in common."""

    kind: int
    """Its index in the sheet."""
    words: Words
    """Of the rule."""


class UsualResults:
    """Reads batches of results of one run."""

    def __init__(
        self,
        facet_of: Callable[[Result], Facet | None],
        locator: Locator,
        fingerprints: FingerprintReader,
        max_depth: int,
    ) -> None:
        """`facet_of` says what a result shares with those like it; None: read it alone."""
        self._facets = _Facets(facet_of)
        self._locator = locator
        self._fingerprints = fingerprints
        self._max_depth = max_depth

    def read(
        self, raws: Sequence[msgspec.Raw], flags: Sequence[bool], first: int
    ) -> tuple[list[int], Columns]:
        """Return which of `raws` are not usual, and the columns of those that are.

        `flags` says which may hold a secret; `first` is where the batch stands in its list.
        """
        rows, results = self._decoded(raws, flags)
        facets = list(map(self._facets.__getitem__, _keys(results)))
        if not all(facets):
            rows, results = list(compress(rows, facets)), list(compress(results, facets))
        chosen = list(filter(None, facets))
        words = [facet.words for facet in chosen]
        titles, descriptions = titles_and_descriptions(
            without_links([result.message.text for result in results]), words
        )
        listed = [result.locations for result in results]
        paths, lines, columns, end_lines, snippets = self._locator.columns(
            [places[0].physical_location for places in listed]
        )
        ordinals = [first + row for row in rows]
        claims = self._fingerprints.claims_of(
            [result.fingerprints for result in results],
            [result.partial_fingerprints for result in results],
            ordinals,
        )
        self._fingerprints.note([each.rule for each in words], paths, claims)
        unusual = set(range(len(raws))).difference(rows)
        return sorted(unusual), Columns(
            kind=[facet.kind for facet in chosen],
            titles=titles,
            descriptions=descriptions,
            paths=paths,
            lines=lines,
            columns=columns,
            end_lines=end_lines,
            snippets=snippets,
            places={
                row: self._locator.locations(places)
                for row, places in enumerate(listed)
                if len(places) > 1
            },
            claims=claims,
            raws=[raws[row] for row in rows],
            ordinals=ordinals,
        )

    def _decoded(
        self, raws: Sequence[msgspec.Raw], flags: Sequence[bool]
    ) -> tuple[list[int], list[UsualResult]]:
        """Return those that have the usual shape and are not too deep, with their indices."""
        decode = _DECODER.decode
        shallow = 2 * self._max_depth  # each level more has a bracket at both of its ends
        rows: list[int] = []
        results: list[UsualResult] = []
        for row, raw in enumerate(raws):
            if flags[row]:
                continue
            try:
                result = decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
            length = len(raw) - _NAMES
            if length > shallow:
                uri = result.locations[0].physical_location.artifact_location.uri or ""
                bracketed = length - len(result.message.text) - len(uri)  # at most
                if bracketed > shallow and may_be_deep(bytes(raw), self._max_depth):
                    continue
            rows.append(row)
            results.append(result)
        return rows, results


class _Facets(dict[tuple[Any, ...], Facet | None]):
    """What results have in common, by their key."""

    def __init__(self, facet_of: Callable[[Result], Facet | None]) -> None:
        super().__init__()
        self._facet_of = facet_of

    def __missing__(self, key: tuple[Any, ...]) -> Facet | None:
        *shared, properties = key
        facet = None
        if len(properties) <= MAX_PROPERTIES:
            raw = msgspec.Raw(properties)
            facet = self._facet_of(
                Result(**dict(zip(_SHARED, shared, strict=True)), properties=raw)
            )
            self[key] = facet
        return facet


def _keys(results: Sequence[UsualResult]) -> list[tuple[Any, ...]]:
    """Return of each result the values of `_SHARED`, and its properties."""
    return [
        (
            each.rule_id, each.rule_index, each.rule, each.level, each.kind, each.suppressions,
            each.baseline_state, bytes(each.properties) if len(each.properties) else b"",
        )
        for each in results
    ]  # fmt: skip
