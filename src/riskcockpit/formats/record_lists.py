"""JSON records wherever a tool puts them: in a list, under a member of an object, one in a line."""

from __future__ import annotations

import re

import msgspec
from msgspec import Raw

from riskcockpit.errors import FormatError
from riskcockpit.formats.documents import Documents, decode_documents
from riskcockpit.formats.suspicion import searched

Placed = tuple[str, bytes]
"""Where in the report a record stands, and the record."""

_FORMS = msgspec.json.Decoder(list[Raw] | dict[str, Raw])
NEXT_PAGE_NOTE = "the answer says that there are more findings; get all pages"
_NEXT_PAGE = re.compile(rb'[{,]\s*"[Nn]extToken"\s*:\s*"[^"]')
_LIST = msgspec.json.Decoder(list[Raw] | None)


def json_records(content: bytes, title: str, *members: str) -> tuple[list[Placed], Documents]:
    """Return the records of a report, in order, and what was odd about its JSON.

    An object with one of `members` holds its records there; any other object is a record itself.

    Raises:
        FormatError: not JSON, or a list is missing where it must be.
    """
    forms, documents = decode_documents(content, _FORMS.decode, title)
    found: list[Placed] = []
    for index, (form, part) in enumerate(zip(forms, documents.parts, strict=True)):
        if isinstance(form, list):
            found += _placed("", form)
            continue
        holders = [name for name in members if name in form]
        for name in holders:
            found += _placed(name, _listed(form[name], name, title))
        if not holders:
            found.append((f"record {index + 1}", part))
    records = searched([raw for _, raw in found])
    return list(zip((place for place, _ in found), records, strict=True)), documents


def names_next_page(content: bytes) -> bool:
    """Whether an answer of an AWS API says that there are more records than it has."""
    return _NEXT_PAGE.search(content) is not None


def _placed(name: str, raws: list[Raw]) -> list[Placed]:
    return [(f"{name}[{number}]", bytes(raw)) for number, raw in enumerate(raws)]


def _listed(raw: Raw, name: str, title: str) -> list[Raw]:
    try:
        return _LIST.decode(raw) or []
    except msgspec.DecodeError as fault:
        raise FormatError(f"not {title}: `{name}` is no list") from fault
