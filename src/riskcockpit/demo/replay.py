"""Living through the ninety days: reports, syncs and decisions at their times, by real services.

The clock stands at each moment while it is lived through, so that the cache, the ledger and its
signatures look as they would had the bank used riskcockpit all along.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from riskcockpit.config.paths import Paths, make_private
from riskcockpit.config.settings import IdentitySettings
from riskcockpit.demo.clock import ReplayClock
from riskcockpit.demo.home import (
    COLLEAGUE,
    MONITORING,
    REGISTRY,
    REPORTS,
    colleague_key,
    reports_directory,
)
from riskcockpit.demo.registry import PAST_ROLLBACK
from riskcockpit.demo.story import PAST_ROLLBACK_DAYS
from riskcockpit.demo.world import DatedDocument
from riskcockpit.services.context import Context
from riskcockpit.services.decide import approve, waive
from riskcockpit.services.desk import publish
from riskcockpit.services.findings import FindingReader
from riskcockpit.services.house import policy_of, read_options_of
from riskcockpit.services.importing import (
    ImportOptions,
    ingest_documents,
    read_document,
)
from riskcockpit.services.judging import look_back, settle
from riskcockpit.services.policy import kpis_in_force
from riskcockpit.services.rollback import rollback
from riskcockpit.services.summary import TREND_DAYS
from riskcockpit.services.sync import sync

Progress = Callable[[str], None]
_PIPELINE = ImportOptions(complete=True)
"""The bank's pipelines hand over a report only when its scan has ended well."""

_TOLD_BY_DATES = ("mean-time-to-remediate", "drift-detection-time", "time-to-acknowledge")


@dataclass(frozen=True, slots=True)
class Replay:
    """Everything needed to live through the history."""

    ctx: Context
    clock: ReplayClock
    start: datetime
    """When the demo began: the end of the history."""
    progress: Progress

    def live(self, documents: Sequence[DatedDocument]) -> None:
        """Live through the history with `documents` (oldest first), up to the start.

        The newest report of every scope is left in the pipelines' directory, where the source of
        the settings finds it. Afterwards the clock stands at the start.
        """
        current = newest(documents)
        past = [dated for dated in documents if dated not in current]
        for number, (moment, act) in enumerate(self._chapters(), 1):
            due = [dated for dated in past if dated.at <= moment]
            past = past[len(due) :]
            self.progress(f"living through the bank's last ninety days, part {number}")
            self._import(due)
            self.clock.move_to(moment)
            act()
        self.clock.move_to(self.start)
        self.progress("reading the reports of today")
        leave(self.ctx.paths, current)
        sync(self.ctx, full=True)
        self._look_back()

    def _look_back(self) -> None:
        """Fill the month's trend of the KPIs that follow from the dates of findings alone."""
        kpis = [kpi for kpi in kpis_in_force(self.ctx.paths) if kpi.id in _TOLD_BY_DATES]
        with self.ctx.store.writer() as tx:
            settle(self.ctx, tx, self.start)  # incidents have been looked after since the sync
            look_back(tx, kpis, (self.start - timedelta(days=n) for n in range(TREND_DAYS, 0, -1)))
        publish(self.ctx)  # what is shown is judged and signed

    def _chapters(self) -> Sequence[tuple[datetime, Callable[[], None]]]:
        """Return the moments at which somebody decides something, and what; oldest first."""
        failing = self.start - timedelta(days=PAST_ROLLBACK_DAYS, minutes=-9)
        return (
            (self.start - timedelta(days=41), self._accept_small_findings),
            (failing, self._roll_back),
            (self.start - timedelta(hours=26), self._waive_together),
        )

    def _accept_small_findings(self) -> None:
        waive(
            self.ctx,
            "asset:loan-origination severity<=low path:bureau/*",
            "risk_accepted",
            "The bureau client is switched off at the end of the quarter; nobody builds on it.",
            self.start + timedelta(days=3),
        )

    def _roll_back(self) -> None:
        """Roll back the model that failed; a full sync reads minutes, not the weeks since."""
        model, _, good = PAST_ROLLBACK
        sync(self.ctx, (REGISTRY, MONITORING), full=True)
        self._later(minutes=4)
        rollback(self.ctx, model, good)
        self._later(minutes=3)
        sync(self.ctx, (MONITORING,), full=True)

    def _waive_together(self) -> None:
        """Ask for a waiver that the colleague approves, and be asked for one that waits still."""
        asked = waive(
            self.ctx,
            self._unused_package(),
            "vulnerable_code_not_in_execute_path",
            "It is part of the base image only; nothing in the container starts it.",
            self.start + timedelta(days=40),
        )
        self._later(minutes=38)
        colleague = self._as_colleague()
        approve(colleague, asked.decision.id, "Checked with the owner of the image.")
        waive(
            colleague,
            "asset:lending-web severity>=high",
            "deferred",
            "The gateway refuses these calls until the release of next week.",
            self.start + timedelta(days=20),
        )

    def _unused_package(self) -> str | list[str]:
        """Return what nothing starts: a client in an image, or another package where it is not."""
        wanted = "asset:payments-api-image severity:high tool:trivy text~openssh"
        with closing(FindingReader(self.ctx)) as reader:
            if reader.open(f"{wanted} state:open").total:
                return wanted
            found = reader.open("asset:*-image severity:high tool:trivy state:open sort:package,id")
            return [row.id for row in reader.page(found, 0, 1).rows]

    def _later(self, *, minutes: float) -> None:
        self.clock.move_to(self.clock.now() + timedelta(minutes=minutes))

    def _as_colleague(self) -> Context:
        key = str(colleague_key(self.ctx.paths))
        identity = IdentitySettings(principal=COLLEAGUE, key=key)
        return replace(
            self.ctx, settings=msgspec.structs.replace(self.ctx.settings, identity=identity)
        )

    def _import(self, documents: Iterable[DatedDocument]) -> None:
        """Ingest reports at the times they came; the decision after them judges and publishes."""
        read_options, policy = read_options_of(self.ctx), policy_of(self.ctx)
        with self.ctx.store.writer() as tx:
            for dated in documents:
                self.clock.move_to(dated.at)
                document = read_document(dated.document, _PIPELINE, read_options, source_id=REPORTS)
                ingest_documents(tx, [document], policy, dated.at)


def newest(documents: Iterable[DatedDocument]) -> tuple[DatedDocument, ...]:
    """Return the last document of each scope."""
    last: dict[tuple[str, str], DatedDocument] = {}
    for dated in documents:
        last[dated.document.asset, dated.document.name.rpartition("/")[2]] = dated
    return tuple(last.values())


def leave(paths: Paths, documents: Iterable[DatedDocument]) -> None:
    """Put reports where the bank's pipelines leave them, with the times they were written."""
    for dated in documents:
        file = place(paths, dated)
        make_private(file.parent)
        file.write_bytes(dated.document.content)
        os.utime(file, (dated.at.timestamp(), dated.at.timestamp()))


def place(paths: Paths, dated: DatedDocument) -> Path:
    """Return the file a pipeline writes a report to, over the one before."""
    name = dated.document.name.rpartition("/")[2]
    return reports_directory(paths) / dated.document.asset / name
