"""Looking at the sources that automation rests on, each at its own cycle; nothing is written.

A source that takes long keeps no other waiting: its look goes on beside the next ones. What looks
saw is kept until it is published, so that every reading a rule counted is in the cache.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from riskcockpit.config.automation import Automation
from riskcockpit.config.durations import parse_duration
from riskcockpit.config.settings import Settings, SourceSettings
from riskcockpit.domain.ids import digest
from riskcockpit.domain.reading import Reading
from riskcockpit.errors import ConfigError
from riskcockpit.present.text import stamp
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
PATIENCE_SECONDS = 20.0
"""How long the others wait for a look that has begun with theirs."""
_WAKE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Look:
    """A look that goes on in threads of its own."""

    source: SourceSettings
    began_at: datetime
    shared: Round

    def run(self, done: queue.SimpleQueue[tuple[_Look, Pulled]]) -> None:
        for one in self.shared.pull_all([self.source]):
            done.put((self, one))


@dataclass(slots=True)
class Looker:
    """Pulls what is due and remembers it until it was published."""

    ctx: Context
    patience: float = PATIENCE_SECONDS
    _places: dict[str, Place] = field(default_factory=dict)
    _looked_at: dict[str, datetime] = field(default_factory=dict)
    _unpublished: dict[str, Pulled] = field(default_factory=dict)
    _on_its_way: dict[str, Pulled] = field(default_factory=dict)
    """What is being published."""
    _failing: dict[str, str] = field(default_factory=dict)
    """Source → why its last look failed."""
    _running: dict[str, _Look] = field(default_factory=dict)
    _done: queue.SimpleQueue[tuple[_Look, Pulled]] = field(default_factory=queue.SimpleQueue)

    def begin(self) -> None:
        """Go on from where the published cache stands; what was not published is seen anew.

        Raises:
            StoreError: the cache cannot be read.
        """
        self._places = dict(known_places(self.ctx))
        self._unpublished.clear()
        self._on_its_way.clear()
        self._looked_at.clear()
        self._failing.clear()
        self.close()

    def close(self) -> None:
        """Give up the looks that go on."""
        for name in tuple(self._running):
            self._give_up(name)

    def look(self, cycles: Mapping[str, timedelta]) -> tuple[Pulled, ...]:
        """Look at the sources that are due; return what each gave whose look has ended.

        Looks that begin now are waited for, but for longer than the patience; earlier ones are not.
        """
        now = self.ctx.clock.now()
        due = [
            source
            for source in self.ctx.settings.sources
            if source.name in cycles
            and source.name not in self._running
            and self._is_due(source.name, cycles[source.name], now)
        ]
        for source in due:
            self._start(source, now)
        wanted = {source.name for source in due}
        until = time.monotonic() + self.patience
        found = [*self._ended()]
        while not wanted.isdisjoint(self._running) and time.monotonic() < until:
            found.extend(self._ended(_WAKE_SECONDS))
        return tuple(found)

    def _start(self, source: SourceSettings, now: datetime) -> None:
        places = {source.name: self._places.get(source.name, Place())}
        shared = Round(self.ctx, read_options_of(self.ctx), _quiet, places)
        self._running[source.name] = begun = _Look(source, now, shared)
        self._looked_at[source.name] = now
        name = f"look-{source.name}"
        threading.Thread(target=begun.run, args=(self._done,), name=name, daemon=True).start()

    def _ended(self, wait: float = 0.0) -> Iterator[Pulled]:
        """Yield what looks gave that have ended; those that were given up say nothing."""
        while True:
            try:
                ended, one = self._done.get(block=wait > 0, timeout=wait or None)
            except queue.Empty:
                return
            wait = 0.0
            name = one.source.name
            if self._running.get(name) is not ended:
                continue
            del self._running[name]
            self._failing.pop(name, None)
            if one.error:
                self._failing[name] = one.error
            else:
                place = self._places.get(name, Place())
                full_at = ended.began_at if one.is_from_start else place.full_at
                self._places[name] = Place(one.cursor, full_at, one.validators)
            self._unpublished[name] = merged(self._unpublished.get(name), one)
            yield one

    def _give_up(self, name: str) -> None:
        if (begun := self._running.pop(name, None)) is not None:
            begun.shared.stop.set()

    def troubles(self) -> set[str]:
        """Say which last looks failed, and which go on."""
        failed = {f"{name}: {why}" for name, why in self._failing.items()}
        looks = self._running.items()
        return failed | {f"{name}: a look goes on since {stamp(b.began_at)}" for name, b in looks}

    def is_looking(self, kinds: Iterable[str]) -> bool:
        """Whether a look at a source of these kinds goes on."""
        return not {begun.source.kind for begun in self._running.values()}.isdisjoint(kinds)

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
                self._give_up(source.name)
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
