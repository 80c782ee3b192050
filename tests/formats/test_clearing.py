"""What stands beside the records of a report is cleared of secrets, and what is said of it, too."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from riskcockpit.domain.redaction import Redactor
from riskcockpit.errors import FormatError
from riskcockpit.formats.registry import detect, read_report
from support.sarif_logs import OPTIONS

REDACTING = replace(OPTIONS, redact=Redactor(b"a key for tests"))
SECRET = "gh" + "p_" + "a1B2c3D4e5F6" * 3
REPORTS = {
    "openvex": {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": SECRET,
        "author": SECRET,
        "version": SECRET,
        "statements": [
            {
                "vulnerability": {"name": "CVE-2021-1000"},
                "products": [{"@id": f"pkg:oci/{SECRET}", "subcomponents": ["pkg:npm/a@1"]}],
                "status": "affected",
            }
        ],
    },
    "csaf": {
        "document": {
            "csaf_version": "2.0",
            "category": "csaf_vex",
            "publisher": {"name": SECRET, "namespace": f"https://{SECRET}"},
            "tracking": {"id": SECRET, "version": SECRET},
        },
        "product_tree": {
            "full_product_names": [
                {
                    "product_id": "P",
                    "name": "P",
                    "product_identification_helper": {"purl": "pkg:npm/p@1"},
                }
            ]
        },
        "vulnerabilities": [
            {"cve": "CVE-2021-1000", "product_status": {"known_affected": ["P", SECRET]}}
        ],
    },
    "trivy": {
        "SchemaVersion": 2,
        "ArtifactName": f"registry.example/{SECRET}:1",
        "ArtifactType": "container_image",
        "Trivy": {"Version": SECRET},
        "Metadata": {"Branch": SECRET},
        "Results": [{"Target": SECRET, "Class": "os-pkgs", "Vulnerabilities": [{"a": 1}]}],
    },
    "semgrep": {
        "version": SECRET,
        "results": [],
        "errors": [{"level": "error", "message": SECRET, "path": SECRET}],
    },
    "dependency-check-json": {
        "reportSchema": "1.1",
        "scanInfo": {"engineVersion": SECRET},
        "projectInfo": {"name": SECRET},
        "dependencies": [],
    },
}


@pytest.mark.parametrize("name", REPORTS)
def test_the_head_of_a_report_is_cleared(name: str) -> None:
    report = read_report(json.dumps(REPORTS[name]).encode(), REDACTING)
    assert report.format == name
    assert SECRET.lower() not in repr(report).lower()
    assert "<redacted:" in repr(report)


def test_names_in_an_unknown_report_are_told_short_and_without_secrets() -> None:
    content = json.dumps({SECRET: 1, "\x1b[31mred": 2, "x" * 5000: 3}).encode()
    with pytest.raises(FormatError) as told:
        detect(content, REDACTING)
    assert SECRET not in told.value.message
    assert "\x1b" not in told.value.message
    assert len(told.value.message) < 200
