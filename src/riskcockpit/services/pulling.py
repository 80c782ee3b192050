"""Pulling: every source in a thread of its own, a few at a time; nothing is written here.

What a source gives is read by its format at once, so that raw reports do not pile up. A source
that fails becomes a `Pulled` with a message; it never stops another one.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from riskcockpit.config.credentials import redact
from riskcockpit.config.settings import SourceSettings
from riskcockpit.connectors.api import Connector
from riskcockpit.domain.batch import Batch, Coverage, Document
from riskcockpit.domain.ids import digest
from riskcockpit.domain.model import RegisteredModel
from riskcockpit.domain.reading import Reading
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import CancelledError, RiskcockpitError
from riskcockpit.formats.api import ReadOptions
from riskcockpit.services.context import Context
from riskcockpit.services.importing import ImportOptions, ReadDocument, read_document

MOST_AT_ONCE = 4
"""Sources pulled at the same time; they wait for the network, parsing takes turns."""
SyncProgress = Callable[[str, int, str], None]
"""Called as (source name, rows so far, what it is doing), from any thread."""
_WAKE_SECONDS = 0.2

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pulled:
    """All that one source gave in one pull, or why it gave nothing."""

    source: SourceSettings
    documents: tuple[ReadDocument, ...] = ()
    models: tuple[RegisteredModel, ...] = ()
    readings: tuple[Reading, ...] = ()
    cursor: str = ""
    pages: int = 0
    rows: int = 0
    is_truncated: bool = False
    notes: tuple[str, ...] = ()
    digest: str = ""
    """Of everything it gave, in its order; equal when the source gave the same again."""
    seconds: float = 0.0
    error: str = ""
    """Why it failed; empty when it did not."""
    hint: str = ""

    @property
    def unread(self) -> tuple[ReadDocument, ...]:
        """Documents that no format could read."""
        return tuple(document for document in self.documents if document.error)


@dataclass(slots=True)
class _Collected:
    """The growing content of one pull."""

    documents: list[ReadDocument] = field(default_factory=list)
    models: list[RegisteredModel] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)
    cursor: str = ""
    is_whole: bool = False


def pull_all(
    ctx: Context,
    sources: Sequence[SourceSettings],
    cursors: Mapping[str, str],
    options: ReadOptions,
    progress: SyncProgress,
) -> Iterator[Pulled]:
    """Yield what each source gave, the quickest first.

    Closing the iterator, or an interrupt, lets the threads end at their next batch and waits for
    none of them: they write nothing.
    """
    waiting: queue.SimpleQueue[SourceSettings] = queue.SimpleQueue()
    for source in sources:
        waiting.put(source)
    done: queue.SimpleQueue[Pulled] = queue.SimpleQueue()
    stop = threading.Event()
    until = ctx.clock.now()

    def work() -> None:
        while not stop.is_set():
            try:
                source = waiting.get_nowait()
            except queue.Empty:
                return
            pull = _Pull(ctx, source, options, progress, stop)
            done.put(pull.run(cursors.get(source.name, ""), until))

    for number in range(min(MOST_AT_ONCE, len(sources))):
        threading.Thread(target=work, name=f"pull-{number}", daemon=True).start()
    try:
        for _ in sources:
            yield _next(done)
    finally:
        stop.set()


def _next(done: queue.SimpleQueue[Pulled]) -> Pulled:
    while True:
        try:
            return done.get(timeout=_WAKE_SECONDS)  # short, so that Ctrl+C is seen
        except queue.Empty:
            continue


@dataclass(frozen=True, slots=True)
class _Pull:
    ctx: Context
    source: SourceSettings
    options: ReadOptions
    progress: SyncProgress
    stop: threading.Event

    def run(self, cursor: str, until: datetime) -> Pulled:
        """Pull the source; every fault of it becomes a `Pulled` with an error."""
        started = time.monotonic()
        try:
            pulled = self._pull(cursor, until)
        except RiskcockpitError as error:
            pulled = Pulled(self.source, error=error.message, hint=error.hint or "")
        except Exception as error:  # noqa: BLE001 - a third party's connector may raise anything
            log.exception("source %s", self.source.name)
            text = clean_line(redact(f"{type(error).__name__}: {error}"))[:300]
            pulled = Pulled(
                self.source,
                error=f'the connector "{self.source.kind}" broke: {text}',
                hint="this is a fault of the connector; the log has the details",
            )
        return replace(pulled, seconds=time.monotonic() - started)

    def _pull(self, cursor: str, until: datetime) -> Pulled:
        self.progress(self.source.name, 0, "connecting")
        connector = self.ctx.connector(self.source)
        try:
            return self._collect(connector, cursor, until)
        finally:
            connector.close()

    def _collect(self, connector: Connector, cursor: str, until: datetime) -> Pulled:
        found = _Collected(cursor=cursor)
        for batch in connector.pull(cursor, until):
            if self.stop.is_set():
                raise CancelledError("the sync was stopped")
            self._take(found, batch)
            self.progress(self.source.name, found.coverage.rows, "reading")
        if not found.is_whole:
            found.notes.append("the pass did not come to its end")
        return Pulled(
            self.source,
            documents=tuple(found.documents),
            models=tuple(found.models),
            readings=tuple(found.readings),
            cursor=found.cursor,
            pages=found.coverage.pages,
            rows=found.coverage.rows,
            is_truncated=found.coverage.is_truncated or not found.is_whole,
            notes=tuple(dict.fromkeys(clean_line(redact(note)) for note in found.notes)),
            digest=digest(found.digests),
        )

    def _take(self, found: _Collected, batch: Batch) -> None:
        for item in batch.items:
            match item:
                case Document():
                    read = read_document(
                        item,
                        ImportOptions(),
                        self.options,
                        source_id=self.source.name,
                        default_asset=self.source.name,
                    )
                    found.documents.append(read)
                    found.digests.extend((item.name, *_hashes(read)))
                case RegisteredModel():
                    found.models.append(item)
                    found.digests.append(_encoded(item))
                case Reading():
                    found.readings.append(item)
                    found.digests.append(_encoded(item))
        found.cursor = batch.cursor or found.cursor
        found.is_whole = batch.is_complete
        found.coverage = Coverage(
            found.coverage.pages + batch.coverage.pages,
            found.coverage.rows + batch.coverage.rows,
            found.coverage.is_truncated or batch.coverage.is_truncated,
        )
        if batch.coverage.note:
            found.notes.append(batch.coverage.note)


def _hashes(document: ReadDocument) -> Iterator[str]:
    yield from dict.fromkeys(scope.content_hash for _, scope in document.scans)
    if document.knowledge is not None and document.request is not None:
        yield document.request.content_hash


def _encoded(item: RegisteredModel | Reading) -> str:
    return msgspec.json.encode(item, order="deterministic").decode()
