"""Series become readings as the options say; nothing is invented, nothing vanishes silently."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.prometheus import connector
from riskcockpit.connectors.prometheus.connector import PrometheusConnector
from riskcockpit.connectors.prometheus.mapping import (
    LOOKBACK_SECONDS,
    MAX_POINTS,
    readings,
    spans,
    thresholds,
)
from riskcockpit.connectors.prometheus.wire import QueryOptions, Series
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.batch import Batch
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.errors import ConfigError, UnavailableError

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECONDS = NOW.timestamp()
SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "facts" / "samples"


def options(**changes: Any) -> QueryOptions:
    return msgspec.convert({"query": "q", "metric": "accuracy", **changes}, QueryOptions)


def series(value: str = "0.9", at: float = SECONDS, **labels: str) -> Series:
    return Series(metric=labels, value=(at, value))


def envelope(kind: str, result: Any, **more: Any) -> Reply:
    data = {"resultType": kind, "result": result}
    return Reply(200, json.dumps({"status": "success", "data": data, **more}).encode())


class Server:
    """Answers instant queries by their text and ranges with a point at both ends."""

    def __init__(self, answers: Mapping[str, Reply] | None = None) -> None:
        self.answers = answers or {}
        self.asked: list[Asked] = []

    def __call__(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if asked.path.endswith("query_range"):
            start, end = float(asked.params["start"]), float(asked.params["end"])
            values = [[at, "0.5"] for at in dict.fromkeys((start, end))]
            return envelope("matrix", [{"metric": {"model": "fraud"}, "values": values}])
        given = asked.params.get("query", "")
        return self.answers.get(given) or envelope("vector", [])


def pull(
    server: Server, *queries: Mapping[str, Any], cursor: str = "", at: datetime = NOW
) -> list[Batch]:
    spec = SourceSpec("metrics", "https://prometheus.example", {"queries": list(queries)})
    with replayed(server):
        connector = PrometheusConnector.build(spec, FrozenClock(at))
        batches = list(connector.pull(cursor, at))
        connector.close()
    return batches


def test_labels_and_options_make_a_reading() -> None:
    given_options = options(
        metric="demographic_parity_difference",
        metric_class="bias",
        segment_label="attribute",
        threshold=0.1,
        direction="at_most",
        window="1h",
    )
    mapped = readings(
        [series("0.14", model="fraud", version="v7", attribute="age")], given_options, {}
    )
    assert mapped.notes == ()
    assert mapped.readings == (
        Reading(
            SubjectKind.MODEL,
            "fraud",
            "demographic_parity_difference",
            MetricClass.BIAS,
            0.14,
            NOW,
            version=7,
            segment="age",
            threshold=0.1,
            direction=Direction.AT_MOST,
            window_seconds=3600,
        ),
    )
    assert mapped.readings[0].is_breach


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "nonsense"])
def test_what_is_no_finite_number_is_counted_not_kept(value: str) -> None:
    mapped = readings([series(value, model="fraud"), series(model="churn")], options(), {})
    assert [reading.subject for reading in mapped.readings] == ["churn"]
    assert mapped.notes == ("accuracy: values that are not finite numbers left out (1)",)


def test_series_without_the_subject_are_counted_not_guessed() -> None:
    mapped = readings([series(job="x")], options(), {})
    assert mapped.readings == ()
    assert mapped.notes == ('accuracy: series without the label "model" left out (1)',)
    fixed = readings([series(job="x")], options(subject="fraud"), {})
    assert [reading.subject for reading in fixed.readings] == ["fraud"]


def test_a_query_that_finds_nothing_is_told() -> None:
    assert readings([], options(), {}).notes == ("accuracy: the query found nothing (1)",)


def test_a_version_that_is_no_number_is_told_and_left_out() -> None:
    mapped = readings([series(model="fraud", version="canary")], options(), {})
    assert mapped.readings[0].version is None
    assert "no version number" in mapped.notes[0]


def test_two_series_of_one_identity_are_one_reading() -> None:
    twice = [series("0.1", model="fraud", pod="a"), series("0.2", model="fraud", pod="b")]
    mapped = readings(twice, options(), {})
    assert [reading.value for reading in mapped.readings] == [0.1]
    assert "several series" in mapped.notes[0]


def test_labels_are_cleaned() -> None:
    mapped = readings(
        [series(model="fraud\x1b[31m", seg="\u202e")], options(segment_label="seg"), {}
    )
    assert "\x1b" not in mapped.readings[0].subject
    assert mapped.readings[0].segment == "\ufffd"


def test_thresholds_go_by_version_then_by_subject_then_by_number() -> None:
    limits = thresholds(
        [
            series("0.8", model="fraud"),
            series("0.7", model="fraud", version="7"),
            series("NaN", model="aml"),
        ],
        options(),
    )
    given_series = [
        series(model="fraud", version="7"),
        series(model="fraud", version="6"),
        series(model="aml"),
    ]
    mapped = readings(given_series, options(threshold=0.5, threshold_query="t"), limits)
    assert [reading.threshold for reading in mapped.readings] == [0.7, 0.8, 0.5]
    bare = readings(given_series[2:], options(threshold_query="t"), {})
    assert bare.readings[0].threshold is None
    assert bare.notes == ("accuracy: series without a threshold (1)",)


def test_how_many_cases_a_value_rests_on_is_known_by_version_or_by_subject() -> None:
    given_series = [
        series(model="fraud", version="7"),
        series(model="fraud", version="6"),
        series(model="aml"),
        series(model="credit"),
    ]
    sizes = {("fraud", 7): 812.0, ("fraud", None): 90.0, ("aml", None): -1.0}
    mapped = readings(given_series, options(), {}, sizes)
    assert [reading.sample_size for reading in mapped.readings] == [812, 90, None, None]


@given(st.integers(0, 2_000_000_000), st.integers(-100, 5_000_000), st.integers(1, 3600))
def test_spans_cover_the_grid_once_within_the_limit(start: int, length: int, step: int) -> None:
    end = start + length
    cut = spans(start, end, step)
    if end // step < start // step:
        assert cut == ()
        return
    assert (cut[0][0], cut[-1][1]) == (start // step * step, end // step * step)
    for (_, before), (after, _) in pairwise(cut):
        assert after == before + step
    assert all((last - first) // step + 1 <= MAX_POINTS for first, last in cut)


def test_a_range_starts_where_the_last_one_ended_with_a_lookback() -> None:
    query = {"query": "q", "metric": "accuracy", "range_step": "1m", "first_range": "2h"}
    server = Server()
    first = pull(server, query)
    assert float(server.asked[0].params["start"]) == SECONDS - 7200
    later = NOW + timedelta(minutes=30)
    second = pull(server, query, cursor=first[-1].cursor, at=later)
    assert float(server.asked[1].params["start"]) == SECONDS - LOOKBACK_SECONDS
    assert float(server.asked[1].params["end"]) == later.timestamp()
    assert all(batch.is_complete for batch in (first[-1], second[-1]))


def test_points_of_overlapping_pulls_are_the_same_readings() -> None:
    query = {"query": "q", "metric": "accuracy", "range_step": "1m", "first_range": "2h"}
    odd = NOW + timedelta(seconds=17.25)
    assert pull(Server(), query, at=odd)[0].items == pull(Server(), query)[0].items


def test_each_query_keeps_its_own_place() -> None:
    """A query added later starts from its beginning, and one that is gone is forgotten."""
    one = {"query": "q", "metric": "a", "range_step": "1m"}
    two = {"query": "q", "metric": "b", "range_step": "1m", "first_range": "3h"}
    cursor = pull(Server(), one)[-1].cursor
    server = Server()
    both = pull(server, one, two, cursor=cursor)
    starts = [float(asked.params["start"]) for asked in server.asked]
    assert starts == [SECONDS - LOOKBACK_SECONDS, SECONDS - 3 * 3600]
    assert len(json.loads(both[-1].cursor)) == 2
    assert len(json.loads(pull(Server(), two, cursor=both[-1].cursor)[-1].cursor)) == 1


def test_a_long_range_is_read_in_pieces() -> None:
    server = Server()
    batch = pull(server, {"query": "q", "metric": "a", "range_step": "1s", "first_range": "10h"})[0]
    assert len(server.asked) == 4
    assert batch.coverage.pages == 4
    assert len(batch.items) == 8


def test_what_a_long_gap_has_comes_by_several_syncs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that was away for months has millions of points: memory would not hold them."""
    monkeypatch.setattr(connector, "MOST_POINTS", 1)
    query = {"query": "q", "metric": "a", "range_step": "1s", "first_range": "10h"}
    cursor, ends, notes = "", [SECONDS - 36_000 + LOOKBACK_SECONDS], []
    while ends[-1] < SECONDS:
        server = Server()
        first, other = pull(server, query, {**query, "metric": "b"}, cursor=cursor)
        assert float(server.asked[0].params["start"]) == ends[-1] - LOOKBACK_SECONDS
        assert len(server.asked) == 2, "a piece of each"
        ends.append(int(float(server.asked[0].params["end"])))
        notes.append(first.coverage.note)
        assert first.coverage.is_truncated == (ends[-1] < SECONDS)
        assert other.is_complete
        cursor = other.cursor
    assert len(ends) == 5
    assert [note.startswith("a: read up to 2026-") for note in notes] == [True, True, True, False]


