"""Pulling: every source in a thread of its own, a few at a time; nothing is written here.

What a source gives is read by its format at once, so that raw reports do not pile up. A source
that fails becomes a `Pulled` with a message; it never stops another one.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from riskcockpit.config.credentials import redact
from riskcockpit.config.settings import SourceSettings
from riskcockpit.connectors.ahead import ahead
from riskcockpit.connectors.api import Connector, Reconciles
from riskcockpit.connectors.recording import Recorder
from riskcockpit.connectors.session import Session
from riskcockpit.connectors.validators import Validator, Validators
from riskcockpit.domain.batch import Batch, Coverage, Document, Fact
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.configuration import Setting
from riskcockpit.domain.deployment import Deployment
from riskcockpit.domain.ids import digest
from riskcockpit.domain.model import RegisteredModel
from riskcockpit.domain.reading import Reading
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import RiskcockpitError, UnavailableError
from riskcockpit.formats.api import ReadOptions
from riskcockpit.services.context import Context
from riskcockpit.services.importing import ImportOptions, leave_out_own, read_pieces
from riskcockpit.services.paging import joined
from riskcockpit.services.places import Place
from riskcockpit.services.read_documents import ReadDocument
from riskcockpit.services.redaction_key import redaction_key
from riskcockpit.views.syncing import SourceProgress, SyncProgress

MOST_AT_ONCE = 4
"""Sources pulled at the same time; they wait for the network, parsing takes turns."""
SILENCE_SECONDS = 600.0
"""A source that neither answers nor gives anything for so long is given up."""
SKEW = timedelta(minutes=5)
"""How far the clock of a source may be ahead of ours."""
_WAKE_SECONDS = 0.2
_STEPS = ("connecting", "reading")
"""What a source does for long; a wait passes."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pulled:
    """All that one source gave in one pull, or why it gave nothing."""

    source: SourceSettings
    documents: tuple[ReadDocument, ...] = ()
    models: tuple[RegisteredModel, ...] = ()
    readings: tuple[Reading, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    settings: tuple[Setting, ...] = ()
    cursor: str = ""
    coverage: Coverage = field(default_factory=Coverage)
    is_whole: bool = False
    """It gave every record it has: what is missing from the pages of a complete pass is gone."""
    is_from_start: bool = False
    """No cursor was given to it."""
    validators: tuple[Validator, ...] = ()
    notes: tuple[str, ...] = ()
    early: int = 0
    """Readings left out because they are from the future."""
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

    @property
    def is_complete(self) -> bool:
        """Whether all that was to be read was: no cap, no missing page, no unreadable document."""
        return not (self.error or self.coverage.is_truncated or self.unread or self.early)

    @property
    def is_asked_again(self) -> bool:
        """Whether the next sync reads from the same place: something could not be taken yet."""
        return bool(self.unread or self.early)


@dataclass(frozen=True, slots=True)
class Round:
    """What is the same for all sources of one run."""

    ctx: Context
    options: ReadOptions
    progress: SyncProgress
    places: Mapping[str, Place]
    recorder: Recorder | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    def pull_all(self, sources: Sequence[SourceSettings]) -> Iterator[Pulled]:
        """Yield what each source gave, the quickest first.

        Closing the iterator, or an interrupt, lets the threads end at their next batch, request
        or wait, and waits for none of them: they write nothing.
        """
        waiting: queue.SimpleQueue[SourceSettings] = queue.SimpleQueue()
        for source in sources:
            waiting.put(source)
        done: queue.SimpleQueue[Pulled] = queue.SimpleQueue()
        until = self.ctx.clock.now()
        key = redaction_key(self.ctx.paths)

        def work() -> None:
            while not self.stop.is_set():
                try:
                    source = waiting.get_nowait()
                except queue.Empty:
                    return
                done.put(_Pull(self, source, until, key).run())

        for number in range(min(MOST_AT_ONCE, len(sources))):
            threading.Thread(target=work, name=f"pull-{number}", daemon=True).start()
        try:
            for _ in sources:
                if (one := self._next(done)) is None:
                    return
                yield one
        finally:
            self.stop.set()

    def _next(self, done: queue.SimpleQueue[Pulled]) -> Pulled | None:
        """Return what the next source gave; None once nobody wants it any more."""
        while not self.stop.is_set():
            try:
                return done.get(timeout=_WAKE_SECONDS)  # short, so that Ctrl+C is seen
            except queue.Empty:
                continue
        return None


@dataclass(slots=True)
class _Collected:
    """The growing content of one pull."""

    cursor: str
    documents: list[ReadDocument] = field(default_factory=list)
    models: list[RegisteredModel] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)
    early: list[Reading] = field(default_factory=list)
    is_ended: bool = False
    is_whole: bool = False

    def take(self, fact: Fact) -> None:
        """Keep what needs no format."""
        match fact:
            case RegisteredModel():
                self.models.append(fact)
            case Reading():
                self.readings.append(fact)
            case Deployment():
                self.deployments.append(fact)
            case Setting():
                self.settings.append(fact)
        self.digests.append(_encoded(fact))


