"""What the watch knows between two looks: the ledger and the cache, read again when they change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from riskcockpit.actions.automation import Evaluation
from riskcockpit.domain.automation import Trial, Verdict
from riskcockpit.domain.reading import Reading
from riskcockpit.ingest.watched import STALE, WatchFault, record_faults
from riskcockpit.services.automation import (
    PublishedModels,
    Standing,
    Watched,
    as_seen,
    facts_of_models,
    published_models,
    standing,
    stopped_now,
)
from riskcockpit.services.context import Context
from riskcockpit.store.database import Writer

State = tuple[object, ...]


@dataclass(slots=True)
class World:
    """The ledger and the cache as they were read last."""

    ctx: Context
    _ledger: State = ()
    _generation: int | None = None
    _standing: Standing | None = None
    _published: PublishedModels = field(default_factory=PublishedModels)
    _models: Mapping[str, Watched] = field(default_factory=dict)

    @property
    def standing(self) -> Standing:
        """What the ledger says."""
        return self._standing or self.refresh()

    @property
    def tiers(self) -> Mapping[str, int]:
        """Model → tier."""
        return {name: watched.tier for name, watched in self._models.items()}

    def refresh(self, *, with_cache: bool = True) -> Standing:
        """Read again what changed since, and return what the ledger says.

        Without the cache a newer generation waits for the next time: it takes long to read.

        Raises:
            LedgerError: the ledger cannot be read.
            StoreError: the cache cannot be read.
        """
        ledger = self._state_of_ledger()
        stands = self._standing
        if stands is None or ledger != self._ledger:
            stands = standing(self.ctx)
            self._ledger = ledger  # as it was before: what came meanwhile is read next time
        generation = self.ctx.store.generation()
        if self._generation is None or (with_cache and generation != self._generation):
            self._published = self._read(stands)
            self._generation = generation
        elif stands is self._standing:
            return stands
        self._models = facts_of_models(self.ctx, self._published, stands)
        self._standing = stands
        return stands

    def _read(self, stands: Standing) -> PublishedModels:
        if not self.ctx.store.exists():
            return PublishedModels()
        with self.ctx.store.reader() as reader:
            return published_models(reader, stands)

    def forget(self) -> None:
        """Read everything again next time."""
        self._standing = None
        self._generation = None

    def facts(self, seen: Iterable[Reading], now: datetime) -> Mapping[str, Watched]:
        """Return what is known of every model at `now`, with readings that are in no cache yet."""
        by_model: defaultdict[str, list[Reading]] = defaultdict(list)
        for reading in seen:
            by_model[reading.subject].append(reading)
        stopped = stopped_now(self.ctx, self.standing)
        return {
            name: replace(watched, facts=as_seen(watched.facts, by_model[name], now, stopped))
            for name, watched in self._models.items()
        }

    def trials(self, moved: Collection[str]) -> tuple[Trial, ...]:
        """Return the trials that go on: of versions that serve, whoever else may have moved the
        model since. Of models that were `moved` the cache does not know yet which does.
        """
        return tuple(
            each
            for each in self.standing.projection.automation.trials
            if not each.is_over and (each.model in moved or self._serves(each))
        )

    def _serves(self, trial: Trial) -> bool:
        watched = self._models.get(trial.model)
        return watched is None or watched.facts.rollback.model.champion == trial.version

    def _state_of_ledger(self) -> State:
        """Return sizes and times of the files that say what is decided."""
        folder = self.ctx.paths.ledger
        files = (*folder.glob("chains/*"), *folder.glob("policy/*"), folder / "allowed_signers")
        found = []
        for file in sorted(files):
            try:
                status = file.stat()
            except OSError:
                continue
            found.append((file.name, status.st_size, status.st_mtime_ns))
        return tuple(found)


def faults_of(
    tx: Writer,
    evaluations: Iterable[Evaluation],
    trials: Sequence[Trial],
    tiers: Mapping[str, int],
    now: datetime,
) -> None:
    """Write the findings of the watch: silence where readings should be, and no recovery."""
    faults: defaultdict[str, list[WatchFault]] = defaultdict(list)
    told: set[tuple[str, str, str]] = set()
    for found in evaluations:
        key = (found.model, found.metric, found.segment)
        if found.verdict is not Verdict.STALE or key in told:
            continue
        told.add(key)
        where = f" [{found.segment}]" if found.segment else ""
        title = f"{found.model}: no fresh reading of {found.metric}{where}"
        faults[found.model].append(
            WatchFault(*key[:1], STALE, *key[1:], title, tiers.get(found.model, 3))
        )
    for trial in trials:
        if trial.told == "missed":
            title = f"{trial.model}: version {trial.version} did not recover after the rollback"
            faults[trial.model].append(
                WatchFault(trial.model, "rollback.no-recovery", trial.metric, trial.segment,
                           title, 1)
            )  # fmt: skip
    record_faults(tx, faults, now)


def is_pending(evaluations: Iterable[Evaluation]) -> bool:
    """Whether something may be decided at the next look: other news waits for so long."""
    return any(
        found.verdict is Verdict.QUIET and found.newest is not None and found.newest.is_breach
        for found in evaluations
    )
