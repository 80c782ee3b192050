"""What makes a read conditional: the ETag of each answer, by the credential it was given to.

No body is kept. A validator is only worth something while the rows of its answer are in the cache,
so whoever pulls keeps both in one publish. An answer to another credential is another answer, as
is the same one read under other settings: both are in the `scope`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from riskcockpit.domain.ids import digest


@dataclass(frozen=True, slots=True)
class Validator:
    """What the server said about one answer."""

    key: str
    """Digest of the URL with its query: links may carry what must not be kept."""
    scope: str
    """Keyed hash of the credential and the settings it was read under."""
    etag: str
    last_modified: str = ""


class Validators:
    """The validators of one source in one run. Threads may share it."""

    def __init__(self, known: Iterable[Validator] = ()) -> None:
        self._lock = threading.Lock()
        self._known = {(one.key, one.scope): one for one in known}
        self._kept: dict[tuple[str, str], Validator] = {}

    def headers(self, url: str, scope: str) -> dict[str, str]:
        """Return the headers that make a read of `url` conditional; none when it is new."""
        with self._lock:
            known = self._known.get((digest([url]), scope))
        if known is None:
            return {}
        if known.etag:
            return {"If-None-Match": known.etag}
        return {"If-Modified-Since": known.last_modified}

    def note(self, url: str, scope: str, status: int, headers: Mapping[str, str]) -> None:
        """Remember what the answer to a conditional read of `url` says about itself."""
        key = (digest([url]), scope)
        etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
        with self._lock:
            if status == 304 and key in self._known:  # noqa: PLR2004 - not modified
                self._kept[key] = self._known[key]
            elif etag or modified:
                self._kept[key] = Validator(*key, etag, modified)

    def forget(self) -> None:
        """Make every read of this run unconditional."""
        with self._lock:
            self._known.clear()

    def kept(self) -> tuple[Validator, ...]:
        """Return what is to be kept: only what this run asked for, with the credential it had."""
        with self._lock:
            return tuple(self._kept[key] for key in sorted(self._kept))
