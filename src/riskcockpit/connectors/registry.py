"""Which kinds of sources there are, ours and those of other packages, by entry point.

Three grains: name the kinds without importing anything, load one and raise, load all and warn.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points

from riskcockpit.connectors.api import Connector
from riskcockpit.errors import ConfigError

GROUP = "riskcockpit.connectors"


@dataclass(frozen=True, slots=True)
class LoadedConnectors:
    """Every connector that loads, and a sentence for each that does not."""

    connectors: dict[str, type[Connector]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def kinds() -> tuple[str, ...]:
    """Return the words for `sources[].kind`, sorted, without importing any connector."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def load(kind: str) -> type[Connector]:
    """Return the connector class of `kind`.

    Raises:
        ConfigError: there is none, or it does not load.
    """
    points = [point for point in entry_points(group=GROUP) if point.name == kind]
    if not points:
        nearest = difflib.get_close_matches(kind, kinds(), 1)
        raise ConfigError(
            f'there is no connector of kind "{kind}"',
            hint=f'did you mean "{nearest[0]}"?' if nearest else f"known: {', '.join(kinds())}",
        )
    return _load(points[0])


def load_all() -> LoadedConnectors:
    """Load every connector; one that does not load becomes a warning."""
    found: dict[str, type[Connector]] = {}
    warnings: list[str] = []
    for point in sorted(entry_points(group=GROUP)):
        if point.name in found:
            warnings.append(f'connector "{point.name}" is there twice; {point.value} is left out')
            continue
        try:
            found[point.name] = _load(point)
        except ConfigError as error:
            warnings.append(error.message)
    return LoadedConnectors(found, tuple(warnings))


def _load(point: EntryPoint) -> type[Connector]:
    try:
        loaded = point.load()
    except Exception as error:  # noqa: BLE001 - importing foreign code may raise anything
        raise ConfigError(
            f'connector "{point.name}" does not load: {type(error).__name__}',
            hint=f"look at the package that provides {point.value}",
            detail=str(error),
        ) from error
    missing = [name for name in ("kind", "build", "pull", "close") if not hasattr(loaded, name)]
    if missing:
        raise ConfigError(f'connector "{point.name}": {point.value} lacks {", ".join(missing)}')
    connector: type[Connector] = loaded
    if connector.kind != point.name:
        raise ConfigError(f'connector "{point.name}" calls itself "{connector.kind}"')
    return connector
