"""Gitleaks' own JSON, from version 2 to now, and of those that write it too (Betterleaks)."""

from __future__ import annotations

from functools import partial

from msgspec import Raw

from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.prose import labelled
from riskcockpit.formats.repositories import repository
from riskcockpit.formats.secrets import secret_record_of

TOOL = "gitleaks"
SEVERITY = "high"
"""Gitleaks writes none; the default for secrets."""
_DROPPED = (
    "line", "Line", "Message", "commitMsg", "commitMessage", "commitAuthor", "Author", "Email",
    "author", "email", "diff",
)  # fmt: skip
"""What quotes the code or says who wrote it."""


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `gitleaks --report-format json`.

    Raises:
        FormatError: not Gitleaks', not JSON, or beyond a limit.
    """
    found, documents = forms(content, "Gitleaks JSON")
    gathering = Gathering()
    for form, part in zip(found, documents.parts, strict=True):
        gathering.take_all("", form.items if form.is_list else [Raw(part)], partial(_leak, options))
    return whole("gitleaks", [gathering.scan(TOOL)], documents)


def _leak(options: ReadOptions, raw: bytes, place: str) -> Observation:
    entry, digest = secret_record_of(raw, options, drop=_DROPPED)
    rule = entry.first("RuleID", "rule", "reason")
    path = entry.first("File", "file")
    commit = entry.first("Commit", "commit")
    address = entry.text("repoURL")
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, SEVERITY, "default for secrets", options),
        entry.text("Description") or (f"{rule} in {path}" if path else rule),
        record=place,
        raw=entry.raw,
        about=labelled("Commit", commit),
        help_url=entry.first("Link", "leakURL"),
        finding_class=FindingClass.SECRET,
        locations=location(
            path,
            options,
            line=entry.line("StartLine") or entry.line("lineNumber"),
            column=entry.line("StartColumn"),
            end_line=entry.line("EndLine"),
        ),
        secret_digest=digest,
        asset=repository(address) if address else "",
    )
