"""Programs as sources: bounded, ended with all they started, and silent about what they know."""

from __future__ import annotations

import json
import secrets
import stat
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.contract import ConnectorContract
from riskcockpit.connectors.exec.connector import ExecConnector
from riskcockpit.domain.batch import Batch, Document
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.reading import Reading
from riskcockpit.errors import (
    ConfigError,
    ProtocolError,
    RiskcockpitError,
    SourceError,
    UnavailableError,
)
from support.processes import lives

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
REPORT = {"tool": "probe", "complete": True, "findings": []}


class TestExec(ConnectorContract):
    connector = ExecConnector
    options: Mapping[str, Any] = {"argv": ["echo", json.dumps(REPORT)], "asset": "bank"}
    expected_items = 1


def pull(*argv: str, cursor: str = "", read: Credential | None = None, **options: Any) -> Batch:
    spec = SourceSpec("probe", "", {"argv": list(argv), **options}, read)
    made = ExecConnector.build(spec, FrozenClock(NOW))
    (batch,) = made.pull(cursor, NOW)
    made.close()
    return batch


def script(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


def content(batch: Batch) -> bytes:
    (document,) = batch.items
    assert isinstance(document, Document)
    return document.content


def test_what_it_prints_is_a_report_once() -> None:
    first = pull("echo", json.dumps(REPORT), asset="bank", category="nightly")
    (document,) = first.items
    assert isinstance(document, Document)
    assert (document.asset, document.category, document.name) == ("bank", "nightly", "echo")
    assert first.is_complete
    again = pull("echo", json.dumps(REPORT), cursor=first.cursor)
    assert (again.items, again.is_complete) == ((), True)
    assert pull("echo", "[]", cursor=first.cursor).items


def test_what_it_prints_may_be_readings() -> None:
    reading = {"subject": "fraud", "metric": "auc", "value": 0.91, "at": "2026-03-02T11:00:00Z"}
    document = {"schema": "riskcockpit.readings/1", "readings": [reading]}
    batch = pull("echo", json.dumps(document))
    (found,) = batch.items
    assert isinstance(found, Reading)
    assert (found.subject, found.value) == ("fraud", 0.91)
    bad = {**document, "readings": [reading, {"subject": "x"}]}
    partial = pull("echo", json.dumps(bad))
    assert len(partial.items) == 1
    assert partial.coverage.is_truncated
    assert partial.cursor == ""  # told again next time


def test_no_shell_sees_the_arguments(tmp_path: Path) -> None:
    pull("echo", f"$(touch {tmp_path / 'made'}); `touch {tmp_path / 'made'}` > {tmp_path / 'made'}")
    assert not (tmp_path / "made").exists()


def test_it_sees_only_what_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIVEN_TO_IT", "seen")
    monkeypatch.setenv("KEPT_FROM_IT", "hidden")
    text = "import json, os; print(json.dumps(dict(os.environ)))"
    found = json.loads(content(pull(*script(text), env=["GIVEN_TO_IT"])))
    assert found["GIVEN_TO_IT"] == "seen"
    assert "KEPT_FROM_IT" not in found
    token = Credential(secrets.token_hex(16), "test")
    found = json.loads(content(pull(*script(text), credential_env="TOKEN", read=token)))
    assert found["TOKEN"] == token.value


def test_a_variable_that_is_not_set_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_THERE", raising=False)
    with pytest.raises(ConfigError, match="NOT_THERE is not set"):
        pull("echo", "x", env=["NOT_THERE"])


def test_a_failure_says_why_but_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    given, token = secrets.token_hex(16), Credential(secrets.token_hex(16), "test")
    monkeypatch.setenv("GIVEN_TO_IT", f"{given}\nsecond-line-{given}")
    text = (
        "import os, sys; print('first line', file=sys.stderr);"
        "print('no entry for', os.environ['GIVEN_TO_IT'].split()[1], os.environ['TOKEN'],"
        " '\\x1b[31m', file=sys.stderr); sys.exit(3)"
    )
    with pytest.raises(SourceError) as caught:
        pull(*script(text), env=["GIVEN_TO_IT"], credential_env="TOKEN", read=token)
    told = repr(vars(caught.value)) + str(caught.value)
    assert "ended with status 3" in told
    assert "no entry for" in told
    assert given not in told
    assert token.value not in told
    assert "\x1b" not in caught.value.message


def test_statuses_that_mean_success_are_named() -> None:
    text = script("import sys; print('[]'); sys.exit(1)")
    with pytest.raises(SourceError, match="ended with status 1"):
        pull(*text)
    assert content(pull(*text, success=[0, 1])) == b"[]\n"


@pytest.mark.parametrize("output", ["", "\\n \\n"])
def test_printing_nothing_is_no_success(output: str) -> None:
    with pytest.raises(ProtocolError, match="printed nothing"):
        pull(*script(f"print('{output}', end='')"))


def test_a_flood_is_ended() -> None:
    started = time.monotonic()
    with pytest.raises(ProtocolError, match="more than 1000 bytes"):
        pull(*script("while True: print('x' * 9999)"), max_bytes=1000, timeout="60s")
    assert time.monotonic() - started < 30


def test_a_flood_of_errors_fills_no_pipe_and_no_memory() -> None:
    text = "import sys; sys.stderr.write('e' * 5_000_000); print('[]')"
    assert content(pull(*script(text), timeout="60s")) == b"[]\n"


def test_after_its_time_it_is_ended_with_its_children(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    text = (
        "import pathlib, subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        f"pathlib.Path({str(pid_file)!r}).write_text(str(child.pid)); time.sleep(600)"
    )
    with pytest.raises(UnavailableError, match="did not end within 3 s"):
        pull(*script(text), timeout="3s")
    assert not lives(int(pid_file.read_text()))


def test_it_does_not_outlive_us(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    inner = (
        f"import os, pathlib, time; pathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()));"
        "time.sleep(600)"
    )
    outer = (
        "import sys, threading, time, pathlib\n"
        "from riskcockpit.config.programs import run\n"
        f"argv = (sys.executable, '-c', {inner!r})\n"
        "work = lambda: run(argv, max_bytes=10, timeout_seconds=600)\n"
        "threading.Thread(target=work, daemon=True).start()\n"
        f"while not pathlib.Path({str(pid_file)!r}).exists(): time.sleep(0.05)\n"
        "time.sleep(0.2)\n"
    )
    subprocess.run([sys.executable, "-c", outer], check=True, timeout=60)
    assert not lives(int(pid_file.read_text()))


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be started"):
        pull("surely-no-such-program")
    plain = tmp_path / "plain"
    plain.write_text("x")
    plain.chmod(stat.S_IRUSR)
    with pytest.raises(ConfigError, match="cannot be started"):
        pull(str(plain))


def test_the_check_finds_it_without_running_it(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    program.chmod(0o700)
    spec = SourceSpec("probe", "", {"argv": [str(program)]})
    assert ExecConnector.build(spec, FrozenClock(NOW)).check() == str(program)
    assert not (tmp_path / "ran").exists()
    missing = SourceSpec("probe", "", {"argv": ["surely-no-such-program"]})
    with pytest.raises(ConfigError, match="is no program"):
        ExecConnector.build(missing, FrozenClock(NOW)).check()


@pytest.mark.parametrize(
    ("options", "url", "fault"),
    [
        ({"argv": []}, "", "names no program"),
        ({"argv": ["x"], "env": ["A=B"]}, "", "no name of an environment variable"),
        ({"argv": ["x"], "timeout": "soon"}, "", "is not a duration"),
        ({"argv": ["x"], "timeout": "0s"}, "", "is not a duration"),
        ({"argv": ["x"], "directory": "here"}, "", "not an absolute path"),
        ({"argv": ["x"], "credential_env": "T"}, "", "together or not at all"),
        ({"argv": ["x"], "max_bytes": 0}, "", "max_bytes"),
        ({"argv": ["x"], "success": [300]}, "", "success"),
        ({"argv": ["x"]}, "https://a.example", "url is not used"),
    ],
)
def test_settings_that_make_no_sense(options: dict[str, Any], url: str, fault: str) -> None:
    with pytest.raises(RiskcockpitError, match=fault):
        ExecConnector.build(SourceSpec("probe", url, options), FrozenClock(NOW))
