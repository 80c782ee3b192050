"""How the watch does: what its process writes down after each cycle, and who reads it."""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from riskcockpit.config.paths import make_private
from riskcockpit.ledger.lock import try_lock
from riskcockpit.services.context import Context
from riskcockpit.services.kill_switch import stopped_by_file
from riskcockpit.views.automation import WatchHealth

LOCK_NAME = "watch.lock"
FILE_NAME = "watch.json"
LATE_CYCLES = 3
_PATIENCE = timedelta(seconds=60)
"""A cycle in which something is done takes longer than one that only looks."""
_LONGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class _Written:
    """What the file holds."""

    pid: int
    host: str
    started_at: datetime
    looked_at: datetime
    published_at: datetime | None
    cycle_seconds: float
    stopped: str
    trouble: str
    models: int


def lock_file(ctx: Context) -> Path:
    """Return the lock of whoever watches over this cache."""
    return ctx.paths.cache / LOCK_NAME


def write_health(ctx: Context, health: WatchHealth) -> None:
    """Write down how the watch does; what cannot be written stops nothing."""
    content = msgspec.json.encode(asdict(health))
    file = ctx.paths.state / FILE_NAME
    part = file.with_name(f".{FILE_NAME}.{os.getpid()}")
    with contextlib.suppress(OSError):
        make_private(file.parent)
        part.write_bytes(content)
        part.replace(file)


def health(ctx: Context) -> WatchHealth:
    """Return how the watch over this cache does now."""
    stopped = stopped_by_file(ctx)
    try:
        written = msgspec.json.decode(
            (ctx.paths.state / FILE_NAME).read_bytes()[:_LONGEST], type=_Written
        )
    except (OSError, msgspec.DecodeError):
        written = None
    if written is None or not _is_led(ctx):
        looked = written.looked_at if written else None
        published = written.published_at if written else None
        return WatchHealth("stopped", 0, ctx.host, None, looked, published, 0.0, stopped, "", 0)
    span = timedelta(seconds=written.cycle_seconds)
    is_late = ctx.clock.now() - written.looked_at > LATE_CYCLES * span + _PATIENCE
    return WatchHealth(
        state="late" if is_late else "leading",
        pid=written.pid,
        host=written.host,
        started_at=written.started_at,
        looked_at=written.looked_at,
        published_at=written.published_at,
        cycle_seconds=written.cycle_seconds,
        stopped=stopped or written.stopped,
        trouble=written.trouble,
        models=written.models,
    )


def _is_led(ctx: Context) -> bool:
    try:
        handle = os.open(lock_file(ctx), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not try_lock(handle, is_shared=True)
    finally:
        os.close(handle)
