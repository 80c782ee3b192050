"""`sources add` and `sources test`: nothing is written that does not work."""

from __future__ import annotations

import json
import secrets
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from riskcockpit.config.loading import read_settings
from riskcockpit.connectors import registry
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.errors import InputError
from riskcockpit.services.source_options import option_fields, option_value
from support.cli import Ran, invoke
from support.pty import Screen

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs/schemas/source_test.json").read_text(encoding="utf-8"))
KINDS = {
    "alertmanager": "riskcockpit.connectors.alertmanager.connector:AlertmanagerConnector",
    "exec": "riskcockpit.connectors.exec.connector:ExecConnector",
    "github": "riskcockpit.connectors.github.connector:GithubConnector",
    "files": "riskcockpit.connectors.files.connector:FilesConnector",
    "http": "riskcockpit.connectors.web.connector:WebConnector",
    "mlflow": "riskcockpit.connectors.mlflow.connector:MlflowConnector",
    "prometheus": "riskcockpit.connectors.prometheus.connector:PrometheusConnector",
}


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [EntryPoint(name, value, registry.GROUP) for name, value in KINDS.items()]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)  # noqa: ARG005 - as called


@pytest.fixture
def settings(home: Path) -> Path:
    """The settings of a set-up home."""
    assert invoke("init").code == 0
    return home / "config" / "riskcockpit.yaml"


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A directory with one report."""
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "r.json").write_text(
        '{"tool": "probe", "findings": [{"title": "x", "severity": "low"}]}'
    )
    return folder


def document(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(found, SCHEMA)
    return found


def checks(ran: Ran) -> dict[str, str]:
    return {
        check["name"]: f"{check['state']} {check['detail']}" for check in document(ran)["checks"]
    }


def test_a_source_that_works_is_added_below_the_comments(settings: Path, reports: Path) -> None:
    before = settings.read_text()
    ran = invoke(
        "sources", "add", "ci", "--kind", "files", "--option", f"paths={reports}", "--json"
    )
    assert ran.code == 0, ran.err
    assert document(ran)["added_to"] == str(settings)
    assert checks(ran)["reads"] == "ok 1 reports"
    assert "generic-json" in checks(ran)["sample"]
    assert settings.stat().st_mode & 0o777 == 0o600
    (source,) = read_settings(settings).settings.sources
    assert (source.name, source.options) == ("ci", {"paths": [str(reports)]})
    after = settings.read_text()
    for line in before.splitlines():
        assert line.replace("sources: []", "sources:") in after
    assert invoke("sync").code == 0
    assert invoke("sources", "test", "ci").code == 0


def test_what_does_not_work_changes_nothing(settings: Path, tmp_path: Path) -> None:
    before = settings.read_bytes()
    arguments = ("sources", "add", "ci", "--kind", "files", "--option", f"paths={tmp_path / 'no'}")
    ran = invoke(*arguments, "--json")
    assert ran.code == 3
    assert document(ran)["ok"] is False
    assert "nothing was changed" in ran.err
    assert settings.read_bytes() == before
    kept = invoke(*arguments, "--no-test", "--json")
    assert kept.code == 0
    assert document(kept)["ok"] is None
    assert invoke("sources", "test", "ci").code == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--kind", "files"), "NAME is missing"),
        (("ci",), "--kind is missing"),
        (("ci", "--kind", "flies"), 'did you mean "files"'),
        (("ci", "--kind", "files", "--option", "paths"), "not NAME=VALUE"),
        (("ci", "--kind", "files", "--option", "pahts=/x"), 'no option "pahts"'),
        (("ci", "--kind", "http", "--option", "max_pages=many"), "option max_pages"),
        (("ci", "--kind", "http", "--option", "headers={"), "not YAML"),
        (("ci", "--kind", "files", "--username", "u"), "user name without a credential"),
        (("ci", "--kind", "files", "--stale-after", "soon", "--no-test"), "not a duration"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(
    settings: Path, arguments: tuple[str, ...], said: str
) -> None:
    before = settings.read_bytes()
    ran = invoke("sources", "add", *arguments)
    assert (ran.code, said in ran.err) == (2, True), ran.err
    assert settings.read_bytes() == before


def test_a_list_of_words_to_choose_from_is_written_with_commas() -> None:
    """As any list of texts: nobody should have to know which lists are checked further."""
    assert option_value("github", "alerts", "dependabot, code-scanning") == [
        "dependabot",
        "code-scanning",
    ]
    with pytest.raises(InputError, match="option alerts") as refused:
        option_value("github", "alerts", "dependabot,licences")
    assert refused.value.hint == "one of code-scanning, dependabot, secret-scanning"
    (field,) = (one for one in option_fields("github") if one.name == "alerts")
    assert option_value("github", "alerts", field.default) == [
        "code-scanning",
        "dependabot",
        "secret-scanning",
    ]
    assert "[" not in field.default


def test_a_name_is_given_once(settings: Path, reports: Path) -> None:
    arguments = ("sources", "add", "ci", "--kind", "files", "--option", f"paths={reports}")
    assert invoke(*arguments).code == 0
    before = settings.read_bytes()
    again = invoke(*arguments)
    assert again.code == 2
    assert "already" in again.err
    assert settings.read_bytes() == before


def test_a_credential_is_never_taken_by_value_nor_repeated(settings: Path) -> None:
    secret = secrets.token_hex(16)
    arguments = ("sources", "add", "m", "--kind", "mlflow", "--url", "https://m.example")
    ran = invoke(*arguments, "--credential", secret)
    assert ran.code == 2
    assert "never by value" in ran.err
    assert secret not in ran.err + ran.out + settings.read_text()


def test_a_try_says_whence_the_credential_is_and_what_is_read(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = secrets.token_hex(16)
    monkeypatch.setenv("PROMETHEUS_TOKEN", secret)

    def answer(asked: Asked) -> Reply:
        assert asked.headers["authorization"] == f"Bearer {secret}"
        if asked.path.endswith("buildinfo"):
            return Reply(200, b'{"status": "success", "data": {"version": "2.42.0"}}')
        series = [{"metric": {"model": "fraud"}, "value": [1772452800, "0.9"]}]
        data = {"resultType": "vector", "result": series}
        return Reply(200, json.dumps({"status": "success", "data": data}).encode())

    with replayed(answer):
        ran = invoke(
            *("sources", "add", "metrics", "--kind", "prometheus", "--url", "https://p.example"),
            *("--credential", "env:PROMETHEUS_TOKEN", "--json"),
            *("--option", "queries=[{query: model_accuracy, metric: accuracy}]"),
        )
    assert ran.code == 0, ran.err
    found = checks(ran)
    assert found["credential"] == "ok from env PROMETHEUS_TOKEN"
    assert found["reachable"] == "ok Prometheus 2.42.0"
    assert found["reads"] == "ok 1 readings"
    assert found["sample"].startswith("ok fraud: accuracy 0.9 at ")
    assert secret not in ran.out + ran.err + settings.read_text()


@pytest.mark.parametrize(
    ("reply", "check"),
    [(Reply(401), "reachable"), (Reply(403), "reachable"), (Reply(200, b"<html>"), "reachable")],
)
def test_each_refusal_fails_the_try(settings: Path, reply: Reply, check: str) -> None:
    arguments = ("--kind", "alertmanager", "--url", "https://am.example", "--no-test")
    assert invoke("sources", "add", "alerts", *arguments).code == 0
    with replayed(lambda _asked: reply):
        ran = invoke("sources", "test", "alerts", "--json")
    assert ran.code == 3
    assert checks(ran)[check].startswith("fail ")
    assert "reads" not in checks(ran)


def test_a_credential_that_cannot_be_had_fails_before_anything_is_asked(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOT_THERE", raising=False)
    ran = invoke(
        *("sources", "add", "alerts", "--kind", "alertmanager", "--url", "https://am.example"),
        *("--write-credential", "env:NOT_THERE", "--json"),
    )
    assert ran.code == 3
    assert "NOT_THERE is not set" in checks(ran)["write credential"]
    assert "reachable" not in checks(ran)


def test_a_credential_whose_time_is_over_fails_before_anything_is_asked(
    settings: Path, tmp_path: Path
) -> None:
    """As `doctor` says of it, however kind the server still is."""
    script = tmp_path / "token"
    status = {"token": secrets.token_hex(8), "expirationTimestamp": "2020-01-01T00:00:00Z"}
    script.write_text(f"#!/bin/sh\necho '{json.dumps({'status': status})}'\n")
    script.chmod(0o700)
    ran = invoke(
        *("sources", "add", "alerts", "--kind", "alertmanager", "--url", "https://am.example"),
        *("--credential", f"exec:{script}", "--json"),
    )
    assert ran.code == 3
    assert checks(ran)["credential"].endswith("until 2020-01-01 00:00 UTC, which is over")
    assert "reachable" not in checks(ran)


def test_a_source_nobody_configured(settings: Path) -> None:
    ran = invoke("sources", "test", "nobody")
    assert ran.code == 2
    assert 'no source called "nobody"' in ran.err


def test_without_settings_one_file_is_made(home: Path, reports: Path) -> None:
    ran = invoke("sources", "add", "ci", "--kind", "files", "--option", f"paths={reports}")
    assert ran.code == 0, ran.err
    file = home / "config" / "riskcockpit.yaml"
    assert [source.name for source in read_settings(file).settings.sources] == ["ci"]


def test_on_a_terminal_every_option_is_asked_for(settings: Path, reports: Path, home: Path) -> None:
    script = (
        "from riskcockpit.cli.app import run; import sys;"
        "sys.argv = ['riskcockpit', 'sources', 'add']; run()"
    )
    answers = [
        "nonsense",
        "files",
        "",
        "ftp://bank.example",
        "",
        "",
        str(reports),
        "maybe",
        "yes",
        "bank",
        *("",) * 4,
    ]
    env = {"RISKCOCKPIT_HOME": str(home), "PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1"}
    with Screen([sys.executable, "-c", script], columns=200, rows=60, env=env) as screen:
        for answer in answers:
            screen.press(answer + "\r")  # a terminal keeps what is typed ahead
        screen.wait_for("added to")
        shown = screen.text
    assert 'no connector of kind "nonsense"' in shown
    assert 'url of source "files" is not an http(s) URL' in shown
    assert "Files, directories or glob patterns" in shown
    assert "option optional" in shown
    (source,) = read_settings(settings).settings.sources
    assert (source.name, source.kind) == ("files", "files")
    assert source.options == {"paths": [str(reports)], "optional": True, "asset": "bank"}


def test_a_sync_tells_what_was_left_out_of_a_source_that_is_well(settings: Path) -> None:
    samples = {"fraud": "NaN", "credit": "0.9"}
    series = [{"metric": {"model": name}, "value": [1, text]} for name, text in samples.items()]
    answer = {"status": "success", "data": {"resultType": "vector", "result": series}}
    asked = "queries=[{query: model_accuracy, metric: accuracy}]"
    place = ("--kind", "prometheus", "--url", "https://prometheus.example")
    assert invoke("sources", "add", "m", *place, "--option", asked, "--no-test").code == 0
    with replayed(lambda _asked: Reply(200, json.dumps(answer).encode())):
        ran = invoke("sync")
    assert ran.code == 0
    assert "note: m: accuracy: values that are not finite numbers left out (1)" in ran.err


def test_without_any_source_a_sync_says_how_one_is_added(settings: Path) -> None:
    ran = invoke("sync")
    assert ran.code == 0
    assert "`riskcockpit sources add`" in ran.err


def test_an_address_of_another_system_is_told_with_what_to_look_at(settings: Path) -> None:
    with replayed(lambda _: Reply(404, b"Not Found")):
        ran = invoke("sources", "add", "a b", "--kind", "mlflow", "--url", "https://x.example")
    assert ran.code == 3
    assert "hint: check url: kind mlflow reads nothing that answers there" in ran.out
    ran = invoke("sources", "add", "a b", "--kind", "mlflow", "--url", "https://x.example",
                 "--no-test")  # fmt: skip
    assert "`riskcockpit sync 'a b'` pulls it" in ran.err
