"""Result files of other tools as a source of readings: what their connectors have in common."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self, TypeVar

import msgspec

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.options import read_options
from riskcockpit.connectors.own_readings import Measured
from riskcockpit.connectors.watched import Changed, PathOptions, WatchedFiles
from riskcockpit.domain.batch import Batch
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.reading import SubjectKind
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import FormatError

T = TypeVar("T")
Version = Annotated[int, msgspec.Meta(ge=0, lt=1_000_000_000)]


class ResultOptions(PathOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every source of result files can be told."""

    subject: str = ""
    """What the results are about; empty: as they say, else the file's name without endings."""
    subject_from: Literal["", "directory", "file"] = ""
    """Name the subject after the first directory below the path, or after the file."""


class ModelResultOptions(ResultOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same, for tools that watch models as well as data sets."""

    subject_kind: SubjectKind = SubjectKind.MODEL
    version: Version | None = None
    """The version of the model, where the results do not say."""


O = TypeVar("O", bound=ResultOptions)  # noqa: E741 - as T


class ResultFiles(ABC):
    """A source of result files. Subclasses name their kind, options, suffixes, and read a file."""

    kind: ClassVar[str]
    options: ClassVar[type[ResultOptions]] = ResultOptions
    suffixes: ClassVar[tuple[str, ...]] = (".json",)
    """What is taken from a directory."""

    def __init__(self, files: WatchedFiles, options: ResultOptions) -> None:
        self._files = files
        self._options = options

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:  # noqa: ARG003 - the protocol
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, cls.options)
        return cls(WatchedFiles.build(spec, options, cls.suffixes), options)

    @abstractmethod
    def read(self, changed: Changed) -> Measured:
        """Return the readings of one file.

        Raises:
            FormatError: it is no result of the tool.
        """

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield the readings of each changed file; the last batch has the cursor. See `api`."""
        run = self._files.since(cursor, until)
        for changed in run:
            try:
                found = self.read(changed)
            except FormatError as error:
                run.refuse(changed, error.message)
                continue
            if found.is_partial:
                run.forget(changed)
            yield found.batch()
        yield run.end()

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        return f"{len(self._files.listing().files)} result files"

    def close(self) -> None:  # noqa: B027 - most hold nothing open
        """See `connectors.api.Connector.close`."""


def subject_of(changed: Changed, options: ResultOptions, said: str = "") -> str:
    """Return what a file is about: as the options say, else as it says itself, else its name."""
    parts = changed.found.below_root.parts
    stem = clean_line(changed.found.path.name.partition(".")[0])
    if options.subject_from == "directory" and len(parts) > 1:
        return clean_line(parts[0])
    if options.subject_from == "file":
        return stem
    return options.subject or clean_line(said) or stem


def decode(content: bytes, type_: type[T], what: str) -> T:
    """Return `content` as JSON of `type_`; `what` it should be, for the message.

    Raises:
        FormatError: it is not.
    """
    try:
        return msgspec.json.decode(content, type=type_)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        first = error
    try:  # tools in Python write NaN, which is no JSON
        return msgspec.convert(json.loads(content), type_)
    except (msgspec.ValidationError, ValueError, RecursionError):
        raise FormatError(f"no {what}: {clean_line(str(first))}") from first