class _Pull:
    """One source in one run."""

    def __init__(self, shared: Round, source: SourceSettings, until: datetime, key: bytes) -> None:
        self._shared = shared
        self._source = source
        self._until = until
        self._place = shared.places.get(source.name, Place())
        self._started = time.monotonic()
        self._cursor = self._place.cursor
        self._found = _Collected(self._cursor)
        self._answers = 0
        self._heard_at = self._started
        self._step = "connecting"
        self._session = Session(
            validators=Validators(self._place.validators),
            recorder=shared.recorder,
            stop=shared.stop,
            waiting=self._waiting,
            answered=self._answered,
            key=key,
            settings=digest([source.kind, source.url, _encoded(source.options)]),
        )

    def run(self) -> Pulled:
        """Pull the source; every fault of it becomes a `Pulled` with an error."""
        source = self._source
        try:
            pulled = self._pull()
        except RiskcockpitError as error:
            pulled = Pulled(source, error=redact(error.message), hint=redact(error.hint or ""))
        except Exception as error:  # noqa: BLE001 - a third party's connector may raise anything
            log.exception("source %s", source.name)
            text = clean_line(redact(f"{type(error).__name__}: {error}"))[:300]
            pulled = Pulled(
                source,
                error=f'the connector "{source.kind}" broke: {text}',
                hint="this is a fault of the connector; the log has the details",
            )
        return replace(pulled, seconds=time.monotonic() - self._started)

    def _pull(self) -> Pulled:
        """Read on in another thread while what came is read by its format here."""
        self._tell("connecting")
        found = self._found
        for batch in ahead([self._batches()], waiting=self._bear):
            self._session.check()
            self._take(found, batch)
            self._tell("reading")
        if not found.is_ended:
            found.notes.append("the pass did not come to its end")
            found.coverage = replace(found.coverage, is_truncated=True)
        if found.early:
            found.notes.append(_told_early(found.early))
        return Pulled(
            self._source,
            documents=joined(found.documents, self._source.name),
            models=tuple(found.models),
            readings=tuple(found.readings),
            deployments=tuple(found.deployments),
            settings=tuple(found.settings),
            cursor=found.cursor,
            coverage=found.coverage,
            is_whole=found.is_ended and found.is_whole,
            is_from_start=not self._cursor,
            validators=self._session.validators.kept(),
            notes=tuple(dict.fromkeys(clean_line(redact(note)) for note in found.notes)),
            early=len(found.early),
            digest=digest(found.digests),
        )

    def _batches(self) -> Iterator[Batch]:
        """Yield what the connector gives: all its life is in the thread that iterates."""
        connector = self._shared.ctx.connector(self._source, self._session)
        try:
            if self._is_due_in_full(connector):
                self._cursor = self._found.cursor = ""
                self._session.validators.forget()
            yield from connector.pull(self._cursor, self._until)
        finally:
            connector.close()

    def _is_due_in_full(self, connector: Connector) -> bool:
        """Whether changes that move no cursor may have been missed for too long."""
        if not isinstance(connector, Reconciles):
            return False
        full_at = self._place.full_at
        return full_at is None or self._until - full_at >= connector.full_every

    def _take(self, found: _Collected, batch: Batch) -> None:
        latest = self._shared.ctx.clock.now() + SKEW
        for item in batch.items:
            match item:
                case Document():
                    self._take_document(found, item)
                case Reading() if item.at > latest:
                    found.early.append(item)  # it would be the newest one for as long
                case _:
                    found.take(item)
        found.cursor = batch.cursor or found.cursor
        found.is_ended, found.is_whole = batch.is_complete, batch.is_whole
        before, now = found.coverage, batch.coverage
        found.coverage = Coverage(
            before.pages + now.pages,
            before.rows + now.rows,
            before.is_truncated or now.is_truncated,
            expected=max(before.expected, now.expected),
        )
        if now.note:
            found.notes.append(now.note)

    def _take_document(self, found: _Collected, document: Document) -> None:
        for read in read_pieces(
            document,
            ImportOptions(complete=document.is_complete),
            self._shared.options,
            source_id=self._source.name,
            default_asset=self._source.name,
        ):
            read.is_page = document.is_page
            leave_out_own([read])
            found.documents.append(read)
            found.digests.extend((read.path, *_hashes(read)))

    def _bear(self, seconds: float) -> None:
        """Go on waiting, unless there was no sign of the source for too long.

        Raises:
            UnavailableError: it is given up.
        """
        silent = min(seconds, time.monotonic() - self._heard_at)
        if silent > SILENCE_SECONDS:
            raise UnavailableError(
                f"there was no sign of it for {SILENCE_SECONDS:.0f} s",
                hint="look at the source, then sync again; the others were not kept waiting",
            )

    def _waiting(self, seconds: float, why: str) -> None:
        self._heard_at = max(self._heard_at, time.monotonic() + seconds)
        self._tell(f"waiting {seconds:.0f} s {why}")

    def _answered(self) -> None:
        """Count an answer; a count that two threads make at once may miss one."""
        self._answers += 1
        self._heard_at = max(self._heard_at, time.monotonic())
        self._tell(self._step)

    def _tell(self, step: str) -> None:
        self._step = step if step in _STEPS else self._step
        coverage = self._found.coverage
        whole = self._place if not self._cursor else Place()
        self._shared.progress(
            SourceProgress(
                self._source.name,
                step,
                rows=coverage.rows,
                expected=coverage.expected or whole.rows,
                pages=max(coverage.pages, self._answers),
                expected_pages=whole.pages,
                seconds=time.monotonic() - self._started,
            )
        )


def _told_early(readings: Sequence[Reading]) -> str:
    first = readings[0]
    count = f"{len(readings)} readings are" if len(readings) > 1 else "a reading is"
    return (
        f"{count} left out as from the future, as {first.metric} of {first.subject} at"
        f" {rfc3339(first.at)}: look at the clock of the source, and at ours"
    )


def _hashes(document: ReadDocument) -> Iterator[str]:
    yield from dict.fromkeys(scope.content_hash for _, scope in document.scans)
    if document.knowledge is not None and document.request is not None:
        yield document.request.content_hash


def _encoded(item: object) -> str:
    return msgspec.json.encode(item, order="deterministic").decode()
