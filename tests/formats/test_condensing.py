"""A report is told by its content, also when what tells it stands behind megabytes of records."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.errors import FormatError
from riskcockpit.formats.condensing import condensed
from riskcockpit.formats.registry import detect, read_report
from riskcockpit.formats.shape import HEAD_BYTES
from support.sarif_logs import OPTIONS

MANY = 1500
VULNERABILITY = {
    "InstalledVersion": "1",
    "PkgName": "openssl",
    "Severity": "HIGH",
    "VulnerabilityID": "CVE-2021-1000",
}
ISSUE = {
    "code": "x",
    "filename": "a.py",
    "issue_severity": "LOW",
    "issue_text": "text",
    "line_number": 1,
    "test_id": "B101",
}
LARGE: dict[str, tuple[Any, int]] = {
    "trivy": (
        {
            "ArtifactName": "app:1",
            "ArtifactType": "container_image",
            "Results": [
                {"Class": "os-pkgs", "Target": "x", "Vulnerabilities": [VULNERABILITY] * MANY}
            ],
            "SchemaVersion": 2,
        },
        MANY,
    ),
    "bandit": (
        {
            "results": [ISSUE] * MANY,
            "metrics": {"_totals": {"loc": 3}},
            "generated_at": "2026-11-20T10:00:00Z",
            "errors": [],
        },
        MANY,
    ),
    "cyclonedx": (
        {
            "vulnerabilities": [{"id": "CVE-2021-1000", "affects": [{"ref": "r"}]}] * MANY,
            "components": [{"bom-ref": "r", "name": "x", "type": "library", "version": "1"}],
            "specVersion": "1.5",
            "bomFormat": "CycloneDX",
        },
        MANY,
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_what_tells_the_format_may_stand_last(name: str) -> None:
    document, records = LARGE[name]
    content = json.dumps(document, indent=2).encode()
    assert content[:HEAD_BYTES].count(b"\n") < content.count(b"\n")
    report = read_report(content, OPTIONS)
    assert report.format == name
    assert sum(len(scan.observations) for scan in report.scans) == records


def test_what_is_left_has_the_names_of_the_top_and_one_object_further_in() -> None:
    content = json.dumps({"a": [{"b": {"c": "x" * 9}, "d": 1}], "e": "y" * 999, "f": 2.5}).encode()
    short = json.loads(condensed(content))
    assert short == {"a": [{"b": None, "d": None}], "e": "y" * 300, "f": 2.5}


def test_the_first_of_several_lines_counts() -> None:
    line = json.dumps({"prompt": "x" * 2 * HEAD_BYTES, "probe": "p"})
    assert json.loads(condensed(f"{line}\n{line}\n".encode()))["probe"] == "p"


@pytest.mark.parametrize(
    "content", [b"", b"null", b'"text"', b"{", b"\xff" * 99, b"a,b\n1,2\n", b"[" * 100_000]
)
def test_what_is_no_document_is_left_alone(content: bytes) -> None:
    assert condensed(content) in (b"", b"[]")


def test_a_large_unknown_document_is_refused_with_all_its_names() -> None:
    content = json.dumps({"padding": "x" * 2 * HEAD_BYTES, "zzz": 1}).encode()
    with pytest.raises(FormatError, match="padding, zzz"):
        detect(content, OPTIONS)
