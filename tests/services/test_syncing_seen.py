"""What is shown of a sync and of credentials: progress across processes, expiry, never a value."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.connectors.tls import Tls, trust
from riskcockpit.errors import ConfigError
from riskcockpit.present.syncing import progress_text
from riskcockpit.services.doctor import examine
from riskcockpit.services.progress import published, under_way
from riskcockpit.views.syncing import SourceProgress

pytestmark = pytest.mark.usefixtures("without_policy")

STEP = SourceProgress("scm", "reading", 1200, 5000, 12, 60.0)
HOLDER = """
import sys, time
from pathlib import Path
from riskcockpit.config.paths import Paths
from riskcockpit.services.progress import published
from riskcockpit.views.syncing import SourceProgress
with published(Paths.under(Path(sys.argv[1])), lambda _one: None) as tell:
    tell(SourceProgress("scm", "reading", 1200, 5000, 12, 60.0))
    print("told", flush=True)
    time.sleep(60)
"""


def test_progress_says_how_far_and_how_long() -> None:
    assert STEP.eta_seconds == pytest.approx(190.0)
    assert progress_text(STEP).startswith("reading 1,200 of 5,000 rows, 12 pages, about 3 min")
    assert progress_text(SourceProgress("scm", "reading", 7)) == "reading 7 rows"
    assert progress_text(SourceProgress("scm", "connecting")) == "connecting"
    assert SourceProgress("scm", "reading", 5, 5, 1, 9.0).eta_seconds is None
    paged = SourceProgress("scm", "reading", 0, 0, 25, 10.0, 100)
    assert progress_text(paged) == "reading 25 of 100 pages, about 30 s left"


def test_a_running_sync_is_seen_by_others_and_a_killed_one_is_not(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path)
    assert under_way(paths) == ()
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "told\n"
        assert under_way(paths) == (STEP,)
        told: list[SourceProgress] = []
        with published(paths, told.append) as tell:  # a second sync is told to its own caller only
            tell(SourceProgress("other", "reading"))
        assert [one.name for one in told] == ["other"]
        assert under_way(paths) == (STEP,)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert under_way(paths) == ()


def test_a_sync_that_ended_is_not_under_way(tmp_path: Path) -> None:
    paths = Paths.under(tmp_path)
    with published(paths, lambda _one: None) as tell:
        tell(STEP)
    assert under_way(paths) == ()


def test_doctor_shows_source_and_expiry_of_credentials_and_never_a_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, word = secrets.token_hex(16), secrets.token_hex(16)
    script = tmp_path / "print-token"
    answer = {"status": {"token": token, "expirationTimestamp": "2099-01-02T03:04:00Z"}}
    script.write_text(f"#!{sys.executable}\nprint({json.dumps(json.dumps(answer))})\n")
    script.chmod(0o700)
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(tmp_path))
    monkeypatch.setenv("WRITE_WORD", word)
    settings = Paths.from_environment().settings
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(
        "sources:\n"
        "  - name: scm\n    kind: mlflow\n    url: http://127.0.0.1:9\n"
        f"    credential: {{exec: [{script}]}}\n"
        "    write_credential: {env: WRITE_WORD, username: ci}\n"
        "  - name: gone\n    kind: mlflow\n    url: http://127.0.0.1:9\n"
        "    credential: {env: NO_SUCH_VARIABLE}\n"
    )
    checks = {check.name: check for check in examine()}
    read = checks["read credential of scm"].detail
    assert "print-token" in read
    assert "expires 2099-01-02 03:04 UTC" in read
    write = checks["write credential of scm"].detail
    assert write == "env WRITE_WORD as ci, does not say when it expires"
    assert "NO_SUCH_VARIABLE is not set" in checks["read credential of gone"].detail
    assert not any(value in repr(checks) for value in (token, word))


def test_a_private_key_that_is_open_to_others_is_refused(tmp_path: Path) -> None:
    certificate, key = tmp_path / "client.pem", tmp_path / "client.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-subj", "/CN=client", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    given = Tls(str(certificate), str(certificate), str(key))
    os.chmod(key, 0o644)  # noqa: PTH101 - what is tested
    with pytest.raises(ConfigError, match="open to others") as caught:
        trust(given, "scm")
    assert "chmod 600" in (caught.value.hint or "")
    key.chmod(0o600)
    assert trust(given, "scm") is not trust(Tls(), "scm")
    assert trust(Tls(), "a") is trust(Tls(), "b"), "the plain one is shared"
    with pytest.raises(ConfigError, match="belong together"):
        trust(Tls(certificate=str(certificate), key=_other_key(tmp_path)), "scm")
    with pytest.raises(ConfigError, match="no CA"):
        trust(Tls(ca=str(key)), "scm")
    with pytest.raises(ConfigError, match="not an absolute path"):
        trust(Tls(ca="ca.pem"), "scm")


def _other_key(tmp_path: Path) -> str:
    key = tmp_path / "other.key"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", key],
        check=True, capture_output=True,
    )  # fmt: skip
    key.chmod(0o600)
    return str(key)
