"""garak's `report.jsonl` and `hitlog.jsonl` → one scan; a finding is a hit of a detector.

A report has every attempt with the scores of its outputs, a hit log has the hits alone. Prompts
and outputs differ from run to run and take no part in identity.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import msgspec
from msgspec import Raw

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
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.members import NOTHING, Members, record_of, viewed
from riskcockpit.formats.moments import moment

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
        forms, documents = decode_documents(content, _FORM.decode, "garak's JSON Lines")
        reader = _Reader(options)
        for position, (form, part) in enumerate(zip(forms, documents.parts, strict=True), start=1):
            if isinstance(form, list):
                for index, raw in enumerate(form):
                    reader.take(_line(raw), bytes(raw), f"line {position}[{index}]")
            else:
                reader.take(form, part, f"line {position}")
        scan = reader.scan()
    return Report("garak", (scan, *unread(TOOL, documents)))


class Line(msgspec.Struct, gc=False):
    """What tells the lines apart."""

    entry_type: Members = NOTHING
    probe: Members = NOTHING
    detector: Members = NOTHING


_LINE = msgspec.json.Decoder(Line, dec_hook=viewed)
_FORM = msgspec.json.Decoder(Line | list[Raw], dec_hook=viewed)
"""A line, or all of them in a list."""


def _line(raw: Raw) -> Line:
    """Return what tells the lines apart; of what is none, nothing, so that it is quarantined."""
    try:
        return _LINE.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Line()


class _Reader:
    """Gathers the hits of one run."""

    def __init__(self, options: ReadOptions) -> None:
        self._options = options
        self._gathering = Gathering()
        self._model = ""
        self._threshold = DEFAULT_THRESHOLD
        self._version = ""
        self._started = ""
        self._is_complete: bool | None = None
        self._probes: set[str] = set()
        self._errors: list[str] = []

    def take(self, line: Line, part: bytes, place: str) -> None:
        """Read one line."""
        kind = line.entry_type.text()
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
            tool_errors=tuple(self._errors),
        )

    def _about(self, kind: str, part: bytes, place: str) -> None:
        """Read what a line says of the run as a whole."""
        try:
            found = record_of(part, self._options)
        except SkipRecordError as fault:
            self._gathering.trouble(place, fault.message)
            return
        names = [found.first(f"plugins.{half}_type") for half in ("target", "model")]
        names += [found.first(f"plugins.{half}_name") for half in ("target", "model")]
        self._model = self._model or wording.name(" ".join(filter(None, names)))
        self._version = self._version or wording.name(
            found.first("garak_version", "_config.version")
        )
        self._started = self._started or found.first("start_time", "transient.starttime_iso")
        threshold = found.number("run.eval_threshold")
        self._threshold = self._threshold if threshold is None else threshold
        if kind in ("completion", "completed"):
            self._is_complete = True
        elif self._is_complete is None:
            self._is_complete = False  # until its last line says that it came to an end

    def _attempt(self, part: bytes, place: str) -> None:
        """Read the hits among the outputs of an attempt."""
        try:
            found = record_of(part, self._options)
        except SkipRecordError as fault:
            self._gathering.trouble(place, fault.message)
            return
        if found.number("status") != _EVALUATED:
            return
        for detector, scores in found.pairs("detector_results"):
            for position, score in enumerate(scores.items()):
                value = score.number()
                if value is None or value < self._threshold:
                    continue
                hit = {
                    "probe": found.text("probe_classname"),
                    "detector": detector.removeprefix("detector."),
                    "score": value,
                    "goal": found.text("goal"),
                    "generator": self._model,
                    "prompt": found.at("prompt"),
                    "output": found.at("outputs", position),
                    "triggers": found.at("notes", "triggers"),
                }
                spot = wording.name(f"{place} {detector}[{position}]")
                self._gathering.take(
                    spot, partial(self._hit, Members(hit, msgspec.json.encode(hit)), spot)
                )

    def _eval(self, part: bytes, place: str) -> None:
        """Read the summary of a probe and a detector: evidence when nothing came through."""
        try:
            found = record_of(part, self._options)
        except SkipRecordError as fault:
            self._gathering.trouble(place, fault.message)
            return
        probe, detector = found.name("probe"), found.name("detector")
        total = found.number("total_evaluated") or found.number("total")
        if not total:  # no output could be judged: that is no pass
            why = f"{_rule(probe)} with {detector}: no output could be judged"
            self._errors.append(wording.title(why))
            return
        self._probes.add(_rule(probe))
        if probe and found.number("passed") == total:
            passed = ControlEvidence(TOOL, _rule(probe), "pass", self._model, place)
            self._gathering.take(f"{place} {detector}", lambda: passed)

    def _hit_of_log(self, part: bytes, place: str) -> Observation:
        return self._hit(record_of(part, self._options), place)

    def _hit(self, found: Members, place: str) -> Observation:
        probe = found.name("probe")
        detector = found.name("detector")
        if not probe or not detector:
            raise SkipRecordError("a hit without probe or detector")
        model = wording.name(found.text("generator") or self._model) or "model"
        goal = found.text("goal")
        grade = self._grade(probe, found.number("score"))
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
            raw=found.raw,
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


def _about(found: Members, detector: str) -> Iterator[str]:
    yield f"Detector: {detector}"
    for title, value in (("Prompt", found.member("prompt")), ("Output", found.member("output"))):
        words = _message(value)
        if words:
            yield f"{title}:\n{wording.cut(words, MAX_QUOTE)}"


def _message(value: Members) -> str:
    """Return the text of a message: of a text, of `text`, or of the turns of a conversation."""
    if plain := value.word() or value.text("text"):
        return plain
    turns = value.items("turns")
    lines = (one.text("content", "text") or one.text("content") for one in turns)
    return "\n".join(filter(None, lines))
