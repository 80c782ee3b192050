"""The HTML report of sonar-report: a table of issues, and one of the rules in words.

The page is read token by token; nothing in it is rendered, fetched or run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import msgspec

from riskcockpit.errors import FormatError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.hypertext import PatientParser
from riskcockpit.formats.sonarqube.findings import TOOL, Rule, rule_from_html
from riskcockpit.formats.sonarqube.report import CATEGORY, issue, report_date
from riskcockpit.formats.tables import decoded

ISSUE_COLUMNS = {"rule", "severity", "message"}
"""Columns by which the table of issues is known, in any version."""
RULE_COLUMNS = ["rule", "description"]
_CELLS = frozenset({"td", "th"})
_SPACES = " \t\r\n\f\v"


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the page.

    Raises:
        FormatError: it ends within the table of issues, or is no report.
    """
    text, notes = decoded(content)
    page = _Page()
    page.feed(text)
    page.close()
    if not page.tables and not page.terms:
        raise FormatError("not a report of sonar-report: there are neither tables nor a header")
    if page.is_cut_off:
        raise FormatError(
            "the page ends within a table", hint="the file may be cut off; make the report again"
        )
    group = Group(TOOL, wording.name(page.terms.get("project name", "")), CATEGORY)
    groups = Groups(group)
    groups.of(group)
    rules = _rules(page.tables)
    for table in page.tables:
        names = [name.lower() for name in table.names]
        if not set(names) >= ISSUE_COLUMNS:
            continue
        for number, row in enumerate(table.rows):
            place = f"row {number + 1}"
            cells = {name: cell.text for name, cell in zip(names, row, strict=False) if name}
            raw = msgspec.json.encode({name: text for name, text in cells.items() if text})
            groups.take(place, partial(issue, raw, place, group, rules, options))
    day = report_date(page.terms.get("report generated on", ""))
    return Report(
        "sonarqube-html", groups.scans(scanned_at=day, is_partial=not page.is_whole), notes
    )


@dataclass(slots=True)
class _Cell:
    """One cell: its text, and for descriptions of rules its HTML."""

    parts: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self.parts).split())


@dataclass(slots=True)
class _Table:
    names: list[str] = field(default_factory=list)
    rows: list[list[_Cell]] = field(default_factory=list)


class _Page(PatientParser):
    """Collects the outer tables; a table inside a cell belongs to its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[_Table] = []
        self.terms: dict[str, str] = {}
        self._depth = 0
        self._row: list[_Cell] = []
        self._cell: _Cell | None = None
        self._is_header = False
        self._term = ""
        self._list = ""
        self.is_whole = False
        """The end of the page was there."""

    @property
    def is_cut_off(self) -> bool:
        """Whether a table is still open at the end."""
        return self._depth > 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the signature is the library's
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.tables.append(_Table())
        if self._depth == 1 and tag == "tr":
            self._row = []
        elif self._depth == 1 and tag in _CELLS:
            self._cell, self._is_header = _Cell(), tag == "th"
        elif self._cell is not None:
            self._cell.html.append(self.get_starttag_text() or "")
        if tag in ("dt", "dd"):
            self._list = tag
            self._term = "" if tag == "dt" else self._term

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._depth:
            self._depth -= 1
        elif self._depth == 1 and tag in _CELLS and self._cell is not None:
            self._end_cell(self._cell)
        elif self._depth == 1 and tag == "tr" and self._row:
            self.tables[-1].rows.append(self._row)
            self._row = []
        elif self._cell is not None:
            self._cell.html.append(f"</{tag}>")
        if tag in ("dt", "dd"):
            self._list = ""
        self.is_whole = self.is_whole or tag == "html"

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.parts.append(data)
            self._cell.html.append(data.replace("&", "&amp;").replace("<", "&lt;"))
        elif self._list == "dt":
            self._term += data.strip(_SPACES).lower()
        elif self._list == "dd":
            self.terms[self._term] = self.terms.get(self._term, "") + data.strip(_SPACES)

    def _end_cell(self, cell: _Cell) -> None:
        if self._is_header:
            self.tables[-1].names.append(cell.text)
        else:
            self._row.append(cell)
        self._cell = None


def _rules(tables: list[_Table]) -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for table in tables:
        if [name.lower() for name in table.names] != RULE_COLUMNS:
            continue
        for row in table.rows:
            if len(row) == len(RULE_COLUMNS):
                rules[row[0].text] = rule_from_html("", "".join(row[1].html))
    return rules
