"""`alerts.yaml`: who is told of what, when, through which channel; read strictly."""

from __future__ import annotations

import difflib
import re
import zoneinfo
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from riskcockpit.config.durations import parse_duration
from riskcockpit.config.settings import CredentialRef, Struct
from riskcockpit.config.strict import read_document
from riskcockpit.domain.alert import AlertKind

FILE_NAME = "alerts.yaml"
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Word = Literal["info", "low", "medium", "high", "critical"]
Facet = Literal["kind", "pillar", "asset", "model", "rule"]
Count = Annotated[int, msgspec.Meta(ge=0, le=1000)]
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class QuietHours(Struct, frozen=True, rename={"from_": "from"}):
    """A span of local time in which only the worst is told; one over midnight ends a day later."""

    from_: str
    until: str
    days: tuple[Day, ...] = DAYS
    """On which it begins."""


class Escalation(Struct, frozen=True):
    """What happens when nobody acknowledges."""

    after: str = "30m"
    least: Word = "high"


class Budget(Struct, frozen=True):
    """How many messages an owner gets in a local day; the rest stands in the digest."""

    per_day: Count = 20
    owners: dict[str, Count] = msgspec.field(default_factory=dict)


class ChannelSettings(Struct, frozen=True):
    """One way out."""

    name: str
    kind: Literal["webhook", "chat", "command"]
    url: str | CredentialRef = ""
    """A reference when the address itself is a secret, as those of chat rooms are."""
    secret: CredentialRef | None = None
    """Signs what a webhook sends."""
    style: Literal["slack", "teams", "mattermost"] = "slack"
    argv: tuple[str, ...] = ()
    timeout: str = "10s"


class Match(Struct, frozen=True):
    """What a route is for; what is left out matches everything."""

    kinds: tuple[AlertKind, ...] = ()
    owners: tuple[str, ...] = ()
    pillars: tuple[str, ...] = ()
    least: Word = "info"


class Route(Struct, frozen=True):
    """Who is told: the first channel at once, the next ones when nobody acknowledges."""

    to: tuple[str, ...]
    match: Match = Match()


class DigestSettings(Struct, frozen=True):
    """When the digest of a day is sent, in local time; empty: only when it is asked for."""

    at: str = ""
    to: str = ""


class AlertSettings(Struct, frozen=True):
    """The whole file."""

    time_zone: str = "UTC"
    quiet_hours: tuple[QuietHours, ...] = ()
    break_through: Word = "critical"
    """From this severity on neither quiet hours nor budgets hold a message back."""
    repeat_after: str = "24h"
    group_by: tuple[Facet, ...] = ("kind",)
    escalation: Escalation = Escalation()
    budget: Budget = Budget()
    channels: tuple[ChannelSettings, ...] = ()
    routes: tuple[Route, ...] = ()
    digest: DigestSettings = DigestSettings()

    def channel(self, name: str) -> ChannelSettings | None:
        """Return the channel called `name`, or None."""
        return next((each for each in self.channels if each.name == name), None)


def read_alert_settings(file: Path) -> AlertSettings:
    """Read the rules of alerting.

    Raises:
        ConfigError: they cannot be used; the message names file, line and what to mend.
    """
    document = read_document(file, AlertSettings, "the rules of alerts")
    for path, why, hint in _faults(document.value):
        raise document.source.fault(path, why, hint)
    return document.value


def alerts_schema() -> dict[str, Any]:
    """Return the JSON Schema of the file, for editors."""
    schema = msgspec.json.schema(AlertSettings)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Who is told of what by riskcockpit"
    return schema


Faults = Iterator[tuple[str, str, str | None]]


def _faults(settings: AlertSettings) -> Faults:
    """Yield (path, what is wrong, hint) for each value that no type refuses."""
    if not _is_zone(settings.time_zone):
        near = _near(settings.time_zone, zoneinfo.available_timezones())
        yield "time_zone", f'"{settings.time_zone}" is no time zone', near or "as Europe/London"
    for index, span in enumerate(settings.quiet_hours):
        for key, text in (("from", span.from_), ("until", span.until)):
            yield from _time_faults(f"quiet_hours[{index}].{key}", text)
        if span.from_ == span.until:
            yield (
                f"quiet_hours[{index}].until",
                "ends when it begins",
                "a whole day is 00:00 to 24:00",
            )
    yield from _duration_faults("repeat_after", settings.repeat_after)
    yield from _duration_faults("escalation.after", settings.escalation.after)
    yield from _channel_faults(settings.channels)
    yield from _route_faults(settings)
    yield from _digest_faults(settings)


def _channel_faults(channels: tuple[ChannelSettings, ...]) -> Faults:
    seen: set[str] = set()
    for index, channel in enumerate(channels):
        path = f"channels[{index}]"
        if not _NAME.fullmatch(channel.name):
            yield f"{path}.name", f'"{channel.name}" is no name', "letters, digits, . _ and -"
        if channel.name in seen:
            yield f"{path}.name", f'"{channel.name}" is there twice', None
        seen.add(channel.name)
        yield from _duration_faults(f"{path}.timeout", channel.timeout)
        if channel.kind == "command":
            if not channel.argv:
                yield f"{path}.argv", "names no program", "a list: the program and its arguments"
        elif not channel.url:
            yield f"{path}.url", "is missing", "an address, or env:/file:/keyring:/exec: below it"
        if channel.kind == "webhook" and channel.secret is None:
            yield f"{path}.secret", "is missing: what is not signed can be forged", "as {env: NAME}"


def _route_faults(settings: AlertSettings) -> Faults:
    known = [channel.name for channel in settings.channels]
    for index, route in enumerate(settings.routes):
        if not route.to:
            yield f"routes[{index}].to", "names no channel", None
        for place, name in enumerate(route.to):
            if name not in known:
                yield (
                    f"routes[{index}].to[{place}]",
                    f'there is no channel "{name}"',
                    _hint(name, known),
                )


def _digest_faults(settings: AlertSettings) -> Faults:
    digest, known = settings.digest, [channel.name for channel in settings.channels]
    if digest.at:
        yield from _time_faults("digest.at", digest.at)
        if digest.to not in known:
            yield "digest.to", f'there is no channel "{digest.to}"', _hint(digest.to, known)


def _time_faults(path: str, text: str) -> Faults:
    if not _TIME.fullmatch(text):
        yield path, f'"{text}" is no time of the day', 'in quotes, as "07:00"'


def _duration_faults(path: str, text: str) -> Faults:
    try:
        is_long = bool(parse_duration(text))
    except ValueError as error:
        yield path, str(error), "as 15m, 24h or 7d"
        return
    if not is_long:
        yield path, "is no time at all", "as 15m, 24h or 7d"


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, KeyError, OSError):  # no key, none of that name, a directory of zones
        return False
    return True


def _near(name: str, known: Collection[str]) -> str:
    nearest = difflib.get_close_matches(name, sorted(known), 1)
    return f'did you mean "{nearest[0]}"?' if nearest else ""


def _hint(name: str, known: Collection[str]) -> str:
    return _near(name, known) or f"channels: {', '.join(known) or 'none'}"
