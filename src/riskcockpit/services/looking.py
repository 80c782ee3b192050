"""Looking at the sources that automation rests on, each at its own cycle; nothing is written.

What looks saw is kept until it is published, so that every reading a rule counted is in the cache.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from riskcockpit.config.automation import Automation
from riskcockpit.config.durations import parse_duration
from riskcockpit.config.settings import Settings, SourceSettings
from riskcockpit.domain.ids import digest
from riskcockpit.domain.reading import Reading
from riskcockpit.errors import ConfigError
from riskcockpit.services.context import Context
from riskcockpit.services.house import read_options_of
from riskcockpit.services.places import Place, known_places
from riskcockpit.services.pulling import Pulled, Round
from riskcockpit.views.syncing import SourceProgress

REGISTRIES = ("mlflow",)
MONITORS = ("prometheus", "alertmanager")
EARLY = timedelta(milliseconds=250)
"""How much too soon a source is looked at: what came before the last look took a little longer, and
waiting for one more turn of the loop would be a whole cycle."""
REGISTRY_CYCLE = timedelta(minutes=1)


@dataclass(slots=True)
class Looker:
    """Pulls what is due and remembers it until it was published."""

    ctx: Context
    _places: dict[str, Place] = field(default_factory=dict)
    _looked_at: dict[str, datetime] = field(default_factory=dict)
    _unpublished: dict[str, Pulled] = field(default_factory=dict)
    _on_its_way: dict[str, Pulled] = field(default_factory=dict)
    """What is being published."""

    def begin(self) -> None:
        """Go on from where the published cache stands; what was not published is seen anew.

        Raises:
            StoreError: the cache cannot be read.
        """
        self._places = dict(known_places(self.ctx))
        self._unpublished.clear()
        self._on_its_way.clear()
        self._looked_at.clear()

    def look(self, cycles: Mapping[str, timedelta]) -> tuple[Pulled, ...]:
        """Pull the sources that are due and return what each gave now."""
        now = self.ctx.clock.now()
        due = [
            source
            for source in self.ctx.settings.sources
            if source.name in cycles and self._is_due(source.name, cycles[source.name], now)
        ]
        if not due:
            return ()
        shared = Round(self.ctx, read_options_of(self.ctx), _quiet, self._places)
        found = tuple(shared.pull_all(due))
        for one in found:
            name = one.source.name
            self._looked_at[name] = now
            if not one.error:
                place = self._places.get(name, Place())
                full_at = now if one.is_from_start else place.full_at
                self._places[name] = Place(one.cursor, full_at, one.validators)
            self._unpublished[name] = merged(self._unpublished.get(name), one)
        return found

    def hand_over(self) -> tuple[Pulled, ...]:
        """Return what was seen and is not published, by source in the order of the settings.

        It is kept until `published` or `not_published` says what came of it.
        """
        kept = self._on_its_way = self._unpublished
        self._unpublished = {}
        return tuple(kept[s.name] for s in self.ctx.settings.sources if s.name in kept)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The readings that were seen and are not published."""
        seen = (*self._on_its_way.values(), *self._unpublished.values())
        return _distinct(reading for one in seen for reading in one.readings)

    def look_soon(self, kinds: Iterable[str]) -> None:
        """Look at sources of these kinds next time, whatever their cycle: somebody changed them."""
        wanted = set(kinds)
        for source in self.ctx.settings.sources:
            if source.kind in wanted:
                self._looked_at.pop(source.name, None)

    def look_again(self, kinds: Iterable[str]) -> None:
        """Forget what sources of these kinds said and look at them next time: it changed since."""
        wanted = set(kinds)
        self.look_soon(wanted)
        for source in self.ctx.settings.sources:
            if source.kind in wanted:
                self._unpublished.pop(source.name, None)
                self._on_its_way.pop(source.name, None)

    def published(self) -> None:
        """Forget what was handed over: it is in the cache now."""
        self._on_its_way = {}

    def not_published(self) -> None:
        """Take back what was handed over: it is published with what was seen since."""
        since, self._unpublished = self._unpublished, self._on_its_way
        self._on_its_way = {}
        for name, one in since.items():
            self._unpublished[name] = merged(self._unpublished.get(name), one)

    def _is_due(self, name: str, cycle: timedelta, now: datetime) -> bool:
        last = self._looked_at.get(name)
        return last is None or now - last >= cycle - min(EARLY, cycle / 4)


def cycles_of(automation: Automation, settings: Settings) -> Mapping[str, timedelta]:
    """Return how often each source that matters is looked at.

    Raises:
        ConfigError: the rules name a source that is not configured.
    """
    enabled = {source.name: source for source in settings.sources if source.enabled}
    for name in automation.sources:
        if name not in enabled:
            raise ConfigError(
                f'the rules of automation name the source "{name}", which is not configured here',
                hint=f"configured: {', '.join(enabled) or 'none'}",
            )
    if automation.sources:
        return {name: parse_duration(text) for name, text in automation.sources.items()}
    cycle = parse_duration(automation.cycle)
    return {name: _cycle(source, cycle) for name, source in enabled.items() if _matters(source)}


def merged(before: Pulled | None, now: Pulled) -> Pulled:
    """Return what two looks at one source saw as if it were one."""
    if before is None:
        return now
    if now.error:
        return replace(before, notes=tuple(dict.fromkeys((*before.notes, now.error))))
    if before.error:
        return now
    documents = {document.path: document for document in (*before.documents, *now.documents)}
    return replace(
        now,
        documents=tuple(documents.values()),
        models=now.models or before.models,
        readings=_distinct((*before.readings, *now.readings)),
        is_from_start=before.is_from_start or now.is_from_start,
        notes=tuple(dict.fromkeys((*before.notes, *now.notes))),
        digest=digest([before.digest, now.digest]),
        seconds=before.seconds + now.seconds,
    )


def _distinct(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Leave out what was read again; readings overlap so that late ones are not missed."""
    found = {
        (one.subject_kind, one.subject, one.metric, one.segment, one.version, one.at): one
        for one in readings
    }
    return tuple(found.values())


def _matters(source: SourceSettings) -> bool:
    return source.kind in (*REGISTRIES, *MONITORS)


def _cycle(source: SourceSettings, cycle: timedelta) -> timedelta:
    return max(cycle, REGISTRY_CYCLE) if source.kind in REGISTRIES else cycle


def _quiet(_progress: SourceProgress) -> None:
    """Tell nobody."""
