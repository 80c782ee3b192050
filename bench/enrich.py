"""New EPSS scores or a new KEV catalogue over 1,000,000 findings: at most 6 CPU seconds each.

    python -m bench.enrich [FINDINGS]

That is what it takes to put them on the findings; reading and keeping the file is printed beside
it. Owners have a limit of their own: all repositories change theirs at once, and every finding has
another path. The last line is the publish of a small scan, in which only what is new is looked at.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from bench.world import AS_OF, make_world, statement
from riskcockpit.config.settings import ClosureSettings, SlaSettings
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.registry import read_report
from riskcockpit.services.enriching import enrich
from riskcockpit.services.enrichment import Origin, record_enrichment
from riskcockpit.services.staging import TABLES
from riskcockpit.store.database import Writer

FINDINGS = 1_000_000
LIMIT_SECONDS = 6.0
OWNERS_LIMIT_SECONDS = 20.0
SCORES = 300_000
LISTED = 1_500
ASSETS = 400


def scores(day: int) -> bytes:
    """Return the scores of a day; each day every score is another."""
    head = f"#model_version:v2025.03.14,score_date:2026-11-{day:02}T00:00:00+0000\n"
    rows = (
        f"CVE-20{10 + n % 16}-{1000 + n // 16},{(n * 7919 + day) % 99991 / 99991:.5f},"
        f"{n % 1000 / 1000:.5f}\n"
        for n in range(SCORES)
    )
    return (head + "cve,epss,percentile\n" + "".join(rows)).encode()


def catalogue() -> bytes:
    """Return a catalogue of exploited vulnerabilities."""
    listed = [
        {"cveID": f"CVE-20{10 + n % 16}-{1000 + n}", "dateAdded": "2026-11-01",
         "dueDate": "2026-11-22"}
        for n in range(LISTED)
    ]  # fmt: skip
    released = "2026-11-20T00:00:00Z"
    about = {"title": "x", "catalogVersion": "1", "dateReleased": released}
    return json.dumps({**about, "vulnerabilities": listed}).encode()


def owners() -> bytes:
    """Return the rules of one repository."""
    lines = [f"/src/module_{n}/ @bank/team-{n % 37}" for n in range(300)]
    return "\n".join(["* @bank/platform", *lines, "*.sql @bank/data"]).encode()


def main(count: int = FINDINGS) -> int:
    """Import each in a publish of its own, print what it costs; 1 when the limit is missed."""
    is_kept = True
    with tempfile.TemporaryDirectory() as folder:
        store = make_world(Path(folder), count)
        for title, content, assets in (
            ("first scores", scores(20), 1),
            ("scores of the next day", scores(21), 1),
            ("exploited ones", catalogue(), 1),
            ("owners of all assets", owners(), ASSETS),
        ):
            start = time.process_time()
            (known,) = read_report(content, ReadOptions()).enrichments
            spent = time.process_time() - start
            with store.writer() as tx:
                start = time.process_time()
                for n in range(assets):
                    origin = Origin(f"asset-{n}", "CODEOWNERS", f"{title} {n}", AS_OF)
                    record_enrichment(tx, known, origin, ClosureSettings(), AS_OF)
                kept = time.process_time() - start
                applied = seconds(lambda: apply(tx))  # noqa: B023 - runs now
            is_kept &= applied <= (LIMIT_SECONDS if assets == 1 else OWNERS_LIMIT_SECONDS)
            print(f"{title:<24} read {spent:5.2f}  kept {kept:5.2f}  applied {applied:5.2f} CPU s")
        with store.writer() as tx:
            tx.execute(statement("world_change"), rev=tx.generation)
            print(f"{'100 changed findings':<46} applied {seconds(lambda: apply(tx)):5.2f} CPU s")
    print(f"limits {LIMIT_SECONDS} and {OWNERS_LIMIT_SECONDS} CPU s: ", end="")
    print("kept" if is_kept else "MISSED")
    return int(not is_kept)


def apply(tx: Writer) -> None:
    """Do what a publish does."""
    tx.stage("described_asset", TABLES["described_asset"], ())
    enrich(tx, SlaSettings(), AS_OF + timedelta(hours=1))


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of some work."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
