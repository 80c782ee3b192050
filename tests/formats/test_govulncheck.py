"""govulncheck's stream of messages, and the object it wrote before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.finding import Location, Package
from riskcockpit.errors import FormatError
from support.reading import format_of, only, scan_of

CONFIG = {
    "config": {
        "protocol_version": "v1.0.0", "scanner_name": "govulncheck", "scanner_version": "v1.1.4",
        "scan_mode": "source",
    }
}  # fmt: skip


def osv(id_: str = "GO-2026-0001", **members: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "aliases": ["CVE-2026-0001"],
        "summary": "Too much is parsed",
        "details": "Long text.",
        "database_specific": {"url": f"https://pkg.go.dev/vuln/{id_}"},
        "credits": [{"name": "somebody"}],
        "affected": [
            {
                "package": {"name": "example.invalid/x/text", "ecosystem": "Go"},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "0.3.8"}]}],
            }
        ],
    } | members


def finding(*frames: dict[str, Any], osv: str = "GO-2026-0001") -> dict[str, Any]:
    first = {"module": "example.invalid/x/text", "version": "v0.3.5"}
    trace = [first | (frames[0] if frames else {}), *frames[1:]]
    return {"finding": {"osv": osv, "fixed_version": "v0.3.8", "trace": trace}}


CALLED = finding(
    {"package": "example.invalid/x/text/language", "function": "Parse"},
    {
        "module": "bank.invalid/app", "package": "bank.invalid/app", "function": "main",
        "position": {"filename": "cmd/main.go", "line": 12, "column": 4},
    },
)  # fmt: skip
IMPORTED = finding({"package": "example.invalid/x/text/language"})


def stream(*messages: Any) -> str:
    return "\n".join(json.dumps(message, indent=2) for message in (CONFIG, *messages))


def test_an_advisory_in_a_module_is_one_finding_however_many_traces() -> None:
    seen = only(stream({"osv": osv()}, finding(), IMPORTED, CALLED))
    assert seen.vulnerability_ids == ("GO-2026-0001", "CVE-2026-0001")
    assert seen.package == Package("golang", "text", "example.invalid/x", "v0.3.5", "v0.3.8")
    assert seen.locations == (Location("go.mod"), Location("cmd/main.go", 12, 4))
    assert "language.Parse is called" in seen.description
    assert "Called by bank.invalid/app.main → example.invalid/x/text/language.Parse" in (
        seen.description
    )
    assert b"somebody" not in seen.raw


@pytest.mark.parametrize(
    ("message", "words"),
    [(IMPORTED, "its vulnerable code not called"), (finding(), "is required, the vulnerable")],
)
def test_how_far_it_can_be_reached_is_told(message: Any, words: str) -> None:
    seen = only(stream({"osv": osv()}, message))
    assert words in seen.description
    assert seen.locations == (Location("go.mod"),)


def test_a_moved_call_is_not_a_new_finding() -> None:
    assert only(stream({"osv": osv()}, CALLED)).locations[0].path == "go.mod"


def test_an_advisory_that_was_looked_up_in_vain_is_evidence() -> None:
    scan = scan_of(stream({"osv": osv()}, {"osv": osv("GO-2026-0002")}, CALLED))
    assert [(each.rule, each.status) for each in scan.evidence] == [("GO-2026-0002", "pass")]
    assert scan.tool_version == "v1.1.4"


def test_a_list_of_messages_is_a_stream_too() -> None:
    found = [CONFIG, {"progress": {"message": "x"}}, {"osv": osv(severity="Low")}, CALLED]
    assert only(found).severity_raw == "Low"


def test_a_banner_before_the_messages_is_skipped() -> None:
    seen = only("Scanning your code…\n" + stream({"osv": osv()}, CALLED))
    assert seen.rule == "GO-2026-0001"


def old(*entries: Any) -> dict[str, Any]:
    module = {"Path": "example.invalid/x/text", "Version": "v0.3.5"}
    return {
        "Calls": {"Functions": {}, "Entries": None},
        "Imports": {},
        "Requires": {"Modules": {}},
        "Vulns": list(entries) or None,
        "Modules": [module],
    }


def entry(**members: Any) -> dict[str, Any]:
    return {
        "OSV": osv(), "Symbol": "Parse", "PkgPath": "example.invalid/x/text/language",
        "ModPath": "example.invalid/x/text", "CallSink": 4, "ImportSink": 5,
    } | members  # fmt: skip


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({}, "Parse is called"),
        ({"CallSink": 0}, "is imported"),
        ({"CallSink": 0, "ImportSink": 0}, "is required"),
    ],
)
def test_every_entry_of_the_old_object_is_a_finding(members: dict[str, Any], words: str) -> None:
    seen = only(old(entry(**members)))
    assert seen.package == Package("golang", "text", "example.invalid/x", "v0.3.5", "0.3.8")
    assert words in seen.description


def test_one_bad_message_is_quarantined() -> None:
    scan = scan_of([CONFIG, {"osv": osv()}, CALLED, {"finding": {"osv": "x"}}, "no message"])
    assert len(scan.observations) == 1
    assert len(scan.problems) == 2
    assert len(scan_of(old(entry(), entry(ModPath=""))).problems) == 1


def test_an_old_object_without_vulnerabilities_is_read() -> None:
    assert scan_of(old()).observations == ()


def test_a_config_of_something_else_is_not_govulnchecks() -> None:
    with pytest.raises(FormatError):
        format_of({"config": {"version": 1}})
