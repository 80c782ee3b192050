"""Reports of a format that a home describes itself → scans, by way of the generic format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import msgspec

from riskcockpit.domain.finding import ControlEvidence, Problem, Scan
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import markup, tables, wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.clearing import cleared
from riskcockpit.formats.documents import decode_documents, decode_json
from riskcockpit.formats.gathering import Gathering, Record, gone
from riskcockpit.formats.generic.records import observation
from riskcockpit.formats.mapped.definition import Mapping, Words, written
from riskcockpit.formats.mapped.selecting import Path, selected
from riskcockpit.formats.moments import moment
from riskcockpit.formats.opening import plain
from riskcockpit.formats.shape import Shape, shape_of
from riskcockpit.formats.suspicion import checked

_ANY = msgspec.json.Decoder()
_MAX_SCORE = 10
_NO_RECORDS = "nothing stands where the mapping looks for records: nothing may be closed"


@dataclass(frozen=True, slots=True)
class MappedFormat:
    """A format made of a mapping; satisfies `formats.api.Format`."""

    mapping: Mapping

    @property
    def name(self) -> str:
        """The word for `--format`."""
        return self.mapping.name

    @property
    def title(self) -> str:
        """The format in words."""
        return self.mapping.title

    def matches(self, head: bytes) -> bool:
        """Whether content that starts with `head` has all signs of the mapping."""
        shape, when = shape_of(head), self.mapping.when
        return _is_kind(shape, self.mapping.kind) and (
            shape.members.keys() >= set(when.has)
            and shape.inner >= set(when.inner)
            and shape.columns >= {name.lower() for name in when.columns}
            and when.root in ("", shape.root)
        )

    def read(self, content: bytes, options: ReadOptions) -> Report:
        """Read a whole report.

        Raises:
            FormatError: it is not JSON, CSV or XML as the mapping says, or beyond a limit.
        """
        content = plain(content, options.max_bytes)
        gathering = Gathering()
        documents, notes, unreadable = self._documents(content, options)
        for number, (place, record) in enumerate(self._records(documents)):
            where = place or f"record {number + 1}"
            gathering.take(where, partial(self._record, record, where, options))
        for why in unreadable:
            gathering.problems.append(Problem("report", why))
        scan = self._scan(gathering, documents)
        if self.mapping.kind == "json" and not any(map(self._has_records, documents)):
            notes = (*notes, _NO_RECORDS)
            scan = replace(scan, is_partial=True)
        return cleared(Report(self.name, (scan,), notes), options.redact)

    def _documents(
        self, content: bytes, options: ReadOptions
    ) -> tuple[list[Any], tuple[str, ...], tuple[str, ...]]:
        """Return the documents as JSON values, notes, and what could not be read."""
        if self.mapping.kind == "xml":
            return [markup.as_json(markup.parsed(content, self.title, options))], (), ()
        if self.mapping.kind == "json":
            found, documents = decode_documents(content, _ANY.decode, self.title)
            return found, documents.notes, documents.unreadable
        text, notes = tables.decoded(content)
        rows = tables.rows(text, tables.delimiter_of(text))
        header = next(rows, None)
        names = [cell.strip() for cell in header.cells] if header else []
        values: list[Any] = []
        unreadable: list[str] = []
        for row in rows:
            try:
                values.append(decode_json(row.record(names)))
            except SkipRecordError as fault:
                unreadable.append(f"row {row.number}: {fault.message}")
        return values, notes, tuple(unreadable)

    def _has_records(self, document: Any) -> bool:
        """Whether there is anything where the records should be, if only an empty list of them."""
        path = self.mapping.records
        return any(True for _ in selected(document, path[:-1] if path[-1:] == (-1,) else path))

    def _records(self, documents: list[Any]) -> Iterator[tuple[str, Any]]:
        for document in documents:
            is_bare = not self.mapping.records and isinstance(document, list)
            found = document if is_bare else selected(document, self.mapping.records)
            for record in found:
                yield "", record

    def _record(self, value: Any, place: str, options: ReadOptions) -> Record:
        if not isinstance(value, dict):
            raise SkipRecordError("not an object")
        raw = checked(msgspec.json.encode(value), options)
        value = decode_json(raw)
        word = _first(value, (self.mapping.state_field,)) if self.mapping.states else None
        state = written(word)
        states = self.mapping.states
        record = self._generic(value)
        if states and state in _lower(states.absent):
            return gone(partial(observation, record, self.mapping.tool, place, raw, options))
        if states and state in _lower(states.evidence):
            rule = wording.scalar(record.get("vuln_id_from_tool") or record.get("title"))
            return ControlEvidence(self.mapping.tool, wording.name(rule), "pass", record=place)
        seen = observation(record, self.mapping.tool, place, raw, options)
        is_suppressed = bool(states) and state in _lower(states.suppressed if states else ())
        return replace(
            seen,
            is_suppressed=seen.is_suppressed or is_suppressed,
            needs_triage=bool(states) and state in _lower(states.triage if states else ()),
        )

    def _generic(self, value: Any) -> dict[str, Any]:
        """Return the record in the fields of the generic format."""
        record: dict[str, Any] = dict(self.mapping.constants)
        for name, paths in self.mapping.fields.items():
            found = _first(value, paths)
            if found not in (None, ""):
                record[name] = found
        record["severity"] = self._severity(record.get("severity"))
        return record

    def _severity(self, found: Any) -> str:
        word = wording.scalar(found).strip()
        mapped = self.mapping.severity.get(written(found))
        if mapped:
            return mapped
        if Severity.from_word(word) is not None:
            return word
        try:
            score = float(word)
        except ValueError:
            return word if not self.mapping.default_severity else self.mapping.default_severity
        is_score = 0 <= score <= _MAX_SCORE
        return Severity.from_score(score).word if is_score else self.mapping.default_severity

    def _scan(self, gathering: Gathering, documents: list[Any]) -> Scan:
        top = documents[0] if documents else None
        about = {
            name: wording.name(wording.scalar(_first(top, (path,))))
            for name, path in self.mapping.scan.items()
        }
        stamp = about.pop("scanned_at", "")
        return gathering.scan(
            self.mapping.tool, category=self.mapping.category, scanned_at=moment(stamp), **about
        )


def _is_kind(shape: Shape, kind: str) -> bool:
    kinds = {"json": ("object", "list"), "xml": ("xml",), "csv": ("text",)}
    return shape.kind in kinds[kind]


def _first(value: Any, paths: tuple[Path, ...]) -> Any:
    """Return the first thing any of `paths` leads to; several scalars as a list."""
    for path in paths:
        found = [item for item in selected(value, path) if item not in (None, "")]
        if found:
            return found[0] if len(found) == 1 else found
    return None


def _lower(words: Words) -> set[str]:
    return set(map(written, words))
