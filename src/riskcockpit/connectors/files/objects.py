"""Report files in buckets: the same paths and patterns as on this computer, and the same meaning.

An object is read again when its ETag changed, and handed over when its content did.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Self

import msgspec

from riskcockpit.connectors.amazon.faults import is_absent
from riskcockpit.connectors.amazon.stored import MAX_BYTES, Stored, is_bucket
from riskcockpit.connectors.listing import REPORT_NAMES, REPORT_SUFFIXES
from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.batch import Batch, Coverage
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ForbiddenError, UnavailableError

if TYPE_CHECKING:  # local files need no HTTP
    from riskcockpit.connectors.amazon.buckets import Buckets

SCHEME = "s3://"
MOST_LISTED = 100_000
"""Objects that are remembered of one source; more are left out, and the pass is incomplete."""
MOST_READ = 5_000
MOST_READ_BYTES = 4 * 1024**3
"""Objects, and bytes of them, that one sync reads; the next one goes on with the others."""
_MARKS = "*?["


@dataclass(frozen=True, slots=True)
class ObjectPath:
    """A path of the settings: an object, all below a prefix, or a pattern."""

    text: str
    bucket: str
    parts: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self | None:
        """Read a path as `s3://bucket/prefix/**/*.json`; None when it is none."""
        bucket, _, rest = text.removeprefix(SCHEME).partition("/")
        if not text.startswith(SCHEME) or not is_bucket(bucket):
            return None
        return cls(text, bucket, tuple(part for part in rest.split("/") if part))

    @property
    def is_pattern(self) -> bool:
        """Whether any of it stands for several names."""
        return any(mark in part for part in self.parts for mark in _MARKS)

    @property
    def prefix(self) -> str:
        """How the names of all objects that it can mean begin."""
        whole = "/".join(self.parts)
        return whole[: min((whole.find(m) for m in _MARKS if m in whole), default=len(whole))]

    def root(self, key: str) -> int:
        """Return how many of the first parts of `key` bound what is read."""
        fixed = 0
        for part in self.parts:
            if any(mark in part for mark in _MARKS):
                return fixed
            fixed += 1
        return fixed - 1 if key == "/".join(self.parts) else fixed

    def names(self, key: str) -> bool:
        """Whether it means the object called `key`."""
        parts = tuple(key.split("/"))
        if self.is_pattern:
            return _fits(parts, self.parts)
        if parts == self.parts:
            return True
        below = parts[len(self.parts) :]
        is_hidden = any(part.startswith(".") for part in below)
        is_report = parts[-1].lower().endswith(REPORT_SUFFIXES) or parts[-1] in REPORT_NAMES
        return parts[: len(self.parts)] == self.parts and is_report and not is_hidden


class _Known(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of an object."""

    etag: str
    digest: str


@dataclass(frozen=True, slots=True)
class ChangedObject:
    """An object whose content is new."""

    stored: Stored
    below_root: PurePosixPath
    content: bytes

    @property
    def key(self) -> str:
        """What it is remembered by."""
        return self.stored.url

    @property
    def name(self) -> str:
        """Its address, harmless in messages."""
        return clean_line(self.stored.url)

    @property
    def modified_at(self) -> datetime:
        """When it was last written, aware UTC."""
        return self.stored.modified_at


@dataclass(frozen=True, slots=True)
class WatchedObjects:
    """What the paths of one source name in buckets."""

    source: str
    paths: tuple[ObjectPath, ...]
    buckets: Buckets
    is_optional: bool

    def listing(self) -> ObjectListing:
        """Return what there is now.

        Raises:
            UnavailableError: a path names nothing, and the source is not optional; or no answer.
            SourceError: a bucket is not there, or may not be listed.
        """
        found = ObjectListing()
        unmatched = [path.text for path in self.paths if not self._list(path, found)]
        if unmatched and not self.is_optional:
            raise UnavailableError(
                f'source "{self.source}": there is no report at {", ".join(unmatched)}',
                hint="mend options.paths, or set optional: true when there may be none yet",
            )
        return found

    def since(self, cursor: str, _until: datetime) -> ObjectPass:
        """Begin a pass; a cursor of another kind counts as none. Raises as `listing`."""
        return ObjectPass(self.buckets, self.listing(), _known(cursor))

    def _list(self, path: ObjectPath, found: ObjectListing) -> bool:
        has_any = False
        for stored in self.buckets.listed(path.bucket, path.prefix):
            if stored.key.endswith("/") or not path.names(stored.key):
                continue
            has_any = True
            if not stored.is_plain:
                found.notes.append(f"{stored.url}: left out: its name leads elsewhere")
            elif len(found.files) < MOST_LISTED:
                place = PurePosixPath(*stored.key.split("/")[path.root(stored.key) :])
                found.files.setdefault(stored.url, (stored, place))
            else:
                found.left_out += 1
        return has_any


