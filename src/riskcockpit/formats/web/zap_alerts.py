"""Alerts as ZAP's API lists them, put together as its reports have them.

The API has an alert for each place (`/JSON/core/view/alerts`). A report has one for each rule of a
site, with its places, so that both name the same findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import msgspec
from msgspec import Raw

from riskcockpit.errors import SkipRecordError
from riskcockpit.formats.addresses import sound
from riskcockpit.formats.documents import Json, decode_json
from riskcockpit.formats.members import Members

_NAMES: Mapping[str, str] = {
    "pluginId": "pluginid", "alertRef": "alertRef", "name": "name", "alert": "alert",
    "risk": "riskdesc", "description": "desc", "solution": "solution", "reference": "reference",
    "other": "otherinfo", "cweid": "cweid",
}  # fmt: skip
"""Member of an alert of the API → what a report calls it."""
_PLACE: Mapping[str, str] = {"url": "uri", "method": "method", "param": "param"}
_FALSE_POSITIVE = "false positive"

Alerts = list[tuple[str, bytes]]
"""Place and record of each."""


def sites_of(raws: Iterable[Raw]) -> dict[str, Alerts]:
    """Return site → its alerts as a report has them; what is no alert stands there as it is."""
    found: dict[str, Alerts] = {}
    known: dict[tuple[str, str, bool], dict[str, Json]] = {}
    first: dict[tuple[str, str, bool], str] = {}
    for index, raw in enumerate(raws):
        place = f"alerts[{index}]"
        try:
            alert = Members(decode_json(bytes(raw)))
        except SkipRecordError:
            alert = Members()
        rule = alert.first("alertRef", "pluginId", "name", "alert")
        if not rule:
            found.setdefault("", []).append((place, bytes(raw)))
            continue
        is_false = alert.text("confidence").lower() == _FALSE_POSITIVE
        key = (_site(alert.text("url")), rule, is_false)
        first.setdefault(key, place)
        known.setdefault(key, _alert(alert, is_false=is_false))["instances"].append(
            {ours: alert.text(theirs) for theirs, ours in _PLACE.items()}
        )
    for key, value in known.items():
        found.setdefault(key[0], []).append((first[key], msgspec.json.encode(value)))
    return found


def _alert(alert: Members, *, is_false: bool) -> dict[str, Json]:
    fields = {ours: alert.at(theirs) for theirs, ours in _NAMES.items() if theirs in alert}
    return fields | {"instances": []} | ({"confidence": "0"} if is_false else {})


def _site(url: str) -> str:
    parts = urlsplit(sound(url))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
