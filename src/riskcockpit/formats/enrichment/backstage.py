"""A service catalogue as Backstage describes it: `catalog-info.yaml`, one or several entities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from riskcockpit.domain.enrichment import CatalogueEntry, ServiceCatalogue
from riskcockpit.domain.finding import Problem
from riskcockpit.errors import FormatError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report

KINDS = frozenset({"component", "resource", "system", "api"})
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SLUGS = ("github.com/project-slug", "gitlab.com/project-slug", "bitbucket.org/project-slug")
_LOCATIONS = ("backstage.io/source-location", "backstage.io/managed-by-location")
_TIERS = ("tier", "criticality", "riskcockpit.dev/tier", "opslevel.com/tier")
_WORDS = {"critical": 1, "high": 1, "medium": 2, "moderate": 2, "low": 3}
_REPOSITORY = re.compile(r"(?:url:)?https?://[^/]+/(?P<slug>[^/]+/[^/]+)")
_MAX_BYTES = 20_000_000


def read(content: bytes, options: ReadOptions) -> Report:  # noqa: ARG001 - no secret, no path in it
    """Read all entities; one that cannot be read is named and does not stop the others.

    Raises:
        FormatError: it is not YAML, or larger than a catalogue is.
    """
    if len(content) > _MAX_BYTES:
        raise FormatError(f"a catalogue of more than {_MAX_BYTES:,} bytes is none")
    entries: list[CatalogueEntry] = []
    problems: list[Problem] = []
    for number, entity in enumerate(_documents(content)):
        entry = _entry(entity)
        if isinstance(entry, str):
            problems.append(Problem(f"document {number + 1}", entry))
        elif entry is not None:
            entries.append(entry)
    catalogue = ServiceCatalogue(tuple(entries))
    return Report("backstage", (), enrichments=(catalogue,), problems=tuple(problems))


def _documents(content: bytes) -> Iterator[Any]:
    text = content.decode("utf-8", "replace")
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.AliasEvent):
                raise FormatError("YAML aliases are not read", hint="write the value out")
        yield from (one for one in yaml.load_all(text, _LOADER) if one is not None)  # noqa: S506 - the safe loader, in C
    except (yaml.YAMLError, ValueError, RecursionError) as fault:
        raise FormatError(f"not readable as YAML: {wording.reason(fault)}") from fault


def _entry(entity: Any) -> CatalogueEntry | str | None:
    """Return the entry, why there is none, or None for a kind that is no asset."""
    if not isinstance(entity, Mapping):
        return "not an entity"
    metadata, spec = _mapping(entity.get("metadata")), _mapping(entity.get("spec"))
    if wording.scalar(entity.get("kind")).lower() not in KINDS:
        return None
    name = wording.name(wording.scalar(metadata.get("name")))
    if not name:
        return "no metadata.name"
    annotations, labels = _mapping(metadata.get("annotations")), _mapping(metadata.get("labels"))
    owner = wording.name(wording.scalar(spec.get("owner"))).rpartition(":")[2].rpartition("/")[2]
    return CatalogueEntry(
        name=name,
        aliases=tuple(_aliases(annotations)),
        owner=owner,
        domain=wording.name(wording.scalar(spec.get("domain") or spec.get("system"))),
        environment=wording.name(wording.scalar(spec.get("lifecycle"))),
        tier=_tier({**annotations, **labels}),
    )


def _aliases(annotations: Mapping[str, Any]) -> Iterator[str]:
    for key in _SLUGS:
        slug = wording.name(wording.scalar(annotations.get(key)))
        if slug:
            yield slug
            yield slug.rpartition("/")[2]
    for key in _LOCATIONS:
        match = _REPOSITORY.match(wording.scalar(annotations.get(key)))
        if match:
            yield wording.name(match["slug"].removesuffix(".git"))


def _tier(said: Mapping[str, Any]) -> int | None:
    for key in _TIERS:
        word = wording.scalar(said.get(key)).strip().lower()
        digit = re.fullmatch(r"(?:tier|t|p)?[-_ ]?([0-9])", word)
        if digit:
            return min(max(int(digit[1]), 1), 3)
        if word in _WORDS:
            return _WORDS[word]
    return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
