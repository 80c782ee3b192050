"""The families of dependencies and checks on the public corpus, where it is at hand."""

from __future__ import annotations

import json
import random

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
