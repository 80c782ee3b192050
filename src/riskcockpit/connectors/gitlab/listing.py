"""Reading lists of vulnerabilities whole, and giving those projects in which something changed.

GitLab has no "since" for them, so each list is read to its end with every pass. It hides what we
may not see without saying so: an empty list is no proof that all is well, and closes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from riskcockpit.connectors.gitlab.client import (
    PAGE,
    CursorError,
    GitlabClient,
    GraphqlError,
    TooComplexError,
)
from riskcockpit.connectors.gitlab.mapping import is_path, vulnerability_document
from riskcockpit.connectors.gitlab.queries import OwnerKind
from riskcockpit.connectors.gitlab.wire import Listed, Owner
from riskcockpit.connectors.passes import Pass
from riskcockpit.domain.batch import Document
from riskcockpit.domain.ids import digest
from riskcockpit.errors import ForbiddenError, ProtocolError

SMALLEST_PAGE = 10
"""A query for fewer rows is not tried when more are too much."""
MAX_PAGES = 20_000
_NULL = b"null"


@dataclass(frozen=True, slots=True)
class VulnerabilityList:
    """The vulnerabilities of one project, or of all projects below a group."""

    kind: OwnerKind
    path: str

    @property
    def key(self) -> str:
        """What it is called in a cursor."""
        return f"{self.kind} {self.path}"


@dataclass(slots=True)
class _Gathered:
    """The vulnerabilities of a list by project and number."""

    nodes: defaultdict[str, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))
    hidden: int = 0
    """Rows that are not shown to us, or name no project."""

    def add(self, owner: Owner, wanted: VulnerabilityList) -> None:
        """Keep a page."""
        for raw in owner.vulnerabilities.nodes if owner.vulnerabilities else ():
            listed = None if bytes(raw) == _NULL else _listed(raw)
            project = owner.full_path if wanted.kind == "project" else ""
            if listed is not None and listed.project is not None:
                project = listed.project.full_path
            if listed is None or not is_path(project, least=2):
                self.hidden += 1
            else:
                self.nodes[project][listed.id] = bytes(raw)


class VulnerabilityReader:
    """Reads lists of vulnerabilities through one client."""

    def __init__(self, client: GitlabClient, done: Pass) -> None:
        self._client = client
        self._done = done
        self._size = PAGE

    def read(
        self, wanted: VulnerabilityList, before: Mapping[str, str]
    ) -> Iterator[Document | dict[str, str]]:
        """Yield a document for each project that is not as `before`, then what was given.

        A list that cannot be read is noted, and nothing comes of it.

        Raises:
            RetryableError: no answer. SourceError: a refusal that no other list escapes.
        """
        try:
            found = self._gathered(wanted)
        except (ForbiddenError, GraphqlError) as error:
            self._done.refuse(
                f"vulnerabilities of the {wanted.key}: not readable ({error.message}); they need"
                " GitLab Ultimate, and a token with read_api of a developer or security manager",
                error,
            )
            return
        self._done.read += 1
        if found.hidden:
            self._done.leave_out(
                f"{found.hidden} vulnerabilities of the {wanted.key} are not shown to us"
            )
        web = self._client.http.endpoint.url("")
        given: dict[str, str] = {}
        for project in sorted(found.nodes):
            rows = found.nodes[project]
            nodes = [rows[gid] for gid in sorted(rows, key=_number)]
            document = vulnerability_document(project, nodes, web)
            given[project] = digest([document.content.decode()])
            if before.get(project) != given[project]:
                yield document
        for project in sorted(before.keys() - given.keys()):
            self._done.leave_out(
                f"{project} shows no vulnerabilities any more: nothing of it is closed; was the"
                " project moved, or did the token lose its rights there?"
            )
            given[project] = before[project]
        yield given

    def _gathered(self, wanted: VulnerabilityList) -> _Gathered:
        """Read a whole list; once more from the start when GitLab forgot the place in it."""
        try:
            return self._gathered_once(wanted)
        except CursorError:
            return self._gathered_once(wanted)

    def _gathered_once(self, wanted: VulnerabilityList) -> _Gathered:
        found = _Gathered()
        for page in self._pages(wanted):
            found.add(page, wanted)
        return found

    def _pages(self, wanted: VulnerabilityList) -> Iterator[Owner]:
        after: str | None = None
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            page = self._page(wanted, after)
            self._done.pages += 1
            yield page
            info = page.vulnerabilities.page_info if page.vulnerabilities else None
            if info is None or not info.has_next_page:
                return
            after = info.end_cursor
            if not after or after in seen:
                raise ProtocolError(f"the pages of the {wanted.key} run in a circle")
            seen.add(after)
        raise ProtocolError(f"the {wanted.key} never comes to its last page")

    def _page(self, wanted: VulnerabilityList, after: str | None) -> Owner:
        """Return a page, of half the rows as long as GitLab finds it too much."""
        while True:
            try:
                return self._client.vulnerabilities(wanted.kind, wanted.path, self._size, after)
            except TooComplexError:
                if self._size // 2 < SMALLEST_PAGE:
                    raise
                self._size //= 2


def _listed(raw: msgspec.Raw) -> Listed:
    try:
        return msgspec.json.decode(raw, type=Listed)
    except msgspec.ValidationError as error:
        raise ProtocolError(f"a vulnerability of GitLab's API has no id: {error}") from error


def _number(gid: str) -> tuple[int, str]:
    """Return what sorts vulnerabilities by the number at the end of their ids."""
    number = gid.rpartition("/")[2]
    return (int(number) if number.isascii() and number.isdigit() else 0, gid)
