"""The reports in a document: itself, or those of an archive, each as if it were given by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from riskcockpit.domain.batch import Document
from riskcockpit.errors import FormatError, InputError
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.artefacts import Enclosed, enclosed_in, holds_several
from riskcockpit.formats.registry import detect

TOLD = 20
"""Files of an archive that are told one by one when they are no reports, as pages of a coverage."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One report of a document, or why there is none."""

    document: Document
    inner: str = ""
    """Its path in the archive it came from; empty for the document itself."""
    error: InputError | None = None
    """Why it cannot be read."""
    why_not: str = ""
    """Why it is no report and was passed over."""


def pieces_of(
    document: Document, options: ReadOptions, *, is_named: bool = False
) -> Iterator[Piece]:
    """Yield the document, or each report of an archive with several.

    A file of an archive that is of no known format is passed over, unless `is_named`: somebody
    said of what format all are. An archive of which nothing is known is an error.
    """
    if not holds_several(document.content):
        yield Piece(document)
        return
    count = foreign = 0
    for one in enclosed_in(document.content, options.max_bytes):
        piece = _piece(document, one, options, is_named=is_named)
        count, foreign = count + 1, foreign + bool(piece.why_not)
        if not piece.why_not or foreign <= TOLD:
            yield piece
    if foreign > TOLD:
        more = replace(document, name=f"{document.name}/…")
        yield Piece(more, "…", why_not=f"passed over: {foreign - TOLD} more of no known format")
    if foreign == count:
        yield Piece(
            document,
            error=FormatError(
                "no file in the archive is a report of a known format",
                hint="`riskcockpit formats list` names what is read",
            ),
        )


def _piece(document: Document, one: Enclosed, options: ReadOptions, *, is_named: bool) -> Piece:
    part = replace(document, name=f"{document.name}/{one.name}", content=one.content)
    if one.fault is not None:
        return Piece(part, one.name, error=one.fault)
    try:
        if not is_named:
            detect(one.content, options)
    except FormatError as fault:
        return Piece(part, one.name, why_not=f"passed over: {fault.message}")
    return Piece(part, one.name)
