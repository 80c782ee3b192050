"""The places of a SARIF result as repository-relative locations (facts/findings.md 4.8, 4.9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import urljoin

import msgspec

from riskcockpit.domain.finding import Location
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.documents import decode_record
from riskcockpit.formats.paths import local_path, normalise
from riskcockpit.formats.sarif.model import (
    Artifact,
    ArtifactLocation,
    PhysicalLocation,
    Place,
    Region,
    Run,
    UsualPhysicalLocation,
)

MAX_LOCATIONS = 1_000
"""Of one result; GitHub's limit. The raw record has the rest."""
MAX_LINE = 2**31 - 1
_MAX_NESTED_BASES = 20
_USUAL_NUMBERS = list(range(10_000))
"""Lines and columns that are the same objects in all results: 7 MB less of 100,000."""
_DECODER = msgspec.json.Decoder(Artifact)


class Locator:
    """Turns the locations of one run into ours; knows its artefacts and base URIs."""

    def __init__(self, run: Run, prefixes: tuple[str, ...]) -> None:
        self._artifacts = run.artifacts or []
        self._bases = run.original_uri_base_ids or {}
        self._prefixes = (*prefixes, *self._roots(run))
        self._paths: defaultdict[str | None, dict[str | None, str]] = defaultdict(dict)
        """Base → URI → path."""

    def locations(self, places: Sequence[Place]) -> tuple[Location, ...]:
        """Return the places that are in a file, in their order."""
        if len(places) == 1:  # nearly always
            physical = places[0].physical_location
            return () if physical is None else (self._location(physical),)
        found: list[Location] = []
        for place in places:
            physical = place.physical_location
            if physical is not None and len(found) < MAX_LOCATIONS:
                found.append(self._location(physical))
        return tuple(found)

    def columns(
        self, places: Sequence[UsualPhysicalLocation]
    ) -> tuple[list[str], list[int | None], list[int | None], list[int | None], list[str]]:
        """Return paths, lines, columns, last lines and snippets of many places."""
        artifacts = [place.artifact_location for place in places]
        regions = [place.region for place in places]
        return (
            self._paths_of(artifacts),
            _numbers([region.start_line for region in regions]),
            _numbers([region.start_column for region in regions]),
            _numbers([region.end_line for region in regions]),
            [
                _snippet(place.region) or _snippet(place.context_region)
                if place.region.snippet or place.context_region
                else ""
                for place in places
            ],
        )

    def _paths_of(self, artifacts: Sequence[ArtifactLocation]) -> list[str]:
        """Return what `path` does for many; nearly all name a file that others named before."""
        bases = {each.uri_base_id for each in artifacts}
        if len(bases) != 1:
            return list(map(self.path, artifacts))
        known = self._paths[bases.pop()]
        found = map(known.get, [each.uri for each in artifacts])
        return [
            self.path(each) if path is None else path
            for path, each in zip(found, artifacts, strict=True)
        ]

    def path(self, location: ArtifactLocation | None) -> str:
        """Return the repository-relative path; empty when the location names no file."""
        if location is None:
            return ""
        if location.uri:
            known = self._paths[location.uri_base_id]
            path = known.get(location.uri)
            if path is None:
                path = known[location.uri] = self._resolve(location)
            return path
        if location.index is None or not 0 <= location.index < len(self._artifacts):
            return ""
        return self._artifact_path(location.index)

    def _artifact_path(self, index: int) -> str:
        try:
            artifact = decode_record(bytes(self._artifacts[index]), _DECODER)
        except SkipRecordError:
            return ""
        location = artifact.location
        return self._resolve(location) if location is not None and location.uri else ""

    def _location(self, physical: PhysicalLocation) -> Location:
        path = self.path(physical.artifact_location)
        region = physical.region
        if region is None:
            return Location(path, None, None, None, _snippet(physical.context_region))
        line, column, end = _numbers((region.start_line, region.start_column, region.end_line))
        snippet = _snippet(region) or _snippet(physical.context_region)
        return Location(path, line, column, end, snippet)

    def _resolve(self, location: ArtifactLocation) -> str:
        """Put relative base URIs in front; an absolute base is the root and is left away."""
        uri = location.uri or ""
        base_id = location.uri_base_id
        for _ in range(_MAX_NESTED_BASES):
            base = self._bases.get(base_id or "")
            if base is None or not base.uri or _is_absolute(base.uri) or _is_absolute(uri):
                break
            uri = urljoin(base.uri.rstrip("/") + "/", uri)
            base_id = base.uri_base_id
        return normalise(uri, self._prefixes, is_uri=True)

    def _roots(self, run: Run) -> tuple[str, ...]:
        """Return the absolute directories the run itself calls the root of its files."""
        uris = [base.uri for base in self._bases.values() if base.uri and not base.uri_base_id]
        roots = (local_path(uri, is_uri=True) for uri in uris if _is_absolute(uri))
        return tuple(root for root in roots if root.strip("/"))


def _is_absolute(uri: str) -> bool:
    return uri.startswith(("/", "\\")) or ":" in uri.split("/", 1)[0]


def _numbers(values: Sequence[int | None]) -> list[int | None]:
    """Return line or column numbers without the zeros that some tools write, and without absurd
    ones."""
    usual, end = _USUAL_NUMBERS, len(_USUAL_NUMBERS)
    return [
        (usual[each] if each < end else each) if each and 0 < each <= MAX_LINE else None
        for each in values
    ]


def _snippet(region: Region | None) -> str:
    if region is None or region.snippet is None or not region.snippet.text:
        return ""
    return wording.snippet(region.snippet.text)
