"""TruffleHog's own JSON: version 3 (a record on each line) and version 2, also as lists."""

from __future__ import annotations

from functools import partial
from typing import Any

from msgspec import Raw

from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import Form, form_of, forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import Members
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.prose import labelled, paragraphs
from riskcockpit.formats.repositories import repository
from riskcockpit.formats.secrets import secret_record_of

TOOL = "trufflehog"
FINISHED = "finished scanning"
"""The message of its log that proves that a scan came to its end."""
VERIFIED = {"verified": Severity.CRITICAL, "unverified": Severity.HIGH}
"""A secret that opens a door now is worse than one that may."""
_DROPPED_V3 = ("Redacted", "ExtraData", "StructuredData", "VerificationFromCache")
_DROPPED_V2 = ("commit", "diff", "printDiff")
_PATHS = ("file", "filename", "path", "location")
_PLACES = ("link", "bucket", "image", "url", "channel_name", "workspace_name")


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `trufflehog --json`.

    Raises:
        FormatError: not TruffleHog's, not JSON, or beyond a limit.
    """
    found, documents = forms(content, "TruffleHog JSON")
    gathering = Gathering()
    log: list[Members] = []
    raws: list[Raw] = []
    for form, part in zip(found, documents.parts, strict=True):
        if form.is_list:
            raws += form.items
        elif _is_log(form):
            log.append(form.head("level", "msg", "error"))
        else:
            raws.append(Raw(part))
    gathering.take_all("", raws, partial(_secret, options))
    errors = tuple(_error(line, options) for line in log if line.word("level") == "error")
    has_finished = any(line.text("msg") == FINISHED for line in log)
    scan = gathering.scan(
        TOOL,
        is_successful=True if has_finished and not errors else None,
        tool_errors=errors,
    )
    return whole("trufflehog", [scan], documents)


def _is_log(form: Form) -> bool:
    """Whether it is a line of TruffleHog's log, which goes to the same terminal."""
    return "msg" in form.members and "level" in form.members


def _error(line: Members, options: ReadOptions) -> str:
    words = ": ".join(filter(None, (line.text("msg"), line.text("error"))))
    return wording.title(options.redact(words))


def _secret(options: ReadOptions, raw: bytes, place: str) -> Observation:
    members = form_of(Raw(raw)).members
    if "stringsFound" in members:
        return _version_2(options, raw, place)
    if "DetectorName" in members or "DetectorType" in members:
        return _version_3(options, raw, place)
    raise SkipRecordError("neither a detector nor a reason is named")


def _version_3(options: ReadOptions, raw: bytes, place: str) -> Observation:
    entry, digest = secret_record_of(raw, options, drop=_DROPPED_V3)
    rule = entry.first("DetectorName", "DetectorType")
    source = _source(entry)
    word = "verified" if entry.flag("Verified") else "unverified"
    path = source.first(*_PATHS)
    where = source.first(*_PLACES)
    commit = source.text("commit")
    return _observed(
        options,
        entry,
        place,
        rule=rule,
        title=f"{rule} credential in {path or where or entry.text('SourceName')}",
        word=word,
        about=paragraphs(
            "The credential works: it was tried" if word == "verified" else "",
            labelled("Commit", commit),
        ),
        help_url=source.text("link"),
        locations=location(path, options, line=source.line("line")),
        resource="" if path else wording.name(where),
        secret_digest=digest,
        asset=repository(source.text("repository")) if source.text("repository") else "",
    )


def _source(entry: Members) -> Members:
    """Return where it was found; its shape depends on the kind of source."""
    data = entry.at("SourceMetadata", "Data")
    values = data.values() if isinstance(data, dict) else ()
    return Members(next((value for value in values if isinstance(value, dict)), None))


def _version_2(options: ReadOptions, raw: bytes, place: str) -> Observation:
    entry, digest = secret_record_of(raw, options, secret=("stringsFound",), drop=_DROPPED_V2)
    rule = entry.text("reason")
    path = entry.text("path")
    commit = entry.text("commitHash")
    return _observed(
        options,
        entry,
        place,
        rule=rule,
        title=f"{rule} in {path}" if path else rule,
        word="unverified",
        about=labelled("Commit", commit),
        locations=location(path, options),
        secret_digest=digest,
    )


def _observed(
    options: ReadOptions,
    entry: Members,
    place: str,
    *,
    rule: str,
    title: str,
    word: str,
    **more: Any,
) -> Observation:
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, word, "Verified", options, words=VERIFIED),
        title,
        record=place,
        raw=entry.raw,
        finding_class=FindingClass.SECRET,
        **more,
    )
