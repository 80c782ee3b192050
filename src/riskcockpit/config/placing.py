"""Files that people name or keep: written whole, or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from pathlib import Path

_EVERYBODY = 0o666
_STAYS = (errno.EACCES, errno.EPERM, errno.EBUSY, errno.EROFS)
"""Why a file can be no other one, though it may take other bytes."""


def place_file(file: Path, content: bytes, mode: int = _EVERYBODY) -> None:
    """Write `content` beside `file`, then put it in its place: a full disk leaves what was there.

    Who may read a file that is there stays as it was; a new one has `mode`, less the umask. A link
    goes on pointing. What cannot be replaced (a device, a pipe, what is mounted, a file in a
    directory that is closed to us) is written as it stands.

    Raises:
        OSError: it cannot be written.
    """
    if not file.exists():
        _replace(file.resolve(), content, mode)
        return
    kept = file.stat().st_mode
    if stat.S_ISREG(kept):
        try:
            _replace(file.resolve(), content, mode, kept=stat.S_IMODE(kept))
            return
        except OSError as error:
            if error.errno not in _STAYS:
                raise
    file.write_bytes(content)  # a name as /dev/fd/3 leads to a pipe, and resolves to nothing


def _replace(target: Path, content: bytes, mode: int, kept: int | None = None) -> None:
    part = target.parent / f".riskcockpit-{secrets.token_hex(6)}"
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "wb") as new:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
        if kept is not None:
            part.chmod(kept)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
