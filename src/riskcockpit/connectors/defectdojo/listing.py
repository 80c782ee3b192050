"""Reading the findings of products whole, and only of those in which something changed.

A listed product is one we may see, so what it does not show is gone. Edits that are no change of
status, and deletions, move nothing: they are found by the daily pass over everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from riskcockpit.connectors.counted import read_counted
from riskcockpit.connectors.cursors import Cursor
from riskcockpit.connectors.defectdojo.client import DojoClient
from riskcockpit.connectors.defectdojo.mapping import asset_of, findings_document
from riskcockpit.connectors.defectdojo.wire import ChangedFinding, Product
from riskcockpit.connectors.passes import Pass
from riskcockpit.connectors.reply import StatusError
from riskcockpit.connectors.windows import Window
from riskcockpit.domain.batch import Document
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ForbiddenError, ProtocolError

_GONE = frozenset({404, 410})
_UNKNOWN_ORDER = 400


class Place(Cursor, frozen=True):
    """How far a source was read."""

    window: str = ""
    """Cursor of the window of changes."""
    products: tuple[int, ...] = ()
    """Ids of the products that were read whole at least once."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read."""

    products: Sequence[str]
    """Patterns of their names."""
    has_duplicates: bool
    """Findings that are marked as duplicates of others are read too."""


class FindingReader:
    """Reads products and their findings through one client."""

    def __init__(self, client: DojoClient, done: Pass) -> None:
        self._client = client
        self._done = done

    def read(
        self, wanted: Wanted, window: Window, known: Sequence[int]
    ) -> Iterator[Document | int]:
        """Yield a document for each product with news, and the ids of those that are up to date.

        A product that cannot be read is noted, and nothing comes of it.

        Raises:
            RetryableError: no answer. SourceError: a refusal that no other product escapes.
        """
        changed = self._changed(window)
        for product in self._products(wanted):
            is_known = not window.is_whole and product.id in known
            if not is_known or changed is None or product.id in changed:
                try:
                    document = self._whole(product, wanted)
                except (ForbiddenError, StatusError) as error:
                    self._refused(product, error)
                    continue
                yield document
                if not document.is_complete:
                    continue
            self._done.read += 1
            yield product.id

    def _products(self, wanted: Wanted) -> list[Product]:
        ask = self._client.products
        found = read_counted(ask, lambda one: one.id, self._done, "products")
        return [
            product
            for product in found.rows.values()
            if any(fnmatchcase(product.name, pattern) for pattern in wanted.products)
        ]

    def _changed(self, window: Window) -> set[int] | None:
        """Return the products with a changed finding in the window; None: that cannot be told."""
        found: set[int] = set()
        try:
            for row in self._newest(window):
                if row.product is None:
                    return None
                found.add(row.product)
        except StatusError as error:
            if error.status != _UNKNOWN_ORDER:
                raise
            return None
        return found

    def _newest(self, window: Window) -> Iterator[ChangedFinding]:
        """Yield the findings that changed in the window.

        Of a window over everything one page is enough: it shows where to go on.
        """
        for rows, _ in self._client.changes():
            self._done.pages += 1
            for row in rows:
                at = _moment(row.last_status_update) if row.last_status_update else None
                if at is not None and window.is_before(at):
                    return
                if at is not None and window.takes(str(row.id), at):
                    yield row
            if window.is_whole:
                return

    def _whole(self, product: Product, wanted: Wanted) -> Document:
        params = {} if wanted.has_duplicates else {"duplicate": "false"}
        found = read_counted(
            lambda: self._client.findings(product.id, params),
            lambda row: row.id,
            self._done,
            f"findings of {asset_of(product)}",
        )
        web = self._client.http.endpoint.url("")
        return findings_document(product, found.rows.values(), web, is_whole=found.is_whole)

    def _refused(self, product: Product, error: ForbiddenError | StatusError) -> None:
        if isinstance(error, StatusError) and error.status not in _GONE:
            raise error
        self._done.refuse(f"findings of {asset_of(product)}: not readable ({error.message})", error)


def _moment(text: str) -> datetime:
    try:
        return parse_utc(text)
    except (ValueError, OverflowError) as error:
        raise ProtocolError(f'a finding changed at "{clean_line(text)[:40]}"') from error