def test_a_refused_query_is_told_and_does_not_stop_the_others() -> None:
    refusal = Reply(400, b'{"status":"error","errorType":"bad_data","error":"parse error at 1:3"}')
    good = envelope("vector", [{"metric": {"model": "fraud"}, "value": [SECONDS, "1"]}])
    server = Server({"bad{": refusal, "good": good})
    batches = pull(server, {"query": "bad{", "metric": "a"}, {"query": "good", "metric": "b"})
    assert [batch.coverage.is_truncated for batch in batches] == [True, False]
    assert batches[0].coverage.note == "a: the query was refused: parse error at 1:3"
    assert len(batches[1].items) == 1


def test_a_refused_range_keeps_its_place() -> None:
    query = {"query": "q", "metric": "a", "range_step": "1m"}
    cursor = pull(Server(), query)[-1].cursor
    with replayed(lambda _: Reply(422, b"{}")):
        spec = SourceSpec("metrics", "https://prometheus.example", {"queries": [query]})
        connector = PrometheusConnector.build(spec, FrozenClock(NOW))
        assert list(connector.pull(cursor, NOW + timedelta(hours=1)))[-1].cursor == cursor


def test_a_server_that_is_down_is_no_refused_query() -> None:
    server = Server({"q": Reply(503, b"query timed out")})
    with pytest.raises(UnavailableError):
        pull(server, {"query": "q", "metric": "a"})


