"""The new kinds of sources through a whole sync: what ends up in the cache, and what leaves it."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import Settings, SourceSettings
from riskcockpit.connectors import registry
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.services.context import Context
from riskcockpit.services.judging import Judgement
from riskcockpit.services.sync import sync
from riskcockpit.store.database import Writer
from riskcockpit.store.snapshots import Store
from support.alerting import alert
from support.caches import NOW, statement
from support.results import as_csv, nannyml_frame

pytestmark = pytest.mark.usefixtures("without_policy")

KINDS = {
    "alertmanager": "riskcockpit.connectors.alertmanager.connector:AlertmanagerConnector",
    "exec": "riskcockpit.connectors.exec.connector:ExecConnector",
    "http": "riskcockpit.connectors.web.connector:WebConnector",
    "nannyml": "riskcockpit.connectors.nannyml.connector:NannymlConnector",
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use our own kinds, whatever is installed, and judge nothing."""
    points = [EntryPoint(name, value, registry.GROUP) for name, value in KINDS.items()]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)  # noqa: ARG005 - as called

    def silent(_ctx: Context, tx: Writer, _now: Any) -> Judgement:
        return Judgement(tx.generation, (), (), "", "")

    monkeypatch.setattr("riskcockpit.services.sync.judge", silent)


class Bank:
    """A home with one source; each `sync` is an hour later."""

    def __init__(self, home: Path, kind: str, **given: Any) -> None:
        self._paths = Paths.under(home)
        self._source = SourceSettings(name="feed", kind=kind, **given)
        self.options = self._source.options
        self._at = NOW

    def sync(self) -> Any:
        self._at += timedelta(hours=1)
        clock = FrozenClock(self._at)
        settings = Settings(sources=(self._source,))
        ctx = Context(settings, self._paths, clock, Store(self._paths.cache, clock), "bastion")
        (report,) = sync(ctx).sources
        self._ctx = ctx
        return report

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        with self._ctx.store.reader() as reader:
            return reader.rows(statement(text))


def test_an_alert_is_opened_silenced_and_fixed_as_the_same_finding(tmp_path: Path) -> None:
    bank = Bank(tmp_path, "alertmanager", url="https://am.example")
    firing = alert("ModelAccuracyLow", labels={"model": "fraud", "version": "3"})
    other = alert("QueueLong", labels={"service": "pay", "pod": "a"}, fingerprint="1")
    moved = alert("QueueLong", labels={"service": "pay", "pod": "b"}, fingerprint="2")
    silenced = {**firing, "status": {"state": "suppressed", "silencedBy": ["s"], "inhibitedBy": []}}
    states = []
    for alerts in ([firing, other], [silenced, moved], [moved], []):
        body = json.dumps(alerts).encode()
        with replayed(lambda _asked: Reply(200, body)):  # noqa: B023 - called at once
            report = bank.sync()
        assert (report.state, report.message) == ("ok", "")
        states.append(dict(bank.rows("SELECT rule, state FROM finding")))
    assert states == [
        {"ModelAccuracyLow": "open", "QueueLong": "open"},
        {"ModelAccuracyLow": "suppressed_at_source", "QueueLong": "open"},
        {"ModelAccuracyLow": "fixed", "QueueLong": "open"},
        {"ModelAccuracyLow": "fixed", "QueueLong": "fixed"},
    ]
    assert bank.rows("SELECT count(DISTINCT id) FROM finding") == [(2,)]


def test_a_program_gives_findings_and_readings(tmp_path: Path) -> None:
    target = tmp_path / "says"
    argv = [sys.executable, "-c", f"print(open({str(target)!r}).read())"]
    bank = Bank(tmp_path / "home", "exec", options={"argv": argv, "asset": "core"})
    finding = {"title": "a fault", "severity": "high", "file_path": "a.cob"}
    target.write_text(json.dumps({"tool": "cobolint", "complete": True, "findings": [finding]}))
    assert bank.sync().state == "ok"
    assert bank.rows("SELECT asset, state FROM finding") == [("core", "open")]
    target.write_text(json.dumps({"tool": "cobolint", "complete": True, "findings": []}))
    assert bank.sync().state == "ok"
    assert bank.rows("SELECT state FROM finding") == [("fixed",)]
    bad = {**finding, "line": -5}
    target.write_text(json.dumps({"tool": "cobolint", "findings": [finding, bad]}))
    assert bank.sync().message == "a record could not be read"
    target.write_text("no report at all")
    broken = bank.sync()
    assert broken.state == "partial"
    again = bank.sync()
    assert again.state == "partial", "what cannot be read is told with every sync"


