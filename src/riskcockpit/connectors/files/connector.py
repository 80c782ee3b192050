"""Report files as a source: documents of the files that changed since the last sync.

A file is read again when its size or time changed, and handed over when its content did. The
cursor holds one short line of state for each file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Literal, Self

import msgspec

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.files.listing import Found, Listing, list_files
from riskcockpit.connectors.options import read_options
from riskcockpit.domain.batch import Batch, Coverage, Document
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError, UnavailableError

MAX_BYTES = 1_073_741_824
"""Of one file; larger ones are left out with a note, and the pass does not count as complete."""
_RESTLESS_NS = 2_000_000_000
"""A file changed this shortly before it was read may change again without a new time."""


class FilesOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a source of kind `files`."""

    paths: tuple[str, ...]
    """Files, directories or glob patterns; relative ones lie under the source's `url`."""
    asset: str = ""
    """The asset the reports are about; empty: as the report says."""
    asset_from: Literal["", "directory", "file"] = ""
    """Name the asset after the first directory below the path, or after the file without its
    endings; `asset` where there is no such directory."""
    category: str = ""
    """Tells apart several scans of one tool over one asset."""
    optional: bool = False
    """A path that names nothing is no failure."""


class _Known(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of a file."""

    size: int
    modified_ns: int
    digest: str


class FilesConnector:
    """The report files of one source."""

    kind: ClassVar[str] = "files"

    def __init__(self, name: str, options: FilesOptions, start: Path | None) -> None:
        self._name = name
        self._options = options
        self._start = start

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:  # noqa: ARG003 - the protocol
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, FilesOptions)
        start = Path(spec.url).expanduser() if spec.url else None
        if start is not None and not start.is_absolute():
            raise ConfigError(f'source "{spec.name}": url "{spec.url}" is not an absolute path')
        if not options.paths:
            raise ConfigError(f'source "{spec.name}": options.paths is empty')
        for index, path in enumerate(options.paths):
            if start is None and not Path(path).expanduser().is_absolute():
                raise ConfigError(
                    f'source "{spec.name}": options.paths[{index}]: "{path}" is relative',
                    hint="write it from / or ~, or set url to the directory it starts from",
                )
        return cls(spec.name, options, start)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield a document for each changed file; the last batch has the cursor. See `api`."""
        listing = self._listing()
        before = _known(cursor)
        after: dict[str, _Known] = {}
        notes = list(listing.notes)
        for found in listing.files:
            known = before.get(str(found.path))
            if known and (known.size, known.modified_ns) == (found.size, found.modified_ns):
                after[str(found.path)] = known
                continue
            content = _content(found)
            if isinstance(content, str):
                notes.append(f"{found.path}: {content}")
                continue
            digest = hashlib.sha256(content).hexdigest()[:32]
            is_restless = until.timestamp() * 1e9 - found.modified_ns < _RESTLESS_NS
            after[str(found.path)] = _Known(
                len(content), 0 if is_restless else found.modified_ns, digest
            )
            if known is None or known.digest != digest:
                yield Batch((self._document(found, content),), coverage=Coverage(rows=1))
        yield Batch(
            (),
            cursor=msgspec.json.encode(after, order="deterministic").decode(),
            is_complete=True,
            coverage=Coverage(
                pages=1,
                is_truncated=len(after) < len(listing.files),
                note="; ".join(clean_line(note) for note in notes),
            ),
        )

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        return f"{len(self._listing().files)} report files"

    def close(self) -> None:
        """Nothing is held open."""

    def _listing(self) -> Listing:
        listing = list_files(self._options.paths, self._start)
        if listing.unmatched and not self._options.optional:
            raise UnavailableError(
                f'source "{self._name}": nothing is called {", ".join(listing.unmatched)}',
                hint="mend options.paths, or set optional: true when there may be none yet",
            )
        return listing

    def _document(self, found: Found, content: bytes) -> Document:
        return Document(
            name=clean_line(str(found.path)),
            content=content,
            asset=self._asset(found),
            category=self._options.category,
            modified_at=datetime.fromtimestamp(found.modified_ns / 1e9, UTC),
        )

    def _asset(self, found: Found) -> str:
        parts = found.below_root.parts
        if self._options.asset_from == "directory" and len(parts) > 1:
            return clean_line(parts[0])
        if self._options.asset_from == "file":
            return clean_line(found.path.name.partition(".")[0])
        return self._options.asset


def _content(found: Found) -> bytes | str:
    """Return the bytes of a file, or why it is left out."""
    if found.size > MAX_BYTES:
        return f"left out: larger than {MAX_BYTES} bytes"
    try:
        descriptor = os.open(found.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        return f"left out: {error.strerror}"
    return content if len(content) <= MAX_BYTES else f"left out: larger than {MAX_BYTES} bytes"


def _known(cursor: str) -> dict[str, _Known]:
    """Return the state per path; a cursor of another kind counts as none."""
    try:
        return msgspec.json.decode(cursor, type=dict[str, _Known]) if cursor else {}
    except msgspec.DecodeError:
        return {}
