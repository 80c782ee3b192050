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
_NEW = object()
_NAMES = len('"message""text""locations""physicalLocation""artifactLocation""region"')
"""Bytes of the names of members that every usual result has."""


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
        self._facet_of = facet_of
        self._locator = locator
        self._fingerprints = fingerprints
        self._max_depth = max_depth
        self._facets: dict[tuple[Any, ...], object] = {}

    def read(
        self, raws: Sequence[msgspec.Raw], flags: Sequence[bool], first: int
    ) -> tuple[list[bool], Columns]:
        """Return which of `raws` are usual, and the columns of those.

        `flags` says which may hold a secret; `first` is where the batch stands in its list.
        """
        results, facets, is_usual = self._chosen(raws, flags)
        ordinals = list(compress(range(first, first + len(raws)), is_usual))
        titles, descriptions = titles_and_descriptions(
            without_links([result.message.text for result in results]),
            [facet.words for facet in facets],
        )
        listed = [result.locations for result in results]
        paths, lines, columns, end_lines, snippets = self._locator.columns(
            [places[0].physical_location for places in listed]
        )
        claims = self._fingerprints.claims_of(
            [result.fingerprints for result in results],
            [result.partial_fingerprints for result in results],
            ordinals,
        )
        self._fingerprints.note([facet.words.rule for facet in facets], paths, claims)
        return is_usual, Columns(
            kind=[facet.kind for facet in facets],
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
            raws=list(compress(raws, is_usual)),
            ordinals=ordinals,
        )

    def _chosen(
        self, raws: Sequence[msgspec.Raw], flags: Sequence[bool]
    ) -> tuple[list[UsualResult], list[Facet], list[bool]]:
        """Return the usual ones with what they share, and which of `raws` they are."""
        decode, known = _DECODER.decode, self._facets
        shallow = 2 * self._max_depth  # each level more has a bracket at both of its ends
        results: list[UsualResult] = []
        facets: list[Facet] = []
        is_usual = [False] * len(raws)
        for row, raw in enumerate(raws):
            try:
                result = decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
            size = len(result.properties)
            if flags[row] or size > MAX_PROPERTIES:
                continue
            length = len(raw) - _NAMES
            if length > shallow:
                uri = result.locations[0].physical_location.artifact_location.uri or ""
                bracketed = length - len(result.message.text) - len(uri)  # at most
                if bracketed > shallow and may_be_deep(bytes(raw), self._max_depth):
                    continue
            key = (
                result.rule_id, result.rule_index, result.rule, result.level, result.kind,
                result.suppressions, result.baseline_state,
                bytes(result.properties) if size else b"",
            )  # fmt: skip
            facet = known.get(key, _NEW)
            if facet is _NEW:
                facet = known[key] = self._facet_of(result)
            if isinstance(facet, Facet):
                is_usual[row] = True
                results.append(result)
                facets.append(facet)
        return results, facets, is_usual
