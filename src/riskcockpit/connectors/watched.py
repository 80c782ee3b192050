"""The files of a source and which of them changed since its last pass.

A file is read again when its size or time changed, and handed over when its content did. The
cursor holds one short line of state for each file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import msgspec

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.listing import REPORT_SUFFIXES, Found, Listing, list_files
from riskcockpit.domain.batch import Batch, Coverage
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError, UnavailableError

MAX_BYTES = 1_073_741_824
"""Of one file; larger ones are left out with a note, and the pass does not count as complete."""
_RESTLESS_NS = 2_000_000_000
"""A file changed this shortly before it was read may change again without a new time."""


class PathOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The options of every source that reads files."""

    paths: tuple[str, ...]
    """Files, directories or glob patterns; relative ones lie under the source's `url`."""
    optional: bool = False
    """A path that names nothing is no failure."""


class _Known(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of a file."""

    size: int
    modified_ns: int
    digest: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A file whose content is new."""

    found: Found
    content: bytes

    @property
    def below_root(self) -> Path:
        """Where it lies below the path of the settings."""
        return self.found.below_root

    @property
    def name(self) -> str:
        """Its path, harmless in messages."""
        return clean_line(str(self.found.path))

    @property
    def modified_at(self) -> datetime:
        """When it was last written, aware UTC."""
        return datetime.fromtimestamp(self.found.modified_ns / 1e9, UTC)


@dataclass(frozen=True, slots=True)
class WatchedFiles:
    """What the paths of one source name."""

    source: str
    paths: tuple[str, ...]
    start: Path | None
    is_optional: bool
    suffixes: tuple[str, ...] = REPORT_SUFFIXES
    """What is taken from a directory."""

    @classmethod
    def build(
        cls, spec: SourceSpec, options: PathOptions, suffixes: tuple[str, ...] = REPORT_SUFFIXES
    ) -> Self:
        """Check the paths; no I/O.

        Raises:
            ConfigError: there is none, or one is relative to nowhere.
        """
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
        return cls(spec.name, options.paths, start, options.optional, suffixes)

    def listing(self) -> Listing:
        """Return what there is now.

        Raises:
            UnavailableError: a path names nothing, and the source is not optional.
        """
        listing = list_files(self.paths, self.start, self.suffixes)
        if listing.unmatched and not self.is_optional:
            raise UnavailableError(
                f'source "{self.source}": there is no report at {", ".join(listing.unmatched)}',
                hint="mend options.paths, or set optional: true when there may be none yet",
            )
        return listing

    def since(self, cursor: str, until: datetime) -> Pass:
        """Begin a pass; a cursor of another kind counts as none. Raises as `listing`."""
        return Pass(self.listing(), _known(cursor), until)


@dataclass(slots=True)
class Pass:
    """One pass over the files: iterate over what changed, then take the last batch."""

    listing: Listing
    before: dict[str, _Known]
    until: datetime
    after: dict[str, _Known] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Changed]:
        self.notes.extend(self.listing.notes)
        for found in self.listing.files:
            known = self.before.get(str(found.path))
            if known and (known.size, known.modified_ns) == (found.size, found.modified_ns):
                self.after[str(found.path)] = known
                continue
            content = _content(found)
            if isinstance(content, str):
                self.notes.append(f"{found.path}: {content}")
                continue
            digest = hashlib.sha256(content).hexdigest()[:32]
            is_restless = self.until.timestamp() * 1e9 - found.modified_ns < _RESTLESS_NS
            self.after[str(found.path)] = _Known(
                len(content), 0 if is_restless else found.modified_ns, digest
            )
            if known is None or known.digest != digest:
                yield Changed(found, content)

    def forget(self, changed: Changed) -> None:
        """Read a file again in the next pass, and tell again what is wrong with it."""
        self.after.pop(str(changed.found.path), None)

    def refuse(self, changed: Changed, why: str) -> None:
        """Say that a file cannot be used, in this pass and the next."""
        self.forget(changed)
        self.notes.append(f"{changed.found.path}: {why}")

    def end(self) -> Batch:
        """Return the batch that ends the pass, with the cursor."""
        return Batch(
            (),
            cursor=msgspec.json.encode(self.after, order="deterministic").decode(),
            is_complete=True,
            coverage=Coverage(
                pages=1,
                is_truncated=len(self.after) < len(self.listing.files),
                note="; ".join(clean_line(note) for note in self.notes),
            ),
        )


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
