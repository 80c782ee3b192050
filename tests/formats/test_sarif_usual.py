"""Results of the usual shape are read many at a time, and come to what each alone comes to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.domain.finding import Scan
from riskcockpit.formats.registry import named
from riskcockpit.formats.sarif.runs import RunReader
from support.mutating import seeds
from support.sarif_logs import OPTIONS, log, result, run

WORDS = st.sampled_from([
    "", " ", "A fault", " a fault. ", "See [this](1) and [that](https://a.example/b).", "[x",
    "y](2)", "]\n\0[z](3)", "Zeile\nzwei", "Ünïcode", "tab\there", "w" * 161, "w" * 21_000,
    "\u202eevil", "Package: a\nInstalled Version: 1",
])  # fmt: skip
NUMBERS = st.sampled_from([None, 0, 1, 7, -3, 2**31, 2**31 - 1])
URIS = st.sampled_from([
    None, "", "src/a.py", "file:///build/src/a.py", "src/%61.py", "..\\b\\c.cs", "./d//e.js",
    "https://a.example/f",
])  # fmt: skip
SECRET = {"pass" + "word": "n" * 9}
VALUES = st.sampled_from([
    "8a1c3f:1", "8a1c3f:2", "0123456789abcdef0123456789abcdef", "requires login", "", "0", " x",
    7, None, {"value": "inner"}, "é" * 30, "v" * 600,
])  # fmt: skip
RULES: list[Any] = [
    {"id": "r", "shortDescription": {"text": "R"}, "fullDescription": {"text": "About r"},
     "properties": {"tags": ["external/cwe/cwe-079"], "security-severity": "7.5"}},
    {"id": "s/t", "defaultConfiguration": {"level": "note"}, "help": {"text": "Help"}},
    {"id": "CVE-2026-1234", "name": "known"},
    {"id": "key", "properties": {"tags": ["secret"]}},
]  # fmt: skip


@st.composite
def results(draw: st.DrawFn) -> dict[str, Any]:
    """Return a result that is usual, or nearly, or not at all."""

    def maybe(value: st.SearchStrategy[Any]) -> Any:
        return draw(st.one_of(st.none(), value))

    def place() -> dict[str, Any]:
        region = {
            "startLine": draw(NUMBERS),
            "startColumn": draw(NUMBERS),
            "endLine": draw(NUMBERS),
        }
        region["snippet"] = maybe(st.fixed_dictionaries({"text": WORDS}))
        artifact = {"uri": draw(URIS), "uriBaseId": maybe(st.sampled_from(["ROOT", "%SRCROOT%"]))}
        artifact["index"] = maybe(st.sampled_from([-1, 0, 5]))
        physical = {"artifactLocation": artifact, "region": maybe(st.just(region))}
        physical["contextRegion"] = maybe(st.just({"snippet": {"text": "context"}}))
        return {"physicalLocation": maybe(st.just(physical))}

    made: dict[str, Any] = {
        "ruleId": maybe(st.sampled_from(["r", "s/t", "s/t/u", "new", "CVE-2026-1234", "key", " "])),
        "ruleIndex": maybe(st.sampled_from([-1, 0, 1, 9])),
        "rule": maybe(
            st.sampled_from([{"id": "r"}, {"index": 1}, {"toolComponent": {"index": 0}}])
        ),
        "level": maybe(st.sampled_from(["error", "note", "none", "odd"])),
        "kind": maybe(st.sampled_from(["fail", "review", "pass", "open"])),
        "baselineState": maybe(st.sampled_from(["new", "absent"])),
        "message": {"text": draw(WORDS), "arguments": maybe(st.just(["x"]))},
        "locations": [place() for _ in range(draw(st.integers(0, 3)))],
        "partialFingerprints": maybe(
            st.dictionaries(
                st.sampled_from(["a/v1", "a/v2", "b", "primaryLocationStartColumnFingerprint"]),
                VALUES,
                max_size=2,
            )
        ),
        "fingerprints": maybe(st.dictionaries(st.just("f"), VALUES)),
        "suppressions": maybe(st.lists(st.sampled_from([{}, {"status": "rejected"}]), max_size=2)),
        "properties": maybe(
            st.sampled_from(
                [{}, {"tags": ["CWE-22"]}, {"note": "n" * 300}, {"password": "hunter22"}]
            )
        ),
        "taxa": maybe(st.just([{"id": "89", "toolComponent": {"name": "CWE"}}])),
        "extra": draw(st.sampled_from([None, [[[]]], {"x": {"y": []}}])),
    }
    return {name: value for name, value in made.items() if value is not None or draw(st.booleans())}


def read(content: bytes, *, depth: int = 200) -> tuple[Scan, ...]:
    """Return the scans of a log, with their observations as a tuple."""
    report = named("sarif").read(content, replace(OPTIONS, max_depth=depth))
    return tuple(replace(scan, observations=tuple(scan.observations)) for scan in report.scans)


def alone(content: bytes, *, depth: int = 200) -> tuple[Scan, ...]:
    """Return what `read` does, where no result shares anything with another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunReader, "_facet", lambda _self, _result: None)
        return read(content, depth=depth)


@given(st.lists(results(), max_size=12), st.sampled_from([3, 6, 200]))
def test_many_at_a_time_come_to_what_each_alone_comes_to(
    given_: list[dict[str, Any]], depth: int
) -> None:
    bases = {"ROOT": {"uri": "file:///build/"}, "%SRCROOT%": {"uri": "lib/"}}
    content = log(run(*given_, rules=RULES, originalUriBaseIds=bases))
    assert read(content, depth=depth) == alone(content, depth=depth)


def corpus() -> Iterator[Any]:
    """Yield all small SARIF reports at hand."""
    for name, content in seeds():
        if b"sarif" in content[:4000]:
            yield pytest.param(content, id=name)


@pytest.mark.parametrize("content", corpus())
def test_real_reports_come_to_the_same_either_way(content: bytes) -> None:
    assert read(content) == alone(content)


def test_results_of_the_usual_shape_are_not_read_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    read_alone: list[int] = []
    monkeypatch.setattr(
        RunReader, "_alone", lambda _self, _raw, number, **_more: read_alone.append(number)
    )
    usual = [result(line=line, level="error") for line in range(1, 30)]
    usual[7] |= {"kind": "pass"}
    (scan,) = read(log(run(*usual, rules=RULES)))
    assert (read_alone, len(scan.observations)) == ([7], 28)


def test_a_record_says_where_it_stands_however_it_was_read() -> None:
    mixed = [result(), result(kind="pass"), result(taxa=[]), result(message={"text": "Last"})]
    (scan,) = read(log(run(*mixed)))
    assert [seen.record[-3:] for seen in scan.observations] == ["[0]", "[2]", "[3]"]
    assert [json.loads(seen.raw)["message"]["text"] for seen in scan.observations] == [
        "A fault", "A fault", "Last",
    ]  # fmt: skip


def test_a_deep_record_is_refused_wherever_its_depth_is() -> None:
    deep: Any = []
    for _ in range(210):
        deep = [deep]
    (scan,) = read(log(run(result(), result(codeFlows=deep), result())))
    assert [problem.where for problem in scan.problems] == ["runs[0].results[1]"]
    assert len(scan.observations) == 2