@dataclass(slots=True)
class ObjectListing:
    """What the paths of a source name, each object once."""

    files: dict[str, tuple[Stored, PurePosixPath]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left_out: int = 0


@dataclass(slots=True)
class ObjectPass:
    """One pass over the objects: iterate over what changed, then take the last batch."""

    buckets: Buckets
    listing: ObjectListing
    before: dict[str, _Known]
    after: dict[str, _Known] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    is_short: bool = False

    def __iter__(self) -> Iterator[ChangedObject]:
        self.notes.extend(self.listing.notes)
        count = size = waiting = 0
        for url, (stored, place) in sorted(self.listing.files.items()):
            known = self.before.get(url)
            if known is not None and known.etag == stored.etag:
                self.after[url] = known
                continue
            if count >= MOST_READ or size >= MOST_READ_BYTES:
                waiting += 1
                self._keep(url, known)
                continue
            read = self._read(stored)
            if read is None:
                continue
            content, etag = read
            count, size = count + 1, size + len(content)
            digest = hashlib.sha256(content).hexdigest()[:32]
            self.after[url] = _Known(etag, digest)
            if known is None or known.digest != digest:
                yield ChangedObject(stored, place, content)
        if waiting:
            self.is_short = True
            self.notes.append(f"{waiting} more are left for the next sync")

    def forget(self, changed: ChangedObject) -> None:
        """Read an object again in the next pass, and tell again what is wrong with it."""
        self.after.pop(changed.key, None)
        self.is_short = True

    def end(self) -> Batch:
        """Return the batch that ends the pass, with the cursor."""
        if self.listing.left_out:
            self.is_short = True
            self.notes.append(f"{self.listing.left_out} beyond the first {MOST_LISTED}: left out")
        return Batch(
            (),
            cursor=msgspec.json.encode(self.after, order="deterministic").decode(),
            is_complete=True,
            coverage=Coverage(
                pages=1,
                is_truncated=self.is_short or bool(self.listing.notes),
                note="; ".join(clean_line(note) for note in self.notes),
            ),
        )

    def _read(self, stored: Stored) -> tuple[bytes, str] | None:
        """Return content and ETag of an object; None, with a note, when it cannot be read."""
        if stored.size > MAX_BYTES:
            self._leave_out(stored, f"larger than {MAX_BYTES} bytes")
            return None
        try:
            return self.buckets.read(stored)
        except ForbiddenError:
            self._leave_out(stored, "it may not be read")
        except StatusError as error:
            if not is_absent(error):
                raise
        return None

    def _keep(self, url: str, known: _Known | None) -> None:
        """Remember the content that was read last, under no ETag that is left."""
        if known is not None:
            self.after[url] = _Known("", known.digest)

    def _leave_out(self, stored: Stored, why: str) -> None:
        self.is_short = True
        self.notes.append(f"{stored.url}: left out: {why}")


def _fits(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether a name is as a pattern; `**` is any number of directories, alone in its place."""
    if any("**" in part and part != "**" for part in pattern) or pattern[-1] == "**":
        return False

    @cache
    def fits(at: int, of: int) -> bool:
        if of == len(pattern):
            return at == len(parts)
        if pattern[of] == "**":
            return fits(at, of + 1) or (at < len(parts) - 1 and fits(at + 1, of))
        return at < len(parts) and fnmatchcase(parts[at], pattern[of]) and fits(at + 1, of + 1)

    return fits(0, 0)


def _known(cursor: str) -> dict[str, _Known]:
    """Return the state per object; a cursor of another kind counts as none."""
    try:
        return msgspec.json.decode(cursor, type=dict[str, _Known]) if cursor else {}
    except msgspec.DecodeError:
        return {}
