"""What govulncheck says of one advisory in one module → one observation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from riskcockpit.domain.finding import Location, Observation, Package
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import people, wording
from riskcockpit.formats.advisories import Advisory, vulnerable
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.documents import decode_record, without_members
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import NOTHING, Members, record_of, viewed
from riskcockpit.formats.osv.advisory import (
    OsvAdvisory,
    aliases_of,
    fixes_for,
    links_of,
    score_of,
    severity_of,
    weaknesses_of,
)
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.vulnerabilities import split_name

TOOL = "govulncheck"
MANIFEST = "go.mod"
"""Where a source scan's modules come from; stands first so that a moved call is no new finding."""
MAX_TRACES = 20
"""How many ways to the vulnerable code are kept."""

_ADVISORY = msgspec.json.Decoder(OsvAdvisory, dec_hook=viewed)


@dataclass(slots=True)
class Pair:
    """An advisory in a module, with all that the stream says of it."""

    osv: str
    module: str
    place: str
    findings: list[Members] = field(default_factory=list)


def pair(found: Pair, advisory: Members, options: ReadOptions, *, is_source: bool) -> Observation:
    """Read a pair; `advisory` is nothing when the stream did not have it.

    Raises:
        SkipRecordError: it names no advisory or module.
    """
    if not found.osv or not found.module:
        raise SkipRecordError("a finding without advisory or module")
    known = decode_record(advisory.raw or b"{}", _ADVISORY)
    version = _first(one.text("trace", 0, "version") for one in found.findings)
    fixed = _first(one.text("fixed_version") for one in found.findings)
    traces = sorted((_trace(one) for one in found.findings), key=lambda trace: -trace.depth)
    said = {
        "osv": advisory.object() or found.osv,
        "findings": [one.value for one in found.findings[:MAX_TRACES]],
    }
    raw = msgspec.json.encode(without_members(said, people.FIELDS))
    calls = [place for trace in traces if (place := trace.call(options))] if is_source else []
    return vulnerable(
        TOOL,
        _package(found.module, version, fixed),
        _advisory(found.osv, known, (traces[0].words, *_callers(traces)), options),
        found.place,
        raw,
        paths=(MANIFEST,) if is_source else (),
        more_places=tuple(dict.fromkeys(calls))[:MAX_TRACES],
    )


def old_entry(
    raw: bytes, versions: Mapping[str, str], place: str, options: ReadOptions
) -> Observation:
    """Read an entry of `Vulns`, as it was before version 1.

    Raises:
        SkipRecordError: it has another shape, or names no module.
    """
    found = record_of(raw, options, without=people.FIELDS)
    known = decode_record(msgspec.json.encode(found.at("OSV") or {}), _ADVISORY)
    module = found.text("ModPath")
    if not module:
        raise SkipRecordError("an entry without a module")
    version = versions.get(module, "")
    symbol = ".".join(filter(None, (found.text("PkgPath"), found.text("Symbol"))))
    reach = (
        f"The vulnerable symbol {symbol} is called."
        if found.number("CallSink")
        else f"The vulnerable package is imported, {symbol} is not called."
        if found.number("ImportSink")
        else "The module is required, the vulnerable package is not imported."
    )
    fixes = fixes_for(known, module, version)
    return vulnerable(
        TOOL,
        _package(module, version, ", ".join(fixes)),
        _advisory(known.id, known, (reach,), options),
        place,
        found.raw,
        paths=(MANIFEST,),
    )


def _advisory(
    id_: str, known: OsvAdvisory, reach: tuple[str, ...], options: ReadOptions
) -> Advisory:
    word, origin = severity_of(known)
    return Advisory(
        rule=id_,
        grade=graded(TOOL, id_, word, origin, options),
        aliases=aliases_of(known),
        summary=known.summary.text(),
        about=(known.details.text(), *reach),
        cvss=score_of(known),
        cwes=tuple(weaknesses_of(known)),
        links=(*links_of(known), f"https://pkg.go.dev/vuln/{id_}"),
    )


def _package(module: str, version: str, fixed: str) -> Package:
    namespace, name = split_name("golang", module)
    return Package("golang", name, namespace, wording.name(version), wording.name(fixed))


@dataclass(frozen=True, slots=True)
class _Trace:
    """The way from our code to the vulnerable symbol: the symbol first."""

    frames: tuple[Members, ...]

    @property
    def depth(self) -> int:
        """3 when the symbol is called, 2 when its package is imported, 1 when only required."""
        symbol = self.frames[0] if self.frames else NOTHING
        return 3 if symbol.text("function") else 2 if symbol.text("package") else 1

    @property
    def words(self) -> str:
        if self.depth == 1:
            return "The module is required, the vulnerable package is not imported."
        package = self.frames[0].text("package")
        if self.depth == 2:  # noqa: PLR2004 - as above
            return f"The vulnerable package {package} is imported, its vulnerable code not called."
        return f"The vulnerable symbol {_named(self.frames[0])} is called."

    def call(self, options: ReadOptions) -> Location | None:
        """Return the place in our own code where the way begins, or None."""
        position = self.frames[-1].member("position") if len(self.frames) > 1 else NOTHING
        path = normalise(position.text("filename"), options.checkout_prefixes)
        return Location(path, position.line("line"), position.line("column")) if path else None


def _trace(finding: Members) -> _Trace:
    return _Trace(tuple(finding.members("trace")))


def _callers(traces: list[_Trace]) -> Iterator[str]:
    """Yield a sentence for the first ways by which the symbol is called."""
    for trace in traces[:MAX_TRACES]:
        if trace.depth == 3 and len(trace.frames) > 1:  # noqa: PLR2004 - it is called
            yield f"Called by {' → '.join(_named(frame) for frame in reversed(trace.frames))}"


def _named(frame: Members) -> str:
    parts = (frame.text("package"), frame.text("receiver").lstrip("*"), frame.text("function"))
    return ".".join(filter(None, parts))


def _first(texts: Iterator[str]) -> str:
    return next(filter(None, texts), "")
