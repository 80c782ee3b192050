"""The families of dependencies and checks on the public corpus, where it is at hand."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from riskcockpit.errors import FormatError
from riskcockpit.formats.registry import read_report
from support.corpus import CORPUS, IS_AT_HAND, faults, raw_records, read_sample, samples
from support.sarif_logs import OPTIONS

FOLDERS = {
    "anchore_grype": "grype",
    "cyclonedx": "cyclonedx",
    "garak": "garak",
    "govulncheck": "govulncheck",
    "npm_audit": "npm-audit",
    "openvex": "openvex",
    "osv_scanner": "osv-scanner",
    "pip_audit": "pip-audit",
    "promptfoo": "promptfoo",
}
"""Folder of the corpus → name of the format."""
NOT_TOLD_BY_CONTENT = {"pip_audit/empty.json"}
"""A bare `[]` does not say what wrote it."""
PATHS = [path for path in samples(*FOLDERS) if path not in NOT_TOLD_BY_CONTENT]
MUTATIONS = 40
NODES = 20
"""How many members of a sample are replaced, by chance."""
DEEP = "[" * 3000 + "]" * 3000
JUNK: tuple[Any, ...] = (None, [], {}, "x", 7, -1.5, True, [None], {"x": None}, [[7]], "DEEP")

pytestmark = pytest.mark.skipif(not IS_AT_HAND, reason="the shared corpus is not at hand")


@pytest.mark.parametrize("path", PATHS)
def test_every_record_of_a_sample_is_read_in_its_own_format(path: str) -> None:
    report = read_sample(path)
    assert report.format == FOLDERS[path.partition("/")[0]]
    assert [problem for scan in report.scans for problem in scan.problems] == []
    assert sum(map(faults, report.scans)) == raw_records()[path]


@pytest.mark.parametrize("path", sorted(NOT_TOLD_BY_CONTENT & set(samples(*FOLDERS))))
def test_what_its_content_does_not_tell_is_read_by_name(path: str) -> None:
    report = read_sample(path, name=FOLDERS[path.partition("/")[0]])
    assert sum(map(faults, report.scans)) == raw_records()[path]


@pytest.mark.parametrize("path", PATHS)
def test_records_are_json_and_titles_say_something(path: str) -> None:
    for scan in read_sample(path).scans:
        for seen in scan.observations:
            assert isinstance(json.loads(seen.raw), dict)
            assert seen.title.strip()
            assert seen.rule
            assert seen.package is None or seen.package.name


@pytest.mark.parametrize("path", PATHS)
def test_a_sample_that_is_cut_off_is_refused_or_read_and_never_crashes(path: str) -> None:
    content = (CORPUS / "scans" / path).read_bytes()
    for length in range(1, len(content), max(1, len(content) // 12)):
        try:
            read_report(content[:length], OPTIONS)
        except FormatError as error:
            assert error.message  # noqa: PT017 - half a file may be refused, or read as lines


@pytest.mark.parametrize("path", PATHS)
def test_a_sample_with_flipped_bytes_is_refused_or_read_and_never_crashes(path: str) -> None:
    content = (CORPUS / "scans" / path).read_bytes()[:60_000]
    chance = random.Random(path)  # noqa: S311 - the same bytes in every run
    for _ in range(MUTATIONS):
        damaged = bytearray(content)
        for _ in range(chance.randrange(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            read_report(bytes(damaged), OPTIONS, name=FOLDERS[path.partition("/")[0]])
        except FormatError as error:
            assert error.message  # noqa: PT017 - damage may be refused


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of everything inside a JSON value."""
    children: Any = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, inner in children:
        yield (*path, key)
        yield from nodes(inner, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    """Return a JSON value with what stands at `path` replaced by `junk`."""
    if not path:
        return junk
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], junk)
    return copy


@pytest.mark.parametrize("path", [path for path in PATHS if path.endswith(".json")])
def test_a_member_of_another_type_is_borne(path: str) -> None:
    try:
        value = json.loads((CORPUS / "scans" / path).read_bytes())
    except ValueError:
        pytest.skip("a stream of documents")
    name = FOLDERS[path.partition("/")[0]]
    every = list(nodes(value))
    chance = random.Random(path)  # noqa: S311 - the same members in every run
    for place in chance.sample(every, min(NODES, len(every))):
        for junk in JUNK:
            content = json.dumps(replaced(value, place, junk)).replace('"DEEP"', DEEP)
            try:
                read_report(content.encode(), OPTIONS, name=name)
            except FormatError as error:
                assert error.message  # noqa: PT017 - a document of another shape may be refused
