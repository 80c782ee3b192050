"""Result files of monitoring tools: small ones of our own making, in their real shapes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[3] / "shared" / "facts" / "samples"
"""Recorded outputs of the real tools; tests that read them skip where they are absent."""

Cell = str | int | float | bool | None


def evidently_metric(type_: str, value: Any, *tests: Mapping[str, Any], **params: Any) -> Any:
    """Return (metric, tests) of a report."""
    id_ = f"{type_}-{'-'.join(map(str, params.values()))}"
    config = {"type": f"evidently:metric_v2:{type_}", **params}
    metric = {"id": id_, "metric_name": f"{type_}()", "config": config, "value": value}
    return metric, [{**test, "metric_config": {"metric_id": id_}} for test in tests]


def evidently_test(
    status: str, type_: str = "", threshold: float | None = None, **bound: Any
) -> dict[str, Any]:
    """Return a test; without a type it is that of a drift, which has no configuration."""
    config = {"type": f"evidently:test_v2:{type_}", "threshold": threshold} if type_ else {}
    return {"id": "t", "name": "t", "status": status, "test_config": config, "bound_test": bound}


def evidently_report(*metrics: tuple[Any, Any]) -> dict[str, Any]:
    """Return what `.json()` writes."""
    tests = [test for _, own in metrics for test in own]
    return {"metrics": [metric for metric, _ in metrics], "tests": tests}


def evidently_snapshot(*metrics: tuple[Any, Any], **said: Any) -> dict[str, Any]:
    """Return what a workspace keeps of the same run."""
    results = {}
    for metric, tests in metrics:
        value = metric["value"]
        place = {"metric": {"metric_id": metric["id"], "params": metric["config"]}}
        result = {"metric_value_location": place, "tests": tests, "widget": []}
        if not isinstance(value, dict):
            result["value"] = value
        elif set(value) <= {"count", "share", "mean", "std"}:
            result |= {name: {"value": part} for name, part in value.items()}
        else:
            result["values"] = {label: {"value": part} for label, part in value.items()}
        results[metric["id"]] = result
    return {
        "report": {"items": []},
        "timestamp": "2026-03-01T10:00:00",
        "metadata": {"model": "credit", "version": "3"},
        "metric_results": results,
        **said,
    }


Columns = Mapping[tuple[str, ...], Sequence[Cell]]
"""A frame of NannyML: levels of a column's name → its values."""


def nannyml_frame(columns: Columns, chunks: int = 2, *, dated: bool = True) -> Columns:
    """Return a frame with the columns of chunks before the given ones."""
    depth = max(map(len, columns))
    chunk: dict[str, list[Cell]] = {
        "key": [f"[{n * 100}:{n * 100 + 99}]" for n in range(chunks)],
        "chunk_index": list(range(chunks)),
        "start_index": [n * 100 for n in range(chunks)],
        "end_index": [n * 100 + 99 for n in range(chunks)],
        "start_date": [f"2026-02-0{n + 1} 00:00:00" if dated else None for n in range(chunks)],
        "end_date": [
            f"2026-02-0{n + 1} 23:59:59.999999999" if dated else None for n in range(chunks)
        ],
        "period": ["analysis"] * chunks,
    }
    return {(*["chunk"] * (depth - 1), name): values for name, values in chunk.items()} | dict(
        columns
    )


def flat(columns: Columns) -> dict[str, list[Cell]]:
    """Return a frame with flat names, as `to_df(multilevel=False)` gives it."""
    found = {}
    for levels, values in columns.items():
        name = "_".join(dict.fromkeys(levels) if levels[0] == "chunk" else levels)
        found[name.replace("chunk_chunk_index", "chunk_index")] = list(values)
    return found


def as_csv(columns: Columns, *, stacked: bool = False, index: bool = False) -> bytes:
    """Write a frame as CSV; stacked headers come with or without the index."""
    text = io.StringIO()
    writer = csv.writer(text)
    if stacked:
        for level in zip(*columns, strict=True):
            writer.writerow([""] * index + list(level))
    else:
        writer.writerow(flat(columns))
    for number, row in enumerate(zip(*columns.values(), strict=True)):
        writer.writerow([number] * (index and stacked) + ["" if c is None else c for c in row])
    return text.getvalue().encode()


def as_json(columns: Columns) -> bytes:
    """Write a frame as JSON records."""
    named = flat(columns)
    rows = [dict(zip(named, row, strict=True)) for row in zip(*named.values(), strict=True)]
    return json.dumps(rows).encode()


def as_parquet(columns: Columns, *, stacked: bool = False) -> bytes:
    """Write a frame as Parquet; stacked names are tuples written as text."""
    import pyarrow as pa  # noqa: PLC0415 - heavy
    import pyarrow.parquet as pq  # noqa: PLC0415 - as above

    names = [str(levels) for levels in columns] if stacked else list(flat(columns))
    arrays = [pa.array(list(values)) for values in columns.values()]
    sink = io.BytesIO()
    pq.write_table(pa.table(dict(zip(names, arrays, strict=True))), sink)
    return sink.getvalue()


def expectation(
    type_: str, *, success: bool, result: Mapping[str, Any], crashed: bool = False, **kwargs: Any
) -> dict[str, Any]:
    """Return one result of Great Expectations."""
    info: dict[str, Any] = {"raised_exception": False}
    if crashed:
        info = {"MetricConfigurationID('x')": {"raised_exception": True, "exception_message": "x"}}
    return {
        "success": success,
        "expectation_config": {"type": f"expect_{type_}", "kwargs": kwargs},
        "result": dict(result),
        "exception_info": info,
    }


def validation(*results: Mapping[str, Any], **meta: Any) -> dict[str, Any]:
    """Return a validation result of Great Expectations."""
    said = {
        "validation_time": "2026-03-01T10:00:00+00:00",
        "active_batch_definition": {"data_asset_name": "loans"},
        **meta,
    }
    return {"success": False, "results": list(results), "suite_name": "s", "meta": said}
