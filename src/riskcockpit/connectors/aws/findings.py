"""Reading lists of findings page by page: all that is open, or what of it changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from riskcockpit.connectors.amazon.calls import Service
from riskcockpit.connectors.aws.streams import Stream
from riskcockpit.connectors.reply import StatusError
from riskcockpit.connectors.windows import Window
from riskcockpit.domain.batch import Document
from riskcockpit.errors import ForbiddenError, SourceError


@dataclass(slots=True)
class Pass:
    """One pass over everything that is read: what it came to."""

    until: datetime
    is_whole: bool
    """Everything is read, not only what changed."""
    marks: dict[str, str]
    """Where the windows of the streams ended before, and where they end now."""
    pages: int = 0
    finding_pages: int = 0
    read: int = 0
    """Services that could be read, region by region."""
    notes: list[str] = field(default_factory=list)
    refused: list[SourceError] = field(default_factory=list)
    """Why services could not be read; the pass is incomplete then."""
    is_short: bool = False
    """Something was left out."""

    def refuse(self, what: str, error: SourceError) -> None:
        """Note that a service is not readable in a region."""
        self.refused.append(error)
        self.notes.append(f"{what}: not readable: {error.message}")

    def leave_out(self, note: str) -> None:
        """Note something that was left out of what was read."""
        self.is_short = True
        self.notes.append(note)


def read_stream(stream: Stream, service: Service, done: Pass) -> Iterator[Document]:
    """Yield the pages of one list in one region, each with what is new in it.

    A list that may not be read is noted, and keeps its place.

    Raises:
        RetryableError: no answer. SourceError: a refusal that no other list escapes.
    """
    label = f"{stream.name} {service.region}"
    place = "" if done.is_whole else done.marks.get(label, "")
    reader = _Reader(stream, Window.resume(place, done.until))
    question = stream.question(reader.window.since, done.until)
    name = service.http.endpoint.url(stream.operation.path)
    try:
        for page in service.pages(stream.operation, question, stream.page_type):
            done.pages += 1
            done.finding_pages += 1
            if records := reader.fresh(page.findings):
                content = b'{"%s":[%s]}' % (stream.member.encode(), b",".join(records))
                yield Document(
                    name=f"{name} {service.region}",
                    content=content,
                    modified_at=done.until,
                    is_page=True,
                )
    except (ForbiddenError, StatusError) as error:
        done.refuse(label, error)
        return
    done.read += 1
    done.marks[label] = reader.window.cursor()
    if reader.strays:
        done.leave_out(
            f"{label}: {reader.strays} findings say not which they are, and are left out"
        )


class _Reader:
    """Tells what is new among the records of a list."""

    def __init__(self, stream: Stream, window: Window) -> None:
        self.window = window
        self.strays = 0
        self._stream = stream
        self._seen: set[str] = set()

    def fresh(self, records: list[msgspec.Raw]) -> list[bytes]:
        """Return those that were not taken before; in a whole pass, by an earlier page of it.

        A whole pass takes what changed while it runs, too: what it lacks is taken for gone.
        """
        found: list[bytes] = []
        for record in records:
            raw = bytes(record)
            try:
                stamp = self._stream.stamp(raw)
            except msgspec.DecodeError:
                self.strays += 1
                continue
            is_new = self.window.takes(stamp.key, stamp.at)
            if is_new or (self.window.is_whole and stamp.key not in self._seen):
                found.append(raw)
            self._seen.add(stamp.key)
        return found
