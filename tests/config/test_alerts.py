"""`alerts.yaml`: what is refused, with the line and the nearest name, and what ships."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from riskcockpit.config.alerts import alerts_schema, read_alert_settings
from riskcockpit.config.paths import shipped
from riskcockpit.errors import ConfigError

GOOD = """\
time_zone: Europe/London
quiet_hours:
  - {from: "20:00", until: "07:00", days: [mon, tue]}
channels:
  - {name: pager, kind: webhook, url: "https://pager.example.com/in", secret: {env: PAGER}}
  - {name: room, kind: chat, style: teams, url: {env: ROOM}}
  - {name: mail, kind: command, argv: [/usr/bin/mail-alert]}
routes:
  - {match: {kinds: [sla], owners: [payments]}, to: [room, pager]}
digest: {at: "08:00", to: mail}
"""


def read(tmp_path: Path, text: str) -> object:
    """Read rules of that text."""
    file = tmp_path / "alerts.yaml"
    file.write_text(text)
    return read_alert_settings(file)


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("time_zone", "time_zon", 'line 1: unknown key "time_zon"', "time_zone"),
        ("Europe/London", "Europe/Lodnon", "line 1: time_zone", "Europe/London"),
        ("Europe/London", "Europe", "time_zone", "Europe/"),
        ("Europe/London", "../etc/passwd", "is no time zone", None),
        ('"20:00"', "20:00", "quiet_hours", None),
        ('"07:00"', '"7:00"', "line 3: quiet_hours[0].until", "07:00"),
        ('"07:00"', '"20:00"', "ends when it begins", "24:00"),
        ("[mon, tue]", "[monday]", "days", None),
        ("[room, pager]", "[rom]", 'line 9: routes[0].to[0]: there is no channel "rom"', "room"),
        ("to: [room, pager]", "to: []", "names no channel", None),
        ("kinds: [sla]", "kinds: [slo]", "line 9", None),
        (", secret: {env: PAGER}", "", "line 5", "env"),
        ('url: "https://pager.example.com/in", ', "", "channels[0].url: is missing", None),
        ("name: room", "name: pager", 'line 6: channels[1].name: "pager" is there twice', None),
        ("name: mail", 'name: "m a i l"', "is no name", None),
        ("[/usr/bin/mail-alert]", "[]", "line 7: channels[2].argv", None),
        ("argv: [/usr/bin/mail-alert]", "argv: [x], timeout: soon", "channels[2].timeout", "15m"),
        ('at: "08:00"', 'at: "8"', "line 10: digest.at", "07:00"),
        ("to: mail", "to: nobody", 'line 10: digest.to: there is no channel "nobody"', "channels"),
        ("digest:", "repeat_after: 0s\ndigest:", "repeat_after: is no time", None),
    ],
)  # fmt: skip
def test_a_fault_names_its_line_and_what_was_meant(
    tmp_path: Path, old: str, new: str, message: str, hint: str | None
) -> None:
    read(tmp_path, GOOD)
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert message in raised.value.message
    assert (hint or "") in (raised.value.hint or "")


def test_what_ships_tells_nobody_and_its_examples_can_be_used(tmp_path: Path) -> None:
    file = shipped("config", "alerts.yaml")
    assert read_alert_settings(file).channels == ()
    lines = file.read_text(encoding="utf-8").splitlines()
    for key in ("quiet_hours", "channels", "routes"):
        lines.remove(f"{key}: []")
    shown = "\n".join(
        line.replace("#  - ", "  - ") if line.startswith("#  - ") else line for line in lines
    )
    for key, first in (("quiet_hours", '  - {from: "20'), ("channels", "  - {name: pager"),
                       ("routes", "  - {match: {kinds")):  # fmt: skip
        shown = shown.replace(first, f"{key}:\n{first}", 1)
    assert read(tmp_path, shown)


def test_the_schema_beside_it_is_that_of_the_loader_and_takes_what_it_takes() -> None:
    kept = json.loads(shipped("config", "alerts.schema.json").read_text(encoding="utf-8"))
    assert kept == json.loads(json.dumps(alerts_schema()))
    jsonschema.validate(yaml.safe_load(GOOD), kept)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(GOOD.replace("chat", "carrier-pigeon")), kept)
