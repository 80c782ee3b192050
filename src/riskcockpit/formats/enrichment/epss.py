"""EPSS scores as FIRST publishes them: a comment with model and date, then the columns."""

from __future__ import annotations

import csv
import math
import re
from datetime import datetime

from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.enrichment import EpssScore, EpssScores
from riskcockpit.domain.finding import Problem
from riskcockpit.errors import FormatError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.enrichment.outside import EPSS_COLUMNS

_CVE = re.compile(r"CVE-\d{4}-\d{4,12}")
_ABOUT = re.compile(r"(?P<key>model_version|score_date):(?P<value>[^,\s]+)")
_MOST_PROBLEMS = 20


def read(content: bytes, options: ReadOptions) -> Report:  # noqa: ARG001 - no secret, no path in it
    """Read the scores; a row that is none is named and does not stop the others.

    Raises:
        FormatError: there is no header with `cve` and `epss`.
    """
    lines = content.decode("utf-8", "replace").splitlines()
    about = dict(_ABOUT.findall(lines[0])) if lines and lines[0].startswith("#") else {}
    rows = csv.reader(line for line in lines if not line.startswith("#"))
    header = [cell.strip().lower() for cell in next(rows, [])]
    if not set(header) >= EPSS_COLUMNS:
        raise FormatError("no columns `cve` and `epss`", hint="take the CSV that FIRST publishes")
    cve, epss = header.index("cve"), header.index("epss")
    rank = header.index("percentile") if "percentile" in header else -1
    scores: dict[str, EpssScore] = {}
    problems: list[Problem] = []
    for number, row in enumerate(rows, 2):
        score = _score(row, cve, epss, rank)
        if score is None:
            problems.append(Problem(f"row {number}", "no CVE id with a score from 0 to 1"))
        else:
            scores[row[cve].strip()] = score
    read_ = EpssScores(scores, wording.name(about.get("model_version", "")), _date(about))
    kept = tuple(problems[:_MOST_PROBLEMS])
    return Report("epss", (), _notes(len(problems)), enrichments=(read_,), problems=kept)


def _score(row: list[str], cve: int, epss: int, rank: int) -> EpssScore | None:
    try:
        name, probability = row[cve].strip(), float(row[epss])
        percentile = float(row[rank]) if rank >= 0 else math.nan
    except (IndexError, ValueError):
        return None
    if not _CVE.fullmatch(name) or not 0 <= probability <= 1:
        return None
    return EpssScore(probability, percentile if 0 <= percentile <= 1 else 0.0)


def _notes(bad: int) -> tuple[str, ...]:
    return (f"{bad} row(s) are no scores and were left out",) if bad else ()


def _date(about: dict[str, str]) -> datetime | None:
    try:
        return parse_utc(about["score_date"]) if "score_date" in about else None
    except (ValueError, OverflowError):
        return None
