"""Writing reports as scanners write them: SARIF from the real fixtures, Trivy JSON, generic JSON.

The bytes made here are read by the same readers as anybody's reports. Pure but for reading what
ships in `fixtures`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from riskcockpit.config.paths import shipped
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.severity import Severity
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.sarif import reader

ROOT = "file:///workspace/"
"""Where the fixtures say the scanners ran."""
SEVERITY_OVERRIDES: Mapping[str, Mapping[str, str]] = {
    "ruff": {"*": "low", "S602": "high", "S608": "high", "S301": "high", "S307": "high"},
    "checkov": {
        "*": "medium",
        "CKV_AWS_17": "high",
        "CKV_AWS_20": "critical",
        "CKV_AWS_24": "high",
        "CKV_AWS_62": "critical",
        "CKV_AWS_63": "high",
        "CKV_K8S_16": "high",
        "CKV_K8S_49": "high",
    },
}
"""tool → rule or `*` → severity: what the demo's settings say of tools that know one level only."""


@dataclass(frozen=True, slots=True)
class Template:
    """A real SARIF report, cut into its frame and its results."""

    name: str
    frame: Mapping[str, Any]
    """The document without its runs."""
    run: Mapping[str, Any]
    """The only run, without results, artefacts and times."""
    results: tuple[Mapping[str, Any], ...]
    severities: tuple[Severity, ...]
    """For each result, how bad it is as our own reader sees it."""


@cache
def template(name: str) -> Template:
    """Return the report called `name` in `fixtures/reports`, as `payments-api.bandit`."""
    content = shipped("fixtures", "reports", f"{name}.sarif").read_bytes()
    document = json.loads(content)
    (run,) = document["runs"]
    (scan,) = reader.read(content, ReadOptions(severity_overrides=SEVERITY_OVERRIDES)).scans
    seen = {observation.record: observation.severity for observation in scan.observations}
    left_out = ("results", "artifacts", "invocations", "originalUriBaseIds")
    return Template(
        name=name,
        frame={key: value for key, value in document.items() if key != "runs"},
        run={key: value for key, value in run.items() if key not in left_out},
        results=tuple(run["results"]),
        severities=tuple(seen[f"runs[0].results[{i}]"] for i in range(len(run["results"]))),
    )


def sarif(
    of: Template, faults: Iterable[tuple[int, str]], *, category: str, scanned_at: datetime
) -> bytes:
    """Write a report with the results `faults` of a template: (index, directory to move it to)."""
    program = of.name.partition(".")[0]
    run = {
        **of.run,
        "automationDetails": {"id": category},
        "invocations": [{"executionSuccessful": True, "endTimeUtc": rfc3339(scanned_at)}],
        "results": [
            _moved(of.results[index], f"{ROOT}{program}/", f"{part}/") for index, part in faults
        ],
    }
    return _bytes({**of.frame, "runs": [run]})


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """A row of `fixtures/demo/vulnerabilities.csv`."""

    id: str
    layer: str
    type: str
    package: str
    installed: str
    fixed: str
    severity: str
    score: float
    title: str

    @property
    def level(self) -> Severity:
        """How bad it is."""
        return Severity.from_word(self.severity) or Severity.INFO


@cache
def vulnerabilities() -> tuple[Vulnerability, ...]:
    """Return the known vulnerabilities the demo's images have."""
    return tuple(
        Vulnerability(**{**row, "score": float(row["score"])})
        for row in _rows("vulnerabilities.csv")
    )


def trivy(
    image: str, tag: str, digest: str, found: Sequence[Vulnerability], *, scanned_at: datetime
) -> bytes:
    """Write what Trivy would say of an image. `digest` is 64 hexadecimal digits."""
    kinds = sorted({(v.layer, v.type) for v in found}, key=lambda kind: (kind[0] != "os", kind))
    results = [
        {
            "Target": f"{image}:{tag} (debian 12.1)" if layer == "os" else _TARGETS[kind],
            "Class": "os-pkgs" if layer == "os" else "lang-pkgs",
            "Type": kind,
            "Vulnerabilities": [
                _vulnerability(v) for v in found if (v.layer, v.type) == (layer, kind)
            ],
        }
        for layer, kind in kinds
    ]
    return _bytes(
        {
            "SchemaVersion": 2,
            "CreatedAt": rfc3339(scanned_at),
            "ArtifactName": f"{image}:{tag}",
            "ArtifactType": "container_image",
            "Metadata": {
                "OS": {"Family": "debian", "Name": "12.1"},
                "ImageID": f"sha256:{digest}",
                "RepoTags": [f"{image}:{tag}"],
            },
            "Results": results,
        }
    )


@cache
def cloud_checks() -> tuple[Mapping[str, str], ...]:
    """Return the checks of the demo's cloud posture tool."""
    return tuple(_rows("cloud-checks.csv"))


def generic(tool: str, findings: Sequence[Mapping[str, object]], *, scanned_at: datetime) -> bytes:
    """Write a report of a complete scan in riskcockpit's generic JSON."""
    return _bytes(
        {
            "tool": tool,
            "scanned_at": rfc3339(scanned_at),
            "complete": True,
            "findings": list(findings),
        }
    )


@cache
def penetration_test() -> tuple[Mapping[str, str], ...]:
    """Return the findings of the bank's last penetration test."""
    return tuple(_rows("penetration-test.csv"))


_TARGETS = {
    "python-pkg": "Python",
    "node-pkg": "Node.js",
    "jar": "Java",
    "gobinary": "usr/local/bin/agent",
}


def _vulnerability(found: Vulnerability) -> dict[str, Any]:
    row: dict[str, Any] = {
        "VulnerabilityID": found.id,
        "PkgName": found.package,
        "InstalledVersion": found.installed,
        "Status": "fixed" if found.fixed else "affected",
        "SeveritySource": "nvd",
        "PrimaryURL": f"https://avd.aquasec.com/nvd/{found.id.lower()}",
        "Title": found.title,
        "Severity": found.severity,
        "CVSS": {"nvd": {"V3Score": found.score}},
    }
    if found.fixed:
        row["FixedVersion"] = found.fixed
    return row


def _rows(name: str) -> Iterable[dict[str, Any]]:
    path = shipped("fixtures", "demo", name)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _bytes(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _moved(value: Any, root: str, prefix: str) -> Any:
    """Return a part of a SARIF result with every file put under `prefix`."""
    if isinstance(value, list):
        return [_moved(item, root, prefix) for item in value]
    if not isinstance(value, dict):
        return value
    moved = {key: _moved(item, root, prefix) for key, item in value.items()}
    if isinstance(location := moved.get("artifactLocation"), dict) and "uri" in location:
        path = str(location["uri"]).removeprefix(root).lstrip("/").removeprefix("./")
        moved["artifactLocation"] = {"uri": prefix + path}
    return moved
