"""A short fuzz over all formats; `make fuzz` runs for longer."""

from __future__ import annotations

import random
from contextlib import suppress
from zlib import crc32

import pytest

from riskcockpit.errors import FormatError
from riskcockpit.formats.registry import BUILT_IN, detect, read_report
from support.mutating import DESCRIBED, MUTATING, check, mutated, seeds, try_everything
from support.rubbish import left_to_collector

SEEDS = [(name, content) for name, content in seeds() if len(content) < 20_000]
ROUNDS = 5


@pytest.mark.parametrize(("name", "content"), SEEDS, ids=[name for name, _ in SEEDS])
def test_no_mutation_crashes_a_reader(name: str, content: bytes) -> None:
    rng = random.Random(crc32(name.encode()))
    with left_to_collector() as left:
        for _ in range(ROUNDS):
            try_everything(mutated(content, rng), MUTATING, rng)
    assert left == []


def test_every_format_is_mutated() -> None:
    known = set()
    for _, content in SEEDS:
        with suppress(FormatError):
            known.add(detect(content, MUTATING).name)
    assert known == {*(one.name for one in DESCRIBED), *(one.name for one in BUILT_IN)}


FOUND = {
    "bytes that are no UTF-8 in a member nobody asks for": (
        b'{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}},'
        b' "results": [{"message": {"text": "m"}, "properties": {"a": "\xff"}}]}]}'
    ),
    "a tool without a name": (
        b'{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": " "}},'
        b' "results": [{"message": {"text": "m"}}]}]}'
    ),
    "an address that is none": b"Title,Severity,Url\na,high,http://[::1\n",
    "an Inspector finding that says nothing of itself": (
        b'{"findings": [{"awsAccountId": "1", "findingArn": "arn:aws:inspector2:x",'
        b' "severity": "", "type": "PACKAGE_VULNERABILITY"}]}'
    ),
    "a recommendation of Azure with an id and no name": (
        b"recommendationId,recommendationDisplayName,state,severity\nr-1,,Unhealthy,High\n"
    ),
    "a score below zero": (
        b'{"Packages": [{"Package": {"name": "a", "pm": "nuget", "version": "1"},'
        b' "Vulnerabilities": [{"id": "1", "title": "CVE-2026-0001", "cvssScore": -1}]}],'
        b' "Packages Audited": 1, "Vulnerabilities Found": 1}'
    ),
    "a score of Veracode above ten": (
        b'{"_embedded": {"findings": [{"scan_type": "SCA", "finding_details": {"cve": {"name":'
        b' "CVE-2026-0001", "cvss": 75, "exploitability": {"epss_score": 7}}}}]}}'
    ),
    "a score of Checkov above ten": (
        b'{"check_type": "sca_package", "results": {"failed_checks": [{"check_id": "CKV_CVE_1",'
        b' "vulnerability_details": {"id": "CVE-2026-0001", "package_name": "a", "cvss": 75}}]}}'
    ),
    "a repository whose address is none": (
        b'{"SourceMetadata": {"Data": {"Git": {"file": "a", "repository": "http://[::1"}}},'
        b' "DetectorName": "AWS", "Raw": "x"}'
    ),
    "a row of zizmor that no file has": (
        b'[{"ident": "x", "desc": "d", "determinations": {}, "locations":'
        b' [{"symbolic": {"name": "a.yml"}, "concrete": {"location": {"start_point":'
        b' {"row": 9223372036854775807, "column": 2147483647}}}}]}]'
    ),
    "a column of Bandit that no line has": (
        b'{"errors": [], "generated_at": "", "metrics": {}, "results": [{"test_id": "B1",'
        b' "issue_text": "x", "filename": "a.py", "line_number": 1, "col_offset": 2147483647}]}'
    ),
    "a flaw of Trivy whose title is blank": (
        b'{"SchemaVersion": 2, "ArtifactName": "a", "ArtifactType": "filesystem", "Results": [{'
        b'"Target": "a", "Vulnerabilities": [{"VulnerabilityID": "CVE-2026-0001", "PkgName": "a",'
        b' "Title": " \\n"}]}]}'
    ),
    "a finding of GuardDuty without a title, of no type": (
        b'{"Findings": [{"SchemaVersion": "2018-10-08", "Id": "1", "ProductArn": "arn:aws:x",'
        b' "Types": ["TTPs/"], "AwsAccountId": "1",'
        b' "GeneratorId": "arn:aws:guardduty:eu-west-1:1:detector/1"}]}'
    ),
}
"""What long runs found, made small."""


@pytest.mark.parametrize("content", FOUND.values(), ids=FOUND)
def test_what_was_found_stays_mended(content: bytes) -> None:
    check(read_report(content, MUTATING))
    try_everything(content, MUTATING, random.Random(1))
