"""The key under which secrets in reports are hashed: one for a home, made when first needed.

It never leaves the state directory. Without it nobody can try guesses against the hashes; with
another key the same secret gets another hash, and is a new finding.
"""

from __future__ import annotations

import contextlib
import os
import secrets

from riskcockpit.config.paths import Paths, make_private
from riskcockpit.errors import StoreError, UnavailableStoreError

KEY_BYTES = 32
FILE_NAME = "redaction_key"


def redaction_key(paths: Paths) -> bytes:
    """Return the key of this home; makes it, readable by its owner alone, when there is none.

    Raises:
        StoreError: it cannot be read or made, or is too short to be a key.
    """
    file = make_private(paths.state) / FILE_NAME
    try:
        key = file.read_bytes()
    except FileNotFoundError:
        key = _make(paths)
    except OSError as error:
        raise UnavailableStoreError(f"cannot read {file}: {error.strerror}") from error
    if len(key) < KEY_BYTES:
        raise StoreError(
            f"{file} is not a redaction key",
            hint="restore it from a backup; a new one makes every found secret a new finding",
        )
    return key


def has_key(paths: Paths) -> bool:
    """Whether this home has a key that can be read."""
    return os.access(paths.state / FILE_NAME, os.R_OK)


def key_for_a_look(paths: Paths) -> bytes:
    """Return the key of this home, or one for this run where the home takes none: nothing is kept.

    Raises:
        StoreError: the file of the home is no key.
    """
    try:
        return redaction_key(paths)
    except (OSError, UnavailableStoreError):
        return secrets.token_bytes(KEY_BYTES)


def _make(paths: Paths) -> bytes:
    """Make the key under another name and link it, so that two processes agree on one."""
    file = paths.state / FILE_NAME
    draft = paths.state / f"{FILE_NAME}.{secrets.token_hex(8)}"
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(draft)
        return file.read_bytes()
    except OSError as error:
        raise UnavailableStoreError(f"cannot make {file}: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
