"""Conformance of the platforms' formats with the public corpus, where it is at hand."""

from __future__ import annotations

import json
import random

import pytest

from riskcockpit.errors import FormatError
from riskcockpit.formats.registry import read_report
from support.corpus import CORPUS, IS_AT_HAND, faults, raw_records, read_sample, samples
from support.sarif_logs import OPTIONS

FOLDERS = (
    "checkmarx_one", "dependency_check", "github_sast", "github_vulnerability",
    "gitlab_container_scan", "gitlab_dast", "gitlab_dep_scan", "gitlab_sast",
    "jfrog_xray_unified", "ossindex_devaudit", "snyk", "sonarqube", "sonatype", "wiz",
)  # fmt: skip
ELSEWHERE = {
    "github_sast/github_sast_zero_vul.json",  # a bare `[]` does not say what wrote it
    "sonarqube/empty_zip.zip",  # archives are opened before a format is asked
}
SAMPLES = [path for path in samples(*FOLDERS) if path not in ELSEWHERE]
CUTS = 12
MUTATIONS = 10

pytestmark = pytest.mark.skipif(not IS_AT_HAND, reason="the shared corpus is not at hand")


@pytest.mark.parametrize("path", SAMPLES)
def test_every_record_of_a_sample_is_read(path: str) -> None:
    report = read_sample(path)
    assert [problem for scan in report.scans for problem in scan.problems] == []
    assert sum(map(faults, report.scans)) == raw_records()[path]


@pytest.mark.parametrize("path", SAMPLES)
def test_what_is_read_can_be_identified_and_shown(path: str) -> None:
    for scan in read_sample(path).scans:
        assert scan.tool
        for seen in scan.observations:
            assert seen.rule
            assert seen.title
            assert isinstance(json.loads(seen.raw), dict)


@pytest.mark.parametrize("path", SAMPLES)
def test_half_a_file_is_refused_or_read_and_never_crashes(path: str) -> None:
    content = (CORPUS / "scans" / path).read_bytes()
    for length in range(1, len(content), max(1, len(content) // CUTS)):
        try:
            read_report(content[:length], OPTIONS)
        except FormatError as error:
            assert error.message  # noqa: PT017 - both are right


@pytest.mark.parametrize("path", SAMPLES)
def test_flipped_bytes_never_crash(path: str) -> None:
    content = (CORPUS / "scans" / path).read_bytes()
    chance = random.Random(path)
    for _ in range(MUTATIONS):
        damaged = bytearray(content)
        for _ in range(max(1, len(content) // 2000)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            report = read_report(bytes(damaged), OPTIONS)
        except FormatError:
            continue
        for scan in report.scans:
            for seen in scan.observations:
                assert isinstance(json.loads(seen.raw), dict)


def test_a_report_of_semgrep_in_gitlabs_format_has_the_results_of_its_own() -> None:
    folder = CORPUS / "scanner-output"
    (scan,) = read_report((folder / "semgrep.gitlab-sast.json").read_bytes(), OPTIONS).scans
    own = json.loads((folder / "semgrep.native.json").read_bytes())["results"]
    assert len(scan.observations) == len(own)
    assert {seen.locations[0].path for seen in scan.observations} == {item["path"] for item in own}
