"""Opens files of a directory that others may write to: regular files, never what a link leads to.

A named pipe in the place of a chain would hold every reader for ever, and a device would fill the
memory.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


class NotRegularError(OSError):
    """In the place of a file is a link, a pipe, a device or a directory."""


def open_regular(path: Path, flags: int = os.O_RDONLY) -> int:
    """Open a regular file without waiting for anybody and return its descriptor.

    A file that `flags` make has mode 0600.

    Raises:
        NotRegularError: it is something else.
        OSError: it cannot be opened.
    """
    always = os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
    try:
        handle = os.open(path, flags | always, 0o600)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.EISDIR):
            raise _not_regular(path) from error
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _not_regular(path)
    return handle


def read_regular(path: Path) -> bytes:
    """Return the content of a regular file; raises as `open_regular`."""
    with os.fdopen(open_regular(path), "rb") as file:
        return file.read()


def _not_regular(path: Path) -> NotRegularError:
    return NotRegularError(errno.EINVAL, "it is not a regular file", str(path))
