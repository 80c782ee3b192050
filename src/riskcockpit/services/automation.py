"""Judging models by the rules of automation: which rules are in force, what is known, what follows.

Nothing is done here. `services.automatic` acts, `services.watching` does so in a loop.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from riskcockpit.actions.automation import Evaluation, judge
from riskcockpit.actions.guards import AutomationFacts, Mode
from riskcockpit.actions.plan import MoveFacts
from riskcockpit.config.automation import Automation, read_automation
from riskcockpit.config.durations import parse_duration
from riskcockpit.config.paths import shipped
from riskcockpit.decisions.policy import AUTOMATION, PolicyBook
from riskcockpit.decisions.project import Projection, project
from riskcockpit.decisions.roles import ENFORCED
from riskcockpit.domain.model import CHAMPION, ModelVersion, RegisteredModel
from riskcockpit.domain.reading import Reading
from riskcockpit.errors import RiskcockpitError, UnknownNameError
from riskcockpit.services.context import Context
from riskcockpit.services.kill_switch import stopped_by_file
from riskcockpit.services.moves import reading_of, version_of
from riskcockpit.services.policy_state import POLICY_RULE, unsigned
from riskcockpit.services.record import examined, policy_book
from riskcockpit.store.database import Reader
from riskcockpit.store.sql import sql
from riskcockpit.views.automation import AutomationView, RuleView

MOST_READINGS = 400
"""Newest readings of each series that rules look at."""
SHIPPED = "the rules that ship"


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """The rules of automation, and where they come from."""

    automation: Automation
    digest: str
    """Of the signed version; empty: those that ship are in force."""
    origin: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger says, read at one moment."""

    projection: Projection
    book: PolicyBook
    rules: RulesInForce
    is_verified: bool
    principal: str
    """Who signs here; empty: nobody can."""
    key_fp: str


@dataclass(frozen=True, slots=True)
class Watched:
    """One model, as automation sees it."""

    tier: int
    facts: AutomationFacts


