"""Questions about report formats: which there are, what a file is, what a mapping makes of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from riskcockpit.domain.batch import Document
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.finding import Observation
from riskcockpit.errors import InputError, UnknownNameError
from riskcockpit.formats import registry
from riskcockpit.formats.api import Format, ReadOptions, Report
from riskcockpit.formats.builtin import BuiltIn
from riskcockpit.formats.mapped.definition import Case, read_mapping
from riskcockpit.formats.mapped.reader import MappedFormat
from riskcockpit.services.context import Context
from riskcockpit.services.documents import find, read
from riskcockpit.services.house import read_options_of
from riskcockpit.services.importing import AUTO
from riskcockpit.services.own_formats import own_formats
from riskcockpit.services.pieces import Piece, pieces_of
from riskcockpit.views.formats import DetectedView, FormatView, ReadingView

_IN_PLACE = ", in place of the built-in one"
_NO_CASES = "give it a file, or write `cases` into the mapping (docs/mappings.md)"


def formats(ctx: Context) -> tuple[FormatView, ...]:
    """Return all formats that are read here, the home's own first."""
    own = own_formats(ctx.paths)
    return tuple(_view(registry.named(name, own)) for name in registry.names(own))


def format_named(ctx: Context, name: str) -> FormatView:
    """Return the format called `name`.

    Raises:
        UnknownNameError: there is none.
    """
    return _view(registry.named(name, own_formats(ctx.paths)))


def detect(ctx: Context, paths: Iterable[Path], stdin: bytes | None) -> tuple[DetectedView, ...]:
    """Say of each file what it is; one that cannot be told does not stop the others."""
    options = read_options_of(ctx, is_kept=False)
    found: list[DetectedView] = []
    for source in find(list(paths)):
        try:
            document = read(source, stdin, options.max_bytes)
        except InputError as error:
            found.append(DetectedView(source.name, "", "", error.message, error.hint or ""))
        else:
            found += [_detected(piece, options) for piece in pieces_of(document, options)]
    return tuple(found)


def try_format(ctx: Context, name: str, paths: Sequence[Path]) -> tuple[ReadingView, ...]:
    """Read files with the format called `name`, or the mapping in the file `name`; store nothing.

    `auto` is the format that each file shows by its content. Without files the mapping's own cases
    are run.

    Raises:
        UnknownNameError: there is no such format.
        InputError: a file cannot be read, or there is nothing to read.
        ConfigError: the mapping cannot be used.
    """
    if name == AUTO and not paths:
        raise InputError("auto tells a format by a report, and none was named", hint=_NO_CASES)
    options = read_options_of(ctx, is_kept=False)
    sources = find(list(paths)) if paths else []
    format_ = None if name == AUTO else _format(ctx, name)
    if format_ is None or sources:
        documents = (read(source, None, options.max_bytes) for source in sources)
        return tuple(
            _reading(
                one.name,
                (format_ or registry.detect(one.content, options)).read(one.content, options),
            )
            for document in documents
            for one in _reports(document, options, is_named=format_ is not None)
        )
    cases = format_.mapping.cases if isinstance(format_, MappedFormat) else ()
    if not cases:
        raise InputError(f"the format {format_.name} has no cases of its own", hint=_NO_CASES)
    return tuple(_tried(format_, case, options) for case in cases)


def _detected(piece: Piece, options: ReadOptions) -> DetectedView:
    name = piece.document.name
    try:
        if piece.error is not None:
            raise piece.error
        format_ = registry.detect(piece.document.content, options)
    except InputError as error:
        return DetectedView(name, "", "", error.message, error.hint or "")
    return DetectedView(name, format_.name, format_.title)


def _reports(document: Document, options: ReadOptions, *, is_named: bool) -> Iterator[Document]:
    """Yield the reports in a document; raises for one that cannot be opened."""
    for piece in pieces_of(document, options, is_named=is_named):
        if piece.error is not None:
            raise piece.error
        if not piece.why_not:
            yield piece.document


def _format(ctx: Context, name: str) -> Format:
    if name.endswith((".yaml", ".yml")):
        if not Path(name).is_file():
            raise UnknownNameError(f"there is no file {name}", hint="give the path of a mapping")
        return MappedFormat(read_mapping(Path(name)))
    return registry.named(name, own_formats(ctx.paths))


def _tried(format_: Format, case: Case, options: ReadOptions) -> ReadingView:
    content = case.content.encode()
    view = _reading(case.name, format_.read(content, options))
    faults = []
    if not format_.matches(content):
        faults.append("its content is not recognised by `when`")
    for field in ("read", "quarantined", "suppressed", "evidence", "absent"):
        wanted, found = getattr(case, field), getattr(view, field)
        if wanted != found:
            faults.append(f"{field} is {found}, not {wanted}")
    first = view.findings[0] if view.findings else {}
    for field, wanted in case.first.items():
        if first.get(field) != wanted:
            faults.append(f"first.{field} is {first.get(field)!r}, not {wanted!r}")
    return replace(view, faults=tuple(faults))


def _read(document: Document, format_: Format, options: ReadOptions) -> ReadingView:
    return _reading(document.name, format_.read(document.content, options))


def _reading(name: str, report: Report) -> ReadingView:
    scans = report.scans
    seen = [one for scan in scans for one in scan.observations]
    problems = [one for scan in scans for one in scan.problems]
    return ReadingView(
        name=name,
        read=len(seen),
        quarantined=len(problems),
        suppressed=sum(one.is_suppressed for one in seen),
        evidence=sum(len(scan.evidence) for scan in scans),
        absent=sum(scan.absent for scan in scans),
        findings=tuple(dict(_fields(one)) for one in seen),
        problems=tuple(f"{one.where}: {one.why}" for one in problems),
        notes=report.notes,
    )


def _fields(seen: Observation) -> Iterator[tuple[str, Any]]:
    """Yield what a finding is known by and shown with, without what is empty."""
    place = seen.locations[0] if seen.locations else None
    package, signal = seen.package, seen.signal
    values = {
        "class": seen.finding_class.value,
        "rule": seen.rule,
        "title": seen.title,
        "severity": seen.severity.word,
        "asset": seen.asset,
        "path": place.path if place else "",
        "line": place.line if place else None,
        "package": f"{package.namespace}/{package.name}".strip("/") if package else "",
        "version": package.version if package else "",
        "fixed_version": package.fixed_version if package else "",
        "vulnerabilities": ", ".join(seen.vulnerability_ids),
        "cwes": ", ".join(map(str, seen.cwes)),
        "cvss": seen.cvss,
        "epss": seen.epss,
        "resource": seen.resource,
        "model": signal.model if signal else "",
        "metric": signal.metric if signal else "",
        "segment": signal.segment if signal else "",
        "onset_at": rfc3339(seen.onset_at) if seen.onset_at else "",
        "fingerprint": ", ".join(value for _, value in seen.fingerprints),
        "triage": seen.needs_triage or None,
        "suppressed": seen.is_suppressed or None,
    }
    yield from ((name, value) for name, value in values.items() if value not in ("", None))


def _view(format_: Format) -> FormatView:
    if isinstance(format_, MappedFormat):
        is_in_place = any(one.name == format_.name for one in registry.BUILT_IN)
        origin = f"{format_.mapping.file}{_IN_PLACE if is_in_place else ''}"
        return FormatView(format_.name, format_.title, origin)
    is_ours = isinstance(format_, BuiltIn)
    return FormatView(format_.name, format_.title, "built in" if is_ours else "entry point")
