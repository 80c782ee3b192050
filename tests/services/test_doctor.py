"""The doctor looks at what stops a run before it stops one."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskcockpit.config.paths import Paths
from riskcockpit.services.doctor import examine
from riskcockpit.views.setup import Check, CheckState
from support.cli import invoke

MAPPING = """\
name: tiny
title: Tiny
kind: json
when: {has: [tiny]}
tool: Tiny
records: tiny[*]
default_severity: low
fields: {title: text}
"""


@pytest.fixture
def formats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(tmp_path))
    directory = tmp_path / "config" / "formats"
    directory.mkdir(parents=True)
    return directory


def report_formats() -> Check:
    (check,) = (check for check in examine() if check.name == "report formats")
    return check


def test_it_names_the_directory_of_the_formats_of_a_home(formats: Path) -> None:
    assert report_formats().detail == f"none of your own in {formats}"
    (formats / "tiny.yaml").write_text(MAPPING)
    check = report_formats()
    assert (check.state, check.detail) == (CheckState.OK, f"1 of your own in {formats}")


def test_a_format_that_cannot_be_used_is_a_fault(formats: Path) -> None:
    (formats / "torn.yaml").write_text("kind: [")
    check = report_formats()
    assert check.state is CheckState.FAIL
    assert "torn.yaml" in check.detail


def test_a_key_that_openssh_refuses_to_use_is_a_fault_of_the_identity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(tmp_path))
    assert invoke("init").code == 0
    assert {each.name: each.state for each in examine()}["identity"] is CheckState.OK
    (tmp_path / "config" / "signing_key").chmod(0o644)
    (check,) = (check for check in examine() if check.name == "identity")
    assert check.state is not CheckState.OK
    assert "mode" in (check.hint or "")

    (tmp_path / "config" / "signing_key").rename(tmp_path / "elsewhere")
    Paths.under(tmp_path).settings.write_text("identity: {key: signing_key.pub}\n")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    (check,) = (check for check in examine() if check.name == "identity")
    assert check.state is not CheckState.OK
    assert "SSH_AUTH_SOCK is not set" in check.detail
    assert "ssh-add" in (check.hint or "")


@pytest.mark.parametrize(
    ("file", "text"),
    [("incidents.yaml", "rulez: []\n"), ("runbooks/own.yaml", "id: own\ntitle: t\nsteps: []\n")],
)
def test_rules_of_incidents_and_runbooks_that_cannot_be_used_are_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str
) -> None:
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(tmp_path))
    place = tmp_path / "config" / file
    place.parent.mkdir(parents=True)

    def incidents() -> Check:
        (check,) = (check for check in examine() if check.name == "incidents")
        return check

    assert incidents().state is CheckState.OK
    place.write_text(text)
    assert (incidents().state, file in incidents().detail) == (CheckState.FAIL, True)
    for command, code in (("status", 0), ("sync", 3)):
        ran = invoke(command)
        told = ("incidents are not kept" in ran.err, ran.code)
        assert told == ((True, code) if file == "incidents.yaml" else (False, 0))


def test_roles_that_cannot_be_read_are_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(tmp_path))
    file = Paths.under(tmp_path).ledger / "policy/roles.yaml"

    def roles() -> list[tuple[CheckState, str]]:
        return [(check.state, check.detail) for check in examine() if check.name == "roles"]

    assert roles() == [], "a home that only reads has none"
    assert invoke("init").code == 0
    assert roles() == [(CheckState.OK, "1 person, 8 rules")]
    file.write_text(file.read_text() + "\nprincipals: {mallory: [approver]}\n")
    assert [state for state, _ in roles()] == [CheckState.FAIL]
    assert '"principals" is there twice' in roles()[0][1]


def test_a_channel_whose_secret_is_not_there_is_found_before_somebody_must_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RISKCOCKPIT_HOME", str(tmp_path))
    monkeypatch.setenv("ROOM_URL", "https://room.example/in")
    place = tmp_path / "config"
    place.mkdir()
    (place / "alerts.yaml").write_text(
        "channels:\n"
        "  - {name: room, kind: chat, url: {env: ROOM_URL}}\n"
        "  - {name: pager, kind: webhook, url: 'https://p.example', secret: {env: NOT_THERE}}\n"
        "routes: [{to: [room, pager]}]\n"
    )
    found = {check.name: check for check in examine()}
    assert found["address of channel room"].state is CheckState.OK
    assert "room.example" not in found["address of channel room"].detail
    assert found["secret of channel pager"].state is CheckState.FAIL
    assert "NOT_THERE is not set" in found["secret of channel pager"].detail
