"""Lists of alerts as GitHub's REST API returns them: one page, several, or one alert a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

import msgspec
from msgspec import Raw

from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Record
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import Members, each
from riskcockpit.formats.prose import labelled

PAGE_SIZES = (30, 100)
"""The page size GitHub takes by itself, and the largest one can ask for."""
PEOPLE = frozenset(
    {
        "assigned_to", "assignees", "author", "closure_request_reviewer", "dismissal_approved_by",
        "dismissal_request", "dismissed_by", "owner", "push_protection_bypass_request_reviewer",
        "push_protection_bypassed_by", "resolved_by",
    }
)  # fmt: skip
"""Members that name people; not kept."""
_FORMS = msgspec.json.Decoder(list[Raw] | dict[str, Raw])
_PAGE = msgspec.json.Decoder(list[Raw])
_ADDRESS = re.compile(r"^https?://[^/]+/(?:api/v3/)?(?:repos/)?(?P<owner>[^/]+)/(?P<name>[^/?#]+)/")

ReadAlert = Callable[[bytes, str, ReadOptions], tuple[Group, Record]]
"""(raw, place, options) → the scan the alert belongs to, and what it says."""


def read_alerts(
    content: bytes, options: ReadOptions, *, name: str, title: str, tool: str, read: ReadAlert
) -> Report:
    """Read a report of alerts, each with `read`.

    Raises:
        FormatError: not JSON, or neither alerts nor lists of them.
    """
    with without_collection():
        forms, documents = decode_documents(content, _FORMS.decode, title)
        groups = Groups(Group(tool))
        groups.unread(documents.unreadable)
        sizes = []
        for place, page in _pages(forms):
            sizes.append(len(page) if page and isinstance(page, list) else 0)
            for where, raw in each(page, place):
                groups.take(where, partial(read, raw, where, options))
        is_one_page = bool(sizes) and sizes[-1] in PAGE_SIZES
        notes = list(documents.notes)
        if is_one_page:
            notes.append(
                f"the last page has {sizes[-1]} alerts, so there may be more; "
                "`gh api --paginate` gets them all"
            )
        return Report(name, groups.scans(is_partial=is_one_page), tuple(notes))


def _pages(forms: list[list[Raw] | dict[str, Raw]]) -> Iterator[tuple[str, list[Raw]]]:
    """Yield each page with its place; an alert that stands alone is a page of its own."""
    for number, form in enumerate(forms):
        place = f"page{number}" if len(forms) > 1 else ""
        if isinstance(form, dict):
            yield place, [Raw(msgspec.json.encode(form))]
        elif form and bytes(form[0]).lstrip().startswith(b"["):
            for inner, raw in enumerate(form):
                yield f"{place}[{inner}]", _inner_page(raw)
        else:
            yield place, form


def _inner_page(raw: Raw) -> list[Raw]:
    try:
        return _PAGE.decode(raw)
    except msgspec.DecodeError:
        return [raw]  # no page: as a record it will be refused, with its place


def repository_of(alert: Members) -> str:
    """Return `owner/name` of the repository of an alert; empty when it does not say."""
    repository = alert.member("repository")
    full = wording.name(repository.first("full_name", "nameWithOwner"))
    if full:
        return full
    for address in (alert.text("html_url"), alert.text("url"), repository.text("html_url")):
        match = _ADDRESS.match(address + "/")
        if match:
            return wording.name(f"{match['owner']}/{match['name']}")
    return repository.name("name")


def branch_of(ref: str) -> str:
    """Return the branch of a git reference; any other reference as it is."""
    return wording.name(ref.removeprefix("refs/heads/"))


def dismissal(reason: str, comment: str) -> str:
    """Return in words why an alert was dismissed; empty when no reason is known."""
    words = reason.replace("_", " ").lower()
    return labelled("Dismissed on GitHub", ": ".join(part for part in (words, comment) if part))