def test_a_long_query_is_posted() -> None:
    long = "x" * 3000
    server = Server()
    pull(server, {"query": long, "metric": "a"})
    assert server.asked[0].method == "POST"
    assert b"query=" + long.encode() in server.asked[0].body


def test_scalars_and_warnings_are_read() -> None:
    server = Server({"scalar(q)": envelope("scalar", [SECONDS, "0.91"], warnings=["partial data"])})
    batch = pull(server, {"query": "scalar(q)", "metric": "a", "subject": "fraud"})[0]
    assert isinstance(batch.items[0], Reading)
    assert batch.items[0].value == 0.91
    assert batch.coverage.note == "a: partial data"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"range_step": "soon"}, "queries[0].range_step"),
        ({"range_step": "0s"}, "queries[0].range_step"),
        ({"window": "1y"}, "queries[0].window"),
        ({"first_range": ""}, "queries[0].first_range"),
        ({"query": " "}, "queries[0].query"),
        ({"metric_class": "acuracy"}, "metric_class"),
        ({"tresholds": 1}, "tresholds"),
    ],
)
def test_a_bad_option_is_named_with_its_place(changes: Mapping[str, Any], place: str) -> None:
    with pytest.raises(ConfigError) as caught:
        pull(Server(), {"query": "q", "metric": "a", **changes})
    assert place in caught.value.message


def test_without_a_query_there_is_nothing_to_read() -> None:
    with pytest.raises(ConfigError, match="queries is empty"):
        pull(Server())


def test_a_misspelt_option_gets_the_nearest_known() -> None:
    with pytest.raises(ConfigError) as caught:
        pull(Server(), {"query": "q", "metric": "a", "treshold": 1})
    assert caught.value.hint == 'did you mean "threshold"?'


def test_recorded_answers_of_a_real_server_are_read() -> None:
    replies = {}
    for name in ("query-instant-vector", "query-scalar", "query-empty"):
        file = SAMPLES / f"prometheus-{name}.json"
        if not file.exists():
            pytest.skip(f"the recorded exchange {file.name} is not beside this checkout")
        replies[name] = Reply(200, json.dumps(json.loads(file.read_text())["response"]).encode())
    server = Server(replies)
    queries = [{"query": name, "metric": name, "subject": "x"} for name in replies]
    found = [
        [item for item in batch.items if isinstance(item, Reading)]
        for batch in pull(server, *queries)
    ]
    assert [[reading.value for reading in readings_] for readings_ in found] == [[0.91], [0.91], []]
    assert found[0][0].version == 3
