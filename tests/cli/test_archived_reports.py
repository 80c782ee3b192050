"""An archive with several reports, as CI keeps them: each is read as if it were given by itself."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.domain.batch import Document
from riskcockpit.formats.artefacts import enclosed_in, holds_several
from riskcockpit.services.pieces import pieces_of
from support.cli import invoke
from support.sarif_logs import OPTIONS

LIMIT = 1 << 20


def sarif(rule: str) -> bytes:
    place = {"artifactLocation": {"uri": "src/pay.py"}, "region": {"startLine": 3}}
    found = {"ruleId": rule, "level": "error", "message": {"text": "a fault"},
             "locations": [{"physicalLocation": place}]}  # fmt: skip
    run = {"tool": {"driver": {"name": rule}}, "results": [found]}
    return json.dumps({"version": "2.1.0", "runs": [run]}).encode()


TRIVY = json.dumps({
    "SchemaVersion": 2, "ArtifactName": "app", "Results": [{"Target": "x", "Class": "os-pkgs",
    "Type": "debian", "Vulnerabilities": [{"VulnerabilityID": "CVE-2026-1234", "PkgName": "zlib",
    "InstalledVersion": "1", "Severity": "HIGH"}]}],
}).encode()  # fmt: skip
FILES = {
    "sast/one.sarif": sarif("one"),
    "sast/two.json.gz": gzip.compress(sarif("two")),
    "trivy.json": TRIVY,
    "package.json": b'{"name": "pay", "version": "1"}',
    "README.md": b"hello",
}


def archive(file: Path, files: Mapping[str, bytes], *broken: str) -> Path:
    """Write an archive; of the `broken` a byte of the content is another than was packed."""
    file.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    whole = file.read_bytes()
    for name in broken:
        whole = whole.replace(files[name], files[name][:-1] + b"!", 1)
    file.write_bytes(whole)
    return file


def imported(*arguments: str) -> tuple[int, dict[str, Any]]:
    ran = invoke("import", *arguments, "--json")
    return ran.code, json.loads(ran.out)


def test_each_report_of_an_archive_is_read_by_itself(home: Path, tmp_path: Path) -> None:
    file = archive(tmp_path / "artefact.zip", FILES)
    code, found = imported(str(file), "--asset", "pay")
    assert [(one["path"].removeprefix(f"{file}/"), one["format"]) for one in found["files"]] == [
        ("package.json", ""), ("sast/one.sarif", "sarif"), ("sast/two.json.gz", "sarif"),
        ("trivy.json", "trivy"),
    ]  # fmt: skip
    assert code == 0
    assert (found["totals"]["read"], found["totals"]["new"]) == (3, 3)
    assert "passed over: not a known report format" in found["files"][0]["notes"][0]
    (tmp_path / "one.sarif").write_bytes(FILES["sast/one.sarif"])
    _, again = imported(str(file), str(tmp_path / "one.sarif"), "--asset", "pay")
    assert (again["totals"]["new"], again["totals"]["unchanged"]) == (0, 4)


def test_a_bad_file_of_an_archive_does_not_fail_the_others(home: Path, tmp_path: Path) -> None:
    files = FILES | {"cut.json": TRIVY[:-9], "empty.sarif": b""}
    file = archive(tmp_path / "artefact.zip", files, "sast/one.sarif")
    ran = invoke("import", str(file), "--asset", "pay")
    assert ran.code == 3
    for name, why in (("cut.json", "truncated"), ("empty.sarif", "empty"), ("sast/one", "damaged")):
        assert any(name in line and why in line for line in ran.err.splitlines())
    assert "read 2, new 2" in ran.out
    assert "NOT READ 3 files" in ran.out
    assert "skipped" in ran.out


def test_an_archive_of_which_nothing_is_known_is_not_read(home: Path, tmp_path: Path) -> None:
    file = archive(tmp_path / "x.zip", {"a.json": b'{"x": 1}', "b.json": b'{"y": 1}'})
    ran = invoke("import", str(file))
    assert ran.code == 3
    assert f"{file}: no file in the archive is a report of a known format" in ran.err


def test_of_many_files_that_are_no_reports_some_are_told(tmp_path: Path) -> None:
    pages = {f"coverage/{number:02}.html": b"<html/>" for number in range(25)}
    content = archive(tmp_path / "x.zip", pages | FILES).read_bytes()
    found = list(pieces_of(Document("x.zip", content), OPTIONS))
    assert [piece.inner for piece in found if not piece.why_not] == [
        "sast/one.sarif", "sast/two.json.gz", "trivy.json",
    ]  # fmt: skip
    told = [piece for piece in found if piece.why_not]
    assert (len(told), told[-1].document.name) == (21, "x.zip/…")
    assert told[-1].why_not == "passed over: 6 more of no known format"


def test_what_somebody_says_is_of_a_format_is_not_passed_over(tmp_path: Path) -> None:
    content = archive(tmp_path / "x.zip", FILES).read_bytes()
    found = list(pieces_of(Document("x.zip", content), OPTIONS, is_named=True))
    assert [piece.inner for piece in found] == sorted(set(FILES) - {"README.md"})
    assert not any(piece.why_not for piece in found)


def test_a_gate_judges_the_reports_of_an_archive(home: Path, tmp_path: Path) -> None:
    file = archive(tmp_path / "artefact.zip", FILES)
    ran = invoke("gate", "--report", str(file), "severity>=high")
    assert ran.code == 1
    assert ran.out.startswith("3 reports;")
    assert "package.json: passed over" in ran.err
    broken = archive(tmp_path / "broken.zip", FILES, "trivy.json")
    ran = invoke("gate", "--report", str(broken), "severity=critical")
    assert (ran.code, "1 report not read" in ran.out) == (3, True)


def test_what_is_in_an_archive_is_told(home: Path, tmp_path: Path) -> None:
    file = archive(tmp_path / "artefact.zip", FILES)
    ran = invoke("formats", "detect", str(file))
    assert f"{file}/trivy.json: trivy" in ran.out
    assert "package.json: not a known report format" in ran.out
    tried = invoke("formats", "test", "auto", str(file))
    assert tried.code == 0
    assert tried.out.count("read 1,") == 3


def test_a_source_reads_the_archives_of_its_directory(home: Path, tmp_path: Path) -> None:
    archive(tmp_path / "ci" / "artefact.zip", FILES)
    options = f"options: {{paths: ['{tmp_path}/ci'], asset: pay}}"
    settings = home / "config/riskcockpit.yaml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"sources:\n  - {{name: ci, kind: files, {options}}}\n")
    tried = invoke("sources", "test", "ci")
    assert "artefact.zip/sast/one.sarif: sarif, " in tried.out
    ran = invoke("sync", "--json")
    (source,) = json.loads(ran.out)["sources"]
    assert (ran.code, source["state"], source["counts"]["new"]) == (0, "ok", 3)


def test_the_limits_hold_for_all_files_together(tmp_path: Path) -> None:
    files = {f"{name}.json": b"{" + b" " * 60 + b"}" for name in "abc"}
    content = archive(tmp_path / "x.zip", files).read_bytes()
    found = list(enclosed_in(content, 130))
    assert [one.fault is None for one in found] == [True, True, False]
    found = list(enclosed_in(content, 70))
    assert [one.fault is None for one in found] == [True, False, False]
    assert "stands before it" in str(found[2].fault)
    assert holds_several(content)


@pytest.mark.parametrize(
    "files",
    [
        {"a.json": TRIVY},
        {"a.json": TRIVY, "notes.txt": b"x"},
        {"p/audit.fvdl": b"<a/>", "b.xml": b"<b/>"},
    ],
)  # fmt: skip
def test_one_report_is_no_archive_of_several(files: dict[str, bytes], tmp_path: Path) -> None:
    assert not holds_several(archive(tmp_path / "x.zip", files).read_bytes())
