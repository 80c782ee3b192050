"""garak's `report.jsonl` and `hitlog.jsonl` → one scan; a finding is a hit of a detector.

A report has every attempt with the scores of its outputs, a hit log has the hits alone. Prompts
and outputs differ from run to run and take no part in identity.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from riskcockpit.domain.finding import (
    ControlEvidence,
    FindingClass,
    ModelSignal,
    Observation,
    Scan,
)
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents, decode_json
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.loose import at, first_text, items, members, number, text
from riskcockpit.formats.moments import moment
from riskcockpit.formats.suspicion import checked
from riskcockpit.formats.wording import scalar

TOOL = "garak"
DEFAULT_THRESHOLD = 0.5
"""A score from here on is a hit, unless the run was set up otherwise."""
SURE, LIKELY = 0.9, 0.5
"""Scores from which a hit counts as high and as medium: how sure the detector is."""
MAX_QUOTE = 2_000
_EVALUATED = 2  # status of an attempt whose outputs were judged


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a report or a hit log.

    Raises:
        FormatError: not garak's, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _LINE.decode, "garak's JSON Lines")
        reader = _Reader(options)
        for position, (form, part) in enumerate(zip(forms, documents.parts, strict=True), start=1):
            reader.take(form, part, f"line {position}")
        scan = reader.scan()
    return Report("garak", (scan, *unread(TOOL, documents)))


class Line(msgspec.Struct, gc=False):
    """What tells the lines apart."""

    entry_type: Any = None
    probe: Any = None
    detector: Any = None


_LINE = msgspec.json.Decoder(Line)


class _Reader:
    """Gathers the hits of one run."""

    def __init__(self, options: ReadOptions) -> None:
        self._options = options
        self._gathering = Gathering()
        self._model = ""
        self._threshold = DEFAULT_THRESHOLD
        self._version = ""
        self._started: Any = None
        self._is_complete: bool | None = None
        self._probes: set[str] = set()

    def take(self, line: Line, part: bytes, place: str) -> None:
        """Read one line."""
        kind = text(line.entry_type)
        if not kind:
            self._gathering.take(place, partial(self._hit_of_log, part, place))
        elif kind == "attempt":
            self._attempt(part, place)
        elif kind == "eval":
            self._eval(part, place)
        else:
            self._about(kind, part, place)

    def scan(self) -> Scan:
        """Return what was gathered. A log of hits names no probe that ran: it closes nothing."""
        return self._gathering.scan(
            TOOL,
            tool_version=self._version,
            scanned_at=moment(self._started),
            is_successful=self._is_complete,
            is_partial=not self._probes and self._is_complete is None,
            rules=frozenset(self._probes) or None,
        )

    def _about(self, kind: str, part: bytes, place: str) -> None:
        """Read what a line says of the run as a whole."""
        try:
            found = decode_json(checked(part, self._options))
        except SkipRecordError as fault:
            self._gathering.trouble(place, fault.message)
            return
        names = [first_text(found, f"plugins.{half}_type") for half in ("target", "model")]
        names += [first_text(found, f"plugins.{half}_name") for half in ("target", "model")]
        self._model = self._model or wording.name(" ".join(filter(None, names)))
        self._version = self._version or wording.name(
            first_text(found, "garak_version", "_config.version")
        )
        self._started = self._started or first_text(found, "start_time", "transient.starttime_iso")
        threshold = number(found, "run.eval_threshold")
        self._threshold = self._threshold if threshold is None else threshold
        if kind in ("completion", "completed"):
            self._is_complete = True
        elif self._is_complete is None:
            self._is_complete = False  # until its last line says that it came to an end

    def _attempt(self, part: bytes, place: str) -> None:
        """Read the hits among the outputs of an attempt."""
        try:
            raw = checked(part, self._options)
            found = decode_json(raw)
        except SkipRecordError as fault:
            self._gathering.trouble(place, fault.message)
            return
        if number(found, "status") != _EVALUATED:
            return
        for detector, scores in members(found, "detector_results"):
            for position, score in enumerate(items(scores)):
                value = number(score)
                if value is None or value < self._threshold:
                    continue
                hit = {
                    "probe": text(found, "probe_classname"),
                    "detector": detector.removeprefix("detector."),
                    "score": value,
                    "goal": text(found, "goal"),
                    "generator": self._model,
                    "prompt": at(found, "prompt"),
                    "output": at(found, "outputs", position),
                    "triggers": at(found, "notes", "triggers"),
                }
                spot = wording.name(f"{place} {detector}[{position}]")
                content = msgspec.json.encode(hit)
                self._gathering.take(spot, partial(self._hit, content, hit, spot))

    def _eval(self, part: bytes, place: str) -> None:
        """Read the summary of a probe and a detector: evidence when nothing came through."""
        found = decode_json(part)
        probe, detector = wording.name(text(found, "probe")), wording.name(text(found, "detector"))
        total = number(found, "total_evaluated") or number(found, "total")
        self._probes.add(_rule(probe))
        if probe and total and number(found, "passed") == total:
            passed = ControlEvidence(TOOL, _rule(probe), "pass", self._model, place)
            self._gathering.take(f"{place} {detector}", lambda: passed)

    def _hit_of_log(self, part: bytes, place: str) -> Observation:
        raw = checked(part, self._options)
        return self._hit(raw, decode_json(raw), place)

    def _hit(self, raw: bytes, found: Any, place: str) -> Observation:
        probe = wording.name(text(found, "probe"))
        detector = wording.name(text(found, "detector"))
        if not probe or not detector:
            raise SkipRecordError("a hit without probe or detector")
        model = wording.name(text(found, "generator") or self._model) or "model"
        goal = text(found, "goal")
        grade = self._grade(probe, number(found, "score"))
        return Observation(
            finding_class=FindingClass.MODEL,
            tool=TOOL,
            rule=_rule(probe),
            title=wording.title(
                f"{_rule(probe)} got through to {model}{f': {goal}' if goal else ''}"
            ),
            severity=grade.severity,
            record=place,
            description=wording.description("\n\n".join(_about(found, detector))),
            severity_raw=grade.raw,
            severity_source=grade.source,
            signal=ModelSignal(model=model, monitor=_rule(probe), metric=detector),
            help_url=f"https://reference.garak.ai/en/latest/garak.probes.{_family(probe)}.html",
            raw=raw,
        )

    def _grade(self, probe: str, score: float | None) -> Grade:
        if score is None:
            return graded(TOOL, _rule(probe), None, "score", self._options)
        word = "high" if score >= SURE else "medium" if score >= LIKELY else "low"
        grade = graded(TOOL, _rule(probe), word, "score", self._options)
        return grade._replace(raw=str(score)) if grade.source == "score" else grade


def _rule(probe: str) -> str:
    return probe.removeprefix("probes.").removeprefix("garak.probes.")


def _family(probe: str) -> str:
    return _rule(probe).partition(".")[0]


def _about(found: Any, detector: str) -> Iterator[str]:
    yield f"Detector: {detector}"
    for title, value in (("Prompt", at(found, "prompt")), ("Output", at(found, "output"))):
        words = _message(value)
        if words:
            yield f"{title}:\n{wording.cut(words, MAX_QUOTE)}"


def _message(value: Any) -> str:
    """Return the text of a message: of a text, of `text`, or of the turns of a conversation."""
    if plain := scalar(value) or text(value, "text"):
        return plain
    turns = items(value, "turns")
    lines = (text(one, "content", "text") or text(one, "content") for one in turns)
    return "\n".join(filter(None, lines))
