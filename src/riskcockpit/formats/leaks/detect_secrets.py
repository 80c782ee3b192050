"""detect-secrets' baseline: what it found in each file, and what people said of it."""

from __future__ import annotations

from functools import partial

from msgspec import Raw

from riskcockpit.domain.finding import FindingClass, Observation, Scan
from riskcockpit.errors import FormatError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import Form, forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.secrets import secret_record_of

TOOL = "detect-secrets"
SEVERITY = "high"
"""The tool writes none; the default for secrets."""


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `detect-secrets scan`, audited or not.

    Raises:
        FormatError: not detect-secrets', not JSON, or beyond a limit.
    """
    found, documents = forms(content, "a detect-secrets baseline")
    return whole("detect-secrets", [_scan(form, options) for form in found], documents)


def _scan(form: Form, options: ReadOptions) -> Scan:
    gathering = Gathering()
    for path, raw in form.inner("results").members.items():
        _file(gathering, path, raw, options)
    head = form.head("version", "generated_at", "plugins_used")
    return gathering.scan(
        TOOL,
        tool_version=wording.name(head.text("version")),
        scanned_at=head.moment("generated_at"),
        is_successful=True if head.items("plugins_used") else None,
    )


def _file(gathering: Gathering, path: str, raw: Raw, options: ReadOptions) -> None:
    place = f"results[{wording.name(path)}]"
    try:
        secrets = Form({"secrets": raw}).records("secrets")
    except FormatError as fault:
        gathering.trouble(place, fault.message)
        return
    gathering.take_all(place, secrets, partial(_secret, options, path))


def _secret(options: ReadOptions, path: str, raw: bytes, place: str) -> Observation:
    entry, digest = secret_record_of(raw, options)
    rule = entry.text("type")
    where = entry.text("filename") or path
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, SEVERITY, "default for secrets", options),
        f"{rule} in {where}",
        record=place,
        raw=entry.raw,
        finding_class=FindingClass.SECRET,
        is_suppressed=entry.at("is_secret") is False,
        locations=location(where, options, line=entry.line("line_number")),
        secret_digest=digest,
    )
