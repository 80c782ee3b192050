"""The governance report: the same bytes anywhere, sums that agree, text that acts nowhere."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from support.cli import Ran, invoke

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/schemas/report.json").read_text(encoding="utf-8"))
HOSTILE = "<img src=x onerror=alert(1)> | [x](javascript:1) \"' & @all {{ 7*7 }} \x1b[31m \u202e"
needs_browser = pytest.mark.skipif(
    shutil.which("chromium") is None and not os.environ.get("RISKCOCKPIT_REQUIRE_SERVERS"),
    reason="there is no chromium here",
)


def scan(name: str, *titles: str, ended: str = "2026-11-01T00:00:00Z") -> str:
    """Write a generic report of findings, the first of them critical."""
    findings = [
        {
            "title": title,
            "severity": "Critical" if not index else "Medium",
            "description": title,
            "file_path": f"src/f{index}.py",
            "line": 3,
            "date": ended[:10],
        }
        for index, title in enumerate(titles)
    ]
    Path(name).write_text(json.dumps({"findings": findings}), encoding="utf-8")
    return name


@pytest.fixture
def bank(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set-up home with findings, one of them hostile."""
    monkeypatch.chdir(tmp_path)
    assert invoke("init").code == 0
    report = scan("one.json", HOSTILE, "second", "third")
    assert invoke("import", report, "--asset", HOSTILE, "--complete").code == 0
    return home


def document(file: str) -> dict[str, Any]:
    """A JSON report, valid by its schema."""
    found: dict[str, Any] = json.loads(Path(file).read_text(encoding="utf-8"))
    jsonschema.validate(found, SCHEMA)
    return found


