"""zizmor's own JSON."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from riskcockpit.domain.finding import Location, Observation
from riskcockpit.domain.severity import Severity
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.prose import labelled, paragraphs

TOOL = "zizmor"
WORDS = {"informational": Severity.LOW}
_HIDDEN = "Hidden"
_PRIMARY = "Primary"


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `zizmor --format json` (v1, and the older form of the locations).

    Raises:
        FormatError: not zizmor's, not JSON, or beyond a limit.
    """
    found, documents = forms(content, "zizmor JSON")
    gathering = Gathering()
    for form in found:
        gathering.take_all("", form.items, partial(_finding, options))
    return whole("zizmor", [gathering.scan(TOOL)], documents)


def _finding(options: ReadOptions, raw: bytes, place: str) -> Observation:
    entry = record_of(raw, options)
    ident = entry.text("ident")
    rule = f"{TOOL}/{ident}" if ident else ""
    places = sorted(entry.members("locations"), key=_order)
    notes = (spot.text("symbolic", "annotation") for spot in places)
    confidence = entry.word("determinations", "confidence").lower()
    return observed(
        TOOL,
        rule,
        graded(
            TOOL,
            rule,
            entry.word("determinations", "severity"),
            "determinations.severity",
            options,
            words=WORDS,
        ),
        entry.text("desc"),
        record=place,
        raw=entry.raw,
        about=paragraphs("; ".join(filter(None, notes)), labelled("Confidence", confidence)),
        help_url=entry.text("url"),
        is_suppressed=entry.flag("ignored"),
        locations=tuple(_locations(places, options)),
    )


def _order(spot: Members) -> tuple[bool, bool]:
    """Put the primary location first and those not shown to people last."""
    kind = spot.word("symbolic", "kind")
    return kind != _PRIMARY, kind == _HIDDEN


def _locations(places: list[Members], options: ReadOptions) -> Iterator[Location]:
    for spot in places:
        start = spot.member("concrete", "location", "start_point")
        end = spot.member("concrete", "location", "end_point")
        yield from location(
            _path(spot.member("symbolic")),
            options,
            line=start.row("row"),
            column=start.row("column"),
            end_line=end.row("row"),
            snippet=spot.text("concrete", "feature"),
        )


def _path(symbolic: Members) -> str:
    """Return the path of a local file or of one in a remote repository."""
    local, remote = symbolic.member("key", "Local"), symbolic.member("key", "Remote")
    named = local.first("verbatim_path", "given_path") or remote.text("path")
    return named or symbolic.first("name", "key")