@dataclass(frozen=True, slots=True)
class PublishedModels:
    """What one generation of the cache knows of models; all but the first by model."""

    models: tuple[tuple[Any, ...], ...] = ()
    """(name, tier, tags, champion, since when), by tier and name."""
    versions: Mapping[str, tuple[ModelVersion, ...]] = field(default_factory=dict)
    history: Mapping[str, tuple[Reading, ...]] = field(default_factory=dict)
    newest: Mapping[str, tuple[Reading, ...]] = field(default_factory=dict)
    """Of each metric, segment and version."""
    alarms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Titles of open findings about its data."""


def standing(ctx: Context) -> Standing:
    """Read the ledger and the rules in force.

    Raises:
        LedgerError: the ledger cannot be read.
        ConfigError: the rules that ship cannot be used.
    """
    found = examined(ctx)
    book = policy_book(ctx.paths.ledger, found.entries)
    projection = project(
        found.entries, ctx.clock.now(), book.versions, is_verified=found.report.is_ok,
        void=book.void,
    )  # fmt: skip
    principal, key_fp = _who(ctx)
    return Standing(
        projection, book, rules_in_force(ctx, book), found.report.is_ok, principal, key_fp
    )


def rules_in_force(ctx: Context, book: PolicyBook) -> RulesInForce:
    """Return the signed rules, or those that ship as long as none were signed.

    Raises:
        ConfigError: those that ship cannot be used.
    """
    present = book.automation
    if present is None:
        file = shipped("config", "automation.yaml")
        return RulesInForce(read_automation(file).value, "", SHIPPED)
    who = ", ".join(sorted(present.signed))
    doubt = _unsigned(ctx, present.digest)
    return RulesInForce(present.automation, present.digest, f"{AUTOMATION}, signed by {who}{doubt}")


def explain(ctx: Context, model: str) -> AutomationView:
    """Judge one model now and say every rule and guard with its value.

    Raises:
        UnknownNameError: there is no such model.
        LedgerError: the ledger cannot be read.
        StoreError: the cache cannot be read.
    """
    rules, facts = known_of_model(ctx, model)
    return AutomationView(
        model=model,
        champion=facts.rollback.model.champion,
        is_enforced=facts.mode.is_enforced,
        why=facts.mode.why,
        stopped=facts.stopped,
        origin=rules.origin,
        at=facts.now,
        rules=tuple(map(_rule_view, judge(rules.automation, facts))),
    )


def known_of_model(ctx: Context, model: str) -> tuple[RulesInForce, AutomationFacts]:
    """Return the rules in force and what is known of one model now; raises as `explain`."""
    stands = standing(ctx)
    if not ctx.store.exists():
        raise UnknownNameError(f'there is no model "{model}"', hint="`riskcockpit sync` finds them")
    with ctx.store.reader() as reader:
        known = facts_of_models(ctx, published_models(reader, stands), stands)
    if model not in known:
        near = get_close_matches(model, known, n=1)
        near_or_all = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
        hint = near_or_all if known else "a registry names models; `riskcockpit models list`"
        raise UnknownNameError(f'there is no model "{model}"', hint=hint)
    return stands.rules, known[model].facts


def published_models(reader: Reader, stands: Standing) -> PublishedModels:
    """Return what a generation of the cache knows of every registered model.

    Raises:
        StoreError: the cache cannot be read.
    """
    history: defaultdict[str, list[Reading]] = defaultdict(list)
    trials = [f"{each.model}@{each.version}" for each in stands.projection.automation.trials]
    rows = reader.rows(
        sql("services", "automation_readings"), most=MOST_READINGS, trials=trials or [""]
    )
    for reading in map(reading_of, rows):
        history[reading.subject].append(reading)
    versions: defaultdict[str, list[ModelVersion]] = defaultdict(list)
    for name, *values in reader.rows(sql("services", "automation_versions")):
        versions[name].append(version_of(name, tuple(values)))
    alarms: defaultdict[str, list[str]] = defaultdict(list)
    for name, title, _severity in reader.rows(sql("services", "automation_data_alarms")):
        alarms[name].append(title)
    return PublishedModels(
        tuple(reader.rows(sql("services", "automation_models"))),
        {name: tuple(found) for name, found in versions.items()},
        {name: tuple(found) for name, found in history.items()},
        {name: tuple(newest_of(found)) for name, found in history.items()},
        alarms,
    )


def facts_of_models(
    ctx: Context, known: PublishedModels, stands: Standing
) -> Mapping[str, Watched]:
    """Return what the cache and the ledger know of every registered model."""
    stopped = stopped_now(ctx, stands)
    limits = ctx.settings.rollback
    projection = stands.projection
    moved = sorted(projection.containments, key=lambda each: each.at)
    last = {each.model: each.at for each in moved}
    found: dict[str, Watched] = {}
    for name, tier, tags, champion, since in known.models:
        aliases = {} if champion is None else {CHAMPION: champion}
        rollback = MoveFacts(
            model=RegisteredModel(name, known.versions.get(name, ()), aliases, tags),
            readings=known.newest.get(name, ()),
            data_alarms=known.alarms.get(name, ()),
            last_rollback_at=last.get(name),
            in_flight=projection.in_flight(name),
            now=projection.at,
            cooldown=parse_duration(limits.cooldown),
            max_reading_age=parse_duration(limits.max_reading_age),
        )
        facts = AutomationFacts(
            rollback=rollback,
            history=known.history.get(name, ()),
            champion_since=since,
            asked=projection.automation.asked,
            stopped=stopped,
            mode=mode_of(stands, name),
        )
        found[name] = Watched(tier, facts)
    return found


def newest_of(readings: Iterable[Reading]) -> Iterable[Reading]:
    """Return the newest reading of each metric, segment and version."""
    newest: dict[tuple[str, str, int | None], Reading] = {}
    for reading in readings:
        key = (reading.metric, reading.segment, reading.version)
        if key not in newest or newest[key].at <= reading.at:
            newest[key] = reading
    return newest.values()


def as_seen(
    facts: AutomationFacts, seen: Sequence[Reading], now: datetime, stopped: str
) -> AutomationFacts:
    """Return the facts at another moment, with readings that are in no cache yet."""
    newest = newest_of((*facts.rollback.readings, *seen))
    return replace(
        facts,
        rollback=replace(facts.rollback, readings=tuple(newest), now=now),
        history=(*facts.history, *seen),
        stopped=stopped,
    )


def stopped_now(ctx: Context, stands: Standing) -> str:
    """Return why automation is stopped; empty when it is not."""
    if not stands.is_verified:
        return "the ledger does not verify"
    if edited := unsigned(ctx.paths.ledger, stands.book):
        return f"{edited[0].chain} is not what was signed (rule {POLICY_RULE}): {edited[0].why}"
    by_file = stopped_by_file(ctx, stands.rules.automation.kill_switch)
    return by_file or stands.projection.automation.stopped


def mode_of(stands: Standing, model: str) -> Mode:
    """Say whether `model` may be rolled back without asking by who signs here."""
    now, roles, rules = stands.projection.at, stands.book.roles, stands.rules
    who = rules.automation.enforce.get(model)
    if who is None:
        return Mode(is_enforced=False, why="it is proposed: nobody signed for more")
    if roles is None or roles.enforced(model, rules.digest, now) is None:
        why = f"{who.approver} does not answer for it: unsigned, ended, or not an approver"
        return Mode(is_enforced=False, why=f"it is proposed: {why}")
    is_ended = stands.key_fp in stands.book.ended
    if is_ended or not roles.of_key(stands.principal, stands.key_fp) & ENFORCED.request:
        name = stands.principal or "nobody"
        return Mode(is_enforced=False, why=f"it is proposed: {name} is not automation")
    return Mode(is_enforced=True, why=f"{who.approver} answers for it")


def _who(ctx: Context) -> tuple[str, str]:
    try:
        journal = ctx.journal()
    except RiskcockpitError:
        return "", ""
    return journal.principal, journal.fingerprint


def _unsigned(ctx: Context, digest: str) -> str:
    """Say that the file was changed since it was signed."""
    file = ctx.paths.ledger / AUTOMATION
    try:
        content = file.read_bytes()
    except OSError:
        return ""
    if hashlib.sha256(content).hexdigest() == digest:
        return ""
    return "; the file was changed since and does not count until `riskcockpit watch adopt`"


def _rule_view(evaluation: Evaluation) -> RuleView:
    newest = evaluation.newest
    return RuleView(
        rule=evaluation.rule,
        metric=evaluation.metric,
        segment=evaluation.segment,
        verdict=evaluation.verdict,
        reason=evaluation.reason,
        value=None if newest is None else newest.value,
        at=None if newest is None else newest.at,
        conditions=evaluation.conditions,
        guards=evaluation.guards,
        target=None if evaluation.plan is None else evaluation.plan.to_version,
    )