def elsewhere(*arguments: str, **environment: str) -> Ran:
    """Run the command in another process, with another locale and time zone."""
    done = subprocess.run(
        [sys.executable, "-m", "riskcockpit", *arguments],
        env={**os.environ, "PYTHONHASHSEED": "7", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def test_the_same_cache_and_period_give_the_same_bytes_in_any_place(bank: Path) -> None:
    since = ("--since", "2026-01-01")
    for form, suffix in (("html", "html"), ("markdown", "md"), ("json", "json")):
        option, names = f"--{form}", [f"{n}.{suffix}" for n in "abc"]
        assert invoke("report", option, names[0], *since).code == 0
        far = elsewhere(
            "report", option, names[1], *since, TZ="Asia/Kathmandu", LC_ALL="tr_TR.UTF-8"
        )
        assert far.code == 0, far.err
        assert elsewhere("report", option, names[2], *since, TZ="America/Lima").code == 0
        assert len({Path(name).read_bytes() for name in names}) == 1


def test_so_many_days_are_counted_from_the_end_of_the_data_and_not_from_now(bank: Path) -> None:
    assert invoke("report", "--json", "r.json", "--since", "30d", "--draft").code == 0
    found = document("r.json")
    since, until = (datetime.fromisoformat(found[name]) for name in ("since", "until"))
    assert until - since == timedelta(days=30)
    assert invoke("report", "--json", "x.json", "--since", "9999999w", "--draft").code == 2
    ran = invoke("report", "--json", "x.json", "--since", "", "--draft")
    assert (ran.code, "the start of the period is empty" in ran.err) == (2, True)


def test_the_ledger_names_what_was_issued_and_drafts_leave_no_trace(bank: Path) -> None:
    assert invoke("report", "--html", "draft.html", "--draft").code == 0
    assert "DRAFT" in Path("draft.html").read_text(encoding="utf-8")
    assert "DRAFT" in invoke("report").out
    before = json.loads(invoke("ledger", "log", "--json").out)["entries"]
    assert not [one for one in before if one["type"] == "report.issued"]
    assert invoke("report", "--html", "r.html", "--json", "r.json").code == 0
    chain = next((bank / "ledger/chains").glob("*.jsonl")).read_text(encoding="utf-8")
    bodies = [json.loads(line)["body"] for line in chain.splitlines()]
    (data,) = [body["data"] for body in bodies if body["type"] == "report.issued"]
    expected = [
        {"form": form, "sha256": hashlib.sha256(Path(f"r.{form}").read_bytes()).hexdigest()}
        for form in ("html", "json")
    ]
    assert data["files"] == expected
    assert invoke("ledger", "verify").code == 0
    heads = dict(document("r.json")["attestation"]["heads"])
    assert data["heads"] == heads


def test_the_next_report_begins_where_the_last_one_ended(bank: Path) -> None:
    assert invoke("report", "--json", "first.json").code == 0
    again = invoke("report", "--json", "second.json", "--since", "2026-01-01")
    assert again.code == 0
    assert invoke("import", scan("two.json", "new one"), "--asset", "other").code == 0
    assert invoke("report", "--json", "third.json").code == 0
    assert document("third.json")["since"] == document("first.json")["until"]


def test_the_bridge_adds_up(bank: Path) -> None:
    assert invoke("report", "--json", "first.json").code == 0
    later = scan("two.json", HOSTILE, "fourth", "fifth", ended="2026-11-02T00:00:00Z")
    assert invoke("import", later, "--asset", HOSTILE, "--complete", "--accept-held").code == 0
    assert invoke("report", "--json", "second.json").code == 0
    rows = document("second.json")["bridge"]
    for row in rows:
        assert row["opening"] + row["new"] - row["fixed"] == row["closing"], row
    moved = {row["severity"]: (row["opening"], row["new"], row["fixed"]) for row in rows}
    assert moved == {"critical": (1, 0, 0), "medium": (2, 2, 2)}
    opened = sum(pillar["open_findings"] for pillar in document("second.json")["pillars"])
    assert sum(row["closing"] for row in rows) == opened


def test_what_cannot_be_reported_is_said(home: Path, bank: Path) -> None:
    for since in ("tomorrow", "2026-13-01", "99999999999w", "2100-01-01"):
        assert invoke("report", "--json", "x.json", "--since", since).code == 2, since
    assert invoke("report", "--html", "no/such/place.html").code == 2


def test_without_a_cache_there_is_nothing_to_report(home: Path) -> None:
    ran = invoke("report")
    assert (ran.code, "nothing to report" in ran.err) == (2, True)


class Page(HTMLParser):
    """Collects what a page could do."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag and its attributes."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        """Note the text."""
        self.text += data


def test_hostile_text_is_text_in_every_form(bank: Path) -> None:
    assert invoke("report", "--html", "r.html", "--markdown", "r.md").code == 0
    page = Page()
    page.feed(Path("r.html").read_text(encoding="utf-8"))
    assert not page.tags & {"script", "img", "iframe", "a", "link", "object", "form"}
    assert not page.attributes & {"href", "src", "style", "onerror", "srcset"}
    assert "<img src=x onerror=alert(1)>" in page.text, "it is shown as it is"
    assert "{{ 7*7 }}" in page.text
    text = Path("r.md").read_text(encoding="utf-8")
    for live in ("<img", "@all", "\x1b", "\u202e"):
        assert live not in text, live
    assert not re.search(r"[^\\]\]\(", text)
    assert "\x1b" not in page.text
    assert "\u202e" not in page.text


def test_the_policy_of_the_page_allows_its_style_and_nothing_else(bank: Path) -> None:
    assert invoke("report", "--html", "r.html").code == 0
    text = Path("r.html").read_text(encoding="utf-8")
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not re.search(r"https?://", text)


@needs_browser
def test_a_browser_opens_it_without_a_complaint_and_prints_it(bank: Path, tmp_path: Path) -> None:
    assert invoke("report", "--html", "r.html").code == 0
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    command = [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
        profile, "--print-to-pdf=r.pdf", "--no-pdf-header-footer", (tmp_path / "r.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line or "Refused" in line]
    assert not console
    assert Path("r.pdf").read_bytes().startswith(b"%PDF")
    assert Path("r.pdf").stat().st_size > 10_000


def test_figures_are_those_of_the_status(bank: Path) -> None:
    assert invoke("report", "--json", "r.json").code == 0
    found, status = document("r.json"), json.loads(invoke("status", "--json").out)
    assert found["exposure"]["mean"]["amount"] == status["exposure"]["mean"]
    shown = {p["pillar"]: (p["state"], p["open_findings"]) for p in found["pillars"]}
    assert shown == {p["id"]: (p["state"], p["open_findings"]) for p in status["pillars"]}
    total = sum(one["expected"]["amount"] for one in found["drivers"])
    assert total == pytest.approx(status["exposure"]["mean"])
    assert datetime.fromisoformat(found["until"]).tzinfo is not None
