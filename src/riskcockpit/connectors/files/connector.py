"""Report files as a source, here or in buckets: documents of what changed since the last sync."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Literal, Protocol, Self, TypeVar

from riskcockpit.connectors.amazon.endpoints import is_region
from riskcockpit.connectors.amazon.keys import check_installed, check_people
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.files.objects import (
    SCHEME,
    ChangedObject,
    ObjectPath,
    WatchedObjects,
)
from riskcockpit.connectors.options import read_options
from riskcockpit.connectors.own_readings import own_or_document
from riskcockpit.connectors.watched import Changed, PathOptions, WatchedFiles
from riskcockpit.domain.batch import Batch, Document
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError


class FilesOptions(PathOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The `options` of a source of kind `files`."""

    asset: str = ""
    """The asset the reports are about; empty: as the report says."""
    asset_from: Literal["", "directory", "file"] = ""
    """Name the asset after the first directory below the path, or after the file without its
    endings; `asset` where there is no such directory."""
    category: str = ""
    """Tells apart several scans of one tool over one asset."""
    region: str = ""
    """Of the buckets, for paths as `s3://bucket/prefix/**/*.json`; `url` is then empty, or a store
    that speaks as S3 does."""
    profile: str = ""
    """The profile of the AWS tools that reads buckets; empty and without `credential`: what they
    find."""


C = TypeVar("C", Changed, ChangedObject)


class _Run(Protocol[C]):
    """One pass over files, wherever they are."""

    def __iter__(self) -> Iterator[C]: ...

    def forget(self, changed: C) -> None: ...

    def end(self) -> Batch: ...


class FilesConnector:
    """The report files of one source."""

    kind: ClassVar[str] = "files"
    options: ClassVar[type[FilesOptions]] = FilesOptions

    def __init__(self, files: WatchedFiles | WatchedObjects, options: FilesOptions) -> None:
        self._files = files
        self._options = options

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, FilesOptions)
        if any(path.startswith(SCHEME) for path in options.paths):
            return cls(_objects(spec, options, clock), options)
        return cls(WatchedFiles.build(spec, options), options)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield what each changed file says; the last batch has the cursor. See `api`."""
        if isinstance(self._files, WatchedObjects):
            yield from self._changes(self._files.since(cursor, until))
        else:
            yield from self._changes(self._files.since(cursor, until))

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        return f"{len(self._files.listing().files)} report files"

    def close(self) -> None:
        """See `connectors.api.Connector.close`; files are not held open."""
        if isinstance(self._files, WatchedObjects):
            self._files.buckets.close()

    def _changes(self, run: _Run[C]) -> Iterator[Batch]:
        for changed in run:
            found = own_or_document(self._document(changed))
            if found.coverage.is_truncated:
                run.forget(changed)
            yield found
        yield run.end()

    def _document(self, changed: Changed | ChangedObject) -> Document:
        return Document(
            name=changed.name,
            content=changed.content,
            asset=self._asset(changed),
            category=self._options.category,
            modified_at=changed.modified_at,
        )

    def _asset(self, changed: Changed | ChangedObject) -> str:
        parts = changed.below_root.parts
        if self._options.asset_from == "directory" and len(parts) > 1:
            return clean_line(parts[0])
        if self._options.asset_from == "file":
            return clean_line(parts[-1].partition(".")[0])
        return self._options.asset


def _objects(spec: SourceSpec, options: FilesOptions, clock: Clock) -> WatchedObjects:
    """Check what names objects in buckets; no I/O.

    Raises:
        ConfigError: it cannot be meant.
    """
    from riskcockpit.connectors.amazon.buckets import (  # noqa: PLC0415 - local files need no HTTP
        Buckets,
    )

    label = f'source "{spec.name}"'
    check_installed(spec.name)
    paths: list[ObjectPath] = []
    for index, text in enumerate(options.paths):
        if (path := ObjectPath.of(text)) is None:
            raise ConfigError(
                f'{label}: options.paths[{index}]: "{clean_line(text)}" names no bucket',
                hint="as s3://bucket/reports/**/*.json; files of this computer need a source of"
                " their own",
            )
        paths.append(path)
    if not is_region(options.region):
        raise ConfigError(f"{label}: options.region: of the buckets", hint="as eu-central-1")
    check_people(spec.read, options.profile, f"{label}: options.profile")
    buckets = Buckets.of(spec, options.region, options.profile, clock)
    return WatchedObjects(spec.name, tuple(paths), buckets, options.optional)
