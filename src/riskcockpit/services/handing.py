"""What was given out of the cockpit, to the clipboard or a browser: a way out for data.

Each use is written down before it happens, with a digest and never with the text, in a file of
mode 0600 in the state directory; the action log shows it beside what was done upstream.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from riskcockpit.config.paths import make_private
from riskcockpit.errors import StoreError
from riskcockpit.services.context import Context
from riskcockpit.services.outbox import actions
from riskcockpit.store.durable import write_whole
from riskcockpit.views.governance import ActionRow

MOST_KEPT = 500
_LONGEST = 1 << 18
_SHOWN_DIGEST = 16


class Handed(msgspec.Struct, frozen=True):
    """One use, as it is kept."""

    at: datetime
    """Aware UTC."""
    kind: str
    """`copy` or `open`."""
    subject: str
    """What it was about, in our words: `finding`, an address's host."""
    way: str
    """`osc52`, `tmux`, the program that opens addresses."""
    size: int
    """Bytes."""
    digest: str
    """SHA-256 of the text, hexadecimal."""
    principal: str


def hand_over(ctx: Context, kind: str, subject: str, way: str, text: str) -> None:
    """Write down that `text` is given out; whoever gives it does so only after this.

    Raises:
        StoreError: it cannot be written down.
    """
    content = text.encode("utf-8", "replace")
    used = Handed(
        ctx.clock.now(), kind, subject, way, len(content), sha256(content).hexdigest(),
        ctx.settings.identity.principal,
    )  # fmt: skip
    file = _file(ctx)
    try:
        make_private(ctx.paths.state)
        if file.exists() and file.stat().st_size > _LONGEST:
            write_whole(file, _joined(_kept(file)[-MOST_KEPT:]))
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, msgspec.json.encode(used) + b"\n")
        finally:
            os.close(handle)
    except OSError as error:
        raise StoreError(
            f"nothing was given out: cannot write {file}: {error.strerror}",
            hint="each copy has an entry in the action log; make room for it there",
        ) from error


def action_log(ctx: Context) -> tuple[ActionRow, ...]:
    """Return what decisions changed upstream and what was given out, the newest first."""
    rows = [*actions(ctx), *(_row(each) for each in _kept(_file(ctx)))]
    return tuple(sorted(rows, key=lambda row: row.updated_at, reverse=True))


def _row(each: Handed) -> ActionRow:
    id_ = sha256(f"{each.at.isoformat()} {each.kind} {each.digest}".encode()).hexdigest()[:32]
    message = f"{each.size} bytes by {each.way}, sha256 {each.digest[:_SHOWN_DIGEST]}"
    return ActionRow(
        id_, each.kind, "here", each.subject, "done", message, each.principal, each.at, each.at,
        {"sha256": each.digest},
    )  # fmt: skip


def _kept(file: Path) -> list[Handed]:
    """Return what can be read of the file; a line that was cut off is none."""
    found = []
    with suppress(OSError):
        for line in file.read_bytes().splitlines():
            with suppress(msgspec.DecodeError, msgspec.ValidationError):
                found.append(msgspec.json.decode(line, type=Handed))
    return found


def _joined(entries: list[Handed]) -> bytes:
    return b"".join(msgspec.json.encode(each) + b"\n" for each in entries)


def _file(ctx: Context) -> Path:
    return ctx.paths.state / "handed_over"
