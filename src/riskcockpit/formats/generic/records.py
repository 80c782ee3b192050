"""One record of the generic format, from JSON or CSV → one observation."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.finding import FindingClass, Location, ModelSignal, Observation, Package
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.overrides import SOURCE, SeverityOverrides
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.vulnerabilities import canonical_id, cwe_number, package_from_purl

Record = Mapping[str, Any]
"""Field → value as it stands in the report, a text or a JSON value."""

_TRUE = frozenset({"true", "yes", "y", "1"})
_FALSE = frozenset({"false", "no", "n", "0", ""})
_NOTHING = frozenset({"", "none", "null", "n/a", "nan", "-", "-1"})
"""Texts by which exporters write that a number or a flag is not known."""
_SUPPRESSING = ("false_p", "duplicate", "out_of_scope", "risk_accepted")
_SPLIT = re.compile(r"[,;|\s]+")
_MAX_LINE = 2**31 - 1


def is_absent(record: Record) -> bool:
    """Whether the report itself says that the fault is gone: `is_mitigated`, or when it was."""
    value = record.get("is_mitigated")
    return value is True or wording.scalar(value).strip().lower() not in _FALSE


def observation(
    record: Record, tool: str, place: str, raw: bytes, options: ReadOptions
) -> Observation:
    """Read one record.

    Raises:
        SkipRecordError: a field it needs is missing, or one has a value that makes no sense.
    """
    title = wording.title(_text(record, "title"))
    if not title:
        raise SkipRecordError("no title")
    ids = _vulnerability_ids(record)
    rule = wording.name(_text(record, "vuln_id_from_tool")) or next(iter(ids), "") or title
    severity, word, source = _severity(record, tool, rule, options)
    package = _package(record)
    class_ = _class(record, package)
    claim = wording.name(_text(record, "unique_id_from_tool"))
    score = _number(record, "cvssv3_score", 10)
    return Observation(
        finding_class=class_,
        tool=tool,
        rule=rule,
        title=title,
        severity=severity,
        record=place,
        description=_description(record),
        severity_raw=word,
        severity_source=source,
        is_suppressed=_is_suppressed(record),
        locations=tuple(_locations(record, options)),
        fingerprints=(("unique_id_from_tool", claim),) if claim else (),
        vulnerability_ids=ids,
        package=package,
        signal=_signal(record, class_),
        resource=_resource(record),
        asset=wording.name(_text(record, "asset")),
        cwes=_cwes(record),
        cvss=score or None,
        epss=_number(record, "epss_score", 1),
        is_kev=_flag(record, "known_exploited"),
        help_url=_help_url(record),
        onset_at=_moment(record, "onset_at"),
        raw=raw,
    )


def _class(record: Record, package: Package | None) -> FindingClass:
    word = _text(record, "class").strip().lower()
    if word:
        try:
            return FindingClass(word)
        except ValueError as fault:
            known = ", ".join(FindingClass)
            raise SkipRecordError(f'unknown class "{word[:40]}"; known: {known}') from fault
    if _text(record, "model"):
        return FindingClass.MODEL
    if package is not None:
        return FindingClass.DEPENDENCY
    if _text(record, "file_path"):
        return FindingClass.CODE
    has_address = bool(_text(record, "url") or record.get("endpoints"))
    return FindingClass.DAST if has_address else FindingClass.CODE


def _signal(record: Record, class_: FindingClass) -> ModelSignal | None:
    if class_ not in (FindingClass.MODEL, FindingClass.DATA):
        return None
    subject = _text(record, "model") or _text(record, "resource")
    metric = _text(record, "metric")
    if not subject:
        raise SkipRecordError(f"a {class_} finding needs `model` or `resource`")
    if not metric:
        raise SkipRecordError(f"a {class_} finding needs `metric`")
    return ModelSignal(
        model=wording.name(subject),
        monitor=wording.name(_text(record, "monitor") or metric),
        metric=wording.name(metric),
        segment=wording.name(_text(record, "segment")),
    )


def _severity(
    record: Record, tool: str, rule: str, options: ReadOptions
) -> tuple[Severity, str, str]:
    configured = SeverityOverrides(tool, options.severity_overrides).of(rule)
    if configured is not None:
        return (*configured, SOURCE)
    word = wording.name(_text(record, "severity"))
    severity = Severity.from_word(word)
    if severity is None:
        raise SkipRecordError(f'unknown severity "{word[:40]}"' if word else "no severity")
    return severity, word, "severity"


def _package(record: Record) -> Package | None:
    package = package_from_purl(_text(record, "purl"))
    name = wording.name(_text(record, "component_name"))
    if package is None and not name:
        return None
    package = package or package_from_purl(name) or Package("generic", name)
    return replace(
        package,
        version=wording.name(_text(record, "component_version")) or package.version,
        fixed_version=wording.name(_text(record, "fix_version")),
    )


def _locations(record: Record, options: ReadOptions) -> Iterator[Location]:
    path = normalise(_text(record, "file_path"), options.checkout_prefixes)
    line = _integer(record, "line")
    if path:
        yield Location(path, line if line and 0 < line <= _MAX_LINE else None)


def _resource(record: Record) -> str:
    endpoints = record.get("endpoints")
    first = endpoints[0] if isinstance(endpoints, list) and endpoints else endpoints
    texts = (_text(record, "resource"), _text(record, "url"), wording.scalar(first))
    return wording.name(next(filter(None, texts), ""))


def _description(record: Record) -> str:
    labelled = ((field, _text(record, field)) for field in ("impact", "mitigation"))
    parts = (f"{field.capitalize()}: {text}" for field, text in labelled if text)
    return wording.description("\n\n".join((_text(record, "description"), *parts)))


def _help_url(record: Record) -> str:
    words = _text(record, "references").split()
    return wording.name(next((word for word in words if word.startswith("https://")), ""))


def _is_suppressed(record: Record) -> bool:
    inactive = "active" in record and not _flag(record, "active", default=True)
    return inactive or any(_flag(record, field) for field in _SUPPRESSING)


def _vulnerability_ids(record: Record) -> tuple[str, ...]:
    found = [*_items(record.get("cve")), *_items(record.get("vulnerability_ids"))]
    return tuple(dict.fromkeys(canonical_id(item) for item in found))


def _cwes(record: Record) -> tuple[int, ...]:
    values = [record.get("cwe"), *_values(record.get("cwes"))]
    numbers = (cwe_number(value) for value in values)
    return tuple(dict.fromkeys(number for number in numbers if number))


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else _SPLIT.split(wording.scalar(value))


def _items(value: Any) -> Iterator[str]:
    for item in _values(value):
        text = item.get("vulnerability_id") if isinstance(item, dict) else item
        if text := wording.scalar(text).strip():
            yield text


def _text(record: Record, field: str) -> str:
    return wording.scalar(record.get(field)).strip()


def _flag(record: Record, field: str, *, default: bool = False) -> bool:
    value = record.get(field)
    if isinstance(value, bool):
        return value
    word = wording.scalar(value).strip().lower()
    if word in _NOTHING:
        return default
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise SkipRecordError(f'{field} is neither true nor false: "{word[:40]}"')


def _integer(record: Record, field: str) -> int | None:
    number = _number(record, field, math.inf)
    return int(number) if number is not None and math.isfinite(number) else None


def _number(record: Record, field: str, most: float) -> float | None:
    """Return a number from 0 to `most`; None when the field is empty."""
    text = _text(record, field)
    if text.lower() in _NOTHING:
        return None
    try:
        number = float(text)
    except ValueError as fault:
        raise SkipRecordError(f'{field} is not a number: "{text[:40]}"') from fault
    if not 0 <= number <= most:
        raise SkipRecordError(f"{field} is not between 0 and {most:g}: {text[:40]}")
    return number


def _moment(record: Record, field: str) -> datetime | None:
    text = _text(record, field)
    try:
        return parse_utc(text) if text else None
    except (ValueError, OverflowError) as fault:
        raise SkipRecordError(f'{field} is not an RFC 3339 moment: "{text[:40]}"') from fault
