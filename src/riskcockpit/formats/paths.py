"""Paths as reports write them → repository-relative paths with forward slashes; case is kept."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote

from riskcockpit.domain.finding import Location
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.wording import MAX_PATH, cut

_WEB = ("http://", "https://")
_FILE = re.compile(r"^file:(?://[^/]*)?(?=/)", re.IGNORECASE)
_DRIVE = re.compile(r"^/[A-Za-z]:/")
_TIDY = re.compile(r"[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*")
"""A relative path that says the same as a URI, with nothing in it to resolve."""


def normalise(text: str, prefixes: tuple[str, ...], *, is_uri: bool = False) -> str:
    """Return `text`, a path or (`is_uri`) a URI reference, repository-relative.

    `file:` is dropped, percent-encoding of URIs decoded, backslashes turned, `.` and inner `..`
    resolved; the longest of `prefixes` that covers the path is stripped. Web addresses stay. A
    path that is still absolute stays so: nobody knows where its repository begins.
    """
    text = text.strip()
    if text.lower().startswith(_WEB):
        return cut(clean_line(text), MAX_PATH)
    path = local_path(text, is_uri=is_uri)
    for prefix in sorted(prefixes, key=len, reverse=True):
        root = prefix.rstrip("/") + "/"
        if path.startswith(root):
            path = path[len(root) :]
            break
    return cut(clean_line(path), MAX_PATH)


def local_path(text: str, *, is_uri: bool) -> str:
    """Return the path or URI reference `text` as a tidy path, absolute if it was."""
    if _TIDY.fullmatch(text):
        return text  # nearly always, and five times as fast
    is_uri = is_uri or text[:5].lower() == "file:"
    path = _FILE.sub("", text).removeprefix("file:")
    path = unquote(path) if is_uri else path
    path = path.replace("\\", "/")
    if _DRIVE.match(path):
        path = path[1:]
    if not path:
        return ""
    tidy = posixpath.normpath(path)
    tidy = "/" + tidy.lstrip("/") if tidy.startswith("/") else tidy
    return "" if tidy == "." else tidy


def location(
    path: str,
    options: ReadOptions,
    *,
    line: int | None = None,
    column: int | None = None,
    end_line: int | None = None,
    snippet: str = "",
) -> tuple[Location, ...]:
    """Return the place in a file as the only one, or none when the report gives no path."""
    where = normalise(path, options.checkout_prefixes)
    if not where:
        return ()
    return (Location(where, line, column, end_line, wording.snippet(snippet)),)
