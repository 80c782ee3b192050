"""The watch: look, judge, act, see whether it helped, and again; one process for each cache.

A second process over the same cache stands by and takes over when the first is gone. What was sent
and has no receipt is looked for first; nothing is ever sent twice.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from riskcockpit.actions.automation import Evaluation, judge
from riskcockpit.config.automation import Automation
from riskcockpit.config.durations import parse_duration
from riskcockpit.config.paths import make_private
from riskcockpit.domain.automation import Verdict
from riskcockpit.domain.clock import rfc3339
from riskcockpit.errors import RiskcockpitError
from riskcockpit.ledger.lock import try_lock
from riskcockpit.ledger.memory import Memory
from riskcockpit.services.automatic import act, prove
from riskcockpit.services.context import Context
from riskcockpit.services.finding_out import FindingOut
from riskcockpit.services.looking import REGISTRIES, Looker, cycles_of
from riskcockpit.services.outbox import dispatch
from riskcockpit.services.pulling import Pulled
from riskcockpit.services.refusals import Refusals
from riskcockpit.services.stopping import StopError, Stopper
from riskcockpit.services.systemd import Systemd
from riskcockpit.services.watch_health import lock_file, write_health
from riskcockpit.services.watch_publishing import Publisher
from riskcockpit.services.watch_world import World, faults_of, is_pending
from riskcockpit.store.database import Writer
from riskcockpit.views.automation import WatchEvent, WatchHealth
from riskcockpit.views.governance import ActionRow

Tell = Callable[[WatchEvent], None]
STANDBY_SECONDS = 1.0
NEWS_PAUSE = timedelta(seconds=5)
"""How long news waits after a publish, so that much news is one publish."""
LONG_PUBLISH = timedelta(minutes=5)
"""How long a publish may take before that is told."""
MEASURES = frozenset({"prometheus"})
"""Kinds whose every look brings something new."""
Key = tuple[str, str, str, str]
_TOLD = frozenset({Verdict.STALE, Verdict.ALARM, Verdict.HELD})
"""Verdicts whose begin and end are told; what acts tells of itself."""


@dataclass(slots=True)
class _Kept:
    """What the loop remembers to tell things once; nothing is decided by it."""

    verdicts: dict[Key, Verdict] = field(default_factory=dict)
    refused: Refusals[Key] = field(default_factory=Refusals)
    digests: dict[str, str] = field(default_factory=dict)
    """Source → digest of what it gave last; of those whose change is published at once."""
    troubles: frozenset[str] = frozenset()
    """What was told of last."""
    published_at: datetime | None = None
    models: int = 0
    stopped: str = ""


class Watch:
    """One process that watches over one cache."""

    def __init__(
        self, ctx: Context, tell: Tell, *, systemd: Systemd | None = None, cycle: str = ""
    ) -> None:
        """`cycle` beats that of the rules, as `1s`; empty: the rules say."""
        ctx = replace(ctx, memory=ctx.memory or Memory())
        self._ctx = ctx
        self._tell = tell
        self._systemd = systemd or Systemd()
        self._cycle_given = cycle
        self._stopper = Stopper()
        self._looker = Looker(ctx)
        self._world = World(ctx)
        self._publisher = Publisher(ctx)
        self._finding_out = FindingOut(ctx)
        self._kept = _Kept()
        self._has_news = False
        self._is_signed = False
        """Whether something was signed that is in no publish yet."""
        self._moved: set[str] = set()
        """Models that were moved: the cache does not know yet, so nobody judges them by it."""
        self._published_with: frozenset[str] = frozenset()
        """Those of them that were moved before the publish that runs began."""
        self._troubles: set[str] = set()
        """Of this cycle."""
        self._cycle = timedelta(seconds=15)
        self._started_at = ctx.clock.now()

    def run(self, *, is_once: bool = False) -> None:
        """Watch until a signal says to end, or for one cycle.

        What is being decided or sent is finished first.

        Raises:
            ConfigError: the rules or the settings cannot be used.
            LedgerError, StoreError: at the start; later they are trouble that may pass.
        """
        if is_once:
            self._looker.patience = float("inf")
        with self._stopper.hearing():
            try:
                with self._leading(may_wait=not is_once):
                    try:
                        self._begin()
                        self._loop(is_once=is_once)
                    finally:
                        self._end()
            except StopError:
                pass
            finally:
                self._systemd.stopping()
                self._event("stopping", "", "ends as it was told" if not is_once else "one cycle")

    def _end(self) -> None:
        """Let what is being published be published, before another leads."""
        self._systemd.stopping()
        self._take_publish(may_wait=True)
        self._tell_troubles()
        self._publisher.close()
        self._looker.close()

    def stop(self) -> None:
        """End at the next step; for whoever runs it in a thread."""
        self._stopper.is_wanted = True

    @contextmanager
    def _leading(self, *, may_wait: bool) -> Iterator[None]:
        """Be the one that watches over this cache; wait for that as long as it takes, or not."""
        make_private(self._ctx.paths.cache)
        handle = os.open(lock_file(self._ctx), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            is_told = False
            while not try_lock(handle):
                if not is_told:
                    self._event("standing by", "", "another watch leads; takes over when it ends")
                    self._systemd.ready("standing by")
                    is_told = True
                if not may_wait:
                    raise StopError
                self._systemd.alive("standing by")
                self._sleep(STANDBY_SECONDS)
            yield
        finally:
            os.close(handle)

    def _begin(self) -> None:
        """Find out what became of what was sent, and where everything stands."""
        self._looker.begin()
        stands = self._world.refresh()
        cycles_of(stands.rules.automation, self._ctx.settings)  # wrong rules end it here
        try:
            self._tell_found(dispatch(self._ctx))
        except RiskcockpitError as error:
            self._event("found out", "", f"what is due upstream waits: {error.message}")
        self._event("started", "", f"by {stands.rules.origin}; signs as {stands.principal or '?'}")
        self._systemd.ready("leading")

    def _tell_found(self, rows: Iterable[ActionRow]) -> None:
        for row in rows:
            self._event("found out", row.target, f"{row.kind}: {row.state}, {row.message}")

    def _loop(self, *, is_once: bool) -> None:
        while True:
            began = time.monotonic()
            self._troubles = set()
            try:
                self._turn()
                if is_once:
                    self._take_publish(may_wait=True)
            except RiskcockpitError as error:
                self._troubles.add(error.message)
                self._world.forget()
            self._troubles |= self._looker.troubles()
            self._tell_troubles()
            self._write_health()
            trouble = "; ".join(sorted(self._troubles))
            self._systemd.alive(trouble or f"{self._kept.models} models watched")
            if is_once:
                return
            self._sleep(self._cycle.total_seconds() - (time.monotonic() - began))

    def _turn(self) -> None:
        """One cycle: what is read may be interrupted, what is decided may not."""
        self._take_publish()
        stands = self._world.refresh()
        automation = stands.rules.automation
        self._cycle = parse_duration(self._cycle_given or automation.cycle)
        cycles = dict(cycles_of(automation, self._ctx.settings))
        if self._cycle_given:
            cycles = {name: min(span, self._cycle) for name, span in cycles.items()}
        with self._bearing():
            self._find_out()
        with self._stopper.interruptible():
            pulled = self._looker.look(cycles)
        self._systemd.alive("judging")
        evaluations = self._judged()
        is_news = self._told_verdicts(evaluations)
        self._has_news = self._has_changed(pulled) or is_news or self._has_news
        with self._bearing():
            evaluations = self._act(evaluations)
            self._prove()
        if (began_at := self._publisher.began_at) is None:
            if self._is_signed or self._is_due(automation, evaluations.values()):
                self._publish(evaluations)
        elif self._now() - began_at > LONG_PUBLISH:
            self._troubles.add(f"a publish is under way since {rfc3339(began_at)}")

    @contextmanager
    def _bearing(self) -> Iterator[None]:
        """Go on when a step fails, as where nothing can be signed: what was seen is published."""
        try:
            yield
        except RiskcockpitError as error:
            self._troubles.add(error.message)

    def _find_out(self) -> None:
        """Look what became of what has no end yet; its models are judged when that is published."""
        rows = self._finding_out.look(self._world.standing.projection.actions)
        if not rows:
            return
        self._tell_found(rows)
        self._looker.look_again(REGISTRIES)
        self._is_signed = True
        self._moved |= {row.target.rpartition("@")[0] for row in rows}
        self._world.refresh(with_cache=False)

    def _is_due(self, automation: Automation, evaluations: Iterable[Evaluation]) -> bool:
        """Whether what was seen is published now: news soon, everything else now and then."""
        last = self._kept.published_at
        if last is None:
            return True
        age = self._now() - last
        is_news = self._has_news and age >= NEWS_PAUSE and not is_pending(evaluations)
        return is_news or age >= parse_duration(automation.publish)

    def _has_changed(self, pulled: Iterable[Pulled]) -> bool:
        """Whether a source gave something else than last time; readings are new at every look."""
        is_news = False
        for one in pulled:
            before = self._kept.digests.get(one.source.name)
            is_news = is_news or (before != one.digest and one.source.kind not in MEASURES)
            self._kept.digests[one.source.name] = one.digest
        return is_news

    def _judged(self) -> Mapping[Key, Evaluation]:
        now = self._now()
        facts = self._world.facts(self._looker.readings, now)
        self._kept.models = len(facts)
        self._kept.stopped = next((each.facts.stopped for each in facts.values()), "")
        policy = self._world.standing.rules.automation
        known = (each.facts for name, each in facts.items() if name not in self._moved)
        return {found.key: found for each in known for found in judge(policy, each)}

    def _publish(self, evaluations: Mapping[Key, Evaluation]) -> None:
        """Begin to put what was seen into the cache, with what the watch itself has found."""
        tiers = self._world.tiers
        trials = self._world.trials(self._moved)

        def beside(tx: Writer, now: datetime) -> None:
            faults_of(tx, evaluations.values(), trials, tiers, now)

        self._publisher.start(self._looker.hand_over(), beside)
        is_stale = self._looker.is_looking(REGISTRIES)  # what it gives is in the next publish
        self._published_with = frozenset() if is_stale else frozenset(self._moved)
        self._has_news = self._is_signed = False

    def _take_publish(self, *, may_wait: bool = False) -> None:
        """Go on from what was published, once it is."""
        try:
            report = self._publisher.ended(may_wait=may_wait)
        except RiskcockpitError as error:
            self._looker.not_published()
            self._is_signed = True  # what was, is in no publish
            self._troubles.add(error.message)
            return
        if report is None:
            return
        self._looker.published()
        self._moved -= self._published_with
        self._kept.published_at = self._now()
        for note in report.notes:
            self._event("note", "", note)

    def _act(self, evaluations: Mapping[Key, Evaluation]) -> Mapping[Key, Evaluation]:
        """Do what the rules say, one model after the other, each on fresh facts; return how all
        models are judged then.

        The fault is ended first and published after, with the readings that told of it: they are
        in the signed entry already.
        """
        tried: set[Key] = set()
        while (found := self._next(tried, evaluations)) is not None:
            if self._stopper.is_wanted:
                raise StopError
            tried.add(found.key)
            event = act(self._ctx, self._world.standing.rules, found)
            self._follow(found, event)
            self._world.refresh(with_cache=False)
            evaluations = self._judged()
        return evaluations

    def _follow(self, found: Evaluation, event: WatchEvent) -> None:
        """Tell what was done, and go on from there; a refusal like the last is told once."""
        if event.kind == "refused":
            is_known = self._kept.refused.add(found.key, event.detail, self._now())
            if is_known and not event.decision:
                return
        self._tell(event)
        if not event.decision:
            self._looker.look_soon(REGISTRIES)
            return
        self._looker.look_again(REGISTRIES)
        self._is_signed = True
        if event.kind != "proposed":
            self._moved.add(found.model)

    def _next(self, tried: set[Key], evaluations: Mapping[Key, Evaluation]) -> Evaluation | None:
        """Return what is to be done next; what was refused before comes after all else."""
        now, refused = self._now(), self._kept.refused
        ready = [
            found
            for key, found in evaluations.items()
            if found.verdict.acts and key not in tried and not refused.rests(key, now)
        ]
        return min(ready, key=lambda found: found.key in refused, default=None)

    def _prove(self) -> None:
        """Say of versions that took over whether they proved themselves."""
        stands = self._world.standing
        trials = self._world.trials(self._moved)
        known = self._world.facts(self._looker.readings, self._now()) if trials else {}
        for trial in trials:
            watched = known.get(trial.model)
            history = watched.facts.history if watched else ()
            event = prove(self._ctx, stands.rules.automation, trial, history, self._now())
            if event is not None:
                self._tell(event)
                self._is_signed = True
        self._world.refresh(with_cache=False)

    def _told_verdicts(self, evaluations: Mapping[Key, Evaluation]) -> bool:
        """Tell every verdict that changed; return whether that is worth a publish."""
        is_news = False
        for key, found in evaluations.items():
            before = self._kept.verdicts.get(key, Verdict.QUIET)
            if before is found.verdict or not ({before, found.verdict} & _TOLD):
                continue
            is_news = True
            where = f" ({found.segment})" if found.segment else ""
            said = f"{found.rule}, {found.metric}{where}: {found.reason or 'good'}"
            self._event(found.verdict.value, found.model, said)
        kept = self._kept.verdicts.items()
        waiting = {key: verdict for key, verdict in kept if key[1] in self._moved}
        self._kept.verdicts = waiting | {key: e.verdict for key, e in evaluations.items()}
        return is_news

    def _tell_troubles(self) -> None:
        """Tell each trouble when it begins."""
        for trouble in sorted(self._troubles - self._kept.troubles):
            self._event("trouble", "", trouble)
        self._kept.troubles = frozenset(self._troubles)

    def _write_health(self) -> None:
        kept = self._kept
        write_health(
            self._ctx,
            WatchHealth(
                state="leading",
                pid=os.getpid(),
                host=self._ctx.host,
                started_at=self._started_at,
                looked_at=self._now(),
                published_at=kept.published_at,
                cycle_seconds=self._cycle.total_seconds(),
                stopped=kept.stopped,
                trouble="; ".join(sorted(self._troubles)),
                models=kept.models,
            ),
        )

    def _sleep(self, seconds: float) -> None:
        with self._stopper.interruptible():
            if seconds > 0:
                time.sleep(seconds)

    def _now(self) -> datetime:
        return self._ctx.clock.now()

    def _event(self, kind: str, subject: str, detail: str) -> None:
        self._tell(WatchEvent(self._now(), kind, subject, detail))
