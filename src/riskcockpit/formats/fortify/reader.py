"""Fortify: the results of a project (FVDL, alone or from an FPR) and the XML of its reports."""

from __future__ import annotations

from riskcockpit.domain.finding import Scan
from riskcockpit.errors import FormatError
from riskcockpit.formats import markup, wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.fortify import fvdl, listing


def read(content: bytes, options: ReadOptions) -> Report:
    """Read `audit.fvdl`, a whole project, or a report with its issues.

    Raises:
        FormatError: not Fortify's, not XML, or beyond a limit.
    """
    root = markup.parsed(content, "Fortify XML", options)
    notes: tuple[str, ...] = ()
    scan: Scan
    if root.tag == "ReportDefinition":
        scan, notes = listing.read_report(root, options)
    elif root.tag == "FVDL":
        scan = fvdl.read_results(root, None, options)
    elif root.tag == "FPR" and (results := root.find("FVDL")) is not None:
        scan = fvdl.read_results(results, root.find("Audit"), options)
    else:
        raise FormatError(f"not Fortify XML: its root is {wording.name(root.tag)[:40]}")
    return Report("fortify", (scan,), notes)
