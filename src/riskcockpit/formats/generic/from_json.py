"""The generic format as JSON: a document with `findings`, a list, or JSON Lines."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import Observation, Problem, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents, decode_json
from riskcockpit.formats.gathering import Gathering, Gone, gone
from riskcockpit.formats.generic.fields import REQUIRED, field_named
from riskcockpit.formats.generic.records import Record, is_absent, observation
from riskcockpit.formats.members import each
from riskcockpit.formats.moments import moment
from riskcockpit.formats.shape import shape_of
from riskcockpit.formats.suspicion import checked
from riskcockpit.formats.unlisting import refuse_documents

DEFAULT_TOOL = "generic"


class Document(msgspec.Struct, gc=False):
    """A document: the findings still raw, and what it says of its scan."""

    findings: list[Raw] | None = None
    tool: Any = None
    type: Any = None
    tool_version: Any = None
    asset: Any = None
    category: Any = None
    branch: Any = None
    scanned_at: Any = None
    complete: Any = None


_FORMS = msgspec.json.Decoder(list[Raw] | Document)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a document, a list or lines of findings.

    Raises:
        FormatError: not JSON of this shape, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _FORMS.decode, "generic JSON")
        refuse_documents(forms, "generic JSON", "findings")
        scans: list[Scan] = []
        loose: list[Raw] = []
        for form, part in zip(forms, documents.parts, strict=True):
            if isinstance(form, list):
                loose += form
            elif form.findings is None and _is_record(part):
                loose.append(Raw(part))
            else:
                scans.append(_scan(form, options))
        if loose or not scans:
            scans.append(_scan(Document(findings=loose), options))
    if documents.unreadable:
        unread = tuple(Problem("report", why) for why in documents.unreadable)
        scans.append(Scan(tool=scans[0].tool, problems=unread, is_partial=True))
    return Report("generic-json", tuple(scans), documents.notes)


def _is_record(part: bytes) -> bool:
    return shape_of(part).members.keys() >= REQUIRED


def _scan(document: Document, options: ReadOptions) -> Scan:
    tool = _name(document.tool) or _name(document.type) or DEFAULT_TOOL
    gathering = Gathering()
    for place, raw in each(document.findings, "findings"):
        gathering.take(place, partial(_read_record, raw, tool, place, options))
    return gathering.scan(
        tool,
        tool_version=_name(document.tool_version),
        category=_name(document.category),
        asset=_name(document.asset),
        branch=_name(document.branch),
        scanned_at=moment(document.scanned_at),
        is_successful=True if document.complete is True else None,
        is_partial=document.complete is False or document.findings is None,
    )


def _name(value: Any) -> str:
    return wording.name(wording.scalar(value))


def _read_record(
    raw: bytes, tool: str, place: str, options: ReadOptions
) -> Observation | Gone | None:
    content = checked(raw, options)
    record = _record(content)
    seen = partial(observation, record, tool, place, content, options)
    return gone(seen) if is_absent(record) else seen()


def _record(content: bytes) -> Record:
    value = decode_json(content)
    if not isinstance(value, dict):
        raise SkipRecordError("not an object")
    record = {field: item for key, item in value.items() if (field := field_named(key))}
    return record | {key: item for key, item in value.items() if key in record}
