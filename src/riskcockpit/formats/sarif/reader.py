"""SARIF 2.1.0 → scans, one for each run (facts/findings.md section 4)."""

from __future__ import annotations

import msgspec

from riskcockpit.domain.finding import Problem, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import check_depth, decode_documents, decode_record
from riskcockpit.formats.sarif.model import Log, LoneLog, Run
from riskcockpit.formats.sarif.runs import RunReader
from riskcockpit.formats.suspicion import redacted, suspects

_LOG = msgspec.json.Decoder(Log)
_LONE_LOG = msgspec.json.Decoder(LoneLog)
_RUN = msgspec.json.Decoder(Run)
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
        for log in logs:
            if log.version not in (None, "2.1.0"):
                notes.append(f"the log says SARIF {log.version[:20]}; read as 2.1.0")
            for raw in log.runs or ():
                place = f"runs[{len(scans)}]"
                scans.append(_read_run(raw, place, options))
    if not scans:
        notes.append("the log has no runs: nothing was scanned")
    unread = tuple(Problem("log", why) for why in documents.unreadable)
    if unread:
        scans.append(Scan(tool=_HALF_READ, problems=unread, is_partial=True))
    return Report("sarif", tuple(scans), tuple(notes))


def _decoded(content: bytes) -> Log:
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


def _read_run(raw: msgspec.Raw, place: str, options: ReadOptions) -> Scan:
    try:
        run = decode_record(raw, _RUN)
        head = msgspec.json.encode(msgspec.structs.replace(run, results=None))
        check_depth(head, options.max_depth)
        results = [bytes(result) for result in run.results or ()]
        is_head_suspect, *flags = suspects([head, *results])  # large ones are fast together
        if is_head_suspect:  # its rules, artefacts and names
            run = msgspec.structs.replace(
                _RUN.decode(redacted(head, options.redact)), results=run.results
            )
    except SkipRecordError as fault:
        return Scan(tool=_HALF_READ, problems=(Problem(place, fault.message),), is_partial=True)
    return RunReader(run, place, options).scan(results, flags)
