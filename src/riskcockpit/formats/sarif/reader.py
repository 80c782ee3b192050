"""SARIF 2.1.0 → scans, one for each run (facts/findings.md section 4)."""

from __future__ import annotations

import msgspec

from riskcockpit.domain.finding import Problem, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.amending import decode_amended
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import (
    check_depth,
    decode_documents,
    may_be_deep,
)
from riskcockpit.formats.sarif.model import Component, Log, LoneLog, Run, Tool, WholeLog
from riskcockpit.formats.sarif.runs import RunReader
from riskcockpit.formats.suspicion import has_suspect, redacted, suspects

_LOG = msgspec.json.Decoder(Log)
_LONE_LOG = msgspec.json.Decoder(LoneLog)
_RUN = msgspec.json.Decoder(Run)
_WHOLE = msgspec.json.Decoder(WholeLog)
_VITAL = frozenset({"results", "tool"})
_SHAPED = 20
"""Levels that the structs of a run have at most."""
_HALF_READ = "SARIF (without a readable run)"


def read(content: bytes, options: ReadOptions) -> Report:
    """Read all runs of a SARIF log.

    Raises:
        FormatError: not SARIF, not JSON, or beyond a limit.
    """
    with without_collection():
        logs, documents = decode_documents(content, _decoded, "SARIF 2.1.0")
        notes = list(documents.notes)
        scans: list[Scan] = []
        for log, part in zip(logs, documents.parts, strict=True):
            is_clean = not has_suspect(part)
            version = wording.name(wording.scalar(log.version))
            if version not in ("", "2.1.0"):
                notes.append(f"the log says SARIF {version[:20]}; read as 2.1.0")
            for run in log.runs or ():
                place = f"runs[{len(scans)}]"
                scans.append(_read_run(run, place, options, is_clean=is_clean))
    if not scans:
        notes.append("the log has no runs: nothing was scanned")
    unread = tuple(Problem("log", why) for why in documents.unreadable)
    if unread:
        scans.append(Scan(tool=_HALF_READ, problems=unread, is_partial=True))
    return Report("sarif", tuple(scans), tuple(notes))


def _decoded(content: bytes) -> Log | WholeLog:
    """Decode a log in one go, or with its runs raw, so that a bad one does not spoil the others."""
    try:
        return _WHOLE.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _apart(content)


def _apart(content: bytes) -> Log:
    """Decode a log with its runs raw; the one run it has may stand bare, without a list."""
    try:
        return _LOG.decode(content)
    except msgspec.ValidationError:
        try:
            lone = _LONE_LOG.decode(content)
        except msgspec.DecodeError:
            lone = None
        if lone is None:
            raise
        return Log([msgspec.Raw(msgspec.json.encode(lone.runs))], lone.version)


def _may_be_deep(run: Run, max_depth: int) -> bool:
    """Whether what is in the head of a run, beside its own structs, may be nested too deeply."""
    tool = run.tool or Tool()
    components = [tool.driver or Component(), *(tool.extensions or ())]
    rules = [rule for component in components for rule in component.rules or ()]
    parts = (run.properties, *rules, *(run.artifacts or ()))
    return any(may_be_deep(bytes(part), max_depth - _SHAPED) for part in parts)


def _read_run(
    given: Run | msgspec.Raw, place: str, options: ReadOptions, *, is_clean: bool
) -> Scan:
    """Read a run; `is_clean`: none of its results may hold a secret."""
    try:
        run = given if isinstance(given, Run) else decode_amended(given, _RUN, _VITAL)
        head = msgspec.json.encode(msgspec.structs.replace(run, results=None))
        if _may_be_deep(run, options.max_depth):
            check_depth(head, options.max_depth)
        results = run.results or []
        flags = [False] * len(results) if is_clean else suspects(results)
        if has_suspect(head):  # its rules, artefacts and names
            run = msgspec.structs.replace(
                _RUN.decode(redacted(head, options.redact)), results=run.results
            )
    except SkipRecordError as fault:
        return Scan(tool=_HALF_READ, problems=(Problem(place, fault.message),), is_partial=True)
    return RunReader(run, place, options).scan(results, flags)
