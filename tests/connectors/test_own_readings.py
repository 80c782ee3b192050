"""Our own format of readings: strict where it could mislead, and one bad reading stops no other."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.files.connector import FilesConnector
from riskcockpit.connectors.own_readings import SCHEMA, own_or_document, read_own
from riskcockpit.domain.batch import Document
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.errors import FormatError

WHOLE = {
    "subject": "loans",
    "subject_kind": "dataset",
    "metric": "age",
    "metric_class": "freshness",
    "value": 90000,
    "at": "2026-03-02T13:00:00+01:00",
    "unit": "seconds",
    "threshold": 86400,
    "direction": "at_most",
    "window_seconds": 60,
    "sample_size": 12,
    "segment": "EU",
}
LEAST = {"subject": "fraud", "metric": "auc", "value": 0.9, "at": "2026-03-02T12:00:00Z"}


def document(*readings: Any, schema: str = SCHEMA) -> bytes:
    return json.dumps({"schema": schema, "readings": readings}).encode()


def test_all_that_a_reading_can_say_is_read() -> None:
    whole, least = read_own(document(WHOLE, LEAST), "x").readings
    assert whole == Reading(
        SubjectKind.DATASET, "loans", "age", MetricClass.FRESHNESS, 90000.0,
        datetime(2026, 3, 2, 12, 0, tzinfo=UTC), "seconds", None, "EU", 86400.0,
        Direction.AT_MOST, 60, 12,
    )  # fmt: skip
    assert whole.is_breach
    assert (least.subject_kind, least.metric_class, least.version) == ("model", "other", None)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": " "},
        {"metric": ""},
        {"value": "0.9"},
        {"value": None},
        {"at": "2026-03-02T12:00:00"},
        {"at": "yesterday"},
        {"version": -1},
        {"version": 10**12},
        {"sample_size": -3},
        {"metric_class": "vibes"},
        {"thresold": 1},
    ],
)
def test_a_reading_that_could_mislead_is_told_and_left_out(change: dict[str, Any]) -> None:
    found = read_own(document({**LEAST, **change}, LEAST), "x.json")
    assert len(found.readings) == 1
    assert found.is_partial
    assert found.notes[0].startswith("x.json: readings[0]: ")


def test_many_faults_are_counted() -> None:
    found = read_own(document(*[{}] * 10), "x")
    assert len(found.notes) == 4
    assert found.notes[-1] == "7 more such faults"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"readings": []}', document(schema="riskcockpit.readings/2")]
)
def test_another_document_is_refused(content: bytes) -> None:
    with pytest.raises(FormatError):
        read_own(content, "x")


def test_only_what_says_so_is_of_this_format() -> None:
    report = Document("r", b'{"readings": [1]}')
    assert own_or_document(report).items == (report,)
    broken = Document("r", b'{"schema": "riskcockpit.readings/1"')
    batch = own_or_document(broken)
    assert batch.items == (broken,)  # the import says that nothing reads it
    assert batch.coverage.is_truncated


def test_files_may_hold_readings(tmp_path: Path) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)

    def pull(cursor: str) -> tuple[list[Any], str]:
        spec = SourceSpec("files", "", {"paths": [str(tmp_path)]})
        batches = list(FilesConnector.build(spec, FrozenClock(later)).pull(cursor, later))
        return [item for batch in batches for item in batch.items], batches[-1].cursor

    (tmp_path / "good.json").write_bytes(document(LEAST))
    (tmp_path / "bad.json").write_bytes(document(LEAST, {}))
    items, cursor = pull("")
    assert [type(item) for item in items] == [Reading, Reading]
    assert len(pull(cursor)[0]) == 1  # the bad one is read, and told, again
