"""Sending one message through one channel: a signed webhook, a chat room, or a program.

An attempt never raises: it says whether the message was delivered, was certainly not, or may have
been. Secrets are resolved at the moment of sending and never stand in what is said of it.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from riskcockpit.config.alerts import ChannelSettings
from riskcockpit.config.credentials import Credential, redact, remember, resolve
from riskcockpit.config.durations import parse_duration
from riskcockpit.config.programs import ALWAYS_PASSED, NotEndedError, NotStartedError, run
from riskcockpit.connectors.dialect import Dialect, Outgoing
from riskcockpit.connectors.gates import Gates
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.notices.wire import chat, payload, signature
from riskcockpit.connectors.pace import Limits
from riskcockpit.connectors.reply import NotSentError, ServerError
from riskcockpit.connectors.session import Session
from riskcockpit.domain.alert import Notice
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError, RateLimitedError, RiskcockpitError, UnavailableError

_OUTPUT_BYTES = 65_536
_gates: defaultdict[str, Gates] = defaultdict(Gates)
"""Channel → what it may ask. Rooms of one origin have limits of their own: one that asks us to wait
must not silence the others."""
_QUOTE = 200


class Sent(StrEnum):
    """What came of an attempt."""

    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"
    """Certainly not: it may be sent again."""
    UNKNOWN = "unknown"
    """It may have been: nobody answered, or the program was ended."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an attempt, and why."""

    sent: Sent
    message: str = ""
    """One line without secrets; empty when it was delivered."""


def is_repeatable(channel: ChannelSettings) -> bool:
    """Return whether a receiver can tell a repetition: signed webhooks carry the message's id."""
    return channel.kind == "webhook"


def send(channel: ChannelSettings, notice: Notice, clock: Clock) -> Attempt:
    """Send `notice` through `channel`, once."""
    try:
        if channel.kind == "command":
            _run(channel, notice)
        else:
            _post(channel, notice, clock)
    except (NotSentError, ServerError, RateLimitedError, ConfigError) as error:
        return Attempt(Sent.NOT_DELIVERED, _said(error))
    except UnavailableError as error:
        again = is_repeatable(channel)
        return Attempt(Sent.NOT_DELIVERED if again else Sent.UNKNOWN, _said(error))
    except RiskcockpitError as error:
        return Attempt(Sent.NOT_DELIVERED, _said(error))
    return Attempt(Sent.DELIVERED)


def _said(error: RiskcockpitError) -> str:
    return clean_line(redact(error.message))


def _post(channel: ChannelSettings, notice: Notice, clock: Clock) -> None:
    base, query = _address(channel, clock)
    secret = resolve(channel.secret, clock) if channel.secret else None
    seconds = parse_duration(channel.timeout).total_seconds()
    limits = Limits(read_seconds=seconds, budget_seconds=2 * seconds, max_bytes=_OUTPUT_BYTES)
    dialect = _signed(notice, clock) if secret else Dialect()
    session = Session(gates=_gates[channel.name])
    client = HttpClient(channel.name, base, clock, secret, limits, dialect=dialect, session=session)
    if not isinstance(channel.url, str):  # the path of such an address is its secret
        remember(client.endpoint.prefix)
    body = payload(notice) if channel.kind == "webhook" else chat(notice, channel.style)
    try:
        client.write("POST", "", body, params=query)
    finally:
        client.close()


def _address(channel: ChannelSettings, clock: Clock) -> tuple[str, Mapping[str, str]]:
    """Return the address without its query, and the query: some rooms have their secret there."""
    url = channel.url if isinstance(channel.url, str) else resolve(channel.url, clock).value
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ConfigError(f'url of channel "{channel.name}" is not an http(s) URL') from error
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    for value in query.values():
        remember(value)
    return parts._replace(query="").geturl(), query


def _signed(notice: Notice, clock: Clock) -> Dialect:
    """Return a dialect that signs the bytes as they leave, with the time they leave at."""

    def sign(outgoing: Outgoing, secret: Credential) -> Mapping[str, str]:
        seconds = int(clock.now().timestamp())
        try:
            value = signature(secret.value, notice.id, seconds, outgoing.body)
        except ValueError as error:
            raise ConfigError(
                f"cannot sign with the secret from {secret.source}: {error}"
            ) from None
        return {
            "webhook-id": notice.id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": value,
        }

    return Dialect(sign=sign)


def _run(channel: ChannelSettings, notice: Notice) -> None:
    name = clean_line(Path(channel.argv[0]).name)
    seconds = parse_duration(channel.timeout).total_seconds()
    given = json.dumps(payload(notice), ensure_ascii=True, sort_keys=True).encode() + b"\n"
    env = {key: os.environ[key] for key in ALWAYS_PASSED if key in os.environ}
    try:
        ended = run(
            channel.argv, max_bytes=_OUTPUT_BYTES, timeout_seconds=seconds, env=env, given=given
        )
    except NotStartedError as error:
        raise ConfigError(f'channel "{channel.name}": {name} cannot be started: {error}') from None
    except NotEndedError:
        raise UnavailableError(
            f'channel "{channel.name}": {name} did not end within {seconds:g} s'
        ) from None
    if ended.status != 0:
        said = " ".join(ended.errors.decode("utf-8", "replace").split())[-_QUOTE:]
        what = f'channel "{channel.name}": {name} ended with status {ended.status}'
        raise ConfigError(f"{what}: {said}" if said else what)
