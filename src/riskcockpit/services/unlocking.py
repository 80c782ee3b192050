"""Production is locked until somebody unlocks it, for a limited time, on this computer.

The lock keeps slips of the hand away: it is no right, those are in the roles. Automation needs no
unlocking: what it may decide is written down in the rules.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from riskcockpit.config.durations import parse_duration
from riskcockpit.config.paths import make_private
from riskcockpit.domain.clock import parse_utc, rfc3339
from riskcockpit.errors import ConfigError, InputError, RefusedError
from riskcockpit.ledger.objects import write_durably
from riskcockpit.services.context import Context

LONGEST = timedelta(hours=8)
RULE = "production-locked"
_FILE = "unlocked.json"


class _Unlocked(msgspec.Struct, frozen=True):
    context: str
    ledger: str
    until: str


def unlocked_until(ctx: Context) -> datetime | None:
    """Return until when decisions may be taken here; None when they are locked.

    Outside production nothing is locked: the end of time is returned.
    """
    if not ctx.settings.context.production:
        return datetime.max.replace(tzinfo=ctx.clock.now().tzinfo)
    try:
        read = msgspec.json.decode(_file(ctx).read_bytes(), type=_Unlocked)
        until = parse_utc(read.until)
    except (OSError, ValueError, OverflowError):
        return None
    is_here = (read.context, read.ledger) == (ctx.settings.context.name, str(ctx.paths.ledger))
    now = ctx.clock.now()
    return until if is_here and now < until <= now + LONGEST else None


def unlock(ctx: Context, typed: str, duration: str = "") -> datetime:
    """Unlock decisions for a time, as the settings say without `duration`; return its end.

    Raises:
        InputError: `typed` is not the name of the context, or the time is none or too long.
        ConfigError: it cannot be kept.
    """
    context = ctx.settings.context
    if typed != context.name:
        raise InputError(
            f'"{typed}" is not this context', hint=f"its name is {context.name}: type that"
        )
    try:
        lasts = parse_duration(duration or context.unlock_for)
    except ValueError as error:
        raise InputError(str(error), hint="as 15m or 1h") from error
    if not timedelta() < lasts <= LONGEST:
        raise InputError(
            f"production is unlocked for a time of up to eight hours, not {duration or lasts}",
            hint="as 15m or 1h",
        )
    until = (ctx.clock.now() + lasts).replace(microsecond=0)
    _keep(ctx, _Unlocked(context.name, str(ctx.paths.ledger), rfc3339(until)))
    return until


def lock(ctx: Context) -> None:
    """Lock decisions at once.

    Raises:
        ConfigError: the state directory cannot be written.
    """
    try:
        _file(ctx).unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"cannot lock: {error}") from error


def refuse_locked(ctx: Context) -> None:
    """Let nobody decide while production is locked.

    Raises:
        RefusedError: it is.
    """
    if unlocked_until(ctx) is None:
        name = ctx.settings.context.name
        raise RefusedError(
            f"decisions are locked in {name}, which is production",
            rule=RULE,
            hint=f"`riskcockpit unlock {name}` allows them for {ctx.settings.context.unlock_for}",
        )


def _file(ctx: Context) -> Path:
    return ctx.paths.state / _FILE


def _keep(ctx: Context, unlocked: _Unlocked) -> None:
    file = _file(ctx)
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        make_private(file.parent)
        write_durably(part, msgspec.json.encode(unlocked))
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConfigError(f"cannot keep that it is unlocked: {error}") from error
