"""A home that imports reports and corrects what came of them; publishes do the projection only."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from riskcockpit.services.context import Context
from riskcockpit.services.explaining import why_of
from riskcockpit.services.importing import ImportOptions, import_reports
from riskcockpit.services.projection import project_ledger
from riskcockpit.views.reports import ImportReport
from support.caches import statement
from support.deciding import Bank

_ROW = statement("SELECT rowid FROM finding WHERE id = $id", "id")
EVERYTHING = (
    "finding", "finding_event", "finding_alias", "finding_location", "finding_sighting", "scan",
    "quarantine", "control_evidence", "document", "held_closure", "past_deadline",
)  # fmt: skip
"""Tables that imports fill, but for raw records, which no projection touches."""


@dataclass
class House:
    """One home with reports; `bank` has its people."""

    bank: Bank
    root: Path
    taken: int = 0

    @property
    def ctx(self) -> Context:
        """The engineer's context."""
        return self.bank.at("engineer")

    def take(self, *results: str, name: str = "r", **options: Any) -> ImportReport:
        """Import one report with a result for each `rule@path:line snippet`.

        Its bytes differ from those of every other report, but with `same`.
        """
        self.taken += 1
        more: dict[str, Any] = {
            key: options.pop(key) for key in ("tool", "success") if key in options
        }
        more["stamp"] = 0 if options.pop("same", False) else self.taken
        file = report(self.root / f"{name}.sarif", results, **more)
        asked = {"asset": "pay"} | options
        return import_reports(self.ctx, [file], ImportOptions(**asked))

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        """Ask the published cache."""
        return self.bank.rows(text)

    def findings(self) -> dict[str, tuple[str, str]]:
        """Return `path:line` → (id, state) of every finding; absent ones are `absent`."""
        text = """SELECT path || ':' || line, id,
            CASE WHEN is_unconfirmed_absent THEN 'absent' ELSE state END FROM finding"""
        return {place: (id_, state) for place, id_, state in self.rows(text)}

    def id(self, place: str) -> str:
        """Return the id of the finding at `path:line`."""
        return self.findings()[place][0]

    def state(self, place: str) -> str:
        """Return the state of the finding at `path:line`."""
        return self.findings()[place][1]

    def history(self, id_: str) -> list[str]:
        """Return the kinds of all that happened to a finding, as it is shown."""
        return [event.kind for event in self.why(id_).events]

    def why(self, id_: str) -> Any:
        """Return the explanation of a finding."""
        with self.ctx.store.reader() as reader:
            row = reader.rows(_ROW, id=id_)[0][0]
            return why_of(reader, id_, row, "EUR", self.ctx.clock.now())

    def contents(self) -> dict[str, list[str]]:
        """Return all that imports wrote, without the generation that wrote it."""
        return {
            table: sorted(map(repr, self.rows(f"SELECT * EXCLUDE (rev) FROM {table}")))  # noqa: S608 - names of ours
            for table in EVERYTHING
        }


def report(
    file: Path,
    results: Iterable[str],
    *,
    tool: str = "scanner",
    success: bool = True,
    stamp: int = 0,
) -> Path:
    """Write a SARIF report."""
    found = []
    for result in results:
        place, _, snippet = result.partition(" ")
        rule, _, where = place.partition("@")
        path, _, line = where.partition(":")
        region: dict[str, Any] = {"startLine": int(line)}
        if snippet:
            region["snippet"] = {"text": snippet}
        location = {"artifactLocation": {"uri": path}, "region": region}
        found.append({"ruleId": rule, "message": {"text": rule},
                      "locations": [{"physicalLocation": location}]})  # fmt: skip
    run = {
        "tool": {"driver": {"name": tool}},
        "results": found,
        "properties": {"stamp": stamp},
        "invocations": [{"executionSuccessful": success}],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"version": "2.1.0", "runs": [run]}))
    return file


def make_house(root: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """Return a home without a cache, in which the engineer may sign."""
    judging = ModuleType("riskcockpit.services.judging")
    judging.judge = project_ledger  # type: ignore[attr-defined] # stands in for all judges
    judging.record_evaluation = lambda *_: ""  # type: ignore[attr-defined] # as above
    monkeypatch.setitem(sys.modules, "riskcockpit.services.judging", judging)
    bank = Bank(root / "home")
    bank.hire()
    return House(bank, root / "reports")
