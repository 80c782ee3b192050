"""A JSON report taken apart as far as is asked: records stay raw, the head is read leniently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import Problem, Scan
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats.api import Report
from riskcockpit.formats.documents import Documents, Json, decode_documents, decode_json
from riskcockpit.formats.members import Members
from riskcockpit.formats.wording import reason

T = TypeVar("T")
_DECODER = msgspec.json.Decoder(dict[str, Raw] | list[Raw] | None)
_RECORDS = msgspec.json.Decoder(list[Raw] | None)
_MEMBERS = msgspec.json.Decoder(dict[str, Raw] | None)


@dataclass(frozen=True, slots=True)
class Form:
    """One JSON document, or a part of one: an object or a list. Null is an empty list."""

    members: Mapping[str, Raw] = field(default_factory=dict)
    items: Sequence[Raw] = ()
    is_list: bool = False

    def records(self, name: str) -> Sequence[Raw]:
        """Return the list called `name`; empty when it is missing or null.

        Raises:
            FormatError: it is no list.
        """
        return _decoded(self._member(name), _RECORDS, name) or ()

    def inner(self, name: str) -> Form:
        """Return the object called `name`; an empty one when it is missing or null.

        Raises:
            FormatError: it is no object.
        """
        return Form(_decoded(self._member(name), _MEMBERS, name) or {})

    def value(self, name: str) -> Json:
        """Return the member called `name`, decoded; None when it is missing.

        Raises:
            FormatError: it is nested too deeply.
        """
        raw = self._member(name)
        try:
            return None if raw is None else decode_json(bytes(raw))
        except SkipRecordError as fault:
            raise FormatError(f"{name} cannot be read: {fault.message}") from fault

    def head(self, *names: str) -> Members:
        """Return the members called `names` as an entry."""
        return Members({name: self.value(name) for name in names})

    def _member(self, name: str) -> Raw | None:
        if self.items:
            raise FormatError(f"a list where an object with {name} was expected")
        return self.members.get(name)


def forms(content: bytes, title: str) -> tuple[list[Form], Documents]:
    """Return every JSON document of `content`, an object or a list.

    Raises:
        FormatError: nothing in it is, or it is not JSON; `title` says what was expected.
    """
    values, documents = decode_documents(content, _DECODER.decode, title)
    return [_form(value) for value in values], documents


def form_of(raw: Raw) -> Form:
    """Return a part of a report as a form of its own.

    Raises:
        SkipRecordError: it is neither an object nor a list.
    """
    try:
        return _form(_DECODER.decode(raw))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise SkipRecordError(reason(fault)) from fault


def whole(name: str, scans: Sequence[Scan], documents: Documents) -> Report:
    """Return the report in the format called `name`.

    Data that is no JSON is a problem of the first scan, and makes all of them incomplete.
    """
    if documents.unreadable:
        unread = tuple(Problem("report", why) for why in documents.unreadable)
        scans = [replace(scan, is_partial=True) for scan in scans]
        scans[0] = replace(scans[0], problems=(*scans[0].problems, *unread))
    return Report(name, tuple(scans), documents.notes)


def _form(value: dict[str, Raw] | list[Raw] | None) -> Form:
    return Form(value) if isinstance(value, dict) else Form(items=value or (), is_list=True)


def _decoded(raw: Raw | None, decoder: msgspec.json.Decoder[T], name: str) -> T | None:
    try:
        return None if raw is None else decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise FormatError(f"{name} cannot be read: {reason(fault)}") from fault
