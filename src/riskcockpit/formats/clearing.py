"""The last look at a report that was read: what stands beside its records is cleared of secrets.

Readers redact record by record. The head of a report (its author, its id, the name of what was
scanned, an error of the tool) is foreign text, too, and goes into the cache and into messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from riskcockpit.domain.finding import Problem, Scan, VexStatement
from riskcockpit.formats.api import Report

Redact = Callable[[str], str]


def cleared(report: Report, redact: Redact) -> Report:
    """Return `report` with secrets taken out of all that is told of its scans."""
    return replace(
        report,
        scans=tuple(_scan(scan, redact) for scan in report.scans),
        notes=_texts(report.notes, redact),
        problems=_problems(report.problems, redact),
    )


def _scan(scan: Scan, redact: Redact) -> Scan:
    return replace(
        scan,
        tool=redact(scan.tool),
        tool_version=redact(scan.tool_version),
        category=redact(scan.category),
        asset=redact(scan.asset),
        branch=redact(scan.branch),
        tool_errors=_texts(scan.tool_errors, redact),
        distrusted=_texts(scan.distrusted, redact),
        problems=_problems(scan.problems, redact),
        assets=None if scan.assets is None else frozenset(map(redact, scan.assets)),
        statements=tuple(_statement(said, redact) for said in scan.statements),
    )


def _statement(said: VexStatement, redact: Redact) -> VexStatement:
    author, product = redact(said.author), redact(said.product)
    if author is said.author and product is said.product:
        return said
    return replace(said, author=author, product=product)


def _problems(problems: Iterable[Problem], redact: Redact) -> tuple[Problem, ...]:
    return tuple(Problem(redact(one.where), redact(one.why)) for one in problems)


def _texts(texts: Iterable[str], redact: Redact) -> tuple[str, ...]:
    return tuple(map(redact, texts))
