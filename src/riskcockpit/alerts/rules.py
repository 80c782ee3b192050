"""The rules of alerting in force: durations, the time zone and quiet hours worked out. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from riskcockpit.config.alerts import DAYS, AlertSettings, QuietHours, Route
from riskcockpit.config.durations import parse_duration
from riskcockpit.domain.alert import Fact
from riskcockpit.domain.severity import Severity


@dataclass(frozen=True, slots=True)
class Rules:
    """What `alerts.yaml` says, ready to be asked."""

    settings: AlertSettings
    zone: ZoneInfo
    break_through: Severity
    repeat_after: timedelta
    escalate_after: timedelta
    escalate_least: Severity

    def is_quiet(self, now: datetime) -> bool:
        """Return whether `now` lies in quiet hours, by the clock on the wall of the time zone.

        When the clock is put back, an hour that is quiet is so twice; when it is put forward, a
        quiet hour that is left out does not happen.
        """
        local = now.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return any(_covers(span, local.weekday(), minute) for span in self.settings.quiet_hours)

    def day(self, now: datetime) -> date:
        """Return the local day of `now`, which budgets are for."""
        return now.astimezone(self.zone).date()

    def is_past(self, clock: str, now: datetime) -> bool:
        """Return whether the local time of `now` has reached `clock`, as `08:00`."""
        local = now.astimezone(self.zone)
        return local.hour * 60 + local.minute >= _minutes(clock)

    def route(self, fact: Fact) -> Route | None:
        """Return the first route that is for `fact`; None: nobody is to be told."""
        return next((route for route in self.settings.routes if _matches(route, fact)), None)

    def budget(self, owner: str) -> int:
        """Return how many messages `owner` may get in a local day."""
        budget = self.settings.budget
        return budget.owners.get(owner, budget.per_day)

    def group(self, fact: Fact) -> tuple[str, ...]:
        """Return what facts that share a message have in common, beside owner and channel."""
        return tuple(str(getattr(fact, facet)) for facet in self.settings.group_by)


def rules_of(settings: AlertSettings) -> Rules:
    """Work out settings that were read without a fault."""
    return Rules(
        settings,
        ZoneInfo(settings.time_zone),
        Severity[settings.break_through.upper()],
        parse_duration(settings.repeat_after),
        parse_duration(settings.escalation.after),
        Severity[settings.escalation.least.upper()],
    )


def _matches(route: Route, fact: Fact) -> bool:
    match = route.match
    return (
        (not match.kinds or fact.kind in match.kinds)
        and (not match.owners or fact.owner in match.owners)
        and (not match.pillars or fact.pillar in match.pillars)
        and fact.severity >= Severity[match.least.upper()]
    )


def _covers(span: QuietHours, weekday: int, minute: int) -> bool:
    start, end = _minutes(span.from_), _minutes(span.until)
    today = DAYS[weekday] in span.days
    if start < end:
        return today and start <= minute < end
    yesterday = DAYS[weekday - 1] in span.days
    return (today and minute >= start) or (yesterday and minute < end)


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)
