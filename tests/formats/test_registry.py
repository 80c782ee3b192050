"""Telling formats apart by content, opening files, and saying what a foreign file is."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from importlib import import_module
from typing import Any

import pytest

from riskcockpit.errors import FormatError, UnknownNameError
from riskcockpit.formats import registry
from riskcockpit.formats.api import Format, ReadOptions, Report
from riskcockpit.formats.builtin import BuiltIn
from riskcockpit.formats.opening import plain
from support.sarif_logs import OPTIONS, log, result, run

LIMIT = 1 << 20


def test_ours_are_named_and_each_is_found_by_its_name() -> None:
    assert len(set(registry.names())) == len(registry.names())
    for name in registry.names():
        assert registry.named(name).name == name


@pytest.mark.parametrize("format_", registry.BUILT_IN, ids=lambda format_: format_.name)
def test_each_of_ours_has_its_reader(format_: BuiltIn) -> None:
    module = import_module(f"riskcockpit.formats.{format_.module}")
    assert callable(module.read)


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        registry.named("sarrif")
    assert caught.value.hint == 'did you mean "sarif"?'
    with pytest.raises(UnknownNameError) as caught:
        registry.named("xyzzy")
    assert caught.value.hint is not None
    assert "formats list" in caught.value.hint


SARIF: dict[str, Any] = {"runs": [], "version": "2.1.0", "$schema": "x/sarif-2.1.0.json"}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (SARIF, "sarif"),
        (dict(reversed(SARIF.items())), "sarif"),
        ({"runs": [{"tool": {"driver": {"name": "x"}}, "results": []}]}, "sarif"),
        ({"SchemaVersion": 2, "ArtifactName": "."}, "trivy"),
        ([{"Target": "a", "Vulnerabilities": None}], "trivy"),
        ({"ClusterName": "c", "Resources": []}, "trivy"),
        ({"findings": [{"title": "a", "severity": "Low"}]}, "generic-json"),
        ({"tool": "x", "findings": []}, "generic-json"),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_the_content_tells_the_format(content: Any, name: str, indent: int | None) -> None:
    assert registry.detect(json.dumps(content, indent=indent).encode(), OPTIONS).name == name


def test_a_log_is_known_even_when_its_first_run_is_longer_than_the_head() -> None:
    long = run(*[result(message={"text": "word " * 300}) for _ in range(80)])
    content = json.dumps({"runs": [long], "version": "2.1.0"}).encode()
    assert len(content) > 64 * 1024
    assert registry.detect(content, OPTIONS).name == "sarif"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_and_byte_order_marks_are_opened(encoding: str) -> None:
    content = log(run(result(message={"text": "Größe"}))).decode()
    text = content.replace("Gr\\u00f6\\u00dfe", "Größe")
    report = registry.read_report(text.encode(encoding), OPTIONS)
    assert report.scans[0].observations[0].title == "Größe"


def test_gzip_is_opened_in_one_or_several_members() -> None:
    content = log(run(result()))
    parts = gzip.compress(content[:50]) + gzip.compress(content[50:])
    for packed in (gzip.compress(content), parts):
        assert len(registry.read_report(packed, OPTIONS).scans[0].observations) == 1


def test_opening_what_is_open_changes_nothing() -> None:
    content = log(run(result()))
    assert plain(content, LIMIT) is content


@pytest.mark.parametrize("content", [b"", b" \r\n\t", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_a_scanner_that_did_not_run(content: bytes) -> None:
    with pytest.raises(FormatError, match="did not run"):
        registry.detect(content, OPTIONS)
    with pytest.raises(FormatError, match="did not run"):
        registry.read_report(content, OPTIONS, name="sarif")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(b"0" * (64 << 20))
    with pytest.raises(FormatError, match="200 times"):
        plain(bomb, 1 << 30)
    with pytest.raises(FormatError, match="larger than"):
        plain(bomb, LIMIT)
    with pytest.raises(FormatError, match="larger than"):
        plain(b"x" * 11, 10)


def test_damaged_and_cut_gzip_are_refused() -> None:
    packed = gzip.compress(log(run(result())))
    with pytest.raises(FormatError, match="cut off"):
        plain(packed[:-20], LIMIT)
    with pytest.raises(FormatError, match="damaged"):
        plain(packed[:20] + b"\xff" * 20 + packed[40:], LIMIT)


def test_an_archive_of_nothing_does_not_say_what_it_is() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w"):
        pass
    with pytest.raises(FormatError, match="no file in it") as caught:
        registry.detect(buffer.getvalue(), OPTIONS)
    assert caught.value.hint is not None
    assert "--format" in caught.value.hint


def test_a_list_of_packages_is_named_with_what_to_do_about_it() -> None:
    with pytest.raises(FormatError, match="SPDX SBOM") as caught:
        registry.detect(json.dumps({"spdxVersion": "SPDX-2.3", "packages": []}).encode(), OPTIONS)
    assert caught.value.hint is not None
    assert "trivy sbom" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"a": 1, "b": 2}', "a JSON object with a, b"),
        (b"[]", "a JSON list with nothing in it"),
        (b"null", "the bare JSON value null"),
        (b"<a/>", "an XML document"),
        (b"hello world", "neither JSON nor CSV"),
        (bytes(range(128, 256)), "neither JSON nor CSV"),
    ],
)
def test_anything_else_is_described(content: bytes, words: str) -> None:
    with pytest.raises(FormatError) as caught:
        registry.detect(content, OPTIONS)
    assert words in caught.value.message


class Entry:
    """Stands for the entry point of a third party."""

    def __init__(self, name: str, loaded: Format | None) -> None:
        self.name = name
        self.value = f"{name}.module:FORMAT"
        self.loads = 0
        self._loaded = loaded

    def load(self) -> Format:
        self.loads += 1
        if self._loaded is None:
            raise ModuleNotFoundError(self.name)
        return self._loaded


class Shouts:
    name = "shouts"
    title = "A format that shouts"

    def matches(self, head: bytes) -> bool:
        return head.startswith(b"SHOUT")

    def read(self, content: bytes, options: ReadOptions) -> Report:
        return Report(self.name, ())


def test_formats_of_third_parties_are_loaded_only_when_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = Entry("shouts", Shouts())
    monkeypatch.setattr(registry, "_third_party", lambda: [entry])
    assert registry.names()[-1] == "shouts"
    registry.detect(log(), OPTIONS)
    assert entry.loads == 0
    assert registry.detect(b"SHOUT!", OPTIONS).name == "shouts"
    assert registry.named("shouts").title == "A format that shouts"


def test_a_broken_third_party_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_third_party", lambda: [Entry("broken", None)])
    with pytest.raises(FormatError, match="broken") as caught:
        registry.named("broken")
    assert caught.value.hint


def test_a_report_read_under_another_name_is_no_clean_scan() -> None:
    with pytest.raises(FormatError, match="its content is sarif"):
        registry.read_report(
            json.dumps({"version": "2.1.0", "runs": [run(result())]}).encode(),
            OPTIONS,
            name="trivy",
        )


@pytest.mark.parametrize(
    ("content", "name"), [(b"[]", "prowler"), (b'{"results": []}', "osv-scanner")]
)
def test_a_name_says_what_the_content_cannot(content: bytes, name: str) -> None:
    assert registry.read_report(content, OPTIONS, name=name).format == name
