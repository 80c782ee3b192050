"""KICS' own JSON, of all its versions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from msgspec import Raw

from riskcockpit.domain.finding import FindingClass, Observation, Scan
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import Form, form_of, forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.prose import labelled, paragraphs
from riskcockpit.formats.vulnerabilities import cwe_number

TOOL = "KICS"
WORDS = {"trace": Severity.INFO}
SECRET_QUERIES = "Passwords And Secrets"  # noqa: S105 - the family of queries for credentials
_QUERY = (
    "query_name", "query_id", "query_url", "severity", "platform", "category", "description", "cwe",
    "risk_score",
)  # fmt: skip


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `kics scan --report-formats json`.

    Raises:
        FormatError: not KICS', not JSON, or beyond a limit.
    """
    found, documents = forms(content, "KICS JSON")
    return whole("kics", [_scan(form, options) for form in found], documents)


def _scan(form: Form, options: ReadOptions) -> Scan:
    gathering = Gathering()
    for number, raw in enumerate(form.records("queries")):
        _query(gathering, raw, f"queries[{number}]", options)
    head = form.head(
        "kics_version", "end", "start", "files_scanned", "files_parsed", "files_failed_to_scan",
        "queries_failed_to_execute",
    )  # fmt: skip
    errors = tuple(_errors(head))
    return gathering.scan(
        TOOL,
        tool_version=wording.name(head.text("kics_version").removeprefix("v")),
        scanned_at=head.moment("end") or head.moment("start"),
        is_successful=True if head.number("files_parsed") and not errors else None,
        tool_errors=errors,
    )


def _query(gathering: Gathering, raw: Raw, place: str, options: ReadOptions) -> None:
    """Take all files that one query found."""
    try:
        form = form_of(raw)
        query = form.head(*_QUERY)
        files = form.records("files") or form.records("results")
    except (FormatError, SkipRecordError) as fault:
        gathering.trouble(place, fault.message)
        return
    gathering.take_all(f"{place}.files", files, partial(_file, options, query))


def _file(options: ReadOptions, query: Members, raw: bytes, place: str) -> Observation:
    entry = record_of(raw, options)
    rule = query.first("query_id", "query_name")
    name = options.redact(query.text("query_name"))
    claim = entry.name("similarity_id")
    resource = ".".join(filter(None, (entry.text("resource_type"), entry.text("resource_name"))))
    cwe = cwe_number(query.at("cwe"))
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, query.word("severity"), "severity", options, words=WORDS),
        name,
        record=place,
        raw=entry.raw,
        about=paragraphs(
            options.redact(query.text("description")),
            labelled("Expected", entry.text("expected_value")),
            labelled("Actual", entry.text("actual_value")),
            labelled("Remediation", entry.text("remediation")),
        ),
        help_url=query.text("query_url"),
        finding_class=(
            FindingClass.SECRET if name.startswith(SECRET_QUERIES) else FindingClass.CODE
        ),
        locations=location(entry.text("file_name"), options, line=entry.line("line")),
        fingerprints=(("similarity_id", claim),) if claim else (),
        resource=wording.name(resource),
        cwes=(cwe,) if cwe else (),
    )


def _errors(head: Members) -> Iterator[str]:
    for name, words in (
        ("files_failed_to_scan", "file(s) could not be scanned"),
        ("queries_failed_to_execute", "queries failed"),
    ):
        if count := head.integer(name):
            yield f"{count} {words}"
