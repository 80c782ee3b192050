"""Reading lists of alerts: whole, or only the repositories in which something changed.

A document is always all alerts of one kind of one repository, so that what it does not show is
gone. GitHub has no "since": by `sort=updated` a pass stops at what the last one saw, and then the
repositories that changed are read whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from riskcockpit.connectors.github.client import GithubClient
from riskcockpit.connectors.github.cursor import MOST_RECENT, ListPlace, watermark
from riskcockpit.connectors.github.kinds import AlertKind, updated_at
from riskcockpit.connectors.github.mapping import alert_document, encoded, repository_of
from riskcockpit.connectors.github.wire import AlertItem
from riskcockpit.connectors.passes import Pass
from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.batch import Document
from riskcockpit.domain.ids import digest
from riskcockpit.errors import ForbiddenError, SourceError

FEW = 20
"""So many changed repositories are always read one by one."""
_GONE = frozenset({404, 410, 451})
_EXPIRED = frozenset({400, 410, 422})
_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class AlertList:
    """One list of alerts of one kind: of an organisation, or of one repository."""

    kind: AlertKind
    organization: str = ""
    repository: str = ""

    @property
    def path(self) -> str:
        """The path of the list in the API."""
        owner = f"/repos/{self.repository}" if self.repository else f"/orgs/{self.organization}"
        return f"{owner}/{self.kind.name}/alerts"

    @property
    def whose(self) -> str:
        """What the list is about, for messages."""
        return f"{self.kind.name} alerts of {self.repository or self.organization}"


class AlertReader:
    """Reads lists of alerts through one client."""

    def __init__(self, client: GithubClient, until: datetime, done: Pass) -> None:
        self._client = client
        self._until = until
        self._done = done

    def whole(self, wanted: AlertList) -> Iterator[Document | ListPlace]:
        """Yield a document for each repository of the list, then the place it was read to.

        A list that cannot be read is noted, and has no place.

        Raises:
            RetryableError: no answer. SourceError: a refusal that no other list escapes.
        """
        found = self._gathered(wanted)
        if found is None:
            return
        web = self._client.http.endpoint.url("")
        for repository in sorted(found.alerts):
            yield alert_document(wanted.kind, repository, found.alerts[repository], web)
        self._done.read += 1
        yield found.place(self._until, found.pages)

    def changed(self, wanted: AlertList, place: ListPlace) -> Iterator[Document | ListPlace]:
        """Yield a document for each repository with a change since `place`, then the new place.

        Raises: as `whole`.
        """
        seen = _Gathered()
        try:
            for recent in self._changes(wanted, place):
                seen.note(recent, wanted.repository)
        except (ForbiddenError, StatusError) as error:
            self._refused(wanted, error)
            return
        if not seen.pages:  # as it was
            self._done.pages += 1
            self._done.read += 1
            yield place
            return
        repositories = seen.changed(frozenset(place.recent))
        if repositories and (wanted.repository or len(repositories) > max(FEW, place.pages)):
            yield from self.whole(wanted)
            return
        is_whole = True
        for repository in sorted(repositories):
            one = self._gathered(AlertList(wanted.kind, repository=repository))
            is_whole = is_whole and one is not None
            if one is not None and repository in one.alerts:
                web = self._client.http.endpoint.url("")
                yield alert_document(wanted.kind, repository, one.alerts[repository], web)
        self._done.read += 1
        yield seen.place(self._until, place.pages, place.watermark) if is_whole else place

    def _gathered(self, wanted: AlertList) -> _Gathered | None:
        """Read a whole list, in the order of creation: what comes meanwhile comes at its end."""
        query = {"sort": "created", "direction": "asc", **wanted.kind.first_page}
        for attempt in (1, 2):
            found = _Gathered()
            try:
                for page in self._client.pages(wanted.path, query, wanted.kind.list_type):
                    self._done.pages += 1
                    found.pages += 1
                    found.add(page, wanted.repository)
            except (ForbiddenError, StatusError) as error:
                if attempt == 1 and found.pages and _status(error) in _EXPIRED:
                    continue  # the cursor of a page expired: once more from the start
                self._refused(wanted, error)
                return None
            if found.strays:
                self._done.leave_out(
                    f"{wanted.whose}: {found.strays} alerts name no repository and are left out"
                )
            return found
        return None  # pragma: no cover - the second attempt returns

    def _changes(self, wanted: AlertList, place: ListPlace) -> Iterator[Sequence[AlertItem]]:
        query = {"sort": "updated", "direction": "desc", **wanted.kind.first_page}
        for page in self._client.pages(wanted.path, query, wanted.kind.list_type, conditional=True):
            self._done.pages += 1
            recent = [alert for alert in page if updated_at(alert) >= place.floor]
            yield recent
            if len(recent) < len(page):
                return

    def _refused(self, wanted: AlertList, error: SourceError) -> None:
        """Note a refusal that is about this list alone; raise any other."""
        if isinstance(error, ForbiddenError) or _status(error) in _GONE:
            self._done.refuse(
                f"{wanted.whose}: not readable ({_status(error)}); {wanted.kind.off} is off there,"
                f' or the token lacks "{wanted.kind.permission}: read"',
                error,
            )
            return
        raise error


@dataclass(slots=True)
class _Gathered:
    """Alerts of a list by repository, and when each changed."""

    alerts: defaultdict[str, dict[int, bytes]] = field(default_factory=lambda: defaultdict(dict))
    stamps: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    """(repository, number) → (changed at, state)."""
    pages: int = 0
    strays: int = 0

    def add(self, alerts: Sequence[AlertItem], repository: str) -> None:
        """Keep the alerts of a page of a whole list."""
        self.note(alerts, repository)
        for alert in alerts:
            if name := repository or repository_of(alert):
                self.alerts[name][alert.number] = encoded(alert, name)
            else:
                self.strays += 1

    def note(self, alerts: Sequence[AlertItem], repository: str) -> None:
        """Note the alerts of a page of changes."""
        self.pages += 1
        for alert in alerts:
            if name := repository or repository_of(alert):
                self.stamps[name, alert.number] = (updated_at(alert), alert.state)

    def changed(self, known: frozenset[str]) -> set[str]:
        """Return the repositories with an alert whose version is not among the known."""
        return {key[0] for key, stamp in self.stamps.items() if _version(key, stamp) not in known}

    def place(self, until: datetime, pages: int, since: str = "") -> ListPlace:
        """Return the place after this was read; `since` is the watermark before."""
        newest = max((changed for changed, _ in self.stamps.values()), default="")
        place = ListPlace(watermark(max(newest, since), until), pages)
        floor = place.floor
        recent = sorted(
            _version(key, stamp) for key, stamp in self.stamps.items() if stamp[0] >= floor
        )
        return place if len(recent) > MOST_RECENT else replace(place, recent=tuple(recent))


def _version(key: tuple[str, int], stamp: tuple[str, str]) -> str:
    """Return a short digest that changes when the alert does."""
    return digest((key[0], str(key[1]), *stamp))[:16]


def _status(error: SourceError) -> int:
    return error.status if isinstance(error, StatusError) else _FORBIDDEN