def test_a_reading_from_the_future_hides_no_breach_and_is_told_until_its_time_has_come(
    tmp_path: Path,
) -> None:
    """Kept, it would be the newest one for years: whatever came meanwhile would not count."""
    target = tmp_path / "says"
    argv = [sys.executable, "-c", f"print(open({str(target)!r}).read())"]
    bank = Bank(tmp_path / "home", "exec", options={"argv": argv})
    auc = {"subject": "fraud", "metric": "auc", "metric_class": "accuracy", "threshold": 0.9}
    soon = NOW + timedelta(hours=2, minutes=30)
    readings = [
        {**auc, "value": 0.99, "at": soon.isoformat()},
        {**auc, "value": 0.5, "at": NOW.isoformat()},
        {**auc, "value": 0.5, "at": (NOW + timedelta(hours=1, minutes=4)).isoformat()},
    ]
    target.write_text(json.dumps({"schema": "riskcockpit.readings/1", "readings": readings}))
    for _ in range(2):
        report = bank.sync()
        assert report.state == "partial"
        assert f"as auc of fraud at {soon:%Y-%m-%dT%H:%M}" in report.message
        assert bank.rows("SELECT count(*) FROM reading") == [(2,)], "a clock may be a bit ahead"
        assert bank.rows("SELECT state FROM finding") == [("open",)]
    assert bank.sync().state == "ok"
    assert bank.rows("SELECT state FROM finding") == [("fixed",)]


def test_pages_of_any_address_are_one_scan_that_closes_what_none_of_them_shows(
    tmp_path: Path,
) -> None:
    said = {1: ["a", "b"], 2: ["c"], 3: ["d"]}

    def answer(asked: Asked) -> Reply:
        number = int(asked.params.get("page", "1"))
        found = [{"title": one, "severity": "high"} for one in said[number]]
        following = {"next": number + 1} if number + 1 in said else {}
        return Reply(200, json.dumps({"tool": "pager", "findings": found, **following}).encode())

    options = {"next_path": "next", "next_param": "page"}
    said[3].append("c")  # it moved on while the pages were read
    bank = Bank(tmp_path, "http", url="https://any.example", options=options)
    with replayed(answer):
        assert bank.sync().counts.new == 4
        del said[3]
        said[2] = ["e"]
        report = bank.sync()
        assert (report.state, report.counts.new, report.counts.fixed) == ("ok", 1, 2)
        assert bank.rows("SELECT DISTINCT scope, imported_at FROM scan").__len__() == 2
        said[1] = ["a"]
        bank.options["max_pages"] = 1
        assert (bank.sync().state, bank.sync().counts.fixed) == ("partial", 0)
    states = dict(bank.rows("SELECT title, state FROM finding"))
    assert states == {"a": "open", "b": "open", "c": "fixed", "d": "fixed", "e": "open"}


def test_what_slips_past_between_two_pages_is_not_closed(tmp_path: Path) -> None:
    """A row of the first page goes while it is read; the first of the second takes its place."""
    rows = ["a", "b", "c", "d"]
    is_moving = False

    def answer(asked: Asked) -> Reply:
        start = 2 * (int(asked.params.get("page", "1")) - 1)
        found = [{"title": one, "severity": "high"} for one in rows[start : start + 2]]
        following = {"next": start // 2 + 2} if start + 2 < len(rows) else {}
        if is_moving and start == 0 and "a" in rows:
            rows.remove("a")
        return Reply(200, json.dumps({"tool": "pager", "findings": found, **following}).encode())

    options = {"next_path": "next", "next_param": "page"}
    bank = Bank(tmp_path, "http", url="https://any.example", options=options)
    with replayed(answer):
        assert bank.sync().counts.new == 4
        is_moving = True
        assert bank.sync().counts.fixed == 0
        assert dict(bank.rows("SELECT title, state FROM finding"))["c"] == "open"
        assert bank.sync().counts.fixed == 1
    assert dict(bank.rows("SELECT title, state FROM finding"))["a"] == "fixed"


def test_the_breach_of_an_exported_result_is_a_finding_with_its_onset(tmp_path: Path) -> None:
    results = tmp_path / "results"
    results.mkdir()
    frame = nannyml_frame(
        {
            ("income", "hellinger", "value"): [0.01, 0.4],
            ("income", "hellinger", "upper_threshold"): [0.1, 0.1],
            ("income", "hellinger", "alert"): [False, True],
        }
    )
    (results / "credit.csv").write_bytes(as_csv(frame))
    bank = Bank(tmp_path / "home", "nannyml", options={"paths": [str(results)]})
    assert bank.sync().state == "ok"
    assert bank.rows("SELECT subject, metric, value FROM reading ORDER BY value") == [
        ("credit", "hellinger", 0.01), ("credit", "hellinger", 0.4),
    ]  # fmt: skip
    ((title, state),) = bank.rows("SELECT title, state FROM finding")
    assert (title, state) == ("credit: hellinger [income] 0.4 is above 0.1", "open")
