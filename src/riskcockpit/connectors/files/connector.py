"""Report files as a source: documents of the files that changed since the last sync."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Literal, Self

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.options import read_options
from riskcockpit.connectors.own_readings import own_or_document
from riskcockpit.connectors.watched import Changed, PathOptions, WatchedFiles
from riskcockpit.domain.batch import Batch, Document
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.untrusted import clean_line


class FilesOptions(PathOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The `options` of a source of kind `files`."""

    asset: str = ""
    """The asset the reports are about; empty: as the report says."""
    asset_from: Literal["", "directory", "file"] = ""
    """Name the asset after the first directory below the path, or after the file without its
    endings; `asset` where there is no such directory."""
    category: str = ""
    """Tells apart several scans of one tool over one asset."""


class FilesConnector:
    """The report files of one source."""

    kind: ClassVar[str] = "files"
    options: ClassVar[type[FilesOptions]] = FilesOptions

    def __init__(self, files: WatchedFiles, options: FilesOptions) -> None:
        self._files = files
        self._options = options

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:  # noqa: ARG003 - the protocol
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, FilesOptions)
        return cls(WatchedFiles.build(spec, options), options)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield what each changed file says; the last batch has the cursor. See `api`."""
        run = self._files.since(cursor, until)
        for changed in run:
            found = own_or_document(self._document(changed))
            if found.coverage.is_truncated:
                run.forget(changed)
            yield found
        yield run.end()

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        return f"{len(self._files.listing().files)} report files"

    def close(self) -> None:
        """Nothing is held open."""

    def _document(self, changed: Changed) -> Document:
        return Document(
            name=changed.name,
            content=changed.content,
            asset=self._asset(changed),
            category=self._options.category,
            modified_at=changed.modified_at,
        )

    def _asset(self, changed: Changed) -> str:
        parts = changed.found.below_root.parts
        if self._options.asset_from == "directory" and len(parts) > 1:
            return clean_line(parts[0])
        if self._options.asset_from == "file":
            return clean_line(changed.found.path.name.partition(".")[0])
        return self._options.asset
