"""The public corpus of reports, where it is at hand: which files, and how many records each has."""

from __future__ import annotations

import csv
from pathlib import Path

from riskcockpit.domain.finding import Scan
from riskcockpit.formats.api import Report
from riskcockpit.formats.registry import read_report
from support.sarif_logs import OPTIONS

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
IS_AT_HAND = CORPUS.is_dir()


def raw_records() -> dict[str, int]:
    """Return path below `scans/` → records that report a problem; without those not known."""
    table = CORPUS / "expected.tsv"
    if not table.is_file():
        return {}
    with table.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["path"]: int(row["raw_records"]) for row in rows if row["raw_records"]}


def samples(*folders: str) -> list[str]:
    """Return the paths below `scans/` in these folders, which have a known count."""
    return sorted(path for path in raw_records() if path.partition("/")[0] in folders)


def read_sample(path: str, *, name: str = "") -> Report:
    """Read one sample in the format called `name`, or in the one its content shows."""
    return read_report((CORPUS / "scans" / path).read_bytes(), OPTIONS, name=name)


def faults(scan: Scan) -> int:
    """Return how many records of a scan speak of a fault, could not be read, or are gone."""
    said = len(scan.observations) + len(scan.statements)
    return said + scan.absent + len(scan.problems)
