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
_EVENT = msgspec.json.Decoder(dict[str, Raw])
_NEXT_PAGE_NOTE = "the answer says that there are more findings; get all pages"
_EVENT_NOTE = "an event of EventBridge tells of some findings, not of all"
_IS_EVENT = re.compile(rb'[{,]\s*"detail-type"\s*:')
_NEXT_PAGE = re.compile(rb'[{,]\s*"[Nn]extToken"\s*:\s*"[^"]')
_LIST = msgspec.json.Decoder(list[Raw] | dict[str, Raw] | None)


def json_records(content: bytes, title: str, *members: str) -> tuple[list[Placed], Documents]:
    """Return the records of a report, in order, and what was odd about its JSON.

    An object with one of `members` holds its records there; any other object is a record itself.
    A list may hold such objects, too: pages of an answer, put together.

    Raises:
        FormatError: not JSON, or a list is missing where it must be.
    """
    forms, documents = decode_documents(content, _FORMS.decode, title)
    found: list[Placed] = []
    for index, (form, part) in enumerate(zip(forms, documents.parts, strict=True)):
        if isinstance(form, list):
            found += _paged(form, members, title)
        elif "detail-type" in form and "detail" in form:
            found += _of_event(bytes(form["detail"]), members, title)
        else:
            held = _held(form, members, title)
            found += [(f"record {index + 1}", part)] if held is None else held
    records = searched([raw for _, raw in found])
    return list(zip((place for place, _ in found), records, strict=True)), documents


def why_not_all(content: bytes) -> str:
    """Return why an answer or event of AWS holds not all findings there are; empty if it may."""
    if _NEXT_PAGE.search(content) is not None:
        return _NEXT_PAGE_NOTE
    return _EVENT_NOTE if _IS_EVENT.search(content) is not None else ""


def _paged(items: list[Raw], members: tuple[str, ...], title: str) -> list[Placed]:
    """Return the items as records, or those on them where the first is a page of an answer."""
    if not items or not _is_page(items[0], members):
        return _placed("", items)
    found: list[Placed] = []
    for number, item in enumerate(items):
        held = _held(_EVENT.decode(item), members, title) if _is_page(item, members) else None
        found += [(f"[{number}]", bytes(item))] if held is None else (
            (f"[{number}].{place}", raw) for place, raw in held
        )  # fmt: skip
    return found


def _is_page(item: Raw, members: tuple[str, ...]) -> bool:
    try:
        return any(name in _EVENT.decode(item) for name in members)
    except msgspec.DecodeError:
        return False


def _of_event(detail: bytes, members: tuple[str, ...], title: str) -> list[Placed]:
    """Return the records in the `detail` of an event, which may be one itself."""
    try:
        form = _EVENT.decode(detail)
    except msgspec.DecodeError as fault:
        raise FormatError(f"not {title}: `detail` of the event is no object") from fault
    held = _held(form, members, title)
    if held is None:
        return [("detail", detail)]
    return [(f"detail.{place}", raw) for place, raw in held]


def _held(form: dict[str, Raw], members: tuple[str, ...], title: str) -> list[Placed] | None:
    """Return the records under one of `members`; None where the object has none of them."""
    holders = [name for name in members if name in form]
    if not holders:
        return None
    return [one for name in holders for one in _placed(name, _listed(form[name], name, title))]


def _placed(name: str, raws: list[Raw]) -> list[Placed]:
    return [(f"{name}[{number}]", bytes(raw)) for number, raw in enumerate(raws)]


def _listed(raw: Raw, name: str, title: str) -> list[Raw]:
    try:
        found = _LIST.decode(raw)
    except msgspec.DecodeError as fault:
        raise FormatError(f"not {title}: `{name}` is no list") from fault
    return [raw] if isinstance(found, dict) else found or []
